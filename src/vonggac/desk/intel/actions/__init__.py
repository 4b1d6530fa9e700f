"""Every write over lists and indicators."""

from vonggac.desk.intel.actions.aliases import add_alias, edit_alias, remove_alias
from vonggac.desk.intel.actions.asking import request_attribution
from vonggac.desk.intel.actions.lists import create_list, edit_list
from vonggac.desk.intel.actions.versions import abandon, confirm, decide_rows, set_details, set_mapping

__all__ = [
    "abandon",
    "add_alias",
    "confirm",
    "create_list",
    "decide_rows",
    "edit_alias",
    "edit_list",
    "remove_alias",
    "request_attribution",
    "set_details",
    "set_mapping",
]
