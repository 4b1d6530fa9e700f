"""Errors of ours in the reader's language."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.utils.translation import gettext

from vonggac.errors import Fault, Term, VonggacError
from vonggac.web.shell import times


def tell(error: VonggacError) -> str:
    """What a person reads of ``error``: its place, then its message."""
    text = _fill(error.message, error.params)
    return f"{error.where}: {text}" if error.where else text


def tell_fault(fault: Fault) -> str:
    """What a person reads of one fault of a value."""
    return _fill(fault.message, fault.params)


def _fill(message: str, params: Mapping[str, Any]) -> str:
    """The translated message with what fills it; a Term is translated too, an aware time is told as the reader's day."""
    text = gettext(message)
    if not params:
        return text
    return text.format(**{name: _filler(one) for name, one in params.items()})


def _filler(value: Any) -> Any:
    if isinstance(value, Term):
        return gettext(value)
    return times.day(value) if isinstance(value, datetime) else value
