"""Reading the record: filters, parts, and who sees what."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from django.utils import timezone

from vonggac.desk.audit import queries
from vonggac.desk.audit.actions import recording
from vonggac.desk.audit.models import Entry
from vonggac.desk.audit.queries import Filters, entries, entry, every, history_of
from vonggac.desk.scope.asker import Asker, Held, nobody
from vonggac.errors import NotThere

pytestmark = pytest.mark.django_db


def seqs(page):
    return [shown.seq for shown in page.entries]


def leader(where):
    return Asker(2, "leader", (Held("leader", where),))


def test_newest_first_and_whole_for_who_holds_it_everywhere(province, auditor):
    page = entries(auditor, Filters())
    assert seqs(page) == [5, 4, 3, 2, 1]
    first = page.entries[-1]
    assert (first.actor, first.label, first.address, first.agent) == (
        "Nguyễn Thị Lan", "Sở Thông tin", "192.0.2.7", "Browser/1",
    )  # fmt: skip
    assert first.changes[0]["after"] == {"note": "by Nguyễn Thị Lan"}


@pytest.mark.parametrize(("where", "seen"), [("top", [3, 2, 1]), ("low", [3, 2]), ("other", [4])])
def test_entries_are_seen_where_the_permission_is_held_and_those_of_no_organisation_by_nobody_there(
    province, where, seen
):
    asker = leader(getattr(province, where).pk)
    assert seqs(entries(asker, Filters())) == seen
    for seq in range(1, 6):
        if seq in seen:
            assert entry(asker, seq).seq == seq
        else:
            with pytest.raises(NotThere):
                entry(asker, seq)


@pytest.mark.parametrize("role", ["analyst", "agency_officer", "telco_desk", "records_clerk"])
def test_who_does_not_hold_the_permission_sees_nothing(province, role):
    for asker in (nobody(), Asker(3, "x", (Held(role, None),))):
        assert seqs(entries(asker, Filters())) == []
        assert seqs(entries(asker, Filters(text="lan"))) == []
        assert list(every(asker, Filters())) == []
        assert seqs(history_of(asker, province.low)) == []


def test_filters(province, auditor):
    def found(**values):
        return seqs(entries(auditor, Filters(**values)))

    assert found(action="directory.import") == [5]
    assert found(action="organisations") == [4, 3, 2, 1]
    assert found(actor_id=11) == [2, 1]
    assert found(organisation_id=province.low.pk) == [3, 2]
    assert found(object_type="organisations.organisation", object_id=str(province.other.pk)) == [4]
    assert found(text="duong lam") == found(text="Đường  LÂM") == [3, 2]
    assert found(text="minh lam") == [3]
    assert found(text="%") == found(text="_") == []
    now = timezone.now()
    assert found(since=now) == found(until=now - timedelta(days=1)) == []
    assert found(since=now - timedelta(days=1), until=now) == [5, 4, 3, 2, 1]


def test_parts_follow_each_other_without_gap_or_overlap(province, auditor):
    first = entries(auditor, Filters(), limit=2)
    second = entries(auditor, Filters(), before=first.before, limit=2)
    third = entries(auditor, Filters(), before=second.before, limit=2)
    assert (seqs(first), seqs(second), seqs(third), third.before) == ([5, 4], [3, 2], [1], None)
    assert [shown.seq for shown in every(auditor, Filters(), chunk=2)] == [5, 4, 3, 2, 1]
    assert seqs(entries(auditor, Filters(), after=3)) == [5, 4]


def test_texts_are_looked_through_window_by_window_and_it_is_said_how_far(province, auditor, monkeypatch):
    monkeypatch.setattr(queries, "WINDOW", 1)
    monkeypatch.setattr(queries, "LOOK_S", 0)
    page = entries(auditor, Filters(text="sở thông tin"))
    assert (seqs(page), page.looked_to) == ([], 5)
    for further in (4, 3, 2):
        page = entries(auditor, Filters(text="sở thông tin"), before=page.looked_to)
        assert (seqs(page), page.looked_to) == ([], further)
    page = entries(auditor, Filters(text="sở thông tin"), before=page.looked_to)
    assert (seqs(page), page.looked_to) == ([1], None)
    assert [shown.seq for shown in every(auditor, Filters(text="sở thông tin"))] == [1]


def test_the_history_of_an_object_holds_what_changed_it_beside_others(province, auditor):
    with recording(auditor, "organisations.edit", on=province.top, organisation_id=province.top.pk) as record:
        record.changed(province.low, {"name": "Xã Cũ"})
    assert seqs(history_of(auditor, province.low)) == [6, 3, 2]
    assert seqs(history_of(auditor, province.top)) == [6, 1]


def test_who_sees_a_record_but_not_the_audit_record_sees_its_history_without_from_where(province):
    asker = Asker(4, "analyst", (Held("analyst", province.low.pk),))
    page = history_of(asker, province.low, permission="organisations.view")
    assert seqs(page) == [3, 2]
    assert [(shown.actor, shown.address, shown.agent, shown.session) for shown in page.entries] == [
        ("Trần Văn Minh", "", "", ""), ("Nguyễn Thị Lan", "", "", ""),
    ]  # fmt: skip
    assert history_of(leader(province.low.pk), province.low).entries[0].address == "192.0.2.7"
    assert seqs(history_of(asker, province.top, permission="organisations.view")) == []


def test_the_number_to_begin_a_stream_at(province):
    assert queries.last_seq() == Entry.objects.count() == 5


def test_an_export_holds_only_what_may_be_exported(auditor, province):
    only_sees = replace(auditor, only=frozenset({"audit.view"}))
    assert len(entries(only_sees, Filters()).entries) == 5
    assert list(every(only_sees, Filters())) == []
    assert queries.n_entries(only_sees, Filters(), 100) == 0
    assert len(list(every(auditor, Filters()))) == queries.n_entries(auditor, Filters(), 100) == 5
