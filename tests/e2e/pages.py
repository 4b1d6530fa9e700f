"""Every page that answers GET with HTML, from the URL resolver, with an id of this installation in each place.

Runs with Django on an installation, see ``Portal.pages``.
"""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, get_resolver, reverse

WITHOUT_HTML = frozenset({
    "healthz", "metrics", "suggestions", "organisation-pick", "audit-export", "directory-template", "directory-export", "directory-import-faults",
    "list-picture", "work-report-workbook", "work-cleanup-file", "evidence-file", "evidence-preview", "list-version-export", "list-matrix-export", "sign_on_callback", "account_end_sessions",
    "letter-addressable", "letter-preview-docx", "letter-preview-pdf", "letter-table-export", "letter-sent-export", "letter-register-export", "letter-reading-file", "letter-answers-workbook", "letter-reply",
    "answer-workbook", "answer-reply",
})  # fmt: skip
"""Answers of programs and files, and where only a provider's redirect leads."""


def example_ids() -> dict[str, dict[str, object]]:
    """Words of a route to ids, by name of the page where they must fit together; ``""`` stands for the others."""
    from vonggac.desk.accounts.models import ApiToken, Grant, Invitation
    from vonggac.desk.directives.models import Letter, LetterReading, Recipient, RecipientGroup, Referral
    from vonggac.desk.intel.models import IndicatorList, ListVersion
    from vonggac.desk.notices.models import Notice
    from vonggac.desk.organisations.models import (
        ContactPoint,
        InformationSystem,
        Mandate,
        Network,
        Organisation,
        Person,
        Reorganisation,
    )
    from vonggac.desk.organisations.models.imports import Import
    from vonggac.desk.work.models import ClockPolicy, Task

    def first(model, **values):
        found = model.objects.filter(**values).order_by("pk").first()
        return None if found is None else found.pk

    clinic = Organisation.objects.get(code="SV.YT").pk
    merged = Reorganisation.objects.get()
    closed = Organisation.objects.get(code="SV.X.LAUHA").pk
    grant = Grant.objects.filter(user__username="canbo").get()
    letter, unsent = (
        first(Letter, form="cong_van", direction="out", state="issued"),
        first(Letter, direction="out", state="draft"),
    )
    return {
        "": {
            "organisation_id": clinic, "network_id": first(Network, organisation_id=clinic), "mandate_id": first(Mandate),
            "system_id": first(InformationSystem, organisation_id=clinic), "person_id": first(Person, organisation_id=clinic),
            "contact_id": first(ContactPoint, organisation_id=clinic), "user_id": grant.user_id, "grant_id": grant.pk,
            "task_id": first(Task), "policy_id": first(ClockPolicy, is_binding=False, valid_until=None), "import_id": first(Import), "list_id": first(IndicatorList), "version_id": first(ListVersion), "notice_id": first(Notice), "invitation_id": first(Invitation), "token_id": first(ApiToken),
            "reading_id": first(LetterReading, state="read"), "referral_id": first(Referral), "letter_id": letter, "recipient_id": first(Recipient, letter_id=letter), "group_id": first(RecipientGroup),
        },
        **{name: {"letter_id": unsent} for name in ("letter-check", "letter-discard", "letter-changes")},
        **{name: {"letter_id": first(Letter, direction="in")} for name in ("letter-arrival", "letter-correct", "letter-take-up")},
        "organisation-reopen": {"organisation_id": closed},
        "succession-undo": {"organisation_id": closed, "reorganisation_id": merged.pk},
    }  # fmt: skip


def routes(resolver=None):
    """Every route: name, words in it."""
    for entry in (resolver or get_resolver()).url_patterns:
        if isinstance(entry, URLResolver):
            if entry.namespace is None:  # the API describes itself, and is tried by its description
                yield from routes(entry)
        elif isinstance(entry, URLPattern) and entry.name:
            yield entry.name, tuple(entry.pattern.converters)


def paths() -> dict[str, str]:
    """Name of every page to its path."""
    ids, found = example_ids(), {}
    for name, words in routes():
        known = {**ids[""], **ids.get(name, {})}
        values = {word: known.get(word) for word in words}
        if name not in WITHOUT_HTML and None not in values.values():
            found[name] = reverse(name, kwargs=values)
    return found
