"""What pages of a version show: its columns for the mapping step, its rows in tabs with their work, the workbook of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from django.http import HttpResponseBase
from django.utils.translation import gettext as _

from vonggac.desk.intel import queries
from vonggac.desk.intel.models.lists import ATTRIBUTIONS, COLUMN_ROLES, DECISIONS, STATUSES
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import STATES
from vonggac.detectors.indicators.faults import PASSED_OVER, REASONS
from vonggac.errors import N_
from vonggac.jobs.list_export import Value, write_book
from vonggac.web.intel.words import ATTRIBUTION_TONES, STATUS_SIGNS
from vonggac.web.organisations.imports.downloads import download
from vonggac.web.organisations.lists import address
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request
from vonggac.web.shell.paging import page_of

PIECE = 900
"""Rows whose Tasks are looked up at a time: below the most parameters that SQLite takes."""

TABS = {
    "": (N_("All rows"), "rows", {}),
    "new": (N_("New"), "new", {"status": "new"}),
    "still": (N_("Still there"), "still", {"status": "still"}),
    "back": (N_("Back again"), "back", {"status": "back"}),
    "gone": (N_("Not seen again"), "gone", {}),
    "nobody": (N_("Nobody's network"), "nobody", {"attribution": "nobody"}),
    "contested": (N_("Claimed by several"), "contested", {"attribution": "contested"}),
    "waiting": (N_("Waits for a decision"), "waiting", {"decision": "wait"}),
    "faults": (N_("Faults"), "faults", {}),
}
"""Tab to its title, the name of its number among a version's counts, and what rows it shows."""
_ALWAYS = ("", "new", "still", "gone")


class Tab(NamedTuple):
    """One tab over the rows."""

    title: str
    href: str
    n: int | None
    is_current: bool


class Shown(NamedTuple):
    """A row with its signs, and its Task where the asker sees one."""

    row: Any
    status: str
    tone: str
    icon: str
    attribution: str
    attribution_tone: str
    task: Task | None


# ------------------------------------------------------------------------------------------------------------- columns


def passed_over(row: Any) -> list[tuple[int, str]]:
    """How much of the file is no entry by its own word, and why."""
    counts = {name.removeprefix("passed_"): n for name, n in row.counts.items() if name.startswith("passed_")}
    return [(n, _(PASSED_OVER.get(reason, reason))) for reason, n in counts.items() if n]


def columns_of(row: Any) -> dict[str, Any]:
    """The mapping step: each column with header, samples and the roles that it may have."""
    found = []
    for at, (key, column) in enumerate(_keyed(row.columns)):
        role = column.get("role") or ""
        found.append(
            {
                "name": f"role-{at}",
                "header": column.get("header") or "",
                "number": column.get("number", at + 1),
                "sheet": column.get("sheet") or "",
                "role": role,
                "samples": [str(one) for one in column.get("samples", [])][:4],
                "is_set": key in row.mapping,
            }
        )
    return {
        "columns": found,
        "roles": [(key, _(title)) for key, title in COLUMN_ROLES.items()],
        "has_sheets": len({one["sheet"] for one in found}) > 1,
        "has_value": any(one["role"] in ("victim", "address", "indicator", "destination", "hash") for one in found),
    }


def _keyed(columns: Sequence[Mapping[str, Any]]) -> list[tuple[str, Mapping[str, Any]]]:
    """Each column with what a mapping calls it: its header, its number where there is none or several have it. Columns of further
    sheets that are called the same are the same to a mapping: they are left out.
    """
    repeated = Counter((column.get("sheet"), column.get("header")) for column in columns)
    found: dict[str, Mapping[str, Any]] = {}
    for at, column in enumerate(columns):
        header = str(column.get("header") or "")
        key = (
            header
            if header and repeated[column.get("sheet"), column.get("header")] == 1
            else str(column.get("number", at + 1))
        )
        found.setdefault(key, column)
    return list(found.items())


def mapping_sent(row: Any, posted: Mapping[str, str]) -> tuple[dict[str, str], bool]:
    """What the mapping step says the columns are, and whether that is other than they were read."""
    mapping, is_other = {}, False
    for at, (key, column) in enumerate(_keyed(row.columns)):
        was = column.get("role") or ""
        role = posted.get(f"role-{at}", was)
        is_other = is_other or role != was
        if role:
            mapping[key] = role
    return mapping, is_other


# ---------------------------------------------------------------------------------------------------------------- rows


def tabs_of(request: Request, row: Any) -> dict[str, Any]:
    """The tabs of a version and the part of its rows that the address asks for."""
    asked = request.GET.get("tab", "")
    asked = asked if asked in TABS else ""
    organisation = _id(request.GET.get("organisation", ""))
    text = request.GET.get("q", "").strip()[:200]
    counts = row.counts if may_on(request.asker, "lists.view", None) else {}  # numbers of all are for those who see all
    tabs = [
        Tab(_(title), address(request, tab=key or None, step=None), counts.get(count), key == asked)
        for key, (title, count, _narrow) in TABS.items()
        if key in _ALWAYS or counts.get(count) or key == asked
    ]
    context: dict[str, Any] = {"tabs": tabs, "tab": asked, "text": text, "organisation_id": organisation}
    if asked == "faults":
        page = page_of(queries.row_faults(request.asker, row.pk), request)
        context |= {"page": page, "faults": [(one, _(REASONS.get(one.reason, one.reason))) for one in page.rows]}
        return context
    if asked == "gone":
        rows = queries.gone_rows(request.asker, row.pk)
    else:
        rows = queries.rows(request.asker, row.pk, **TABS[asked][2], organisation_id=organisation, text=text)
    page = page_of(rows, request)
    is_gone = asked == "gone"
    context |= {"page": page, "rows": list(shown(request.asker, page.rows, is_gone=is_gone)), "is_gone": is_gone}
    context["narrowed"] = _name_of(page.rows) if organisation is not None else ""
    context["everybody"] = address(request, organisation=None)
    return context


def _id(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


def _name_of(rows: Sequence[Any]) -> str:
    return rows[0].organisation.name if rows and rows[0].organisation else "–"


def shown(asker: Asker, rows: Sequence[Any], *, is_gone: bool = False) -> Iterator[Shown]:
    """Rows with their signs and Tasks; rows of the version before are shown as not seen again."""
    known = queries.tasks_of(asker, rows)
    for row in rows:
        status = "gone" if is_gone else row.status
        tone, icon = STATUS_SIGNS.get(status, ("muted", "dot"))
        yield Shown(
            row, _(STATUSES.get(status, status)), tone, icon, _(ATTRIBUTIONS.get(row.attribution, row.attribution)),
            ATTRIBUTION_TONES.get(row.attribution, "muted"), known.get(row.pk),
        )  # fmt: skip


# -------------------------------------------------------------------------------------------------------------- export

HEADS = (
    (N_("Organisation"), 40), (N_("Address or value"), 24), (N_("Malware"), 20), (N_("As it was written"), 20), (N_("First seen"), 18),
    (N_("Last seen"), 18), (N_("Port"), 8), (N_("Talked to"), 26), (N_("Destination port"), 10), (N_("How often"), 10),
    (N_("Beside the version before"), 18), (N_("Whose it is"), 20), (N_("Organisation as the list wrote it"), 36),
    (N_("On a warninglist"), 24), (N_("Decision"), 18), (N_("Reason"), 30), (N_("State of the work"), 18), (N_("Sheet"), 14), (N_("Row"), 8),
)  # fmt: skip


def export_of(request: Request, row: Any) -> HttpResponseBase:
    """The rows that the asker sees, those not seen again on a sheet of their own, and the faults."""
    asker = request.asker
    heads = [(_(title), width) for title, width in HEADS]
    fault_heads = [
        (_("Sheet"), 20),
        (_("Row"), 8),
        (_("What is wrong"), 60),
        (_("What stands there"), 40),
        (_("Kept"), 8),
    ]
    sheets = (
        (_("Entries"), heads, _exported(asker, queries.rows(asker, row.pk), is_gone=False)),
        (_("Not seen again"), heads, _exported(asker, queries.gone_rows(asker, row.pk), is_gone=True)),
        (_("Faults"), fault_heads, _faults(asker, row.pk)),
    )
    name = f"vonggac-list-{row.indicator_list_id}-{row.n or row.pk}.xlsx"
    return download(name, "xlsx", lambda file: write_book(file, sheets))


def _exported(asker: Asker, rows: Any, *, is_gone: bool) -> Iterator[Sequence[Value]]:
    for piece in _pieces(rows.iterator(PIECE)):
        known = queries.tasks_of(asker, piece)
        for row in piece:
            task = known.get(row.pk)
            status = "gone" if is_gone else row.status
            yield (
                row.organisation.name if row.organisation else "", row.value, row.family, row.malware, _time(row.first_seen),
                _time(row.last_seen), row.port, row.destination, row.destination_port, row.n_seen, _(STATUSES.get(status, status)),
                _(ATTRIBUTIONS.get(row.attribution, row.attribution)), row.told_organisation, row.warnings,
                _(DECISIONS[row.decision]) if row.decision else "", row.decision_reason, _(STATES[task.state]) if task else "",
                row.sheet, row.number,
            )  # fmt: skip


def _pieces(rows: Iterable[Any]) -> Iterator[list[Any]]:
    piece: list[Any] = []
    for row in rows:
        piece.append(row)
        if len(piece) == PIECE:
            yield piece
            piece = []
    if piece:
        yield piece


def _faults(asker: Asker, version_id: int) -> Iterator[Sequence[Value]]:
    for one in queries.row_faults(asker, version_id).iterator(2000):
        yield (
            one.sheet,
            one.number,
            _(REASONS.get(one.reason, one.reason)),
            one.text,
            _("yes") if one.is_kept else _("no"),
        )


def _time(at: Any) -> str:
    return times.to_the_minute(at) if at is not None else ""
