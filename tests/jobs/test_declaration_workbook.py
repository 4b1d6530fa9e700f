"""A unit declares itself in the workbook of its letter, which begins with what the directory has."""

from __future__ import annotations

import io
from datetime import date
from functools import partial
from typing import Any

import pytest
from openpyxl import load_workbook

from vonggac.config import zone_from

pytestmark = pytest.mark.django_db
ZONE = zone_from("+07:00")


@pytest.fixture
def asked(province: Any) -> Any:
    """A letter with the one clause that every recipient declares itself."""
    from letter_of import draft

    from vonggac.desk.directives.values import ClauseValues

    return draft(province, clauses=(ClauseValues("Khai báo", "3", "", "declare"),)).issued()


class Book:
    """The workbook as a unit has it open."""

    def __init__(self, asker: Any, asked: Any, code: str = "donghoa") -> None:
        from vonggac.desk.directives.declaring import known
        from vonggac.jobs import answer_workbook

        file = io.BytesIO()
        answer_workbook.write(asked.recipient(code), file, ZONE, str, partial(known, asker))
        self.book = load_workbook(io.BytesIO(file.getvalue()))
        self.sheet: Any = self.book.worksheets[0]
        self.asker, self.row, self.task = asker, asked.recipient(code), asked.tasks(code)[0]

    def rows(self, name: str) -> list[int]:
        """The numbers of the rows of a question."""
        return [row[0].row for row in self.sheet.iter_rows(max_col=1) if row[0].value == f"{self.task.pk}.{name}"]

    def read(self, name: str, width: int) -> list[tuple[Any, ...]]:
        """What stands in a small table."""
        rows = [tuple(self.sheet.cell(n, 3 + at).value for at in range(width)) for n in self.rows(f"{name}[]")]
        return [row for row in rows if any(row)]

    def put(self, name: str, *rows: tuple[Any, ...]) -> None:
        """Fill in a small table from its first row on."""
        for n, row in zip(self.rows(f"{name}[]"), rows, strict=False):
            for at, value in enumerate(row):
                self.sheet.cell(n, 3 + at).value = value

    def result(self, title: str) -> None:
        """Choose a result."""
        self.sheet.cell(self.rows("result")[0], 3).value = title

    def checked(self) -> Any:
        """What it would answer."""
        from vonggac.jobs import answer_import

        file = io.BytesIO()
        self.book.save(file)
        return answer_import.check(self.asker, self.row.pk, file.getvalue(), "khai báo.xlsx", ZONE, (str,))


def test_it_begins_with_what_the_directory_has(province, asked):
    book = Book(province.asker("agency_officer"), asked)
    assert book.read("contacts", 3) == [("Nguyễn Văn Donghoa", "Mobile", "0000 000 123")]
    assert book.read("networks", 2) == [("198.51.100.1-198.51.100.9", "2020-01-01")]
    assert book.read("systems", 3) == [("Cổng thông tin donghoa", "2", "donghoa.example")]


def test_left_alone_it_answers_nothing(province, asked):
    plan = Book(province.asker("agency_officer"), asked).checked()
    assert (plan.faults, plan.ready, plan.n_blank) == ([], [], 1)


def test_filled_in_sent_and_accepted_it_is_in_the_directory(province, asked):
    from vonggac.desk.organisations.models import ContactPoint, InformationSystem, Network
    from vonggac.desk.work import actions
    from vonggac.jobs import answer_import

    book = Book(province.asker("agency_officer"), asked)
    book.result("Done")
    book.put(
        "contacts", ("Nguyễn Văn Donghoa", "Mobile", "0000 000 123"), ("Văn phòng", "E-mail", "vp@donghoa.example")
    )
    book.put("networks", ("198.51.100.1-198.51.100.9",), ("203.0.113.0/28", date(2024, 3, 15)))
    book.put("systems", ("Cổng thông tin donghoa", 2, "donghoa.example"), ("Một cửa", 3, None))
    plan = book.checked()
    assert plan.faults == []
    answer_import.apply(book.asker, plan)
    book.task.refresh_from_db()
    actions.accept(province.asker("duty_officer"), [(book.task.pk, book.task.version)])
    here = {"organisation": province["donghoa"], "valid_until": None}
    assert list(ContactPoint.objects.filter(**here).order_by("rank").values_list("value", flat=True)) == [
        "0000 000 123", "vp@donghoa.example",
    ]  # fmt: skip
    assert Network.objects.get(text="203.0.113.0/28", **here).valid_from.date() == date(
        2024, 3, 14
    )  # its midnight, in UTC
    assert InformationSystem.objects.get(name="Một cửa", **here).level == 3


def test_every_fault_names_its_cell(province, asked):
    book = Book(province.asker("agency_officer"), asked)
    book.result("Done")
    book.put("networks", ("10.0.0.0/8",), ("203.0.113.0/28",), ("=1+1",))
    book.put("systems", ("Một cửa", 6, None))
    n, s = book.rows("networks[]"), book.rows("systems[]")
    assert {one.cell for one in book.checked().faults} == {f"C{n[0]}", f"C{n[2]}", f"D{s[0]}"}


def test_a_workbook_of_another_unit_is_refused(province, asked):
    from province import admin

    from vonggac.errors import InvalidValues

    book = Book(admin(), asked, "tayson")
    book.asker, book.row = province.asker("agency_officer"), asked.recipient("donghoa")
    with pytest.raises(InvalidValues):
        book.checked()
