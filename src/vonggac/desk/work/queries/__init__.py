"""Every read over work, scoped to what the asker may see."""

from vonggac.desk.work.queries.counts import (
    Count,
    Lagging,
    Row,
    by_batch,
    counts,
    lagging,
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
    "Lagging",
    "Row",
    "about",
    "assignable",
    "blocks_closing",
    "by_batch",
    "counts",
    "days_off",
    "evidence_of",
    "lagging",
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
