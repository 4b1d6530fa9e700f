"""A holiday letter of this morning: issued at the start of the day, answered in four ways, its report ready for who signs."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import date, datetime, timedelta
from random import Random
from typing import Any, Final

from openpyxl import load_workbook

from vonggac.config import Settings, zone_from
from vonggac.desk.accounts.models import User
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.directives import actions as letters
from vonggac.desk.directives.actions import answering, arriving, links, referring, reporting
from vonggac.desk.directives.arrivals import ArrivalValues
from vonggac.desk.directives.beginning import from_template
from vonggac.desk.directives.declaring import known
from vonggac.desk.directives.models import Letter, LetterReading, Link, Recipient
from vonggac.desk.directives.queries.answering import asked
from vonggac.desk.directives.queries.links import asker_of_link
from vonggac.desk.directives.shipped import Dates
from vonggac.desk.directives.values import ClauseValues, LetterValues
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.desk.work.actions import accept, return_
from vonggac.desk.work.kinds import BY_NAME
from vonggac.desk.work.models import Task
from vonggac.desk.work.states import SUBMITTED
from vonggac.documents.official import OfficialLetter, Signatory
from vonggac.documents.official import Paragraph as OfficialParagraph
from vonggac.documents.official import Recipient as OfficialRecipient
from vonggac.documents.rendering import render_letter
from vonggac.jobs import answer_import, answer_workbook, letter_arrival
from vonggac.jobs.scenario.directory import POLICE, SUPERVISOR
from vonggac.jobs.scenario.lines import LOCAL
from vonggac.jobs.spool import UPLOAD_LIMIT, Spool

NATIONAL: Final = "Cục An toàn thông tin quốc gia (giả định)"
ORDER_NUMBER: Final = "214/CATTTQG-GSVN"
ORDER: Final = "tăng cường bảo đảm an toàn thông tin mạng trong dịp nghỉ lễ"
ORDERED: Final = (
    ("1.", "Trực, giám sát an toàn thông tin", "Tổ chức trực, giám sát an toàn thông tin 24/7 trong dịp nghỉ lễ.", "stand_duty"),
    ("2.", "Rà soát, bóc gỡ mã độc", "Rà soát, bóc gỡ mã độc, trước hết ở các địa chỉ trong danh sách đã thông báo.", "check_machines"),
    ("3.", "Báo cáo", "Tổng hợp, báo cáo kết quả thực hiện.", "carry_out"),
)  # fmt: skip
BEGAN: Final = timedelta(hours=9)
"""How long ago the letter was issued."""
OCCASION: Final = "dịp nghỉ lễ"
BY_PORTAL, BY_PHONE, BY_WORKBOOK = "SV.YT", "SV.X.BENMAY", "SV.TC"
SILENT: Final = ("SV.X.THACMO", "SV.TTR", "SV.NM.NUIXANH")
"""Units that have said nothing yet."""
SEEN_ONLY: Final = ("SV.X.GIENGDA", "SV.GD", "SV.X.CONMOI")
"""Units that acknowledged, and did not answer yet."""
_NAMES: Final = (
    "Trần Suối Biếc",
    "Lê Cỏ May",
    "Phạm Gió Lành",
    "Võ Nắng Hạ",
    "Đặng Bến Đợi",
    "Bùi Sương Sớm",
    "Hồ Cầu Vồng",
)


class Holiday:
    """The letter and those who deal with it; ``left``: how long before now the story is when the letter is issued."""

    def __init__(self, settings: Settings, left: timedelta, now: datetime) -> None:
        self.settings, self.left, self.now = settings, left, now
        self.clerk, self.leader, self.duty, self.officer = map(_asker, ("vanthu", "lanhdao", "trucban", "canbo"))
        self.random = Random(5)  # noqa: S311  # a story, not a secret
        self.letter: Letter
        self.order: Letter

    def arrive(self) -> None:
        """What came in: the order of the national authority that the letter carries out, and a warning that is read and waits to be confirmed."""
        office = Organisation.objects.get(code=SUPERVISOR)
        day = self.now.astimezone(LOCAL).date() - timedelta(days=2)
        clauses = [ClauseValues(title, mark, text, kind) for mark, title, text, kind in ORDERED]
        said = LetterValues(subject=ORDER, urgency="khan", deadline=self.now + timedelta(days=2), clauses=clauses)
        values = ArrivalValues(
            said,
            day,
            reference=ORDER_NUMBER,
            dated=day - timedelta(days=1),
            issuer_name=NATIONAL,
            handler="Phòng Chuyển đổi số",
        )
        self.order = arriving.enter(self.clerk, office.pk, values)
        spool = Spool(self.settings, UPLOAD_LIMIT)
        spool.write(render_letter(warning(day)))
        letter_arrival.take(self.settings, self.clerk, office.pk, spool.done(), "CV 233 canh bao lo hong.docx")
        letter_arrival.run_pending(self.settings)

    def issue(self) -> None:
        """Made from what is shipped, approved by the leader, numbered and sent by the clerk."""
        office = Organisation.objects.select_related("parent").get(code=SUPERVISOR)
        today = (self.now + self.left).astimezone(LOCAL)
        due = today.replace(minute=0, second=0, microsecond=0) + timedelta(hours=3)
        first = today.date() + timedelta(days=3)
        said = from_template("holiday", office, Dates(first, first + timedelta(days=2), due), OCCASION)
        said = replace(
            said, parent_id=self.order.pk, opening=f"Thực hiện Công văn số {ORDER_NUMBER} của {NATIONAL}. {said.opening}", symbol="SKHCN-ATTT", place="Sông Vân", signer_title="GIÁM ĐỐC", signer_name="Hồ Núi Lam",
            deadline=due + self.left, clauses=[replace(one, due_at=one.due_at and one.due_at + self.left) for one in said.clauses],
        )  # fmt: skip
        row = letters.create(self.clerk, office.pk, said, template="holiday")
        row = letters.approve(self.leader, row.pk, row.version, confirms=True)
        self.letter = letters.issue(self.clerk, row.pk, row.version, dated=self.now.astimezone(LOCAL).date())

    def recipient(self, code: str) -> Recipient:
        """The recipient of this code."""
        return Recipient.objects.select_related("organisation", "letter").get(
            letter=self.letter, organisation__code=code
        )

    def answers(self, row: Recipient) -> Iterator[answering.Given]:
        """What a unit says to each clause, but for the days to come."""
        for one in asked(row):
            if one.day is None:
                result, values = said_to(self.random, one.task, self.duty)
                yield answering.Given(one.task.pk, result, values)

    def by_portal(self) -> None:
        """The health department's officer acknowledges and answers, signed in."""
        row = self.recipient(BY_PORTAL)
        letters.opened(self.officer, row.pk)
        letters.acknowledge(self.officer, row.pk)
        answering.answer(self.officer, row.pk, list(self.answers(row)))

    def by_link(self) -> None:
        """Most units open the link in the message, on a telephone or a computer."""
        known = {BY_PORTAL, BY_PHONE, BY_WORKBOOK, *SILENT}
        rows = Recipient.objects.filter(letter=self.letter, role="action").exclude(organisation__code__in=known)
        for n, row in enumerate(rows.select_related("organisation", "letter").order_by("n")):
            link = Link.objects.filter(recipient=row, revoked_at=None).select_related("recipient__letter").first()
            if link is None or row.organisation is None:
                continue
            origin = Origin("link", f"198.51.100.{20 + n}", "Mozilla/5.0 (Linux; Android 14) Chrome/130.0")
            links.open_form(link, origin, f"{n:064x}")
            who = asker_of_link(link, _NAMES[n % len(_NAMES)], origin)
            letters.acknowledge(who, row.pk)
            if row.organisation.code not in SEEN_ONLY:
                answering.answer(who, row.pk, list(self.answers(row)))

    def by_phone(self) -> None:
        """A commune without the internet this morning calls; the duty officer writes it down."""
        row = self.recipient(BY_PHONE)
        told = "Chị Sen, văn phòng UBND xã Bến Mây"
        letters.acknowledge(self.duty, row.pk, via="phone", told_by=told)
        answering.answer(self.duty, row.pk, list(self.answers(row)), came_by="phone", told_by=told)

    def by_workbook(self) -> None:
        """The finance department fills in the workbook without a connection and mails it; the duty officer takes it in."""
        row = self.recipient(BY_WORKBOOK)
        zone, file = zone_from(self.settings.zone), io.BytesIO()
        answer_workbook.write(row, file, zone, str, lambda task: known(self.duty, task))
        data = _filled(file.getvalue(), list(self.answers(row)))
        plan = answer_import.check(self.duty, row.pk, data, "tra-loi.xlsx", zone, (str,))
        letters.acknowledge(self.duty, row.pk, via="mail", told_by="Anh Tâm, Sở Tài chính")
        answer_import.apply(self.duty, plan, came_by="mail", told_by="Anh Tâm, Sở Tài chính")

    def review(self) -> None:
        """The centre accepts what holds and returns what does not."""
        rows = Task.objects.filter(batch_id=self.letter.batch_id, state=SUBMITTED).order_by("pk")
        good = [(row.pk, row.version) for row in rows if row.result in ("done", "nothing", "not_applicable")]
        for begin in range(0, len(good) * 2 // 3, 200):
            accept(self.duty, good[begin : min(begin + 200, len(good) * 2 // 3)])
        weak = next((row for row in rows if row.result == "partly"), None)
        if weak is not None:
            return_(self.duty, [(weak.pk, weak.version)], "Chưa nêu thời hạn hoàn thành phần còn lại.")

    def refer(self) -> None:
        """The infection at the health department is put before the police."""
        task = Task.objects.filter(kind="clean_address", organisation__code=BY_PORTAL).order_by("pk").first()
        office, police = (Organisation.objects.get(code=code) for code in (SUPERVISOR, POLICE))
        if task is not None:
            why = "Máy tính bị điều khiển từ xa qua máy chủ ở nước ngoài; có dấu hiệu lấy cắp thư điện tử công vụ."
            referring.refer(
                self.duty,
                office.pk,
                task.pk,
                why=why,
                subject=referring.SUBJECT.format(subject=task.subject),
                body_id=police.pk,
            )

    def report(self) -> Letter:
        """The report on the letter, as it is made from the table, with its files on their way."""
        row = reporting.begin_report(self.clerk, self.letter.pk)
        reporting.ask_files(self.clerk, row.pk)
        return row


def warning(day: date) -> OfficialLetter:
    """A warning of holes in a product, as it comes."""
    return OfficialLetter(
        issuer=NATIONAL, symbol="CATTTQG-CBLH", number=233, dated=day, place="Hà Nội", urgency="khan",
        subject="cảnh báo lỗ hổng nghiêm trọng trong cổng thư điện tử", addressed_to=["Sở Khoa học và Công nghệ các tỉnh, thành phố"],
        signatory=Signatory("CỤC TRƯỞNG", "Lý Sương Sớm"), recipients=[OfficialRecipient("Bộ trưởng", "để b/c")],
        body=[
            OfficialParagraph("Trung tâm ghi nhận lỗ hổng CVE-2026-0001 (giả định) đang bị khai thác. Đề nghị Quý Sở:"),
            OfficialParagraph("Rà soát các hệ thống sử dụng phần mềm bị ảnh hưởng, cập nhật bản vá trước ngày 20 tháng 12 năm 2026.", "1."),
            OfficialParagraph("Rà quét mã độc trên máy chủ thư điện tử, bóc gỡ nếu phát hiện.", "2."),
            OfficialParagraph("Báo cáo kết quả về Cục An toàn thông tin quốc gia trước ngày 22 tháng 12 năm 2026.", "3."),
        ],
    )  # fmt: skip


def _filled(book: bytes, given: list[answering.Given]) -> bytes:
    """The workbook with these answers in its yellow cells."""
    wanted = {f"{one.task_id}.{name}": value for one in given for name, value in one.values.items()}
    wanted |= {
        f"{one.task_id}.result": BY_NAME[Task.objects.get(pk=one.task_id).kind].results[one.result] for one in given
    }
    made = load_workbook(io.BytesIO(book))
    sheet: Any = made.active
    lines: dict[str, Iterator[dict[str, Any]]] = {}
    for row in sheet.iter_rows(min_row=2):
        key = str(row[0].value or "")
        if key.endswith("[]"):
            rest = lines.setdefault(key, iter(wanted.get(key[:-2], ())))
            for place, value in enumerate((next(rest, None) or {}).values(), answer_workbook.FIRST - 1):
                row[place].value = "x" if value is True else value
        elif key in wanted:
            row[answer_workbook.FIRST - 1].value = wanted[key]
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def said_to(random: Random, task: Task, duty: Asker) -> tuple[str, dict[str, Any]]:
    """An answer to one clause: mostly done, sometimes in part, seldom not."""
    result = random.choices(("done", "partly", "no"), (88, 9, 3))[0]
    n = random.randint(6, 60)
    infected = random.choice((0, 0, 0, 1, 2))
    values: dict[str, dict[str, Any]] = {
        "stand_duty": {
            "n_people": 2, "hotline": "0000 868 108",
            "people": [
                {"day": "Cả kỳ nghỉ", "shift": "07:00–19:00", "name": random.choice(_NAMES), "phone": "0000 868 109", "is_leader": True},
                {"day": "Cả kỳ nghỉ", "shift": "19:00–07:00", "name": random.choice(_NAMES), "phone": "0000 868 110"},
            ],
        },
        "check_machines": {
            "n_servers": n // 10, "n_workstations": n, "n_checked": n // 10 + n, "n_infected": infected, "n_cleaned": infected,
            "tool": "Phần mềm phòng, chống mã độc quản lý tập trung",
        },
        "patch_systems": {"n_patched": n // 6 + 1, "n_pending": random.choice((0, 0, 1, 2)), "n_unknown": 0},
        "handle_cases": {"n_received": n, "n_settled": n - infected, "n_open": infected},
        "declare": known(duty, task) if task.kind == "declare" else {},
        "carry_out": {},
    }  # fmt: skip
    said = dict(values.get(task.kind, {}))
    if task.kind == "declare" or result == "done":
        return "done", said
    said["reason"] = _REASONS.get(task.kind, "Đang chờ kinh phí, dự kiến hoàn thành trong tuần sau.")
    if result == "no" and task.kind in ("patch_systems", "carry_out"):
        return "no", {
            "reason": said["reason"],
            "difficulties": "Đơn vị chưa có cán bộ chuyên trách công nghệ thông tin.",
        }
    return "partly", {**said, "difficulties": "Thiếu bản quyền phần mềm cho một số máy trạm cũ."}


_REASONS: Final = {
    "stand_duty": "Ca đêm chưa bố trí được lãnh đạo trực.",
    "check_machines": "Còn một số máy trạm tại bộ phận một cửa đang hoạt động, sẽ rà quét ngoài giờ.",
    "patch_systems": "Một máy chủ ứng dụng cũ không còn được nhà sản xuất hỗ trợ.",
    "handle_cases": "Một số phản ánh đang chờ xác minh thông tin thuê bao.",
}


def _asker(username: str) -> Asker:
    return asker_of(User.objects.get(username=username), Origin("cli"))


def times() -> Iterable[tuple[Any, tuple[str, ...]]]:
    """The records of letters that hold times which the story moves."""
    yield LetterReading, ("at",)
    yield Letter, ("created_at", "approved_at", "issued_at", "sent_at", "deadline")
    yield Recipient, ("sent_at", "opened_at", "acknowledged_at")
    yield Link, ("created_at", "expires_at")
