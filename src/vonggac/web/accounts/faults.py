"""Faults that actions find, beside their fields."""

from __future__ import annotations

from django import forms

from vonggac.errors import InvalidValues
from vonggac.web.shell.words import tell_fault


def put(form: forms.Form, error: InvalidValues, **names: str) -> None:
    """Each fault at its field; ``names``: fields that the form calls otherwise. Those of no field stand above all."""
    for fault in error.faults:
        name = names.get(fault.field, fault.field)
        text = tell_fault(fault)
        form.add_error(name if name in form.fields else None, text[:1].upper() + text[1:])
