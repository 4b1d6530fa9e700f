"""Webhooks against a real server: signed, in the owner's scope, at least once, and never where they must not go."""

from __future__ import annotations

import base64
import hmac
import json
import socket
import threading
import time
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import pytest
from django.utils import timezone
from province import make_user

from vonggac.config import Settings
from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.organisations import actions as directory
from vonggac.desk.scope.asker import Origin, machine
from vonggac.desk.webhooks import actions, deliveries, queries
from vonggac.desk.webhooks.models import Delivery, Subscription
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere
from vonggac.jobs.webhooks import Runner

pytestmark = pytest.mark.django_db
HERE = frozenset({"127.0.0.1"})


class Host(BaseHTTPRequestHandler):
    seen: ClassVar[list[tuple[str, dict[str, str], bytes]]] = []
    answer: ClassVar[int] = 204
    to: ClassVar[str] = ""

    def log_message(self, *_args):
        pass

    def do_POST(self):  # as http.server calls it
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.seen.append((self.path, {name.lower(): value for name, value in self.headers.items()}, body))
        self.send_response(self.answer)
        if self.to:
            self.send_header("Location", self.to)
        if self.path != "/slow":
            self.send_header("Content-Length", "0")
        self.end_headers()
        try:
            for _ in range(100 if self.path == "/slow" else 0):
                self.wfile.write(b"x")
                time.sleep(0.05)
        except OSError:
            pass

    def do_GET(self):  # nobody should come by it
        self.seen.append((self.path, {}, b""))
        self.send_response(200)
        self.end_headers()


@pytest.fixture
def host():
    Host.seen, Host.answer, Host.to = [], 204, ""
    server = ThreadingHTTPServer(("127.0.0.1", 0), Host)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def runner():
    return Runner(Settings(webhook_hosts="127.0.0.1"), one_s=0.5)


@pytest.fixture
def boss(province):
    return province.asker("administrator")


def listen(boss, host, *, events=("organisations",), path="/", **values):
    return actions.add_subscription(boss, name="SOC", url=f"{host}{path}", events=events, inner_hosts=HERE, **values)


def rename(province, code="donghoa", note="Ghi chú"):
    row = province[code]
    row.refresh_from_db()
    directory.edit_organisation(machine("tests"), row.pk, row.version, note=f"{note} {row.version}")


def again():
    """What waits is due now, as if its pause were over."""
    Delivery.objects.filter(state="waiting").update(due_at=timezone.now() - timedelta(seconds=1))


def test_what_happens_arrives_signed_and_says_nothing_of_people(province, boss, host, runner):
    _row, secret = listen(boss, host)
    rename(province, note="Số điện thoại bí mật")
    assert runner.round() == 1
    ((_path, headers, body),) = Host.seen
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    key = base64.b64decode(secret.removeprefix("whsec_"))
    assert headers["webhook-signature"] == f"v1,{base64.b64encode(hmac.digest(key, content, 'sha256')).decode()}"
    assert abs(int(headers["webhook-timestamp"]) - time.time()) < 60
    told = json.loads(body)
    assert told["type"] == "organisations.edit"
    assert told["data"]["organisation_id"] == province.id("donghoa")
    assert set(told["data"]) == {"seq", "action", "object_type", "object_id", "organisation_id", "n_objects"}
    assert "bí mật".encode() not in body
    assert runner.round() == 0
    assert Delivery.objects.get().state == "sent"


def test_only_what_is_asked_for_and_only_from_now_on(province, boss, host, runner):
    rename(province)
    listen(boss, host, events=("organisations.create", "webhooks"))
    rename(province)
    runner.round()
    assert [json.loads(body)["type"] for _path, _headers, body in Host.seen] == ["webhooks.add"]
    directory.create_organisation(
        machine("tests"), code="moi", kind="commune", name="Xã Mới", parent_id=province.id("ubnd")
    )
    runner.round()
    assert json.loads(Host.seen[-1][2])["type"] == "organisations.create"


def test_nothing_is_told_beyond_what_the_owner_sees_and_the_place_asked_for(province, boss, host, runner):
    chief = asker_of(make_user("chief", ("administrator", province["soyte"])), Origin("web"))
    listen(chief, host, organisation_id=province.id("soyte"), path="/chief")
    listen(boss, host, organisation_id=province.id("donghoa"), path="/boss")
    for code in ("benhvien", "donghoa", "tayson"):
        rename(province, code)
    runner.round()
    assert {(path, json.loads(body)["data"]["organisation_id"]) for path, _headers, body in Host.seen} == {
        ("/chief", province.id("benhvien")),
        ("/boss", province.id("donghoa")),
    }
    for place in (None, province.id("donghoa")):
        with pytest.raises((NotAllowed, NotThere)):
            listen(chief, host, organisation_id=place)


def test_an_owner_who_is_shut_out_is_told_nothing_more(province, boss, host, runner):
    listen(boss, host)
    user = province.users["administrator"]
    user.is_active = False
    user.save()
    rename(province)
    runner.round()
    assert (Host.seen, Delivery.objects.count()) == ([], 0)


def test_what_fails_is_tried_again_under_the_same_id_and_then_arrives(province, boss, host, runner):
    row, _secret = listen(boss, host)
    Host.answer = 503
    rename(province)
    assert runner.round() == 0
    assert queries.n_failing(boss) == 1
    one = Delivery.objects.get()
    assert (one.state, one.n_attempts, one.status) == ("waiting", 1, 503)
    assert one.due_at > timezone.now()
    assert runner.round() == 0
    Host.answer = 200
    again()
    assert runner.round() == 1
    assert len({headers["webhook-id"] for _path, headers, _body in Host.seen}) == 1
    assert len(Host.seen) == 2
    row.refresh_from_db()
    assert row.failing_since is None


def test_one_is_tried_for_all_that_wait_for_a_host_that_does_not_answer(province, boss, host, runner):
    listen(boss, host)
    Host.answer = 500
    for _ in range(5):
        rename(province)
    runner.round()
    assert len(Host.seen) == 1
    Host.answer = 200
    again()
    assert runner.round() == 5
    seqs = [json.loads(body)["data"]["seq"] for _path, _headers, body in Host.seen[1:]]
    assert seqs == sorted(seqs)


def test_after_a_day_it_has_failed_and_can_be_sent_anew(province, boss, host, runner):
    row, _secret = listen(boss, host)
    Host.answer = 400
    rename(province)
    runner.round()
    Delivery.objects.update(since=timezone.now() - timedelta(hours=24, minutes=1))
    again()
    runner.round()
    assert Delivery.objects.get().state == "failed"
    Host.answer = 200
    assert actions.retry_failed(boss, row.pk) == 1
    assert actions.retry_failed(boss, row.pk) == 0
    assert runner.round() == 1


def test_a_worker_that_died_with_one_in_hand_loses_nothing(province, boss, host, runner):
    listen(boss, host)
    rename(province)
    deliveries.collect()
    held = deliveries.claim()
    assert held is not None
    assert deliveries.claim() is None
    Delivery.objects.update(leased_until=timezone.now() - timedelta(seconds=1))
    assert runner.round() == 1
    deliveries.missed(held, "too late")  # who was taken for dead says something after all
    assert Delivery.objects.get().state == "sent"


@pytest.mark.parametrize("to", ["http://169.254.169.254/latest/meta-data/", "/elsewhere", "https://10.0.0.1/"])
def test_no_redirect_is_followed(to, province, boss, host, runner):
    listen(boss, host)
    Host.answer, Host.to = 307, to
    rename(province)
    assert runner.round() == 0
    assert [path for path, _headers, _body in Host.seen] == ["/"]
    assert Delivery.objects.get().state == "waiting"


def test_an_answer_that_never_ends_is_not_waited_for(province, boss, host, runner):
    listen(boss, host, path="/slow")
    Host.answer = 200
    rename(province)
    began = time.monotonic()
    assert runner.round() == 0
    assert time.monotonic() - began < 4
    assert "not waited for" in Delivery.objects.get().fault


def test_a_name_that_leads_into_the_inner_network_later_is_not_told(province, boss, host, monkeypatch):
    """DNS rebinding: when it was entered, the name was anybody's."""
    port = int(host.rpartition(":")[2])
    actions.add_subscription(boss, name="x", url=f"https://innocent.example:{port}/", events=["organisations"])
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda name, *args, **kwargs: real("127.0.0.1", port, *args[1:], **kwargs)
    )
    rename(province)
    assert Runner(Settings()).round() == 0
    assert Host.seen == []
    assert "not asked" in Delivery.objects.get().fault


def test_a_host_that_the_settings_allow_no_longer_is_not_told(province, boss, host):
    listen(boss, host)
    rename(province)
    assert Runner(Settings()).round() == 0
    assert Host.seen == []


@pytest.mark.parametrize(
    "url",
    [
        "", "x", "http://soc.example/", "ftp://soc.example/", "https://", "https://user:pw@soc.example/", "https://localhost/", "https://soc/",
        "https://127.0.0.1/", "https://[::1]/", "https://10.1.2.3/", "https://169.254.169.254/latest/", "https://[fd00::1]/", "https://soc.local/",
        "https://a b/", "https://soc.example:x/", "javascript:alert(1)", "https://soc.example/#x", "https://tên.example/", "https://a\n.example/",
        "https://0x7f.0.0.1\\@soc.example/", f"https://soc.example/{'x' * 500}",
    ],
)  # fmt: skip
def test_addresses_that_are_never_asked_are_refused_where_they_are_entered(url, boss):
    with pytest.raises(InvalidValues) as caught:
        actions.add_subscription(boss, name="x", url=url, events=["work"])
    assert {fault.field for fault in caught.value.faults} == {"url"}


def test_an_address_for_a_test_arrives_and_removing_forgets(province, boss, host, runner):
    row, _secret = listen(boss, host)
    actions.try_subscription(boss, row.pk)
    assert runner.round() == 1
    assert json.loads(Host.seen[0][2])["type"] == "webhooks.test"
    with pytest.raises(EditConflict):
        actions.remove_subscription(boss, row.pk, 9)
    actions.remove_subscription(boss, row.pk, 1)
    assert not Delivery.objects.exists()


def test_a_secret_is_sealed_shown_once_and_the_old_one_signs_nothing(province, boss, host, runner):
    row, first = listen(boss, host)
    assert first not in Subscription.objects.get().secret
    row, second = actions.new_secret(boss, row.pk, row.version)
    assert second != first
    rename(province)
    runner.round()
    _path, headers, body = Host.seen[0]
    content = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + body
    for secret, fits in ((first, False), (second, True)):
        own = base64.b64encode(hmac.digest(base64.b64decode(secret.removeprefix("whsec_")), content, "sha256")).decode()
        assert (headers["webhook-signature"] == f"v1,{own}") is fits


def test_one_that_is_turned_off_is_told_nothing_of_that_time(province, boss, host, runner):
    row, _secret = listen(boss, host)
    row = actions.edit_subscription(boss, row.pk, 1, is_active=False, inner_hosts=HERE)
    rename(province)
    runner.round()
    row = actions.edit_subscription(boss, row.pk, row.version, is_active=True, inner_hosts=HERE)
    runner.round()
    assert Host.seen == []
    rename(province)
    assert runner.round() == 1


def test_who_may_what(province, boss, host):
    row, _secret = listen(boss, host)
    for role in ("leader", "analyst", "auditor", "agency_officer"):
        asker = province.asker(role)
        assert not queries.subscriptions(asker).exists()
        for do in (lambda a: actions.try_subscription(a, row.pk), lambda a: actions.edit_subscription(a, row.pk, 1, name="y"),
                   lambda a: actions.remove_subscription(a, row.pk, 1), lambda a: queries.deliveries(a, row.pk)):  # fmt: skip
            with pytest.raises(NotThere):
                do(asker)
        with pytest.raises(NotAllowed):
            listen(asker, host)
    with pytest.raises(NotAllowed):
        listen(machine("tests"), host)  # owned by nobody, it would be told everything


def test_many_entries_are_read_in_parts(province, boss, host, runner, monkeypatch):
    monkeypatch.setattr(deliveries, "AT_ONCE", 2)
    listen(boss, host)
    for _ in range(5):
        rename(province)
    assert runner.round() == 5


def test_what_ended_long_ago_is_forgotten(province, boss, host, runner):
    listen(boss, host)
    rename(province)
    runner.round()
    assert deliveries.clear_old(timezone.now()) == 0
    Delivery.objects.update(ended_at=timezone.now() - timedelta(days=31))
    assert deliveries.clear_old(timezone.now()) == 1
