"""Commands and options whose texts are translated when they are shown, with examples and the flags that all share."""

from __future__ import annotations

import inspect
from collections.abc import Sequence
from functools import partial
from typing import Any

import click

from vonggac.cli.language import _
from vonggac.config import LANGUAGES
from vonggac.errors import N_

Examples = Sequence[tuple[str, str]]
"""Command lines, each with what it does (an English template)."""


class Option(click.Option):
    """An option whose help is an English template, translated when it is shown."""

    def get_help_record(self, ctx: click.Context) -> tuple[str, str] | None:
        """What the help shows, in the language in use."""
        template = self.help
        try:
            self.help = _(template) if template else template
            return super().get_help_record(ctx)
        finally:
            self.help = template


option = partial(click.option, cls=Option)


def _show_help(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
    if value and not context.resilient_parsing:
        click.echo(context.get_help(), color=context.color)
        context.exit()


def shared_options() -> list[click.Parameter]:
    """The options that every command has; ``vonggac.cli.run`` acts on the language and on ``--debug``."""
    return [
        Option(
            ["--lang"],
            type=click.Choice(LANGUAGES),
            expose_value=False,
            help=N_("Language of messages; else VONGGAC_LANG, the settings file, the locale."),
        ),
        Option(["--debug"], is_flag=True, expose_value=False, help=N_("Show where in the program an error arose.")),
        Option(
            ["--help"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            callback=_show_help,
            help=N_("Show this message and exit."),
        ),
    ]


class _Told(click.Command):
    """What Command and Group share: the help is an English template, ``examples`` end it."""

    def __init__(self, *args: Any, examples: Examples = (), **kwargs: Any) -> None:
        kwargs.setdefault("context_settings", {"max_content_width": 100})
        kwargs["params"] = [*(kwargs.get("params") or []), *shared_options()]
        kwargs["add_help_option"] = False
        super().__init__(*args, **kwargs)
        self.examples = examples

    def _text(self) -> str:
        return _(inspect.cleandoc(self.help)) if self.help else ""

    def get_short_help_str(self, limit: int = 45) -> str:
        """The first sentence of the help, whole."""
        return self._text().partition("\n")[0].partition(". ")[0].rstrip(".")

    def format_help_text(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The help, in the language in use."""
        formatter.write_paragraph()
        with formatter.indentation():
            formatter.write_text(self._text())

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The examples, each with what it does."""
        if self.examples:
            with formatter.section(_("Examples")):
                for line, what in self.examples:
                    formatter.write(f"{'':>{formatter.current_indent}}{line}\n")
                    formatter.write(f"{'':>{formatter.current_indent + 4}}{_(what)}\n")


class Command(_Told):
    """A verb."""


class Group(_Told, click.Group):
    """A group of verbs."""

    command_class = Command
