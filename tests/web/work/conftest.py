"""Browsers and Tasks of the invented province."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from province import Province

    from vonggac.desk.work.models import Task


@pytest.fixture(autouse=True)
def _empty_spool(db: None) -> None:
    """No file of another test waits: its record went with its transaction, the file did not."""
    from django.conf import settings

    from vonggac.jobs.spool import spool_folder

    for path in spool_folder(settings.VONGGAC).iterdir():
        path.unlink()


@pytest.fixture
def browser(province: Any) -> Callable[..., Any]:
    """``browser("agency_officer")``: the client of whoever has that role in the province, the second factor shown."""
    from django.test import Client
    from signing import sign_in

    return lambda role: sign_in(Client(), province.users[role])


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
