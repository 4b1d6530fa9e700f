"""``vonggac rules fetch``: a rule set from an archive, installed as a version of its own."""

from __future__ import annotations

from pathlib import Path

import click

from vonggac.cli.command import Command, option
from vonggac.cli.language import _, ngettext, number
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_


@click.command(
    cls=Command,
    name="fetch",
    help=N_(
        "Install the rules of ARCHIVE, a zip or tar.gz file or its https address, such as a release of SigmaHQ. Every path in it is "
        "checked, only rules and the licence are kept, the rules are compiled and counted. Afterwards --rules sigma means the "
        "version fetched last; older versions stay. Nothing is fetched unless this command is run with an address."
    ),
    examples=(
        (
            "vonggac rules fetch https://github.com/SigmaHQ/sigma/archive/refs/heads/master.tar.gz",
            N_("the rules of SigmaHQ as they are now, with their licence"),
        ),
        (
            "vonggac rules fetch sigma_all_rules.zip --licence LICENSE.Detection.Rules.md",
            N_("an archive that was carried here, whose licence is a file beside it"),
        ),
        ("vonggac scan logs/ --rules sigma", N_("scan with the rules that were fetched")),
    ),
)
@click.argument("archive", metavar="ARCHIVE")
@option(
    "--into",
    metavar="FOLDER",
    default="",
    help=N_("Where versions are kept; by default rules/sigma in the data folder, which --rules sigma names."),
)
@option("--sha256", metavar="HEX", default="", help=N_("Install only an archive with this SHA-256."))
@option(
    "--licence",
    metavar="FILE",
    default="",
    help=N_("The licence to keep with the rules when the archive holds none."),
)
@click.pass_obj
def fetch(settings: Settings, archive: str, into: str, sha256: str, licence: str) -> int:
    """Install, and say what was installed."""
    from vonggac.cli.findings import size
    from vonggac.cli.scan import tell_rule_faults
    from vonggac.jobs import rules_fetch
    from vonggac.jobs.rules import FETCHED

    folder = Path(into) if into else settings.data_dir / "rules" / FETCHED
    done = rules_fetch.fetch(
        archive,
        folder,
        sha256=sha256,
        licence=Path(licence) if licence else None,
        cache_dir=settings.cache_dir,
    )
    is_whole = tell_rule_faults(done.loaded)
    n_rules = len(done.loaded.ruleset.infos())
    n_faults = len(done.loaded.faults())
    lines = [
        _("SHA-256: {digest}").format(digest=done.sha256),
        _("archive: {size}; kept: {files} files with rules, {kept}").format(
            size=size(done.n_archive_bytes), files=number(done.n_files), kept=size(done.n_rule_bytes)
        ),
        _("licence: {name} ({file})").format(name=done.licence, file=done.folder / rules_fetch.LICENCE_NAME),
        ngettext("{n} rule can be used", "{n} rules can be used", n_rules).format(n=number(n_rules))
        + ", "
        + ngettext("{n} fault", "{n} faults", n_faults).format(n=number(n_faults)),
        _("was installed before: {folder}").format(folder=done.folder)
        if done.was_there
        else _("installed: {folder}").format(folder=done.folder),
    ]
    if n_older := len(rules_fetch.versions(folder)) - 1:
        lines.append(
            ngettext("{n} other version stays beside it", "{n} other versions stay beside it", n_older).format(
                n=number(n_older)
            )
        )
    name = FETCHED if not into else str(folder)
    lines.append(_("use it with: --rules {name}").format(name=name))
    click.echo("\n".join(visible(line) for line in lines))
    return 0 if is_whole else 4
