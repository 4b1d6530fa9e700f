"""Every write over organisations, people, contact points, networks, systems and mandates."""

from vonggac.desk.organisations.actions.graph import (
    close_organisation,
    create_organisation,
    edit_organisation,
    reopen_organisation,
)
from vonggac.desk.organisations.actions.mandates import add_mandate, edit_mandate, end_mandate
from vonggac.desk.organisations.actions.networks import add_network, edit_network, end_network
from vonggac.desk.organisations.actions.people import (
    add_contact,
    add_person,
    edit_contact,
    edit_person,
    end_contact,
    end_person,
    reorder_contacts,
)
from vonggac.desk.organisations.actions.succession import MOVES, merge, split, undo_succession
from vonggac.desk.organisations.actions.systems import add_system, edit_system, end_system
from vonggac.desk.organisations.values import cautions

__all__ = [
    "MOVES",
    "add_contact",
    "add_mandate",
    "add_network",
    "add_person",
    "add_system",
    "cautions",
    "close_organisation",
    "create_organisation",
    "edit_contact",
    "edit_mandate",
    "edit_network",
    "edit_organisation",
    "edit_person",
    "edit_system",
    "end_contact",
    "end_mandate",
    "end_network",
    "end_person",
    "end_system",
    "merge",
    "reopen_organisation",
    "reorder_contacts",
    "split",
    "undo_succession",
]
