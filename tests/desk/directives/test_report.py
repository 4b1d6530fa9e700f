"""A report on a letter: made of its table, edited by people, made anew without losing what they wrote; and the log of sending."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from letter_of import CLAUSES

from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db


@pytest.fixture
def reported(issued: Any) -> Any:
    """A letter with answers and the draft of a report on it."""
    from answered import begun, some_answers

    return some_answers(issued), begun(issued)


def keys(report: Any) -> list[str]:
    from vonggac.desk.directives.models import ReportPart

    rows = ReportPart.objects.filter(letter=report).order_by("n")
    return [one.key.partition(":")[0] if one.key.startswith("clause:") else one.key or one.heading for one in rows]


def test_the_draft_knows_its_letter_its_addressees_and_its_parts(reported):
    from vonggac.desk.directives.models import Addressee

    holiday, report = reported
    assert (report.form, report.about, report.office, report.symbol) == (
        "bao_cao",
        holiday.letter,
        holiday.letter.office,
        "BC-SKHCN",
    )
    assert report.subject.startswith("Kết quả thực hiện Công văn số 01/SKHCN-CNTT ngày ")
    assert report.subject.endswith("về việc tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ")
    lines = [(one.role, one.is_addressed, str(one)) for one in Addressee.objects.filter(letter=report).order_by("n")]
    assert lines == [("report", True, "Ủy ban nhân dân tỉnh Thạch Lâm"), ("archive", False, "VT, CNTT")]
    assert keys(report) == [
        "overview", "results", "clause", "clause", "clause", "difficulties", "proposals", "missing", "appendix:matrix", "appendix:counts",
        "appendix:said",
    ]  # fmt: skip


def test_its_parent_s_issuer_is_reported_to_as_well(drafted):
    from answered import begun

    from vonggac.desk.directives.models import Addressee, Letter

    holiday = drafted()
    parent = Letter(
        office=holiday.letter.office, direction="in", state="issued", issuer_name="Bộ Mẫu", reference="77/BM-ATTT", subject="Nghỉ lễ",
        dated=timezone.localdate(),
    )  # fmt: skip
    parent.save()
    Letter.objects.filter(pk=holiday.letter.pk).update(parent=parent)
    holiday.letter.refresh_from_db()
    report = begun(holiday.issued())
    assert "Bộ Mẫu" in [str(one) for one in Addressee.objects.filter(letter=report)]
    assert report.opening.startswith("Thực hiện Công văn số 77/BM-ATTT ngày ")
    assert report.parent == parent


def test_its_words_say_the_numbers_of_the_table(reported, province):
    from answered import part_of

    from vonggac.desk.directives.queries.table import table

    holiday, report = reported
    found = table(province.asker("leader"), holiday.letter)
    overview = part_of(report, "overview").made
    assert f"được gửi đến {found.total.recipients} đơn vị" in overview
    assert "Ủy ban nhân dân các xã, phường: 3; Các doanh nghiệp viễn thông: 1" in overview
    assert f"Tiếp nhận công văn: {found.total.acknowledged}/4 đơn vị" in overview
    assert "Đã báo cáo đầy đủ các nội dung được giao: 1 đơn vị, tất cả đúng hạn." in overview
    assert "Mới báo cáo một phần nội dung: 1 đơn vị (Xã Tây Sơn)." in overview
    assert "Chưa báo cáo: 2 đơn vị (Phường Đường Mai; Viễn thông Thạch Lâm)." in overview
    assert "Đã trả lại để bổ sung, làm rõ: 1 báo cáo của 1 đơn vị (Phường Đường Mai)." in overview
    assert (
        f"Đã nhận {found.total.answered}/{found.total.n} báo cáo theo từng nội dung, trong đó 1 báo cáo đã được xem xét"
        in overview
    )
    machines = part_of(report, "clause:1")
    assert machines.heading == "Rà soát, bóc gỡ mã độc (mục 1.c)"
    # the returned answer is not counted, thousands are set apart
    assert (
        "số máy chủ: 4; số máy trạm: 2.060; số máy đã kiểm tra: 2.064; số máy nhiễm mã độc: 6; số máy đã làm sạch: 4."
        in machines.made
    )
    assert "1 đơn vị đã thực hiện; 1 đơn vị thực hiện một phần" in machines.made
    assert "Còn 2 máy nhiễm mã độc chưa được làm sạch (Xã Tây Sơn: 2)." in machines.made
    assert "- Thực hiện một phần: Thiếu công cụ (Xã Tây Sơn)." in machines.made
    assert "chưa có đơn vị nào báo cáo" in part_of(report, "clause:2").made
    missing = part_of(report, "missing").made
    assert "còn 2 đơn vị chưa báo cáo" in missing
    assert "Viễn thông Thạch Lâm" in missing


def test_the_appendix_is_the_table_cell_by_cell(reported, province):
    from answered import part_of

    from vonggac.desk.directives.queries.table import table

    holiday, report = reported
    found = table(province.asker("leader"), holiday.letter)
    matrix, counts = (json.loads(part_of(report, f"appendix:{key}").made)["tables"][0] for key in ("matrix", "counts"))
    rows = {cells[1]: cells[2:] for kind, cells in matrix["rows"] if kind == "plain"}
    assert rows["Xã Đông Hòa"] == ["x", "Đ", "Đ", ""]
    assert rows["Xã Tây Sơn"] == ["", "–", "MP", ""]
    assert rows["Phường Đường Mai"] == ["", "–", "–", ""]
    assert matrix["rows"][-1] == ["total", ["Đã báo cáo / phải báo cáo", None, "1/4", "1/4", "2/4", "0/1"]]
    total = counts["rows"][-1][1][2:]
    sums = [found.total.counts[column.clause_id, name] for column in found.columns for name in column.fields]
    assert total == [number for number in sums if number]
    assert sum(cells[3] or 0 for kind, cells in counts["rows"] if kind == "plain") == 4


def test_what_was_said_stands_once_on_one_line_with_who_said_it(reported):
    from answered import HOSTILE, part_of

    _holiday, report = reported
    difficulties = part_of(report, "difficulties").made.splitlines()
    assert difficulties[1:] == [f"- {HOSTILE} (Xã Đông Hòa)."]  # said to two clauses, “Không có” is nothing
    said = json.loads(part_of(report, "appendix:said").made)["tables"][0]["rows"]
    assert [cells[1:3] for _kind, cells in said] == [
        ["Xã Đông Hòa", "1.a"],
        ["Xã Đông Hòa", "1.a"],
        ["Xã Đông Hòa", "1.c"],
        ["Xã Tây Sơn", "1.c"],
    ]


def test_of_many_reasons_the_most_said_stand_in_the_text_and_all_in_the_appendix(issued):
    from types import SimpleNamespace

    from vonggac.desk.directives.reports import parts
    from vonggac.desk.directives.reports.figures import Said

    lines = [SimpleNamespace(name=f"Xã {n}") for n in range(40)]
    rows = [Said(one, None, "", "no", {"reason": "Chung" if n % 2 else f"Riêng {n}"}) for n, one in enumerate(lines)]
    figures = SimpleNamespace(said_of=lambda _column: rows)
    told = list(parts._reasons(figures, None))
    assert told[1].startswith("- Chưa thực hiện: Chung (Xã 1; Xã 3; ")
    assert told[1].endswith("và 12 đơn vị khác).")
    assert told[-1] == "- Và 13 ý kiến khác, nêu tại phụ lục kèm theo."
    assert len(told) == 1 + 8 + 1


def test_breaks_and_controls_in_answers_begin_no_line(issued, province):
    from answered import begun, part_of

    from vonggac.desk.work.models import Answer

    task = issued.tasks("donghoa")[1]
    from answered import CHECKED, answer

    answer(issued, "donghoa", 1, "done", **CHECKED)
    Answer.objects.filter(task=task).update(
        values={**CHECKED, "difficulties": "một\n- giả mạo (Xã Khác).\x07\u202e hai"}
    )
    text = part_of(begun(issued), "difficulties").made
    assert text.splitlines()[1:] == ["- Một - giả mạo (Xã Khác). hai (Xã Đông Hòa)."]


def test_making_it_anew_keeps_what_people_wrote_and_says_what_moved(reported, province):
    from answered import answer, part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.queries import reports

    holiday, report = reported
    clerk = province.asker("records_clerk")
    part = part_of(report, "clause:1")
    row = reporting.edit_part(clerk, report.pk, report.version, part.pk, heading="Bóc gỡ", text="Đã bóc gỡ cơ bản.")
    row = reporting.regenerate(clerk, row.pk, row.version)
    part.refresh_from_db()
    assert (part.shown, part.heading, reports.has_moved(part)) == ("Đã bóc gỡ cơ bản.", "Bóc gỡ", False)
    overview = part_of(report, "overview")
    row = reporting.edit_part(
        clerk, row.pk, row.version, overview.pk, heading=overview.heading, text=overview.made + "\nThêm."
    )

    answer(holiday, "nhamang1", 1, "no", reason="Chưa có nhân lực")
    assert reports.is_behind(row, reports.parts(row))
    row = reporting.regenerate(clerk, row.pk, row.version)
    assert not reports.is_behind(row, reports.parts(row))
    part.refresh_from_db()
    overview.refresh_from_db()
    assert part.shown == "Đã bóc gỡ cơ bản."
    assert "1 đơn vị chưa thực hiện" in part.made
    assert reports.has_moved(part)
    assert any(is_now and "1 đơn vị chưa thực hiện" in line for is_now, line in reports.moved_lines(part))
    assert any(not is_now and "2 đơn vị đã báo cáo" in line for is_now, line in reports.moved_lines(part))
    assert overview.shown.endswith("\nThêm.")

    row = reporting.edit_part(
        clerk, row.pk, row.version, part.pk, heading=part.heading, text=part.shown
    )  # “keep my text”
    part.refresh_from_db()
    assert not reports.has_moved(part)
    reporting.edit_part(clerk, row.pk, row.version, part.pk, heading=part.heading, text=None)
    part.refresh_from_db()
    assert (part.text, part.shown) == (None, part.made)


def test_a_later_time_alone_is_no_other_figure(reported, province, monkeypatch):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.queries import reports

    _holiday, report = reported
    clerk = province.asker("records_clerk")
    overview = part_of(report, "overview")
    row = reporting.edit_part(clerk, report.pk, report.version, overview.pk, heading="Chung", text="Tóm tắt.")
    later = timezone.now() + timedelta(hours=3)
    monkeypatch.setattr(reports.timezone, "now", lambda: later)
    reporting.regenerate(clerk, row.pk, row.version)
    was, overview = overview.made, part_of(report, "overview")
    assert overview.made != was
    assert not reports.has_moved(overview)


def test_parts_are_added_left_out_put_back_and_moved(reported, province):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import ReportPart

    _holiday, report = reported
    clerk = province.asker("records_clerk")
    own = reporting.add_part(clerk, report.pk, report.version, heading="Đánh giá", text="Tốt.")
    report.refresh_from_db()
    assert keys(report)[7:10] == ["missing", "Đánh giá", "appendix:matrix"]
    results = part_of(report, "results")
    report = reporting.move_part(clerk, report.pk, report.version, results.pk, by=-1)
    assert keys(report)[:5] == ["results", "clause", "clause", "clause", "overview"]
    clause = part_of(report, "clause:1")
    report = reporting.move_part(clerk, report.pk, report.version, clause.pk, by=-1)
    assert part_of(report, "clause:0") == clause
    report = reporting.move_part(clerk, report.pk, report.version, clause.pk, by=-1)  # not above what it stands below
    assert keys(report)[:2] == ["results", "clause"]
    report = reporting.move_part(clerk, report.pk, report.version, own.pk, by=1)  # no text among the appendices
    assert keys(report)[8] == "Đánh giá"
    report = reporting.leave_out(clerk, report.pk, report.version, part_of(report, "missing").pk)
    report = reporting.regenerate(clerk, report.pk, report.version)
    assert part_of(report, "missing").is_left_out
    report = reporting.leave_out(clerk, report.pk, report.version, part_of(report, "missing").pk, is_left_out=False)
    report = reporting.leave_out(clerk, report.pk, report.version, own.pk)
    assert not ReportPart.objects.filter(pk=own.pk).exists()
    assert [one.n for one in ReportPart.objects.filter(letter=report).order_by("n")] == list(range(11))


def test_a_part_that_nothing_makes_any_more_stays_only_if_somebody_wrote_it(reported, province):
    from answered import CHECKED, PEOPLE, answer, part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import ReportPart

    holiday, report = reported
    clerk = province.asker("records_clerk")
    for code in ("duongmai", "nhamang1"):
        answer(holiday, code, 0, "done", n_people=1, people=PEOPLE)
        answer(holiday, code, 1, "done", **CHECKED)
    report = reporting.regenerate(clerk, report.pk, report.version)
    assert not ReportPart.objects.filter(letter=report, key="missing").exists()
    assert "missing" not in keys(report)
    assert part_of(report, "overview").made.count("Chưa báo cáo: không có đơn vị nào.") == 1


def test_two_editors_and_wrong_values(reported, province):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting

    _holiday, report = reported
    clerk = province.asker("records_clerk")
    part = part_of(report, "overview")
    reporting.edit_part(clerk, report.pk, report.version, part.pk, heading="Chung", text="Một.")
    with pytest.raises(EditConflict):
        reporting.edit_part(clerk, report.pk, report.version, part.pk, heading="Chung", text="Hai.")
    report.refresh_from_db()
    for values, field in (
        ({"heading": ""}, "heading"),
        ({"text": "x" * 50_001}, "text"),
        ({"text": "ẩn\u202e"}, "text"),
    ):
        with pytest.raises(InvalidValues) as told:
            reporting.edit_part(
                clerk, report.pk, report.version, part.pk, **{"heading": "Chung", "text": "Ba.", **values}
            )
        assert [fault.field for fault in told.value.faults] == [field]


def test_one_draft_at_a_time_and_only_on_what_was_sent(drafted, province):
    from answered import begun

    holiday = drafted()
    with pytest.raises(InvalidValues):
        begun(holiday)
    holiday = holiday.issued()
    assert begun(holiday) == begun(holiday)


@pytest.mark.parametrize("role", ["agency_officer", "telco_desk", "stranger", "authority_liaison"])
def test_who_does_not_see_the_office_finds_no_report(reported, province, role):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.queries import reports
    from vonggac.desk.directives.queries.sent import sent_log

    holiday, report = reported
    asker = province.asker(role)
    if role == "authority_liaison":  # holds letters.view on the authority above: sees, may not
        with pytest.raises(NotAllowed):
            reporting.begin_report(asker, holiday.letter.pk)
        with pytest.raises(NotAllowed):
            reporting.regenerate(asker, report.pk, report.version)
        return
    part = part_of(report, "overview")
    for do in (
        lambda: reports.report(asker, report.pk),
        lambda: reporting.begin_report(asker, holiday.letter.pk),
        lambda: reporting.edit_part(asker, report.pk, report.version, part.pk, heading="x", text="y"),
        lambda: reporting.regenerate(asker, report.pk, report.version),
        lambda: reporting.ask_files(asker, report.pk),
        lambda: sent_log(asker, holiday.letter.pk),
    ):
        with pytest.raises(NotThere):
            do()


def test_a_part_of_another_report_is_not_there(reported, drafted, province):
    from answered import part_of

    from vonggac.desk.directives.actions import reporting

    _holiday, report = reported
    from vonggac.desk.directives.models import Letter

    other = Letter(office=report.office, form="bao_cao", subject="Khác")
    other.save()
    with pytest.raises(NotThere):
        reporting.edit_part(
            province.asker("records_clerk"), other.pk, 1, part_of(report, "overview").pk, heading="x", text="y"
        )
    with pytest.raises(NotThere):
        reporting.leave_out(province.asker("records_clerk"), report.pk, report.version, 999_999)


def test_it_is_checked_approved_numbered_and_sent_as_every_letter(reported, province):
    from answered import answer, part_of

    from vonggac.desk.directives import actions, queries
    from vonggac.desk.directives.actions import reporting
    from vonggac.desk.directives.models import Recipient
    from vonggac.desk.notices.models import Notice

    holiday, report = reported
    clerk, leader = province.asker("records_clerk"), province.asker("leader")
    assert queries.checked(report).warnings == [] or all(
        "part" not in one.params for one in queries.checked(report).warnings
    )
    row = reporting.edit_part(
        clerk, report.pk, report.version, part_of(report, "clause:1").pk, heading="Bóc gỡ", text="Xong …………"
    )
    answer(holiday, "nhamang1", 1, "no", reason="Chưa có nhân lực")
    row = reporting.regenerate(clerk, row.pk, row.version)
    answer(holiday, "nhamang1", 0, "no", reason="Chưa có nhân lực")
    told = [fault.message for fault in queries.checked(row).warnings if fault.field == "parts"]
    assert [one.split()[0] for one in told] == ["the", "something", "answers"]
    with pytest.raises(InvalidValues):
        actions.approve(leader, row.pk, row.version)
    row = actions.approve(leader, row.pk, row.version, confirms=True)
    with pytest.raises(InvalidValues):  # what is approved is not edited
        reporting.regenerate(clerk, row.pk, row.version)
    row = actions.issue(clerk, row.pk, row.version)
    assert (row.reference, row.book) == ("01/BC-SKHCN", "bao_cao")
    assert row.sent_at is not None
    assert row.batch_id == 0
    assert [(one.name, one.role) for one in Recipient.objects.filter(letter=row).order_by("n")] == [
        ("Ủy ban nhân dân tỉnh Thạch Lâm", "report"), ("VT, CNTT", "archive"),
    ]  # fmt: skip
    assert not Notice.objects.filter(template="letter_link", values__reference=row.reference).exists()


def test_an_empty_report_is_not_approved(reported, province):
    from vonggac.desk.directives import queries
    from vonggac.desk.directives.models import Letter, ReportPart

    _holiday, report = reported
    ReportPart.objects.filter(letter=report).delete()
    Letter.objects.filter(pk=report.pk).update(opening="")
    report.refresh_from_db()
    assert "parts" in {fault.field for fault in queries.checked(report).faults}


def test_the_log_tells_each_way_by_which_a_letter_went(issued, province):
    from vonggac.desk.directives import actions
    from vonggac.desk.directives.actions import sending
    from vonggac.desk.directives.queries.sent import hidden, sent_log, sums
    from vonggac.desk.notices.models import Notice

    clerk = province.asker("records_clerk")
    row, lines = sent_log(clerk, issued.letter.pk)
    by_name = {line.recipient.name: line for line in lines}
    assert row == issued.letter
    assert set(sums(lines)["role"].items()) == {("action", 4), ("report", 1), ("archive", 1)}
    told = by_name["Xã Đông Hòa"]
    assert {one.template for one in told.messages} >= {"letter_new"}
    assert all("/a/" not in str(one) for one in told.messages)
    assert (by_name["VT, CNTT"].state, by_name["Phường Đường Mai"].state) == ("kept", "not_told")

    organisation = province.id("donghoa")
    Notice.objects.filter(organisation_id=organisation).update(state="failed")
    state = {line.recipient.name: line.state for line in sent_log(clerk, issued.letter.pk)[1]}
    assert state["Xã Đông Hòa"] == "failed"
    actions.acknowledge(province.asker("agency_officer"), issued.recipient("donghoa").pk)
    paper = sending.note_sent(clerk, by_name["VT, CNTT"].recipient.pk, how="hand", on=timezone.localdate(), note="Sổ 3")
    lines = {line.recipient.name: line for line in sent_log(clerk, issued.letter.pk)[1]}
    assert [one.note for one in lines["VT, CNTT"].notes] == ["Sổ 3"]
    assert lines["VT, CNTT"].state == "sent"
    assert lines["Xã Đông Hòa"].recipient.acknowledged_at is not None
    sending.take_back_note(clerk, paper.pk)
    assert sent_log(clerk, issued.letter.pk)[1][-1].notes == []
    assert hidden("an.ninh@thachlam.example") == "an…@thachlam.example"


@pytest.mark.parametrize(
    ("values", "field"), [({"how": "pigeon"}, "how"), ({"on": "later"}, "on"), ({"on": "before"}, "on")]
)
def test_a_copy_on_paper_is_noted_on_a_day_that_can_be(issued, province, values, field):
    from vonggac.desk.directives.actions import sending

    today = timezone.localdate()
    days = {"later": today + timedelta(days=2), "before": today - timedelta(days=3)}
    values = {name: days.get(value, value) for name, value in values.items()}
    with pytest.raises(InvalidValues) as told:
        sending.note_sent(
            province.asker("records_clerk"), issued.recipient("tayson").pk, **{"how": "post", "on": today, **values}
        )
    assert [fault.field for fault in told.value.faults] == [field]
    with pytest.raises(NotThere):
        sending.note_sent(province.asker("stranger"), issued.recipient("tayson").pk, how="post", on=today)
    with pytest.raises(NotThere):  # the recipient sees its own line of the letter, not the log of its office
        sending.note_sent(province.asker("agency_officer"), issued.recipient("donghoa").pk, how="post", on=today)


def test_a_day_says_who_reported_and_what_happened(drafted, province):
    from answered import answer, begun, part_of

    from vonggac.desk.directives.queries.days import day_of, days_of
    from vonggac.desk.directives.reports.day import day_parts
    from vonggac.desk.work.models import Task

    today = timezone.localdate()
    daily = [replace(CLAUSES[0], kind="report_day", is_daily=True)]
    holiday = drafted(
        clauses=daily,
        period_from=today,
        period_until=today + timedelta(days=2),
        deadline=timezone.now() + timedelta(minutes=5),
    ).issued()
    days = [one.details["day"] for one in holiday.tasks("donghoa")]
    leader = province.asker("leader")
    assert [one.isoformat() for one in days_of(leader, holiday.letter.pk)] == days
    answer(holiday, "donghoa", 0, "nothing")
    answer(holiday, "tayson", 0, "something", n_incidents=2, what="Trang tin bị\nthay đổi giao diện")
    answer(holiday, "tayson", 1, "nothing")
    found = day_of(leader, holiday.letter.pk, days_of(leader, holiday.letter.pk)[0])
    assert (len(found.given), found.n_nothing, len(found.happened), found.n_incidents) == (2, 1, 1, 2)
    assert [one.name for one in found.lacking] == ["Phường Đường Mai", "Viễn thông Thạch Lâm"]
    text = "\n".join(one.text for one in day_parts(found, timezone.get_current_timezone()))
    assert "đã nhận 2/4 báo cáo" in text
    assert "- Xã Tây Sơn (2 sự cố): Trang tin bị thay đổi giao diện." in text
    assert "Phường Đường Mai" in text
    with pytest.raises(NotThere):
        day_of(leader, holiday.letter.pk, today + timedelta(days=9))
    with pytest.raises(NotThere):
        day_of(province.asker("agency_officer"), holiday.letter.pk, found.day)
    clause = part_of(begun(holiday), "clause:0").made
    assert "báo cáo hằng ngày; đến nay đã nhận 3/" in clause
    assert "1 báo cáo có sự việc phải báo cáo; 2 báo cáo không có sự cố" in clause
    assert Task.objects.filter(batch_id=holiday.letter.batch_id).count() == 4 * len(days)


def test_every_number_that_an_answer_may_hold_has_its_words():
    from vonggac.desk.directives.reports import words
    from vonggac.desk.organisations.models.graph import KINDS
    from vonggac.desk.work.kinds import OBLIGATIONS

    for kind in OBLIGATIONS:
        assert {one.name for one in kind.answer if one.kind == "count"} <= words.COUNTS.keys()
        assert kind.results.keys() <= words.RESULTS.keys()
        assert kind.results.keys() <= words.SHORT.keys()
    assert KINDS.keys() <= words.KINDS.keys()
