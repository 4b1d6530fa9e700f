"""Work in the invented province. Django is not ready while this file is read."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from province import Province

    from vonggac.desk.work.models import Task


@pytest.fixture
def infected(province: Province) -> Callable[..., Task]:
    """Makes the Task to clean an address; of Đông Hòa unless told otherwise."""
    from vonggac.desk.work.actions import Draft, open_task

    def make(address: str = "198.51.100.5", code: str = "donghoa", **values: object) -> Task:
        details = {"address": address, "malware": "Mirai", **values.pop("details", {})}
        return open_task(
            province.asker("analyst"),
            Draft("clean_address", province.id(code), f"{address} · Mirai", address, details, **values),
        )

    return make


@pytest.fixture(autouse=True)
def _counts_stay_right(request: pytest.FixtureRequest) -> Iterator[None]:
    """Whatever a test did: the counts that are kept are those of the Tasks."""
    if not {"db", "province", "graph"} & set(request.fixturenames):
        yield
        return
    request.getfixturevalue("db")
    yield
    from vonggac.desk.work import tallies

    assert tallies.kept() == tallies.counted()
