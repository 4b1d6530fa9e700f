"""Files and pasted texts into the desk and out of it: dry first, twice the same, with aliases, by TLP."""

from __future__ import annotations

import orjson
import pytest

from vonggac.desk.audit.models import Entry
from vonggac.desk.intel.actions.aliases import add_alias
from vonggac.desk.intel.actions.indicators import Draft, tell_indicators
from vonggac.desk.intel.models import Indicator, Sighting
from vonggac.desk.intel.queries.indicators import Filters, Value
from vonggac.desk.scope.asker import machine
from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.errors import InvalidValues, NotAllowed
from vonggac.jobs.exchange.found import Defaults
from vonggac.jobs.exchange.intake import pasted, read, take_in, values_in
from vonggac.jobs.exchange.outgo import share

pytestmark = pytest.mark.django_db
DEFAULTS = Defaults(tlp="green")
ME = machine("tests")


def bundle(n=3):
    return orjson.dumps({"type": "bundle", "objects": [
        {"type": "malware", "id": "malware--1", "name": "Trojan:Linux/Mirai.B"},
        *({"type": "indicator", "id": f"indicator--{i}", "pattern": f"[ipv4-addr:value = '198.51.100.{i}']", "pattern_type": "stix"} for i in range(n)),
        *({"type": "relationship", "id": f"relationship--{i}", "relationship_type": "indicates", "source_ref": f"indicator--{i}", "target_ref": "malware--1"} for i in range(n)),
        {"type": "sighting", "id": "sighting--1", "sighting_of_ref": "indicator--1", "first_seen": "2026-06-01T00:00:00Z", "count": 2},
        {"type": "campaign", "id": "campaign--1", "name": "Chiến dịch"},
    ]})  # fmt: skip


def test_looking_writes_nothing_taking_in_does_and_again_changes_nothing():
    n = Entry.objects.count()
    seen = take_in(ME, bundle(), source="CERT", defaults=DEFAULTS, is_dry=True)
    assert (seen.told.n_new, seen.n_sightings, seen.n_left_out) == (3, 1, 1)
    assert (Indicator.objects.count(), Entry.objects.count()) == (0, n)
    done = take_in(ME, bundle(), source="CERT", defaults=DEFAULTS)
    assert (done.told.n_new, done.n_sightings) == (3, 1)
    assert set(Indicator.objects.values_list("family", "tlp")) == {("Mirai", "green")}
    n = Entry.objects.count()
    again = take_in(ME, bundle(), source="CERT", defaults=DEFAULTS)
    assert (again.told.n_same, again.n_sightings, Entry.objects.count(), Sighting.objects.count()) == (3, 0, n, 1)


def test_what_people_entered_counts_before_the_shipped_names():
    add_alias(ME, alias="Trojan:Linux/Mirai.B", family="Mirai Quê Ta")
    take_in(ME, bundle(1), source="CERT", defaults=DEFAULTS)
    assert Indicator.objects.get().family == "Mirai Quê Ta"


def test_who_may_not_takes_nothing_in(province):
    for role in ("agency_officer", "auditor", "leader"):
        with pytest.raises(NotAllowed):
            take_in(province.asker(role), bundle(), source="x", defaults=DEFAULTS)
        with pytest.raises(NotAllowed):
            take_in(province.asker(role), bundle(), source="x", defaults=DEFAULTS, is_dry=True)
    assert not Indicator.objects.exists()


def test_pasted_texts_are_read_tolerantly_and_told_of_what_is_none():
    text = "hxxp://bad[.]example/a, 198.51.100[.]7:8080\nđịa chỉ 10.0.0.1 nội bộ\n999.1.1.1\n198.51.100.7\n"
    drafts, faults = pasted(text, Draft("", "", family="mirai"))
    assert [(one.kind, one.value, one.port, one.family) for one in drafts] == [
        ("url", "http://bad.example/a", None, "Mirai"),
        ("ipv4", "198.51.100.7", 8080, "Mirai"),
    ]
    assert [what for what, _why in faults] == ["10.0.0.1", "999.1.1.1"]


def test_warninglists_mark_what_is_told():
    lists = Warninglists.load([("a.json", b'{"name": "Public DNS", "type": "cidr", "list": ["198.51.100.0/30"]}')])
    take_in(ME, bundle(), source="CERT", defaults=DEFAULTS, warninglists=lists)
    assert set(Indicator.objects.values_list("warnings", flat=True)) == {"Public DNS"}
    drafts, _faults = pasted("198.51.100.1 198.51.100.99", Draft("", ""), lists)
    assert [one.warnings for one in drafts] == ["Public DNS", ""]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("198.51.100[.]7", (Value("ipv4", "198.51.100.7"),)), ("hxxps://a[.]example/x", (Value("url", "https://a.example/x", "a.example"),)),
        ("2001:DB8::1", (Value("ipv6", "2001:db8::1"),)), ("198.51.100.0/24", (Value("cidr", "198.51.100.0/24"),)), ("", ()), ("mirai", ()),
        ("máy chủ ở 198.51.100.7 bị nhiễm", ()), ("999.1.1.1", ()), ("\0", ()),
    ],
)  # fmt: skip
def test_what_is_searched_for(text, expected):
    assert values_in(text) == expected


def test_what_leaves_is_for_whom_it_is_and_is_written_down(province):
    tell_indicators(
        ME, [Draft("domain", f"{n}.example", tlp=tlp) for n, tlp in enumerate(("clear", "amber+strict", "red"))], "x"
    )
    for form in ("stix", "misp"):
        for audience in ("public", "community", "clients"):
            shared = share(ME, Filters(), form=form, audience=audience)
            assert (shared.n, shared.n_left_out) == (1, 2)
            assert b"1.example" not in shared.content
            assert b"2.example" not in shared.content
    with pytest.raises(InvalidValues):
        share(ME, Filters(), form="stix", audience="named")
    with pytest.raises(InvalidValues):
        share(ME, Filters(), form="csv", audience="public")
    assert share(ME, Filters(), form="stix", audience="named", recipient="Cục An toàn thông tin").n == 3
    assert Entry.objects.filter(action="indicators.export").count() == 7
    with pytest.raises(NotAllowed):
        share(province.asker("agency_officer"), Filters(), form="stix", audience="public")
    back = read(share(ME, Filters(), form="stix", audience="public").content, DEFAULTS)
    assert [one.value for one in back.drafts] == ["0.example"]
