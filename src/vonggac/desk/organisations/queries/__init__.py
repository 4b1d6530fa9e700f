"""Every read over organisations, people, contact points, networks, systems and mandates, scoped to what the asker may see.

Lists are querysets in the order of an index, so that a page or an API takes the part that it shows.
"""

from vonggac.desk.organisations.queries.finding import Hit, search
from vonggac.desk.organisations.queries.gaps import Gaps, gaps, lagging, n_lacking, n_own_gaps, own_organisations
from vonggac.desk.organisations.queries.graph import (
    Event,
    ancestors,
    former_names,
    history,
    names_at,
    organisation,
    organisations,
    placement_at,
    predecessors,
    successors,
    workplace,
)
from vonggac.desk.organisations.queries.mandates import holders, mandate, mandates
from vonggac.desk.organisations.queries.networks import NetworkRow, all_networks, network, networks, owner_at
from vonggac.desk.organisations.queries.people import (
    contact,
    contact_ladder,
    contacts,
    people,
    person,
    support_contacts,
)
from vonggac.desk.organisations.queries.systems import system, systems
from vonggac.desk.organisations.queries.tree import Counts, Node, Totals, counts, totals, tree

__all__ = [
    "Counts",
    "Event",
    "Gaps",
    "Hit",
    "NetworkRow",
    "Node",
    "Totals",
    "all_networks",
    "ancestors",
    "contact",
    "contact_ladder",
    "contacts",
    "counts",
    "former_names",
    "gaps",
    "history",
    "holders",
    "lagging",
    "mandate",
    "mandates",
    "n_lacking",
    "n_own_gaps",
    "names_at",
    "network",
    "networks",
    "organisation",
    "organisations",
    "own_organisations",
    "owner_at",
    "people",
    "person",
    "placement_at",
    "predecessors",
    "search",
    "successors",
    "support_contacts",
    "system",
    "systems",
    "totals",
    "tree",
    "workplace",
]
