"""What is typed on the pages of links."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _


class CodeForm(forms.Form):
    """The six digits; spaces that a message was read with are forgiven."""

    code = forms.CharField(
        label=_("Code"),
        max_length=16,
        widget=forms.TextInput(
            attrs={
                "inputmode": "numeric",
                "autocomplete": "one-time-code",
                "autofocus": True,
                "size": 8,
                "class": "digits",
            }
        ),
    )

    def clean_code(self) -> str:
        """Digits alone."""
        code = "".join(str(self.cleaned_data["code"]).split())
        if len(code) != 6 or not (code.isascii() and code.isdecimal()):
            raise forms.ValidationError(_("Type the six digits of the message."))
        return code


def clean_name(text: str) -> str:
    """One clean line of what somebody calls themselves; empty where that says nothing."""
    kept = " ".join("".join(char if char.isprintable() else " " for char in text[:400]).split())
    return kept[:120] if len(kept) > 1 else ""


class SendForm(forms.Form):
    """To which registered contact a new link goes, and which link it takes the place of."""

    email = forms.ChoiceField(label=_("To which contact?"))
    instead_of = forms.IntegerField(required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, contacts: list[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["email"].choices = contacts  # type: ignore[attr-defined]
