"""Every read over lists and indicators."""

from vonggac.desk.intel.queries.differences import Cell, Line, Matrix, Point, Preview, matrix, preview, trend
from vonggac.desk.intel.queries.lists import (
    VIEW,
    gone_rows,
    indicator_list,
    list_version,
    lists,
    row_faults,
    row_history,
    rows,
    tasks_of,
    versions,
)

__all__ = [
    "VIEW",
    "Cell",
    "Line",
    "Matrix",
    "Point",
    "Preview",
    "gone_rows",
    "indicator_list",
    "list_version",
    "lists",
    "matrix",
    "preview",
    "row_faults",
    "row_history",
    "rows",
    "tasks_of",
    "trend",
    "versions",
]
