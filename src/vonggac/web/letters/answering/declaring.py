"""What accepting a declaration does to the directory, in words, and the reviewer's ticks."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from vonggac.desk.directives.actions.declaring import accept_declaration
from vonggac.desk.directives.declaring import DIFFERS, MORE, NEW, REFUSED, SAME, WHAT_BECOMES, Line, Plan, preview
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work.actions.bulk import Outcome
from vonggac.desk.work.models import Task
from vonggac.errors import N_
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.words import tell_fault
from vonggac.web.work.forms import NoteForm

PARTS: Final = {
    "contacts": N_("Contact points"),
    "networks": N_("Public address ranges"),
    "systems": N_("Information systems"),
}
_TONES: Final = {
    NEW: ("ok", "plus"), MORE: ("ok", "edit"), SAME: ("muted", "check"), DIFFERS: ("medium", "severity-medium"),
    REFUSED: ("high", "severity-high"),
}  # fmt: skip
__all__ = ["AcceptForm", "accept", "preview", "told"]


@dataclass(frozen=True, slots=True)
class ToldLine:
    """One declared thing: what it is, what becomes of it, and why."""

    text: str
    word: str
    tone: str
    icon: str
    why: str = ""


@dataclass(frozen=True, slots=True)
class ToldPart:
    """A table of the declaration. ``summary``: how many lines become what. ``lines``: without those that are there already."""

    title: str
    summary: str
    lines: tuple[ToldLine, ...]


@dataclass(frozen=True, slots=True)
class Told:
    """A Plan in words. ``fault``: why nothing of it goes in."""

    parts: tuple[ToldPart, ...]
    fault: str = ""
    n_asked: int = 0


def told(plan: Plan) -> Told:
    """``plan`` in the reader's language."""
    parts = tuple(_part(plan, part) for part in PARTS if plan.of(part))
    n_asked = len(plan.absent) + sum(line.status == DIFFERS for line in plan.lines)
    return Told(parts, "" if plan.fault is None else capital(tell_fault(plan.fault)), n_asked)


def _part(plan: Plan, part: str) -> ToldPart:
    counts = plan.counts()[part]
    summary = ", ".join(
        f"{gettext(WHAT_BECOMES[status]).lower()}: {counts[status]}" for status in WHAT_BECOMES if status in counts
    )
    lines = tuple(_line(line) for line in plan.of(part) if line.status != SAME)
    return ToldPart(gettext(PARTS[part]), summary, lines)


def _line(line: Line) -> ToldLine:
    why = [capital(tell_fault(one)) for one in ((line.fault,) if line.fault else line.warnings)]
    if line.status == DIFFERS:
        why.append(_levels(line))
    return ToldLine(line.text, gettext(WHAT_BECOMES[line.status]), *_TONES[line.status], " ".join(why))


def _levels(line: Line) -> str:
    return gettext("in the directory level %(was)s, declared level %(now)s") % {"was": line.was, "now": line.now}


class AcceptForm(NoteForm):
    """A note, and what is done only when it is ticked: to end what was not declared again, to take over another level."""

    field_order = ("ticked", "note")

    ticked = forms.MultipleChoiceField(
        label=_("Tick what is to change in the directory as well"), required=False, widget=forms.CheckboxSelectMultiple,
        help_text=_("They did not declare it again, or declared it otherwise. What you leave unticked stays as it is."),
    )  # fmt: skip

    def __init__(self, *args: Any, plan: Plan, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        found = [(line.key, f"{line.text}: {_levels(line)}") for line in plan.lines if line.status == DIFFERS]
        for one in plan.absent:
            title = gettext("%(part)s – %(text)s: no longer from today on") % {
                "part": gettext(PARTS[one.part]), "text": one.text,
            }  # fmt: skip
            found.append((one.key, title))
        if found:
            self.fields["ticked"].choices = found  # type: ignore[attr-defined]
            self.fields["ticked"].show_hidden_initial = False
        else:
            del self.fields["ticked"]


def accept(asker: Asker, task: Task, version: int, values: Mapping[str, Any]) -> Outcome:
    """Accept a declaration with what was ticked."""
    return accept_declaration(asker, task.pk, version, values["note"], values.get("ticked") or ())
