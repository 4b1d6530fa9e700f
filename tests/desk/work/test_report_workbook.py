"""Many reports by one workbook: what is told in hidden cells is a claim, every fault has its place, twice changes nothing."""

from __future__ import annotations

import io
from datetime import timedelta, timezone

import pytest
from openpyxl import load_workbook
from proofs import docx, png

from vonggac.desk.work import actions
from vonggac.desk.work.models import Answer, Evidence, Task
from vonggac.errors import EditConflict, FormatUnknown, InputError, InvalidValues, UnsafeInput
from vonggac.jobs import report_import, report_workbook
from vonggac.jobs.report_import import Teller

ZONE = timezone(timedelta(hours=7))
CLEANED = {
    "result": "Found and cleaned", "tool": "Quét ngoại tuyến", "n_checked": 12, "n_infected": 1, "n_cleaned": 1,
    "received_at": "01/11/2026 08:00", "done_at": "01/11/2026 08:30", "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def made(asker, organisation_id=None):
    file = io.BytesIO()
    report_workbook.write(asker, file, ZONE, str, organisation_id)
    return load_workbook(io.BytesIO(file.getvalue()))


def filled(book, *rows, **changes):
    """The workbook with these values in its first rows; ``changes``: of hidden cells."""
    sheet = book.worksheets[1]
    names = [cell.value for cell in sheet[1]]
    for number, values in enumerate(rows, 3):
        for name, value in {**values, **changes}.items():
            sheet.cell(number, 1 if name == "task" else names.index(name) + 1).value = value
    file = io.BytesIO()
    book.save(file)
    return file.getvalue()


def teller(asker, **values):
    return Teller(asker, ZONE, (str,), **values)


def told(plan):
    return [(one.row, one.column, one.fault.message.format(**one.fault.params)) for one in plan.faults]


def test_from_the_workbook_to_the_answers(province, infected):
    officer = province.asker("agency_officer")
    tasks = [infected(), infected("198.51.100.6"), infected("198.51.100.7")]
    infected("198.51.100.40", "tayson")
    book = made(officer)
    sheet = book.worksheets[1]
    assert [sheet.cell(number, 1).value for number in range(3, 7)] == [*(one.pk for one in tasks), None]
    assert sheet.column_dimensions["A"].hidden
    assert sheet.row_dimensions[1].hidden
    data = filled(book, CLEANED, {"result": "in_progress", "difficulties": "Chờ nhà cung cấp"})
    plan = report_import.check(teller(officer), data, "a.xlsx")
    assert (len(plan.ready), told(plan), plan.n_blank) == (2, [], 1)
    assert not Answer.objects.exists()
    _plan, outcome = report_import.apply(teller(officer), data, "a.xlsx")
    assert outcome.n == 2
    states = dict(Task.objects.values_list("pk", "state"))
    assert [states[one.pk] for one in tasks] == ["submitted", "in_progress", "new"]
    answer = Answer.objects.get(task=tasks[0])
    assert answer.values["done_at"] == "2026-11-01T01:30:00+00:00"
    assert answer.values["n_checked"] == 12
    again, outcome = report_import.apply(teller(officer), data, "a.xlsx")
    assert (again.n_same, told(again), outcome.n, Answer.objects.count()) == (2, [], 0, 2)


def test_what_came_back_to_its_owner_is_reported_anew_though_nothing_in_it_changed(province, infected):
    officer, analyst = province.asker("agency_officer"), province.asker("analyst")
    task = infected()
    report_import.apply(teller(officer), filled(made(officer), CLEANED), "a.xlsx")
    task.refresh_from_db()
    actions.withdraw(analyst, [(task.pk, task.version)], "nhầm")
    task.refresh_from_db()
    actions.reopen(analyst, [(task.pk, task.version)], "không nhầm")
    plan, outcome = report_import.apply(teller(officer), filled(made(officer), CLEANED), "a.xlsx")
    assert (outcome.n, plan.n_same, told(plan)) == (1, 0, [])
    task.refresh_from_db()
    assert task.state == "submitted"


def test_every_fault_has_its_row_and_question(province, infected):
    officer = province.asker("agency_officer")
    for n in (5, 6, 7):
        infected(f"198.51.100.{n}")
    data = filled(
        made(officer), {"result": "Xong"}, {**CLEANED, "n_cleaned": 3, "done_at": "32/13/2026"}, {"result": "cleaned"}
    )
    plan = report_import.check(teller(officer), data, "a.xlsx")
    assert plan.ready == []
    assert {(row, column) for row, column, _text in told(plan)} == {
        (3, "Result"), (4, "Done at"), (5, "Done at"), (5, "Tool used"), (5, "Hosts checked"), (5, "Hosts infected"),
        (5, "Hosts cleaned"), (5, "How do you know?"),
    }  # fmt: skip


def test_valid_rows_or_none(province, infected):
    officer = province.asker("agency_officer")
    infected()
    infected("198.51.100.6")
    data = filled(made(officer), CLEANED, {"result": "cleaned"})
    plan, outcome = report_import.apply(teller(officer), data, "a.xlsx", or_none=True)
    assert (plan.n_faulty, outcome.n, Answer.objects.count()) == (1, 0, 0)
    assert report_import.apply(teller(officer), data, "a.xlsx")[1].n == 1


def test_hidden_cells_open_nothing_of_others(province, infected):
    officer, mine, theirs = province.asker("agency_officer"), infected(), infected("198.51.100.40", "tayson")
    for task in (theirs.pk, 10**15, -1, 0, "1 OR 1=1", "=1+1", 1.5, True):
        data = filled(made(officer), CLEANED, task=task)
        assert told(report_import.check(teller(officer), data, "a.xlsx")) == [(3, "", "there is no such task here")]
    twice = filled(made(officer), CLEANED, CLEANED, task=mine.pk, version=1)
    assert (
        told(report_import.check(teller(officer), twice, "a.xlsx"))[0][2]
        == "the same task stands in the workbook twice"
    )
    stale = filled(made(officer), CLEANED, version=99)
    assert "changed since" in told(report_import.check(teller(officer), stale, "a.xlsx"))[0][2]
    other = made(officer)
    other.worksheets[1].cell(1, 1).value = "assignment"
    plan = report_import.check(teller(officer), filled(other, {**CLEANED, "result": "done"}), "a.xlsx")
    assert told(plan) == [(3, "", "there is no such task here")]
    assert not Answer.objects.exists()


def test_what_somebody_changed_meanwhile_is_refused_and_nothing_is_written(province, infected, monkeypatch):
    officer, task = province.asker("agency_officer"), infected()
    data = filled(made(officer), CLEANED)
    check = report_import.check

    def late(*args):
        plan = check(*args)
        actions.begin(officer, task.pk, 1)
        return plan

    monkeypatch.setattr(report_import, "check", late)
    with pytest.raises(EditConflict):
        report_import.apply(teller(officer), data, "a.xlsx")
    assert not Answer.objects.exists()


def test_the_centre_reports_for_a_unit_and_says_who_told_it(province, infected):
    analyst, officer, task = province.asker("analyst"), province.asker("agency_officer"), infected()
    infected("198.51.100.40", "tayson")
    data = filled(made(analyst, province.id("donghoa")), CLEANED)
    with pytest.raises(InvalidValues):
        report_import.check(teller(analyst, came_by="phone"), data, "a.xlsx")
    with pytest.raises(InvalidValues):
        report_import.check(teller(analyst, came_by="pigeon", told_by="Chị Hà"), data, "a.xlsx")
    plan = report_import.check(teller(officer, came_by="phone", told_by="Chị Hà"), data, "a.xlsx")
    assert "work.review" in told(plan)[0][2]
    assert report_import.apply(teller(analyst, came_by="phone", told_by="Chị Hà"), data, "a.xlsx")[1].n == 1
    answer = Answer.objects.get(task=task)
    assert (answer.came_by, answer.told_by, answer.by_name) == ("phone", "Chị Hà", analyst.name)


def test_files_that_were_added_before_belong_to_the_report(province, infected):
    officer, task = province.asker("agency_officer"), infected()
    file = actions.add_evidence(officer, task.pk, name="a.png", kind="png", size=9, sha256="0" * 64)
    data = filled(made(officer), {**CLEANED, "evidence": None})
    assert report_import.apply(teller(officer), data, "a.xlsx")[1].n == 1
    assert Evidence.objects.get(pk=file.pk).answer == Answer.objects.get()


def test_no_cell_is_a_formula(province, infected):
    officer = province.asker("agency_officer")
    infected("=1+1", details={"malware": "@SUM(A1)"})
    book = made(officer)
    assert [c.coordinate for sheet in book for row in sheet.iter_rows() for c in row if c.data_type == "f"] == []
    assert not report_import.check(teller(officer), filled(book, {"result": "=A1"}), "a.xlsx").ready
    data = filled(book, {**CLEANED, "tool": "'=cmd|' /c calc'!A0"})
    assert report_import.apply(teller(officer), data, "a.xlsx")[1].n == 1
    answer = Answer.objects.get()
    assert answer.values["tool"] == "=cmd|' /c calc'!A0"
    assert answer.values["malware"] == "@SUM(A1)"


@pytest.mark.parametrize("data", [b"a,b\n1,2\n", png(), docx(), b"PK\3\4", b""])
def test_other_files_are_refused(province, data):
    with pytest.raises((FormatUnknown, InputError)):
        report_import.check(teller(province.asker("agency_officer")), data, "a.xlsx")


def test_a_workbook_with_macros_is_refused(province, infected):
    import zipfile

    infected()
    file = io.BytesIO(filled(made(province.asker("agency_officer")), CLEANED))
    with zipfile.ZipFile(file, "a") as book:
        book.writestr("xl/vbaProject.bin", b"x")
    with pytest.raises(UnsafeInput, match="macros"):
        report_import.check(teller(province.asker("agency_officer")), file.getvalue(), "a.xlsx")


def test_who_answers_for_nothing_gets_an_empty_workbook(province, infected):
    infected()
    assert made(province.asker("stranger")).worksheets[1]["A1"].value is None
    assert made(province.asker("auditor")).worksheets[1]["A1"].value is None
