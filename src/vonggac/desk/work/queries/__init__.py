"""Every read over work, scoped to what the asker may see."""

from vonggac.desk.work.queries.counts import (
    Count,
    OfOrganisation,
    Row,
    by_batch,
    by_organisation,
    counts,
    n_mine,
    n_to_review,
    sums_by_batch,
)
from vonggac.desk.work.queries.evidence import evidence_of, one_evidence
from vonggac.desk.work.queries.log_drops import search, searches
from vonggac.desk.work.queries.people import assignable
from vonggac.desk.work.queries.policies import days_off, policies, policy
from vonggac.desk.work.queries.tasks import (
    SORTS,
    Filters,
    about,
    blocks_closing,
    n_to_pass_on,
    published,
    saved_views,
    task,
    tasks,
    timeline,
    to_pass_on,
    undoable,
)

__all__ = [
    "SORTS",
    "Count",
    "Filters",
    "OfOrganisation",
    "Row",
    "about",
    "assignable",
    "blocks_closing",
    "by_batch",
    "by_organisation",
    "counts",
    "days_off",
    "evidence_of",
    "n_mine",
    "n_to_pass_on",
    "n_to_review",
    "one_evidence",
    "policies",
    "policy",
    "published",
    "saved_views",
    "search",
    "searches",
    "sums_by_batch",
    "task",
    "tasks",
    "timeline",
    "to_pass_on",
    "undoable",
]
