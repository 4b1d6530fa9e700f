"""People of organisations, and the ladder of contact points in the order in which to try them."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.organisations import actions, queries
from vonggac.desk.scope.rule import require
from vonggac.errors import N_, Fault, InvalidValues
from vonggac.web.organisations import editing, lists
from vonggac.web.organisations.editing import About, Crumb, values_of
from vonggac.web.organisations.fields import today
from vonggac.web.organisations.forms import ContactForm, EndForm, PersonForm
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of


@page("people.view")
def people(request: Request) -> HttpResponse:
    """All people that the asker sees."""
    form = lists.PeopleFilter(request)
    owner = form.value("organisation")
    now = timezone.now()
    rows = queries.people(
        request.asker,
        text=form.value("q") or "",
        organisation_id=None if owner is None else owner.pk,
        at=lists.moment_of(form, now),
    )
    context = {
        "filters": form,
        "page": page_of(rows, request),
        "now": now,
        "is_filtered": any(form.value(name) for name in ("q", "organisation", "at")),
    }
    return render(request, "organisations/people/list.html", context)


@page("people.view")
def person(request: Request, person_id: int) -> HttpResponse:
    """One person: how to reach them and where they stand in the ladder."""
    row = queries.person(request.asker, person_id)
    now = timezone.now()
    ladder = queries.contact_ladder(request.asker, row.organisation_id)
    context = {
        "person": row,
        "rungs": [(place, one) for place, one in enumerate(ladder, start=1) if one.person_id == row.pk],
        "may": lists.rights(request.asker, row.organisation_id),
        "is_over": not row.holds(now),
        "now": now,
    }
    return render(request, "organisations/people/detail.html", context)


@page("people.edit", "POST")
def add(request: Request, organisation_id: int) -> HttpResponse:
    """Somebody who works at an organisation."""
    owner = queries.organisation(request.asker, organisation_id)
    require(request.asker, "people.edit", owner.pk)
    about = About(
        title=_("Add a person"),
        submit=_("Add person"),
        back=reverse("organisation-people", args=[owner.pk]),
        leave=reverse("organisation-people", args=[owner.pk]),
        done=_("The person was added."),
        crumbs=_crumbs(owner),
        note=_("A person needs no account here: this is the directory of whom to call."),
    )
    return editing.run(
        request, about, PersonForm, lambda values, _version: actions.add_person(request.asker, owner.pk, **values)
    )


@page("people.edit", "POST")
def edit(request: Request, person_id: int) -> HttpResponse:
    """Change what is known of a person."""
    row = queries.person(request.asker, person_id)
    require(request.asker, "people.edit", row.organisation_id)
    about = About(
        title=_("Edit person"),
        submit=_("Save changes"),
        back=reverse("person", args=[row.pk]),
        leave=reverse("person", args=[row.pk]),
        done=_("The person was saved."),
        crumbs=(*_crumbs(row.organisation), Crumb(row.name, reverse("person", args=[row.pk]))),
    )
    return editing.run(
        request,
        about,
        PersonForm,
        lambda values, version: actions.edit_person(request.asker, row.pk, version, **values),
        lambda: values_of(queries.person(request.asker, person_id)),
    )


@page("people.edit", "POST")
def end(request: Request, person_id: int) -> HttpResponse:
    """Somebody works there no longer."""
    row = queries.person(request.asker, person_id)
    require(request.asker, "people.edit", row.organisation_id)
    about = About(
        title=_("Does this person work here no longer?"),
        submit=_("End for this person"),
        back=reverse("organisation-people", args=[row.organisation_id]),
        leave=reverse("person", args=[row.pk]),
        done=_("The person has left the directory of today; the past stays."),
        crumbs=(*_crumbs(row.organisation), Crumb(row.name, reverse("person", args=[row.pk]))),
        consequences=(
            _("%(person)s will no longer be shown or called from that day on.") % {"person": row.name},
            _("Contact points of this person end with it: check that the organisation can still be reached."),
        ),
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        EndForm,
        lambda values, version: actions.end_person(request.asker, row.pk, version, **values),
        lambda: {"version": queries.person(request.asker, person_id).version, "at": today()},
    )


def _contact_form(request: Request, organisation_id: int, now_id: int | None = None) -> Any:
    """The form of a contact point with the people of its organisation to choose from."""
    people_there = list(queries.people(request.asker, organisation_id=organisation_id, at=timezone.now())[:300])
    if now_id is not None and all(one.pk != now_id for one in people_there):
        people_there.append(queries.person(request.asker, now_id))

    def make(*args: Any, **kwargs: Any) -> ContactForm:
        return ContactForm(*args, people=people_there, **kwargs)

    return make


@page("people.edit", "POST")
def add_contact(request: Request, organisation_id: int) -> HttpResponse:
    """One more way to reach an organisation."""
    owner = queries.organisation(request.asker, organisation_id)
    require(request.asker, "people.edit", owner.pk)
    about = About(
        title=_("Add a contact point"),
        submit=_("Add contact point"),
        back=reverse("organisation", args=[owner.pk]),
        leave=reverse("organisation", args=[owner.pk]),
        done=_("The contact point was added at the end of the ladder."),
        crumbs=_crumbs(owner),
        note=_("It is tried after those that are there already; the order can be changed on the organisation's page."),
    )
    return editing.run(
        request,
        about,
        _contact_form(request, owner.pk),
        lambda values, _version: actions.add_contact(request.asker, owner.pk, **values),
    )


@page("people.edit", "POST")
def edit_contact(request: Request, contact_id: int) -> HttpResponse:
    """Change a way to reach an organisation."""
    row = queries.contact(request.asker, contact_id)
    require(request.asker, "people.edit", row.organisation_id)
    home = reverse("organisation", args=[row.organisation_id])
    about = About(
        title=_("Edit contact point"),
        submit=_("Save changes"),
        back=home,
        leave=home,
        done=_("The contact point was saved."),
        crumbs=_crumbs(row.organisation),
    )
    return editing.run(
        request,
        about,
        _contact_form(request, row.organisation_id, row.person_id),
        lambda values, version: actions.edit_contact(request.asker, row.pk, version, **values),
        lambda: values_of(queries.contact(request.asker, contact_id)),
    )


@page("people.edit", "POST")
def end_contact(request: Request, contact_id: int) -> HttpResponse:
    """An organisation is reached there no longer."""
    row = queries.contact(request.asker, contact_id)
    require(request.asker, "people.edit", row.organisation_id)
    home = reverse("organisation", args=[row.organisation_id])
    ladder = queries.contact_ladder(request.asker, row.organisation_id)
    is_last = [one.pk for one in ladder] == [row.pk]
    consequences = [_("%(value)s will no longer be called or written to from that day on.") % {"value": row.value}]
    if is_last:
        consequences.append(
            _("It is the last one: afterwards nobody knows how to reach %(organisation)s.")
            % {"organisation": row.organisation.name}
        )
    about = About(
        title=_("End this contact point?"),
        submit=_("End contact point"),
        back=home,
        leave=home,
        done=_("The contact point has ended; its past stays."),
        crumbs=(*_crumbs(row.organisation), Crumb(row.value, "")),
        consequences=consequences,
        is_danger=True,
    )
    return editing.run(
        request,
        about,
        EndForm,
        lambda values, version: actions.end_contact(request.asker, row.pk, version, **values),
        lambda: {"version": queries.contact(request.asker, contact_id).version, "at": today()},
    )


@page("people.edit", "POST")
def order_contacts(request: Request, organisation_id: int) -> HttpResponse:
    """The order of reach: on POST one contact point goes a place up or down, or all take the numbers that were typed."""
    owner = queries.organisation(request.asker, organisation_id)
    require(request.asker, "people.edit", owner.pk)
    home = reverse("organisation", args=[owner.pk])
    if request.method == "POST":
        seen = [_whole(text) for text in request.POST.getlist("contact")]
        wanted = _moved(seen, _whole(request.POST.get("up", "0")), -1) or _moved(
            seen, _whole(request.POST.get("down", "0")), 1
        )
        actions.reorder_contacts(request.asker, owner.pk, wanted or seen)
        messages.success(request, _("The order of reach was saved."))
    return HttpResponseRedirect(f"{home}#contacts")


def _whole(text: str) -> int:
    if not text.isascii() or not text.isdecimal() or len(text) > 18:
        raise InvalidValues([Fault("contact", N_("“{text}” is no contact point"), {"text": text[:40]})])
    return int(text)


def _moved(ids: list[int], one: int, step: int) -> list[int]:
    """``ids`` with ``one`` a step further; nothing when it is not among them or cannot go there."""
    if one not in ids or not 0 <= ids.index(one) + step < len(ids):
        return []
    at = ids.index(one)
    moved = ids.copy()
    moved[at], moved[at + step] = moved[at + step], moved[at]
    return moved


def _crumbs(owner: Any) -> tuple[Crumb, ...]:
    return (Crumb(owner.name, reverse("organisation", args=[owner.pk])),)
