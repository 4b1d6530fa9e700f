"""Erasing personal details: what was done stays, and the chain holds."""

from __future__ import annotations

import pytest

from vonggac.desk.audit import actions
from vonggac.desk.audit.actions import erasable, erase, recording
from vonggac.desk.audit.models import Detail, Entry
from vonggac.desk.audit.queries import Filters, entries, entry
from vonggac.desk.audit.verify import verify
from vonggac.desk.scope.asker import Asker, Held
from vonggac.errors import InvalidValues, NotAllowed

pytestmark = pytest.mark.django_db
REASON = "asked for by the person, letter 12/2026"


def left() -> list[int]:
    return list(Detail.objects.order_by("pk").values_list("pk", flat=True))


def test_by_actor_the_details_go_what_was_done_stays_and_the_chain_holds(province, auditor):
    assert erase(auditor, REASON, actor_id=11) == 2
    assert left() == [3, 4, 5, 6]
    shown = entry(auditor, 1)
    assert (shown.is_erased, shown.actor, shown.label, shown.address, shown.action) == (
        True, "", "", "", "organisations.edit",
    )  # fmt: skip
    verdict = verify()
    assert (verdict.is_whole, verdict.n_erased) == (True, 2)
    told = entry(auditor, 6)
    assert told.action == "audit.erase"
    assert told.changes == [{"note": {"erased": [[1, 2]], "reason": REASON}}]
    assert entries(auditor, Filters(text="lan")).entries == []


def test_by_text_as_it_was_written(province, auditor):
    assert erasable(auditor, REASON, person="Trần Văn Minh") == 3
    assert erase(auditor, REASON, person="Trần Văn Minh") == 3
    assert left() == [1, 2, 6]
    assert not Detail.objects.filter(content__contains="Minh").exists()  # the entry about it does not say whose
    assert verify().is_whole


def test_a_text_with_signs_that_json_escapes_or_like_knows(province, auditor):
    with recording(Asker(9, 'A "quoted" 100%_', (), auditor.origin), "organisations.edit"):
        pass
    assert erase(auditor, REASON, person='"quoted" 100%_') == 1
    assert erasable(auditor, REASON, person="%%%%") == 0


def test_by_number_in_parts_each_with_its_entry(province, auditor, monkeypatch):
    monkeypatch.setattr(actions, "_ERASED_AT_ONCE", 2)
    assert erase(auditor, REASON, seqs=[5, 1, 3, 3, 99]) == 3
    assert left() == [2, 4, 6, 7]
    assert verify().is_whole


def test_what_says_that_something_was_erased_is_never_erased(province, auditor):
    erase(auditor, REASON, actor_id=11)
    assert erase(auditor, REASON, seqs=[6]) == 0
    assert erase(auditor, REASON, actor_id=auditor.user_id) == 0
    assert verify().is_whole


@pytest.mark.parametrize(
    "values",
    [
        {"reason": "  "}, {"reason": "x" * 501}, {"person": "abc"}, {"actor_id": None}, {"seqs": [1]},
        {"actor_id": None, "person": "   "},
    ],
)  # fmt: skip
def test_bad_values_erase_nothing(province, auditor, values):
    given = {"reason": REASON, "actor_id": 11} | values
    with pytest.raises(InvalidValues):
        erase(auditor, given.pop("reason"), **given)
    assert left() == [1, 2, 3, 4, 5]


@pytest.mark.parametrize("held", [Held("auditor", None), Held("administrator", 1), Held("leader", None)])
def test_it_needs_the_permission_everywhere(province, held):
    with pytest.raises(NotAllowed):
        erase(Asker(5, "x", (held,)), REASON, seqs=[1])
    assert (left(), Entry.objects.count()) == ([1, 2, 3, 4, 5], 5)


def test_very_many_changes_leave_a_number_and_a_digest(province, auditor):
    with recording(auditor, "directory.import") as record:
        record.note(rows=700)
        for _ in range(700):
            record.created(province.low)
    shown = entry(auditor, 6)
    assert (shown.n_objects, len(shown.changes)) == (700, 502)
    assert shown.changes[0] == {"note": {"rows": 700}}
    assert shown.changes[-1]["note"]["n_more"] == 200
    assert len(shown.changes[-1]["note"]["sha256"]) == 64
