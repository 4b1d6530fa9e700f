"""Indicators through their actions and queries: told again, withdrawn, expired, found, scoped."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone
from province import granted

from vonggac.desk.audit.models import Entry
from vonggac.desk.intel.actions.aliases import add_alias, edit_alias, remove_alias
from vonggac.desk.intel.actions.indicators import (
    Draft,
    Seen,
    add_indicators,
    add_sightings,
    edit_indicator,
    expire_indicators,
    put_back_indicator,
    tell_indicators,
    withdraw_indicator,
)
from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.desk.intel.queries.indicators import Filters, Value, aliases, indicator, indicators, pivot, to_share
from vonggac.desk.scope.asker import machine
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db

ADDRESS = Draft("ipv4", "192.0.2.9", family="Mirai", tlp="green", confidence=50)


def anyone():
    return machine("tests")


def tell(*drafts, source="Danh sách A", number="1/BC"):
    return tell_indicators(anyone(), drafts, source, number)


def values(rows):
    return {row.value for row in rows}


def test_the_same_again_changes_nothing_and_leaves_no_entry():
    assert tell(ADDRESS).n_new == 1
    n, row = Entry.objects.count(), Indicator.objects.get()
    told = tell(ADDRESS)
    assert (told.n_new, told.n_changed, told.n_same) == (0, 0, 1)
    assert Entry.objects.count() == n
    assert Indicator.objects.get().version == row.version


def test_another_source_is_added_and_the_stricter_tlp_counts():
    tell(ADDRESS)
    tell(replace(ADDRESS, tlp="red", confidence=90), source="Danh sách B")
    tell(replace(ADDRESS, tlp="clear", confidence=10), source="Danh sách C")
    row = Indicator.objects.get()
    assert row.sources == [["Danh sách A", "1/BC"], ["Danh sách B", "1/BC"], ["Danh sách C", "1/BC"]]
    assert (row.tlp, row.confidence) == ("red", 90)


def test_many_are_told_in_parts_with_one_entry_each_and_twice_is_once():
    many = [Draft("ipv4", f"192.0.2.{n % 250 + 1}", family=f"Họ {n // 250}") for n in range(1200)]
    n = Entry.objects.count()
    told = tell(*many, *many[:100])
    assert (told.n_new, Indicator.objects.count(), Entry.objects.count() - n) == (1200, 1200, 3)
    assert len(told.ids) == 1200
    assert all(told.ids.values())
    assert tell(*many).n_same == 1200


def test_what_cannot_stand_is_told_and_the_rest_is_kept():
    told = tell(ADDRESS, replace(ADDRESS, kind="car"), replace(ADDRESS, value="x" * 501), replace(ADDRESS, value="a\0b"),
                replace(ADDRESS, tlp="pink"), replace(ADDRESS, port=70_000))  # fmt: skip
    assert told.n_new == 1
    assert len(told.left_out) == 5


def test_ids_that_others_took_or_send_twice_are_not_taken_again():
    same = "6f0d6c0e-0a57-4f0c-9d53-7a3b2f6f5f11"
    tell(replace(ADDRESS, stix_id=same), Draft("domain", "a.example", stix_id=same), Draft("domain", "b.example"))
    ids = list(Indicator.objects.values_list("stix_id", flat=True))
    assert len(set(ids)) == 3
    assert same in ids
    named = Indicator.objects.get(value="b.example").stix_id
    Indicator.objects.filter(value="b.example").delete()
    tell(Draft("url", "http://c.example/", stix_id=named))  # somebody foresees the id of another
    tell(Draft("domain", "b.example"))
    assert Indicator.objects.filter(value="b.example").exclude(stix_id=named).exists()


def test_what_runs_out_expires_and_is_active_again_when_it_is_told_anew():
    past = timezone.now() - timedelta(days=1)
    tell(replace(ADDRESS, expires_at=timezone.now() + timedelta(days=1)))
    Indicator.objects.update(expires_at=past)
    assert expire_indicators(anyone()) == 1
    assert expire_indicators(anyone()) == 0
    assert Indicator.objects.get().state == "expired"
    tell(replace(ADDRESS, expires_at=past))  # the same old news
    assert Indicator.objects.get().state == "expired"
    tell(replace(ADDRESS, expires_at=timezone.now() + timedelta(days=9)), number="2/BC")
    assert Indicator.objects.get().state == "active"


def test_what_a_person_withdrew_stays_so_however_often_it_is_told(province):
    tell(ADDRESS)
    row = withdraw_indicator(province.asker("analyst"), Indicator.objects.get().pk, 1, "Máy chủ của chúng ta")
    assert (row.state, row.reason) == ("withdrawn", "Máy chủ của chúng ta")
    tell(ADDRESS, number="2/BC")
    row = Indicator.objects.get()
    assert row.state == "withdrawn"
    assert row.sources[-1] == ["Danh sách A", "2/BC"]
    assert put_back_indicator(province.asker("analyst"), row.pk, row.version, "Nhầm").state == "active"


def test_withdrawing_asks_why_and_a_second_person_is_told(province):
    tell(ADDRESS)
    number = Indicator.objects.get().pk
    for why in ("", "x"):
        with pytest.raises(InvalidValues):
            withdraw_indicator(province.asker("analyst"), number, 1, why)
    withdraw_indicator(province.asker("analyst"), number, 1, "Nhầm")
    with pytest.raises(EditConflict):
        edit_indicator(province.asker("analyst"), number, 1, tlp="clear")


def test_changing_keeps_values_apart(province):
    tell(ADDRESS, replace(ADDRESS, family="Mozi"))
    row = Indicator.objects.get(family="Mozi")
    with pytest.raises(InvalidValues) as caught:
        edit_indicator(province.asker("analyst"), row.pk, 1, family="Mirai", tlp="pink", confidence=101)
    assert {fault.field for fault in caught.value.faults} == {"family", "tlp", "confidence"}
    with pytest.raises(InvalidValues):
        edit_indicator(province.asker("analyst"), row.pk, 1, value="192.0.2.1")
    assert edit_indicator(province.asker("analyst"), row.pk, 1, tlp="clear", confidence=1).tlp == "clear"


def test_who_may_what(province):
    tell(ADDRESS)
    number = Indicator.objects.get().pk
    for role in ("duty_officer", "auditor", "responder"):
        assert indicator(province.asker(role), number)
        with pytest.raises(NotAllowed):
            withdraw_indicator(province.asker(role), number, 1, "Không rõ")
        with pytest.raises(NotAllowed):
            add_indicators(province.asker(role), [ADDRESS], "Tay")
    for role in ("agency_officer", "telco_desk", "stranger"):
        assert not indicators(province.asker(role)).exists()
        with pytest.raises(NotThere):
            withdraw_indicator(province.asker(role), number, 1, "Không rõ")
        with pytest.raises(NotAllowed):
            tell_indicators(province.asker(role), [ADDRESS], "Tay")


def test_who_watches_a_part_sees_what_was_seen_there_and_no_red(province):
    told = tell(ADDRESS, Draft("domain", "bad.example"), Draft("domain", "secret.example", tlp="red"))
    now = timezone.now()
    for key, code in (
        (ADDRESS.key, "benhvien"),
        (("domain", "secret.example", ""), "benhvien"),
        (("domain", "bad.example", ""), "donghoa"),
    ):
        add_sightings(anyone(), [Seen(told.ids[key], "nhật ký", now, now, province.id(code))])
    there = granted(("analyst", province["soyte"]))
    assert values(indicators(there)) == {"192.0.2.9"}
    assert {one.organisation.code for one in pivot(there, Indicator.objects.get(value="192.0.2.9")).sightings} == {
        "benhvien"
    }
    with pytest.raises(NotThere):
        indicator(there, told.ids["domain", "bad.example", ""])
    with pytest.raises(NotAllowed):
        withdraw_indicator(there, told.ids[ADDRESS.key], 1, "Không rõ")


def test_sightings_are_kept_once(province):
    told = tell(ADDRESS)
    now = timezone.now()
    one = Seen(told.ids[ADDRESS.key], "nhật ký", now, now, province.id("donghoa"), "may-7", 3)
    assert add_sightings(province.asker("agency_officer"), [one, one]) == 1
    assert add_sightings(province.asker("agency_officer"), [one]) == 0
    assert add_sightings(province.asker("agency_officer"), [replace(one, n=9)]) == 1
    assert Sighting.objects.get().n == 9
    with pytest.raises(NotAllowed):
        add_sightings(province.asker("agency_officer"), [replace(one, organisation_id=province.id("tayson"))])


def find(*wanted, text=""):
    return values(indicators(anyone(), Filters(text=text, values=tuple(wanted))))


def test_search_finds_what_holds_a_value_and_what_it_holds():
    tell(
        ADDRESS, Draft("ipv4", "198.51.100.7"), Draft("cidr", "192.0.2.0/28"), Draft("range", "192.0.2.5-192.0.2.20"), Draft("ipv6", "2001:db8::7"),
        Draft("cidr", "2001:db8::/32"), Draft("domain", "bad.example"), Draft("domain", "x.bad.example"), Draft("domain", "notbad.example"),
        Draft("url", "http://x.bad.example/a"), Draft("sha256", "a" * 64),
    )  # fmt: skip
    assert find(Value("ipv4", "192.0.2.9")) == {"192.0.2.9", "192.0.2.0/28", "192.0.2.5-192.0.2.20"}
    assert find(Value("ipv4", "192.0.2.16")) == {"192.0.2.5-192.0.2.20"}
    assert find(Value("cidr", "192.0.2.8/30")) == {"192.0.2.9", "192.0.2.0/28", "192.0.2.5-192.0.2.20"}
    assert find(Value("ipv6", "2001:db8::7")) == {"2001:db8::7", "2001:db8::/32"}
    assert find(Value("domain", "y.x.bad.example")) == {"x.bad.example", "bad.example"}
    assert find(Value("url", "http://x.bad.example/a", "x.bad.example")) == {
        "http://x.bad.example/a",
        "x.bad.example",
        "bad.example",
    }
    assert find(Value("url", "http://192.0.2.9/a", "192.0.2.9")) == {
        "192.0.2.9",
        "192.0.2.0/28",
        "192.0.2.5-192.0.2.20",
    }
    assert find(Value("sha256", "a" * 64), Value("domain", "notbad.example")) == {"a" * 64, "notbad.example"}
    assert find(text="mirai") == {"192.0.2.9"}


def test_tlp_decides_what_leaves():
    tell(
        *(
            Draft("domain", f"{n}.example", tlp=tlp)
            for n, tlp in enumerate(("clear", "green", "amber", "amber+strict", "red"))
        )
    )
    n = {}
    for audience in ("public", "community", "clients", "organisation", "named"):
        rows, left_out = to_share(anyone(), Filters(), audience)
        n[audience] = (rows.count(), left_out)
    assert n == {"public": (1, 4), "community": (2, 3), "clients": (3, 2), "organisation": (4, 1), "named": (5, 0)}


def test_aliases_are_entered_once_changed_and_removed(province):
    analyst = province.asker("analyst")
    row = add_alias(analyst, alias="Mirai.B", family="Mirai")
    with pytest.raises(InvalidValues):
        add_alias(analyst, alias="mirai.b", family="Khác")
    with pytest.raises(InvalidValues):
        add_alias(analyst, alias="Mirai", family="mirai")
    row = edit_alias(analyst, row.pk, 1, family="Mirai Linux")
    assert (row.alias, row.family) == ("Mirai.B", "Mirai Linux")
    with pytest.raises(EditConflict):
        remove_alias(analyst, row.pk, 1)
    with pytest.raises(NotAllowed):
        remove_alias(province.asker("auditor"), row.pk, 2)
    with pytest.raises(NotThere):
        remove_alias(province.asker("agency_officer"), row.pk, 2)
    remove_alias(analyst, row.pk, 2)
    assert not aliases(analyst).exists()
