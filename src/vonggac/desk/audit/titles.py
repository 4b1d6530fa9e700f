"""What people read for actions, kinds of object and their columns. A noun that records something new adds its lines here.

``tests/desk/audit/test_titles.py`` holds that every action that the source records, and every kind of object, has a title.
"""

from __future__ import annotations

from dataclasses import dataclass

from vonggac.errors import N_

NOUNS = {
    "accounts": N_("Accounts"),
    "audit": N_("Audit record"),
    "directory": N_("Import and export"),
    "networks": N_("Networks"),
    "notices": N_("Messages"),
    "operations": N_("Operations"),
    "organisations": N_("Organisations"),
    "people": N_("People"),
    "systems": N_("Systems"),
}
"""First part of an action to its title, by which actions are grouped."""

ACTIONS = {
    "audit.erase": N_("Personal details erased"),
    "audit.export": N_("Audit record exported"),
    "networks.add": N_("Network added"),
    "networks.edit": N_("Network changed"),
    "networks.end": N_("Network ended"),
    "notices.clear_old": N_("Old messages cleared away"),
    "notices.drop": N_("Messages dropped"),
    "notices.hold": N_("Messages held from now on"),
    "notices.release": N_("Messages released"),
    "notices.retry": N_("Messages sent anew"),
    "notices.stop_holding": N_("Messages no longer held"),
    "notices.test": N_("Test message sent"),
    "organisations.add_mandate": N_("Mandate given"),
    "organisations.close": N_("Organisation closed"),
    "organisations.create": N_("Organisation created"),
    "organisations.edit": N_("Organisation changed"),
    "organisations.edit_mandate": N_("Mandate changed"),
    "organisations.end_mandate": N_("Mandate ended"),
    "organisations.merge": N_("Organisations merged"),
    "organisations.reopen": N_("Organisation reopened"),
    "organisations.split": N_("Organisation split"),
    "organisations.undo_succession": N_("Merger, split or renaming undone"),
    "people.add": N_("Person added"),
    "people.add_contact": N_("Contact point added"),
    "people.edit": N_("Person changed"),
    "people.edit_contact": N_("Contact point changed"),
    "people.end": N_("Person no longer there"),
    "people.end_contact": N_("Contact point ended"),
    "people.reorder_contacts": N_("Order of contact points changed"),
    "systems.add": N_("System added"),
    "systems.edit": N_("System changed"),
    "systems.end": N_("System ended"),
}
"""``<noun>.<verb>`` to what was done."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of object: its title, and the permission that lets somebody see such objects on their organisation."""

    title: str
    permission: str


KINDS = {
    "accounts.grant": Kind(N_("Grant of a role"), "accounts.view"),
    "accounts.user": Kind(N_("Account"), "accounts.view"),
    "notices.notice": Kind(N_("Message"), "notices.view"),
    "organisations.contactpoint": Kind(N_("Contact point"), "people.view"),
    "organisations.informationsystem": Kind(N_("Information system"), "systems.view"),
    "organisations.mandate": Kind(N_("Mandate"), "organisations.view"),
    "organisations.name": Kind(N_("Former name"), "organisations.view"),
    "organisations.network": Kind(N_("Network"), "networks.view"),
    "organisations.organisation": Kind(N_("Organisation"), "organisations.view"),
    "organisations.person": Kind(N_("Person"), "people.view"),
    "organisations.reorganisation": Kind(N_("Reorganisation"), "organisations.view"),
    "organisations.placement": Kind(N_("Place in the tree"), "organisations.view"),
    "organisations.succession": Kind(N_("Succession"), "organisations.view"),
    "organisations.systemaddress": Kind(N_("Address of a system"), "systems.view"),
}
"""Model (``app.model``) to what people call it and who sees it."""

NEVER_RECORDED = frozenset({"notices.attempt", "notices.chore", "notices.received", "notices.switch", "replies.reply"})
"""Models of the desk that no action records by themselves."""

COLUMNS = {
    "address": N_("Address"),
    "at": N_("Time"),
    "basis": N_("Legal basis"),
    "channel": N_("Channel"),
    "code": N_("Code"),
    "created_at": N_("Made at"),
    "email": N_("E-mail"),
    "exposure": N_("Exposure"),
    "granted_at": N_("Granted at"),
    "granted_by_id": N_("Granted by"),
    "holder_id": N_("Holder"),
    "hours": N_("Hours"),
    "is_active": N_("Active"),
    "is_support": N_("For everybody who is signed in"),
    "key": N_("Key"),
    "kind": N_("Kind"),
    "label": N_("Label"),
    "language": N_("Language"),
    "level": N_("Level"),
    "must_change_password": N_("Must change the password"),
    "name": N_("Name"),
    "note": N_("Note"),
    "operator_id": N_("Operator"),
    "organisation_id": N_("Organisation"),
    "over_id": N_("Over"),
    "parent_id": N_("Under"),
    "person_id": N_("Person"),
    "phone": N_("Telephone"),
    "position": N_("Position"),
    "predecessor_id": N_("Predecessor"),
    "purpose": N_("Purpose"),
    "rank": N_("Order"),
    "reason": N_("Reason"),
    "role": N_("Role"),
    "short_name": N_("Short name"),
    "subject": N_("Subject"),
    "successor_id": N_("Successor"),
    "system_id": N_("System"),
    "text": N_("Network"),
    "theme": N_("Appearance"),
    "user_id": N_("Account"),
    "username": N_("Name for signing in"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "value": N_("Value"),
}
"""Column of any record, or name of something noted, to its title."""

HIDDEN = frozenset({"id", "version", "folded", "first", "last", "n_addresses"})
"""Columns that say nothing to a reader."""

VIEWED = {"directory": "organisations.view"}
"""Nouns of actions whose objects are seen with another permission than ``<noun>.view``."""


def title_of_action(action: str) -> str:
    """The English title of ``action``; the action itself when it has none."""
    return ACTIONS.get(action, action)


def title_of_kind(kind: str) -> str:
    """The English title of a kind of object; the kind itself when it has none."""
    found = KINDS.get(kind)
    return found.title if found else kind


def title_of_column(column: str) -> str:
    """The English title of a column; its name when it has none."""
    return COLUMNS.get(column, column)


def permission_to_see(action: str, object_type: str) -> str:
    """The permission that lets somebody know that something happened to such an object."""
    if found := KINDS.get(object_type):
        return found.permission
    noun = action.partition(".")[0]
    return VIEWED.get(noun, f"{noun}.view")
