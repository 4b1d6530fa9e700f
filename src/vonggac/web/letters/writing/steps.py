"""The steps of a letter on its way out, each a small page that says what follows: checks, approval, number, sending, withdrawal."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext, ngettext

from vonggac.desk.directives import actions, queries
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.queries.consequences import Consequences, consequences, next_number
from vonggac.desk.directives.states import APPROVED, DRAFT, ISSUED, LETTER, OUT
from vonggac.desk.notices.delivery import is_holding
from vonggac.desk.scope.rule import require
from vonggac.errors import EditConflict, Fault, InvalidValues, NotAllowed
from vonggac.web.letters.writing.forms import IssueForm, NothingForm, ReasonForm
from vonggac.web.letters.writing.reading import possible
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, capital
from vonggac.web.shell import times
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.words import tell, tell_fault

FORM = "letters/writing/form.html"


@page("letters.view")
def check(request: Request, letter_id: int) -> HttpResponseBase:
    """What stands in the way of approval and what has to be confirmed, each with the way to where it is."""
    return _checked(request, _of_office(request, letter_id))


def _of_office(request: Request, letter_id: int) -> Letter:
    row = queries.letter(request.asker, letter_id)
    if not queries.may_see_office(request.asker, row):
        require(request.asker, "letters.view", row.office_id)
    return row


def _checked(request: Request, row: Letter, told: str = "", status: int = 200) -> HttpResponseBase:
    if row.state != DRAFT or row.direction != OUT:
        return redirect(reverse("letter", args=[row.pk]))
    found = queries.checked(row)
    context: dict[str, Any] = {
        "letter": row,
        "can": possible(request.asker, row),
        "faults": [(capital(tell_fault(one)), where(row, one)) for one in found.faults],
        "warnings": [(capital(tell_fault(one)), where(row, one)) for one in found.warnings],
        "follows": told_of(row, consequences(row)),
        "told": told,
    }
    return render(request, "letters/writing/check.html", context, status=status)


def where(row: Letter, fault: Fault) -> str:
    """The address of the field that a fault is of."""
    part, _dot, rest = fault.field.partition(".")
    if part == "office":
        return reverse("organisation", args=[row.office_id])
    if part == "files":
        return reverse("letter", args=[row.pk]) + "#files"
    if row.form != LETTER:  # a report has its own page where it is written
        return reverse("report-parts", args=[row.pk])
    anchor = {"clauses": f"c{rest.partition('.')[0]}-title" if rest else "clauses", "addressees": "lines"}.get(
        part, f"id_{part}"
    )
    return f"{reverse('letter-edit', args=[row.pk])}#{anchor}"


def told_of(row: Letter, means: Consequences) -> list[str]:
    """What sending means, in sentences."""
    n, pieces = means.units, means.pieces
    said = [
        ngettext("%(n)d unit gets the letter to act on", "%(n)d units get the letter to act on", n) % {"n": n}
        + ", "
        + ngettext("%(n)d piece of work begins.", "%(n)d pieces of work begin.", pieces) % {"n": pieces}
    ]
    if means.others:
        said.append(
            ngettext(
                "%(n)d more gets it for report or information.", "%(n)d more get it for report or information.", means.others
            ) % {"n": means.others}
        )  # fmt: skip
    if means.unreached:
        names = ", ".join(means.unreached[:5]) + (" …" if len(means.unreached) > 5 else "")
        said.append(
            ngettext(
                "%(n)d of them has neither an account nor an e-mail contact and must be told by hand: %(names)s.",
                "%(n)d of them have neither an account nor an e-mail contact and must be told by hand: %(names)s.",
                len(means.unreached),
            ) % {"n": len(means.unreached), "names": names}
        )  # fmt: skip
    if is_holding():
        said.append(gettext("Messages are held now: they leave only when an administrator releases them."))
    if row.urgency:
        said.append(gettext("It is marked urgent: its messages go out at once, not gathered with others."))
    return said


@page("letters.approve", "POST")
def approve(request: Request, letter_id: int) -> HttpResponseBase:
    """The leader says that it may go out; warnings are confirmed by a tick."""
    row = _of_office(request, letter_id)
    if request.method != "POST":
        return redirect(reverse("letter-check", args=[row.pk]))
    seen = request.POST.get("version", "")
    version = int(seen) if seen.isascii() and seen.isdecimal() and len(seen) < 10 else 0
    try:
        actions.approve(request.asker, row.pk, version, confirms=bool(request.POST.get("confirms")))
    except InvalidValues as error:
        row.refresh_from_db()
        if row.state != DRAFT:
            messages.warning(request, " ".join(capital(tell_fault(fault)) for fault in error.faults))
            return redirect(reverse("letter", args=[row.pk]))
        return _checked(request, row, gettext("It is not approved: look at what is marked below."), 422)
    except (EditConflict, NotAllowed) as error:
        return _checked(request, row, capital(tell(error)), 409 if isinstance(error, EditConflict) else 403)
    messages.success(request, gettext("The letter is approved. It waits for its number."))
    return redirect(reverse("letter", args=[row.pk]))


# ---------------------------------------------------------------------------------------------- steps by a small form


def _about(row: Letter, **values: Any) -> About:
    home = reverse("letter", args=[row.pk])
    given: dict[str, Any] = {
        "back": home,
        "leave": home,
        "template": FORM,
        "crumbs": (Crumb(str(row), home),),
        **values,
    }
    return About(**given)


def _stands(request: Request, row: Letter, *states: str) -> HttpResponse | None:
    """Back to the letter where the step is not open any more; what a form sends is the action's to refuse."""
    if request.method == "POST" or (row.state in states and row.direction == OUT):
        return None
    messages.warning(request, gettext("This step is not open for this letter now."))
    return redirect(reverse("letter", args=[row.pk]))


@page("letters.approve", "POST")
def send_back(request: Request, letter_id: int) -> HttpResponse:
    """What was approved is a draft again."""
    row = _of_office(request, letter_id)
    require(request.asker, "letters.approve", row.office_id)
    if gone := _stands(request, row, APPROVED):
        return gone
    about = _about(
        row,
        title=gettext("Send it back to who writes?"),
        submit=gettext("Send it back"),
        done=gettext("The letter is a draft again."),
        consequences=(gettext("It is a draft again, and must be approved anew once it is changed."),),
    )
    return editing.run(
        request,
        about,
        ReasonForm,
        lambda values, version: actions.send_back(request.asker, row.pk, version, values["why"]),
        lambda: {"version": row.version},
    )


@page("letters.issue", "POST")
def issue(request: Request, letter_id: int) -> HttpResponse:
    """An approved letter gets its number and day, and goes out now or with its signed file."""
    row = _of_office(request, letter_id)
    require(request.asker, "letters.issue", row.office_id)
    if gone := _stands(request, row, APPROVED):
        return gone
    today = timezone.now().astimezone(times.zone()).date()
    follows: Sequence[str] = told_of(row, consequences(row))
    about = _about(
        row,
        title=gettext("Give it its number"),
        submit=gettext("Issue"),
        done=gettext("The letter is issued."),
        consequences=(
            gettext("The next number of the register is {number}.").format(number=next_number(row, today.year)),
            gettext("Names of recipients stay as they are called today."),
            gettext("When it is sent:") + " " + " ".join(follows),
        ),
    )

    def write(values: dict[str, Any], version: int) -> Letter:
        return actions.issue(
            request.asker, row.pk, version, dated=values["dated"], number=values["number"], sends=values["sends"] == "now"
        )  # fmt: skip

    return editing.run(
        request, about, IssueForm, write, lambda: {"version": row.version, "dated": today, "sends": "now"}
    )


@page("letters.issue", "POST")
def send(request: Request, letter_id: int) -> HttpResponse:
    """What has its number goes out."""
    row = _of_office(request, letter_id)
    require(request.asker, "letters.issue", row.office_id)
    if row.sent_at is not None and request.method != "POST":
        return redirect(reverse("letter", args=[row.pk]))
    if gone := _stands(request, row, ISSUED):
        return gone
    about = _about(
        row,
        title=gettext("Send it now?"),
        submit=gettext("Send"),
        done=gettext("The letter is out, and its work has begun."),
        consequences=tuple(told_of(row, consequences(row))),
    )
    return editing.run(
        request,
        about,
        NothingForm,
        lambda _values, version: actions.send(request.asker, row.pk, version),
        lambda: {"version": row.version},
    )


@page("letters.approve", "POST")
def withdraw(request: Request, letter_id: int) -> HttpResponse:
    """An issued letter holds no longer."""
    row = _of_office(request, letter_id)
    require(request.asker, "letters.approve", row.office_id)
    if gone := _stands(request, row, ISSUED):
        return gone
    done = queries.progress([row]).get(row.pk)
    n_open = done.total - done.answered if done else 0
    about = _about(
        row,
        title=gettext("Withdraw this letter?"),
        submit=gettext("Withdraw"),
        done=gettext("The letter is withdrawn."),
        consequences=(
            ngettext(
                "%(n)d piece of work that is open is withdrawn; what was answered stays.",
                "%(n)d pieces of work that are open are withdrawn; what was answered stays.",
                n_open,
            )
            % {"n": n_open},
            gettext("Everybody who was told of it is told, with the reason; its links open nothing any more."),
            gettext("This cannot be taken back. Its number stays its own."),
        ),
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        ReasonForm,
        lambda values, version: actions.withdraw(request.asker, row.pk, version, values["why"]),
        lambda: {"version": row.version},
    )


@page("letters.draft", "POST")
def discard(request: Request, letter_id: int) -> HttpResponse:
    """A draft is thrown away."""
    row = _of_office(request, letter_id)
    require(request.asker, "letters.draft", row.office_id)
    if gone := _stands(request, row, DRAFT):
        return gone
    about = _about(
        row,
        title=gettext("Throw this draft away?"),
        submit=gettext("Throw it away"),
        done=gettext("The draft was thrown away."),
        back=reverse("letters") + "?tab=drafts",
        consequences=(gettext("The draft and its attachments are gone for good; the audit record says who did it."),),
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        NothingForm,
        lambda _values, version: actions.discard(request.asker, row.pk, version),
        lambda: {"version": row.version},
    )
