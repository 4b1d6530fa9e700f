"""``vonggac letters``: what a letter says, read from its file."""

from __future__ import annotations

import dataclasses
import datetime as dt
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from vonggac.cli.command import Command, Group, option
from vonggac.cli.language import _
from vonggac.cli.letters_verify import verify
from vonggac.cli.safe import visible, visible_json
from vonggac.cli.tables import Table, draw
from vonggac.errors import N_, InputError

if TYPE_CHECKING:
    from vonggac.documents.letters import Deadline, ReadLetter, Value

_LONGEST_SHOWN = 100

letters = command = Group(
    name="letters",
    help=N_("Read what an official letter says; look whether a signed one is what was signed."),
    examples=(
        ("vonggac letters read cv-147.pdf", N_("number, date, recipients, clauses, deadlines, and what is not sure")),
        ("vonggac letters verify signed.pdf", N_("do its signatures hold?")),
        ("vonggac letters template letter", N_("the Word file by which letters are made, to be changed")),
    ),
)
letters.add_command(verify)


@letters.command(
    cls=Command,
    name="read",
    help=N_(
        "Read FILE (DOCX, PDF; with Tesseract also a scan or photo) and tell what it says and what is not sure. Status 0: all is sure. "
        "Status 4: something has to be asked. Nothing is kept."
    ),
    examples=(("vonggac letters read cv-147.docx --json", N_("every value with its place, for a program")),),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
def read(file: Path, as_json: bool) -> int:
    """Read it, tell it, and give the status."""
    from vonggac.documents.letters import MAX_BYTES
    from vonggac.jobs.letter_scans import read_letter_file

    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_BYTES + 1)
    except OSError as error:
        raise InputError(
            N_("cannot be read: {reason}"), where=str(file), reason=error.strerror or str(error)
        ) from error
    letter = read_letter_file(data, file.name)
    if as_json:
        click.echo(_json(letter))
    else:
        _tell(letter)
    return 4 if letter.doubts else 0


@letters.command(
    cls=Command,
    name="template",
    help=N_(
        "Write the Word file by which letters (or reports) are made, for an office to change in Word. Name the changed one in the setting "
        "“letter_template” (“report_template”); vonggac doctor then says whether it can be used."
    ),
    examples=(("vonggac letters template report --output bao-cao.docx", N_("the one of reports, under this name")),),
)
@click.argument("form", type=click.Choice(["letter", "report"]))
@option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    help=N_("The file to write; one that is there is kept."),
)
def template(form: str, output: Path | None) -> int:
    """Write it and say where."""
    from vonggac.documents.rendering import shipped
    from vonggac.jobs.office_templates import SHIPPED

    name = SHIPPED["letter" if form == "letter" else "report"]
    path = output or Path(f"{name}.docx")
    try:
        with path.open("xb") as file:
            file.write(shipped(name))
    except OSError as error:
        raise InputError(
            N_("cannot be written: {reason}"), where=str(path), reason=error.strerror or str(error)
        ) from error
    click.echo(visible(str(path)))
    return 0


def _json(letter: ReadLetter) -> bytes:
    import orjson

    told = dataclasses.asdict(letter)
    told["doubts"] = [{**one, "text": _filled(one["message"], one["params"])} for one in told["doubts"]]
    return visible_json(orjson.dumps(told, default=str))


def _filled(message: str, params: dict[str, Any]) -> str:
    return _(message).format(**{name: _shown(value) for name, value in params.items()})


def _shown(value: object) -> str:
    return value.strftime("%d/%m/%Y") if isinstance(value, dt.date) else str(value)


def _tell(letter: ReadLetter) -> None:
    values = Table(_("Letter"), [_("What"), _("Value"), _("Where"), _("Sure")])
    for name, value, shown in _values(letter):
        values.add(
            [name, shown, str(value.where), _("yes") if value.sure else _("asks")], "" if value.sure else "yellow"
        )
    click.echo(draw([values, _recipients(letter), *_mentions(letter), _clauses(letter)]).decode(), nl=False)
    for one in letter.words[:_LONGEST_SHOWN]:
        click.echo(
            visible(
                _("to confirm, at {where}: {word} ({confidence} of 100)").format(
                    where=one.where, word=one.text, confidence=one.confidence
                )
            )
        )
    for doubt in letter.doubts:
        click.echo(visible(f"? {doubt.where}  {_filled(doubt.message, dict(doubt.params))}"))


def _values(letter: ReadLetter) -> Iterator[tuple[str, Value[Any], str]]:
    from vonggac.documents.letters import FORMS, SECRECIES, URGENCIES

    yield _("Issued by"), letter.issuer, letter.issuer.value
    yield _("Body above it"), letter.superior, letter.superior.value
    yield _("Number and symbol"), letter.reference, letter.reference.value
    yield _("Issued at"), letter.place, letter.place.value
    yield _("Dated"), letter.dated, _shown(letter.dated.value or "")
    yield _("Form of the letter"), letter.form, _(FORMS.get(letter.form.value, letter.form.value))
    yield _("What it is about"), letter.subject, letter.subject.value
    yield _("Urgency"), letter.urgency, _(URGENCIES[letter.urgency.value])
    yield _("Secrecy"), letter.secrecy, _(SECRECIES[letter.secrecy.value])
    signer = letter.signatory.value
    yield _("Signatory"), letter.signatory, " · ".join(filter(None, (*signer.on_behalf, signer.title, signer.name)))


def _recipients(letter: ReadLetter) -> Table:
    from vonggac.documents.letters import ROLES

    table = Table(_("Recipients"), [_("Recipient"), _("Role"), _("Where")])
    for one in letter.addressed:
        table.add([one.words, _("addressed"), str(one.where)])
    for one in letter.recipients:
        table.add([one.words, _(ROLES[one.role]), str(one.where)])
    return table


def _mentions(letter: ReadLetter) -> Iterator[Table]:
    from vonggac.documents.letters import RELATIONS

    table = Table(
        _("Other documents"), [_("Document"), _("Dated"), _("Issued by"), _("Relation"), _("Clause"), _("Where")]
    )
    for one in letter.references:
        table.add(
            [
                f"{one.kind} {one.number}",
                _shown(one.dated or ""),
                one.issuer,
                _(RELATIONS[one.relation]),
                one.clause,
                str(one.where),
            ]
        )
    yield table
    times = Table(_("Times"), [_("Until"), _("As written"), _("Clause"), _("Where")])
    for time in letter.deadlines:
        times.add([_until(time), time.written, time.clause, str(time.where)], "" if time.sure else "yellow")
    yield times


def _until(one: Deadline) -> str:
    clock = one.time.strftime("%H:%M") if one.time else ""
    day = _shown(one.day or "")
    if one.kind == "within":
        units = {
            "minutes": N_("minutes"),
            "hours": N_("hours"),
            "days": N_("days"),
            "working_days": N_("working days"),
            "weeks": N_("weeks"),
            "months": N_("months"),
        }
        return f"{one.amount} {_(units[one.unit])}"
    if one.kind == "period":
        return f"{_shown(one.begins or '')} – {day}"
    kinds = {"daily": N_("each day"), "weekly": N_("each week"), "monthly": N_("each month")}
    return " ".join(filter(None, (clock, _(kinds[one.kind]) if one.kind in kinds else day)))


def _clauses(letter: ReadLetter) -> Table:
    table = Table(_("Clauses"), [_("Clause"), _("Its title"), _("Where")])
    for clause in letter.all_clauses():
        table.add(
            [clause.path, "  " * clause.depth + clause.title, str(clause.where)],
            "" if clause.sure else "yellow",
        )
    return table
