"""The live stream, from a real server: who is told what, what happens when somebody comes back, is slow, or is signed out."""

from __future__ import annotations

import itertools
import json
import time

import pytest
from django.conf import settings

from vonggac.web.accounts.adapters import BEGAN, SEEN
from vonggac.web.accounts.heard import STRONG

pytestmark = pytest.mark.database
OFFICER = "agency_officer"
ANALYST = "analyst"
_numbers = itertools.count(1)


@pytest.fixture
def place(desk):
    """An organisation, and one below it."""
    top = desk.organisation(f"T{next(_numbers)}", None)
    return top, desk.organisation(f"L{next(_numbers)}", top)


@pytest.fixture
def someone(desk):
    """Makes a user with a grant: (their number, a session)."""

    def make(role="", where=None):
        made = desk.user(f"user{next(_numbers)}", role, where)
        return made, desk.session(made)

    return make


def first(browser, name):
    return next(browser.events(name))


def test_a_change_arrives_and_tells_neither_who_nor_what_it_says(desk, someone, place, open_stream):
    browser = open_stream(someone(OFFICER)[1])
    assert browser.status == 200
    assert browser.headers["content-type"].startswith("text/event-stream")
    assert browser.headers["access-control-allow-origin"] == "http://portal.example:8480"
    assert browser.headers["access-control-allow-credentials"] == "true"
    first(browser, "ready")
    seq = desk.act(1, "organisations.edit", place[1])
    told = first(browser, "changed")
    assert told["id"] == str(seq)
    assert json.loads(told["data"]) == {
        "seq": seq, "action": "organisations.edit", "noun": "organisations", "type": "organisations.organisation",
        "id": str(place[1]), "organisation": place[1],
    }  # fmt: skip


def test_everybody_is_told_only_what_they_may_see(desk, someone, place, open_stream):
    top, low = place
    stranger = desk.organisation(f"S{next(_numbers)}", None)
    over, under, beside = (open_stream(someone(OFFICER, where)[1]) for where in (top, low, stranger))
    without = open_stream(someone()[1])
    for browser in (over, under, beside, without):
        first(browser, "ready")
    at_top = desk.act(1, "organisations.edit", top)
    desk.act(1, "accounts.edit", low, kind="")  # needs accounts.view, which officers do not hold
    desk.act(1, "directory.import", None, kind="")  # of no organisation: for those who hold it everywhere
    at_low = desk.act(1, "organisations.edit", low)
    at_stranger = desk.act(1, "organisations.edit", stranger)
    assert over.seqs(2) == [at_top, at_low]
    assert under.seqs(1) == [at_low]
    assert beside.seqs(1) == [at_stranger]
    nothing = next(block for block in without.blocks() if int(block.get("id", 0)) >= at_stranger)
    assert "event" not in nothing  # a heartbeat that moves the place, no more


def test_who_comes_back_gets_what_they_missed_and_no_more(desk, someone, place, open_stream):
    key = someone(OFFICER, place[0])[1]
    browser = open_stream(key)
    first(browser, "ready")
    seen = desk.act(1, "organisations.edit", place[0])
    assert browser.seqs(1) == [seen]
    browser.close()
    desk.act(1, "organisations.edit", desk.organisation(f"S{next(_numbers)}", None))
    missed = desk.act(2, "organisations.edit", place[0])
    back = open_stream(key, Last_Event_ID=str(seen))
    assert back.seqs(2) == [missed - 1, missed]
    assert open_stream(key, path=f"/live?after={seen}").seqs(2) == [missed - 1, missed]
    later = desk.act(1, "organisations.edit", place[0])
    assert back.seqs(1) == [later]


def test_who_is_too_far_behind_or_of_another_database_is_told_to_load_the_page_anew(desk, someone, place, open_stream):
    key = someone(OFFICER, place[0])[1]
    last = desk.act(25, "organisations.edit", place[0])
    time.sleep(0.5)
    for known in (last - 25, last + 1000):
        browser = open_stream(key, Last_Event_ID=str(known))
        assert int(first(browser, "reset")["id"]) == last
        browser.close()
    for nonsense in ("abc", "-1", "9" * 30, "１"):
        browser = open_stream(key, path=f"/live?after={nonsense}" if nonsense.isascii() else "/live")
        assert first(browser, "ready")["id"] == str(last)
        browser.close()


@pytest.mark.parametrize("how", ["signed out", "deactivated", "password", "must change"])
def test_the_stream_ends_when_the_session_does(desk, someone, place, open_stream, how):
    user, key = someone(OFFICER, place[0])
    browser = open_stream(key)
    first(browser, "ready")
    if how == "signed out":
        desk.sign_out(key)
    else:
        desk.change_user(user, **{
            "deactivated": {"is_active": False}, "password": {"password": "!another"},
            "must change": {"must_change_password": True},
        }[how])  # fmt: skip
    begun = time.monotonic()
    assert [block.get("event") for block in browser.blocks() if "event" in block] == ["end"]
    assert time.monotonic() - begun < 3
    assert open_stream(key).status == 401


def test_a_changed_grant_changes_what_is_told_while_the_stream_is_open(desk, someone, place, open_stream):
    stranger = desk.organisation(f"S{next(_numbers)}", None)
    user, key = someone(OFFICER, place[0])
    browser = open_stream(key)
    first(browser, "ready")
    desk.grant(user, OFFICER, stranger)
    time.sleep(1.5)
    desk.act(1, "organisations.edit", place[0])
    seq = desk.act(1, "organisations.edit", stranger)
    assert browser.seqs(1) == [seq]


def test_a_browser_that_does_not_read_stops_nobody(desk, someone, place, open_stream):
    slow, quick = (open_stream(someone(OFFICER, place[0])[1]) for _ in range(2))
    first(quick, "ready")
    first(slow, "ready")
    numbers = []
    for _ in range(10):  # slow reads nothing of this
        last = desk.act(20, "organisations.edit", place[0])
        begun = time.monotonic()
        numbers += quick.seqs(20)
        assert time.monotonic() - begun < 3
    assert numbers == list(range(last - 199, last + 1))


def test_one_person_has_a_limited_number_of_streams(someone, open_stream):
    key = someone(OFFICER)[1]
    streams = [open_stream(key) for _ in range(4)]
    assert [browser.status for browser in streams] == [200, 200, 200, 429]
    assert open_stream(someone(OFFICER)[1]).status == 200
    streams[0].close()
    until = time.monotonic() + 5
    while open_stream(key).status != 200:  # the place is free again
        assert time.monotonic() < until
        time.sleep(0.1)


def test_who_owes_a_second_factor_is_told_nothing(desk, someone, place, open_stream):
    owing = someone(ANALYST, place[0])[0]
    assert open_stream(desk.session(owing)).status == 401
    assert open_stream(desk.session(owing, **{STRONG: True})).status == 200
    user, key = someone(OFFICER, place[0])
    browser = open_stream(key)
    desk.grant(user, ANALYST, place[0])
    assert [block["event"] for block in browser.blocks() if "event" in block] == ["ready", "end"]


def test_an_idle_or_old_session_is_over_and_an_open_stream_is_no_use_of_it(desk, someone, open_stream):
    user, now = someone(OFFICER)[0], int(time.time())
    assert open_stream(desk.session(user, **{BEGAN: now, SEEN: now})).status == 200
    assert open_stream(desk.session(user, **{BEGAN: now - 10**6, SEEN: now})).status == 401
    assert open_stream(desk.session(user, **{BEGAN: now - 100, SEEN: now - 10**6})).status == 401
    about_to_idle = now - int(settings.IDLE.total_seconds()) + 2
    browser = open_stream(desk.session(user, **{BEGAN: now, SEEN: about_to_idle}))
    assert [block["event"] for block in browser.blocks() if "event" in block] == ["ready", "end"]


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"Cookie": ""}, 401),
        ({"Cookie": "vonggac_session=abcdefghijklmnopqrstuvwxyz012345"}, 401),
        ({"Cookie": "vonggac_session=' OR 1=1 --"}, 401),
        ({"Origin": "http://evil.example"}, 403),
        ({"Origin": "null"}, 403),
        ({"Origin": "http://portal.example:8480.evil.example"}, 403),
        ({"Origin": "https://portal.example:8480"}, 403),
        ({"Origin": "", "Sec_Fetch_Site": "cross-site"}, 403),
        ({"Host": "evil.example"}, 400),
        ({"path": "/"}, 404),
        ({"path": "/live/../etc"}, 404),
        ({"method": "POST", "Content_Length": "0"}, 405),
        ({"path": "/healthz", "Cookie": ""}, 200),
    ],
)
def test_who_is_not_let_in(someone, open_stream, headers, status):
    key = someone(OFFICER)[1]
    browser = open_stream(key, **headers)
    assert browser.status == status
    assert browser.headers["access-control-allow-origin"] == "http://portal.example:8480"


def test_a_page_behind_the_same_address_names_no_origin(someone, open_stream):
    assert open_stream(someone(OFFICER)[1], Origin="", Sec_Fetch_Site="same-origin").status == 200
