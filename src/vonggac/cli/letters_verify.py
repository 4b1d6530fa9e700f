"""``vonggac letters verify``: whether the signatures of a PDF hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, ngettext, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, InputError

KINDS = {"signature": N_("signature"), "time_stamp": N_("time stamp")}
COVERAGE = {
    "whole_file": N_("covers the whole file"),
    "earlier_revision": N_("covers an earlier state of the file"),
    "part": N_("does not cover the file"),
}
TIMES = {
    "stamped_at": N_("there by {time}, as a time stamp proves"),
    "claimed_at": N_("signed at {time}, as the signer's computer says"),
}
CHANGES = {
    "none": N_("nothing was changed after it"),
    "maintenance": N_("only what proves the signature was added after it"),
    "signatures": N_("only more signatures were added after it"),
    "suspicious": N_("the file was changed after it"),
    "unknown": N_("it cannot be told what was changed after it"),
}


@click.command(
    cls=Command,
    name="verify",
    help=N_(
        "Look whether the signatures of FILE (PDF) hold: who signed, when, and whether anything was changed since. Nothing is asked over "
        "the network and nothing is kept. Status 0: valid. Status 1: anything else."
    ),
    examples=(
        ("vonggac letters verify signed.pdf", N_("by the authorities that the settings name")),
        ("vonggac letters verify signed.pdf --root root-ca.pem --json", N_("believe this authority too; for a program")),
    ),
)  # fmt: skip
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option(
    "--root", "more", multiple=True, metavar="PEM", type=click.Path(exists=True, path_type=Path),
    help=N_("A certificate, or a folder of them, that is believed beside those of the settings; repeatable."),
)  # fmt: skip
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@click.pass_obj
def verify(settings: Settings, file: Path, more: Sequence[Path], as_json: bool) -> int:
    """Look at it, tell it, and give the status."""
    from vonggac.jobs.signed_pdf import look_at, roots_of

    try:
        file.open("rb").close()
    except OSError as error:
        raise InputError(N_("cannot be read: {reason}"), where=str(file), reason=error.strerror or "") from error
    roots = roots_of(settings, more)
    told = look_at(file, roots, at=datetime.now(UTC))
    if as_json:
        _write_json(told, len(roots))
    else:
        _tell(told, len(roots))
    return 0 if told["state"] == "valid" else 1


def _tell(told: Mapping[str, Any], n_roots: int) -> None:
    from vonggac.documents.signature_verdict import STATES

    title = STATES[told["state"]]
    click.echo(_(title))
    for reason in told["reasons"]:
        click.echo(visible(f"  – {_words(reason)}"))
    for one in told["signatures"]:
        click.echo("")
        for line in _lines(one):
            click.echo(visible(line))
    held = ngettext("Held against {n} authority.", "Held against {n} authorities.", n_roots).format(n=number(n_roots))
    click.echo(held if n_roots else _("No authority is named, so no signer is known: set “signature_roots”."), err=True)


def _lines(one: Mapping[str, Any]) -> Iterator[str]:
    from vonggac.documents.signature_verdict import STATES

    kind, title = KINDS[one["kind"]], STATES[one["state"]]
    yield f"{_(kind)} “{one['field']}”: {_(title)}"
    name = ", ".join(filter(None, (one["signer"], one["organisation"])))
    if name:
        yield "  " + _("signer: {name}").format(name=name)
        issued = _("certificate: {serial}, issued by {issuer}")
        yield "  " + issued.format(serial=one["serial"], issuer=one["issuer"])
        yield f"  {one['method']}" + (f", PAdES {one['level']}" if one["level"] else "")
    for field, words in TIMES.items():
        if one[field]:
            moment = datetime.fromisoformat(one[field]).astimezone(UTC)
            yield "  " + _(words).format(time=f"{moment:%Y-%m-%d %H:%M}Z")
    if name:
        covers, changes = COVERAGE[one["coverage"]], CHANGES[one["changes"]]
        yield f"  {_(covers)}; {_(changes)}"
    for reason in one["reasons"]:
        yield f"  – {_words(reason)}"


def _words(reason: Mapping[str, Any]) -> str:
    from vonggac.documents.signature_verdict import REASONS

    _state, words = REASONS[reason["name"]]
    return _(words).format(**reason["params"])


def _write_json(told: Mapping[str, Any], n_roots: int) -> None:
    from vonggac.cli.findings import json_bytes
    from vonggac.cli.output import output
    from vonggac.documents.signature_verdict import STATES

    def with_words(reasons: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
        return [{**one, "message": _words(one)} for one in reasons]

    title = STATES[told["state"]]
    signatures = [{**one, "reasons": with_words(one["reasons"])} for one in told["signatures"]]
    record = {
        "state": told["state"],
        "title": _(title),
        "reasons": with_words(told["reasons"]),
        "signatures": signatures,
        "n_roots": n_roots,
    }
    with output(None) as write:
        write(json_bytes(record) + b"\n")
