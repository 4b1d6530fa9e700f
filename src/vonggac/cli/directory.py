"""``vonggac directory``: the directory in from a file, out into one, and a template to fill in."""

from __future__ import annotations

import getpass
import os
import sys
import tempfile
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

import click

from vonggac.cli.command import Command, Group, option
from vonggac.cli.language import _, ngettext, number
from vonggac.cli.safe import visible
from vonggac.cli.tables import Table, draw
from vonggac.config import Settings, zone_from
from vonggac.errors import N_, InputError, UsageError

if TYPE_CHECKING:
    from vonggac.desk.organisations.models.imports import Import
    from vonggac.desk.organisations.staging.visible import Part
    from vonggac.desk.scope.asker import Asker

_MOST_SHOWN = 200

command = Group(
    name="directory",
    help=N_(
        "Take organisations, people, contact points, networks, systems and mandates in from a file, or out into one."
    ),
    examples=(
        ("vonggac directory template danh-ba.xlsx", N_("a workbook to fill in")),
        ("vonggac directory import danh-ba.xlsx", N_("every fault by row, and what would change; nothing is written")),
        ("vonggac directory import danh-ba.xlsx --apply", N_("make the changes, if there is no fault")),
        ("vonggac directory export danh-ba.xlsx", N_("the whole directory, in the shape that an import reads")),
    ),
)


@command.command(
    cls=Command,
    name="import",
    help=N_(
        "Check FILE (XLSX, CSV, or a ZIP of CSVs) against the directory and tell every fault by row, or what would change. With "
        "--apply the changes are made. Status 0: no faults. Status 1: faults, or the directory changed meanwhile; nothing, "
        "or whole parts only, were written."
    ),
    examples=(("vonggac directory import danh-ba.xlsx --apply", N_("check, then apply")),),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--apply/--dry-run", "is_applied", default=False, help=N_("Make the changes; by default they are only told."))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@click.pass_obj
def import_(settings: Settings, file: Path, is_applied: bool, as_json: bool) -> int:
    """Check the file, apply it if asked, and give the status."""
    asker = desk_asker()
    from vonggac.desk.organisations.staging import life
    from vonggac.jobs import directory_import, spool

    directory_import.sweep(settings)
    spooled = spool.spool_file(settings, file, spool.UPLOAD_LIMIT)
    row = directory_import.receive(settings, asker, spooled, file.name)
    directory_import.advance(settings, asker, row)
    row.refresh_from_db()
    if row.state == "refused":
        raise InputError(row.message, where=str(file), **filled(settings, row.params))
    is_ready = row.state == "checked" and not row.n_faults
    if is_ready and is_applied and row.n_lines:
        life.start_applying(asker, row.pk)
        directory_import.advance(settings, asker, row, progress=None if as_json else _tell_part)
        row.refresh_from_db()
    if as_json:
        _tell_json(settings, row)
    else:
        _tell(settings, row)
    if row.state == "checked":
        life.abandon(asker, row.pk)
    directory_import.sweep(settings)
    is_done = row.state == "applied" or (is_ready and (not is_applied or not row.n_lines))
    return 0 if is_done else 1


@command.command(
    cls=Command,
    name="export",
    help=N_(
        "Write the whole directory into FILE: .xlsx, or .zip with one CSV a kind. Importing it again changes nothing."
    ),
    examples=(("vonggac directory export danh-ba.zip", N_("one CSV a kind")),),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def export(settings: Settings, file: Path) -> int:
    """Write the directory and say how much it is."""
    form = {".xlsx": "xlsx", ".zip": "csv"}.get(file.suffix.casefold())
    if form is None:
        raise UsageError(N_("the file must end in .xlsx or .zip"), where=str(file))
    asker = desk_asker()
    from vonggac.jobs import directory_export

    zone, counts = zone_from(settings.zone), {}

    def write(out: BinaryIO) -> None:
        counts.update(directory_export.export(asker, form, out, zone, _language()))

    _write_whole(file, write)
    n = sum(counts.values())
    click.echo(
        ngettext("{n} row written to {file}", "{n} rows written to {file}", n).format(
            n=number(n), file=visible(str(file))
        )
    )
    return 0


@command.command(
    cls=Command,
    name="template",
    help=N_("Write an empty workbook with titles, an example and lists to choose from into FILE."),
    examples=(("vonggac directory template danh-ba.xlsx", N_("a workbook to fill in")),),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@click.pass_obj
def template(settings: Settings, file: Path) -> int:  # noqa: ARG001  # every verb is given the settings
    """Write the template."""
    desk_asker()
    from vonggac.jobs import directory_export

    _write_whole(file, lambda out: directory_export.template(out, _language()))
    click.echo(_("Written: {file}").format(file=visible(str(file))))
    return 0


def desk_asker() -> Asker:
    """Django is ready, and whoever runs the command may do everything: they hold the database's files anyway."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "vonggac.web.settings")
    import django

    django.setup()
    from vonggac.desk.scope.asker import Origin, machine

    try:
        name = getpass.getuser()
    except (KeyError, OSError):
        name = str(os.getuid())
    return machine(f"cli: {name}", origin=Origin("cli"))


def _language() -> str:
    from vonggac.cli import language

    return "en" if language.current() == "en" else "vi"


def _write_whole(path: Path, write: Callable[[BinaryIO], object]) -> None:
    """``path`` appears when it is whole, in one step; a full disk leaves what was there."""
    from vonggac.jobs.spool import full_disk_told

    handle, name = -1, ""
    try:
        with full_disk_told():
            handle, name = tempfile.mkstemp(dir=path.parent, prefix=".vonggac-")
            with os.fdopen(handle, "wb") as out:
                write(out)
                out.flush()
                os.fsync(out.fileno())
            Path(name).replace(path)
            name = ""
    except OSError as error:
        message = N_("could not be written: {reason}")
        raise UsageError(message, where=str(path), reason=error.strerror or str(error)) from None
    finally:
        if name:
            Path(name).unlink(missing_ok=True)


def _tell_part(part: Part) -> None:
    click.echo(_("{n} lines are applied").format(n=number(part.upto)), err=True)


def _tell(settings: Settings, row: Import) -> None:
    from vonggac.desk.organisations.models.imports import ImportFault, ImportLine
    from vonggac.desk.organisations.staging.kinds import KINDS

    faults = ImportFault.objects.filter(import_id=row.pk).order_by("is_warning", "pk")
    tables = []
    if row.message:
        click.echo(visible(_(row.message).format(**filled(settings, row.params))), err=True)
    if faults:
        headings = [_("Sheet"), _("Row"), _("Column"), _("Value"), _("What is wrong")]
        table = Table(_("Faults and warnings"), headings, (1,))
        for fault in faults[:_MOST_SHOWN]:
            text = _(fault.message).format(**filled(settings, fault.params))
            table.add([fault.sheet, str(fault.row or ""), fault.column, fault.value, text])
        tables.append(table)
    counts = Table(
        _("In numbers"),
        [_("Kind"), _("Rows"), _("New"), _("Changed"), _("Unchanged"), _("Not mentioned")],
        (1, 2, 3, 4, 5),
    )
    for name, kind in KINDS.items():
        numbers = row.counts[name]
        columns = ("rows", "created", "changed", "unchanged", "absent")
        counts.add([kind.titles[_language()], *(number(numbers[key]) for key in columns)])
    tables.append(counts)
    lines = ImportLine.objects.filter(import_id=row.pk).order_by("n")
    if lines and not row.n_faults:
        table = Table(_("Changes"), [_("Row"), _("What"), _("Change")])
        for line in lines[:_MOST_SHOWN]:
            table.add([f"{line.sheet}:{line.row}", line.label, _changes(line)])
        tables.append(table)
    hidden = max(len(faults), 0 if row.n_faults else row.n_lines) - _MOST_SHOWN
    sys.stdout.flush()
    sys.stdout.buffer.write(draw(tables))
    sys.stdout.buffer.flush()
    if hidden > 0:
        click.echo(_("… and {n} more; --json tells all").format(n=number(hidden)))
    click.echo(_verdict(row))


def filled(settings: Settings, params: Mapping[str, Any]) -> dict[str, Any]:
    """What fills a message of an import; a time as its local day."""
    from vonggac.desk.organisations.staging.cells import moment_text
    from vonggac.desk.organisations.staging.fillings import filling

    zone = zone_from(settings.zone)
    return {
        name: moment_text(value, zone) if isinstance(value, datetime) else value
        for name, value in filling(params).items()
    }


def _changes(line: Any) -> str:
    if line.is_new:
        return _("new")
    return "; ".join(f"{name}: {before} → {after}" for name, (before, after) in line.changes.items())


def _verdict(row: Import) -> str:
    if row.n_faults:
        text = ngettext("{n} fault: nothing was changed.", "{n} faults: nothing was changed.", row.n_faults)
        return text.format(n=number(row.n_faults))
    if row.state == "applied":
        text = ngettext("{n} change was made.", "{n} changes were made.", row.n_lines)
        return text.format(n=number(row.n_lines))
    if not row.n_lines:
        return _("Nothing to change: the directory says the same already.")
    text = ngettext(
        "{n} change would be made; with --apply it is.",
        "{n} changes would be made; with --apply they are.",
        row.n_lines,
    )
    return text.format(n=number(row.n_lines))


def _tell_json(settings: Settings, row: Import) -> None:
    import orjson

    from vonggac.desk.organisations.models.imports import ImportFault, ImportLine

    faults = ImportFault.objects.filter(import_id=row.pk).order_by("is_warning", "pk")
    keys = ("sheet", "row", "column", "value", "is_warning")
    lines = (
        ImportLine.objects.filter(import_id=row.pk)
        .order_by("n")
        .values("kind", "is_new", "sheet", "row", "label", "changes")
    )
    told = {
        "id": row.pk,
        "state": row.state,
        "sha256": row.sha256,
        "counts": row.counts,
        "n_faults": row.n_faults,
        "n_changes": row.n_lines,
        "digest": row.digest,
        "message": row.message.format(**filled(settings, row.params)) if row.message else "",
        "faults": [
            {key: getattr(fault, key) for key in keys}
            | {"message": fault.message.format(**filled(settings, fault.params))}
            for fault in faults.iterator(2000)
        ],
        "changes": list(lines[: None if row.n_faults == 0 else 0]),
    }
    sys.stdout.flush()
    sys.stdout.buffer.write(orjson.dumps(told, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()
