"""``vonggac lists``: a file of a list in, looked at and published; the versions that there are."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.command import Command, Group, option
from vonggac.cli.directory import desk_asker, filled
from vonggac.cli.language import _, number
from vonggac.cli.safe import visible
from vonggac.cli.tables import Table, draw
from vonggac.config import Settings
from vonggac.errors import N_, InputError, UsageError

if TYPE_CHECKING:
    from vonggac.desk.intel.models import IndicatorList, ListVersion

_MOST_SHOWN = 100
_COUNTS = ("rows", "new", "still", "back", "gone", "nobody", "contested", "waiting", "faults")

lists = Group(
    name="lists",
    help=N_("Take a version of an indicator list in from a file, and tell which versions there are."),
    examples=(
        ("vonggac lists import ds-thang-11.xlsx --list botnet", N_("what it would mean; nobody is told")),
        ("vonggac lists import ds-thang-11.xlsx --list botnet --confirm", N_("publish it: rows become work")),
        ("vonggac lists versions --list botnet", N_("the versions of one list")),
    ),
)


@lists.command(
    cls=Command,
    name="import",
    help=N_(
        "Read FILE (XLSX, CSV, a table in PDF or DOCX, a scan, STIX, MISP, a hosts file, a DNS policy zone) as the next version of a list and tell what it would mean. With --confirm it is "
        "published: its rows become work, and each organisation is told once. Without, it waits for a person in the portal. Status 0: read, or "
        "published. Status 4: some rows could not be read. The same file again changes nothing."
    ),
    examples=(("vonggac lists import ds.xlsx --list botnet --confirm", N_("read, then publish")),),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--list", "code", required=True, metavar="CODE", help=N_("The code of the list."))
@option("--letter", default="", metavar="NUMBER", help=N_("Number of the letter that it came with."))
@option("--confirm", "is_confirmed", is_flag=True, help=N_("Publish it."))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@click.pass_obj
def import_(settings: Settings, file: Path, code: str, letter: str, is_confirmed: bool, as_json: bool) -> int:
    """Take the file in, read it, publish it if asked, and give the status."""
    asker = desk_asker()
    from vonggac.desk.intel import actions
    from vonggac.jobs import list_import, spool

    spooled = spool.spool_file(settings, file, spool.UPLOAD_LIMIT)
    row = list_import.receive(settings, asker, _list(asker, code).pk, spooled, file.name, letter=letter)
    is_repeated = row.is_repeated
    list_import.advance(settings, asker, row)
    row.refresh_from_db()
    if row.state == "refused":
        raise InputError(row.message, where=str(file), **filled(settings, row.params))
    if is_confirmed and row.state == "checked":
        actions.confirm(asker, row.pk, row.version)
        list_import.advance(settings, asker, row)
        row.refresh_from_db()
    list_import.sweep(settings)
    _tell(settings, row, as_json=as_json, is_repeated=is_repeated)
    if is_confirmed and row.state != "published":
        return 1
    return 4 if row.counts.get("faults") else 0


@lists.command(
    cls=Command,
    name="versions",
    help=N_("Tell the versions of all lists, or of one, the latest first."),
    examples=(("vonggac lists versions", N_("all of them")),),
)
@option("--list", "code", default="", metavar="CODE", help=N_("The code of the list."))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@click.pass_obj
def versions(settings: Settings, code: str, as_json: bool) -> int:
    """Write them."""
    asker = desk_asker()
    from vonggac.desk.intel import queries

    parents = [_list(asker, code)] if code else list(queries.lists(asker))
    found = [row for parent in parents for row in queries.versions(asker, parent.pk)[:_MOST_SHOWN]]
    if as_json:
        _write_json({"versions": [_record(settings, row) for row in found]})
        return 0
    headings = [_("List"), _("Version"), _("State"), _("Letter"), _("File"), _("Rows"), _("New"), _("Not seen again")]
    table = Table(_("Versions of lists"), headings, (1, 5, 6, 7))
    for row in found:
        counts = (number(row.counts.get(name, 0)) for name in ("rows", "new", "gone"))
        table.add([row.indicator_list.code, str(row.n or ""), _state(row), row.letter, row.file_name, *counts])
    sys.stdout.flush()
    sys.stdout.buffer.write(draw([table]))
    sys.stdout.buffer.flush()
    return 0


def _list(asker: Any, code: str) -> IndicatorList:
    from vonggac.desk.intel import queries

    row = queries.lists(asker).filter(code=code).first()
    if row is None:
        codes = ", ".join(queries.lists(asker).values_list("code", flat=True)[:20])
        message = N_("there is no list with this code; the lists are: {codes}")
        raise UsageError(message, where=code, codes=codes or "–")
    return row


def _state(row: ListVersion) -> str:
    from vonggac.desk.intel.models.lists import STATES

    return _(STATES[row.state])


def _tell(settings: Settings, row: ListVersion, *, as_json: bool, is_repeated: bool) -> None:
    if as_json:
        _write_json({**_record(settings, row), "is_repeated": is_repeated})
        return
    if row.message:
        click.echo(visible(_(row.message).format(**filled(settings, row.params))), err=True)
    if is_repeated:
        click.echo(_("This very file is there already: nothing was changed."))
    titles = {
        "rows": _("Rows"), "new": _("New"), "still": _("Still there"), "back": _("Back again"), "gone": _("Not seen again"),
        "nobody": _("Nobody's network"), "contested": _("Claimed by several"), "waiting": _("Waits for a decision"),
        "faults": _("Faults"),
    }  # fmt: skip
    table = Table(_("In numbers"), [_("What"), _("Rows")], (1,))
    for name in _COUNTS:
        table.add([titles[name], number(row.counts.get(name, 0))])
    sys.stdout.flush()
    sys.stdout.buffer.write(draw([table]))
    sys.stdout.buffer.flush()
    state = f"{_state(row)}: {row.indicator_list.code} {row.n or ''}".rstrip()
    click.echo(visible(state))


def _record(settings: Settings, row: ListVersion) -> dict[str, Any]:
    names = ("id", "n", "state", "letter", "file_name", "sha256", "counts", "digest")
    message = row.message.format(**filled(settings, row.params)) if row.message else ""
    return {"list": row.indicator_list.code, **{name: getattr(row, name) for name in names}, "message": message}


def _write_json(told: dict[str, Any]) -> None:
    import orjson

    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()
