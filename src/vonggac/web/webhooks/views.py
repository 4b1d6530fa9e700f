"""Webhooks: who outside is told, whether it arrives; setting them up, trying and removing them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from vonggac.desk.audit.titles import NOUNS, title_of_action
from vonggac.desk.scope.rule import may_on
from vonggac.desk.webhooks import actions, queries
from vonggac.desk.webhooks.models import STATES, Subscription
from vonggac.errors import DeskError, EditConflict, Fault, InvalidValues, NotAllowed
from vonggac.jobs.webhooks import inner_hosts
from vonggac.web.accounts.fresh import fresh
from vonggac.web.organisations import lists
from vonggac.web.organisations.editing import capital
from vonggac.web.organisations.fields import OrganisationPick
from vonggac.web.organisations.forms import RecordForm, choices
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of
from vonggac.web.shell.words import tell, tell_fault

TONES = {"waiting": ("info", "clock"), "sent": ("ok", "check"), "failed": ("critical", "severity-high")}


def title_of(event: str) -> str:
    """What an action or a noun is called."""
    return _(NOUNS.get(event) or title_of_action(event))


class WebhookForm(RecordForm):
    """Who is told what."""

    name = forms.CharField(label=gettext_lazy("Name"), max_length=120)
    url = forms.CharField(
        label=gettext_lazy("Address"), max_length=500, help_text=gettext_lazy("It begins with https:// and stands in the internet.")
    )  # fmt: skip
    events = forms.MultipleChoiceField(label=gettext_lazy("What is told"), widget=forms.CheckboxSelectMultiple)
    organisation_id = OrganisationPick(
        label=gettext_lazy("Only of this organisation and below"),
        required=False,
        help_text=gettext_lazy("Empty: of everything that you may see."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = dict.fromkeys([*NOUNS, *(self.initial.get("events") or ())])
        field = self.fields["events"]
        assert isinstance(field, forms.MultipleChoiceField)  # noqa: S101  # tells the type checker
        field.choices = [(event, title_of(event)) for event in known]
        field.show_hidden_initial = False


class EditForm(WebhookForm):
    """The same, and whether it is told at all."""

    is_active = forms.BooleanField(label=gettext_lazy("It is told"), required=False)


@page("webhooks.view")
def index(request: Request) -> HttpResponse:
    """All that the asker sees."""
    found = page_of(queries.subscriptions(request.asker), request)
    context = {
        "page": found,
        "rows": [(row, [title_of(event) for event in row.events]) for row in found.rows],
        "may_edit": request.asker.may("webhooks.edit"),
    }
    return render(request, "webhooks/list.html", context)


@page("webhooks.view")
def one(request: Request, subscription_id: int) -> HttpResponse:
    """One of them, and what was sent."""
    row = queries.subscription(request.asker, subscription_id)
    asked = request.GET.get("state", "")
    state = asked if asked in STATES else ""
    found = page_of(queries.deliveries(request.asker, row.pk, state), request)
    context = {
        "row": row,
        "events": [title_of(event) for event in row.events],
        "page": found,
        "deliveries": [_shown(delivery) for delivery in found.rows],
        "chips": lists.chips(request, "state", choices(STATES), _("All")),
        "may_edit": may_on(request.asker, "webhooks.edit", row.organisation_id),
        "state": state,
    }
    return render(request, "webhooks/one.html", context)


def _shown(delivery: Any) -> dict[str, Any]:
    tone, icon = TONES[delivery.state]
    fault = capital(tell_fault(Fault("", delivery.fault, delivery.fault_params))) if delivery.fault else ""
    return {
        "row": delivery,
        "event": title_of(delivery.event),
        "state": _(STATES[delivery.state]),
        "tone": tone,
        "icon": icon,
        "fault": fault,
    }


@page("webhooks.edit", "POST")
@fresh
def add(request: Request) -> HttpResponse:
    """A new one; its secret is shown once."""
    form = WebhookForm(request.POST if request.method == "POST" else None, asker=request.asker)

    def write(values: dict[str, Any], _version: int) -> HttpResponse:
        row, secret = actions.add_subscription(request.asker, **values, inner_hosts=inner_hosts(settings.VONGGAC))
        return render(request, "webhooks/secret.html", {"row": row, "secret": secret})

    return _run(
        request, form, write, {"title": _("Add a webhook"), "submit": _("Add webhook"), "leave": reverse("webhooks")}
    )


@page("webhooks.edit", "POST")
@fresh
def edit(request: Request, subscription_id: int) -> HttpResponse:
    """Change one."""
    row = queries.subscription(request.asker, subscription_id)
    actions.to_edit(request.asker, row.pk)
    initial = {
        "name": row.name, "url": row.url, "events": row.events, "organisation_id": row.organisation, "is_active": row.is_active,
        "version": row.version,
    }  # fmt: skip
    form = EditForm(request.POST if request.method == "POST" else None, initial=initial, asker=request.asker)

    def write(values: dict[str, Any], version: int) -> HttpResponse:
        actions.edit_subscription(request.asker, row.pk, version, **values, inner_hosts=inner_hosts(settings.VONGGAC))
        messages.success(request, _("The webhook was saved."))
        return redirect("webhook", row.pk)

    about = {
        "title": _("Edit webhook"),
        "submit": _("Save changes"),
        "leave": reverse("webhook", args=[row.pk]),
        "row": row,
    }
    return _run(request, form, write, about)


def _run(
    request: Request, form: RecordForm, write: Callable[[dict[str, Any], int], HttpResponse], about: dict[str, Any]
) -> HttpResponse:
    status = 422 if form.is_bound else 200
    if form.is_bound and form.is_valid():
        try:
            return write(form.values(), form.cleaned_data["version"] or 0)
        except InvalidValues as error:
            form.add_faults((fault.field, capital(tell_fault(fault))) for fault in error.faults)
        except DeskError as error:
            status = 409 if isinstance(error, EditConflict) else 403 if isinstance(error, NotAllowed) else 404
            form.add_error(None, capital(tell(error)))
    return render(request, "webhooks/form.html", {"form": form, **about}, status=status)


@page("webhooks.edit", "POST")
def try_out(request: Request, subscription_id: int) -> HttpResponse:
    """Send a message that says nothing."""
    row = actions.to_edit(request.asker, subscription_id)
    if request.method == "POST":
        actions.try_subscription(request.asker, row.pk)
        messages.success(request, _("A test message is on its way; what became of it stands below in a few seconds."))
    return redirect("webhook", row.pk)


@page("webhooks.edit", "POST")
def retry(request: Request, subscription_id: int) -> HttpResponse:
    """Try failed ones again."""
    row = actions.to_edit(request.asker, subscription_id)
    if request.method == "POST":
        n = actions.retry_failed(request.asker, row.pk)
        text = ngettext("{n} message will be tried again", "{n} messages will be tried again", n)
        messages.success(request, text.format(n=n))
    return redirect("webhook", row.pk)


@page("webhooks.edit", "POST")
@fresh
def new_secret(request: Request, subscription_id: int) -> HttpResponse:
    """Another secret, shown once."""
    row = actions.to_edit(request.asker, subscription_id)
    if request.method == "POST":
        row, secret = actions.new_secret(request.asker, row.pk, _version(request, row))
        return render(request, "webhooks/secret.html", {"row": row, "secret": secret})
    about = {
        "title": _("Make a new secret?"),
        "submit": _("Make a new secret"),
        "text": _("The one of now signs nothing any more: the other side must be given the new one at once."),
    }
    return render(request, "webhooks/sure.html", {"row": row, **about})


@page("webhooks.edit", "POST")
def remove(request: Request, subscription_id: int) -> HttpResponse:
    """Tell nothing there any more."""
    row = actions.to_edit(request.asker, subscription_id)
    if request.method == "POST":
        actions.remove_subscription(request.asker, row.pk, _version(request, row))
        messages.success(request, _("The webhook was removed."))
        return redirect("webhooks")
    about = {
        "title": _("Remove this webhook?"),
        "submit": _("Remove"),
        "text": _("Nothing is told there any more, and the record of what was sent goes with it."),
    }
    return render(request, "webhooks/sure.html", {"row": row, **about})


def _version(request: Request, row: Subscription) -> int:
    """The version that whoever sends the form saw; the one of now when it says none."""
    text = request.POST.get("version", "")
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else row.version
