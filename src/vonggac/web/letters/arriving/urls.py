"""Where these pages are."""

from __future__ import annotations

from django.urls import URLPattern, path

from vonggac.web.letters.arriving import arrived, readings, referrals, registers

urlpatterns: list[URLPattern] = [
    path("letters/arrive", readings.arrive, name="letter-arrive"),
    path("letters/arrive/by-hand", readings.by_hand, name="letter-by-hand"),
    path("letters/readings/<int:reading_id>/", readings.reading, name="letter-reading"),
    path("letters/readings/<int:reading_id>/file", readings.reading_file, name="letter-reading-file"),
    path("letters/readings/<int:reading_id>/again", readings.again, name="letter-reading-again"),
    path("letters/readings/<int:reading_id>/drop", readings.drop, name="letter-reading-drop"),
    path("letters/<int:letter_id>/arrival", arrived.arrival, name="letter-arrival"),
    path("letters/<int:letter_id>/take-up", arrived.take_up, name="letter-take-up"),
    path("letters/<int:letter_id>/correct", arrived.correct, name="letter-correct"),
    path("letters/register", registers.register, name="letter-register"),
    path("letters/register/<int:organisation_id>/export", registers.export, name="letter-register-export"),
    path("letters/referrals/", referrals.index, name="referrals"),
    path("letters/referrals/new", referrals.new, name="referral-new"),
    path("letters/referrals/<int:referral_id>/", referrals.one, name="referral"),
    path("letters/referrals/<int:referral_id>/outcome", referrals.outcome, name="referral-outcome"),
]
