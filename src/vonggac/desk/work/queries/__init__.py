"""Every read over work, scoped to what the asker may see."""

from vonggac.desk.work.queries.counts import Count, Row, by_batch, counts, n_mine, n_to_review
from vonggac.desk.work.queries.policies import days_off, policies, policy
from vonggac.desk.work.queries.tasks import (
    SORTS,
    Filters,
    blocks_closing,
    published,
    saved_views,
    task,
    tasks,
    timeline,
    undoable,
)

__all__ = [
    "SORTS",
    "Count",
    "Filters",
    "Row",
    "blocks_closing",
    "by_batch",
    "counts",
    "days_off",
    "n_mine",
    "n_to_review",
    "policies",
    "policy",
    "published",
    "saved_views",
    "task",
    "tasks",
    "timeline",
    "undoable",
]
