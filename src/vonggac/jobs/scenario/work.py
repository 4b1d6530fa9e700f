"""How a botnet list became work in the invented province: three versions, and every unit at another point of it.

Everything is done by the actions that anybody uses, now; between two steps the records that hold times are moved back, so that it
looks as long ago as it is told. The audit record is not: it says when the demonstration was really made.
"""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from random import Random
from typing import Any, Final

from django.db.models import F
from django.utils import timezone
from openpyxl import Workbook

from vonggac.config import Settings
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.intel import actions as lists
from vonggac.desk.intel.models import Indicator as Told
from vonggac.desk.intel.models import IndicatorList, ListVersion
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Origin, machine
from vonggac.desk.work import actions
from vonggac.desk.work.models import FAR, Answer, Batch, ClockPolicy, Comment, HostSearch, Step, Task
from vonggac.jobs import find_hosts, list_import
from vonggac.jobs.scenario import letters
from vonggac.jobs.scenario.letter import HEADERS
from vonggac.jobs.scenario.lines import LOCAL, joined
from vonggac.jobs.scenario.network import COLLEGE_PORT, HEALTH_PORT, HOSPITAL_PORT, infected, nat_log
from vonggac.jobs.scenario.province import (
    C2_ADDRESS,
    COLLEGE,
    COMMUNE_A,
    COMMUNE_B,
    FARMING,
    FINANCE,
    HEALTH,
    HOSPITAL,
    MINER_ADDRESS,
    OUTSIDER,
    SCIENCE,
    SINKHOLE_ADDRESS,
    WARD,
)
from vonggac.jobs.spool import UPLOAD_LIMIT, Spool

BEGAN: Final = timedelta(days=64)
"""How long ago the story begins."""
LIST_CODE: Final = "BOTNET-IP"
SUBSCRIBERS: Final = ("203.0.113.180", "203.0.113.181")
"""Addresses that a telco gave out to somebody who is in no directory by them."""

_TIMES: Final[tuple[tuple[Any, tuple[str, ...]], ...]] = (
    (Task, ("created_at", "changed_at", "acknowledge_due_at", "acknowledge_met_at", "contain_due_at", "contain_met_at",
            "finish_due_at", "finish_met_at", "due_at", "alarm_at", "stopped_at")),
    (Step, ("at",)),
    (Answer, ("at", "verdict_at")),
    (Comment, ("at",)),
    (Batch, ("created_at", "published_at")),
    (HostSearch, ("created_at", "done_at")),
    (ListVersion, ("created_at", "checked_at", "published_at", "expires_at")),
    (Told, ("created_at", "changed_at", "valid_from", "expires_at")),
    *letters.times(),
)  # fmt: skip
"""What the story moves back: when things were done, and until when they have to be. When an address was seen is told right at once."""


class Past:
    """The time of the story: ``left`` before now."""

    def __init__(self, began: timedelta) -> None:
        self.left = began

    @property
    def now(self) -> datetime:
        """The time that the story has come to."""
        return timezone.now() - self.left

    def wait(self, **length: float) -> None:
        """Time passes: all that was done until here is longer ago, and clocks that broke meanwhile ring."""
        by = min(timedelta(**length), self.left)
        for model, names in _TIMES:
            for name in names:
                rows = model.objects.filter(**{f"{name}__lt": FAR})
                rows.update(**{name: F(name) - by})
        policies = ClockPolicy.objects.filter(is_binding=True)
        policies.update(valid_from=F("valid_from") - by)
        self.left -= by
        actions.ring(machine("clocks"))


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the list: seen from ``first`` to ``last`` hours before the letter."""

    address: str
    port: int
    malware: str
    target: str = C2_ADDRESS
    first: float = 60.0
    last: float = 9.0
    unit: str = ""


MIRAI = Row(FINANCE.egress, 41022, "Mirai", MINER_ADDRESS, unit=FINANCE.name)
CONFICKER = Row(FARMING.egress, 53390, "Conficker", SINKHOLE_ADDRESS, unit=FARMING.name)
NECURS = Row(SCIENCE.egress, 44871, "Necurs", SINKHOLE_ADDRESS, unit=SCIENCE.name)
GAMARUE = Row(COLLEGE.egress, COLLEGE_PORT, "Andromeda", SINKHOLE_ADDRESS, unit=COLLEGE.name)
MINER = Row(COMMUNE_A.egress, 40018, "XMRig", MINER_ADDRESS, unit=COMMUNE_A.name)
EMOTET = Row(HEALTH.egress, HEALTH_PORT, "Emotet", unit=HEALTH.name)
HOSPITALS = Row(HOSPITAL.egress, HOSPITAL_PORT, "Emotet", last=14.0, unit=HOSPITAL.name)
BENMAY = Row(COMMUNE_B.egress, 52001, "Mirai", MINER_ADDRESS, unit=COMMUNE_B.name)
HOUSEHOLDS = tuple(Row(address, 40512, "Mirai", MINER_ADDRESS) for address in SUBSCRIBERS)
STRANGER = Row(OUTSIDER, 60011, "Necurs", SINKHOLE_ADDRESS)

VERSIONS: Final = (
    ("112/TB-GS", (MIRAI, CONFICKER, NECURS)),
    ("131/TB-GS", (MIRAI, GAMARUE, MINER, HOUSEHOLDS[0])),
    ("147/TB-GS", (GAMARUE, MINER, CONFICKER, EMOTET, HOSPITALS, BENMAY, *HOUSEHOLDS, STRANGER)),
)
"""Number of each letter, and the rows of the list that came with it."""


@dataclass
class Story:
    """Who acts: the centre's analyst and duty officer, the officer of the health department, the telco; and when."""

    settings: Settings
    past: Past
    administrator: Asker
    analyst: Asker
    duty: Asker
    officer: Asker
    telco: Asker

    def task(self, row: Row) -> tuple[int, int]:
        """The Task of a row, as somebody sees it now."""
        found = Task.objects.filter(kind="clean_address", value=row.address).values_list("pk", "version").get()
        return int(found[0]), int(found[1])

    def publish(self, number: int) -> ListVersion:
        """The letter comes, its list is looked at and let become work."""
        letter, rows = VERSIONS[number]
        told = IndicatorList.objects.get(code=LIST_CODE)
        now = self.past.now
        spool = Spool(self.settings, UPLOAD_LIMIT)
        spool.write(workbook(rows, now))
        name = f"Danh sách IP botnet kèm {letter.replace('/', '-')}.xlsx"
        version = list_import.receive(
            self.settings, self.analyst, told.pk, spool.done(), name, letter=letter,
            letter_on=now.astimezone(LOCAL).date(), as_of=now,
        )  # fmt: skip
        list_import.advance(self.settings, self.analyst, version)
        version.refresh_from_db()
        lists.confirm(self.analyst, version.pk, version.version)
        list_import.advance(self.settings, self.analyst, version)
        version.refresh_from_db()
        return version

    def clean(self, row: Row, who: Asker, *, told_by: str = "", **values: Any) -> None:
        """Somebody reports that they found and cleaned it; ``told_by``: by telephone, the centre wrote it down."""
        given = {
            "done_at": self.past.now, "tool": "Đĩa cứu hộ quét mã độc", "n_checked": 12, "n_infected": 1, "n_cleaned": 1,
            "evidence": "Quét lại toàn bộ máy sau khi cài lại: không còn phát hiện. Tường lửa không ghi nhận kết nối mới.", **values,
        }  # fmt: skip
        came_by = "phone" if told_by else ""
        actions.submit(who, *self.task(row), result="cleaned", values=given, came_by=came_by, told_by=told_by)


def tell(settings: Settings) -> None:
    """Tell the story in an installation that has the directory and the people of the demonstration."""
    story = Story(settings, Past(BEGAN), *map(_asker, ("quantri", "phantich", "trucban", "canbo", "nhamang")))
    _decide(story)
    _first(story)
    _second(story)
    holiday = _letter(story)
    _third(story)
    holiday.review()
    story.past.wait(seconds=story.past.left.total_seconds())
    holiday.report()
    holiday.refer()


def _asker(username: str) -> Asker:
    return asker_of(User.objects.get(username=username), Origin("cli"))


def _decide(story: Story) -> None:
    """The durations that were proposed become binding by a decision."""
    decided_on = story.past.now.astimezone(LOCAL).date()
    for row in ClockPolicy.objects.filter(
        kind__in=("clean_address", "identify_holder"), is_binding=False, valid_until=None
    ):
        actions.decide_policy(
            story.administrator, row.pk, row.version, decision="Quyết định 68/QĐ-UBND (giả định)", decided_on=decided_on
        )
    lists.create_list(
        story.analyst, code=LIST_CODE, name="Địa chỉ IP nghi nhiễm mã độc botnet", kind="botnet",
        issuer="Trung tâm Giám sát quốc gia (giả định)", note="Kèm văn bản hằng tháng; địa chỉ là của mạng trong tỉnh.",
    )  # fmt: skip
    story.past.wait(days=2)


def _first(story: Story) -> None:
    """All of the first list is cleaned in time."""
    story.publish(0)
    story.past.wait(hours=2)
    units = ((MIRAI, "Anh Tâm, Sở Tài chính"), (CONFICKER, "Chị Nhung, Sở NN&MT"), (NECURS, "Anh Đạt, Sở KH&CN"))
    actions.acknowledge(story.duty, [story.task(row) for row, _who in units])
    story.past.wait(hours=7)
    for row, _who in units:
        actions.contain(story.duty, *story.task(row), note="Đơn vị báo đã rút dây mạng máy nhiễm.")
    story.past.wait(days=2)
    story.clean(CONFICKER, story.analyst, told_by=units[1][1], host="PC-QUANTRAC-07", inner_address=FARMING.inner(17))
    story.clean(NECURS, story.analyst, told_by=units[2][1], host="PC-CONG-02", inner_address=SCIENCE.inner(9))
    story.past.wait(hours=20)
    actions.accept(story.duty, [story.task(CONFICKER), story.task(NECURS)])
    story.past.wait(days=27)


def _second(story: Story) -> None:
    """What was cleaned is not seen again; one commune says nothing; a telco is asked."""
    version = story.publish(1)
    lists.request_attribution(story.analyst, version.pk)
    story.past.wait(hours=3)
    actions.acknowledge(story.duty, [story.task(GAMARUE)])
    question = Task.objects.get(kind="identify_holder", value=SUBSCRIBERS[0])
    actions.acknowledge(story.telco, [(question.pk, question.version)])
    story.past.wait(hours=9)
    _answer(story, question, "SV.X.TRASON")
    story.past.wait(days=1)
    story.clean(MIRAI, story.analyst, told_by="Anh Tâm, Sở Tài chính", host="CAM-CONG-01", inner_address=FINANCE.inner(21),
                tool="Khôi phục cài đặt gốc, cập nhật phần mềm thiết bị")  # fmt: skip
    story.clean(GAMARUE, story.analyst, told_by="Thầy Khải, Trường Cao đẳng Nghề", host="PC-PHONGMAY-03")
    story.past.wait(hours=6)
    actions.accept(story.duty, [story.task(MIRAI)], note="Đã xem ảnh chụp cấu hình thiết bị.")
    why = "Chưa thấy kết quả quét các máy còn lại của phòng máy: chỉ có một trên mười hai máy được kiểm tra."
    actions.return_(story.duty, [story.task(GAMARUE)], why)
    story.past.wait(days=6)
    story.past.wait(seconds=(story.past.left - letters.BEGAN).total_seconds())


def _letter(story: Story) -> letters.Holiday:
    """The holiday letter of this morning: answered by portal, link, telephone and workbook until the list comes."""
    holiday = letters.Holiday(story.settings, story.past.left, story.past.now)
    holiday.arrive()
    holiday.issue()
    story.past.wait(minutes=50)
    holiday.by_portal()
    story.past.wait(hours=1, minutes=20)
    holiday.by_link()
    story.past.wait(hours=2)
    holiday.by_phone()
    holiday.by_workbook()
    story.past.wait(seconds=(story.past.left - timedelta(hours=3)).total_seconds())
    return holiday


def _answer(story: Story, question: Task, holder: str) -> None:
    """The telco says who it was; the centre passes that on."""
    values = {
        "holder": Organisation.objects.get(code=holder).pk, "inner_address": WARD.inner(30),
        "held_from": story.past.now - timedelta(days=3), "held_until": story.past.now - timedelta(hours=9),
        "evidence": "Nhật ký biên dịch địa chỉ CGNAT; hợp đồng cung cấp dịch vụ của đơn vị (số hợp đồng không ghi ở đây).",
    }  # fmt: skip
    question.refresh_from_db()
    actions.submit(story.telco, question.pk, question.version, result="identified", values=values)
    question.refresh_from_db()
    actions.accept(story.duty, [(question.pk, question.version)])
    question.refresh_from_db()
    actions.pass_on(story.analyst, question.pk, question.version)


def _third(story: Story) -> None:
    """The list of this morning: one Task is closed by it, one opens again, others are on their way."""
    version = story.publish(2)
    lists.request_attribution(story.analyst, version.pk)
    story.past.wait(minutes=40)
    actions.begin(story.officer, *story.task(EMOTET))
    actions.acknowledge(story.officer, [story.task(HOSPITALS)])
    story.past.wait(minutes=50)
    _drop_log(story)
    text = "Đã thấy máy ở phòng kế toán liên lạc liên tục; đang chờ người dùng về để lấy máy. Xin hướng dẫn lưu bộ nhớ trước khi cài lại."
    actions.comment(story.officer, story.task(EMOTET)[0], text)
    actions.comment(story.analyst, story.task(EMOTET)[0], "Đừng tắt máy. Tổ ứng cứu sẽ gọi lại trong 30 phút.")
    story.past.wait(minutes=30)
    story.clean(
        HOSPITALS,
        story.officer,
        host="PC-DUOC-31",
        inner_address=HOSPITAL.inner(31),
        n_checked=46,
        n_infected=2,
        n_cleaned=2,
    )


def _drop_log(story: Story) -> None:
    """The health department's officer lets the machine look for the host in the log of the gateway."""
    spool = Spool(story.settings, find_hosts.UPLOAD_LIMIT)
    end = story.past.now - timedelta(minutes=90) - timedelta(hours=6)  # the last of them is when the list saw it
    contacts = [one for one in infected(end) if one.agency is HEALTH]
    spool.write(joined(nat_log(Random(7), contacts)))  # noqa: S311  # a story, not a secret
    row = find_hosts.receive(story.settings, story.officer, story.task(EMOTET)[0], spool.done(), "gateways-nat.log")
    find_hosts.advance(story.settings, story.officer, row)


def workbook(rows: Sequence[Row], now: datetime) -> bytes:
    """The list as it comes with a letter."""
    book = Workbook()
    sheet = book.active
    assert sheet is not None  # noqa: S101  # a new workbook has one
    sheet.title = "Danh sách"
    sheet.append(HEADERS)
    for line in _lines(rows, now):
        sheet.append(line)
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def _lines(rows: Sequence[Row], now: datetime) -> Iterator[tuple[Any, ...]]:
    for number, row in enumerate(rows, 1):
        first, last = (
            (now - timedelta(hours=hours)).astimezone(LOCAL).replace(tzinfo=None, microsecond=0)
            for hours in (row.first, row.last)
        )
        port = 443 if row.target == C2_ADDRESS else 80
        yield number, row.unit, row.address, row.port, row.target, port, row.malware, first, last
