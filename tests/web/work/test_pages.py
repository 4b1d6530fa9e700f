"""The pages of work, through a browser without scripts: everything that somebody does with a Task, and what they see of it."""

from __future__ import annotations

import re

import pytest
from django.urls import reverse

from vonggac.desk.work import actions
from vonggac.desk.work.models import Answer, Comment, Step, Task, Watcher

pytestmark = pytest.mark.django_db

CLEANED = {
    "result": "cleaned", "tool": "Quét ngoại tuyến", "n_checked": "12", "n_infected": "1", "n_cleaned": "1",
    "done_at": "2026-01-02T08:00", "received_at": "2026-01-01T08:00", "evidence": "Không còn kết nối ra ngoài",
}  # fmt: skip


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


def version_of(task):
    return Task.objects.values_list("version", flat=True).get(pk=task.pk)


def act(client, task, name, **values):
    return client.post(reverse(f"task-{name}", args=[task.pk]), {"version": version_of(task), **values})


def report(client, task, **values):
    return act(client, task, "answer", **{**CLEANED, **values})


def test_the_whole_loop_by_pages(browser, infected):
    officer, analyst = browser("agency_officer"), browser("analyst")
    task = infected()
    page = text_of(officer.get("/work/"))
    assert "198.51.100.5 · Mirai" in page
    assert act(officer, task, "acknowledge").status_code == 302
    assert act(officer, task, "begin").status_code == 302
    assert act(officer, task, "contain", note="Đã rút dây mạng").status_code == 302
    assert report(officer, task).status_code == 302
    assert "198.51.100.5" in text_of(analyst.get("/work/?state=review"))
    assert act(analyst, task, "return", why="Chưa thấy biên bản quét").status_code == 302
    assert "Chưa thấy biên bản quét" in text_of(officer.get(f"/work/{task.pk}/"))
    assert report(officer, task).status_code == 302
    assert act(analyst, task, "accept", note="Tốt").status_code == 302
    task.refresh_from_db()
    assert task.state == "accepted"
    assert act(analyst, task, "reopen", why="Thấy lại trong nhật ký").status_code == 302
    assert act(analyst, task, "withdraw", why="Trùng việc khác").status_code == 302
    verbs = list(Step.objects.filter(task=task).order_by("pk").values_list("verb", flat=True))
    assert verbs == ["acknowledge", "begin", "contain", "submit", "return", "submit", "accept", "reopen", "withdraw"]


def test_every_page_of_a_task_opens(browser, infected):
    task = infected()
    for role in ("agency_officer", "analyst", "auditor"):
        client = browser(role)
        for path in (
            "/work/",
            f"/work/?state=all&task={task.pk}",
            f"/work/{task.pk}/",
            "/work/policies",
            "/work/calendar",
        ):
            assert client.get(path).status_code == 200, (role, path)
    analyst = browser("analyst")
    for name in ("acknowledge", "answer", "contain", "accept", "return", "hand-over", "assign", "priority", "pause", "resume",
                 "reopen", "withdraw", "approve", "begin"):  # fmt: skip
        assert analyst.get(reverse(f"task-{name}", args=[task.pk])).status_code == 200, name


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(browser, infected):
    task = infected()
    response = report(browser("agency_officer"), task, n_cleaned="9", tool="")
    page = response.content.decode()
    assert response.status_code == 422
    assert 'id="id_n_cleaned_error"' in page
    assert 'id="id_tool_error"' in page
    assert "Không còn kết nối ra ngoài" in page
    assert not Answer.objects.exists()


def test_what_the_result_does_not_ask_is_not_kept(browser, infected):
    task = infected()
    assert (
        report(browser("agency_officer"), task, result="in_progress", difficulties="Chờ nhà cung cấp").status_code
        == 302
    )
    answer = Answer.objects.get()
    assert answer.values.keys() == {"received_at", "difficulties"}
    task.refresh_from_db()
    assert task.state == "in_progress"


def test_the_last_report_fills_the_next(browser, infected):
    officer, task = browser("agency_officer"), infected()
    report(officer, task)
    act(browser("analyst"), task, "return", why="Thiếu biên bản")
    page = officer.get(f"/work/{task.pk}/answer").content.decode()
    assert "Quét ngoại tuyến" in page
    assert "Thiếu biên bản" in page
    assert re.search(r'value="cleaned"[^>]* checked', page)


def test_the_centre_enters_a_report_for_a_unit_and_says_who_told_it(browser, infected):
    task = infected()
    analyst = browser("analyst")
    assert report(analyst, task, came_by="phone", told_by="").status_code == 422
    assert report(analyst, task, came_by="phone", told_by="Bà Trực ban").status_code == 302
    assert (Answer.objects.get().came_by, Answer.objects.get().told_by) == ("phone", "Bà Trực ban")
    assert "Bà Trực ban" in text_of(analyst.get(f"/work/{task.pk}/"))
    other = infected("198.51.100.6")
    report(browser("agency_officer"), other, came_by="phone", told_by="Ai đó")  # an officer has no such fields
    assert Answer.objects.get(task=other).came_by == ""


def test_nobody_reviews_their_own_report(browser, infected):
    analyst, task = browser("analyst"), infected()
    report(analyst, task)
    response = act(analyst, task, "accept", note="")
    assert response.status_code == 422
    assert act(browser("duty_officer"), task, "accept", note="").status_code == 302


def test_the_second_of_two_reviewers_is_told(browser, infected):
    task = infected()
    report(browser("agency_officer"), task)
    seen = version_of(task)
    first, second = browser("analyst"), browser("duty_officer")
    assert first.post(f"/work/{task.pk}/accept", {"version": seen}).status_code == 302
    response = second.post(f"/work/{task.pk}/return", {"version": seen, "why": "Chưa rõ"})
    assert response.status_code == 409
    assert "Chưa rõ" in response.content.decode()
    task.refresh_from_db()
    assert task.state == "accepted"


def test_handed_over_given_paused_and_pressed(browser, infected, province):
    analyst, task = browser("analyst"), infected()
    assert act(analyst, task, "priority", priority="1").status_code == 302
    assert act(analyst, task, "pause", why="Chờ nhà mạng trả lời").status_code == 302
    assert "Chờ nhà mạng trả lời" in text_of(analyst.get(f"/work/{task.pk}/"))
    assert act(analyst, task, "resume").status_code == 302
    officer = province.users["agency_officer"]
    assert act(analyst, task, "assign", user_id=str(officer.pk)).status_code == 302
    assert act(analyst, task, "assign", user_id=str(province.users["stranger"].pk)).status_code == 422
    assert act(analyst, task, "hand-over", to_organisation_id="tayson", why="Dải này của Tây Sơn").status_code == 302
    task.refresh_from_db()
    assert (task.organisation_id, task.priority, task.state) == (province.id("tayson"), 1, "new")
    assert browser("agency_officer").get(f"/work/{task.pk}/").status_code == 404


def test_comments_watching_and_what_only_reviewers_see(browser, infected):
    task, officer, analyst = infected(), browser("agency_officer"), browser("analyst")
    assert act(officer, task, "comment", text="Máy này ở phòng một cửa").status_code == 302
    assert act(analyst, task, "comment", text="Nghi báo sai", is_internal="1").status_code == 302
    assert act(officer, task, "comment", text=" ").status_code == 422
    assert Comment.objects.count() == 2
    assert "Nghi báo sai" in text_of(analyst.get(f"/work/{task.pk}/"))
    page = text_of(officer.get(f"/work/{task.pk}/"))
    assert "Máy này ở phòng một cửa" in page
    assert "Nghi báo sai" not in page
    assert act(officer, task, "watch").status_code == 302
    assert Watcher.objects.count() == 1
    assert act(officer, task, "watch", do="leave").status_code == 302
    assert not Watcher.objects.exists()


@pytest.mark.parametrize("role", ["stranger", "telco_desk"])
def test_who_is_not_concerned_finds_nothing(browser, infected, role):
    task, client = infected(), browser(role)
    assert "Mirai" not in client.get("/work/?state=all").content.decode()
    for path in (
        f"/work/{task.pk}/",
        f"/work/{task.pk}/answer",
        f"/work/{task.pk}/acknowledge",
        f"/work/?task={task.pk}",
    ):
        assert client.get(path).status_code == 404, path
    for name in ("acknowledge", "answer", "contain", "comment", "watch"):
        assert act(client, task, name, **CLEANED).status_code == 404, name
    assert not Step.objects.exists()


def test_who_only_looks_changes_nothing(browser, infected):
    task, auditor, officer = infected(), browser("auditor"), browser("agency_officer")
    assert act(auditor, task, "acknowledge").status_code == 403
    for name in ("accept", "return", "priority", "pause", "withdraw", "hand-over"):
        assert act(officer, task, name, why="Vì thế", priority="1").status_code == 403, name
    assert not Step.objects.exists()


def test_another_place_to_go_on_is_never_another_host(browser, infected):
    task = infected()
    response = act(browser("agency_officer"), task, "acknowledge", next="//evil.example/x")
    assert response["Location"] == f"/work/{task.pk}/"


EVIL = "\"'><script>zq()</script>"


def test_texts_that_attack_are_text(browser, infected, province):
    task = infected(subject=f"198.51.100.5 {EVIL}", details={"malware": EVIL, "note": EVIL, "list": [EVIL]})
    officer, analyst = browser("agency_officer"), browser("analyst")
    act(officer, task, "comment", text=EVIL)
    report(officer, task, host=EVIL, evidence=EVIL, tool=EVIL, difficulties=EVIL)
    act(analyst, task, "return", why=EVIL)
    act(analyst, task, "pause", why=EVIL)
    actions.save_view(province.asker("analyst"), EVIL, "state=all")
    paths = (
        "/work/?state=all",
        f"/work/?state=all&task={task.pk}",
        f"/work/{task.pk}/",
        f"/work/{task.pk}/answer",
        f"/work/{task.pk}/withdraw",
    )
    for path in paths:
        page = analyst.get(path).content.decode()
        assert "<script>zq" not in page, path
        assert "&lt;script&gt;zq" in page, path
    chosen = {"do": "withdraw", "chosen": f"{task.pk}:{version_of(task)}"}
    page = analyst.post("/work/bulk", chosen).content.decode()
    assert "<script>zq" not in page
    assert "&lt;script&gt;zq" in page


@pytest.mark.parametrize("at", ["0001-01-01T00:00:00+23:59", "9999-12-31T23:59:59-23:59"])
def test_a_time_at_the_end_of_all_days_is_shown_as_it_was_written(browser, infected, at):
    task = infected(details={"at": at, "last_seen": at})
    analyst = browser("analyst")
    for path in ("", "guide", "hosts", "ask-holder"):
        page = analyst.get(f"/work/{task.pk}/{path}")
        assert page.status_code == 200
    assert at in analyst.get(f"/work/{task.pk}/").content.decode()
