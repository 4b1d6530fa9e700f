"""What a detector is: a pure function of a batch, made once from immutable knowledge (rules, indicators)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from vonggac.events.batch import EventBatch
from vonggac.events.finding import Hit


class Detector(Protocol):
    """Judges batches. Instances hold compiled knowledge and scratch memory, no state that changes an answer."""

    def detect(self, batch: EventBatch) -> Sequence[Hit]:
        """All hits in ``batch``, in order of row, then of rule id."""
        ...


@runtime_checkable
class Sifter(Detector, Protocol):
    """A detector that can tell in raw text where it may find something, so that the other lines need not be read."""

    def sift(
        self, source: str, data: NDArray[np.uint8], starts: NDArray[np.int64], ends: NDArray[np.int64]
    ) -> NDArray[np.bool_] | None:
        """Whether ``detect`` may find something in the event of line i, ``data[starts[i]:ends[i]]``, of a log of ``source``.

        Too often is only slow, too seldom is wrong. None: that cannot be told without the events.
        """
        ...
