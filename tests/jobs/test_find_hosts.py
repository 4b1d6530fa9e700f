"""A log that the owner of a Task drops shows the host inside; the file goes, whatever it was."""

from __future__ import annotations

import gzip
import io
import zipfile
from datetime import UTC, datetime, timedelta

import pytest
from django.conf import settings as django_settings
from province import admin

from vonggac.desk.audit.models import Entry
from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.desk.work import actions, queries
from vonggac.desk.work.actions import Draft
from vonggac.desk.work.models import HostSearch
from vonggac.errors import InvalidValues, NotAllowed, NotThere
from vonggac.jobs import find_hosts, spool

SETTINGS = django_settings.VONGGAC
AT = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
C2 = "203.0.113.201"


def conntrack(inner, seconds, port, target=C2):
    at = (AT + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%S+00:00")
    return (
        f"{at} gw conntrack[400]: [NEW] tcp      6 120 SYN_SENT src={inner} dst={target} sport=50000 dport=443 [UNREPLIED] "
        f"src={target} dst=198.51.100.5 sport=443 dport={port}\n"
    )


NAT = (
    conntrack("10.1.0.7", -30, 51514)
    + conntrack("10.1.0.8", 300, 51514, "192.0.2.99")
    + conntrack("10.1.0.9", 5, 40000, "192.0.2.99")
).encode()


@pytest.fixture
def mine(province):
    details = {
        "address": "198.51.100.5", "port": 51514, "last_seen": AT.isoformat(), "malware": "Mirai", "destination": C2,
        "destination_port": 443,
    }  # fmt: skip
    return actions.open_task(
        admin(), Draft("clean_address", province.id("donghoa"), "198.51.100.5 · Mirai", "198.51.100.5", details)
    )


@pytest.fixture
def dropped(province, mine):
    def drop(data, name="gateway.log", role="agency_officer", **kwargs):
        taken = spool.Spool(SETTINGS, find_hosts.UPLOAD_LIMIT)
        taken.write(data)
        row = find_hosts.receive(SETTINGS, province.asker(role), mine.pk, taken.done(), name)
        find_hosts.advance(SETTINGS, province.asker(role), row, **kwargs)
        row.refresh_from_db()
        return row

    return drop


def files():
    return [path.name for path in spool.spool_folder(SETTINGS).iterdir()]


def test_who_held_the_port_and_who_talked_to_the_server_are_found_the_surest_first(province, mine, dropped):
    row = dropped(NAT)
    assert (row.state, row.n_events, row.spool) == ("done", 3, "")
    assert [(one["host"], one["by"]) for one in row.found] == [
        ("10.1.0.7", "nat_port"), ("10.1.0.8", "nat_port"), ("10.1.0.7", "contact"),
    ]  # fmt: skip
    assert row.found[0] == {
        "host": "10.1.0.7", "by": "nat_port", "n": 1, "first": "2026-11-23T07:59:30+00:00",
        "last": "2026-11-23T07:59:30+00:00", "destination": "",
    }  # fmt: skip
    assert files() == []
    seen = Sighting.objects.filter(host="10.1.0.7").order_by("indicator__value")
    assert [one.indicator.value for one in seen] == ["198.51.100.5", C2]
    assert {one.organisation_id for one in seen} == {province.id("donghoa")}
    assert {one.task_id for one in seen} == {mine.pk}
    actions_of = set(Entry.objects.values_list("action", flat=True))
    assert {"work.drop_log", "work.read_log", "indicators.sight"} <= actions_of


def test_the_same_log_again_sees_nothing_twice(dropped):
    dropped(NAT)
    n = Sighting.objects.count(), Indicator.objects.count()
    dropped(NAT)
    assert (Sighting.objects.count(), Indicator.objects.count()) == n


def test_an_indicator_that_is_known_is_the_one_that_was_seen(dropped):
    known = Indicator.objects.create(kind="ipv4", value=C2, family="Mirai", stix_id="0" * 36, folded="")
    dropped(NAT)
    assert Sighting.objects.filter(indicator=known, host="10.1.0.7").exists()


@pytest.mark.parametrize("name", ["gateway.log.gz", "logs.zip"])
def test_packed_logs_are_read(dropped, name):
    if name.endswith("gz"):
        data = gzip.compress(NAT)
    else:
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as archive:
            archive.writestr("a/nat.log", NAT)
            archive.writestr("../climbs.log", NAT)
        data = held.getvalue()
    row = dropped(data, name)
    assert row.n_found == 2
    if name == "logs.zip":
        assert row.state == "done"
        assert "leads out" in row.faults[0][1]


def test_zeek_and_web_logs_show_who_talked_to_a_name(province, mine, dropped):
    type(mine).objects.filter(pk=mine.pk).update(details={**mine.details, "destination": "botnet-sinkhole.example"})
    lines = (
        "#separator \\x09\n#set_separator\t,\n#empty_field\t(empty)\n#unset_field\t-\n#path\tdns\n"
        "#fields\tts\tuid\tid.orig_h\tid.orig_p\tid.resp_h\tid.resp_p\tproto\tquery\n"
        "#types\ttime\tstring\taddr\tport\taddr\tport\tenum\tstring\n"
        f"{AT.timestamp():.6f}\tCx\t10.1.0.31\t5353\t10.1.0.1\t53\tudp\tbotnet-sinkhole.example\n"
    )
    row = dropped(lines.encode(), "dns.log")
    assert [(one["host"], one["by"], one["destination"]) for one in row.found] == [
        ("10.1.0.31", "contact", "botnet-sinkhole.example")
    ]


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"\x89PNG\r\n\x1a\n" + bytes(500), "anh.png"),
        (b"MZ" + bytes(range(256)) * 4, "virus.exe"),
        (b"PK\x03\x04 broken", "x.zip"),
        (gzip.compress(NAT)[:-9], "cut.gz"),
        (b"<html><script>alert(1)</script></html>" * 9, '"><script>alert(1)</script>.html'),
    ],
)
def test_what_is_no_log_is_said_and_goes(dropped, data, name):
    row = dropped(data, name)
    assert row.state in ("refused", "done")
    assert row.faults or row.n_found == 0
    assert "<" not in row.file_name
    assert files() == []


def test_a_bomb_ends_at_its_limit(dropped, monkeypatch):
    monkeypatch.setattr(
        find_hosts, "LIMITS", find_hosts.Limits(ratio=10, floor=1 << 20, most=4 << 20, depth=1, members=10)
    )
    row = dropped(gzip.compress(NAT * 20_000))
    assert "expands" in row.faults[0][1]
    assert files() == []


def test_what_takes_long_is_left_to_the_worker(dropped, mine, monkeypatch):
    monkeypatch.setattr(find_hosts, "SMALL", find_hosts.Limits(ratio=1, floor=1000, most=1000, depth=1, members=10))
    row = dropped(gzip.compress(NAT * 50), only_small=True)
    assert (row.state, row.run) == ("waiting", "")
    assert find_hosts.run_pending(SETTINGS) == 1
    row.refresh_from_db()
    assert (row.state, row.n_found, files()) == ("done", 2, [])
    assert find_hosts.run_pending(SETTINGS) == 0


def test_a_file_on_which_readers_die_is_given_up(province, dropped, monkeypatch):
    def die(*_args, **_kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr(find_hosts, "SMALL_BYTES", 1)
    row = dropped(NAT, only_small=True)
    with monkeypatch.context() as broken:
        broken.setattr(find_hosts, "find", die)
        for _time in range(3):
            with pytest.raises(KeyboardInterrupt):
                find_hosts.run_pending(SETTINGS)
    assert find_hosts.run_pending(SETTINGS) == 1
    row.refresh_from_db()
    assert (row.state, row.n_found, files()) == ("refused", 0, [])


def test_the_sweep_leaves_files_that_wait(dropped, monkeypatch):
    monkeypatch.setattr(find_hosts, "SMALL_BYTES", 1)
    row = dropped(NAT, only_small=True)
    monkeypatch.setattr(spool, "_LEFT_ALONE_S", -1)
    spool.sweep(SETTINGS)
    assert files() == [row.spool]
    assert find_hosts.run_pending(SETTINGS) == 1


@pytest.mark.parametrize(("role", "error"), [("stranger", NotThere), ("telco_desk", NotThere), ("auditor", NotAllowed)])
def test_only_who_answers_for_the_organisation_drops_and_sees(province, mine, dropped, role, error):
    with pytest.raises(error):
        dropped(NAT, role=role)
    assert files() == []
    row = dropped(NAT)
    asker = province.asker(role)
    assert not queries.searches(asker, mine.pk).exists()
    with pytest.raises(NotThere):
        queries.search(asker, row.pk)
    assert queries.search(province.asker("agency_officer"), row.pk) == row


def test_a_task_takes_a_few_files_at_a_time(dropped, monkeypatch):
    monkeypatch.setattr(find_hosts, "SMALL_BYTES", 1)
    for _time in range(5):
        dropped(NAT, only_small=True)
    with pytest.raises(InvalidValues, match="wait to be read"):
        dropped(NAT, only_small=True)
    assert len(files()) == 5
    find_hosts.run_pending(SETTINGS)
    assert not HostSearch.objects.filter(state="waiting").exists()
