"""``vonggac indicators``: indicators in from files of others, out into one of STIX or MISP."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from vonggac.cli.backup import load_desk, who
from vonggac.cli.command import Command, Group, option
from vonggac.cli.language import _, ngettext, number
from vonggac.cli.safe import visible
from vonggac.cli.scan import tell_faults
from vonggac.config import Settings, zone_from
from vonggac.errors import N_

TLPS = ("clear", "green", "amber", "amber+strict", "red")
AUDIENCES = ("public", "community", "clients", "organisation", "named")
FORMS = ("stix", "misp")

command = Group(
    name="indicators",
    help=N_("Take indicators in from files of others, and give them to others as far as TLP lets them have them."),
    examples=(
        ("vonggac indicators import bundle.json --source CERT", N_("what would happen; nothing is written")),
        ("vonggac indicators import bundle.json --source CERT --apply", N_("take it in")),
        ("vonggac indicators export out.json --for community", N_("what the community may have")),
    ),
)


@command.command(
    cls=Command,
    name="import",
    help=N_(
        "Read FILE (a bundle of STIX, events of MISP, a hosts file, a DNS policy zone, a table, a scan) and tell what would happen and every part that is left out, with its "
        "reason. With --apply it is taken in; the same again changes nothing. Status 4 when something was left out."
    ),
    examples=(("vonggac indicators import event.json --source CERT --apply", N_("take it in")),),
)
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@option("--source", required=True, metavar="TEXT", help=N_("Who sends it."))
@option("--number", "letter", default="", metavar="TEXT", help=N_("Number of the letter that it came with."))
@option("--tlp", type=click.Choice(TLPS), default="amber", show_default=True, help=N_("Where the file says none."))
@option("--apply/--dry-run", "is_applied", default=False, help=N_("Take it in; by default it is only told."))
@option("--json", "as_json", is_flag=True, help=N_("Write one JSON object."))
@click.pass_obj
def import_(settings: Settings, file: Path, source: str, letter: str, tlp: str, is_applied: bool, as_json: bool) -> int:
    """Read the file, take it in if asked, and give the status."""
    load_desk()
    from vonggac.jobs.exchange.found import Defaults
    from vonggac.jobs.exchange.intake import read_file, take_in, warninglists_in
    from vonggac.jobs.list_files import read_file as read_list_file

    done = take_in(
        who(), read_file(file), source=source, number=letter, defaults=Defaults(tlp=tlp), is_dry=not is_applied,
        warninglists=warninglists_in(settings), tables=lambda data: read_list_file(data, str(file), zone=zone_from(settings.zone)),
    )  # fmt: skip
    told = done.told
    if as_json:
        import orjson

        counts = {
            "is_applied": is_applied, "form": done.form, "objects": done.n_objects, "new": told.n_new, "changed": told.n_changed,
            "same": told.n_same, "sightings": done.n_sightings, "left_out": done.reasons,
        }  # fmt: skip
        sys.stdout.buffer.write(orjson.dumps(counts, option=orjson.OPT_INDENT_2) + b"\n")
        return 4 if done.n_left_out else 0
    for title, n in (
        (_("New indicators"), told.n_new),
        (_("Known, and told more of"), told.n_changed),
        (_("Known as they are"), told.n_same),
        (_("Sightings"), done.n_sightings),
        (_("Left out"), done.n_left_out),
    ):
        click.echo(f"{title}: {number(n)}")
    for what, why in done.left_out:
        click.echo(visible(f"  {what}: {_(why)}"))
    cautions = [f"{one.value}: {one.warnings}" for one in done.drafts if one.warnings]
    if cautions:
        tell_faults(
            ngettext("{n} value needs a second look:", "{n} values need a second look:", len(cautions)).format(
                n=number(len(cautions))
            ),
            cautions,
        )
    click.echo(_("The file was taken in.") if is_applied else _("Nothing was written; with --apply it is."))
    return 4 if done.n_left_out else 0


@command.command(
    cls=Command,
    name="export",
    help=N_(
        "Write the indicators that are looked for into FILE, for an audience: public has TLP:CLEAR, community up to GREEN, clients up "
        "to AMBER, organisation up to AMBER+STRICT, and one named recipient up to RED. It is written down in the audit record."
    ),
    examples=(("vonggac indicators export out.json --for clients --form misp", N_("an event for MISP")),),
)
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@option("--for", "audience", type=click.Choice(AUDIENCES), required=True, help=N_("Who reads it."))
@option("--recipient", default="", metavar="TEXT", help=N_("The one named recipient."))
@option("--form", type=click.Choice(FORMS), default="stix", show_default=True, help=N_("The form of the file."))
@option("--family", default="", metavar="NAME", help=N_("Only of this malware."))
def export(file: Path, audience: str, recipient: str, form: str, family: str) -> int:
    """Write the file, and say how many and how many not."""
    load_desk()
    from vonggac.desk.intel.queries.indicators import Filters
    from vonggac.jobs.exchange.outgo import share

    shared = share(who(), Filters(state="active", family=family), form=form, audience=audience, recipient=recipient)
    file.write_bytes(shared.content)
    text = ngettext("{n} indicator written to {file}", "{n} indicators written to {file}", shared.n)
    click.echo(text.format(n=number(shared.n), file=visible(str(file))))
    if shared.n_left_out:
        text = ngettext("{n} is not for this reader.", "{n} are not for this reader.", shared.n_left_out)
        click.echo(text.format(n=number(shared.n_left_out)))
    return 0
