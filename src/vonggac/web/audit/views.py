"""Pages of the audit record: the list with one entry beside it, exports, erasing."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import FileResponse, HttpResponse, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone, translation
from django.utils.translation import gettext, ngettext

from vonggac.desk.audit import actions, anchors, queries, titles
from vonggac.desk.audit.anchors import Anchor, ChainBroken
from vonggac.desk.scope.rule import may_on
from vonggac.errors import N_, Fault, InputError, InvalidValues
from vonggac.jobs.anchors import path_of
from vonggac.web.audit import exports, readable
from vonggac.web.audit.forms import ErasureForm, FilterForm
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import Paged, address
from vonggac.web.shell.words import tell, tell_fault

_MAX_DIGITS = 18


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdecimal() and len(text) <= _MAX_DIGITS else None


@page("audit.view")
def entries(request: Request) -> HttpResponse:
    """The list by filters; ``entry`` opens one beside it."""
    form = FilterForm(request.GET)
    filters = form.filters()
    found = queries.entries(request.asker, filters, before=_number(request.GET.get("before", "")))
    seq = _number(request.GET.get("entry", ""))
    return render(
        request,
        "audit/entries.html",
        {
            "form": form,
            "chips": _chips(request, form),
            "rows": readable.rows_of(found.entries, request.asker),
            "page": Paged(found.entries, None, {"before": str(found.before)} if found.before else None),
            "further": address(request, {"before": str(found.looked_to)}) if found.looked_to else "",
            "looked_to": found.looked_to,
            "newest": address(request, {}) if "before" in request.GET else "",
            "query": _query(request),
            "anchored": _anchored(),
            "may_export": request.asker.may("audit.export"),
            "may_erase": may_on(request.asker, "audit.erase", None),
            **(_beside(request, seq) if seq is not None else {}),
        },
    )


def _query(request: Request) -> str:
    """The filters of this page as a query to which more can be added."""
    query = request.GET.copy()
    query.pop("entry", None)
    return f"{query.urlencode()}&" if query else ""


def _beside(request: Request, seq: int) -> dict[str, Any]:
    entry = queries.entry(request.asker, seq)
    parts, n_more = readable.parts_of(entry, request.asker)
    return {"shown": readable.rows_of([entry], request.asker)[0], "parts": parts, "n_more": n_more}


def _chips(request: Request, form: FilterForm) -> list[tuple[str, str]]:
    """Filters that are set by pressing something on the page: what they say, and the address without them."""
    values = form.cleaned_data
    chips: list[tuple[str, tuple[str, ...]]] = []
    if values.get("actor") is not None:
        chips.append((gettext("Account {n}").format(n=values["actor"]), ("actor",)))
    if (where := values.get("organisation")) is not None:
        chips.append((readable.names_of([where], request.asker).get(where, f"#{where}"), ("organisation",)))
    if values.get("type"):
        kind = gettext(titles.title_of_kind(values["type"]))
        chips.append((f"{kind} {values.get('object') or ''}".strip(), ("type", "object")))
    return [(text, _without(request, names)) for text, names in chips]


def _without(request: Request, names: tuple[str, ...]) -> str:
    query = request.GET.copy()
    for name in (*names, "before", "entry"):
        query.pop(name, None)
    return f"?{query.urlencode()}"


def _anchored() -> dict[str, Any]:
    """The last anchor, and whether the record still holds it."""
    try:
        last: Anchor | None = anchors.last(path_of(settings.VONGGAC))
        if last:
            anchors.check(last)
    except (ChainBroken, InputError) as error:
        return {"fault": tell(error)}
    return {"last": last}


@page("audit.export", "POST")
def export(request: Request) -> HttpResponseBase:
    """What the filters let through, as a file; that it was taken is itself recorded."""
    if request.method != "POST":
        return redirect("audit")
    form = FilterForm(request.POST)
    filters = form.filters()
    is_workbook = request.POST.get("form") == "xlsx"
    if (
        is_workbook
        and queries.n_entries(request.asker, filters, exports.MOST_IN_WORKBOOK + 1) > exports.MOST_IN_WORKBOOK
    ):
        limit = Fault("", N_("more than {n} entries do not fit into a workbook: narrow the period, or take CSV"),
                      {"n": exports.MOST_IN_WORKBOOK})  # fmt: skip
        raise InvalidValues([limit])
    said = {name: str(value) for name, value in asdict(filters).items() if value not in {None, ""}}
    actions.export(request.asker, "xlsx" if is_workbook else "csv", said)
    name = f"audit-{timezone.localtime():%Y%m%d-%H%M}"
    found = queries.every(request.asker, filters)
    if is_workbook:
        return FileResponse(exports.workbook(found), as_attachment=True, filename=f"{name}.xlsx")
    # The parts are made after this returns, when no language is set any more.
    language = translation.get_language() or "vi"
    response = StreamingHttpResponse(_in_language(language, exports.csv_parts(found)), content_type="text/csv")
    response.headers["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    return response


def _in_language(language: str, parts: Any) -> Any:
    while True:
        with translation.override(language):
            part = next(parts, None)
        if part is None:
            return
        yield part


@page("audit.erase", "POST")
def erase(request: Request) -> HttpResponse:
    """Erase personal details: first it says how many entries that concerns, then it is done."""
    n = None
    form = ErasureForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        wanted = form.wanted()
        try:
            if "sure" not in request.POST:
                n = actions.erasable(request.asker, form.cleaned_data["reason"], **wanted)
            else:
                done = actions.erase(request.asker, form.cleaned_data["reason"], **wanted)
                text = ngettext("Details of {n} entry erased.", "Details of {n} entries erased.", done)
                messages.success(request, text.format(n=done))
                return redirect("audit")
        except InvalidValues as error:
            for fault in error.faults:
                form.add_error(_FIELDS.get(fault.field), tell_fault(fault))
    return render(request, "audit/erase.html", {"form": form, "n": n}, status=422 if form.errors else 200)


_FIELDS = {"reason": "reason", "person": "person"}
"""Field of an action's fault to the form's; others stand above the form."""
