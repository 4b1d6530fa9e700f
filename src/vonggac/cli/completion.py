"""``vonggac completion``: the script that makes a shell complete verbs and options."""

from __future__ import annotations

import click

from vonggac.cli.command import Command
from vonggac.errors import N_

SHELLS = ("bash", "zsh", "fish")


@click.command(
    cls=Command,
    name="completion",
    help=N_("Print the script that completes vonggac's verbs and options in a shell."),
    examples=(
        ("vonggac completion bash > ~/.local/share/bash-completion/completions/vonggac", N_("for bash")),
        ("vonggac completion zsh > ~/.zfunc/_vonggac", N_("for zsh, with ~/.zfunc in fpath")),
        ("vonggac completion fish > ~/.config/fish/completions/vonggac.fish", N_("for fish")),
    ),
)
@click.argument("shell", type=click.Choice(SHELLS))
@click.pass_context
def command(context: click.Context, shell: str) -> None:
    """Print the completion script of ``shell``."""
    from click.shell_completion import get_completion_class

    complete = get_completion_class(shell)
    if complete is None:  # pragma: no cover - click ships all three
        raise click.UsageError(shell)
    click.echo(complete(context.find_root().command, {}, "vonggac", "_VONGGAC_COMPLETE").source())
