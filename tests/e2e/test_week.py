"""The test of the week: a letter issued in the morning yields, the same day, a table that covers every recipient and a report ready to sign.

One letter, from the clerk's blank page to the leader's signature, in real browsers: approved on a telephone, answered in the portal, by the
link in the message (after a program has looked at it), by workbook and by telephone. On both databases.
"""

from __future__ import annotations

import re
import subprocess
import time
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from openpyxl import load_workbook
from visiting import PHONE, overflow

pytestmark = pytest.mark.database
HERE = ZoneInfo("Asia/Ho_Chi_Minh")
PATIENCE_S = 60
COMMUNE, BY_PHONE, BY_WORKBOOK = "SV.X.SUOIBIEC", "SV.X.GOTRAM", "SV.NV"
DONE = "Xong"
ANSWERS = {
    "n_people": "3", "n_servers": "2", "n_workstations": "40", "n_checked": "42", "n_infected": "1", "n_cleaned": "1", "n_patched": "9",
    "n_pending": "0", "n_received": "12", "n_settled": "12",
}  # fmt: skip
RECIPIENT = """
from vonggac.desk.directives.models import Letter, Link, Recipient
row = Recipient.objects.get(letter=Letter.objects.filter(form="cong_van").latest("pk"), organisation__code={code!r})
print(row.pk, row.letter_id, Link.objects.filter(recipient=row).values_list("sent_to", flat=True).first() or "-")
"""
STATES = """
from collections import Counter
from vonggac.desk.directives.models import Recipient
from vonggac.desk.work.models import Task
row = Recipient.objects.get(pk={pk})
print(sorted(Counter(Task.objects.filter(batch_id=row.letter.batch_id, organisation_id=row.organisation_id).values_list("kind", "state", "result")).items()))
"""


def local(moment: datetime) -> str:
    return moment.astimezone(HERE).strftime("%Y-%m-%dT%H:%M")


def recipient(portal, code: str) -> tuple[int, int, str]:
    """Ids of a recipient of the newest letter and of that letter, and where its link went."""
    pk, letter, email = portal.python(RECIPIENT.format(code=code)).split()
    return int(pk), int(letter), email


def link_in_mail(sink, email: str, reference: str) -> str:
    """The path of the link in the message that told ``email`` of a letter."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        for message, (_sender, to) in zip(list(sink.messages), list(sink.envelopes), strict=False):
            text = message.get_body(("plain",)).get_content()
            if email in to and reference in text and (found := re.search(r"/a/[A-Za-z0-9_-]{43}", text)):
                assert any(part.get_content_type() == "application/pdf" for part in message.iter_attachments())
                return found[0]
        time.sleep(0.3)
    raise AssertionError(f"no message to {email} about {reference}")


def fill(page) -> None:
    """Answer every clause that is open: done, with what that asks."""
    for card in page.locator("[data-card]").all():
        card.locator("label:has(input[value=done])").first.click()
        for name, value in ANSWERS.items():
            for box in card.locator(f"input[name$='.{name}']").all():
                if box.is_visible():
                    box.fill(value)
        for name, value in (("day", "Cả kỳ nghỉ"), ("name", "Trần Suối Biếc"), ("phone", "0000 868 120")):
            box = card.locator(f"input[name*='.people'][name$='{name}']").first
            if box.count() and box.is_visible():
                box.fill(value)
        label = card.locator("input[name*='.contacts'][name$='label']").first
        if label.count() and not label.input_value():
            label.fill("Trực công nghệ thông tin")
            card.locator("select[name*='.contacts'][name$='channel']").first.select_option("phone")
            card.locator("input[name*='.contacts'][name$='value']").first.fill("0000 868 121")


HOLDING = """
from vonggac.desk.notices import actions
from vonggac.desk.scope.asker import machine
actions.{verb}(machine("tests"))
"""


@pytest.fixture
def _messages_go_out(portal):
    """Messages leave the house, as they do in an installation that is at work."""
    portal.python(HOLDING.format(verb="stop_holding"))
    yield
    portal.python(HOLDING.format(verb="hold"))


@pytest.mark.usefixtures("_messages_go_out")
def test_a_letter_of_the_morning_is_a_table_and_a_report_by_the_afternoon(visit, portal, sink, tmp_path):
    reference, letter = issue(visit)
    n = how_many(visit, letter)

    answer_by_link(visit, portal, sink, reference)
    answer_in_the_portal(visit, portal)
    answer_by_workbook(visit, portal, tmp_path)
    answer_by_telephone(visit, portal)
    accept(visit, portal)

    look_at_the_table(visit, letter, n)
    report(visit, portal, letter, reference, n)


def issue(visit) -> tuple[str, int]:
    """The clerk makes the draft from what is shipped, the leader approves on a telephone, the clerk numbers and sends it."""
    clerk = visit("records_clerk", "/letters/new")
    now = datetime.now(HERE)
    clerk.check("[name=start][value='template:holiday']")
    clerk.fill("[name=period_from]", (now + timedelta(days=4)).date().isoformat())
    clerk.fill("[name=period_until]", (now + timedelta(days=6)).date().isoformat())
    clerk.fill("[name=deadline]", local(now + timedelta(hours=9)))
    clerk.fill("[name=occasion]", "dịp nghỉ lễ cuối năm")
    clerk.click("form#begin button.primary")
    clerk.wait_for_url("**/edit")
    letter = int(re.search(r"/letters/(\d+)/", clerk.url)[1])
    clerk.fill("[name=signer_name]", "Hồ Núi Lam")
    clerk.fill("[name=signer_title]", "GIÁM ĐỐC")
    clerk.fill("[name=symbol]", "SKHCN-ATTT")
    clerk.fill("[name=place]", "Sông Vân")
    clerk.locator("main form button.primary[type=submit]").last.click()
    clerk.wait_for_url(f"**/letters/{letter}/**")

    leader = visit("leader", f"/letters/{letter}/check", viewport=PHONE)
    assert overflow(leader) <= 0
    if leader.locator("#confirms").count():
        leader.check("#confirms")
    leader.click(f"form[action$='/letters/{letter}/approve'] button.primary")
    leader.wait_for_url(f"**/letters/{letter}/**")

    clerk.goto(clerk.url.split("/letters/")[0] + f"/letters/{letter}/issue")
    clerk.locator("main form button.primary").first.click()
    clerk.wait_for_url(lambda url: not url.endswith("/issue"))
    reference = clerk.locator("h1").inner_text().strip()
    assert re.fullmatch(r"\d+/SKHCN-ATTT", reference)
    return reference, letter


def answer_by_link(visit, portal, sink, reference: str) -> None:
    """A commune without an account: the message is looked at by a program, then opened by a person on a telephone."""
    pk, _letter, email = recipient(portal, COMMUNE)
    path = link_in_mail(sink, email, reference)
    person = visit("", None, viewport=PHONE)
    assert person.request.get(portal.url + path).status == 200  # a scanner of mail
    assert "'acknowledged'" not in portal.python(STATES.format(pk=pk))
    person.goto(portal.url + path)
    assert overflow(person) <= 0
    person.click("form[data-enters] button.primary")
    person.wait_for_url("**/a/form")
    assert path.rpartition("/")[2] not in person.content()
    person.fill("#ack-who", "Chị Mây, văn phòng UBND xã")
    person.click("form.ans-acknowledge button.primary")
    person.locator("form.ans-acknowledge").wait_for(state="detached")
    assert overflow(person) <= 0
    fill(person)
    person.fill("[name=who]", "Chị Mây, văn phòng UBND xã")
    person.locator(".ans-bar button.primary").click()
    person.wait_for_url("**/a/sent**")
    assert "('check_machines', 'submitted', 'done')" in portal.python(STATES.format(pk=pk))


def answer_in_the_portal(visit, portal) -> None:
    """The officer of the health department, signed in, types, loses the page, and goes on from what was kept."""
    pk, _letter, _email = recipient(portal, "SV.YT")
    officer = visit("agency_officer", f"/letters/received/{pk}/")
    officer.click("form.ans-acknowledge button.primary")
    officer.locator("form.ans-acknowledge").wait_for(state="detached")
    fill(officer)
    officer.locator("[data-saved]", has_text=re.compile(r"\d\d:\d\d")).wait_for()
    officer.reload()
    assert officer.locator("input[name$='.n_workstations']").first.input_value() == "40"
    officer.locator(".ans-bar button.primary").dblclick()
    officer.wait_for_url("**/sent**")
    assert "('stand_duty', 'submitted', 'done'), 1)" in portal.python(STATES.format(pk=pk))


def answer_by_workbook(visit, portal, tmp_path) -> None:
    """The department for home affairs fills the workbook without a connection; the duty officer takes it in."""
    pk, _letter, _email = recipient(portal, BY_WORKBOOK)
    duty = visit("duty_officer", f"/letters/received/{pk}/answers")
    with duty.expect_download() as download:
        duty.locator("a[href$='answers.xlsx']").first.click()
    path = tmp_path / "answers.xlsx"
    download.value.save_as(path)
    fill_workbook(path)
    duty.set_input_files("input[type=file]", path)
    duty.locator("main form button[type=submit]").last.click()
    duty.locator("[name=token]").wait_for(state="attached")
    duty.locator("[name=came_by]").select_option("mail")
    duty.fill("[name=told_by]", "Anh Tâm, Sở Nội vụ")
    duty.locator("form:has([name=token]) button.primary").click()
    duty.wait_for_load_state()
    assert "('check_machines', 'submitted', 'done')" in portal.python(STATES.format(pk=pk))


def fill_workbook(path) -> None:
    """As a person would: a result from the list, the numbers beside what asks them, a line for who is on duty."""
    book = load_workbook(path)
    sheet = book.active
    people = {}
    for row in sheet.iter_rows(min_row=2):
        key, cell = str(row[0].value or ""), row[2]
        name = key.rpartition(".")[2]
        if name == "result":
            cell.value = DONE
        elif name in ANSWERS:
            cell.value = int(ANSWERS[name])
        elif name == "people[]":
            people.setdefault(key, row)
    for row in people.values():
        for place, value in enumerate(("Cả kỳ nghỉ", "07:00–19:00", "Trần Suối Biếc", "0000 868 120"), 2):
            row[place].value = value
    book.save(path)


def answer_by_telephone(visit, portal) -> None:
    """A commune calls; the duty officer writes down what it says."""
    pk, _letter, _email = recipient(portal, BY_PHONE)
    duty = visit("duty_officer", f"/letters/received/{pk}/?enter=1")
    duty.locator("label:has(input[name=came_by][value=phone])").first.click()
    duty.fill("[name=told_by] >> nth=-1", "Anh Lau, UBND xã Gò Trám")
    fill(duty)
    duty.locator(".ans-bar button.primary").click()
    duty.wait_for_url("**/sent**")
    assert "('patch_systems', 'submitted', 'done')" in portal.python(STATES.format(pk=pk))


def accept(visit, portal) -> None:
    """The centre looks at the commune's answers and accepts them."""
    pk, _letter, _email = recipient(portal, COMMUNE)
    duty = visit("duty_officer", f"/letters/received/{pk}/")
    duty.locator("form:has([name=do][value=accept]) button.primary").first.click()
    duty.wait_for_load_state()
    assert "('check_machines', 'closed', 'done')" in portal.python(STATES.format(pk=pk))


def how_many(visit, letter: int) -> int:
    """How many the letter went to, as the leader's page says before anybody answered; other stories may have added a unit."""
    figures = visit("leader", f"/letters/{letter}/table").locator(".leader .figures").inner_text()
    n = int(re.match(r"0/(\d+)", figures)[1])
    assert n >= 41
    return n


def look_at_the_table(visit, letter: int, n: int) -> None:
    """The leader sees who has answered, who has not, and every recipient has a line."""
    leader = visit("leader", f"/letters/{letter}/table")
    figures = leader.locator(".leader .figures").inner_text()
    assert figures.startswith(f"4/{n}")
    for name in ("Ủy ban nhân dân xã Suối Biếc", "Sở Y tế tỉnh Sông Vân", "Ủy ban nhân dân xã Thác Mơ Màng"):
        assert leader.locator("#matrix", has_text=name).count()
    phone = visit("leader", f"/letters/{letter}/table", viewport=PHONE)
    assert overflow(phone) <= 0


def report(visit, portal, letter: int, reference: str, n: int) -> None:
    """The report is begun, edited, made anew without losing the edit, approved, numbered; its PDF says what the table says."""
    clerk = visit("records_clerk", f"/letters/{letter}/report")
    clerk.locator("main form button.primary").click()
    clerk.wait_for_url("**/parts")
    clerk.locator(".part a[href*='?edit=']").first.click()
    clerk.fill(
        "#part-form [name=text]", clerk.input_value("#part-form [name=text]") + "\nSở đã nhắc các đơn vị chưa báo cáo."
    )
    clerk.click("#part-form button.primary")
    clerk.locator("form[action$='/renew'] button").click()
    clerk.locator("main", has_text="Sở đã nhắc các đơn vị chưa báo cáo.").wait_for()
    number = int(re.search(r"/letters/(\d+)/parts", clerk.url)[1])
    leader = visit("leader", f"/letters/{number}/check", viewport=PHONE)
    if leader.locator("#confirms").count():
        leader.check("#confirms")
    leader.click(f"form[action$='/letters/{number}/approve'] button.primary")
    leader.wait_for_url(f"**/letters/{number}/**")
    clerk.goto(portal.url + f"/letters/{number}/issue")
    clerk.locator("main form button.primary").first.click()
    clerk.wait_for_url(lambda url: not url.endswith("/issue"))
    text = words_of_pdf(clerk, portal, number)
    assert f"4/{n}" in text
    assert reference in text
    assert "Sở đã nhắc các đơn vị chưa báo cáo." in text


def words_of_pdf(page, portal, letter: int) -> str:
    """The text of the PDF of an issued letter, once it is made."""
    ends = time.monotonic() + PATIENCE_S
    while time.monotonic() < ends:
        page.goto(portal.url + f"/letters/{letter}/files")
        found = page.locator("a[href*='/files/']", has_text=".pdf")
        if found.count():
            data = page.request.get(portal.url + found.first.get_attribute("href")).body()
            done = subprocess.run(
                ["pdftotext", "-layout", "-", "-"], input=data, capture_output=True, check=True, timeout=60
            )
            return " ".join(done.stdout.decode().split())
        time.sleep(1)
    raise AssertionError("no PDF was made")
