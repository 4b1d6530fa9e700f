"""Today: cards in the order in which they matter, each for those who hold its permission. A noun adds its line to CARDS.

A card's function takes the asker and gives what its template shows, or None when there is nothing to say to this person.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext

from vonggac.desk.accounts import queries as accounts
from vonggac.desk.audit import queries as audit
from vonggac.desk.audit.titles import ACTIONS
from vonggac.desk.notices import queries as notices
from vonggac.desk.notices.background import worker_state
from vonggac.desk.notices.delivery import is_holding
from vonggac.desk.organisations import queries as directory
from vonggac.desk.organisations.models.graph import KINDS
from vonggac.desk.scope.asker import Asker
from vonggac.errors import N_, InputError
from vonggac.jobs import installation
from vonggac.web.shell import today_letters, today_work
from vonggac.web.shell.charts import Chart, Series
from vonggac.web.shell.times import near_or_day

Values = dict[str, Any]
LATE = timedelta(hours=36)
"""After this, a backup or an anchor that is made daily is late."""


@dataclass(frozen=True, slots=True)
class Card:
    """``template``: what it looks like. ``permission``: empty for everybody signed in."""

    template: str
    gather: Callable[[Asker], Values | None]
    permission: str = ""


@dataclass(frozen=True, slots=True)
class Check:
    """One line of a checklist: what, in which state (``ok``, ``high``, ``info``), what it means, and where to act."""

    title: str
    tone: str
    sub: str = ""
    url: str = ""
    label: str = ""


def shown(asker: Asker) -> list[tuple[Card, Values]]:
    """The cards of this person with what they say."""
    found = []
    for card in CARDS:
        if card.permission and not asker.may(card.permission):
            continue
        values = card.gather(asker)
        if values is not None:
            found.append((card, values))
    return found


def _own(asker: Asker) -> Values | None:
    """For who works for one organisation (or few): what is known of it, what is missing."""
    if not asker.roles & {"agency_officer", "telco_desk", "records_clerk", "authority_liaison"}:
        return None
    rows = directory.own_organisations(asker)
    return {"organisations": [(row, _own_checks(asker, row)) for row in rows]} if rows else None


def _own_checks(asker: Asker, row: Any) -> list[Check]:
    base = f"/organisations/{row.pk}/"
    checks = []
    if asker.may("people.view"):
        checks.append(
            Check(gettext("Contact points"), "ok", gettext("We know whom to call."), f"{base}people", gettext("Look"))
            if row.has_contact
            else Check(
                gettext("No contact point"),
                "high",
                gettext("If something happens, we do not know whom to call."),
                f"{base}people",
                gettext("Add one"),
            )
        )
    if asker.may("networks.view"):
        checks.append(
            Check(
                gettext("Networks"),
                "ok",
                gettext("Your public addresses are known."),
                f"{base}networks",
                gettext("Look"),
            )
            if row.has_network
            else Check(
                gettext("No networks"),
                "high",
                gettext("An address on a warning list cannot be told to be yours."),
                f"{base}networks",
                gettext("Add them"),
            )
        )
    if asker.may("systems.view"):
        checks.append(_systems_check(row, base))
    return checks


def _systems_check(row: Any, base: str) -> Check:
    url = f"{base}systems"
    if not row.n_systems:
        told = gettext("Which systems do you run, and at which level? Warnings are matched with them.")
        return Check(gettext("No information systems"), "info", told, url, gettext("Add them"))
    if row.n_without_level:
        told = gettext("{n} of {all} have no approved level.").format(n=row.n_without_level, all=row.n_systems)
        return Check(gettext("Information systems"), "high", told, url, gettext("Look"))
    told = gettext("All {n} have a level.").format(n=row.n_systems)
    return Check(gettext("Information systems"), "ok", told, url, gettext("Look"))


def _setup(asker: Asker) -> Values | None:
    """For the administrator: what a centre needs before others can work, and whether it still stands."""
    ours = settings.VONGGAC
    checks = [
        *_people_checks(asker),
        Check(gettext("Mail server"), "ok", gettext("E-mail can leave."), "/operations/", gettext("Look"))
        if ours.smtp_url
        else Check(
            gettext("No mail server"),
            "high",
            gettext("Invitations and messages cannot leave by e-mail. Set smtp_url and mail_from in the settings."),
            "/operations/",
            gettext("Look"),
        ),
        Check(
            gettext("Messages are held"),
            "info",
            gettext("Nothing goes out until you release it. Look at what waits, then stop holding."),
            "/notices/",
            gettext("Look"),
        )
        if is_holding()
        else Check(gettext("Messages go out"), "ok", gettext("As soon as they are due."), "/notices/", gettext("Look")),
        *_machine_checks(),
    ]
    n_open = sum(check.tone in ("high", "info") for check in checks)
    return {"checks": checks, "n_open": n_open, "n_done": len(checks) - n_open}


def _people_checks(asker: Asker) -> list[Check]:
    checks = []
    if asker.may("directory.import"):
        n = directory.organisations(asker).count()
        checks.append(
            Check(
                gettext("Directory"),
                "ok",
                gettext("Organisations: {n}").format(n=n),
                "/organisations/",
                gettext("Look"),
            )
            if n
            else Check(
                gettext("The directory is empty"),
                "high",
                gettext(
                    "Import organisations, people, networks and systems from a spreadsheet, or add them one by one."
                ),
                "/directory/import/",
                gettext("Import"),
            )
        )
    if asker.may("accounts.edit"):
        n_waiting = accounts.invitations(asker).count()
        checks.append(
            Check(
                gettext("Invitations"),
                "info" if n_waiting else "ok",
                gettext("{n} not yet accepted.").format(n=n_waiting)
                if n_waiting
                else gettext("None waits to be accepted."),
                "/accounts/",
                gettext("Look"),
            )
        )
    return checks


def _machine_checks() -> list[Check]:
    worker = worker_state()
    last_backup = installation.last_backup()
    try:
        last_anchor = installation.last_anchor(settings.VONGGAC)
    except InputError:
        last_anchor = None
    works = Check(gettext("Background work"), "ok", gettext("Runs."), "/operations/", gettext("Look"))
    rests = Check(
        gettext("Background work stands still"),
        "high",
        gettext("No messages, imports or backups until it runs again. Look at the log."),
        "/operations/",
        gettext("Look"),
    )
    return [
        works if worker.is_alive else rests,
        _daily(last_backup, gettext("Backup"), gettext("No backup lately")),
        _daily(last_anchor, gettext("Anchor of the audit record"), gettext("No anchor of the audit record lately")),
    ]


def _daily(at: datetime | None, title: str, late: str) -> Check:
    """A thing that is made daily."""
    now = timezone.now()
    told = gettext("Last: {when}").format(when=near_or_day(at, now)) if at else gettext("Never yet.")
    is_late = at is None or now - at > LATE
    return Check(late if is_late else title, "high" if is_late else "ok", told, "/operations/", gettext("Look"))


def _coverage(asker: Asker) -> Values | None:
    """For who looks after many: is the province covered, and who lags."""
    if not asker.roles & {"leader", "duty_officer", "analyst", "responder", "auditor", "administrator"}:
        return None
    known = directory.gaps(asker)
    if known.organisations < 2:
        return None
    kinds = sorted(known.by_kind.items(), key=lambda row: -row[1][1])
    lacking = [(gettext(KINDS.get(kind, kind)), n) for kind, (_all, n) in kinds if n]
    chart = Chart(
        gettext("Which kinds of organisation have no contact point?"),
        [title for title, _n in lacking],
        [Series(gettext("Organisations without contact point"), [n for _title, n in lacking])],
        gettext("Kind"),
        gettext("Organisations without contact point"),
    )
    meters = []
    base = "/organisations/?view=list&state="
    if asker.may("people.view"):
        have = known.organisations - known.without_contact
        meters.append((gettext("have a contact point"), have, known.organisations, f"{base}no_contact"))
    if asker.may("networks.view"):
        have = known.organisations - known.without_network
        meters.append((gettext("have their networks on record"), have, known.organisations, f"{base}no_network"))
    if asker.may("systems.view"):
        have = known.systems - known.without_level
        meters.append((gettext("systems have an approved level"), have, known.systems, "/systems/?level=none"))
    return {
        "gaps": known,
        "meters": [
            (title, part, whole, "" if part < whole else "ok", url) for title, part, whole, url in meters if whole
        ],
        "lagging": directory.lagging(asker) if known.without_contact or known.without_network else [],
        "chart": chart if lacking else None,
    }


def _accounts(asker: Asker) -> Values | None:
    """For who looks after accounts: which doors are weak, which stand shut."""
    n = accounts.counts(asker)
    states = (
        ("no_factor", gettext("without a second factor"), n.no_factor),
        ("locked", gettext("locked after wrong passwords"), n.locked),
        ("never", gettext("never signed in"), n.never),
    )
    return {"n": n.active, "states": states}


def _messages(asker: Asker) -> Values | None:
    counted = notices.counts(asker)
    titles = {"held": gettext("held"), "waiting": gettext("waiting"), "failed": gettext("not delivered")}
    rows = [(key, titles.get(key, key), n) for key, n in counted.items() if n]
    return {"rows": rows, "is_holding": is_holding()} if rows else None


def _changes(asker: Asker) -> Values | None:
    page = audit.entries(asker, audit.Filters(), limit=6)
    rows = [(entry, gettext(ACTIONS.get(entry.action, entry.action))) for entry in page.entries]
    return {"rows": rows} if rows else None


def _support(asker: Asker) -> Values | None:
    """Whom to call, for everybody: the ladder of support, in the order in which to try."""
    rows = directory.support_contacts(asker)[:5]
    return {"rows": rows} if rows else None


CARDS = (
    Card("shell/cards/letters.html", today_letters.waiting, "letters.view"),
    Card("shell/cards/letters_received.html", today_letters.received, "work.answer"),
    Card("shell/cards/my_work.html", today_work.mine, "work.view"),
    Card("shell/cards/letters_running.html", today_letters.running, "letters.view"),
    Card("shell/cards/centre.html", today_work.centre, "work.review"),
    Card("shell/cards/province.html", today_work.province, "work.view"),
    Card("shell/cards/own.html", _own, "organisations.view"),
    Card("shell/cards/coverage.html", _coverage, "organisations.view"),
    Card("shell/cards/setup.html", _setup, "operations.view"),
    Card("shell/cards/accounts.html", _accounts, "accounts.view"),
    Card("shell/cards/messages.html", _messages, "notices.view"),
    Card("shell/cards/changes.html", _changes, "audit.view"),
    Card("shell/cards/support.html", _support),
)
"""Every card, in the order of the page."""

GREETINGS = (
    (5, N_("Still on watch")),
    (11, N_("Good morning")),
    (13, N_("Good day")),
    (18, N_("Good afternoon")),
    (24, N_("Good evening")),
)
"""Until which local hour one is greeted how."""


def greeting(hour: int) -> str:
    """How one is greeted at a local hour (0 to 23)."""
    return gettext(next(text for until, text in GREETINGS if hour < until))
