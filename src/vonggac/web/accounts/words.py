"""Roles and permissions in plain words, and devices as people call them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext

from vonggac.desk.scope.roles import ROLES, Role
from vonggac.errors import N_

PERMISSION_TITLES: Mapping[str, str] = {
    "organisations.view": N_("see organisations"),
    "organisations.edit": N_("change organisations"),
    "people.view": N_("see people and contact points"),
    "people.edit": N_("change people and contact points"),
    "networks.view": N_("see networks"),
    "networks.edit": N_("change networks"),
    "systems.view": N_("see information systems"),
    "systems.edit": N_("change information systems"),
    "directory.import": N_("import the directory"),
    "directory.export": N_("export the directory"),
    "work.view": N_("see work"),
    "work.answer": N_("answer for work"),
    "work.review": N_("review answers"),
    "work.assign": N_("give out work and hand it over"),
    "work.decide": N_("decide how long work may take"),
    "work.export": N_("export work"),
    "letters.view": N_("see letters"),
    "letters.draft": N_("write letters"),
    "letters.approve": N_("approve and withdraw letters"),
    "letters.issue": N_("number letters and send them"),
    "lists.view": N_("see lists"),
    "lists.import": N_("import lists"),
    "indicators.view": N_("see indicators"),
    "indicators.edit": N_("change indicators"),
    "accounts.view": N_("see accounts"),
    "accounts.edit": N_("invite people and manage accounts"),
    "audit.view": N_("read the audit"),
    "audit.export": N_("export the audit"),
    "audit.erase": N_("erase personal details from the audit"),
    "notices.view": N_("read outgoing messages"),
    "notices.release": N_("release outgoing messages"),
    "operations.view": N_("see how the portal runs"),
    "webhooks.view": N_("see webhooks"),
    "webhooks.edit": N_("set up webhooks"),
}
"""Permission to what it lets somebody do, as the end of a sentence; a test holds that none is missing."""

ROLE_WORDS: Mapping[str, str] = {
    "leader": N_("Reads everything that concerns the province, decides and signs."),
    "duty_officer": N_("Keeps watch in turns, takes in what arrives and passes it on."),
    "analyst": N_("Looks into findings and keeps networks and systems up to date."),
    "responder": N_("Works on incidents at agencies."),
    "agency_officer": N_("Answers for one agency or commune: keeps its directory and reports what was done."),
    "telco_desk": N_("Answers for a telecom operator: its networks, requests and reports."),
    "authority_liaison": N_("Connects the police, the military or a ministry: sees organisations and whom to call."),
    "records_clerk": N_("Registers letters and sends them out."),
    "auditor": N_("Reads who did what, changes nothing."),
    "administrator": N_("Manages accounts, organisations and the portal itself."),
}
"""Role to what it is for, in one sentence; a test holds that none is missing."""


def permission_title(permission: str) -> str:
    """What a permission lets somebody do, in the reader's language."""
    return gettext(PERMISSION_TITLES.get(permission, permission))


def role_words(role: Role) -> str:
    """What a role is for, in the reader's language."""
    return gettext(ROLE_WORDS.get(role.name, role.title))


def permissions_of(role: Role) -> str:
    """What a role may do, in the order of PERMISSION_TITLES, by commas. Seeing is left out where changing is held."""
    held = [name for name in PERMISSION_TITLES if name in role.permissions]
    told = [
        name for name in held if not (name.endswith(".view") and name.replace(".view", ".edit") in role.permissions)
    ]
    return ", ".join(permission_title(name) for name in told)


def name_roles(grants: Iterable[Any]) -> None:
    """Give each grant the ``title`` of its role, in the reader's language."""
    for grant in grants:
        role = ROLES.get(grant.role)
        grant.title = gettext(role.title) if role is not None else grant.role


_BROWSERS = (
    ("Edg/", "Edge"),
    ("OPR/", "Opera"),
    ("coc_coc", "Cốc Cốc"),
    ("Firefox/", "Firefox"),
    ("Chrome/", "Chrome"),
    ("Safari/", "Safari"),
)
_SYSTEMS = (
    ("Windows", "Windows"),
    ("Android", "Android"),
    ("iPhone", "iPhone"),
    ("iPad", "iPad"),
    ("Mac OS X", "macOS"),
    ("CrOS", "ChromeOS"),
    ("Linux", "Linux"),
)


def device(agent: str) -> str:
    """A browser and a system as people call them, from its User-Agent; the beginning of it where neither is known."""
    browser = next((name for sign, name in _BROWSERS if sign in agent), "")
    system = next((name for sign, name in _SYSTEMS if sign in agent), "")
    if not browser and not system:
        return re.sub(r"\s+", " ", agent)[:60] or gettext("Unknown device")
    return " · ".join(part for part in (browser, system) if part)
