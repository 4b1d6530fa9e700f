"""Errors of ours in the reader's language."""

from __future__ import annotations

from django.utils.translation import gettext

from vonggac.errors import Fault, VonggacError


def tell(error: VonggacError) -> str:
    """What a person reads of ``error``: its place, then its message."""
    text = gettext(error.message)
    if error.params:
        text = text.format(**error.params)
    return f"{error.where}: {text}" if error.where else text


def tell_fault(fault: Fault) -> str:
    """What a person reads of one fault of a value."""
    text = gettext(fault.message)
    return text.format(**fault.params) if fault.params else text
