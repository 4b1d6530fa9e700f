"""The form of one recipient: every clause a card, who answers once. It knows neither a session nor where its pages are."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Final

from django import forms
from django.utils.datastructures import MultiValueDict
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.directives.actions import Given
from vonggac.desk.directives.actions.answering import OF_ALL
from vonggac.desk.directives.queries import Asked
from vonggac.desk.work.kinds import Field, Kind
from vonggac.desk.work.models import Answer
from vonggac.desk.work.models.answers import CAME_BY, ENTERED
from vonggac.errors import N_, Fault
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.words import tell_fault
from vonggac.web.work.answers import control
from vonggac.web.work.rows import RowsField, put_fault
from vonggac.web.work.words import Fact, answered

_REPORTS: Final = frozenset({"done", "partly", "something"})
"""Results that tell what was done."""
_MAY_ADD: Final = frozenset({"evidence", "difficulties", "proposals"})
"""Questions that stand among what one may add, whatever the result; what proves it is asked at once where nothing else is."""
_ICONS: Final = {
    "done": "check", "something": "message", "nothing": "check", "partly": "levels", "no": "close", "not_applicable": "hold",
    "in_progress": "clock",
}  # fmt: skip
ALL_DONE: Final = ("done", "nothing")
"""The result that “done for all” chooses, the first that a kind has."""


def shown_for(kind: Kind, one: Field) -> frozenset[str]:
    """The results that ask ``one``; none: it may be added to any."""
    if one.needed_for:
        return one.needed_for
    has_other = any(other.name not in _MAY_ADD | {"reason"} for other in kind.answer)
    if one.name in _MAY_ADD and (has_other or one.name != "evidence"):
        return frozenset()
    return _REPORTS & frozenset(kind.results)


class ClauseForm(forms.Form):
    """The answer to one Task; fields are named ``<task id>.<field>``. ``seen``: the last answer that whoever answers saw."""

    result = forms.ChoiceField(label=_("How did it go?"), required=False, widget=forms.RadioSelect)
    seen = forms.IntegerField(required=False, min_value=0, widget=forms.HiddenInput)

    def __init__(self, asked: Asked, data: Any = None, *, initial: Mapping[str, Any] | None = None) -> None:
        self.kind, self.task_id = asked.kind, asked.task.pk
        last = asked.last
        begun = {**(initial or {}), "seen": last.pk if last else 0}
        super().__init__(data, prefix=str(self.task_id), initial=begun, use_required_attribute=False)
        choices = [(key, _(title)) for key, title in self.kind.results.items()]
        self.fields["result"].choices = choices  # type: ignore[attr-defined]
        for one in self.kind.answer:
            self.fields[one.name] = control(one)

    def add_prefix(self, field_name: str) -> str:
        """As faults of the action name it."""
        return f"{self.prefix}.{field_name}"

    def results(self) -> Iterator[tuple[forms.boundfield.BoundWidget, str, str]]:
        """The choices with their icons and the tones of those that leave something undone."""
        for (key, _title), widget in zip(self.kind.results.items(), self["result"], strict=True):
            yield widget, _ICONS.get(key, "dot"), "bad" if key in ("no", "partly", "something") else ""

    @property
    def all_done(self) -> str:
        """The result that “done for all” chooses here."""
        return next((key for key in ALL_DONE if key in self.kind.results), "")

    def asked_at_once(self) -> list[tuple[str, str, list[forms.BoundField], str]]:
        """Questions in their order: (``counts`` side by side or ``one``, the results that ask them, the questions, those that need them)."""
        found: list[tuple[str, str, list[forms.BoundField], str]] = []
        for one in self.kind.answer:
            shown = " ".join(sorted(shown_for(self.kind, one)))
            if not shown:
                continue
            how, bound = "counts" if one.kind == "count" else "one", self[one.name]
            needed = "needed" if one.needed_for else ""
            if found and how == "counts" and found[-1][:2] == (how, shown):
                found[-1][2].append(bound)
            else:
                found.append((how, shown, [bound], needed))
        return found

    def may_be_added(self) -> list[forms.BoundField]:
        """Questions that any result may be told with."""
        return [self[one.name] for one in self.kind.answer if not shown_for(self.kind, one)]

    @property
    def adds_evidence(self) -> bool:
        """Whether what proves it stands among what may be added."""
        return any(bound.name == "evidence" for bound in self.may_be_added())

    @property
    def has_more(self) -> bool:
        """Whether something stands in what may be added, or is wrong there."""
        return any(bound.errors or bound.value() for bound in self.may_be_added())

    @property
    def needs(self) -> dict[str, frozenset[str]]:
        """Field to the results that cannot stand without it."""
        return {one.name: one.needed_for for one in self.kind.answer}

    def clean(self) -> dict[str, Any]:
        """Whoever types something says how it went."""
        found = super().clean() or self.cleaned_data
        touched = set(self.changed_data) - {"seen", "result"}
        if not found.get("result") and "result" not in self.errors and touched:
            self.add_error("result", capital(gettext(N_("choose how it went, or empty what you typed here"))))
        return found

    def given(self, evidence_ids: Sequence[int]) -> Given:
        """What the action takes; what the result does not ask is left out."""
        result = self.cleaned_data["result"]
        values = {}
        for one in self.kind.answer:
            shown, value = shown_for(self.kind, one), self.cleaned_data.get(one.name)
            if value not in (None, "", []) and (not shown or result in shown):
                values[one.name] = value
        return Given(self.task_id, result, values, evidence_ids, self.cleaned_data.get("seen"))

    def add_fault(self, name: str, text: str) -> None:
        """A fault beside its field, that of a cell beside its cell."""
        if name == "evidence_ids":
            self.file_faults = [*self.file_faults, text]
        elif not put_fault(self, name, text):
            self.add_error(name if name in self.fields else None, text)

    file_faults: Sequence[str] = ()
    """What is wrong with the files."""


class HeadForm(forms.Form):
    """Who answers, or how the centre came by it."""

    who = forms.CharField(label=_("Who answers"), max_length=80, required=False)
    phone = forms.CharField(
        label=_("Telephone"),
        max_length=32,
        required=False,
        widget=forms.TextInput(attrs={"type": "tel", "autocomplete": "tel"}),
    )
    came_by = forms.ChoiceField(label=_("How the unit told it"), required=False, widget=forms.RadioSelect)
    told_by = forms.CharField(
        label=_("Who told it"), max_length=120, required=False,
        help_text=_("Name and position, as they said it; of a letter its number and day."),
    )  # fmt: skip

    def __init__(self, data: Any = None, *, initial: dict[str, Any], enters: bool) -> None:
        super().__init__(data, initial=initial, use_required_attribute=False)
        self.enters = enters
        for name in ("who", "phone") if enters else ("came_by", "told_by"):
            del self.fields[name]
        if enters:
            self.fields["told_by"].required = True
            self.fields["came_by"].choices = [(key, _(CAME_BY[key])) for key in CAME_BY if key in ENTERED]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The centre says how it came by what it enters."""
        found = super().clean() or self.cleaned_data
        if self.enters and not found.get("came_by") and "came_by" not in self.errors:
            self.add_error("came_by", capital(gettext(N_("say how the unit told it"))))
        return found

    @property
    def way(self) -> str:
        """How it came, as the action takes it."""
        return str(self.cleaned_data.get("came_by") or "")

    @property
    def teller(self) -> str:
        """Who answers, with their number; or who told it."""
        if self.enters:
            return str(self.cleaned_data.get("told_by") or "")
        return ", ".join(filter(None, (self.cleaned_data.get("who"), self.cleaned_data.get("phone"))))[:120]


@dataclass(slots=True)
class Told:
    """An answer in words."""

    answer: Answer
    facts: list[Fact]


@dataclass(slots=True)
class Card:
    """One clause (of a daily one, one day) as the page shows it. ``form`` None: nothing is asked here now.

    ``is_later``: a day that has not come. ``unsent``: what somebody typed here before another answer came.
    """

    asked: Asked
    form: ClauseForm | None = None
    is_later: bool = False
    answers: list[Told] = field(default_factory=list)
    unsent: list[Fact] = field(default_factory=list)

    @property
    def last(self) -> Told | None:
        """The last answer."""
        return self.answers[-1] if self.answers else None

    @property
    def earlier(self) -> list[Told]:
        """The answers before it, the newest first."""
        return self.answers[-2::-1]


class LetterForm:
    """All clauses of a recipient with one button. ``data``: what was sent; ``draft``: what was kept, as texts by field name;
    ``known``: by Task what the portal knows of the answer.

    Of ``rows`` those that wait for their owner are asked, none without ``asks``; ``enters``: the centre fills it in for the unit.
    """

    def __init__(
        self,
        rows: Sequence[Asked],
        data: Any = None,
        *,
        draft: Mapping[str, str] | None = None,
        known: Mapping[int, Mapping[str, Any]] | None = None,
        who: str = "",
        asks: bool = True,
        enters: bool = False,
        today: date | None = None,
    ) -> None:
        kept = MultiValueDict({name: [value] for name, value in (draft or {}).items()})
        begun = {"who": who, **{name: kept[name] for name in OF_ALL if name in kept}}
        self.known, self.asks = known or {}, asks
        self.head = HeadForm(data, initial=begun, enters=enters)
        self.cards = [self._card(one, data, kept, today) for one in rows]

    def _card(self, asked: Asked, data: Any, kept: Any, today: date | None) -> Card:
        is_later = today is not None and asked.is_later(today)
        if not asked.is_open or is_later or not self.asks:
            return Card(asked, None, is_later and asked.is_open, told_of(asked), _unsent(asked, data))
        return Card(asked, ClauseForm(asked, data, initial=self._begin(asked, kept)), False, told_of(asked))

    def _begin(self, asked: Asked, kept: Any) -> Mapping[str, Any]:
        """What a card begins with: what was typed and not sent, else the last answer, else what the portal knows."""
        prefix = f"{asked.task.pk}."
        if any(name.startswith(prefix) for name in kept):
            return _typed(asked, kept)
        last = asked.last
        if last is None:
            return self.known.get(asked.task.pk, {})
        return {**last.values, "result": last.result} if asked.task.result else {}

    @property
    def forms(self) -> list[ClauseForm]:
        """Of the cards that ask something."""
        return [card.form for card in self.cards if card.form is not None]

    def is_valid(self) -> bool:
        """Whether what was typed can be read, and something was answered."""
        sound = [one.is_valid() for one in [self.head, *self.forms]]
        if all(sound) and not any(one.cleaned_data["result"] for one in self.forms):
            self.head.add_error(None, capital(gettext(N_("nothing was answered: choose a result first"))))
            return False
        return all(sound)

    def given(self) -> list[Given]:
        """What the action takes: the clauses that were answered, each with the files that no answer rests on yet."""
        return [
            card.form.given([file.pk for file in card.asked.new_files])
            for card in self.cards
            if card.form is not None and card.form.cleaned_data["result"]
        ]

    def add_faults(self, faults: Iterable[Fault]) -> None:
        """Each fault of the action where it belongs."""
        by_task = {str(one.task_id): one for one in self.forms}
        for fault in faults:
            text = capital(tell_fault(fault))
            pk, _dot, name = fault.field.partition(".")
            if pk in by_task:
                by_task[pk].add_fault(name, text)
            else:
                self.head.add_error(fault.field if fault.field in self.head.fields else None, text)

    def faulty(self) -> list[Card]:
        """Cards with something wrong, for the summary on top."""
        return [card for card in self.cards if card.form is not None and (card.form.errors or card.form.file_faults)]

    @property
    def has_faults(self) -> bool:
        """Whether anything is wrong."""
        return bool(self.head.errors or self.faulty())


def told_of(asked: Asked) -> list[Told]:
    """The answers of a Task in words, the oldest first."""
    return [Told(one, list(answered(asked.kind.name, one.values))) for one in asked.answers]


def _typed(asked: Asked, data: Any) -> dict[str, Any]:
    """The values of a card as they were typed, from a form or a draft."""
    prefix = f"{asked.task.pk}."
    found: dict[str, Any] = {"result": data.get(f"{prefix}result", "")}
    for one in asked.kind.answer:
        made = control(one)
        value = made.widget.value_from_datadict(data, {}, f"{prefix}{one.name}")
        found[one.name] = made.clean(value) if isinstance(made, RowsField) else value
    return {name: value for name, value in found.items() if value not in (None, "", [])}


def _unsent(asked: Asked, data: Any) -> list[Fact]:
    """What somebody sent for a clause that does not wait any more, unless the same stands there."""
    typed = {} if data is None else _typed(asked, data)
    result = typed.pop("result", "")
    last = asked.last
    if not result or (last is not None and last.result == result and _texts(last.values) == _texts(typed)):
        return []
    title = gettext(asked.kind.results.get(result, result))
    return [Fact(gettext("How did it go?"), title), *answered(asked.kind.name, typed)]


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in values.items()}
