"""Forms of those who administer accounts."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.accounts import queries
from vonggac.desk.accounts.actions import GrantValues
from vonggac.desk.organisations import queries as organisations
from vonggac.desk.scope.asker import Asker, Everywhere
from vonggac.desk.scope.roles import ROLES
from vonggac.errors import NotThere
from vonggac.web.organisations.fields import Day, OrganisationPick
from vonggac.web.organisations.forms import RecordForm


class AccountForm(RecordForm):
    """What stands in an account."""

    field_order = ("name", "email", "phone", "organisation_id")

    name = forms.CharField(label=_("Full name"), max_length=120)
    email = forms.CharField(label=_("E-mail"), max_length=254, required=False, widget=forms.EmailInput)
    phone = forms.CharField(
        label=_("Telephone"), max_length=32, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    organisation_id = OrganisationPick(label=_("Organisation"), required=False)


class PlaceForm(RecordForm):
    """Where and how long roles hold."""

    place_id = OrganisationPick(
        label=_("At which organisation"),
        required=False,
        help_text=_("The role holds there and at everything below. Type a part of the name or the code."),
    )
    everywhere = forms.BooleanField(label=_("Everywhere, in the whole province"), required=False)
    valid_from = Day(label=_("From"), required=False, help_text=_("Leave empty to begin at once."))
    valid_until = Day(
        label=_("Until"),
        required=False,
        help_text=_("The first day on which it holds no more; leave empty if there is none."),
    )

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, asker=asker, **kwargs)
        if not isinstance(asker.roots("accounts.edit"), Everywhere):
            del self.fields["everywhere"]

    def clean(self) -> dict[str, Any]:
        """One place, or everywhere."""
        cleaned = super().clean() or {}
        if not cleaned.get("everywhere") and not cleaned.get("place_id") and "place_id" not in self.errors:
            self.add_error("place_id", gettext("Choose an organisation."))
        return cleaned

    def add_faults(self, faults: Any) -> None:
        """As the fields are called here."""
        names = {"organisation_id": "organisation_id" if "organisation_id" in self.fields else "place_id"}
        super().add_faults(
            (names.get(name, "roles" if name == "role" and "roles" in self.fields else name), text)
            for name, text in faults
        )

    def place(self) -> dict[str, Any]:
        """Where and how long, as actions take it."""
        values = super().values()
        where = None if values.get("everywhere") else values["place_id"]
        return {"organisation_id": where, "valid_from": values["valid_from"], "valid_until": values["valid_until"]}


class GrantForm(PlaceForm):
    """A role for somebody."""

    field_order = ("role", "place_id", "everywhere", "valid_from", "valid_until")
    role = forms.ChoiceField(label=_("Role"), widget=forms.RadioSelect)

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, asker=asker, **kwargs)
        self.fields["role"].choices = _roles(asker)  # type: ignore[attr-defined]

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        return {"role": self.cleaned_data["role"], **self.place()}


class InviteForm(PlaceForm):
    """Somebody who is to have an account."""

    field_order = (
        "email",
        "name",
        "organisation_id",
        "language",
        "roles",
        "place_id",
        "everywhere",
        "valid_from",
        "valid_until",
    )
    email = forms.CharField(
        label=_("E-mail"), max_length=254, widget=forms.EmailInput, help_text=_("The invitation goes there.")
    )
    name = forms.CharField(label=_("Full name"), max_length=120)
    organisation_id = OrganisationPick(label=_("Works at"), required=False)
    language = forms.ChoiceField(
        label=_("Language of the invitation"), choices=[("vi", "Tiếng Việt"), ("en", "English")]
    )
    roles = forms.MultipleChoiceField(label=_("Roles"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, asker: Asker, **kwargs: Any) -> None:
        super().__init__(*args, asker=asker, **kwargs)
        self.fields["roles"].choices = _roles(asker)  # type: ignore[attr-defined]
        self.fields["place_id"].help_text = gettext(
            "Leave empty if it is where they work. The roles hold there and at everything below."
        )
        if not isinstance(asker.roots("accounts.edit"), Everywhere):
            self.fields["organisation_id"].required = True

    def clean(self) -> dict[str, Any]:
        """Roles hold where somebody works, unless it is said otherwise."""
        cleaned = forms.Form.clean(self) or {}
        if not cleaned.get("place_id") and "place_id" not in self.errors:
            cleaned["place_id"] = cleaned.get("organisation_id")
        if (
            not cleaned.get("everywhere")
            and not cleaned.get("place_id")
            and not {"place_id", "organisation_id"} & set(self.errors)
        ):
            self.add_error("place_id", gettext("Choose an organisation."))
        return cleaned

    def values(self) -> dict[str, Any]:
        """What the action takes."""
        values, place = RecordForm.values(self), self.place()
        given = {name: values[name] for name in ("email", "name", "organisation_id", "language")}
        return {**given, "grants": [GrantValues(role, **place) for role in values["roles"]]}


class AccountsFilter(forms.Form):
    """What the list shows."""

    q = forms.CharField(
        label=_("Name or e-mail"), required=False, max_length=100, widget=forms.TextInput(attrs={"type": "search"})
    )
    organisation = OrganisationPick(label=_("Organisation and below"), required=False, help_text="")
    role = forms.ChoiceField(label=_("Role"), required=False)

    def __init__(self, data: Any, *, asker: Asker) -> None:
        super().__init__(data)
        self.query = data
        pick = self.fields["organisation"]
        assert isinstance(pick, OrganisationPick)  # noqa: S101  # it stands above
        pick.asker = self.asker = asker
        titles = [("", gettext("All")), *((role.name, gettext(role.title)) for role in ROLES.values())]
        self.fields["role"].choices = titles  # type: ignore[attr-defined]
        self.state = data.get("state", "") if data.get("state", "") in queries.STATES else ""

    def asked(self) -> dict[str, Any]:
        """What the query takes; what is not understood narrows to nothing of it."""
        self.is_valid()
        found = self.cleaned_data
        place = found.get("organisation")
        return {
            "text": found.get("q", ""),
            "organisation_id": None if place is None else place.pk,
            "role": found.get("role", ""),
            "state": self.state,
        }

    def chips(self) -> list[tuple[str, str, bool]]:
        """Each state with its address and whether it is shown."""
        query = self.query.copy()
        query.pop("page", None)
        found = []
        for name, title in (
            ("", gettext("All")),
            *((name, gettext(title)) for name, title in queries.STATES.items() if name != "active"),
        ):
            query["state"] = name
            found.append((title, f"?{query.urlencode()}", name == self.state))
        return found


def organisation_of(asker: Asker, organisation_id: str) -> Any:
    """The organisation that an address names, None where there is none that the asker sees."""
    try:
        return organisations.organisation(asker, int(organisation_id)) if organisation_id.isdecimal() else None
    except NotThere:
        return None


def _roles(asker: Asker) -> list[tuple[str, str]]:
    return [(role.name, gettext(role.title)) for role in queries.roles_to_give(asker)]
