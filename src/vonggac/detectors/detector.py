"""What a detector is: a pure function of a batch, made once from immutable knowledge (rules, indicators)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from vonggac.events.batch import EventBatch
from vonggac.events.finding import Hit


class Detector(Protocol):
    """Judges batches. Instances hold compiled knowledge and scratch memory, no state between batches."""

    def detect(self, batch: EventBatch) -> Sequence[Hit]:
        """All hits in ``batch``, in order of row, then of rule id."""
        ...
