"""The page on which a recipient answers, in the portal: what is shown to whom, what is sent, what is kept."""

from __future__ import annotations

import io
from dataclasses import replace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from letter_of import CLAUSES, draft
from PIL import Image
from province import make_user

from vonggac.desk.directives import actions
from vonggac.desk.directives.actions import Given
from vonggac.desk.directives.models import AnswerDraft
from vonggac.desk.work.models import Answer, Evidence

pytestmark = pytest.mark.django_db


def home_of(row):
    """The page of a recipient."""
    return f"/letters/received/{row.pk}/"


def filled(duty, machines):
    """The form of a commune as a browser sends it, both clauses done."""
    return {
        f"{duty.pk}.result": "done", f"{duty.pk}.seen": "0", f"{duty.pk}.n_people": "3", f"{duty.pk}.people-0-day": "31/12",
        f"{duty.pk}.people-0-name": "Trần Thị Mẫu", f"{duty.pk}.people-0-phone": "0000 000 001", f"{duty.pk}.reason": "",
        f"{machines.pk}.result": "done", f"{machines.pk}.seen": "0", f"{machines.pk}.n_servers": "2", f"{machines.pk}.n_workstations": "40",
        f"{machines.pk}.n_checked": "42", f"{machines.pk}.n_infected": "0", f"{machines.pk}.n_cleaned": "0",
        "who": "Trần Thị Mẫu", "phone": "0000 000 001", "key": "k1", "do": "answer",
    }  # fmt: skip


def png(name="lich.png", colour="white"):
    """A small picture."""
    file = io.BytesIO()
    Image.new("RGB", (20, 20), colour).save(file, "PNG")
    return SimpleUploadedFile(name, file.getvalue(), "image/png")


@pytest.fixture
def officer(browser):
    """The officer of Đông Hòa."""
    return browser("agency_officer")


@pytest.fixture
def row(issued):
    """Đông Hòa as a recipient."""
    return issued.recipient("donghoa")


def test_the_list_shows_what_waits_and_the_page_is_opened_by_who_answers(officer, issued, row):
    assert issued.letter.subject in officer.get("/letters/received/").content.decode()
    officer.head(home_of(row))
    officer.get(home_of(row), headers={"Sec-Purpose": "prefetch;prerender"})
    row.refresh_from_db()
    assert row.opened_at is None
    page = officer.get(home_of(row)).content.decode()
    row.refresh_from_db()
    assert row.opened_by_name == "Người dùng agency_officer"
    for clause in CLAUSES[:2]:
        assert clause.title in page
        assert clause.text in page
    assert issued.tasks("nhamang1")[2].pk not in [task.pk for task in issued.tasks("donghoa")]


@pytest.mark.parametrize("role", ["duty_officer", "leader", "records_clerk", "auditor"])
def test_who_only_looks_opens_nothing_and_has_no_form(browser, issued, row, role):
    page = browser(role).get(home_of(row))
    assert page.status_code == 200
    assert 'id="answers"' not in page.content.decode()
    row.refresh_from_db()
    assert row.opened_at is None


def test_strangers_find_nothing(browser, issued, row):
    stranger, task = browser("stranger"), issued.tasks("donghoa")[0]
    for path in ("", "sent", "draft", f"files/{task.pk}", f"files/{task.pk}/1/remove"):
        assert stranger.get(home_of(row) + path).status_code == 404, path
        assert stranger.post(home_of(row) + path, {"do": "answer"}).status_code in {404, 405}, path
    assert browser("agency_officer").get(home_of(issued.recipient("tayson"))).status_code == 404


def test_one_button_acknowledges(officer, issued, row):
    assert officer.post(home_of(row), {"do": "acknowledge"}).status_code == 302
    row.refresh_from_db()
    assert row.acknowledged_via == "portal"
    assert {task.state for task in issued.tasks("donghoa")} == {"acknowledged"}
    assert officer.post(home_of(row), {"do": "acknowledge"}).status_code == 302


def test_all_is_sent_at_once_and_confirmed(officer, issued, row):
    sent = officer.post(home_of(row), filled(*issued.tasks("donghoa")))
    assert sent.headers["Location"] == f"{home_of(row)}sent"
    page = officer.get(sent.headers["Location"]).content.decode()
    assert "Sở Khoa học và Công nghệ" in page
    assert "Trần Thị Mẫu, 0000 000 001" in page
    assert {task.state for task in issued.tasks("donghoa")} == {"submitted"}
    assert Answer.objects.get(task=issued.tasks("donghoa")[0]).values["people"][0]["name"] == "Trần Thị Mẫu"
    again = officer.post(home_of(row), filled(*issued.tasks("donghoa")))
    assert again.headers["Location"] == f"{home_of(row)}sent"
    assert Answer.objects.count() == 2


def test_what_no_result_asks_is_left_out(officer, issued, row):
    duty, machines = issued.tasks("donghoa")
    sent = {**filled(duty, machines), f"{duty.pk}.result": "no", f"{duty.pk}.reason": "Không có người"}
    officer.post(home_of(row), sent)
    assert Answer.objects.get(task=duty).values == {"reason": "Không có người"}


def test_faults_stand_at_their_fields_and_nothing_typed_is_lost(officer, issued, row):
    duty, machines = issued.tasks("donghoa")
    sent = {
        **filled(duty, machines), f"{duty.pk}.n_people": "", f"{duty.pk}.people-0-phone": "gọi sau", f"{machines.pk}.n_infected": "50",
        f"{machines.pk}.difficulties": "Máy <b>cũ</b>",
    }  # fmt: skip
    page = officer.post(home_of(row), sent)
    assert page.status_code == 422
    form = page.context["form"]
    assert form.forms[0].errors.keys() == {"n_people", "people"}
    assert form.forms[1].errors.keys() == {"n_infected"}
    text = page.content.decode()
    assert 'id="faults"' in text
    assert "gọi sau" in text
    assert "Máy &lt;b&gt;cũ&lt;/b&gt;" in text
    assert "<b>cũ" not in text
    assert not Answer.objects.exists()


def test_values_without_a_result_are_not_lost_silently(officer, issued, row):
    duty, machines = issued.tasks("donghoa")
    sent = {name: value for name, value in filled(duty, machines).items() if name != f"{duty.pk}.result"}
    page = officer.post(home_of(row), sent)
    assert page.status_code == 422
    assert page.context["form"].forms[0].errors.keys() == {"result"}


def test_an_empty_form_says_what_to_do(officer, issued, row):
    page = officer.post(home_of(row), {"do": "answer"})
    assert page.status_code == 422
    assert page.context["form"].head.non_field_errors()


def test_a_clause_of_another_recipient_in_the_form_is_not_taken(officer, issued, row):
    duty, machines = issued.tasks("tayson")
    page = officer.post(home_of(row), filled(duty, machines))
    assert page.status_code == 422  # the form asks of their own clauses alone: nothing was answered
    assert not Answer.objects.exists()


@pytest.mark.parametrize(
    ("name", "value"),
    [("result", "xong"), ("n_people", "1e9"), ("n_people", "-1"), ("n_people", "９９９９９９９９９９"), ("seen", "x"), ("difficulties", "\0"),
     ("people-9999-name", "x"), ("difficulties", "\u202e" * 20)],
)  # fmt: skip
def test_odd_values_are_faults_or_left_out_and_never_fail(officer, issued, row, name, value):
    duty, machines = issued.tasks("donghoa")
    assert officer.post(home_of(row), {**filled(duty, machines), f"{duty.pk}.{name}": value}).status_code in {302, 422}


def test_somebody_answered_meanwhile(officer, province, issued, row):
    duty, machines = issued.tasks("donghoa")
    colleague = province.asker("agency_officer")
    actions.answer(colleague, row.pk, [Given(duty.pk, "no", {"reason": "Chưa bố trí được"})], told_by="Lê Văn Khác")
    actions.answer(colleague, row.pk, [Given(machines.pk, "in_progress", {"difficulties": "Đang quét"})])
    page = officer.post(home_of(row), filled(duty, machines))
    assert page.status_code == 409
    text = page.content.decode()
    assert "Chưa bố trí được" in text  # theirs
    assert "31/12" in text  # one's own, beside it
    assert f'name="{machines.pk}.n_servers" value="2"' in text
    assert Answer.objects.count() == 2
    hidden = page.context["form"].forms[0]["seen"].value()
    again = officer.post(home_of(row), {**filled(duty, machines), f"{machines.pk}.seen": hidden})
    assert again.status_code == 302
    assert Answer.objects.filter(task=machines).count() == 2


def test_a_returned_answer_comes_back_filled_in(officer, province, issued, row):
    from vonggac.desk.work import actions as work

    duty, machines = issued.tasks("donghoa")
    officer.post(home_of(row), filled(duty, machines))
    duty.refresh_from_db()
    work.return_(province.asker("duty_officer"), [(duty.pk, duty.version)], "Thiếu người trực đêm")
    page = officer.get(home_of(row)).content.decode()
    assert "Thiếu người trực đêm" in page
    assert "Trần Thị Mẫu" in page
    seen = str(Answer.objects.get(task=duty).pk)
    sent = {**filled(duty, machines), f"{duty.pk}.n_people": "4", f"{duty.pk}.seen": seen, "key": "k2"}
    assert officer.post(home_of(row), sent).status_code == 302
    assert Answer.objects.filter(task=duty).last().values["n_people"] == 4


def test_what_mostly_stays_is_there_the_next_time(officer, province, issued, row):
    from vonggac.desk.work import actions as work

    duty, machines = issued.tasks("donghoa")
    officer.post(home_of(row), {**filled(duty, machines), f"{duty.pk}.hotline": "0000 000 911"})
    work.accept(province.asker("duty_officer"), [(task.pk, task.version) for task in issued.tasks("donghoa")])
    clerk = province.asker("records_clerk")
    written = actions.create(clerk, province.id("sokhcn"), actions.values_of(issued.letter))
    again = replace(issued, letter=written).issued()
    page = officer.get(home_of(again.recipient("donghoa")))
    (new_duty, new_machines), text = again.tasks("donghoa"), page.content.decode()
    assert page.context["form"].forms[0]["hotline"].value() == "0000 000 911"
    assert page.context["form"].forms[1]["n_workstations"].value() == 40
    assert page.context["form"].forms[1]["n_checked"].value() is None
    assert "0000 000 001" not in text
    sent = {f"{new_machines.pk}.result": "in_progress", f"{new_duty.pk}.hotline": "0000 000 911", f"{new_machines.pk}.n_workstations": "40",
            f"{new_machines.pk}.n_servers": "2", "do": "answer"}  # fmt: skip
    assert (
        officer.post(home_of(again.recipient("donghoa")), sent).status_code == 302
    )  # what was left as it came is no answer
    assert [task.state for task in again.tasks("donghoa")] == ["acknowledged", "in_progress"]


# ---------------------------------------------------------------------------------------------------------- drafts


def test_what_is_typed_is_kept_and_shown_in_another_browser(officer, browser, province, issued, row):
    duty, machines = issued.tasks("donghoa")
    typed = {**filled(duty, machines), f"{machines.pk}.n_checked": "bốn mươi", "draft": "0", f"{duty.pk}.seen": "0"}
    kept = officer.post(f"{home_of(row)}draft", typed)
    assert kept.status_code == 200
    assert kept.json()["version"] == 1
    assert "key" not in AnswerDraft.objects.get().values
    colleague = make_user("colleague", ("agency_officer", province["donghoa"]), organisation=province["donghoa"])
    from signing import sign_in

    page = sign_in(Client(), colleague).get(home_of(row)).content.decode()
    assert "bốn mươi" in page
    assert "Trần Thị Mẫu" in page
    assert officer.post(f"{home_of(row)}draft", {**typed, "draft": "0"}).status_code == 409
    assert officer.post(f"{home_of(row)}draft", {**typed, "draft": "1", "who": "Khác"}).json()["version"] == 2


@pytest.mark.parametrize("version", ["", "x", "-1", "9" * 30, "²"])
def test_an_odd_version_of_a_draft_is_none(officer, issued, row, version):
    said = {"draft": version, "who": "Mẫu"}
    assert officer.post(f"{home_of(row)}draft", said).status_code == 200
    assert officer.post(f"{home_of(row)}draft", {**said, "who": "Khác"}).status_code == 409


def test_without_script_what_is_typed_is_kept_by_a_button(officer, issued, row):
    duty, machines = issued.tasks("donghoa")
    sent = {**filled(duty, machines), "do": "save", "draft": "0", f"{duty.pk}.n_people": "không rõ"}
    assert officer.post(home_of(row), sent).status_code == 302
    assert "không rõ" in officer.get(home_of(row)).content.decode()
    assert not Answer.objects.exists()


# ----------------------------------------------------------------------------------------------------------- files


@pytest.fixture
def needing(province):
    """A letter whose only clause needs a file."""
    return draft(province, clauses=[replace(CLAUSES[0], needs_file=True)]).issued()


def test_a_file_goes_with_the_answer(officer, needing):
    row, task = needing.recipient("donghoa"), needing.tasks("donghoa")[0]
    sent = {name: value for name, value in filled(task, task).items() if "n_servers" not in name}
    sent = {
        name: value for name, value in sent.items() if not name.endswith(("stations", "checked", "infected", "cleaned"))
    }
    page = officer.post(home_of(row), sent)
    assert page.status_code == 422
    assert page.context["form"].forms[0].file_faults
    part = officer.post(f"{home_of(row)}files/{task.pk}", {"file": png()}, headers={"X-Requested-With": "answering"})
    assert "lich.png" in part.content.decode()
    assert officer.post(home_of(row), sent).status_code == 302
    assert Evidence.objects.get().answer is not None


def test_without_script_a_file_keeps_what_was_typed(officer, issued, row):
    duty, machines = issued.tasks("donghoa")
    sent = {**filled(duty, machines), "draft": "0", "file": png()}
    answer = officer.post(f"{home_of(row)}files/{duty.pk}", sent)
    assert answer.headers["Location"] == f"{home_of(row)}#c{duty.pk}"
    assert Evidence.objects.get().task_id == duty.pk
    assert AnswerDraft.objects.get().values["who"] == "Trần Thị Mẫu"
    gone = f"{home_of(row)}files/{duty.pk}/{Evidence.objects.get().pk}/remove"
    assert officer.post(gone, {"draft": "1"}).status_code == 302
    assert not Evidence.objects.exists()


@pytest.mark.parametrize(
    ("name", "data"), [("x.svg", b"<svg onload='x'/>"), ("x.docm", b"PK\3\4 macro"), ("x.png", b""), ("x.exe", b"MZ" + b"\0" * 90)]
)  # fmt: skip
def test_what_is_no_evidence_is_refused_in_words(officer, issued, row, name, data):
    duty = issued.tasks("donghoa")[0]
    answer = officer.post(
        f"{home_of(row)}files/{duty.pk}", {"file": SimpleUploadedFile(name, data)}, headers={"X-Requested-With": "answering"}
    )  # fmt: skip
    assert answer.status_code == 422
    assert "faults" in answer.content.decode()
    assert not Evidence.objects.exists()


def test_a_file_lands_at_no_task_of_another_recipient(officer, issued, row):
    foreign = issued.tasks("tayson")[0]
    assert officer.post(f"{home_of(row)}files/{foreign.pk}", {"file": png()}).status_code == 404
    assert not Evidence.objects.exists()
    from province import admin

    from vonggac.desk.work import actions as work

    made = work.add_evidence(admin(), foreign.pk, name="a.png", kind="png", size=9, sha256="a" * 64)
    officer.post(f"{home_of(row)}files/{foreign.pk}/{made.pk}/remove")
    assert Evidence.objects.filter(pk=made.pk).exists()


# ------------------------------------------------------------------------------------------------------ the centre


def test_the_centre_enters_what_it_was_told_with_the_letter(browser, issued, row):
    duty_officer = browser("duty_officer")
    page = duty_officer.get(home_of(row)).content.decode()
    assert "?enter=1" in page
    assert ".result" not in page
    duty, machines = issued.tasks("donghoa")
    entering = f"{home_of(row)}?enter=1"
    assert 'name="came_by"' in duty_officer.get(entering).content.decode()
    put = duty_officer.post(f"{home_of(row)}files/0", {"file": png(), "enter": "1"})
    assert put.headers["Location"] == entering
    assert sorted(Evidence.objects.values_list("task_id", flat=True)) == [duty.pk, machines.pk]
    page = duty_officer.post(entering, filled(duty, machines))
    assert page.status_code == 422
    assert "came_by" in page.context["form"].head.errors
    told = {**filled(duty, machines), "came_by": "letter", "told_by": "Công văn 12/UBND ngày 29/11"}
    assert duty_officer.post(entering, told).status_code == 302
    assert {(one.came_by, one.told_by) for one in Answer.objects.all()} == {("letter", "Công văn 12/UBND ngày 29/11")}
    assert not Evidence.objects.filter(answer=None).exists()
    row.refresh_from_db()
    assert row.acknowledged_via == "letter"


def test_acknowledging_for_the_unit_says_who_told_it(browser, issued, row):
    duty_officer, entering = browser("duty_officer"), f"{home_of(row)}?enter=1"
    assert duty_officer.post(entering, {"do": "acknowledge"}).status_code == 422
    assert duty_officer.post(entering, {"do": "acknowledge", "came_by": "phone"}).status_code == 422
    assert (
        duty_officer.post(entering, {"do": "acknowledge", "came_by": "phone", "told_by": "Chị Mẫu"}).status_code == 302
    )
    row.refresh_from_db()
    assert (row.acknowledged_via, row.acknowledged_by_name) == ("phone", "Chị Mẫu")


@pytest.mark.parametrize("role", ["leader", "records_clerk", "auditor"])
def test_who_only_looks_sends_nothing(browser, issued, row, role):
    client, duty = browser(role), issued.tasks("donghoa")[0]
    told = {"came_by": "phone", "told_by": "Chị Mẫu", "enter": "1"}
    for do in ("answer", "acknowledge", "save", "accept", "return"):
        sent = {**filled(*issued.tasks("donghoa")), **told, "do": do, "task": f"{duty.pk}:{duty.version}"}
        assert client.post(f"{home_of(row)}?enter=1", sent).status_code == 403, do
    assert not Answer.objects.exists()
    assert not AnswerDraft.objects.exists()


def test_a_unit_does_not_enter_for_itself_by_the_form(officer, issued, row):
    told = {**filled(*issued.tasks("donghoa")), "came_by": "phone", "told_by": "Tôi", "enter": "1"}
    assert officer.post(f"{home_of(row)}?enter=1", told).status_code == 302
    assert {one.came_by for one in Answer.objects.all()} == {""}


def test_the_centre_accepts_all_or_returns_one(officer, browser, issued, row):
    officer.post(home_of(row), filled(*issued.tasks("donghoa")))
    duty_officer = browser("duty_officer")
    page = duty_officer.get(home_of(row)).content.decode()
    assert "Trần Thị Mẫu" in page
    duty, machines = issued.tasks("donghoa")
    bare = duty_officer.post(home_of(row), {"do": "return", "task": f"{duty.pk}:{duty.version}", "why": ""})
    assert bare.status_code == 302
    assert issued.tasks("donghoa")[0].state == "submitted"
    duty_officer.post(home_of(row), {"do": "return", "task": f"{duty.pk}:{duty.version}", "why": "Thiếu số điện thoại"})
    duty_officer.post(home_of(row), {"do": "accept", "task": [f"{machines.pk}:{machines.version}"]})
    assert [task.state for task in issued.tasks("donghoa")] == ["returned", "closed"]
    assert "Thiếu số điện thoại" in officer.get(home_of(row)).content.decode()


@pytest.mark.parametrize("text", ["", "x", "1:", "1:2:3", f"{'9' * 40}:1", "0:0"])
def test_odd_tasks_are_not_reviewed(browser, issued, row, text):
    assert browser("duty_officer").post(home_of(row), {"do": "accept", "task": text}).status_code == 404


def test_a_task_of_another_recipient_is_not_reviewed_here(officer, browser, province, issued, row):
    other = issued.recipient("tayson")
    foreign = issued.tasks("tayson")[0]
    actions.answer(province.asker("administrator"), other.pk, [Given(foreign.pk, "no", {"reason": "Chưa có người"})])
    foreign.refresh_from_db()
    seen = {"do": "accept", "task": f"{foreign.pk}:{foreign.version}"}
    assert browser("duty_officer").post(home_of(row), seen).status_code == 404
    foreign.refresh_from_db()
    assert foreign.state == "submitted"


def test_a_withdrawn_letter_is_read_and_not_answered(officer, province, issued, row):
    actions.withdraw(province.asker("leader"), issued.letter.pk, issued.letter.version, "Ban hành nhầm")
    page = officer.get(home_of(row)).content.decode()
    assert "Ban hành nhầm" in page
    assert 'id="answers"' not in page
    officer.post(home_of(row), filled(*issued.tasks("donghoa")))
    assert not Answer.objects.exists()


# ------------------------------------------------------------------------------------------------------------ Today


def test_today_and_the_navigation_say_what_waits_for_who_answers(officer, browser, issued, row):
    page = officer.get("/").content.decode()
    assert issued.letter.subject in page
    assert home_of(row) in page
    assert officer.get("/letters/").headers["Location"] == "/letters/received/"
    assert home_of(row) not in browser("duty_officer").get("/").content.decode()
    officer.post(home_of(row), filled(*issued.tasks("donghoa")))
    assert home_of(row) not in officer.get("/").content.decode()
