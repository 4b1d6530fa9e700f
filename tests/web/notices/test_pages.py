"""Pages of messages: who sees what, what can be done, and what an attacker does not get."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.db import transaction
from django.test import Client
from django.utils import timezone

from vonggac.desk.audit.models import Entry
from vonggac.desk.notices import actions
from vonggac.desk.notices.models import Notice, Received, Switch
from vonggac.web.accounts.heard import STRONG

pytestmark = pytest.mark.django_db
EVIL = '"><script>alert(1)</script>\u202e'


@pytest.fixture
def invite(province):
    def invite(code="donghoa", name="Trần Thị Bưởi", key="i1", user=None):
        with transaction.atomic():
            actions.enqueue(
                template="invitation",
                organisation_id=province.id(code),
                user_id=user and user.pk,
                email="buoi@xa-dong-hoa.example",
                values={
                    "name": name,
                    "organisation": "Xã Đông Hòa",
                    "invited_by": "Lê Văn Cam",
                    "link": "/account/invitation/?t=only-they-know",
                    "expires_at": timezone.now() + timedelta(days=3),
                },
                key=key,
            )
        return Notice.objects.get(channel="email", key=key)

    return invite


def text(response):
    return response.content.decode()


def state(notice):
    notice.refresh_from_db()
    return notice.state


def test_the_list_says_that_messages_are_held_and_shows_no_link(browser, invite):
    notice = invite()
    client = browser("administrator")
    page = client.get("/notices/")
    assert page.status_code == 200
    assert "buoi@xa-dong-hoa.example" in text(page)
    assert "only-they-know" not in text(page)
    detail = client.get(f"/notices/{notice.pk}/")
    assert "••••••••" in text(detail)
    assert "only-they-know" not in text(detail)


def test_released_from_the_page(browser, invite):
    one, two = invite(), invite(key="i2")
    client = browser("administrator")
    back = client.post("/notices/move", {"do": "release", "id": [one.pk], "next": "/notices/?state=held"}, follow=True)
    assert back.redirect_chain == [("/notices/?state=held", 302)]
    assert (state(one), state(two)) == ("waiting", "held")
    client.post("/notices/move", {"do": "release-all"})
    assert state(two) == "waiting"
    assert Entry.objects.filter(action="notices.release").count() == 2


def test_dropped_with_a_reason_only(browser, invite):
    notice = invite()
    client = browser("administrator")
    client.post("/notices/move", {"do": "drop", "id": notice.pk})
    assert state(notice) == "held"
    client.post("/notices/move", {"do": "drop", "id": notice.pk, "reason": EVIL.replace("\u202e", "")})
    assert state(notice) == "dropped"
    for url in ("/notices/", f"/notices/{notice.pk}/"):
        assert "<script>alert" not in text(client.get(url))


@pytest.mark.parametrize("data", [{"do": "release"}, {"do": "explode", "id": "1"}, {}, {"do": "release", "id": "x"}])
def test_a_form_with_nothing_in_it_does_nothing(browser, invite, data):
    notice = invite()
    assert browser("administrator").post("/notices/move", data).status_code == 302
    assert state(notice) == "held"


def test_who_may_only_look_gets_no_buttons_and_no_say(browser, invite):
    notice = invite()
    client = browser("auditor")
    page = text(client.get("/notices/"))
    assert "buoi@xa-dong-hoa.example" in page
    assert "/notices/move" not in page.replace('action="/notices/move" class="stack"', "")
    assert 'name="id"' not in page
    assert client.post("/notices/move", {"do": "release", "id": notice.pk}).status_code == 403
    assert client.post("/notices/hold", {"do": "stop"}).status_code == 403
    assert client.post("/notices/test", {"email": "a@b.example"}).status_code == 403
    assert state(notice) == "held"
    assert not Switch.objects.exists()


@pytest.mark.parametrize("who", ["stranger", "agency_officer", "analyst"])
def test_who_has_nothing_to_do_with_messages_sees_none(browser, invite, who):
    notice = invite()
    client = browser(who)
    assert client.get("/notices/").status_code == 403
    assert client.get(f"/notices/{notice.pk}/").status_code == 404
    assert client.get("/notices/9223372036854775807999/").status_code == 404
    assert client.get("/notices/mine").status_code == 200
    assert client.post("/notices/move", {"do": "release-all"}).status_code == 403


def test_signed_out_there_is_nothing(invite):
    notice = invite()
    for url in ("/notices/", f"/notices/{notice.pk}/", "/notices/mine"):
        response = Client().get(url)
        assert response.status_code == 302
        assert "login" in response["Location"]
    assert Client().post("/notices/move", {"do": "release-all"}).status_code == 302
    assert state(notice) == "held"


def test_without_the_token_of_the_form_nothing_happens(province, invite):
    notice = invite()
    client = Client(enforce_csrf_checks=True)
    client.force_login(province.users["administrator"])
    session = client.session
    session[STRONG] = True
    session.save()
    for url, data in (("/notices/move", {"do": "release-all"}), ("/notices/hold", {"do": "stop"})):
        assert client.post(url, data).status_code == 403
    assert state(notice) == "held"


@pytest.mark.parametrize(
    "target", ["https://evil.example/", "//evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_no_form_leads_out_of_the_portal(browser, invite, target):
    notice = invite()
    client = browser("administrator")
    assert client.post("/notices/move", {"do": "release", "id": notice.pk, "next": target})["Location"] == "/notices/"
    assert client.post("/notices/mine/read", {"all": "1", "next": target})["Location"] == "/notices/mine"


def test_the_switch_is_turned_by_who_may(browser, invite):
    notice = invite()
    client = browser("administrator")
    page = client.post("/notices/hold", {"do": "stop"}, follow=True)
    assert not Switch.objects.get().is_on
    assert state(notice) == "held"
    assert "1" in text(page)
    client.get("/notices/hold")
    client.post("/notices/hold", {"do": "nonsense"})
    assert not Switch.objects.get().is_on
    client.post("/notices/hold", {"do": "hold"})
    assert Switch.objects.get().is_on


def test_a_test_message_to_an_address_only(browser):
    client = browser("administrator")
    client.post("/notices/test", {"email": "cam@tinh.example\r\nBcc: x@y.example"})
    assert not Notice.objects.exists()
    client.post("/notices/test", {"email": "cam@tinh.example"})
    assert Notice.objects.get().state == "waiting"


def test_hostile_names_stay_text(browser, invite):
    notice = invite(name=EVIL)
    client = browser("administrator")
    for url in ("/notices/", f"/notices/{notice.pk}/"):
        page = text(client.get(url))
        assert "<script>alert" not in page
        assert "\u202e" not in page


def test_hostile_filters_find_nothing_and_break_nothing(browser, invite):
    invite()
    client = browser("administrator")
    for query in (
        "state=%27%3BDROP&channel=x&template=y&recipient=%25",
        "organisation=999999999999999999999&since=x&until=9999-12-31",
        "before=99999999999999999999999&recipient=" + "a" * 5000,
        "since=0001-01-01&until=2199-12-31&organisation=-1",
        "recipient=%22%3E%3Cscript%3Ealert(1)%3C/script%3E",
    ):
        page = client.get(f"/notices/?{query}")
        assert page.status_code == 200
        assert "<script>alert" not in text(page)


def test_ones_own_messages_behind_the_bell(browser, province):
    user, other = province.users["agency_officer"], province.users["stranger"]
    for n, owner in enumerate((user, user, other)):
        Received.objects.create(user=owner, message_id=str(n), subject=f"Tin số {n}", text=EVIL, link="/organisations/")
    client = browser("agency_officer")
    page = text(client.get("/notices/mine"))
    assert re.search(r'class="tally"[^>]*>2<', page)
    assert "Tin số 1" in page
    assert "Tin số 2" not in page
    assert "<script>alert" not in page
    first = Received.objects.get(message_id="0")
    assert client.post("/notices/mine/read", {"id": first.pk, "next": first.link})["Location"] == "/organisations/"
    client.post("/notices/mine/read", {"id": Received.objects.get(message_id="2").pk})
    assert Received.objects.filter(read_at__isnull=False).count() == 1
    client.post("/notices/mine/read", {"all": "1"})
    assert Received.objects.filter(user=user, read_at__isnull=True).count() == 0
    assert Received.objects.get(message_id="2").read_at is None


def test_the_pages_load_nothing_from_outside_and_style_nothing_inline(browser, invite):
    notice = invite()
    client = browser("administrator")
    for url in ("/notices/", f"/notices/{notice.pk}/", "/notices/mine"):
        page = text(client.get(url))
        assert not re.search(r"<[^>]+\s(style|on\w+)=", page)
        assert not re.search(r'(src|href)="(https?:)?//', page)


def test_a_long_list_is_read_page_by_page(browser, province):
    now = timezone.now()
    Notice.objects.bulk_create(
        Notice(
            key=str(n),
            channel="email",
            recipient=f"nguoi-{n}@xa.example",
            template="test",
            language="vi",
            values={"at": now.isoformat()},
            is_urgent=True,
            state="sent",
            due_at=now,
            ended_at=now,
        )
        for n in range(120)
    )
    client, url, seen = browser("administrator"), "/notices/", []
    for _ in range(3):
        page = text(client.get(url))
        seen += re.findall(r"nguoi-\d+@", page)
        onward = re.findall(r'href="(\?[^"]*before=\d+)"', page)
        url = "/notices/" + onward[0].replace("&amp;", "&") if onward else ""
    assert len(seen) == len(set(seen)) == 120
    assert url == ""
