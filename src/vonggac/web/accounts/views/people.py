"""Administration of accounts: the list, one account, and what is done with it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _

from vonggac.desk.accounts import actions, queries
from vonggac.desk.audit import queries as audit
from vonggac.desk.audit.titles import ACTIONS
from vonggac.desk.scope.roles import ROLES
from vonggac.web.accounts.admin_forms import AccountForm, AccountsFilter, GrantForm
from vonggac.web.accounts.fresh import fresh
from vonggac.web.accounts.words import device, name_roles, permissions_of, role_words
from vonggac.web.organisations.editing import About, Crumb, run, values_of
from vonggac.web.organisations.forms import RecordForm
from vonggac.web.shell.pages import Request, page
from vonggac.web.shell.paging import page_of

VIEW, EDIT = "accounts.view", "accounts.edit"


@page(VIEW)
def accounts(request: Request) -> HttpResponse:
    """Who has an account, by organisation, role and state."""
    form = AccountsFilter(request.GET, asker=request.asker)
    asked = form.asked()
    shown = page_of(queries.accounts(request.asker, **asked), request)
    for one in shown.rows:
        one.needs_factor = any(ROLES[grant.role].mfa for grant in one.holding if grant.role in ROLES)
        name_roles(one.holding)
    return render(
        request,
        "accounts/list.html",
        {
            "form": form,
            "page": shown,
            "chips": form.chips(),
            "n_waiting": queries.invitations(request.asker).count(),
            "may_edit": request.asker.may(EDIT),
        },
    )


@page(VIEW)
def account(request: Any, user_id: int) -> HttpResponse:
    """One account: what it holds, where it is signed in, what happened to it."""
    user = queries.account(request.asker, user_id)
    now = timezone.now()
    grants = [
        (
            one,
            ROLES.get(one.role),
            "is" if one.holds(now) else "will" if one.valid_from and one.valid_from > now else "was",
        )
        for one in queries.grants_of(request.asker, user_id)
    ]
    context = {
        "account": user,
        "grants": grants,
        "is_manageable": queries.is_manageable(request.asker, user),
        "may_edit": request.asker.may(EDIT),
        "is_self": request.asker.user_id == user.pk,
        "factors": queries.factors_of(request.asker, user_id),
        "locked_until": queries.locked_until(request.asker, user_id),
        "sessions": [
            (row, device(row.user_agent)) for row in queries.sessions_of(request.asker, user_id, settings.IDLE)
        ],
        "tokens": queries.tokens_of(request.asker, user_id),
        "history": [
            (entry, ACTIONS.get(entry.action, entry.action))
            for entry in audit.history_of(request.asker, user, permission=VIEW, limit=20).entries
        ],
        "needs_factor": any(role is not None and role.mfa and state == "is" for _one, role, state in grants),
    }
    return render(request, "accounts/account.html", context)


@page(EDIT, "POST")
def edit(request: Request, user_id: int) -> HttpResponse:
    """Name, address, telephone, home."""
    user = queries.account(request.asker, user_id)
    about = _about(user, _("Change account"), _("Save"), _("The account was changed."))
    return run(
        request,
        about,
        AccountForm,
        lambda values, version: actions.edit_account(request.asker, user_id, version, **values),
        lambda: values_of(queries.account(request.asker, user_id), organisation_id=user.organisation),
    )


@page(EDIT, "POST")
@fresh
def grant(request: Request, user_id: int) -> HttpResponse:
    """Give a role on an organisation and everything below it, for a time."""
    user = queries.account(request.asker, user_id)
    roles = [(role, role_words(role), permissions_of(role)) for role in queries.roles_to_give(request.asker)]
    about = _about(
        user, _("Give a role"), _("Give"), _("The role holds from the next page on."), extra={"roles": roles}
    )
    return run(
        request,
        about,
        GrantForm,
        lambda values, _version: actions.grant(request.asker, user_id, **values),
    )


@page(EDIT, "POST")
@fresh
def revoke(request: Request, user_id: int, grant_id: int) -> HttpResponse:
    """Take a role back, now."""
    user = queries.account(request.asker, user_id)
    what = next((one for one in queries.grants_of(request.asker, user_id) if one.pk == grant_id), None)
    role = ROLES.get(what.role) if what is not None else None
    where = str(what.organisation) if what is not None and what.organisation else _("everywhere")
    told = _("{name} is no longer {role} at {where}.").format(
        name=user, role=_(role.title) if role else "–", where=where
    )
    about = _about(
        user,
        _("Take a role back"),
        _("Withdraw"),
        _("The role was taken back."),
        [told, _("It takes effect with their next page.")],
    )
    return run(request, about, RecordForm, lambda _values, _version: actions.revoke(request.asker, grant_id))


@page(EDIT, "POST")
@fresh
def deactivate(request: Request, user_id: int) -> HttpResponse:
    """Shut an account."""
    user = queries.account(request.asker, user_id)
    told = [
        _("{name} is signed out everywhere and cannot sign in any more.").format(name=user),
        _("API tokens of this account open nothing."),
        _("Nothing that they did is lost. You can open the account again."),
    ]
    about = _about(user, _("Shut the account"), _("Shut it"), _("The account is shut."), told, is_danger=True)
    return _versioned(request, user_id, about, actions.deactivate)


@page(EDIT, "POST")
@fresh
def reactivate(request: Request, user_id: int) -> HttpResponse:
    """Open an account again."""
    user = queries.account(request.asker, user_id)
    told = [_("{name} can sign in again, with the roles that still hold.").format(name=user)]
    about = _about(user, _("Open the account again"), _("Open it"), _("The account is open."), told)
    return _versioned(request, user_id, about, actions.reactivate)


@page(EDIT, "POST")
def unlock(request: Request, user_id: int) -> HttpResponse:
    """Let somebody try again at once."""
    user = queries.account(request.asker, user_id)
    told = [_("{name} can try again at once. Ask first whether the wrong tries were theirs.").format(name=user)]
    about = _about(user, _("Unlock"), _("Unlock"), _("The account is unlocked."), told)
    return run(request, about, RecordForm, lambda _values, _version: actions.unlock(request.asker, user_id))


@page(EDIT, "POST")
@fresh
def send_link(request: Request, user_id: int) -> HttpResponse:
    """Send somebody a link for a new password."""
    user = queries.account(request.asker, user_id)
    told = [
        _("A link goes to {email}. It can be used once, within two hours.").format(email=user.email or "–"),
        _("Their password stays good until they use it."),
    ]
    about = _about(user, _("Send a link for a new password"), _("Send"), _("The link is on its way."), told, sends=True)
    return run(request, about, RecordForm, lambda _values, _version: actions.send_link(request.asker, user_id))


@page(EDIT, "POST")
@fresh
def reset_factors(request: Request, user_id: int) -> HttpResponse:
    """Take all second factors from somebody who lost them."""
    user = queries.account(request.asker, user_id)
    told = [
        _("Make sure that it is really {name} who asks: call a number that you know.").format(name=user),
        _("All their second factors and recovery codes are gone; they are signed out everywhere."),
        _("They are told of it, and the audit keeps it."),
    ]
    about = _about(
        user,
        _("Remove the second factors"),
        _("Remove"),
        _("The second factors are gone."),
        told,
        is_danger=True,
        sends=True,
    )
    return run(request, about, RecordForm, lambda _values, _version: actions.reset_factors(request.asker, user_id))


@page(EDIT, "POST")
def end_sessions(request: Request, user_id: int) -> HttpResponse:
    """Sign somebody out everywhere."""
    user = queries.account(request.asker, user_id)
    told = [_("{name} is signed out everywhere; what they typed and did not save is lost.").format(name=user)]
    about = _about(user, _("End all sessions"), _("End"), _("All their sessions have ended."), told, is_danger=True)
    return run(request, about, RecordForm, lambda _values, _version: actions.end_sessions(request.asker, user_id))


@page(EDIT, "POST")
@fresh
def one_time_password(request: Request, user_id: int) -> HttpResponse:
    """Replace a password by one that works once; it is shown once."""
    user = queries.account(request.asker, user_id)
    if request.method == "POST":
        password = actions.one_time_password(request.asker, user_id)
        return render(request, "accounts/one_time.html", {"account": user, "password": password})
    told = [
        _("Make sure that it is really {name} who asks: call a number that you know.").format(name=user),
        _(
            "Their password is replaced by one that you tell them yourself. They must change it at once, within 72 hours."
        ),
        _("They are signed out everywhere; their second factor stays."),
    ]
    about = _about(user, _("Give a one-time password"), _("Make the password"), "", told)
    return run(request, about, RecordForm, lambda _values, _version: None)


@page(EDIT, "POST")
def revoke_token(request: Request, user_id: int, token_id: int) -> HttpResponse:
    """A token of somebody opens nothing any more."""
    if request.method == "POST":
        actions.revoke_token(request.asker, token_id)
        messages.success(request, _("The token opens nothing any more."))
    return redirect("account", user_id)


def _about(
    user: Any,
    title: str,
    submit: str,
    done: str,
    consequences: Any = (),
    *,
    extra: Any = None,
    is_danger: bool = False,
    sends: bool = False,
) -> About:
    """What a page about ``user`` says. ``sends``: it puts an e-mail in the outbox, which may be held."""
    back = reverse("account", args=[user.pk])
    return About(
        title=title,
        submit=submit,
        back=back,
        done=done,
        leave=back,
        crumbs=(Crumb(_("Accounts"), reverse("accounts")), Crumb(str(user), back)),
        consequences=consequences,
        is_danger=is_danger,
        template="accounts/grant.html" if extra else "accounts/form.html",
        extra={**(extra or {}), "sends": sends},
    )


def _versioned(request: Request, user_id: int, about: About, act: Callable[..., Any]) -> HttpResponse:
    return run(
        request,
        about,
        RecordForm,
        lambda _values, version: act(request.asker, user_id, version),
        lambda: {"version": queries.account(request.asker, user_id).version},
    )
