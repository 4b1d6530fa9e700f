"""Answers by workbook, filled in as people do it, and as nobody should."""

from __future__ import annotations

import io
import zipfile
from typing import Any

import pytest
from django.utils import timezone
from openpyxl import Workbook, load_workbook

from vonggac.config import zone_from
from vonggac.errors import InputError, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db
ZONE = zone_from("+07:00")


def words():
    from django.utils.translation import gettext, override

    def vietnamese(text: str) -> str:
        with override("vi"):
            return gettext(text)

    return vietnamese


@pytest.fixture
def issued(province):
    from letter_of import draft

    return draft(province).issued()


@pytest.fixture
def officer(province):
    return province.asker("agency_officer")


def title(english: str) -> str:
    """A result as a unit chooses it."""
    return words()(english)


class Filled:
    """The workbook of a recipient in a spreadsheet program."""

    def __init__(self, row) -> None:
        from vonggac.jobs import answer_workbook

        file = io.BytesIO()
        self.n = answer_workbook.write(row, file, ZONE, words())
        self.book = load_workbook(io.BytesIO(file.getvalue()))
        self.sheet: Any = self.book.worksheets[0]

    def cell(self, task, name: str, nth: int = 0, column: str = "C"):
        rows = [row[0].row for row in self.sheet.iter_rows(max_col=1) if row[0].value == f"{task.pk}.{name}"]
        return self.sheet[f"{column}{rows[nth]}"]

    def put(self, task, **values) -> Filled:
        for name, value in values.items():
            self.cell(task, name).value = value
        return self

    def duty(self, task, *rows) -> Filled:
        """Rows of who is on duty."""
        for n, row in enumerate(rows):
            for column, value in zip("CDEFG", row, strict=False):
                self.cell(task, "people[]", n, column).value = value
        return self

    def who(self, name: str, phone: str = "") -> Filled:
        for row in self.sheet.iter_rows(max_col=3):
            if row[0].value in ("who", "phone"):
                row[2].value = {"who": name, "phone": phone}[row[0].value]
        return self

    def data(self) -> bytes:
        file = io.BytesIO()
        self.book.save(file)
        return file.getvalue()


def checked(asker, row, data):
    from vonggac.jobs import answer_import

    vi = words()
    return answer_import.check(asker, row.pk, data, "trả lời.xlsx", ZONE, (vi, str))


def told(plan):
    return [(one.cell, one.question, one.fault.message) for one in plan.faults]


def applied(asker, plan, **more):
    from vonggac.jobs import answer_import

    return answer_import.apply(asker, plan, **more)


def good(issued) -> Filled:
    duty, machines = issued.tasks("donghoa")
    book = Filled(issued.recipient("donghoa")).who("Trần Thị Bưởi, công chức", "0000 000 123")
    book.put(duty, result=title("Done"), n_people=2, hotline="0000 000 111")
    book.duty(
        duty, ("30/04", "Ngày", "Lê Văn Cam", "0000 000 222", "x"), ("01/05", None, "Hồ Thị Mít", "0000 000 333", None)
    )
    book.put(machines, result=title("Partly done").upper(), n_servers="3", n_workstations=40, n_checked="1.200", n_infected=2, n_cleaned=2,
             reason="Còn hai máy đang sửa\nsẽ xong tuần sau")  # fmt: skip
    return book


def test_a_workbook_asks_what_the_letter_asks_and_lets_in_what_is_asked(issued):
    duty, machines = issued.tasks("donghoa")
    book = Filled(issued.recipient("donghoa"))
    sheet = book.sheet
    assert book.n == 2
    assert sheet.protection.sheet
    assert not book.cell(duty, "result").protection.locked
    assert sheet["B3"].protection.locked
    assert sheet.row_dimensions[1].hidden
    assert sheet.column_dimensions["A"].hidden
    lists = {rule.formula1 for rule in sheet.data_validations.dataValidation if rule.type == "list"}
    assert len(lists) == 2
    text = "\n".join(str(cell.value) for row in sheet.iter_rows(min_row=2, min_col=2) for cell in row if cell.value)
    assert "Trực và giám sát 24/7" in text
    assert "Rà soát toàn bộ máy chủ, máy trạm." in text
    assert "Xã Đông Hòa" in text
    assert title("Servers in all") in text
    assert "tin nhắn rác" not in text  # the clause of others
    assert machines.pk != duty.pk


def test_what_was_filled_in_is_answered_once_and_the_same_again_changes_nothing(issued, officer):
    from vonggac.desk.work.models import Answer, Task

    row = issued.recipient("donghoa")
    data = good(issued).data()
    plan = checked(officer, row, data)
    assert told(plan) == []
    assert (len(plan.ready), plan.n_blank, plan.n_same) == (2, 0, 0)
    done = applied(officer, plan, key="book")
    assert len(done.made) == 2
    duty, machines = Answer.objects.order_by("pk")
    assert duty.values["people"] == [
        {"day": "30/04", "shift": "Ngày", "name": "Lê Văn Cam", "phone": duty.values["people"][0]["phone"], "is_leader": True},
        {"day": "01/05", "name": "Hồ Thị Mít", "phone": duty.values["people"][1]["phone"]},
    ]  # fmt: skip
    assert machines.values["n_checked"] == 1200
    assert machines.values["reason"].splitlines() == ["Còn hai máy đang sửa", "sẽ xong tuần sau"]
    assert duty.told_by == "Trần Thị Bưởi, công chức, 0000 000 123"
    assert set(
        Task.objects.filter(batch_id=row.letter.batch_id, organisation=row.organisation).values_list("state", flat=True)
    ) == {"submitted"}
    again = checked(officer, row, data)
    assert (len(again.ready), again.n_same, told(again)) == (0, 2, [])


def test_clauses_without_a_result_are_left_for_later(issued, officer):
    duty, machines = issued.tasks("donghoa")
    book = Filled(issued.recipient("donghoa")).put(machines, result="not_applicable", reason="Không có máy")
    plan = checked(officer, issued.recipient("donghoa"), book.data())
    assert [one.asked.task.pk for one in plan.ready] == [machines.pk]
    assert plan.n_blank == 1
    assert duty.pk


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("n_servers", "12 máy", "digits alone are expected"),
        ("n_servers", -1, "digits alone are expected"),
        ("n_servers", 1.5, "digits alone are expected"),
        ("n_servers", "1,5", "digits alone are expected"),
        ("n_servers", 10**9, "digits alone are expected"),
        ("n_servers", True, "digits alone are expected"),
        ("n_servers", "=1+1", "a formula without a stored value"),
        ("n_servers", None, "this is needed"),
        ("result", "Xong rồi", "is not possible here"),
        ("n_cleaned", 9, "more hosts were cleaned than were infected"),
    ],
)
def test_a_fault_names_its_cell(issued, officer, name, value, message):
    machines = issued.tasks("donghoa")[1]
    book = good(issued).put(machines, **{name: value})
    plan = checked(officer, issued.recipient("donghoa"), book.data())
    faults = [one for one in plan.faults if one.cell == book.cell(machines, name).coordinate]
    assert any(message in one.fault.message for one in faults), told(plan)
    assert faults[0].clause == "1.c Rà soát, bóc gỡ mã độc"
    with pytest.raises(InvalidValues):
        applied(officer, plan)


def test_a_fault_in_a_small_table_names_the_cell_of_its_row(issued, officer):
    duty = issued.tasks("donghoa")[0]
    book = good(issued).duty(
        duty, ("30/04", "", "Lê Văn Cam", "gọi chị Lan", "có lẽ"), (None,), ("", "", "Thiếu ngày", "0000 000 333", "")
    )
    plan = checked(officer, issued.recipient("donghoa"), book.data())
    cells = {one.cell for one in plan.faults}
    assert {book.cell(duty, "people[]", 0, "F").coordinate, book.cell(duty, "people[]", 0, "G").coordinate} <= cells
    assert book.cell(duty, "people[]", 2, "C").coordinate in cells


def test_a_clause_with_values_and_no_result_is_told(issued, officer):
    machines = issued.tasks("donghoa")[1]
    book = Filled(issued.recipient("donghoa")).put(machines, n_servers=3)
    plan = checked(officer, issued.recipient("donghoa"), book.data())
    assert [one.cell for one in plan.faults] == [book.cell(machines, "result").coordinate]


def test_rows_that_people_insert_are_read_in_a_table_and_told_elsewhere(issued, officer):
    duty, machines = issued.tasks("donghoa")
    book = good(issued)
    last = book.cell(duty, "people[]", 1).row
    book.sheet.insert_rows(last + 1)
    for column, value in zip("CDEF", ("02/05", "Đêm", "Người Thứ Ba", "0000 000 444"), strict=True):
        book.sheet[f"{column}{last + 1}"].value = value
    plan = checked(officer, issued.recipient("donghoa"), book.data())
    assert told(plan) == []
    assert len(plan.ready[0].given.values["people"]) == 3
    at = book.cell(machines, "n_servers").row
    book.sheet.insert_rows(at)
    book.sheet[f"C{at}"].value = "quên mất"
    plan = checked(officer, issued.recipient("donghoa"), book.data())
    assert [one.cell for one in plan.faults] == [f"C{at}"]


def test_a_workbook_of_another_recipient_is_refused(issued, province, officer):
    row, other = issued.recipient("donghoa"), issued.recipient("tayson")
    data = Filled(other).data()
    with pytest.raises(InvalidValues, match="made for another unit"):
        checked(officer, row, data)
    with pytest.raises(InvalidValues) as told_to_centre:
        checked(province.asker("analyst"), row, data)
    assert told_to_centre.value.faults[0].params["name"] == "Xã Tây Sơn"
    with pytest.raises(NotThere):
        checked(officer, other, data)
    with pytest.raises(NotThere):
        checked(province.asker("stranger"), row, good(issued).data())
    with pytest.raises(NotAllowed):
        checked(province.asker("leader"), row, good(issued).data())


def test_what_the_hidden_cells_claim_opens_nothing(issued, province, officer):
    row = issued.recipient("donghoa")
    other = issued.tasks("tayson")[0]
    book = good(issued)
    book.cell(issued.tasks("donghoa")[0], "result").parent.cell(
        book.cell(issued.tasks("donghoa")[0], "result").row, 1
    ).value = f"{other.pk}.result"
    with pytest.raises(InputError, match="hidden cells were changed"):
        checked(officer, row, book.data())
    for text in ("", "x" * 40, "eyJ.abc:def"):
        book = good(issued)
        book.sheet["B1"].value = text
        with pytest.raises(InputError, match="hidden cells were changed"):
            checked(officer, row, book.data())


def test_an_answer_that_came_after_the_workbook_is_not_written_over(issued, officer):
    from vonggac.desk.directives.actions.answering import answer

    row = issued.recipient("donghoa")
    machines = issued.tasks("donghoa")[1]
    data = good(issued).data()
    answer(officer, row.pk, [(machines.pk, "in_progress", {"difficulties": "Chậm"})])
    plan = checked(officer, row, data)
    assert [one.fault.message for one in plan.faults] == [
        "it was answered by {name} after the workbook was made: get the workbook anew"
    ]
    fresh = Filled(row)
    assert fresh.cell(machines, "difficulties").value == "Chậm"


def test_what_was_returned_is_asked_again_without_its_result(issued, province, officer):
    from vonggac.desk.work import actions as work

    row = issued.recipient("donghoa")
    applied(officer, checked(officer, row, good(issued).data()))
    task = issued.tasks("donghoa")[1]
    work.return_(province.asker("analyst"), [(task.pk, task.version)], "Thiếu máy trạm")
    book = Filled(row)
    assert (book.n, book.cell(task, "result").value, book.cell(task, "n_servers").value) == (1, None, 3)
    assert checked(officer, row, book.data()).n_blank == 1
    plan = checked(officer, row, book.put(task, result=title("Done")).data())
    assert len(plan.ready) == 1


def test_the_centre_enters_a_workbook_that_came_by_mail(issued, province):
    from vonggac.desk.work.models import Answer

    analyst = province.asker("analyst")
    row = issued.recipient("donghoa")
    plan = checked(analyst, row, good(issued).data())
    applied(analyst, plan, came_by="mail")
    assert {(one.came_by, one.told_by) for one in Answer.objects.all()} == {
        ("mail", "Trần Thị Bưởi, công chức, 0000 000 123")
    }


def test_who_answers_by_link_answers_by_workbook_too(issued):
    from vonggac.desk.scope.asker import Asker, Held, Origin
    from vonggac.desk.work.models import Answer

    row = issued.recipient("donghoa")
    linked = Asker(
        None, "Trần Thị Bưởi", (Held("agency_officer", row.organisation_id),), Origin("link"),
        only=frozenset({"letters.view", "work.view", "work.answer"}),
    )  # fmt: skip
    applied(linked, checked(linked, row, good(issued).data()))
    assert {one.came_by for one in Answer.objects.all()} == {"link"}


def test_a_clause_that_needs_a_file_says_where_to_add_it(province):
    from letter_of import draft

    from vonggac.desk.directives.values import ClauseValues

    issued = draft(
        province, clauses=[ClauseValues("Báo cáo có chữ ký", "1", "", "carry_out", needs_file=True)]
    ).issued()
    task = issued.tasks("donghoa")[0]
    book = Filled(issued.recipient("donghoa")).put(task, result="done")
    plan = checked(province.asker("agency_officer"), issued.recipient("donghoa"), book.data())
    assert [one.cell for one in plan.faults] == [book.cell(task, "result").coordinate]


def test_text_is_never_a_formula_and_comes_back_as_it_was(issued, officer):
    from vonggac.desk.directives.actions.answering import answer

    row = issued.recipient("donghoa")
    machines = issued.tasks("donghoa")[1]
    answer(
        officer,
        row.pk,
        [(machines.pk, "in_progress", {"difficulties": '=HYPERLINK("http://x.example")', "tool": "+84"})],
    )
    book = Filled(row)
    assert book.cell(machines, "difficulties").data_type == "s"
    assert book.cell(machines, "difficulties").value.startswith("'=")
    plan = checked(officer, row, book.data())
    assert plan.n_same == 1


# ------------------------------------------------------------------------------------------------------------ hostile


def with_part(data: bytes, name: str, content: bytes) -> bytes:
    file = io.BytesIO(data)
    with zipfile.ZipFile(file, "a") as archive:
        archive.writestr(name, content)
    return file.getvalue()


def other_book() -> bytes:
    made = Workbook()
    made.active.append(["Đơn vị", "Kết quả"])
    file = io.BytesIO()
    made.save(file)
    return file.getvalue()


def test_what_is_no_workbook_of_ours_is_refused_with_the_reason(issued, officer):
    row = issued.recipient("donghoa")
    data = good(issued).data()
    bomb = io.BytesIO()
    with zipfile.ZipFile(bomb, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("[Content_Types].xml", "<Types/>")
        archive.writestr("xl/workbook.xml", b" " * (200 << 20))
    for hostile in (
        b"", b"%PDF-1.4 x", b"MZ" + bytes(200), other_book(), data[:2000], bomb.getvalue(),
        with_part(data, "xl/vbaProject.bin", b"macro"),
        with_part(data, "xl/externalLinks/externalLink1.xml", b'<externalLink><ddeLink ddeService="cmd"/></externalLink>'),
        with_part(data, "xl/x.xml", b'<!DOCTYPE x [<!ENTITY e SYSTEM "file:///etc/passwd">]><x>&e;</x>'),
        with_part(data, "../../up.xml", b"x"),
    ):  # fmt: skip
        with pytest.raises(InputError):
            checked(officer, row, hostile)


def test_a_sheet_that_stands_there_twice_is_told(issued, officer):
    book = good(issued)
    book.book.copy_worksheet(book.sheet)
    with pytest.raises(InputError, match="twice"):
        checked(officer, issued.recipient("donghoa"), book.data())


def test_days_that_have_not_come_are_not_asked_and_many_days_fit(province, officer):
    from datetime import date, timedelta

    from letter_of import draft

    from vonggac.desk.directives.values import ClauseValues

    today = timezone.now().astimezone(ZONE).date()
    issued = draft(
        province, clauses=[ClauseValues("Báo cáo ngày", "1", "", "report_day", is_daily=True)],
        period_from=today + timedelta(days=1), period_until=today + timedelta(days=41),
    ).issued()  # fmt: skip
    row = issued.recipient("donghoa")
    assert Filled(row).n == 0
    for task in issued.tasks("donghoa"):  # the days pass
        task.details["day"] = (date.fromisoformat(task.details["day"]) - timedelta(days=41)).isoformat()
        task.save(update_fields=["details"])
    book = Filled(row)
    assert book.n == 41
    del book.book["lists"]
    for task in issued.tasks("donghoa"):
        book.put(task, result=title("Nothing to report"))
    plan = checked(officer, row, book.data())
    assert (len(plan.ready), told(plan)) == (41, [])
