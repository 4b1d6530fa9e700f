"""Lists become work: read, looked at, published, and held against the next."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone
from listing import cleaned, confirm, file_of, make_list, publish, read, row, settings, spooled, upload
from province import admin

from vonggac.desk.audit.models import Entry
from vonggac.desk.intel import actions, queries
from vonggac.desk.intel.models import Indicator, ListRow, ListVersion
from vonggac.desk.intel.staging import looking_again
from vonggac.desk.notices.models import Notice
from vonggac.desk.organisations import actions as directory
from vonggac.desk.organisations.models import Network
from vonggac.desk.work import queries as work
from vonggac.desk.work import tallies
from vonggac.desk.work.models import Task
from vonggac.errors import EditConflict, InvalidValues, NotAllowed, NotThere
from vonggac.jobs import list_import, pictures

OURS = [
    row("198.51.100.5"),
    row("198.51.100.6", malware="Conficker"),
    row("198.51.100.33"),
    row("192.0.2.70"),
    row("203.0.113.77"),
]
"""Two of Đông Hòa, one of Tây Sơn, one of the hospital, one of nobody."""


@pytest.fixture(autouse=True)
def _counts_stay_right(db):
    for path in spooled():
        path.unlink()
    yield
    assert tallies.kept() == tallies.counted()


@pytest.fixture
def analyst(province):
    return province.asker("analyst")


@pytest.fixture
def botnet(analyst):
    return make_list(analyst)


def test_a_file_is_read_and_nobody_but_the_centre_knows_of_it(province, analyst, botnet):
    version = read(analyst, botnet, file_of(OURS), letter="123/BC-ATTT")
    assert (version.state, version.n, version.previous) == ("checked", 0, None)
    wanted = {"rows": 7, "new": 7, "owned": 4, "nobody": 1, "none": 2, "waiting": 0, "faults": 0, "gone": 0}
    assert {name: version.counts[name] for name in wanted} == wanted
    shown = queries.preview(analyst, version.pk)
    assert [(line.organisation.code, line.n_new) for line in shown.lines] == [
        ("benhvien", 1),
        ("donghoa", 2),
        ("tayson", 1),
    ]
    first = queries.rows(analyst, version.pk).first()
    assert (first.value, first.family, first.port, first.destination_port) == ("198.51.100.5", "Mirai", 40001, 443)
    assert first.at == datetime(2026, 10, 20, 1, 15, tzinfo=UTC)
    assert [one["role"] for one in version.columns] == [
        "ordinal", "organisation", "victim", "seen", "port", "destination", "destination_port", "malware"
    ]  # fmt: skip
    assert not Task.objects.exists()
    assert not Notice.objects.filter(template="work_new").exists()
    with pytest.raises(NotThere):
        queries.list_version(province.asker("agency_officer"), version.pk)


def test_a_published_version_is_everybodys_work_at_once_with_one_message_each(province, analyst, botnet):
    version = publish(analyst, botnet, OURS, letter="123/BC-ATTT")
    assert (version.n, version.published_at is not None) == (1, True)
    officer = province.asker("agency_officer")
    assert {task.value for task in work.tasks(officer)} == {"198.51.100.5", "198.51.100.6"}
    assert work.counts(analyst).total == 4
    task = Task.objects.get(value="198.51.100.5")
    assert task.key == ListRow.objects.get(version=version, value="198.51.100.5").key
    wanted = {
        "address": "198.51.100.5",
        "malware": "Mirai",
        "port": 40001,
        "list": "botnet-bo",
        "letter": "123/BC-ATTT",
    }
    assert {name: task.details[name] for name in wanted} == wanted
    told = Notice.objects.filter(template="work_new", user=province.users["agency_officer"], channel="portal")
    assert [one.values["n"] for one in told] == [2]
    assert Entry.objects.filter(action="lists.publish").count() == 1
    assert {(one.value, one.family) for one in Indicator.objects.all()} == {
        ("203.0.113.9", "Mirai"),
        ("203.0.113.9", "Conficker"),
    }
    assert not spooled()


def test_the_same_file_again_changes_nothing_and_names_the_version(analyst, botnet):
    version = publish(analyst, botnet, OURS)
    n_entries = Entry.objects.count()
    again = upload(analyst, botnet, file_of(OURS), "khac-ten.csv")
    assert (again.pk, again.is_repeated) == (version.pk, True)
    assert (ListVersion.objects.count(), Entry.objects.count(), spooled()) == (1, n_entries, [])


def test_one_version_is_on_its_way_at_a_time(analyst, botnet):
    read(analyst, botnet, file_of(OURS))
    with pytest.raises(InvalidValues, match="on its way"):
        upload(analyst, botnet, file_of(OURS[:2]))
    assert len(spooled()) == 1
    upload(analyst, make_list(analyst, "khac"), file_of(OURS[:2]))


def test_the_next_version_says_what_is_new_still_there_back_and_gone(analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5"), row("198.51.100.6")])
    publish(analyst, botnet, [row("198.51.100.6"), row("198.51.100.7")])
    third = read(analyst, botnet, file_of([row("198.51.100.5"), row("198.51.100.7"), row("198.51.100.8")]))
    found = dict(queries.rows(analyst, third.pk).filter(role="victim").values_list("value", "status"))
    assert found == {"198.51.100.5": "back", "198.51.100.7": "still", "198.51.100.8": "new"}
    assert [one.value for one in queries.gone_rows(analyst, third.pk)] == ["198.51.100.6"]
    assert third.counts["gone"] == 1
    line = queries.preview(analyst, third.pk).lines[0]
    assert (line.n_new, line.n_still, line.n_back, line.n_gone) == (1, 1, 1, 1)
    third = confirm(analyst, third)
    kept = queries.preview(analyst, third.pk).lines[0]
    assert (kept.n_new, kept.n_still, kept.n_back, kept.n_gone) == (1, 1, 1, 1)
    assert Task.objects.count() == 4
    history = queries.row_history(analyst, Task.objects.get(value="198.51.100.5").key)
    assert [one.version.n for one in history] == [3, 1]


def test_what_is_not_seen_again_is_closed_and_what_comes_back_opens_again(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5"), row("198.51.100.6"), row("198.51.100.7")])
    officer, day = province.asker("agency_officer"), datetime(2026, 10, 25, tzinfo=UTC)
    gone, back = (cleaned(officer, analyst, Task.objects.get(value=f"198.51.100.{n}"), day) for n in (5, 6))
    open_one = Task.objects.get(value="198.51.100.7")
    publish(analyst, botnet, [row("198.51.100.6", "20/11/2026 08:00:00")])
    for task in (gone, back, open_one):
        task.refresh_from_db()
    assert [task.state for task in (gone, back, open_one)] == ["closed", "reopened", "new"]
    assert list(gone.steps.values_list("verb", flat=True))[-2:] == ["recheck", "close"]
    assert back.batch_id == ListVersion.objects.get(n=2).batch_id
    publish(analyst, botnet, [row("198.51.100.5", "28/11/2026 08:00:00")])
    gone.refresh_from_db()
    assert (gone.state, gone.n_reopened) == ("reopened", 1)


def test_each_that_came_back_is_told_of_once_however_many_pieces_they_come_in(province, analyst, botnet, monkeypatch):
    listed = ["198.51.100.5", "198.51.100.33", "198.51.100.6"]
    publish(analyst, botnet, [row(address, "20/10/2026 08:15:00") for address in listed])
    for task in Task.objects.all():
        cleaned(admin(), analyst, task, datetime(2026, 11, 1, tzinfo=UTC))
    monkeypatch.setattr(looking_again, "AT_ONCE", 2)
    publish(analyst, botnet, [row(address, "28/11/2026 08:15:00") for address in listed])
    assert set(Task.objects.values_list("state", flat=True)) == {"reopened"}
    told = Notice.objects.filter(template="work_new", channel="portal", user=province.users["agency_officer"])
    assert [notice.values["n"] for notice in told.order_by("pk")] == [2, 2]


def test_a_sighting_from_before_the_cleaning_neither_reopens_nor_closes(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5")])
    task = cleaned(province.asker("agency_officer"), analyst, Task.objects.get(), datetime(2026, 10, 25, tzinfo=UTC))
    publish(analyst, botnet, [row("198.51.100.5", "24/10/2026 08:00:00")])
    task.refresh_from_db()
    assert task.state == "accepted"


def test_a_list_that_tells_of_the_time_before_the_cleaning_closes_nothing(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5")])
    task = cleaned(province.asker("agency_officer"), analyst, Task.objects.get(), datetime(2026, 10, 25, tzinfo=UTC))
    publish(analyst, botnet, [row("198.51.100.6")], as_of=datetime(2026, 10, 22, tzinfo=UTC))
    task.refresh_from_db()
    assert task.state == "accepted"
    publish(analyst, botnet, [row("198.51.100.7")], as_of=datetime(2026, 11, 22, tzinfo=UTC))
    task.refresh_from_db()
    assert task.state == "closed"


def test_another_lists_silence_closes_nothing(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5")])
    task = cleaned(province.asker("agency_officer"), analyst, Task.objects.get(), datetime(2026, 10, 25, tzinfo=UTC))
    publish(analyst, make_list(analyst, "khac"), [row("198.51.100.9", "28/11/2026 08:00:00")])
    task.refresh_from_db()
    assert task.state == "accepted"


def test_a_task_that_was_handed_over_stays_with_who_has_it(province, analyst, botnet):
    from vonggac.desk.work import actions as work_actions

    publish(analyst, botnet, [row("198.51.100.5")])
    task = Task.objects.get()
    work_actions.hand_over(
        analyst, task.pk, task.version, to_organisation_id=province.id("tayson"), why="dải này của Tây Sơn"
    )
    version = publish(analyst, botnet, [row("198.51.100.5", "20/11/2026 08:00:00"), row("198.51.100.6")])
    assert Task.objects.filter(value="198.51.100.5").count() == 1
    assert [one.organisation.code for one in queries.tasks_of(analyst, list(queries.rows(analyst, version.pk))).values()] == [
        "tayson", "donghoa"
    ]  # fmt: skip


def test_the_mapping_that_a_person_gives_is_read_at_once_and_remembered(analyst, botnet):
    header = ("No", "Thing", "A", "Zeit")
    data = [
        ("1", "Mirai", "198.51.100.5", "2026-10-20 08:15:00"),
        ("2", "Necurs", "198.51.100.6", "2026-10-21 08:15:00"),
    ]
    version = read(analyst, botnet, file_of(data, header))
    assert version.columns[1]["samples"] == ["Mirai", "Necurs"]
    actions.set_mapping(analyst, version.pk, version.version, {"A": "victim", "Thing": "malware", "Zeit": "last_seen"})
    version.refresh_from_db()
    assert version.state == "reading"
    list_import.advance(settings(), analyst, version)
    assert list(queries.rows(analyst, version.pk).values_list("value", "family")) == [
        ("198.51.100.5", "Mirai"),
        ("198.51.100.6", "Necurs"),
    ]
    version = confirm(analyst, queries.list_version(analyst, version.pk))
    second = read(analyst, botnet, file_of([("1", "Zeus", "198.51.100.7", "2026-10-22 08:15:00")], header))
    assert second.mapping == {"A": "victim", "Thing": "malware", "Zeit": "last_seen"}
    assert queries.rows(analyst, second.pk).get().malware == "Zeus"
    assert upload(analyst, botnet, file_of(data, header)).is_repeated


@pytest.mark.parametrize(
    "mapping", [{"Nothing": "victim"}, {"9": "victim"}, {"Mã độc": "root"}, {"0": "victim"}, {"-1": "victim"}]
)
def test_a_mapping_of_what_is_not_there_is_refused(analyst, botnet, mapping):
    version = read(analyst, botnet, file_of(OURS))
    with pytest.raises(InvalidValues):
        actions.set_mapping(analyst, version.pk, version.version, mapping)


def test_rows_on_a_warninglist_wait_for_a_person(province, analyst, botnet):
    folder = settings().data_dir / "warninglists"
    folder.mkdir()
    (folder / "ours.json").write_text(
        '{"name": "Máy chủ quan trọng", "type": "cidr", "list": ["198.51.100.5/32", "198.51.100.6/32"]}'
    )
    try:
        version = read(analyst, botnet, file_of(OURS))
        waiting = list(queries.rows(analyst, version.pk, decision="wait"))
        assert [(one.value, one.warnings) for one in waiting] == [
            (f"198.51.100.{n}", "Máy chủ quan trọng") for n in (5, 6)
        ]
        assert version.counts["waiting"] == 2
        actions.decide_rows(analyst, version.pk, [waiting[0].pk], "ignore", "máy chủ của trung tâm")
        with pytest.raises(EditConflict):
            actions.confirm(analyst, version.pk, version.version)
        version = confirm(analyst, queries.list_version(analyst, version.pk))
        assert version.counts["waiting"] == 1
        assert set(Task.objects.values_list("value", flat=True)) == {"198.51.100.33", "192.0.2.70"}
        actions.decide_rows(analyst, version.pk, [waiting[1].pk], "act", "máy thường")
        assert Task.objects.filter(value="198.51.100.6", batch_id=version.batch_id).exists()
        told = Notice.objects.filter(template="work_new", user=province.users["agency_officer"], channel="portal")
        assert [one.values["n"] for one in told] == [1]
        with pytest.raises(EditConflict):
            actions.decide_rows(analyst, version.pk, [waiting[1].pk], "ignore", "thôi")
    finally:
        (folder / "ours.json").unlink()
        folder.rmdir()


def test_the_living_successor_gets_the_work_of_the_time_before_the_merger(province, analyst, botnet):
    directory.merge(
        admin(), [province.id("donghoa")], successor=province.id("tayson"), at=datetime(2026, 11, 1, tzinfo=UTC)
    )
    version = publish(analyst, botnet, [row("198.51.100.5")])
    found = queries.rows(analyst, version.pk).filter(role="victim").get()
    assert (found.organisation.code, found.attribution) == ("tayson", "owner")
    assert Task.objects.get().organisation.code == "tayson"


def test_work_from_before_a_merger_goes_on_and_is_not_opened_twice(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5", "20/10/2026 08:15:00"), row("198.51.100.6", "20/10/2026 08:15:00")])
    done, waits = Task.objects.order_by("value")
    cleaned(province.asker("agency_officer"), analyst, done, datetime(2026, 11, 1, tzinfo=UTC))
    new = directory.merge(
        admin(), [province.id("donghoa"), province.id("tayson")], at=timezone.now() - timedelta(days=3),
        successor={"code": "dongtay", "kind": "commune", "name": "Xã Đông Tây", "parent_id": province.id("ubnd")},
    )  # fmt: skip
    publish(analyst, botnet, [row("198.51.100.5", "28/11/2026 08:15:00"), row("198.51.100.6", "28/11/2026 08:15:00")])
    assert set(ListRow.objects.filter(version__n=2, role="victim").values_list("organisation_id", flat=True)) == {
        new.pk
    }
    assert list(Task.objects.order_by("value").values_list("pk", "state")) == [(done.pk, "reopened"), (waits.pk, "new")]


def test_an_address_that_is_anothers_now_does_not_open_the_work_of_who_had_it(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5", "20/10/2026 08:15:00")])
    mine = cleaned(province.asker("agency_officer"), analyst, Task.objects.get(), datetime(2026, 11, 1, tzinfo=UTC))
    network = Network.objects.get(organisation=province["donghoa"])
    directory.end_network(admin(), network.pk, network.version, at=datetime(2026, 11, 10, tzinfo=UTC))
    directory.add_network(
        admin(), province.id("tayson"), text="198.51.100.1-198.51.100.9", valid_from=datetime(2026, 11, 10, tzinfo=UTC)
    )
    publish(analyst, botnet, [row("198.51.100.5", "28/11/2026 08:15:00")])
    mine.refresh_from_db()
    assert mine.state != "reopened"
    assert Task.objects.exclude(pk=mine.pk).get().organisation_id == province.id("tayson")


def test_a_directory_that_moved_is_looked_at_again_before_anybody_is_told(province, analyst, botnet):
    from province import START, admin

    from vonggac.desk.organisations import actions as directory

    version = read(analyst, botnet, file_of(OURS))
    directory.add_network(admin(), province.id("tayson"), text="203.0.113.64/27", valid_from=START)
    actions.confirm(analyst, version.pk, version.version)
    list_import.advance(settings(), analyst, version)
    version.refresh_from_db()
    assert version.state == "checked"
    assert "directory changed" in version.message
    assert not Task.objects.exists()
    assert version.counts["nobody"] == 0
    confirm(analyst, queries.list_version(analyst, version.pk))
    assert work.counts(analyst).total == 5


def test_a_change_of_the_directory_that_moves_no_row_hinders_nothing(province, analyst, botnet):
    from province import START, admin

    from vonggac.desk.organisations import actions as directory

    version = read(analyst, botnet, file_of(OURS))
    directory.add_network(admin(), province.id("tayson"), text="203.0.113.192/29", valid_from=START)
    confirm(analyst, version)


def test_a_file_that_cannot_be_read_is_refused_and_the_next_is_taken(analyst, botnet):
    version = read(analyst, botnet, b"PK\x03\x04" + b"\x00\x01" * 500, "ds.xlsx")
    assert (version.state, bool(version.message), spooled()) == ("refused", True, [])
    read(analyst, botnet, file_of(OURS))


def test_without_one_usable_row_nothing_is_confirmed(analyst, botnet):
    version = read(analyst, botnet, file_of([("1", "", "không rõ", "", "", "", "", "")]))
    assert version.counts["rows"] == 0
    assert queries.row_faults(analyst, version.pk).exists()
    with pytest.raises(InvalidValues):
        actions.confirm(analyst, version.pk, version.version)


def test_a_version_is_given_up_with_its_rows_and_another_may_come(analyst, botnet):
    version = read(analyst, botnet, file_of(OURS))
    actions.abandon(analyst, version.pk, version.version, "gửi nhầm")
    list_import.sweep(settings())
    assert (ListRow.objects.exists(), spooled()) == (False, [])
    with pytest.raises(EditConflict):
        actions.confirm(analyst, version.pk, version.version)
    publish(analyst, botnet, OURS)


def test_who_may_not_import_writes_nothing(province, botnet, analyst):
    version = read(analyst, botnet, file_of(OURS))
    auditor, officer = province.asker("auditor"), province.asker("agency_officer")
    with pytest.raises(NotAllowed):
        actions.confirm(auditor, version.pk, version.version)
    with pytest.raises(NotAllowed):
        make_list(officer, "x")
    with pytest.raises(NotAllowed):
        upload(officer, botnet, file_of(OURS[:1]))
    for act in (actions.set_details, actions.confirm):
        with pytest.raises(NotThere):
            act(officer, version.pk, version.version)
    assert len(spooled()) == 1


def test_who_holds_a_part_sees_its_rows_only(province, analyst, botnet):
    from province import granted

    version = publish(analyst, botnet, OURS)
    leader = granted(("leader", province["donghoa"]))
    assert {one.value for one in queries.rows(leader, version.pk)} == {"198.51.100.5", "198.51.100.6"}
    assert [line.organisation.code for line in queries.preview(leader, version.pk).lines] == ["donghoa"]
    assert queries.preview(leader, version.pk).n_rows == 0
    assert list(queries.matrix(leader, botnet.pk).cells) == [(province.id("donghoa"), version.pk)]
    assert not queries.lists(granted(("leader", province["duongmai"]))).exists()
    assert not queries.row_history(leader, ListRow.objects.get(value="192.0.2.70").key).exists()


def test_a_roll_up_says_what_each_organisation_did(province, analyst, botnet):
    publish(analyst, botnet, [row("198.51.100.5"), row("198.51.100.6"), row("198.51.100.33")])
    cleaned(
        province.asker("agency_officer"),
        analyst,
        Task.objects.get(value="198.51.100.5"),
        datetime(2026, 10, 25, tzinfo=UTC),
    )
    second = publish(analyst, botnet, [row("198.51.100.6", "20/11/2026 08:00:00"), row("198.51.100.7")])
    found = queries.matrix(analyst, botnet.pk)
    assert [version.n for version in found.versions] == [1, 2]
    cell = found.cells[province.id("donghoa"), found.versions[0].pk]
    assert (cell.n_rows, cell.work.total, cell.work.accepted, cell.work.open) == (2, 2, 1, 1)
    cell = found.cells[province.id("donghoa"), second.pk]
    assert (cell.n_rows, cell.n_gone, cell.work.total) == (2, 1, 1)
    points = queries.trend(analyst, botnet.pk)
    assert [(one.n_rows, one.n_new, one.n_gone, one.n_tasks, one.n_cleaned) for one in points] == [
        (4, 4, 0, 3, 1),
        (3, 1, 2, 1, 0),
    ]


def test_rows_of_nobody_are_asked_of_the_telco_in_whose_network_they_lay(province, analyst, botnet):
    from province import START, admin

    from vonggac.desk.organisations import actions as directory

    version = publish(
        analyst,
        botnet,
        [row("203.0.113.5"), row("203.0.113.77", organisation="Viễn thông Thạch Lâm"), row("203.0.113.78")],
    )
    directory.add_network(admin(), province.id("nhamang1"), text="203.0.113.0/28", valid_from=START)
    asked = actions.request_attribution(analyst, version.pk)
    assert (asked.n, len(asked.unknown)) == (2, 1)
    assert set(Task.objects.filter(kind="identify_holder").values_list("value", "organisation__code")) == {
        ("203.0.113.5", "nhamang1"), ("203.0.113.77", "nhamang1")
    }  # fmt: skip
    with pytest.raises(InvalidValues):
        actions.request_attribution(analyst, version.pk)


def test_what_is_too_much_for_one_request_is_asked_by_the_next(province, analyst, botnet, monkeypatch):
    from vonggac.desk.intel.actions import asking

    directory.add_network(
        admin(), province.id("nhamang1"), text="203.0.113.0/25", valid_from=datetime(2020, 1, 1, tzinfo=UTC)
    )
    version = publish(analyst, botnet, [row(f"203.0.113.{n}") for n in range(10, 15)])
    monkeypatch.setattr(asking, "MOST_QUESTIONS", 2)
    assert [actions.request_attribution(analyst, version.pk).n for _ in range(3)] == [2, 2, 1]
    with pytest.raises(InvalidValues):
        actions.request_attribution(analyst, version.pk)


def test_the_first_of_two_confirmations_counts(analyst, botnet):
    version = read(analyst, botnet, file_of(OURS))
    actions.confirm(analyst, version.pk, version.version)
    with pytest.raises(EditConflict):
        actions.confirm(analyst, version.pk, version.version)
    with pytest.raises(EditConflict):
        actions.abandon(analyst, version.pk, version.version + 1, "quá muộn")


def test_a_list_is_changed_but_not_into_another_kind(analyst, botnet):
    publish(analyst, botnet, OURS)
    row_ = actions.edit_list(analyst, botnet.pk, botnet.version, name="Tên mới", cadence_days=7)
    assert (row_.name, row_.version) == ("Tên mới", 2)
    with pytest.raises(EditConflict):
        actions.edit_list(analyst, botnet.pk, 1, name="Muộn")
    with pytest.raises(InvalidValues) as refused:
        actions.edit_list(analyst, botnet.pk, 2, kind="phishing", name="", tlp="purple", confidence=101, folded="x")
    assert {fault.field for fault in refused.value.faults} == {"kind", "name", "tlp", "confidence", "folded"}
    with pytest.raises(InvalidValues):
        make_list(analyst)


def test_hostile_cells_are_kept_as_text(analyst, botnet):
    nasty = '=HYPERLINK("http://x.example","<script>alert(1)</script>")'
    version = read(analyst, botnet, file_of([row("198.51.100.5", malware=nasty, organisation="x\x00y")]))
    found = queries.rows(analyst, version.pk).filter(role="victim").get()
    assert found.malware.startswith("=HYPERLINK")
    assert "\x00" not in found.told_organisation


def test_an_expiry_follows_the_list(analyst):
    parent = make_list(analyst, "han", expires_days=10)
    version = publish(analyst, parent, OURS)
    assert 9 < (version.expires_at - timezone.now()).days + 1 <= 10


def test_a_recheck_that_dies_halfway_is_finished_by_the_next(province, analyst, botnet, monkeypatch):
    from vonggac.desk.intel.staging import life, looking_again

    addresses = [f"198.51.100.{n}" for n in range(1, 5)]
    publish(analyst, botnet, [row(address) for address in addresses])
    officer, day = province.asker("agency_officer"), datetime(2026, 10, 25, tzinfo=UTC)
    for task in Task.objects.all():
        cleaned(officer, analyst, task, day)
    monkeypatch.setattr(looking_again, "AT_ONCE", 1)
    version = read(analyst, botnet, file_of([row(address, "20/11/2026 08:00:00") for address in addresses[:2]]))
    actions.confirm(analyst, version.pk, version.version)
    with monkeypatch.context() as patch:
        patch.setattr(looking_again, "pass_recheck", _die)
        with pytest.raises(MemoryError):
            list_import.advance(settings(), analyst, version)
    version.refresh_from_db()
    assert (version.state, version.is_rechecked, version.run) == ("published", False, "")
    assert Task.objects.filter(state="reopened").count() == 2
    assert [one.pk for one in life.pending()] == [version.pk]
    list_import.run_pending(settings())
    version.refresh_from_db()
    assert version.is_rechecked
    assert sorted(Task.objects.values_list("state", flat=True)) == ["closed", "closed", "reopened", "reopened"]
    assert set(Task.objects.values_list("n_reopened", flat=True)) == {0, 1}
    told = Notice.objects.filter(template="work_new", user=province.users["agency_officer"], channel="portal")
    assert [notice.values["n"] for notice in told.order_by("pk")] == [4, 1, 1]  # pieces of one


def _die(*_args: object, **_values: object) -> int:
    raise MemoryError


def test_what_was_recognised_and_is_not_sure_waits_for_a_person(analyst, botnet, monkeypatch):
    cells = [
        [pictures.Cell("IP", 99), pictures.Cell("Mã độc", 99)],
        [pictures.Cell("198.51.100.5", 99), pictures.Cell("Mirai", 99)],
        [pictures.Cell("198.51.100.l6", 99), pictures.Cell("Mirai", 99)],
    ]
    monkeypatch.setattr(pictures, "recogniser_for", lambda _name: "there")
    monkeypatch.setattr(pictures, "draw", lambda _folder, _pages, _name: 1)
    monkeypatch.setattr(pictures, "recognise", lambda _path, _language="": cells)
    scan = b"\x89PNG\r\n\x1a\n" + b"0" * 20
    version = upload(analyst, botnet, scan, "anh.png")
    assert not list_import.advance(settings(), analyst, version, only_small=True)  # it takes seconds: the worker's
    assert list_import.advance(settings(), analyst, version)
    version.refresh_from_db()
    assert (version.state, version.counts["rows"], version.counts["waiting"]) == ("checked", 2, 1)
    waiting = ListRow.objects.get(version=version, decision="wait")
    assert (waiting.value, waiting.warnings) == ("198.51.100.16", "OCR 99 %: 198.51.100.l6")


def test_what_its_source_lets_end_makes_no_work_and_is_counted(analyst, botnet):
    def indicator(n, until):
        pattern = f"[ipv4-addr:value = '198.51.100.{n}']"
        return {
            "type": "indicator",
            "id": f"indicator--{n}",
            "pattern": pattern,
            "pattern_type": "stix",
            "valid_until": until,
        }

    objects = [
        indicator(5, "2020-01-01T00:00:00Z"),
        indicator(6, "2190-01-01T00:00:00Z"),
        {"type": "report", "id": "r"},
    ]
    version = read(analyst, botnet, json.dumps({"type": "bundle", "objects": objects}).encode())
    assert (version.counts["rows"], version.counts["passed_expired"], version.counts["faults"]) == (1, 1, 1)
    assert version.columns == []
