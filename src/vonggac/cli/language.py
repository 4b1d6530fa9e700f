"""The language of everything a person reads: source texts are English, the catalogue in ``locale`` is Vietnamese.

Our texts and click's own go through one catalogue, the default domain ``messages``, which is the one click asks.
English needs no catalogue: without one, gettext returns the text itself.
"""

from __future__ import annotations

import gettext
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from vonggac.config import LANGUAGES
from vonggac.errors import Several, VonggacError

FOLDER = Path(__file__).parents[1] / "locale"

_ = gettext.gettext
ngettext = gettext.ngettext


def choose(arguments: Sequence[str], environment: Mapping[str, str], setting: str) -> str:
    """``--lang``, else ``VONGGAC_LANG``, else ``setting``, else English if the locale is, else Vietnamese."""
    for position, argument in enumerate(arguments):
        name, equals, value = argument.partition("=")
        if name == "--lang":
            asked = value if equals else "".join(arguments[position + 1 : position + 2])
            if asked in LANGUAGES:  # anything else is refused with the other options
                return asked
        if argument == "--":
            break
    for chosen in (environment.get("VONGGAC_LANG", ""), setting):
        if chosen in LANGUAGES:
            return chosen
    locale = next(filter(None, map(environment.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return "en" if locale.startswith("en") else "vi"


def use(language: str) -> None:
    """Let every text of this process be in ``language``."""
    gettext.bindtextdomain("messages", str(FOLDER))
    os.environ["LANGUAGE"] = language  # what gettext asks first


def current() -> str:
    """The language in use."""
    return os.environ.get("LANGUAGE", "vi")


def tell(error: VonggacError) -> str:
    """What a person reads of ``error``: its place, then its message in the language in use, on one line."""
    text = _(error.message)
    if error.params:
        text = text.format(**{name: _filler(value) for name, value in error.params.items()})
    return f"{error.where}: {text}" if error.where else text


def _filler(value: object) -> object:
    return "; ".join(map(tell, value)) if isinstance(value, Several) else value


def number(value: int) -> str:
    """``value`` with its thousands apart, as the language in use writes it."""
    text = f"{value:,}"
    return text.replace(",", ".") if current() == "vi" else text
