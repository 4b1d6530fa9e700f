"""Forms of the wizards that merge and split organisations."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.organisations import actions
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.errors import Fault
from vonggac.web.organisations.fields import Day, OrganisationPick
from vonggac.web.organisations.forms import RecordForm, choices

MOVES = (
    ("people", _("People and contact points")),
    ("networks", _("Networks")),
    ("systems", _("Systems")),
    ("mandates", _("Mandates")),
)


class SuccessorForm(RecordForm):
    """Who takes over: an organisation that exists, or one that is made by the succession."""

    field_order: Iterable[str] | None = ("who", "successor", "name", "short_name", "kind", "code", "parent_id")

    who = forms.ChoiceField(
        label=_("Who takes over?"),
        choices=[("new", _("A new organisation")), ("existing", _("An organisation that exists already"))],
        widget=forms.RadioSelect,
        initial="new",
    )
    successor = OrganisationPick(label=_("The organisation that takes over"), required=False)
    name = forms.CharField(label=_("Name"), max_length=250, required=False)
    short_name = forms.CharField(label=_("Short name"), max_length=60, required=False)
    kind = forms.ChoiceField(label=_("Kind"), choices=lambda: choices(KINDS), required=False)
    code = forms.CharField(label=_("Code"), max_length=40, required=False)
    parent_id = OrganisationPick(label=_("Stands under"), required=False)

    def clean(self) -> dict[str, Any]:
        """What is needed depends on who takes over."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("who") == "existing":
            needed: tuple[str, ...] = ("successor",)
        else:
            needed = ("name", "code", "kind")
            cleaned["successor"] = None
        for name in needed:
            if not cleaned.get(name) and name not in self.errors:
                self.add_error(name, gettext("This is needed."))
        return cleaned

    def taker(self) -> Any:
        """What the action takes: an id, or the values of a new organisation."""
        if self.cleaned_data["who"] == "existing":
            return self.cleaned_data["successor"].pk
        parent = self.cleaned_data["parent_id"]
        new = {name: self.cleaned_data[name] for name in ("name", "short_name", "kind", "code")}
        return {**new, "parent_id": None if parent is None else parent.pk}

    def cautions(self) -> list[Fault]:
        """What is worth a second look in the values of a new organisation."""
        taker = self.taker()
        return actions.cautions(taker) if isinstance(taker, dict) else []

    def title(self) -> str:
        """What people read for who takes over."""
        picked = self.cleaned_data.get("successor")
        return str(picked.name if picked is not None else self.cleaned_data.get("name", ""))


class ActForm(RecordForm):
    """When it happens, and by which decision."""

    at = Day(label=_("Holds from"), help_text=_("The first day on which the new arrangement counts."))
    basis = forms.CharField(
        label=_("Basis"),
        max_length=250,
        required=False,
        help_text=_("The decision that says so, with its number and date."),
    )


class MergeForm(SuccessorForm, ActForm):
    """A merger: who takes over, when, by what, and what goes over."""

    field_order: Iterable[str] | None = (
        "who",
        "successor",
        "name",
        "short_name",
        "kind",
        "code",
        "parent_id",
        "at",
        "basis",
        "moves",
    )

    moves = forms.MultipleChoiceField(
        label=_("What goes over"),
        choices=MOVES,
        widget=forms.CheckboxSelectMultiple,
        required=False,
        initial=[key for key, _title in MOVES],
        help_text=_("What does not go over ends on that day."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = False


class SplitForm(ActForm):
    """A split: when and by what; who takes over stands in forms of their own, and so does what goes to whom."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = False


class PartForm(SuccessorForm):
    """One of those who take over after a split."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = False
