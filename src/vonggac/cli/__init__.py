"""The ``vonggac`` command: one file per verb group, each loaded only when its verb is used.

Exit status of every verb: 0 done · 1 could not be finished (a worker died, the output could not be written, rules with
faults) · 2 wrong usage, setting or rule set · 3 nothing could be read · 4 done, but some input was unreadable ·
10 findings at or above ``--fail-level`` · 130 interrupted, 143 terminated.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

from vonggac.cli import language
from vonggac.cli.command import Group, Option
from vonggac.cli.language import _
from vonggac.cli.safe import visible
from vonggac.config import Settings
from vonggac.errors import N_, ConfigError, InputError, RuleError, UsageError, VonggacError

VERBS = {
    "scan": "scan",
    "match": "match",
    "rules": "rules",
    "explain": "explain",
    "sources": "sources",
    "demo": "demo",
    "up": "up",
    "backup": "backup",
    "restore": "backup",
    "doctor": "doctor",
    "directory": "directory",
    "lists": "indicator_lists",
    "indicators": "indicators",
    "letters": "letters",
    "accounts": "accounts",
    "audit": "audit",
    "notices": "notices",
    "completion": "completion",
}
"""Verb to the module of this package that holds it, as ``command`` or, in another verb's module, under its own name; in the
order of the help."""


def _show_version(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        from vonggac import __version__

        click.echo(f"vonggac {__version__}")
        context.exit()


class Verbs(Group):
    """The group of all verbs, each imported when it is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """All verbs, in the order of the help."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The verb, from the module that holds it."""
        if cmd_name not in VERBS:
            return None
        from importlib import import_module

        module = import_module(f"{__name__}.{VERBS[cmd_name]}")
        found: click.Command = getattr(module, "command" if VERBS[cmd_name] == cmd_name else cmd_name)
        return found


vonggac = Verbs(
    name="vonggac",
    help=N_("Vọng Gác finds who is hit, by what, and who must act first, from logs, rules and warning lists."),
    examples=(
        ("vonggac demo", N_("a small made-up attack, scanned and matched")),
        ("vonggac scan logs/ --rules rules/", N_("which events do the rules find?")),
        ("vonggac match list.xlsx --networks networks.csv", N_("whose are the listed addresses, and who acts first?")),
    ),
    params=[
        Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_version,
            help=N_("Show the version and exit."),
        ),
    ],
)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """Run the command line ``argv`` (else the process's own) and exit with its status."""
    arguments = list(sys.argv[1:] if argv is None else argv)
    signal.signal(signal.SIGTERM, _terminate)
    status = run(arguments)
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _forget_stdout()
        status = 1
    sys.exit(status)


def run(arguments: list[str]) -> int:
    """Run one command line and return its exit status; every error has been told on standard error."""
    debug = "--debug" in arguments
    language.use(language.choose(arguments, os.environ, ""))
    try:
        settings = _settings()
        language.use(language.choose(arguments, os.environ, settings.language))
        status = vonggac.main(arguments, prog_name="vonggac", standalone_mode=False, obj=settings)
        return status if isinstance(status, int) else 0
    except click.ClickException as error:
        return _fail(_usage_text(error), error.exit_code, debug)
    except (KeyboardInterrupt, click.Abort):
        return _fail(_("interrupted"), 130, debug)
    except BrokenPipeError:
        _forget_stdout()
        return 1
    except VonggacError as error:
        return _fail(language.tell(error), _status_of(error), debug)
    except Exception as error:  # noqa: BLE001  # a fault of ours: one line, unless --debug asks for all of it
        if _is_unprepared(error):
            text = _("the database has no tables yet, or those of another version: “vonggac up” makes them")
            return _fail(text, 1, debug)
        text = _("an error of Vọng Gác itself: {reason}; run again with --debug to see where")
        return _fail(text.format(reason=f"{type(error).__name__}: {error}"), 1, debug)


def _settings() -> Settings:
    from vonggac.config.reading import read_settings

    return read_settings(os.environ)


def _status_of(error: VonggacError) -> int:
    if isinstance(error, UsageError | ConfigError | RuleError):
        return 2
    return 3 if isinstance(error, InputError) else 1


def _is_unprepared(error: Exception) -> bool:
    """Whether the database lacks a table or column. By names: commands without a database must not load Django."""
    kind, text = type(error), str(error)
    is_database = kind.__module__ == "django.db.utils" and kind.__name__ in ("OperationalError", "ProgrammingError")
    return is_database and any(words in text for words in ("no such table", "no such column", "does not exist"))


def _usage_text(error: click.ClickException) -> str:
    text = error.format_message()
    context = getattr(error, "ctx", None)
    if context is None:
        return text
    return text + " " + _("(see {command} --help)").format(command=context.command_path)


def _fail(text: str, status: int, debug: bool) -> int:
    if debug:
        traceback.print_exc()
    click.echo(_("Error: {message}").format(message=visible(text)), err=True)
    return status


def _terminate(number: int, _frame: object) -> NoReturn:
    sys.exit(128 + number)


def _forget_stdout() -> None:
    """Point standard output nowhere, so that closing it does not complain that its reader has gone."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
