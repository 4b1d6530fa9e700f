"""The attachment of an official letter: the list of addresses of infected machines, as such lists come."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from openpyxl import Workbook
from openpyxl.styles import Alignment, Font

from vonggac.jobs.scenario.lines import LOCAL
from vonggac.jobs.scenario.network import (
    COLLEGE_PORT,
    FARMING_PORT,
    HEALTH_PORT,
    HOSPITAL_PORT,
    SHARED_PORT,
    Connection,
)
from vonggac.jobs.scenario.province import (
    C2_ADDRESS,
    COLLEGE,
    COMMUNE_A,
    FARMING,
    FORMER_OWNER,
    HEALTH,
    HOSPITAL,
    MINER_ADDRESS,
    OFFICE,
    OUTSIDER,
    PROVINCE,
    SCIENCE,
    SINKHOLE_ADDRESS,
    SINKHOLE_DOMAIN,
    handed_over,
)

HEADERS = (
    "TT", "Tên đơn vị", "Địa chỉ IP", "Cổng nguồn", "Địa chỉ đích", "Cổng đích", "Tên mã độc", "Thời gian phát hiện lần đầu",
    "Thời gian phát hiện lần cuối",
)  # fmt: skip
HEADER_ROW = 8


@dataclass(frozen=True, slots=True)
class Listed:
    """What must come of one row of the list.

    ``row``: in the sheet, from 1. ``organisation``: whose it is, empty for nobody's. ``hosts``: the inner machine that the
    logs lead to, empty when they do not. ``fault``: the row must be reported instead: "private" or "unreadable".
    """

    row: int
    address: str
    organisation: str
    hosts: tuple[str, ...] = ()
    fault: str = ""


_Cell = str | int | datetime | None
_Row = tuple[tuple[_Cell, ...], Listed]


def _text(time: datetime) -> str:
    return f"{time.astimezone(LOCAL):%d/%m/%Y %H:%M:%S}"


def _cell(time: datetime) -> datetime:
    """A date as a spreadsheet has it: local, without zone, whole seconds."""
    return time.astimezone(LOCAL).replace(tzinfo=None, microsecond=0)


def _rows(end: datetime, infected: Sequence[Connection]) -> list[_Row]:
    """The rows: who, address, port, destination, port, malware, first and last seen; and what must come of each."""
    last = {one.public_port: one.time for one in infected}
    shared = next(one.time for one in infected if one.public_port == SHARED_PORT and one.target == MINER_ADDRESS)
    first = end - timedelta(days=3)
    health, mine = last[HEALTH_PORT], max(one.time for one in infected if one.agency is COMMUNE_A)
    old = handed_over(end) - timedelta(days=40)

    def listed(address: str, organisation: str, *hosts: str, fault: str = "") -> Listed:
        return Listed(0, address, organisation, hosts, fault)

    return [
        ((HEALTH.name, HEALTH.egress, HEALTH_PORT, C2_ADDRESS, 443, "Emotet", _text(first), _text(health)),
         listed(HEALTH.egress, HEALTH.name, HEALTH.inner(14))),
        ((HEALTH.name, HEALTH.egress, SHARED_PORT, MINER_ADDRESS, 3333, "CoinMiner", _cell(first), _cell(shared)),
         listed(HEALTH.egress, HEALTH.name, HEALTH.inner(17))),
        ((COLLEGE.name, COLLEGE.egress.replace("113.", "113[.]"), COLLEGE_PORT, SINKHOLE_DOMAIN.replace(".", "[.]"), 80, "Mozi",
          _text(first), _text(last[COLLEGE_PORT])), listed(COLLEGE.egress, COLLEGE.name, COLLEGE.inner(3))),
        ((COMMUNE_A.name, COMMUNE_A.egress, None, MINER_ADDRESS, 3333, "CoinMiner", _cell(first), _cell(mine)),
         listed(COMMUNE_A.egress, COMMUNE_A.name, COMMUNE_A.inner(21))),
        (("", FARMING.egress, None, SINKHOLE_ADDRESS, 80, "Conficker", _text(old - timedelta(days=5)), _text(old)),
         listed(FARMING.egress, FORMER_OWNER)),
        (("", FARMING.egress, FARMING_PORT, SINKHOLE_ADDRESS, 80, "Conficker", _text(last[FARMING_PORT]),
          _text(last[FARMING_PORT])), listed(FARMING.egress, FARMING.name, FARMING.inner(17))),
        ((HOSPITAL.name, HOSPITAL.egress, HOSPITAL_PORT, C2_ADDRESS, 443, "Emotet", _text(last[HOSPITAL_PORT]),
          _text(last[HOSPITAL_PORT])), listed(HOSPITAL.egress, HOSPITAL.name, HOSPITAL.inner(31))),
        (("Chưa xác định", OUTSIDER, 40001, C2_ADDRESS, 443, "Emotet", _text(first), _text(end - timedelta(hours=40))),
         listed(OUTSIDER, "")),
        ((OFFICE.name, OFFICE.inner(15), None, C2_ADDRESS, 443, "Emotet", _text(first), _text(end - timedelta(hours=39))),
         listed(OFFICE.inner(15), "", fault="private")),
        ((SCIENCE.name, "203.0.113.999", None, C2_ADDRESS, 443, "Sality", _text(first), _text(end - timedelta(hours=39))),
         listed("203.0.113.999", "", fault="unreadable")),
    ]  # fmt: skip


def botnet_list(end: datetime, infected: Sequence[Connection]) -> tuple[bytes, tuple[Listed, ...]]:
    """The list as XLSX, the same bytes for the same input, and what must come of its rows."""
    book = Workbook()
    sheet = book.create_sheet("Phụ lục", 0)
    book.remove(book.worksheets[1])
    bold, centred = Font(bold=True), Alignment(horizontal="center", vertical="center", wrap_text=True)
    day = end.astimezone(LOCAL)
    for cells, text in (
        ("A1:D1", f"ỦY BAN NHÂN DÂN {PROVINCE.upper()}"), ("E1:I1", "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM"),
        ("A2:D2", SCIENCE.name.upper()), ("E2:I2", "Độc lập - Tự do - Hạnh phúc"),
        ("A4:I4", "PHỤ LỤC"), ("A5:I5", "DANH SÁCH ĐỊA CHỈ IP NẰM TRONG MẠNG MÁY TÍNH MA (BOTNET)"),
        ("A6:I6", f"(Kèm theo Công văn số 1124/SKHCN-ATTT ngày {day:%d/%m/%Y})"),
    ):  # fmt: skip
        sheet.merge_cells(cells)
        sheet[cells.partition(":")[0]] = text
        sheet[cells.partition(":")[0]].font = bold
        sheet[cells.partition(":")[0]].alignment = centred
    for column, header in enumerate(HEADERS, 1):
        cell = sheet.cell(HEADER_ROW, column, header)
        cell.font, cell.alignment = bold, centred
    expected = []
    for number, (values, listed) in enumerate(_rows(end, infected), 1):
        row = HEADER_ROW + number
        for column, value in enumerate((number, *values), 1):
            cell = sheet.cell(row, column, value)
            if isinstance(value, datetime):
                cell.number_format = "dd/mm/yyyy hh:mm:ss"
        expected.append(Listed(row, listed.address, listed.organisation, listed.hosts, listed.fault))
    for letter, width in zip("ABCDEFGHI", (5, 32, 18, 11, 26, 10, 14, 22, 22), strict=True):
        sheet.column_dimensions[letter].width = width
    book.properties.creator = SCIENCE.name
    book.properties.created = _cell(end)
    content = io.BytesIO()
    book.save(content)
    return _fixed(content.getvalue(), day), tuple(expected)


def _fixed(xlsx: bytes, day: datetime) -> bytes:
    """``xlsx`` without the time at which it was written."""
    stamp = f"{day:%Y-%m-%dT%H:%M:%SZ}"
    fixed = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(xlsx)) as old, zipfile.ZipFile(fixed, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            body = old.read(name)
            if name == "docProps/core.xml":
                body = re.sub(rb"(<dcterms:modified[^>]*>)[^<]*", rb"\g<1>" + stamp.encode(), body)
            new.writestr(zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0)), body, zipfile.ZIP_DEFLATED)
    return fixed.getvalue()
