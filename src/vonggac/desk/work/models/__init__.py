"""Work: what somebody has to do, until when, what they answered, and what became of it."""

from vonggac.desk.work.models.answers import Answer, Comment, Evidence
from vonggac.desk.work.models.clocks import ClockPolicy, DayOff
from vonggac.desk.work.models.searches import HostSearch
from vonggac.desk.work.models.tasks import FAR, SEARCHED, Batch, Bulk, SavedView, Step, Tally, Task, Watcher

__all__ = [
    "FAR",
    "SEARCHED",
    "Answer",
    "Batch",
    "Bulk",
    "ClockPolicy",
    "Comment",
    "DayOff",
    "Evidence",
    "HostSearch",
    "SavedView",
    "Step",
    "Tally",
    "Task",
    "Watcher",
]
