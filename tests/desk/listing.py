"""A botnet list of the invented province, in versions: files made, taken in, confirmed, as the portal and the worker do it."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from django.conf import settings as django_settings

from vonggac.config import Settings
from vonggac.desk.intel import actions, queries
from vonggac.desk.intel.models import IndicatorList, ListVersion
from vonggac.desk.scope.asker import Asker
from vonggac.desk.work import actions as work
from vonggac.desk.work.models import Task
from vonggac.jobs import list_import, spool

HEADER = ("STT", "Tên đơn vị", "Địa chỉ IP", "Thời gian", "Cổng nguồn", "IP đích", "Cổng đích", "Mã độc")
SINKHOLE = "192.0.2.250"

Row = tuple[Any, ...]


def row(
    address: str, seen: str = "20/10/2026 08:15:00", malware: str = "Mirai", port: int = 40001, **values: str
) -> Row:
    """One row below HEADER."""
    return (
        "1",
        values.get("organisation", ""),
        address,
        seen,
        str(port),
        values.get("to", "203.0.113.9"),
        "443",
        malware,
    )


def file_of(rows: Iterable[Row], header: Sequence[str] = HEADER) -> bytes:
    """A CSV as an office program writes it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(header)
    writer.writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def settings() -> Settings:
    """Of the portal under test."""
    found: Settings = django_settings.VONGGAC
    return found


def make_list(asker: Asker, code: str = "botnet-bo", **values: Any) -> IndicatorList:
    """A list that comes monthly."""
    return actions.create_list(
        asker, **{"code": code, "name": "Danh sách IP botnet", "kind": "botnet", "issuer": "Cục ATTT", **values}
    )


def upload(asker: Asker, parent: IndicatorList, data: bytes, name: str = "ds.csv", **values: Any) -> ListVersion:
    """A file taken in; nothing is done with it yet."""
    taken = spool.Spool(settings(), spool.UPLOAD_LIMIT)
    taken.write(data)
    return list_import.receive(settings(), asker, parent.pk, taken.done(), name, **values)


def read(asker: Asker, parent: IndicatorList, data: bytes, name: str = "ds.csv", **values: Any) -> ListVersion:
    """A file taken in and read."""
    version = upload(asker, parent, data, name, **values)
    list_import.advance(settings(), asker, version)
    return queries.list_version(asker, version.pk)


def publish(asker: Asker, parent: IndicatorList, rows: Iterable[Row], **values: Any) -> ListVersion:
    """A file taken in, read, confirmed, published and held against what was done."""
    version = read(asker, parent, file_of(rows), **values)
    assert version.state == "checked", (version.state, version.message)
    return confirm(asker, version)


def confirm(asker: Asker, version: ListVersion) -> ListVersion:
    """A version that was read, published."""
    actions.confirm(asker, version.pk, version.version)
    list_import.advance(settings(), asker, version)
    found = queries.list_version(asker, version.pk)
    assert (found.state, found.is_rechecked) == ("published", True), found.message
    return found


def spooled() -> list[Path]:
    """The files that wait."""
    return sorted(spool.spool_folder(settings()).iterdir())


def cleaned(owner: Asker, reviewer: Asker, task: Task, done_at: Any) -> Task:
    """A Task reported cleaned at ``done_at``, and accepted."""
    task.refresh_from_db()
    work.submit(
        owner, task.pk, task.version, result="cleaned",
        values={"done_at": done_at, "tool": "Bộ quét", "n_checked": 1, "n_infected": 1, "n_cleaned": 1, "evidence": "quét lại sạch"},
    )  # fmt: skip
    task.refresh_from_db()
    work.accept(reviewer, [(task.pk, task.version)])
    task.refresh_from_db()
    return task
