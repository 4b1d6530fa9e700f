"""The tabs that the pages of one letter share: those that are built, have something to show, and the asker may open."""

from __future__ import annotations

from typing import NamedTuple

from django.utils.translation import gettext

from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries import may_see_office
from vonggac.desk.directives.states import IN, ISSUED, LETTER, OUT, REPORT, WITHDRAWN
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_
from vonggac.web.shell.navigation import is_built


class Tab(NamedTuple):
    """One tab: its key, title and address."""

    key: str
    title: str
    href: str


_TABS = (
    ("letter", N_("Letter"), "/letters/{}/"),
    ("arrival", N_("What it asks of us"), "/letters/{}/arrival"),
    ("table", N_("Table"), "/letters/{}/table"),
    ("report", N_("Report"), "/letters/{}/report"),
    ("parts", N_("Parts of the report"), "/letters/{}/parts"),
    ("sent", N_("Sent"), "/letters/{}/sent"),
    ("links", N_("Links"), "/letters/{}/links"),
    ("files", N_("Files"), "/letters/{}/files/"),
    ("changes", N_("What changed"), "/letters/{}/changes"),
)


def tabs_of(asker: Asker, row: Letter) -> list[Tab]:
    """The tabs of a letter for this asker; none for who does not see its office, who has the page of a recipient."""
    if not may_see_office(asker, row):
        return []
    is_out = row.direction == OUT and row.form == LETTER and row.state in (ISSUED, WITHDRAWN)
    has = {
        "arrival": row.direction == IN,
        "table": is_out,
        "report": is_out,
        "links": is_out,
        "parts": row.form == REPORT and row.direction == OUT,
        "sent": row.direction == OUT and row.state in (ISSUED, WITHDRAWN),
        "changes": bool(row.source_id or row.about_id or row.template),
    }
    return [
        Tab(key, gettext(title), path.format(row.pk))
        for key, title, path in _TABS
        if has.get(key, True) and is_built(path.format(1))
    ]
