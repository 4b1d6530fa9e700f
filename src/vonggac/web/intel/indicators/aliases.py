"""Other names of malware: the list, and changing it."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _

from vonggac.desk.intel.actions.aliases import add_alias, edit_alias, remove_alias
from vonggac.desk.intel.queries import indicators as queries
from vonggac.desk.scope.rule import may_on, require
from vonggac.web.intel.indicators.forms import AliasForm, NoForm
from vonggac.web.organisations import editing
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

FORM = "intel/indicators/form.html"


@page("indicators.view")
def index(request: Request) -> HttpResponse:
    """Names that people entered."""
    text = request.GET.get("q", "")[:200]
    context = {
        "page": page_of(queries.aliases(request.asker, text), request),
        "q": text,
        "may_edit": may_on(request.asker, "indicators.edit", None),
    }
    return render(request, "intel/indicators/aliases.html", context)


@page("indicators.edit", "POST")
def add(request: Request) -> HttpResponse:
    """A name that lists use."""
    require(request.asker, "indicators.edit", None)
    about = About(
        title=_("Add another name"),
        submit=_("Add name"),
        back=reverse("aliases"),
        leave=reverse("aliases"),
        done=_("The name was added; what is told from now on is counted under it."),
        crumbs=(_crumb(),),
        template=FORM,
    )
    return editing.run(request, about, AliasForm, lambda values, _version: add_alias(request.asker, **values))


@page("indicators.edit", "POST")
def edit(request: Request, alias_id: int) -> HttpResponse:
    """Change what a name means."""
    row = queries.alias(request.asker, alias_id)
    about = About(
        title=_("Edit name"),
        submit=_("Save changes"),
        back=reverse("aliases"),
        leave=reverse("aliases"),
        done=_("The name was saved."),
        crumbs=(_crumb(),),
        template=FORM,
    )
    return editing.run(
        request,
        about,
        AliasForm,
        lambda values, version: edit_alias(request.asker, row.pk, version, **values),
        lambda: values_of(queries.alias(request.asker, alias_id)),
    )


@page("indicators.edit", "POST")
def remove(request: Request, alias_id: int) -> HttpResponse:
    """A name means nothing any more."""
    row = queries.alias(request.asker, alias_id)
    about = About(
        title=_("Remove this name?"),
        submit=_("Remove"),
        back=reverse("aliases"),
        leave=reverse("aliases"),
        done=_("The name was removed."),
        crumbs=(_crumb(),),
        consequences=(_("“%(alias)s” is counted under its own name again, from now on.") % {"alias": row.alias},),
        is_danger=True,
        template=FORM,
    )
    return editing.run(
        request,
        about,
        NoForm,
        lambda _values, version: remove_alias(request.asker, row.pk, version),
        lambda: {"version": queries.alias(request.asker, alias_id).version},
    )


def _crumb() -> Crumb:
    return Crumb(_("Names of malware"), reverse("aliases"))
