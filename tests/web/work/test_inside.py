"""Pages of who it was inside: the guide, the log to drop, the question to a telco, its answer passed on, networks to confirm."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from django.core.files.uploadedfile import SimpleUploadedFile
from province import admin

from vonggac.desk.organisations import actions as directory
from vonggac.desk.work import actions
from vonggac.desk.work.actions import Draft, Question
from vonggac.desk.work.models import HostSearch, Task
from vonggac.jobs import find_hosts, network_confirmation, spool

AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
XSS = '"><script>alert(1)</script>'
LINE = (
    b"2026-11-23T07:59:30+00:00 gw conntrack[400]: [NEW] tcp      6 120 SYN_SENT src=10.1.0.7 dst=203.0.113.201 sport=50000 dport=443 "
    b"[UNREPLIED] src=203.0.113.201 dst=198.51.100.5 sport=443 dport=51514\n"
)


def seen(task):
    task.refresh_from_db()
    return task.pk, task.version


@pytest.fixture
def mine(province):
    details = {
        "address": "198.51.100.5", "port": 51514, "last_seen": AT.isoformat(), "malware": f"Mirai {XSS}",
        "destination": "203.0.113.201", "destination_port": 443,
    }  # fmt: skip
    draft = Draft("clean_address", province.id("donghoa"), f"198.51.100.5 {XSS}", "198.51.100.5", details)
    return actions.open_task(admin(), draft)


@pytest.fixture
def telco(province):
    directory.add_network(
        admin(), province.id("nhamang1"), text="198.51.100.0/24", valid_from=datetime(2024, 1, 1, tzinfo=UTC)
    )
    return province["nhamang1"]


@pytest.fixture
def as_(client, province, signed_in):
    return lambda role: signed_in(client, province.users[role])


def text_of(response):
    return response.content.decode()


def test_a_number_that_a_telco_guesses_tells_it_no_name(as_, province, telco):
    question = actions.ask_holder(admin(), Question("198.51.100.77", 80, AT))
    values = {"holder": province.id("stranger"), "evidence": "x"}
    actions.submit(province.asker("telco_desk"), *seen(question), result="identified", values=values)
    assert "Người Lạ" not in text_of(as_("telco_desk").get(f"/work/{question.pk}/"))
    assert "Người Lạ" in text_of(as_("analyst").get(f"/work/{question.pk}/"))


def test_the_guide_is_filled_in_with_what_the_list_says(as_, mine):
    page = as_("agency_officer").get(f"/work/{mine.pk}/guide")
    text = text_of(page)
    assert page.status_code == 200
    for word in ("51514", "203.0.113.201", "23/11/2026 15:00:00 (UTC+0700)"):
        assert word in text
    assert "51.514" not in text
    assert '<details class="guide">' not in text
    assert XSS not in text
    whole = text_of(as_("agency_officer").get(f"/work/{mine.pk}/"))
    assert '<details class="guide">' in whole
    assert f"/work/{mine.pk}/hosts" in whole
    assert XSS not in whole


def test_a_log_is_dropped_read_at_once_and_its_host_taken_into_the_report(as_, mine):
    client = as_("agency_officer")
    sent = client.post(f"/work/{mine.pk}/hosts", {"file": SimpleUploadedFile(f"nat{XSS}.log", LINE)})
    assert sent.status_code == 302
    text = text_of(client.get(sent["Location"]))
    assert "10.1.0.7" in text
    assert f"/work/{mine.pk}/answer?inner_address=10.1.0.7" in text
    assert "<script>alert" not in text
    assert not list(spool.spool_folder(django_settings.VONGGAC).iterdir())
    report = text_of(client.get(f"/work/{mine.pk}/answer?inner_address=10.1.0.7&host={XSS}"))
    assert 'value="10.1.0.7"' in report
    assert XSS not in report


def test_what_waits_is_said_and_what_is_no_log_too(as_, mine, monkeypatch):
    client = as_("agency_officer")
    monkeypatch.setattr(find_hosts, "SMALL_BYTES", 1)
    client.post(f"/work/{mine.pk}/hosts", {"file": SimpleUploadedFile("nat.log", LINE)})
    assert 'hx-trigger="every 3s"' in text_of(client.get(f"/work/{mine.pk}/hosts"))
    find_hosts.run_pending(django_settings.VONGGAC)
    monkeypatch.undo()
    client.post(f"/work/{mine.pk}/hosts", {"file": SimpleUploadedFile("x.png", b"\x89PNG\r\n\x1a\n" + bytes(300))})
    assert HostSearch.objects.order_by("-pk").first().n_found == 0
    assert "hx-trigger" not in text_of(client.get(f"/work/{mine.pk}/hosts")).partition('id="searches"')[2][:200]
    assert client.post(f"/work/{mine.pk}/hosts", {}).status_code == 422


def test_hosts_without_times_are_shown_by_page_and_api(as_, mine):
    found = [{"host": f"may{XSS}", "by": "contact", "n": 1, "first": "", "last": "", "destination": "203.0.113.201"}]
    HostSearch.objects.create(
        task=mine,
        state="done",
        file_name="a.csv",
        size=1,
        sha256="0" * 64,
        by_name="Bà Hoa",
        via="web",
        n_found=1,
        found=found,
    )
    client = as_("agency_officer")
    page = text_of(client.get(f"/work/{mine.pk}/hosts"))
    assert "may&quot;" in page
    assert XSS not in page
    told = client.get(f"/api/v1/work/tasks/{mine.pk}/hosts").json()
    assert [one["host"] for one in told["items"][0]["hosts"]] == [f"may{XSS}"]
    assert told["items"][0]["hosts"][0]["first"] is None


def test_a_file_that_is_too_large_is_not_read(as_, mine):
    client = as_("agency_officer")
    limit = find_hosts.UPLOAD_LIMIT + (1 << 20)
    refused = client.post(
        f"/work/{mine.pk}/hosts", b"x", content_type="multipart/form-data; boundary=b", CONTENT_LENGTH=str(limit)
    )
    assert refused.status_code == 413
    assert not HostSearch.objects.exists()


def test_a_telco_is_asked_and_its_answer_passed_on(as_, province, mine, telco):
    client = as_("analyst")
    form = text_of(client.get(f"/work/{mine.pk}/ask-holder"))
    assert "Viễn thông Thạch Lâm" in form
    asked = client.post(
        f"/work/{mine.pk}/ask-holder", {"address": "198.51.100.5", "port": "51514", "at": "2026-11-23T15:00"}
    )
    assert asked.status_code == 302
    question = Task.objects.get(kind="identify_holder")
    assert (question.organisation_id, question.parent_id, question.details["at"]) == (telco.pk, mine.pk, AT.isoformat())
    again = client.post(
        f"/work/{mine.pk}/ask-holder", {"address": "198.51.100.5", "port": "51514", "at": "2026-11-23T15:00"}
    )
    assert again.status_code == 422
    values = {"holder": province.id("donghoa"), "inner_address": "10.1.0.7", "evidence": "Hợp đồng số 7"}
    actions.submit(province.asker("telco_desk"), *seen(question), result="identified", values=values)
    actions.accept(province.asker("analyst"), [seen(question)])
    assert f"/work/{question.pk}/pass-on" in text_of(client.get(f"/work/{question.pk}/"))
    page = text_of(client.get(f"/work/{question.pk}/pass-on"))
    assert "Xã Đông Hòa" in page
    done = client.post(f"/work/{question.pk}/pass-on", {"version": seen(question)[1]})
    assert done.status_code == 302
    mine.refresh_from_db()
    assert mine.details["inner_address"] == "10.1.0.7"
    assert f"/work/{question.pk}/pass-on" not in text_of(client.get(f"/work/{question.pk}/"))
    assert client.post(f"/work/{question.pk}/pass-on", {"version": seen(question)[1]}).status_code == 422
    owner = text_of(as_("agency_officer").get(f"/work/{mine.pk}/"))
    assert "10.1.0.7" in owner
    assert "Hợp đồng số 7" not in owner


def test_an_answer_that_waits_to_be_passed_on_is_counted_for_who_passes_it_on(as_, province, mine, telco):
    link, row = 'href="/work/?state=pass_on"', f'href="/work/{mine.pk + 1}/"'
    question = actions.ask_holder(province.asker("analyst"), Question("198.51.100.5", 1, AT, parent_id=mine.pk))
    assert question.pk == mine.pk + 1
    for path in ("/", "/work/"):
        assert "pass_on" not in text_of(as_("analyst").get(path))
    actions.submit(province.asker("telco_desk"), *seen(question), result="not_known", values={})
    waiting = text_of(as_("analyst").get("/organisations/"))
    actions.accept(province.asker("analyst"), [seen(question)])
    assert link in text_of(as_("analyst").get("/"))
    assert "pass_on" not in text_of(as_("telco_desk").get("/")) + text_of(as_("telco_desk").get("/work/"))
    # What waits in the navigation is the same: the report was accepted, the answer waits in its place.
    assert waiting.count('class="tally"') == text_of(as_("analyst").get("/organisations/")).count('class="tally"') == 1
    assert row in text_of(as_("analyst").get("/work/?state=pass_on"))
    assert row not in text_of(as_("telco_desk").get("/work/?state=pass_on"))
    actions.save_view(province.asker("analyst"), name="Chuyển tiếp", query="state=pass_on")
    assert "Chuyển tiếp" in text_of(as_("analyst").get("/work/"))
    actions.pass_on(province.asker("analyst"), *seen(question))
    assert link not in text_of(as_("analyst").get("/"))
    assert row not in text_of(as_("analyst").get("/work/?state=pass_on"))
    assert 'class="tally"' not in text_of(as_("analyst").get("/organisations/"))


def test_the_telco_does_not_read_of_the_work_it_is_asked_for(as_, province, mine, telco):
    question = actions.ask_holder(province.asker("analyst"), Question("198.51.100.5", 1, AT, parent_id=mine.pk))
    page = text_of(as_("telco_desk").get(f"/work/{question.pk}/"))
    assert f"/work/{mine.pk}/" not in page
    assert "Xã Đông Hòa" not in page


def test_networks_to_confirm_stand_there_with_the_way_to_correct_them(as_, province):
    network_confirmation.run(admin(), datetime(2027, 1, 5, tzinfo=UTC))
    task = Task.objects.get(kind="confirm_networks", organisation=province["donghoa"])
    client = as_("agency_officer")
    page = text_of(client.get(f"/work/{task.pk}/"))
    assert "198.51.100.1-198.51.100.9" in page
    assert "/edit" in page
    done = client.post(f"/work/{task.pk}/answer", {"result": "confirmed", "version": task.version})
    assert done.status_code == 302
    task.refresh_from_db()
    assert task.state == "closed"
    assert client.get(f"/work/{task.pk}/guide").status_code == 404


@pytest.mark.parametrize("name", ["guide", "hosts", "ask-holder", "pass-on"])
@pytest.mark.parametrize(
    ("role", "status"), [("stranger", {404, 403}), ("telco_desk", {404, 403}), ("auditor", {403, 200})]
)
def test_who_is_not_concerned_finds_nothing(as_, mine, name, role, status):
    client = as_(role)
    found = client.get(f"/work/{mine.pk}/{name}").status_code
    assert found in status
    assert found != 200 or name == "guide"
    if name != "guide":
        assert client.post(
            f"/work/{mine.pk}/{name}", {"version": 1, "file": SimpleUploadedFile("a.log", LINE)}
        ).status_code in (403, 404)
    assert not HostSearch.objects.exists()


def test_the_time_of_a_question_is_not_ahead(as_, mine, telco):
    ahead = (datetime.now(UTC) + timedelta(days=3)).strftime("%Y-%m-%dT%H:%M")
    refused = as_("analyst").post(f"/work/{mine.pk}/ask-holder", {"address": "x", "port": "99999", "at": ahead})
    assert refused.status_code == 422
    assert not Task.objects.filter(kind="identify_holder").exists()
