"""Behind the link of a letter: who may come in, what they see, what a programme that looks at mail leaves behind, nothing."""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from by_link import code_of, enter, mailboxes, token_of
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

from vonggac.desk.directives import actions
from vonggac.desk.directives.actions import links
from vonggac.desk.directives.models import AnswerDraft, LetterFile, Link, LinkUse
from vonggac.desk.work.models import Answer, Evidence

if TYPE_CHECKING:
    from letter_of import Holiday
    from province import Province

pytestmark = pytest.mark.django_db
MAIL = "vanthu@tayson.example"
OTHER = "vanthu@donghoa.example"
WHO = "Trần Thị Bưởi, công chức văn hóa – xã hội"
HUSHED = {"Referrer-Policy": "no-referrer", "X-Robots-Tag": "noindex, nofollow", "Cache-Control": "no-store"}


@pytest.fixture
def sent(province: Province) -> Holiday:
    """The holiday letter, sent to communes with mailboxes."""
    from letter_of import draft

    mailboxes(province)
    return draft(province).issued()


@pytest.fixture
def coded(province: Province) -> Holiday:
    """The same, its links asking for a code."""
    from letter_of import draft

    mailboxes(province)
    return draft(province, links_ask_code=True).issued()


def hushed(response: Any) -> Any:
    """The response, which tells no other site, cache or index of itself."""
    assert {name: response.headers.get(name) for name in HUSHED} == HUSHED
    policy = response.headers["Content-Security-Policy"]
    assert "unsafe" not in policy
    assert "default-src 'none'" in policy
    return response


def uses(email: str = MAIL) -> list[str]:
    """What was done with the links of a mailbox."""
    return list(LinkUse.objects.filter(link__sent_to=email).order_by("pk").values_list("what", flat=True))


def answers(holiday: Holiday, code: str = "tayson") -> dict[str, str]:
    """A form that says that all is done."""
    typed = {"who": WHO, "key": "k1", "do": "answer"}
    for task in holiday.tasks(code):
        typed[f"{task.pk}.result"] = "done"
        if task.kind == "stand_duty":
            row = {"day": "31/12", "name": "Trần Thị Bưởi", "phone": "0000 111 222"}
            typed |= {f"{task.pk}.people-0-{name}": text for name, text in row.items()} | {f"{task.pk}.n_people": "1"}
        if task.kind == "check_machines":
            typed |= {
                f"{task.pk}.{name}": "1"
                for name in ("n_servers", "n_workstations", "n_checked", "n_infected", "n_cleaned")
            }
    return typed


# ------------------------------------------------------------------------------------------------------ the way in


def test_the_first_page_opens_nothing_and_tells_little(sent: Holiday) -> None:
    page = hushed(Client().get(f"/a/{token_of(MAIL)}"))
    text = page.content.decode()
    assert page.status_code == 200
    assert sent.letter.reference in text
    assert "Xã Tây Sơn" in text
    assert sent.letter.subject not in text
    assert MAIL not in text
    assert not re.search(r'href="/(?!static/|a/)', text)
    assert not page.cookies.keys() - {"vonggac_session"}
    assert uses() == ["seen"]
    assert sent.recipient("tayson").opened_at is None


def test_programmes_that_look_at_mail_open_and_acknowledge_nothing(sent: Holiday) -> None:
    address, bot = f"/a/{token_of(MAIL)}", Client(headers={"user-agent": "MailScanner/9"})
    for _n in range(3):
        bot.head(address)
        bot.get(address)
        bot.get(address, headers={"sec-purpose": "prefetch;prerender"})
        bot.get(address, headers={"purpose": "preview", "x-moz": "prefetch"})
        bot.options(address)
        for path in ("form", "sent", "code", "draft", "leave", "files/1", "evidence/1", "file/1"):
            bot.get(f"/a/{path}")
            bot.head(f"/a/{path}")
    row = sent.recipient("tayson")
    assert (row.opened_at, row.acknowledged_at) == (None, None)
    assert uses() == ["seen"]
    assert not Answer.objects.exists()


def test_a_button_opens_and_the_token_leaves_the_address(sent: Holiday) -> None:
    token, browser = token_of(MAIL), Client()
    response = hushed(browser.post(f"/a/{token}"))
    assert response["Location"] == "/a/form"
    for name in ("vonggac_answer", "vonggac_browser"):
        cookie = response.cookies[name]
        assert token not in cookie.value
        assert cookie["httponly"]
        assert cookie["samesite"] == "Strict"
    assert int(response.cookies["vonggac_answer"]["max-age"]) <= 12 * 3600
    page = hushed(browser.get("/a/form"))
    text = page.content.decode()
    assert page.status_code == 200
    assert sent.letter.subject in text
    assert token not in text
    assert 'name="referrer" content="no-referrer"' in text
    assert not re.search(r'href="/(?!static/|a/)', text)
    row = sent.recipient("tayson")
    assert (row.opened_by_name, row.acknowledged_at) == (MAIL, None)
    assert uses() == ["opened"]


@pytest.mark.parametrize("token", ["x", "A" * 43, "A" * 400, "..", "form2", "%2e%2e%2fletters", "é", "'or'1", "a%0Ab"])
def test_guesses_see_one_page(sent: Holiday, token: str) -> None:
    for response in (Client().get(f"/a/{token}"), Client().post(f"/a/{token}")):
        text = hushed(response).content.decode()
        assert response.status_code == 404
        assert not response.cookies  # nor does a session begin
        assert "Tây Sơn" not in text
        assert not re.search(r'href="/(?!static/|a/)', text)


def test_unknown_old_revoked_and_withdrawn_look_the_same(sent: Holiday) -> None:
    token, link = token_of(MAIL), Link.objects.get(sent_to=MAIL)

    def look(of: str) -> bytes:
        page = Client().get(f"/a/{of}").content
        return re.sub(rb'value="[A-Za-z0-9]{64}"|"X-CSRFToken": "\w+"', b"", page).replace(of.encode(), b"")

    unknown = look("A" * 43)
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    assert look(token) == unknown
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now() + timedelta(days=1), revoked_at=timezone.now())
    assert look(token) == unknown
    Link.objects.filter(pk=link.pk).update(revoked_at=None)
    assert look(token) != unknown
    actions.withdraw(sent.province.asker("leader"), sent.letter.pk, sent.letter.version, "Ban hành nhầm")
    assert look(token) == unknown


def test_whoever_guesses_waits(sent: Holiday) -> None:
    for n in range(30):
        assert Client().get(f"/a/{n:043d}").status_code == 404
    refused = hushed(Client().get(f"/a/{token_of(MAIL)}"))
    assert refused.status_code == 429
    assert "Tây Sơn" not in refused.content.decode()
    assert Client(REMOTE_ADDR="198.51.100.9").get(f"/a/{token_of(MAIL)}").status_code == 200


# --------------------------------------------------------------------------------------------------- it ends at once


@pytest.mark.parametrize("how", ["revoked", "expired", "withdrawn", "gone"])
def test_what_was_opened_ends_with_the_link(sent: Holiday, how: str) -> None:
    browser, link = enter(), Link.objects.get(sent_to=MAIL)
    assert browser.get("/a/form").status_code == 200
    if how == "revoked":
        links.revoke_link(sent.province.asker("records_clerk"), link.pk)
    elif how == "expired":
        Link.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    elif how == "withdrawn":
        actions.withdraw(sent.province.asker("leader"), sent.letter.pk, sent.letter.version, "Ban hành nhầm")
    else:
        link.delete()
    typed = answers(sent)
    task = sent.tasks("tayson")[0].pk
    for path, data in (
        ("form", typed), ("form", {"do": "acknowledge", "who": WHO}), ("draft", {**typed, "draft": "0"}), ("code", {"send": "1"}),
        (f"files/{task}", {"file": SimpleUploadedFile("a.txt", b"x")}), (f"files/{task}/1/remove", {}),
    ):  # fmt: skip
        assert hushed(browser.post(f"/a/{path}", data)).status_code == 404
    for path in ("form", "sent", "evidence/1", "file/1"):
        assert browser.get(f"/a/{path}").status_code == 404
    assert browser.get(f"/a/{'A' * 43}").status_code == 404
    row = sent.recipient("tayson")
    assert row.acknowledged_at is None
    assert not Answer.objects.exists()
    assert not Evidence.objects.exists()
    assert not AnswerDraft.objects.exists()


def test_a_replayed_cookie_of_a_revoked_link_opens_nothing(sent: Holiday) -> None:
    browser = enter()
    kept = browser.cookies["vonggac_answer"].value
    links.revoke_link(sent.province.asker("records_clerk"), Link.objects.get(sent_to=MAIL).pk)
    again = Client()
    again.cookies["vonggac_answer"] = kept
    assert again.get("/a/form").status_code == 404


def test_a_cookie_that_was_changed_opens_nothing(sent: Holiday) -> None:
    from django.core import signing

    from vonggac.web.letters.links import visiting

    kept = enter().cookies["vonggac_answer"].value
    mine, other = Link.objects.get(sent_to=MAIL), Link.objects.get(sent_to=OTHER)
    forged = [
        "", "x", kept[:-1], kept[1:], kept.swapcase(), kept.replace(":", "."),
        signing.dumps([other.pk, other.digest, True, ""], salt="another"),
        signing.dumps([other.pk, mine.digest, True, ""], salt=visiting._SALT),
        signing.dumps([other.pk, "", True, ""], salt=visiting._SALT),
        signing.dumps([10**9, mine.digest, True, ""], salt=visiting._SALT),
        signing.dumps({"a": 1}, salt=visiting._SALT), signing.dumps("text", salt=visiting._SALT),
        signing.dumps([mine.pk, mine.digest, True, ""], key="another key of an installation", salt=visiting._SALT),
    ]  # fmt: skip
    for value in forged:
        browser = Client()
        browser.cookies["vonggac_answer"] = value
        assert browser.get("/a/form").status_code == 404, value


def test_after_twelve_hours_the_link_has_to_be_opened_again(sent: Holiday, monkeypatch: pytest.MonkeyPatch) -> None:
    browser = enter()
    import time

    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + 12 * 3600 + 5)
    assert browser.get("/a/form").status_code == 404


def test_leaving_forgets(sent: Holiday) -> None:
    browser = enter()
    assert hushed(browser.post("/a/leave")).status_code == 200
    assert browser.get("/a/form").status_code == 404


# ----------------------------------------------------------------------------------------------- only what is theirs


def test_the_link_of_one_answers_for_nobody_else(sent: Holiday) -> None:
    browser = enter()
    theirs = sent.tasks("donghoa")[0]
    typed = {"who": WHO, "do": "answer", f"{theirs.pk}.result": "done", f"{theirs.pk}.people": "x"}
    browser.post("/a/form", typed)
    browser.post("/a/draft", {"draft": "0", f"{theirs.pk}.result": "done"})
    browser.post(f"/a/files/{theirs.pk}", {"file": SimpleUploadedFile("a.txt", b"proof")})
    browser.post("/a/form", {"do": "acknowledge", "who": WHO, "recipient": sent.recipient("donghoa").pk})
    other = sent.recipient("donghoa")
    theirs.refresh_from_db()
    assert (theirs.state, other.acknowledged_at, other.opened_at) == ("new", None, None)
    assert not Answer.objects.exists()
    assert not Evidence.objects.exists()
    assert not AnswerDraft.objects.filter(recipient=other).exists()
    text = browser.get("/a/form").content.decode()
    assert "Đông Hòa" not in text
    assert f'id="c{theirs.pk}"' not in text


def test_it_opens_no_door_of_the_portal(sent: Holiday) -> None:
    browser, row = enter(), sent.recipient("tayson")
    for path in (
        "/",
        f"/letters/{sent.letter.pk}/",
        f"/letters/received/{row.pk}/",
        f"/work/{sent.tasks('tayson')[0].pk}/",
        "/letters/",
    ):
        assert browser.get(path).status_code == 302, path
    assert browser.get(f"/letters/{sent.letter.pk}/links").status_code == 302
    assert browser.get("/api/v1/me").status_code in (401, 404)


def test_files_are_those_of_the_letter_alone(sent: Holiday, province: Province) -> None:
    from django.conf import settings
    from letter_of import draft

    from vonggac.jobs import evidence_store

    def put(letter: Any, part: str, data: bytes) -> LetterFile:
        with evidence_store.held(settings.VONGGAC):
            digest = evidence_store.keep(settings.VONGGAC, data)
        return LetterFile.objects.create(
            letter=letter, part=part, name=f"{part}.pdf", kind="pdf", size=len(data), sha256=digest, by_name="Tests"
        )

    other = sent.province and put(draft_again(province), "pdf", b"other letter")
    mine, reply = (
        put(sent.letter, "pdf", b"the letter itself"),
        put(sent.letter, "reply", b"what another recipient answered"),
    )
    browser = enter()
    got = hushed_file(browser.get(f"/a/file/{mine.pk}"))
    assert b"".join(got.streaming_content) == b"the letter itself"
    assert got["Content-Disposition"].startswith("attachment")
    assert "sandbox" in got["Content-Security-Policy"]
    assert browser.get(f"/a/file/{reply.pk}").status_code == 404
    assert browser.get(f"/a/file/{other.pk}").status_code == 404
    assert Client().get(f"/a/file/{mine.pk}").status_code == 404
    assert f"/a/file/{mine.pk}" in browser.get("/a/form").content.decode()
    assert uses()[-1] == "file"
    del draft


def draft_again(province: Province) -> Any:
    """Another letter of the same office."""
    from vonggac.desk.directives.models import Letter

    row = Letter.objects.latest("pk")
    row.pk, row.number, row.batch_id, row.reference = None, None, 0, "khác"
    row.save(force_insert=True)
    return row


def hushed_file(response: Any) -> Any:
    """A download that no browser runs or keeps."""
    assert response.status_code == 200
    assert response["Cache-Control"] == "no-store"
    assert response["Referrer-Policy"] == "no-referrer"
    return response


def test_a_tab_of_another_letter_does_not_act_for_the_one_opened_last(sent: Holiday) -> None:
    browser = enter()
    first = re.search(r'action="(/a/form[?]of=\d+)"', browser.get("/a/form").content.decode())
    assert first is not None
    enter(OTHER, browser)
    for path, data in (
        (first[1], {"do": "acknowledge", "who": WHO}),
        (first[1].replace("form", "draft"), {"draft": "0"}),
    ):
        assert browser.post(path, data).status_code == 404
    assert sent.recipient("donghoa").acknowledged_at is None
    assert sent.recipient("tayson").acknowledged_at is None
    assert browser.post("/a/form", {"do": "acknowledge", "who": WHO}).status_code == 302
    assert sent.recipient("donghoa").acknowledged_at is not None


# ---------------------------------------------------------------------------------------------------- what is done


def test_acknowledged_answered_and_shown_in_the_log(sent: Holiday, browser: Callable[[str], Client]) -> None:
    first, second = enter(), enter()
    assert first.post("/a/form", {"do": "acknowledge", "who": WHO}).status_code == 302
    row = sent.recipient("tayson")
    assert (row.acknowledged_by_name, row.acknowledged_via) == (WHO, "link")
    saved = second.post("/a/draft", {**answers(sent), "draft": "0"})
    assert saved.status_code == 200
    assert AnswerDraft.objects.get(recipient=row).by_name == WHO
    second.post("/a/draft", {**answers(sent), "draft": "1", "phone": "0000 222 333"})
    response = first.post("/a/form", answers(sent))
    assert response["Location"].startswith("/a/sent?of="), response.content.decode()
    assert hushed(first.get("/a/sent")).status_code == 200
    rows = Answer.objects.filter(task__in=sent.tasks("tayson"))
    assert {(one.by_name, one.came_by, one.by_id) for one in rows} == {(WHO, "link", None)}
    assert len(rows) == 2
    assert uses() == ["opened", "opened", "acknowledged", "saved", "answered"]
    clerk = browser("records_clerk")
    page = clerk.get(f"/letters/{sent.letter.pk}/links/{row.pk}")
    assert page.status_code == 200
    assert f"/letters/{sent.letter.pk}/links/{row.pk}" in clerk.get(f"/letters/received/{row.pk}/").content.decode()
    text = page.content.decode()
    assert "2 trình duyệt" in text or "2 browsers" in text
    assert "2 trình duyệt" in clerk.get(f"/letters/{sent.letter.pk}/links?only=many").content.decode()


def test_nobody_acknowledges_or_answers_without_a_name(sent: Holiday) -> None:
    browser = enter()
    for who in ("", " ", "\u200b", "x"):
        assert browser.post("/a/form", {"do": "acknowledge", "who": who}).status_code == 422
        assert browser.post("/a/form", {**answers(sent), "who": who}).status_code == 422
    assert sent.recipient("tayson").acknowledged_at is None
    assert not Answer.objects.exists()
    assert browser.post("/a/form", {"do": "acknowledge", "who": WHO}).status_code == 302
    without = {name: text for name, text in answers(sent).items() if name != "who"}
    assert browser.post("/a/form", without)["Location"].startswith("/a/sent")  # they said so before
    assert {one.by_name for one in Answer.objects.all()} == {WHO}


def test_a_file_is_added_seen_and_taken_away(sent: Holiday) -> None:
    browser, task = enter(), sent.tasks("tayson")[0]
    png = bytes.fromhex(
        "89504e470d0a1a0a0000000d49484452000000010000000108060000001f15c4890000000d49444154789c6360606060000000050001a5f645400000000049454e44ae426082"
    )
    browser.post(f"/a/files/{task.pk}", {"file": SimpleUploadedFile("ảnh.png", png), "who": WHO})
    row = Evidence.objects.get()
    assert row.task_id == task.pk
    assert b"".join(hushed_file(browser.get(f"/a/evidence/{row.pk}")).streaming_content) == png
    assert enter(OTHER).get(f"/a/evidence/{row.pk}").status_code == 404
    enter(OTHER).post(f"/a/files/{task.pk}/{row.pk}/remove")
    assert Evidence.objects.count() == 1
    browser.post(f"/a/files/{task.pk}/{row.pk}/remove")
    assert not Evidence.objects.exists()


def test_what_is_no_evidence_and_what_is_too_large_is_refused(sent: Holiday) -> None:
    from vonggac.jobs.evidence_store import UPLOAD_LIMIT

    browser, task = enter(), sent.tasks("tayson")[0]
    told = {"x-requested-with": "answering"}
    for name, data in (("a.exe", b"MZ" + b"\0" * 100), ("a.html", b"<script>alert(1)</script>"), ("a.png", b"")):
        response = browser.post(f"/a/files/{task.pk}", {"file": SimpleUploadedFile(name, data)}, headers=told)
        assert response.status_code == 422, name
    large = browser.post(
        f"/a/files/{task.pk}", {"file": SimpleUploadedFile("a.png", b"\x89PNG" + bytes(UPLOAD_LIMIT))}, headers=told
    )
    assert large.status_code in (413, 422)
    assert not Evidence.objects.exists()


def test_forms_of_others_are_refused_and_pages_without_a_referrer_are_not(sent: Holiday) -> None:
    strict = Client(enforce_csrf_checks=True)
    address = f"/a/{token_of(MAIL)}"
    page = strict.get(address).content.decode()
    key = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert key is not None
    token = {"csrfmiddlewaretoken": key[1]}
    assert strict.post(address).status_code == 403
    assert strict.post(address, token, headers={"origin": "https://evil.example"}).status_code == 403
    assert strict.post(address, token, headers={"sec-fetch-site": "cross-site", "origin": "null"}).status_code == 403
    assert strict.post(address, headers={"origin": "null"}).status_code == 403
    assert sent.recipient("tayson").opened_at is None
    # What browsers send from a page whose policy is no-referrer.
    entered = strict.post(address, token, headers={"origin": "null", "sec-fetch-site": "same-origin"})
    assert entered.status_code == 302
    page = strict.get("/a/form").content.decode()
    key = re.search(r'name="csrfmiddlewaretoken" value="(\w+)"', page)
    assert key is not None
    assert strict.post("/a/form", {"do": "acknowledge", "who": WHO}, headers={"origin": "null"}).status_code == 403
    typed = {"do": "acknowledge", "who": WHO, "csrfmiddlewaretoken": key[1]}
    assert strict.post("/a/form", typed, headers={"origin": "null"}).status_code == 302
    png = SimpleUploadedFile("a.png", b"\x89PNG\r\n\x1a\n")
    assert strict.post(f"/a/files/{sent.tasks('tayson')[0].pk}", {"file": png}).status_code == 403
    assert not Evidence.objects.exists()
    kept = strict.session
    assert set(kept.keys()) <= {"_csrftoken"}


def test_somebody_signed_in_is_nobody_here(sent: Holiday, browser: Callable[[str], Client]) -> None:
    """The form is that of the link, whoever else the browser is signed in as."""
    clerk = browser("records_clerk")
    enter(MAIL, clerk)
    assert clerk.post("/a/form", {"do": "acknowledge", "who": WHO}).status_code == 302
    row = sent.recipient("tayson")
    assert (row.acknowledged_by_name, row.acknowledged_via) == (WHO, "link")
    assert "records_clerk" not in clerk.get("/a/form").content.decode()


def test_the_language_is_changed_without_leaving(sent: Holiday) -> None:
    browser = enter()
    response = browser.post("/a/language", {"language": "en", "next": "/a/form"})
    assert response["Location"] == "/a/form"
    assert 'lang="en"' in browser.get("/a/form").content.decode()
    assert browser.post("/a/language", {"language": "vi", "next": "https://evil.example/"})["Location"] == "/a/form"
    assert browser.post("/a/language", {"language": "vi", "next": "/letters/"})["Location"] == "/a/form"


# ----------------------------------------------------------------------------------------------------------- codes


def test_a_code_is_owed_before_anything_is_shown(coded: Holiday) -> None:
    browser = Client()
    token = token_of(MAIL)
    assert browser.post(f"/a/{token}")["Location"] == "/a/code"
    for path in ("form", "sent", "evidence/1", "file/1"):
        assert browser.get(f"/a/{path}")["Location"] == "/a/code"
    for path in ("form", "draft", f"files/{coded.tasks('tayson')[0].pk}"):
        assert browser.post(f"/a/{path}", {"do": "acknowledge", "who": WHO, "draft": "0"})["Location"] == "/a/code"
    assert not AnswerDraft.objects.exists()
    assert coded.recipient("tayson").acknowledged_at is None
    assert coded.recipient("tayson").opened_at is None
    page = hushed(browser.get("/a/code")).content.decode()
    assert MAIL not in page
    assert "v•••@tayson.example" in page
    assert browser.post("/a/code", {"send": "1"})["Location"] == "/a/code"
    assert browser.post("/a/code", {"send": "1"}).status_code == 429
    code = code_of(MAIL)
    assert code not in browser.get("/a/code").content.decode()
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for typed in (wrong, "", "12345", "abcdef", "１２３４５６", code + "0"):
        assert browser.post("/a/code", {"code": typed}).status_code == 422
    response = hushed(browser.post("/a/code", {"code": f" {code[:3]} {code[3:]} "}))
    assert response["Location"] == "/a/form"
    assert browser.get("/a/form").status_code == 200
    assert uses() == ["wrong_code", "confirmed", "opened"]
    assert browser.get("/a/code")["Location"] == "/a/form"
    assert browser.post(f"/a/{token}")["Location"] == "/a/form"  # the same browser, the same link: confirmed
    assert Client().post(f"/a/{token}")["Location"] == "/a/code"


def test_five_wrong_codes_and_the_right_one_is_too_late(coded: Holiday) -> None:
    browser = Client()
    browser.post(f"/a/{token_of(MAIL)}")
    browser.post("/a/code", {"send": "1"})
    code = code_of(MAIL)
    for _n in range(5):
        assert browser.post("/a/code", {"code": f"{(int(code) + 7) % 10**6:06d}"}).status_code == 422
    assert browser.post("/a/code", {"code": code}).status_code == 422
    assert browser.get("/a/form")["Location"] == "/a/code"


def test_the_code_of_another_unit_and_a_confirmed_cookie_of_another_link_open_nothing(coded: Holiday) -> None:
    one, other = Client(), Client()
    one.post(f"/a/{token_of(MAIL)}")
    other.post(f"/a/{token_of(OTHER)}")
    one.post("/a/code", {"send": "1"})
    other.post("/a/code", {"send": "1"})
    if code_of(MAIL) != code_of(OTHER):
        assert one.post("/a/code", {"code": code_of(OTHER)}).status_code == 422
    assert other.post("/a/code", {"code": code_of(OTHER)})["Location"] == "/a/form"
    other.post(f"/a/{token_of(MAIL)}")  # who is in by one link owes the code of another
    assert other.get("/a/form")["Location"] == "/a/code"


# ------------------------------------------------------------------------------------------------ nothing leaks out


def test_no_token_in_any_log_line_or_column(
    sent: Holiday, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    from django.apps import apps

    from vonggac.jobs.logs import JsonLines, Redactor, Text

    # A token of letters alone: what looks for figures in it would find none.
    token = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQ"
    from vonggac.desk.directives.actions.dispatching import digest

    Link.objects.filter(sent_to=MAIL).update(digest=digest(token))
    caplog.set_level(logging.DEBUG)
    for logger in ("django", "django.request", "django.security.csrf", "vonggac.requests"):
        monkeypatch.setattr(logging.getLogger(logger), "propagate", True)
        caplog.set_level(logging.DEBUG, logger)
    strict, browser = Client(enforce_csrf_checks=True, raise_request_exception=False), Client()
    address = f"/a/{token}"
    strict.post(address)
    for path in (address, f"{address}/", f"/a/{token}x", f"/a/{token}%00", f"/A/{token}"):
        browser.get(path)
        browser.put(path)
    browser.get(f"{address}?next={address}", headers={"referer": f"http://testserver{address}"})
    assert browser.post(address).status_code == 302
    browser.post("/a/form", answers(sent), headers={"referer": f"http://testserver{address}"})
    links.revoke_link(sent.province.asker("records_clerk"), Link.objects.get(sent_to=MAIL).pk)
    browser.get(address)
    lines, text = JsonLines("pages", Redactor()), Text(Redactor())
    assert caplog.records
    shown = "\n".join(f"{lines.format(record)}\n{text.format(record)}" for record in caplog.records)
    assert "/a/***" in shown
    assert not [
        line[max(line.index(token) - 200, 0) : line.index(token) + 80] for line in shown.splitlines() if token in line
    ]
    for model in apps.get_models():
        for row in model._default_manager.all().values():
            assert token not in str(row), model
    metrics = Client().get("/metrics").content.decode()
    assert token not in metrics
