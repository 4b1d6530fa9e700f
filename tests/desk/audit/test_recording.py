"""Writing into the chain: whole or not at all, one after the other, never changed afterwards."""

from __future__ import annotations

import hashlib
import threading

import pytest
from django.core.management import call_command
from django.db import DatabaseError, IntegrityError, connection, connections, transaction

from vonggac.desk.audit import chain, guard
from vonggac.desk.audit.actions import NestedRecording, recording
from vonggac.desk.audit.models import AppendOnly, Detail, Entry, Head, Touch
from vonggac.desk.audit.verify import verify
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import machine

ASKER = machine("tester")


def write(n: int, action: str = "organisations.create") -> None:
    for number in range(n):
        with recording(ASKER, action) as record:
            record.note(number=number)


@pytest.mark.django_db
def test_an_action_leaves_one_entry_with_what_changed():
    with recording(ASKER, "organisations.create") as record:
        place = Organisation.objects.create(code="A", kind="commune", name="Xã Đường Lâm")
        record.on, record.organisation_id = place, place.pk
        record.created(place)
    entry = Entry.objects.get()
    assert (entry.seq, entry.action, entry.object_id, entry.n_objects) == (1, "organisations.create", str(place.pk), 1)
    assert '"name":"Xã Đường Lâm"' in entry.detail.content
    assert entry.detail.folded == "tester xa duong lam"
    assert Head.objects.get().hash == entry.hash
    assert verify().is_whole


@pytest.mark.django_db
def test_what_an_entry_changed_besides_finds_the_entry():
    one = Organisation.objects.create(code="A", kind="commune", name="A")
    two = Organisation.objects.create(code="B", kind="commune", name="B")
    with recording(ASKER, "organisations.merge", on=one) as record:
        record.changed(one, {"name": "C"})
        record.changed(two, {"name": "D"})
    assert list(Touch.objects.values_list("object_id", "seq")) == [(str(two.pk), 1)]


@pytest.mark.django_db
def test_a_deleted_record_keeps_its_key_in_the_entry():
    one = Organisation.objects.create(code="A", kind="commune", name="A")
    key = one.pk
    with recording(ASKER, "organisations.delete") as record:
        one.delete()
        record.deleted(one, {"id": key, "name": "A"})
    assert list(Touch.objects.values_list("object_id", flat=True)) == [str(key)]


@pytest.mark.django_db
def test_a_failure_leaves_nothing():
    write(1)
    with pytest.raises(IntegrityError), recording(ASKER, "organisations.create"):
        Organisation.objects.bulk_create([Organisation(code="A", kind="commune", name="A") for _ in range(2)])
    assert Entry.objects.count() == Head.objects.get().seq == 1
    assert not Organisation.objects.exists()
    write(1)
    assert verify().is_whole


@pytest.mark.django_db
def test_a_recording_inside_another_one_says_so():
    with (
        pytest.raises(NestedRecording, match=r"“b\.c” is recorded inside “a\.b”"),
        recording(ASKER, "a.b"),
        recording(ASKER, "b.c"),
    ):
        pass
    assert not Entry.objects.exists()
    write(1)  # and the next one is not thought to be inside


@pytest.mark.django_db
def test_odd_texts_do_not_stop_an_action():
    with recording(machine("a\ud800b\x00"), "a.b") as record:
        record.note(big=1 << 70, bad="\udfff", raw=b"\xff")
    assert verify().is_whole


@pytest.mark.django_db
def test_the_models_refuse_to_change_or_delete():
    write(1)
    entry, detail = Entry.objects.get(), Detail.objects.get()
    for attempt in (
        entry.save, entry.delete, detail.save, detail.delete, Entry.objects.all().delete, Detail.objects.all().delete,
        lambda: Entry.objects.update(action="x"), lambda: Detail.objects.filter(pk=1).update(content="{}"),
        lambda: Entry.objects.bulk_update([entry], ["action"]),
    ):  # fmt: skip
        with pytest.raises(AppendOnly):
            attempt()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET action = 'x'",
        "DELETE FROM audit_entry",
        "UPDATE audit_detail SET content = '{}'",
        "DELETE FROM audit_detail WHERE seq = 1",
    ],
)
def test_the_database_refuses_whoever_goes_past_the_models(statement):
    write(1)
    with (
        pytest.raises(DatabaseError, match="can only be added to"),
        transaction.atomic(),
        connection.cursor() as cursor,
    ):
        cursor.execute(statement)
    assert verify().is_whole


@pytest.mark.django_db
def test_an_open_door_lets_deletions_pass_and_nothing_else():
    write(2)
    with pytest.raises(DatabaseError, match="can only be added to"), guard.opened(), connection.cursor() as cursor:
        cursor.execute("UPDATE audit_entry SET action = 'x'")
    with guard.opened(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry WHERE seq = 2")
    with pytest.raises(DatabaseError), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("DELETE FROM audit_entry")


@pytest.mark.django_db
def test_all_triggers_stand():
    assert guard.missing() == []
    with connection.cursor() as cursor:
        on = " ON audit_entry" if connection.vendor == "postgresql" else ""
        cursor.execute(f"DROP TRIGGER audit_entry_no_update{on}")
    assert guard.missing() == ["audit_entry_no_update"]
    guard.build()
    assert guard.missing() == []


@pytest.mark.django_db(transaction=True)
def test_emptying_the_database_empties_the_record_too():
    write(2)
    call_command("flush", interactive=False, verbosity=0)
    assert not Entry.objects.exists()
    assert guard.missing() == []
    write(1)
    assert verify().is_whole


@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_make_one_chain():
    if connection.vendor == "sqlite" and connection.is_in_memory_db():
        pytest.skip("SQLite in memory has one connection; test_processes.py does it with a file")
    failures: list[BaseException] = []

    def work() -> None:
        try:
            for number in range(25):
                if number % 5 == 4:
                    with pytest.raises(ZeroDivisionError), recording(ASKER, "a.rolled"):
                        1 / 0  # noqa: B018
                write(1)
        except BaseException as error:  # noqa: BLE001  # told by the test
            failures.append(error)
        finally:
            connections.close_all()

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert Entry.objects.count() == Head.objects.get().seq == 200
    assert verify().is_whole


def test_the_form_of_a_link_is_fixed():
    values = (1, 0, None, "job", "a.b", "", "", None, 0, "0" * 64)
    text = b'[1,0,null,"job","a.b","","",null,0,"' + b"0" * 64 + b'"]'
    assert (
        chain.link(chain.START, values)
        == hashlib.sha256(b"0" * 64 + text).hexdigest()
        == ("9d99a2c2ebdc9f8a68a919f5f80a444ea70310ba7f773ae14e9c9cd94d8c7bd0")
    )
