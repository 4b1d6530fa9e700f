"""What others tell us: lists in their versions, what their rows became, and indicators of every kind with who saw them."""

from vonggac.desk.intel.models.indicators import Indicator, MalwareAlias, Sighting
from vonggac.desk.intel.models.lists import IndicatorList, ListRow, ListVersion, OrganisationCount, RowFault

__all__ = [
    "Indicator",
    "IndicatorList",
    "ListRow",
    "ListVersion",
    "MalwareAlias",
    "OrganisationCount",
    "RowFault",
    "Sighting",
]
