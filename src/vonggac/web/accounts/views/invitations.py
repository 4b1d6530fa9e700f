"""Inviting people, and invitations that wait."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.accounts import actions, queries
from vonggac.web.accounts.admin_forms import InviteForm, organisation_of
from vonggac.web.accounts.fresh import fresh
from vonggac.web.accounts.words import name_roles, permissions_of, role_words
from vonggac.web.organisations.editing import About, Crumb, run
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of


@page("accounts.edit", "POST")
@fresh
def invite(request: Request) -> HttpResponse:
    """Invite somebody, with the roles that they will hold."""
    roles = [(role, role_words(role), permissions_of(role)) for role in queries.roles_to_give(request.asker)]
    start = {"organisation_id": organisation_of(request.asker, request.GET.get("organisation", "")), "language": "vi"}
    about = About(
        title=_("Invite somebody"),
        submit=_("Send the invitation"),
        back=reverse("invitations"),
        done=_("The invitation is on its way. It waits in Messages while outgoing messages are held."),
        leave=reverse("accounts"),
        crumbs=(Crumb(_("Accounts"), reverse("accounts")),),
        template="accounts/grant.html",
        extra={"roles": roles, "sends": True},
    )
    return run(
        request,
        about,
        lambda *args, **kwargs: InviteForm(*args, **{**kwargs, "initial": {**start, **kwargs.get("initial", {})}}),
        lambda values, _version: actions.invite(request.asker, **values),
    )


@page("accounts.view")
def invitations(request: Request) -> HttpResponse:
    """Invitations that wait, or all."""
    is_all = request.GET.get("show") == "all"
    rows = queries.invitations(request.asker, waiting=not is_all, text=request.GET.get("q", "")[:100])
    shown = page_of(rows, request)
    for one in shown.rows:
        name_roles(one.grants.all())
    context = {"page": shown, "is_all": is_all, "now": timezone.now()}
    return render(request, "accounts/invitations.html", {**context, "may_edit": request.asker.may("accounts.edit")})


@page("accounts.edit", "POST")
def resend(request: Request, invitation_id: int) -> HttpResponse:
    """Send a new link."""
    if request.method == "POST":
        actions.resend(request.asker, invitation_id)
        messages.success(request, _("A new link is on its way; the old one opens nothing any more."))
    return redirect("invitations")


@page("accounts.edit", "POST")
def revoke(request: Request, invitation_id: int) -> HttpResponse:
    """Take an invitation back."""
    if request.method == "POST":
        actions.revoke_invitation(request.asker, invitation_id)
        messages.success(request, _("The invitation was taken back; its link opens nothing any more."))
    return redirect("invitations")
