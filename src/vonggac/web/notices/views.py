"""Messages: the queue and its log, one message, the switch that holds them, one's own list."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language, ngettext
from django.utils.translation import gettext as _

from vonggac.desk.notices import actions, background, queries
from vonggac.desk.notices.models import DROPPED, FAILED, HELD, MERGED, SENT, STATES, WAITING
from vonggac.errors import Fault, InvalidValues
from vonggac.web.notices.forms import FilterForm, TestForm
from vonggac.web.shell.choices import safe_next
from vonggac.web.shell.pages import SIGNED_IN, Request, page
from vonggac.web.shell.paging import Paged
from vonggac.web.shell.words import tell_fault

SIZE = 50
TONES = {
    HELD: ("medium", "hold"),
    WAITING: ("info", "clock"),
    FAILED: ("critical", ""),
    SENT: ("ok", ""),
    MERGED: ("muted", "merge"),
    DROPPED: ("muted", "delete"),
}
"""State to the tone and the icon of its badge."""


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the list with what a template cannot work out. ``ticks``: whether it can be marked for a move."""

    line: queries.Line
    state: str
    tone: str
    icon: str
    fault: str
    ticks: bool


@dataclass(frozen=True, slots=True)
class Chip:
    """One state above the list; ``n`` is None where nothing waits for anybody."""

    title: str
    href: str
    is_current: bool
    n: int | None


def _row(line: queries.Line) -> Row:
    notice = line.notice
    tone, icon = TONES[notice.state]
    is_sending = notice.state == WAITING and bool(notice.lease)
    return Row(
        line=line,
        state=_("Being sent") if is_sending else _(line.state),
        tone=tone,
        icon=icon,
        fault=tell_fault(Fault("", notice.fault, notice.fault_params)) if notice.fault else "",
        ticks=line.may_release and notice.state in (HELD, FAILED),
    )


def _chips(request: Request, asked: str) -> list[Chip]:
    n = queries.counts(request.asker)
    query = request.GET.copy()
    for gone in ("state", "before"):
        query.pop(gone, None)
    rest = query.urlencode()

    def chip(title: str, state: str) -> Chip:
        parts = [part for part in (f"state={state}" if state else "", rest) if part]
        return Chip(_(title), f"?{'&'.join(parts)}", state == asked, n.get(state))

    return [chip("All", ""), *(chip(title, state) for state, title in STATES.items())]


@page("notices.view")
def notices(request: Request) -> HttpResponse:
    """What goes to whom, and what became of it."""
    asked = request.GET.get("state", "")
    state = asked if asked in STATES else ""
    form = FilterForm(request.GET, organisations=queries.organisations(request.asker))
    filters = form.filters(state)
    before = _number(request.GET.get("before", ""))
    lines = queries.notices(request.asker, filters, before=before, limit=SIZE + 1)
    shown = [_row(line) for line in lines[:SIZE]]
    more = {"before": str(shown[-1].line.notice.pk)} if len(lines) > SIZE else None
    context = {
        "form": form,
        "chips": _chips(request, state),
        "state": state,
        "is_filtered": bool(filters),
        "page": Paged(rows=shown, previous={} if before is not None else None, next=more),
        "can_tick": any(row.ticks for row in shown),
        "has_failed": any(row.ticks and row.line.notice.state == FAILED for row in shown),
        "has_held": any(row.ticks and row.line.notice.state == HELD for row in shown),
        "holding": queries.holding(request.asker),
        "can_release": request.asker.may("notices.release"),
        "obstacles": [(_(title), _(why)) for title, why in queries.obstacles(settings.VONGGAC)],
        "worker": background.worker_state(),
        "test_form": TestForm(initial={"email": getattr(request.user, "email", "")}),
        "here": request.get_full_path(),
    }
    return render(request, "notices/list.html", context)


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 18 else None


@page(SIGNED_IN)
def notice(request: Request, notice_id: int) -> HttpResponse:
    """One message as it goes out, its tries, and what can be done."""
    shown = queries.preview(request.asker, min(notice_id, 2**62))
    attempts = [
        (attempt.at, tell_fault(Fault("", attempt.fault, attempt.fault_params)) if attempt.fault else "")
        for attempt in shown.attempts
    ]
    context = {
        "shown": shown,
        "row": _row(shown.line),
        "notice": shown.line.notice,
        "attempts": attempts,
        "parts": [_row(part) for part in shown.parts],
        "may_list": request.asker.may("notices.view"),
        "sender": settings.VONGGAC.mail_from,
        "here": request.path,
    }
    return render(request, "notices/detail.html", context)


@page("notices.release", "POST")
def move(request: Request) -> HttpResponse:
    """Release, drop or try again: the marked messages, or all that are held."""
    back = safe_next(request, "/notices/")
    if request.method != "POST":
        return redirect("notices")
    ids = [number for text in request.POST.getlist("id") if (number := _number(text)) is not None]
    what = request.POST.get("do", "")
    try:
        messages.success(request, _moved(request, what, ids))
    except InvalidValues as error:
        messages.error(request, " ".join(tell_fault(fault) for fault in error.faults))
    return redirect(back)


def _moved(request: Request, what: str, ids: list[int]) -> str:
    asker = request.asker
    if what == "release-all":
        n = actions.release(asker)
    elif not ids:
        raise InvalidValues([Fault("", _("Mark at least one message."))])
    elif what == "release":
        n = actions.release(asker, ids)
    elif what == "drop":
        n = actions.drop(asker, ids, request.POST.get("reason", ""))
        return ngettext("{n} message dropped", "{n} messages dropped", n).format(n=n)
    elif what == "retry":
        n = actions.retry(asker, ids)
        return ngettext("{n} message will be tried again", "{n} messages will be tried again", n).format(n=n)
    else:
        raise InvalidValues([Fault("", _("This is nothing that can be done with messages."))])
    return ngettext("{n} message released", "{n} messages released", n).format(n=n)


@page("notices.release", "POST")
def hold(request: Request) -> HttpResponse:
    """Turn the switch."""
    if request.method == "POST" and request.POST.get("do") == "hold":
        n = actions.hold(request.asker)
        text = ngettext(
            "Messages are held from now on; {n} that waited is held too.",
            "Messages are held from now on; {n} that waited are held too.",
            n,
        )
        messages.success(request, text.format(n=n))
    elif request.method == "POST" and request.POST.get("do") == "stop":
        n = actions.stop_holding(request.asker)
        text = ngettext(
            "New messages go out at once. {n} is still held: release or drop it.",
            "New messages go out at once. {n} are still held: release or drop them.",
            n,
        )
        messages.success(request, text.format(n=n) if n else _("New messages go out at once."))
    return redirect("notices")


@page("notices.release", "POST")
def test(request: Request) -> HttpResponse:
    """Send a test message."""
    form = TestForm(request.POST)
    if request.method != "POST":
        return redirect("notices")
    email = form.cleaned_data["email"] if form.is_valid() else ""
    try:
        actions.send_test(request.asker, email, get_language() or "vi")
    except InvalidValues:
        messages.error(request, _("This is no e-mail address; expected name@example.vn"))
    else:
        messages.success(request, _("A test message is on its way to {email}.").format(email=email))
    return redirect("notices")


@page(SIGNED_IN)
def mine(request: Request) -> HttpResponse:
    """One's own messages in the portal."""
    before = _number(request.GET.get("before", ""))
    rows = queries.received(request.asker, before=before, limit=SIZE + 1)
    shown = rows[:SIZE]
    more = {"before": str(shown[-1].pk)} if len(rows) > SIZE else None
    paged = Paged(rows=shown, previous={} if before is not None else None, next=more)
    return render(request, "notices/mine.html", {"page": paged})


@page(SIGNED_IN, "POST")
def read(request: Request) -> HttpResponse:
    """Mark one's own messages as read: one, going on to where it leads, or all."""
    if request.method == "POST":
        ids: Any = [number for text in request.POST.getlist("id") if (number := _number(text)) is not None]
        actions.mark_read(request.asker, None if request.POST.get("all") else ids)
    return redirect(safe_next(request, "/notices/mine"))
