"""The check of a whole file against the directory: every fault by row, and what would be made and changed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from django.utils import timezone

from vonggac.desk.organisations.staging.known import know
from vonggac.desk.organisations.staging.organisations import plan_organisations
from vonggac.desk.organisations.staging.owned import CONTACTS, MANDATES, NETWORKS, PEOPLE, SYSTEMS, plan_owned
from vonggac.desk.organisations.staging.plan import Plan, Store
from vonggac.desk.organisations.staging.sheets import Sheets, sheets_of
from vonggac.desk.scope.asker import Asker
from vonggac.tables import Tables


def check(sheets: Sheets, asker: Asker, zone: tzinfo, store: Store) -> Plan:
    """Check ``sheets``; ``zone`` is that of days without one. What is found goes to ``store``, counts into the plan."""
    plan = Plan(sheets, know(asker), store, zone, timezone.now())
    for note in sheets.notes:
        plan.note(note)
    plan_organisations(plan)
    for spec in (PEOPLE, CONTACTS, NETWORKS, SYSTEMS, MANDATES):
        plan_owned(plan, spec)
    return plan


def found_sheets(tables: Sequence[Tables]) -> Sheets:
    """The sheets of the directory in the tables of one file or several."""
    return sheets_of(tables)
