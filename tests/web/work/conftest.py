"""Browsers and Tasks of the invented province."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from province import Province

    from vonggac.desk.work.models import Task


@pytest.fixture
def infected(province: Province) -> Callable[..., Task]:
    """Makes the Task to clean an address; of Đông Hòa unless told otherwise."""
    from vonggac.desk.work.actions import Draft, open_task

    def make(address: str = "198.51.100.5", code: str = "donghoa", **values: Any) -> Task:
        details = {"address": address, "malware": "Mirai", **values.pop("details", {})}
        draft = Draft(
            "clean_address", province.id(code), values.pop("subject", f"{address} · Mirai"), address, details, **values
        )
        return open_task(province.asker("analyst"), draft)

    return make
