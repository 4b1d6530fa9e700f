"""The list of indicators, one with what is known around it, and telling, changing, withdrawing them."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.intel.actions.indicators import (
    Draft,
    add_indicators,
    edit_indicator,
    put_back_indicator,
    withdraw_indicator,
)
from vonggac.desk.intel.models.indicators import INDICATOR_KINDS, LIFE
from vonggac.desk.intel.models.lists import TLPS
from vonggac.desk.intel.queries import indicators as queries
from vonggac.desk.scope.rule import may_on, require
from vonggac.errors import Fault, InvalidValues
from vonggac.jobs.exchange.intake import host_of, pasted, values_in, warninglists_in
from vonggac.web.intel.indicators.forms import ROLES, IndicatorFilter, IndicatorForm, PasteForm, WhyForm
from vonggac.web.organisations import editing, lists
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.organisations.forms import choices
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

FORM = "intel/indicators/form.html"
TLP_TONES = {"clear": "muted", "green": "ok", "amber": "medium", "amber+strict": "high", "red": "critical"}
STATE_TONES = {"active": ("info", "eye"), "expired": ("muted", "clock"), "withdrawn": ("muted", "close")}
_MOST_FAULTS = 8


def shown(row: Any) -> dict[str, Any]:
    """An indicator with what a template cannot work out."""
    tone, icon = STATE_TONES[row.state]
    return {
        "row": row,
        "kind": _(INDICATOR_KINDS[row.kind]),
        "state": _(LIFE[row.state]),
        "state_tone": tone,
        "state_icon": icon,
        "tlp": TLPS.get(row.tlp, row.tlp),
        "tlp_tone": TLP_TONES.get(row.tlp, "muted"),
        "source": row.sources[-1] if row.sources else ("", ""),
        "n_sources": len(row.sources),
    }


@page("indicators.view")
def index(request: Request) -> HttpResponse:
    """All indicators that the asker sees."""
    form = IndicatorFilter(request)
    state = form.value("state") or ""
    sort = lists.sort_of(request, queries.SORTS)
    wanted = filters_of(form)
    heads = ((_("Value"), "value"), (_("Malware"), ""), (_("State"), ""), (_("TLP"), ""), (_("Source"), ""))
    found = page_of(queries.indicators(request.asker, wanted, sort=sort), request)
    context = {
        "filters": form,
        "chips": lists.chips(request, "state", choices(LIFE), _("All states")),
        "columns": lists.columns(request, (*heads, (_("Last told"), "changed")), sort),
        "page": found,
        "rows": [shown(row) for row in found.rows],
        "values": [one.value for one in wanted.values],
        "is_filtered": bool(state) or any(form.value(name) for name in ("q", "kind", "tlp", "family")),
        **rights(request),
    }
    return render(request, "intel/indicators/list.html", context)


def filters_of(form: IndicatorFilter) -> queries.Filters:
    """What the list is asked for."""
    text = form.value("q") or ""
    return queries.Filters(
        text=text,
        values=values_in(text),
        kind=form.value("kind") or "",
        state=form.value("state") or "",
        tlp=form.value("tlp") or "",
        family=form.value("family") or "",
    )


def rights(request: Request) -> dict[str, bool]:
    """What the asker may do with indicators as a whole."""
    return {
        "may_edit": may_on(request.asker, "indicators.edit", None),
        "may_share": may_on(request.asker, "indicators.view", None),
    }


@page("indicators.view")
def one(request: Request, indicator_id: int) -> HttpResponse:
    """One indicator: what it is, who told it, who saw it, what hangs together with it."""
    row = queries.indicator(request.asker, indicator_id)
    around = queries.pivot(request.asker, row, host_of(row.kind, row.value))
    context = {
        "one": shown(row),
        "row": row,
        "role": _(ROLES.get(row.role, row.role)),
        "sources": list(reversed(row.sources)),
        "around": around,
        "related": [shown(other) for other in around.related],
        "family": [shown(other) for other in around.family],
        **rights(request),
    }
    return render(request, "intel/indicators/one.html", context)


@page("indicators.edit", "POST")
def add(request: Request) -> HttpResponse:
    """Tell one or many."""
    require(request.asker, "indicators.edit", None)
    about = About(
        title=_("Add indicators"),
        submit=_("Add"),
        back=reverse("indicators"),
        leave=reverse("indicators"),
        done=_("The indicators were added."),
        note=_("What is known already is not added twice: it learns the new source and may hold longer."),
        template=FORM,
    )

    def make(*args: Any, initial: Any, **kwargs: Any) -> PasteForm:
        return PasteForm(*args, initial={"role": "hostile", "tlp": "amber", "confidence": 70, **initial}, **kwargs)

    def write(values: dict[str, Any], _version: int) -> Any:
        text, source = values.pop("text"), values.pop("source")
        drafts, faults = pasted(text, Draft("", "", **values), warninglists_in(settings.VONGGAC))
        if faults:
            told = [Fault("text", "“{what}”: {why}", {"what": what, "why": _(why)}) for what, why in faults]
            raise InvalidValues(told[:_MOST_FAULTS])
        return add_indicators(request.asker, drafts, source)

    return editing.run(request, about, make, write)


@page("indicators.edit", "POST")
def edit(request: Request, indicator_id: int) -> HttpResponse:
    """Change what is known of one."""
    row = _to_edit(request, indicator_id)
    about = About(
        title=_("Edit indicator"),
        submit=_("Save changes"),
        back=reverse("indicator", args=[row.pk]),
        leave=reverse("indicator", args=[row.pk]),
        done=_("The indicator was saved."),
        crumbs=(Crumb(row.value, reverse("indicator", args=[row.pk])),),
        template=FORM,
    )
    return editing.run(
        request,
        about,
        IndicatorForm,
        lambda values, version: edit_indicator(request.asker, row.pk, version, **values),
        lambda: values_of(queries.indicator(request.asker, indicator_id)),
    )


@page("indicators.edit", "POST")
def withdraw(request: Request, indicator_id: int) -> HttpResponse:
    """It is not to be looked for any more."""
    row = _to_edit(request, indicator_id)
    about = About(
        title=_("Withdraw this indicator?"),
        submit=_("Withdraw"),
        back=reverse("indicator", args=[row.pk]),
        leave=reverse("indicator", args=[row.pk]),
        done=_("The indicator was withdrawn; it can be put back."),
        crumbs=(Crumb(row.value, reverse("indicator", args=[row.pk])),),
        consequences=(
            _("%(value)s is no longer looked for, also when a list tells it again.") % {"value": row.value},
            _("It stays to be found, with your reason; it goes to others as revoked."),
        ),
        is_danger=True,
        template=FORM,
    )
    return _ask_why(request, about, row.pk, withdraw_indicator)


@page("indicators.edit", "POST")
def put_back(request: Request, indicator_id: int) -> HttpResponse:
    """It is looked for again."""
    row = _to_edit(request, indicator_id)
    about = About(
        title=_("Put this indicator back?"),
        submit=_("Put back"),
        back=reverse("indicator", args=[row.pk]),
        leave=reverse("indicator", args=[row.pk]),
        done=_("The indicator is looked for again."),
        crumbs=(Crumb(row.value, reverse("indicator", args=[row.pk])),),
        consequences=(_("%(value)s is looked for again from now on.") % {"value": row.value},),
        template=FORM,
    )
    return _ask_why(request, about, row.pk, put_back_indicator)


def _ask_why(request: Request, about: About, indicator_id: int, do: Any) -> HttpResponse:
    return editing.run(
        request,
        about,
        WhyForm,
        lambda values, version: do(request.asker, indicator_id, version, values["reason"]),
        lambda: {"version": queries.indicator(request.asker, indicator_id).version},
    )


def _to_edit(request: Request, indicator_id: int) -> Any:
    row = queries.indicator(request.asker, indicator_id)
    require(request.asker, "indicators.edit", None)
    return row
