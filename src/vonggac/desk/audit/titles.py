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
    "accounts.accept": N_("Invitation accepted"),
    "accounts.add_factor": N_("Second factor set up"),
    "accounts.address_locked": N_("Address locked after wrong tries"),
    "accounts.ask_for_link": N_("Link for a new password asked for"),
    "accounts.change_password": N_("Own password changed"),
    "accounts.clear_old": N_("What ended long ago cleared away"),
    "accounts.create_token": N_("API token made"),
    "accounts.deactivate": N_("Account closed"),
    "accounts.edit": N_("Account changed"),
    "accounts.edit_own": N_("Own account changed"),
    "accounts.end_own_sessions": N_("Own sessions ended"),
    "accounts.end_sessions": N_("Sessions ended"),
    "accounts.first_administrator": N_("First administrator made"),
    "accounts.grant": N_("Role granted"),
    "accounts.invite": N_("Person invited"),
    "accounts.link": N_("Account of another service connected"),
    "accounts.locked": N_("Account locked after wrong tries"),
    "accounts.make_recovery_codes": N_("Recovery codes made"),
    "accounts.one_time_password": N_("One-time password set"),
    "accounts.reactivate": N_("Account opened again"),
    "accounts.remove_factor": N_("Own second factor removed"),
    "accounts.resend": N_("Invitation sent anew"),
    "accounts.reset_factors": N_("Second factor of another reset"),
    "accounts.revoke": N_("Role taken back"),
    "accounts.revoke_invitation": N_("Invitation taken back"),
    "accounts.revoke_token": N_("API token revoked"),
    "accounts.second_factor_failed": N_("Second factor wrong"),
    "accounts.send_link": N_("Link for a new password sent"),
    "accounts.set_by_link": N_("New password set by link"),
    "accounts.sign_in": N_("Signed in"),
    "accounts.sign_in_failed": N_("Sign-in failed"),
    "accounts.sign_out": N_("Signed out"),
    "accounts.unlock": N_("Lock lifted"),
    "audit.erase": N_("Personal details erased"),
    "audit.export": N_("Audit record exported"),
    "directory.abandon": N_("Import given up"),
    "directory.apply": N_("Import made visible"),
    "directory.export": N_("Directory exported"),
    "directory.upload": N_("File for import taken in"),
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
    "operations.backup": N_("Backup made"),
    "operations.restore": N_("Backup restored"),
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
    "accounts.apitoken": Kind(N_("API token"), "accounts.view"),
    "accounts.grant": Kind(N_("Grant of a role"), "accounts.view"),
    "accounts.invitation": Kind(N_("Invitation"), "accounts.view"),
    "accounts.invitedgrant": Kind(N_("Role offered"), "accounts.view"),
    "accounts.lockout": Kind(N_("Lock-out"), "accounts.view"),
    "accounts.passwordlink": Kind(N_("Link for a new password"), "accounts.view"),
    "accounts.user": Kind(N_("Account"), "accounts.view"),
    "notices.notice": Kind(N_("Message"), "notices.view"),
    "organisations.contactpoint": Kind(N_("Contact point"), "people.view"),
    "organisations.import": Kind(N_("Import"), "organisations.view"),
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

NEVER_RECORDED = frozenset(
    {
        "notices.attempt",
        "notices.chore",
        "notices.received",
        "notices.switch",
        "organisations.importfault",
        "organisations.importline",
        "replies.reply",
    }
)
"""Models of the desk that no action records by themselves."""

COLUMNS = {
    "accepted_at": N_("Accepted at"),
    "address": N_("Address"),
    "applied_at": N_("Made visible at"),
    "at": N_("Time"),
    "basis": N_("Legal basis"),
    "before": N_("Before"),
    "bytes": N_("Bytes"),
    "channel": N_("Channel"),
    "code": N_("Code"),
    "code_is": N_("Code now"),
    "code_was": N_("Code before"),
    "counts": N_("Counts"),
    "by_program": N_("Made by the program"),
    "created_at": N_("Made at"),
    "email": N_("E-mail"),
    "erased": N_("Entries erased"),
    "expires_at": N_("Expires at"),
    "exposure": N_("Exposure"),
    "file": N_("File"),
    "file_name": N_("File"),
    "form": N_("Form"),
    "granted_at": N_("Granted at"),
    "granted_by_id": N_("Granted by"),
    "held": N_("Held"),
    "holder_id": N_("Holder"),
    "hours": N_("Hours"),
    "ids": N_("Numbers"),
    "invited_by_id": N_("Invited by"),
    "is_active": N_("Active"),
    "is_new": N_("New"),
    "is_support": N_("For everybody who is signed in"),
    "issuer": N_("Issuer"),
    "key": N_("Key"),
    "kind": N_("Kind"),
    "kinds": N_("Kinds"),
    "label": N_("Label"),
    "language": N_("Language"),
    "last_used_at": N_("Last used at"),
    "invitations": N_("Invitations"),
    "level": N_("Level"),
    "links": N_("Links"),
    "locked_until": N_("Locked until"),
    "mandates_left": N_("Mandates left"),
    "methods": N_("Ways of signing in"),
    "must_change_password": N_("Must change the password"),
    "n": N_("Number"),
    "n_failed_before": N_("Failed tries before"),
    "n_more": N_("More changes, not kept whole"),
    "n_sessions_ended": N_("Sessions ended"),
    "name": N_("Name"),
    "note": N_("Note"),
    "operator_id": N_("Operator"),
    "organisation_id": N_("Organisation"),
    "over_id": N_("Over"),
    "parent_id": N_("Under"),
    "password_expires_at": N_("One-time password expires at"),
    "permissions": N_("Permissions"),
    "person_id": N_("Person"),
    "phone": N_("Telephone"),
    "position": N_("Position"),
    "predecessor_id": N_("Predecessor"),
    "purpose": N_("Purpose"),
    "rank": N_("Order"),
    "reason": N_("Reason"),
    "revoked_at": N_("Revoked at"),
    "role": N_("Role"),
    "rows": N_("Rows"),
    "sha256": N_("SHA-256"),
    "short_name": N_("Short name"),
    "side": N_("Side"),
    "size": N_("Size"),
    "state": N_("State"),
    "still_held": N_("Still held"),
    "subject": N_("Subject"),
    "successor_id": N_("Successor"),
    "system_id": N_("System"),
    "template": N_("Kind of message"),
    "text": N_("Network"),
    "theme": N_("Appearance"),
    "tokens": N_("API tokens"),
    "until": N_("Until"),
    "used_at": N_("Used at"),
    "user_id": N_("Account"),
    "username": N_("Name for signing in"),
    "valid_from": N_("Valid from"),
    "valid_until": N_("Valid until"),
    "value": N_("Value"),
}
"""Column of any record, or name of something noted, to its title."""

HIDDEN = frozenset({"id", "version", "folded", "sort_key", "first", "last", "n_addresses"})
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
