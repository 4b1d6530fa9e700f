"""A list in the invented province, and files of it. Django is not ready while this file is read."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from province import Province

HEADS = ("STT", "Đơn vị", "IP nhiễm", "Mã độc", "Lần cuối", "Máy chủ điều khiển", "Cổng đích")


def make_book(*rows: tuple[Any, ...], heads: tuple[str, ...] = HEADS) -> bytes:
    """A workbook with these rows."""
    from openpyxl import Workbook

    made = Workbook()
    made.active.title = "Danh sách"
    for row in (heads, *rows):
        made.active.append(row)
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def make_line(
    n: int, address: str, malware: str = "Mirai", owner: str = "Xã Đông Hòa", at: str = "20/11/2026 08:15"
) -> tuple[Any, ...]:
    """One row of such a workbook."""
    return (n, owner, address, malware, at, "203.0.113.9", 443)


@pytest.fixture
def book() -> Callable[..., bytes]:
    """``book(*rows, heads=...)``: a workbook."""
    return make_book


@pytest.fixture
def line() -> Callable[..., tuple[Any, ...]]:
    """``line(1, "198.51.100.5")``: a row of it."""
    return make_line


@pytest.fixture
def first() -> bytes:
    """A list with one address of Đông Hòa, one of Tây Sơn, one of nobody, and one that is none."""
    return make_book(
        make_line(1, "198.51.100.5"),
        make_line(2, "198.51.100.33", owner="Xã Tây Sơn"),
        make_line(3, "203.0.113.40", owner="Không rõ"),
        make_line(4, "999.1.1.1"),
    )


@pytest.fixture
def botnet(province: Province) -> Any:
    """The monthly list."""
    from vonggac.desk.intel import actions

    return actions.create_list(
        province.asker("analyst"), code="botnet-thang", name="Danh sách IP botnet hằng tháng", kind="botnet", issuer="Cục An toàn",
        tlp="amber", confidence=80, cadence_days=30, expires_days=90, note="",
    )  # fmt: skip


@pytest.fixture
def bring(browser: Callable[..., Any], botnet: Any) -> Callable[..., Any]:
    """``bring(data)``: the version that a file became, read but not published; ``publish`` goes on to the end."""
    from django.core.files.uploadedfile import SimpleUploadedFile

    from vonggac.desk.intel.models import ListVersion

    def take(
        data: bytes, name: str = "danh-sach.xlsx", *, publish: bool = False, letter: str = "12/CATTT"
    ) -> ListVersion:
        client = browser("analyst")
        form = {"letter": letter, "tlp": "amber", "confidence": "80", "file": SimpleUploadedFile(name, data)}
        answer = client.post(f"/lists/{botnet.pk}/import", form)
        assert answer.status_code == 302, answer.content.decode()[-3000:]
        row = ListVersion.objects.latest("pk")
        if publish:
            client.post(f"/lists/versions/{row.pk}/confirm", {"version": row.version})
            row.refresh_from_db()
            assert row.state == "published"
        return row

    return take


@pytest.fixture(autouse=True)
def _folders_are_left_empty() -> Iterator[None]:
    """What a test brought in is gone after it."""
    yield
    from django.conf import settings

    for name in ("spool", "pictures"):
        folder = settings.VONGGAC.data_dir / name
        for path in folder.iterdir() if folder.is_dir() else ():
            path.unlink()
