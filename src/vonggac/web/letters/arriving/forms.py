"""What is entered of a letter that came in, clause by clause; what is said when a matter is put before another body."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.directives import queries
from vonggac.desk.directives.arrivals import ARRIVING_FORMS, ArrivalValues
from vonggac.desk.directives.states import ACTION, URGENCIES
from vonggac.desk.directives.values import MOST_CLAUSES, AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.work.kinds import OBLIGATIONS
from vonggac.errors import Fault
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.fields import Moment
from vonggac.web.organisations.forms import choices
from vonggac.web.shell.words import tell_fault

if TYPE_CHECKING:
    BaseFormSet = forms.BaseFormSet[forms.Form]
else:
    BaseFormSet = forms.BaseFormSet

MORE = ("superior_name", "place", "signer_for", "signer_title", "signer_name", "opening", "closing")
"""Fields that are seldom looked at: what else the letter says."""
_EMPTY_CLAUSES = 2


class LocalDay(forms.DateField):
    """A day, typed or picked."""

    def __init__(self, **kwargs: Any) -> None:
        widget = forms.DateInput(format="%Y-%m-%d", attrs={"type": "date", "min": "1990-01-01", "max": "2199-12-31"})
        super().__init__(input_formats=["%Y-%m-%d", "%d/%m/%Y"], widget=widget, **kwargs)


def _line(label: Any, most: int, *, needed: bool = False, **kwargs: Any) -> forms.CharField:
    return forms.CharField(label=label, max_length=most, required=needed, **kwargs)


def _lines(label: Any, rows: int = 4, **kwargs: Any) -> forms.CharField:
    return forms.CharField(
        label=label, max_length=50_000, required=False, widget=forms.Textarea(attrs={"rows": rows}), **kwargs
    )


class ArrivalForm(forms.Form):
    """The entry of a letter in the register of what came in. ``asks``: whether the reader was not sure of something."""

    version = forms.IntegerField(widget=forms.HiddenInput, required=False, min_value=0, max_value=2**31 - 1)
    arrived_on = LocalDay(label=_("Came in on"))
    number = forms.IntegerField(
        label=_("Number of arrival"), required=False, min_value=1, max_value=999_999, help_text=_("Empty: the next number of the register.")
    )  # fmt: skip
    reference = _line(_("Number and symbol"), 60)
    dated = LocalDay(label=_("Dated"), required=False)
    form = forms.ChoiceField(label=_("Form of the document"), choices=lambda: choices(ARRIVING_FORMS))
    issuer_name = _line(_("Issued by"), 250, needed=True)
    subject = forms.CharField(label=_("What it is about"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    urgency = forms.ChoiceField(label=_("Urgency"), choices=lambda: choices(URGENCIES), required=False)
    deadline = Moment(label=_("Answer until"), required=False)
    period_from = LocalDay(label=_("About the days from"), required=False)
    period_until = LocalDay(label=_("About the days to"), required=False)
    parent_reference = _line(
        _("Carries out the letter"), 60, help_text=_("Number and symbol of the letter above it; it is looked for in the register.")
    )  # fmt: skip
    handler = _line(_("Given to"), 150, help_text=_("The unit or person of the office who handles it."))
    addressed = _lines(_("Addressed to"), 3, help_text=_("One on each line, as it stands after “Kính gửi”."))
    superior_name = _line(_("Body above the issuer"), 250)
    place = _line(_("Place"), 80)
    signer_for = _line(_("Signed on behalf of"), 120)
    signer_title = _line(_("Title of who signed"), 120)
    signer_name = _line(_("Name of who signed"), 120)
    opening = _lines(_("Opening"))
    closing = _lines(_("Closing"))
    confirms = forms.BooleanField(
        label=_("I compared what is not sure with the letter itself: it is right as it stands here."), required=False
    )

    def __init__(self, *args: Any, asks: bool = False, is_correction: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not asks:
            del self.fields["confirms"]
        if is_correction:
            del self.fields["number"]

    def values(self, clauses: Sequence[ClauseValues]) -> ArrivalValues:
        """What the action takes."""
        said = dict(self.cleaned_data)
        lines = [line.strip() for line in said["addressed"].splitlines() if line.strip()]
        letter = LetterValues(
            **{name: said[name] for name in ("subject", "form", "urgency", "deadline", "period_from", "period_until", *MORE)},
            symbol=said["reference"].partition("/")[2][:40], clauses=clauses,
            addressees=[AddresseeValues(ACTION, True, words=line[:250]) for line in lines],
        )  # fmt: skip
        return ArrivalValues(
            letter, said["arrived_on"], said["reference"], said["dated"], said["issuer_name"], said.get("number"),
            said["handler"], said["parent_reference"],
        )  # fmt: skip

    def more(self) -> list[forms.BoundField]:
        """The fields that are seldom looked at."""
        return [self[name] for name in MORE]

    def add_faults(self, faults: Iterable[Fault], clauses: ClauseSet | None) -> None:
        """Each fault beside its field, those of clauses beside theirs; the others above them all."""
        for fault in faults:
            text, parts = capital(tell_fault(fault)), fault.field.split(".")
            if (
                clauses is not None
                and parts[0] == "clauses"
                and len(parts) > 1
                and clauses.put(int(parts[1]), parts[2] if len(parts) > 2 else "", text)
            ):
                continue
            name = {"addressees": "addressed"}.get(parts[0], parts[0])
            self.add_error(name if name in self.fields else None, text)


def first_values(values: ArrivalValues, version: int) -> dict[str, Any]:
    """What the form begins with for values that are proposed or stand in the register."""
    said = values.said
    names = ("subject", "form", "urgency", "deadline", "period_from", "period_until", *MORE)
    return {
        **{name: getattr(said, name) for name in names}, "version": version, "arrived_on": values.arrived_on, "number": values.number,
        "reference": values.reference, "dated": values.dated, "issuer_name": values.issuer_name, "handler": values.handler,
        "parent_reference": values.parent_reference, "addressed": "\n".join(line.words for line in said.addressees if line.words),
    }  # fmt: skip


class ClauseForm(forms.Form):
    """One clause."""

    mark = _line(_("Number of the item"), 12)
    title = _line(_("Title"), 250, widget=forms.Textarea(attrs={"rows": 1}))
    kind = forms.ChoiceField(label=_("What it asks for"), required=False)
    due_at = Moment(label=_("Answer until"), required=False, help_text=_("Empty: as the whole letter."))
    is_daily = forms.BooleanField(label=_("A report on each day of the period"), required=False)
    needs_file = forms.BooleanField(label=_("Done only with a file"), required=False)
    groups = forms.MultipleChoiceField(label=_("Concerns"), required=False, widget=forms.CheckboxSelectMultiple)
    text = _lines(_("Text"), 3)

    def __init__(self, *args: Any, groups: Sequence[tuple[str, str]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        kinds = [("", gettext("Nothing by itself")), *((kind.name, gettext(kind.title)) for kind in OBLIGATIONS)]
        self.fields["kind"].choices = kinds  # type: ignore[attr-defined]
        self.fields["groups"].choices = groups  # type: ignore[attr-defined]
        if not groups:
            del self.fields["groups"]

    def clean(self) -> dict[str, Any]:
        """A clause has a title; what says nothing else is no clause."""
        said: dict[str, Any] = super().clean() or self.cleaned_data
        if not said.get("title") and "title" not in self.errors:
            said["title"] = (said.get("text") or "").strip().partition("\n")[0][:250]
            if not said["title"]:
                self.add_error("title", gettext("Say in a few words what it asks, or take the clause away."))
        return said


class ClauseSet(BaseFormSet):
    """The clauses of a letter, with some empty ones to add; one that is ticked is taken away."""

    def values(self) -> list[ClauseValues]:
        """The clauses that stay, in their order; ``put`` knows them by the same places."""
        self.kept = [
            one
            for one in self.forms
            if one not in self.deleted_forms and (one.has_changed() or one in self.initial_forms)
        ]
        return [
            ClauseValues(
                said["title"], said["mark"], said["text"], said["kind"], tuple(said.get("groups", ())), said["due_at"],
                said["is_daily"], said["needs_file"],
            )
            for said in (one.cleaned_data for one in self.kept)
        ]  # fmt: skip

    def put(self, place: int, name: str, text: str) -> bool:
        """Put a fault beside the clause at a place of ``values``; False where there is none."""
        if not 0 <= place < len(getattr(self, "kept", ())):
            return False
        form = self.kept[place]
        form.add_error(name if name in form.fields else None, text)
        return True


_CLAUSES = forms.formset_factory(
    ClauseForm, formset=ClauseSet, extra=_EMPTY_CLAUSES, can_delete=True, max_num=MOST_CLAUSES, absolute_max=MOST_CLAUSES + 10
)  # fmt: skip


def clause_set(data: Any = None, clauses: Sequence[ClauseValues] = ()) -> ClauseSet:
    """The clauses to edit; ``clauses``: as they are now, or as they were read."""
    initial = [
        {name: getattr(one, name) for name in ("mark", "title", "kind", "due_at", "is_daily", "needs_file", "text")}
        | {"groups": list(one.groups)}
        for one in clauses
    ]
    groups = [(group.code, group.name) for group in queries.groups()]
    made: Any = _CLAUSES(data, initial=initial, prefix="clauses", form_kwargs={"groups": groups})
    return made  # type: ignore[no-any-return]


class OfficeForm(forms.Form):
    """To which office it came; not asked where there is but one."""

    office = forms.TypedChoiceField(label=_("It came to"), coerce=int)

    def __init__(self, *args: Any, offices: Sequence[Any] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["office"]
        field.choices = [(one.pk, one.name) for one in offices]  # type: ignore[attr-defined]
        if len(offices) == 1:
            field.widget = forms.HiddenInput()
            field.initial = offices[0].pk


class TakeUpForm(forms.Form):
    """Until when the office itself wants to be done."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    due_at = Moment(label=_("We want to be done by"), required=False, help_text=_("Empty: as the letter says."))


class ReferralForm(forms.Form):
    """Before whom a matter is put, why, and with which files."""

    office = forms.TypedChoiceField(label=_("Letter of"), coerce=int)
    body_id = forms.TypedChoiceField(label=_("Put before"), coerce=int, required=False, empty_value=None)
    body_words = _line(_("Or a body by its name"), 250, help_text=_("If the directory does not hold it."))
    subject = forms.CharField(label=_("What it is about"), max_length=500, widget=forms.Textarea(attrs={"rows": 2}))
    why = forms.CharField(
        label=_("Why"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 6}),
        help_text=_("What happened and what is asked, as the body shall read it. It stands in the letter."),
    )  # fmt: skip
    evidence_ids = forms.TypedMultipleChoiceField(
        label=_("Files that go along"), coerce=int, required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("Only what you tick goes to the body, and it sees nothing else of the task."),
    )  # fmt: skip

    def __init__(
        self,
        *args: Any,
        offices: Sequence[Any] = (),
        bodies: Sequence[Any] = (),
        files: Sequence[Any] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        shown: dict[str, list[tuple[Any, str]]] = {
            "office": [(one.pk, one.name) for one in offices],
            "body_id": [("", gettext("None of these")), *((one.pk, one.name) for one in bodies)],
            "evidence_ids": [(one.pk, f"{one.name} ({max(one.size // 1024, 1):,} KB)") for one in files],
        }
        for name, titles in shown.items():
            self.fields[name].choices = titles  # type: ignore[attr-defined]
        if not files:
            del self.fields["evidence_ids"]
        if len(offices) == 1:
            self.fields["office"].widget = forms.HiddenInput()
            self.fields["office"].initial = offices[0].pk

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Each fault beside its field; the others above them all."""
        for fault in faults:
            self.add_error(fault.field if fault.field in self.fields else None, capital(tell_fault(fault)))


class OutcomeForm(forms.Form):
    """What the body answered."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=2**31 - 1)
    outcome = forms.CharField(
        label=_("What the body answered"), max_length=10_000, widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("With number and date of its letter, if there is one."),
    )  # fmt: skip
