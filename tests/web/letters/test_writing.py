"""Letters through their pages: the list, one letter, the editor, its steps, groups."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import Addressee, Clause, Letter, RecipientGroup

pytestmark = pytest.mark.django_db


def form_of(letter, **values):
    """What the editor's form sends for a draft as it stands, with ``values`` in the place of some."""
    said = actions.values_of(letter)
    sent = {
        "version": letter.version, "subject": said.subject, "urgency": said.urgency, "symbol": said.symbol, "place": said.place,
        "superior_name": said.superior_name, "opening": said.opening, "closing": said.closing, "signer_title": said.signer_title,
        "signer_name": said.signer_name, "signer_for": said.signer_for, "n_clauses": len(said.clauses), "n_lines": len(said.addressees),
        "deadline": (timezone.localtime(said.deadline) if said.deadline else timezone.now()).strftime("%Y-%m-%dT%H:%M"),
    }  # fmt: skip
    for n, one in enumerate(said.clauses):
        sent |= {f"c{n}-mark": one.mark, f"c{n}-title": one.title, f"c{n}-text": one.text, f"c{n}-kind": one.kind, f"c{n}-groups": list(one.groups)}
    for n, line in enumerate(said.addressees):
        sent |= {
            f"a{n}-role": line.role, f"a{n}-addressed": "1" if line.is_addressed else "", f"a{n}-group": line.group_id or "",
            f"a{n}-organisation": line.organisation_id or "", f"a{n}-words": line.words,
        }  # fmt: skip
    return sent | values


def test_smoke(browser, drafted, province):
    holiday = drafted()
    clerk = browser("records_clerk")
    for path in ("/letters/", "/letters/?tab=drafts", "/letters/?tab=incoming", "/letters/?tab=reports", "/letters/new", "/letters/groups/",
                 f"/letters/{holiday.letter.pk}/", f"/letters/{holiday.letter.pk}/edit", f"/letters/{holiday.letter.pk}/check", f"/letters/{holiday.letter.pk}/changes",
                 f"/letters/{holiday.letter.pk}/discard", "/letters/addressable?q=xa"):
        got = clerk.get(path)
        assert got.status_code == 200, (path, got.status_code)
