"""The queue: what is to be done, with one Task beside it; views that people keep."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect, QueryDict
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.work import actions, queries
from vonggac.desk.work.states import CLOSED, SUBMITTED, UNANSWERED, WITHDRAWN
from vonggac.errors import InvalidValues
from vonggac.web.organisations import lists
from vonggac.web.organisations.editing import capital
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import Paged, page_of
from vonggac.web.shell.words import tell_fault
from vonggac.web.work import filters as queue_filters
from vonggac.web.work.filters import KINDS_TITLED, QueueFilter
from vonggac.web.work.reading import told_of

SIZE = 50


@page("work.view")
def queue(request: Request) -> HttpResponse:
    """The Tasks that the asker sees, by filters; ``task`` opens one beside them."""
    form = QueueFilter(request)
    filters = form.filters()
    counted = queue_filters.counts_for(request.asker, filters) if queue_filters.is_countable(filters) else None
    total = None if counted is None else form.total(counted)
    found = queries.tasks(request.asker, filters, sort=form.sort_asked)
    if counted is not None and counted.total == 0:
        found = found.none()  # told by the counts, without looking through the table
    rows = page_of(found, request, SIZE, total)
    open_id = number(request.GET.get("task", ""))
    context = {
        "filters": form,
        "states": queue_filters.state_chips(request, form, counted),
        "toggles": queue_filters.toggles(request, form, counted),
        "kinds": lists.chips(request, "kind", [(key, _(title)) for key, title in KINDS_TITLED.items()], _("All kinds")),
        "views": queue_filters.views_of(request),
        "query": queue_filters.query_of(request),
        "page": rows,
        "is_filtered": bool(queue_filters.query_of(request)),
        "asked": form.state_asked,
        "may": rights_in(request, rows),
        "undoable": queries.undoable(request.asker),
        "rest": _rest(request),
        "open_id": open_id,
        "can_open": request.asker.may("work.assign"),
        "can_report": request.asker.may("work.answer"),
        "can_export": request.asker.may("work.export"),
    }
    if open_id is not None:
        context |= told_of(request, open_id)
    return render(request, "work/queue.html", context)


def rights_in(request: Request, rows: Paged) -> dict[str, bool]:
    """What the asker may do with any of these rows: buttons of the bar, and whether a row can be acknowledged."""
    asker = request.asker
    for row in rows.rows:
        row.can_acknowledge = row.state in UNANSWERED and asker.may("work.answer")
    return {
        "answer": asker.may("work.answer"),
        "review": asker.may("work.review"),
        "any_submitted": any(row.state == SUBMITTED for row in rows.rows),
        "any_done": any(row.state in (CLOSED, WITHDRAWN) for row in rows.rows),
    }


def _rest(request: Request) -> str:
    """The address of this list as it is, to which the Task that is opened is added."""
    query = request.GET.copy()
    query.pop("task", None)
    return f"{query.urlencode()}&" if query else ""


def number(text: str) -> int | None:
    """The id that an address names, None for anything else."""
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 19 else None


@page("work.view", "POST")
def views(request: Request) -> HttpResponse:
    """Keep the filters of the queue under a name, or keep them no longer."""
    home = reverse("work")
    if request.method != "POST":
        return HttpResponseRedirect(home)
    if request.POST.get("do") == "delete":
        actions.delete_view(request.asker, number(request.POST.get("view", "")) or 0)
        messages.success(request, _("The view is kept no longer."))
        return HttpResponseRedirect(home)
    query = QueryDict(request.POST.get("query", "")[:1000]).urlencode()
    try:
        actions.save_view(
            request.asker, request.POST.get("name", ""), query, is_shared=bool(request.POST.get("is_shared"))
        )
    except InvalidValues as error:
        messages.error(request, " ".join(capital(tell_fault(fault)) for fault in error.faults))
    else:
        messages.success(request, _("The view was kept."))
    return HttpResponseRedirect(f"{home}?{query}")
