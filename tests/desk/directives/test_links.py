"""Links of letters: what a token opens, codes, what the centre does with them, reminders that carry one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from by_link import code_of, last, mailboxes, token_of
from django.utils import timezone

from vonggac.desk.accounts.models import Lockout
from vonggac.desk.audit.models import Entry
from vonggac.desk.directives import actions
from vonggac.desk.directives.actions import links
from vonggac.desk.directives.models import Letter, Link, LinkUse, Recipient
from vonggac.desk.directives.queries import links as queries
from vonggac.desk.directives.queries.sent import sent_log
from vonggac.desk.directives.values import ClauseValues
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import Origin, machine
from vonggac.desk.work.actions.alarms import ring
from vonggac.desk.work.models import FAR, Task
from vonggac.errors import InvalidValues, NotAllowed, NotThere

if TYPE_CHECKING:
    from letter_of import Holiday
    from province import Province

pytestmark = pytest.mark.django_db
HERE = Origin("link", "203.0.113.7", "Tests")
MAIL = "vanthu@tayson.example"
HEAD = "chutich@tayson.example"


@pytest.fixture
def sent(province: Province, drafted: Callable[..., Holiday]) -> Holiday:
    """The holiday letter, sent, with mailboxes registered before."""
    mailboxes(province)
    return drafted().issued()


def opens(token: str) -> Link | None:
    """What a token opens from HERE."""
    return links.look_up(token, HERE).link


def move(holiday: Holiday, code: str, **columns: Any) -> None:
    """The clocks of an organisation's Tasks stand as ``columns`` say; they are looked at in the next round."""
    Task.objects.filter(pk__in=[task.pk for task in holiday.tasks(code)]).update(
        alarm_at=timezone.now() - timedelta(minutes=1), **columns
    )


def keep_only(holiday: Holiday, code: str) -> None:
    """No clock of another organisation runs."""
    mine = [task.pk for task in holiday.tasks(code)]
    Task.objects.exclude(pk__in=mine).update(due_at=FAR, alarm_at=FAR)


# ------------------------------------------------------------------------------------------------------ what opens


def test_a_token_opens_its_recipient_and_nobody_elses(sent: Holiday) -> None:
    link = opens(token_of(MAIL))
    assert link is not None
    assert link.recipient_id == sent.recipient("tayson").pk
    asker = queries.asker_of_link(link, "Nguyễn Văn Thư", HERE)
    actions.acknowledge(asker, link.recipient_id)
    row = sent.recipient("tayson")
    assert (row.acknowledged_via, row.acknowledged_by_name) == ("link", "Nguyễn Văn Thư")
    with pytest.raises(NotThere):
        actions.acknowledge(asker, sent.recipient("donghoa").pk)
    assert asker.only == {"letters.view", "work.view", "work.answer"}
    with pytest.raises(NotAllowed):
        links.remind(asker, sent.letter.pk)


@pytest.mark.parametrize("guess", ["", "x", "A" * 43, "../form", "A" * 5000, "é" * 43, "\x00" * 43, "a" * 42 + "\n"])
def test_a_guess_opens_nothing(sent: Holiday, guess: str) -> None:
    assert opens(guess) is None


def test_one_character_more_less_or_other_is_a_wrong_token(sent: Holiday) -> None:
    token = token_of(MAIL)
    other = "B" if token[-1] != "B" else "C"
    for wrong in (token[:-1], token + "A", token[:-1] + other, token.swapcase(), f" {token}"):
        assert opens(wrong) is None
    assert opens(token) is not None


def test_the_digest_that_is_kept_opens_nothing(sent: Holiday) -> None:
    assert all(opens(link.digest[:43]) is None and opens(link.digest) is None for link in Link.objects.all())


def test_an_address_that_guesses_waits_and_others_do_not(sent: Holiday) -> None:
    for n in range(30):
        assert links.look_up(f"{n:043d}", HERE) == links.Found()
    refused = links.look_up(token_of(MAIL), HERE)
    assert refused.link is None
    assert refused.refused_until is not None
    assert links.look_up(token_of(MAIL), Origin("link", "198.51.100.99", "Tests")).link is not None
    assert Entry.objects.filter(action="accounts.address_locked").count() == 1


def test_old_links_are_no_guesses(sent: Holiday) -> None:
    """Many offices stand behind one address; a letter that is withdrawn must not lock them all out."""
    token = token_of(MAIL)
    links.revoke_link(sent.province.asker("records_clerk"), Link.objects.get(sent_to=MAIL).pk)
    for _n in range(40):
        assert links.look_up(token, HERE) == links.Found()
    assert not Lockout.objects.filter(kind="link_address").exists()


def test_a_link_ends_with_its_revocation_its_time_and_its_letter(sent: Holiday) -> None:
    token, link = token_of(MAIL), Link.objects.get(sent_to=MAIL)
    assert queries.of_visit(link.pk, link.digest) is not None
    assert queries.of_visit(link.pk, "0" * 64) is None
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now())
    assert opens(token) is None
    assert queries.of_visit(link.pk, link.digest) is None
    Link.objects.filter(pk=link.pk).update(expires_at=timezone.now() + timedelta(hours=1))
    assert opens(token) is not None
    actions.withdraw(sent.province.asker("leader"), sent.letter.pk, sent.letter.version, "Ban hành nhầm")
    assert opens(token) is None
    Link.objects.filter(pk=link.pk).update(revoked_at=None)  # the state of the letter alone is enough
    assert opens(token) is None
    assert queries.of_visit(link.pk, link.digest) is None


def test_who_looks_is_told_from_who_opens(sent: Holiday) -> None:
    link = Link.objects.get(sent_to=MAIL)
    for _n in range(3):
        links.seen(link, HERE)
    assert list(link.uses.values_list("what", "address", "agent")) == [("seen", "203.0.113.7", "Tests")]
    assert sent.recipient("tayson").opened_at is None
    for n in range(300):
        links.seen(link, Origin("link", "203.0.113.7", f"Bot {n}\r\n"))
    assert link.uses.count() == links.MOST_SEEN
    _letter, lines = sent_log(sent.province.asker("records_clerk"), sent.letter.pk)
    assert {line.used_at for line in lines} == {None}
    links.open_form(link, HERE, "b1")
    _letter, lines = sent_log(sent.province.asker("records_clerk"), sent.letter.pk)
    assert sum(line.used_at is not None for line in lines) == 1
    row = sent.recipient("tayson")
    assert row.opened_by_name == MAIL
    assert row.opened_at is not None
    assert row.acknowledged_at is None


# ----------------------------------------------------------------------------------------------------------- codes


@pytest.fixture
def coded(province: Province, drafted: Callable[..., Holiday]) -> Link:
    """The link of Tây Sơn to a letter whose links ask for a code, which has been sent."""
    mailboxes(province)
    drafted(links_ask_code=True).issued()
    link = Link.objects.get(sent_to=MAIL)
    assert links.send_code(link) is None
    return Link.objects.select_related("recipient__letter").get(pk=link.pk)


def test_a_code_opens_once_and_is_kept_nowhere(coded: Link) -> None:
    code = code_of(MAIL)
    assert len(code) == 6
    assert code.isdecimal()
    assert code not in f"{coded.code_digest}{last('letter_code', MAIL).values}"
    assert links.confirm(coded, code, HERE, "b1") == "right"
    assert links.confirm(coded, code, HERE, "b1") == "over"
    assert list(coded.uses.values_list("what", flat=True)) == ["confirmed"]


def test_five_wrong_codes_end_it_and_further_ones_wait(coded: Link) -> None:
    code = code_of(MAIL)
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    assert [links.confirm(coded, wrong, HERE, "") for _n in range(5)] == ["wrong"] * 4 + ["over"]
    assert links.confirm(coded, code, HERE, "") == "over"
    Link.objects.filter(pk=coded.pk).update(code_until=timezone.now() + links.CODE_HOLDS - links.SEND_AGAIN)
    assert links.send_code(coded) is None
    assert links.confirm(coded, code_of(MAIL), HERE, "") == "locked"
    assert coded.uses.filter(what="wrong_code").count() == 5


def test_the_code_of_another_link_is_wrong(coded: Link) -> None:
    other = Link.objects.select_related("recipient__letter").get(sent_to="vanthu@donghoa.example")
    assert links.confirm(other, code_of(MAIL), HERE, "") == "over"
    assert links.send_code(other) is None
    if code_of(MAIL) != code_of("vanthu@donghoa.example"):
        assert links.confirm(other, code_of(MAIL), HERE, "") == "wrong"
    Link.objects.filter(pk=other.pk).update(code_digest=Link.objects.get(pk=coded.pk).code_digest)
    assert links.confirm(other, code_of(MAIL), HERE, "") == "wrong"


def test_a_code_runs_out_and_others_are_not_sent_at_once(coded: Link) -> None:
    first = code_of(MAIL)
    assert links.send_code(coded) is not None
    assert Notice.objects.filter(template="letter_code").count() == 1
    Link.objects.filter(pk=coded.pk).update(code_until=timezone.now())
    assert links.confirm(coded, first, HERE, "") == "over"
    sent = 1
    for _n in range(20):
        Link.objects.filter(pk=coded.pk).update(code_until=None)
        sent += links.send_code(coded) is None
    assert sent == 4


def test_the_code_goes_to_who_is_registered_now(coded: Link, province: Province) -> None:
    assert links.code_goes_to(coded) == MAIL
    Link.objects.filter(pk=coded.pk).update(sent_to="somebody@else.example")
    coded.refresh_from_db()
    assert links.code_goes_to(coded) == MAIL
    Link.objects.filter(pk=coded.pk).update(sent_to=HEAD)
    coded.refresh_from_db()
    assert links.code_goes_to(coded) == HEAD


# ------------------------------------------------------------------------------------------------ the centre's side


def test_a_link_is_sent_anew_to_a_registered_contact_alone(sent: Holiday) -> None:
    clerk, old = sent.province.asker("records_clerk"), token_of(MAIL)
    first = Link.objects.get(sent_to=MAIL)
    with pytest.raises(InvalidValues):
        links.send_link(clerk, first.recipient_id, "kẻ-lạ@stranger.example")
    with pytest.raises(InvalidValues):
        links.send_link(clerk, first.recipient_id, "vanthu@donghoa.example")
    made = links.send_link(clerk, first.recipient_id, HEAD, instead_of=first.pk)
    assert opens(old) is None
    found = opens(token_of(HEAD))
    assert found is not None
    assert found.pk == made.pk
    entry = Entry.objects.get(action="letters.send_link")
    assert entry.organisation_id == sent.letter.office_id
    with pytest.raises(NotThere):
        links.send_link(clerk, sent.recipient("donghoa").pk, "vanthu@donghoa.example", instead_of=made.pk)
    assert Link.objects.filter(recipient=sent.recipient("donghoa")).count() == 1


def test_who_may_send_and_revoke(sent: Holiday) -> None:
    link, province = Link.objects.get(sent_to="vanthu@donghoa.example"), sent.province
    officer, auditor, stranger = (province.asker(role) for role in ("agency_officer", "auditor", "stranger"))
    for asker, refusal in ((officer, NotAllowed), (auditor, NotAllowed), (stranger, NotThere)):
        with pytest.raises(refusal):
            links.revoke_link(asker, link.pk)
        with pytest.raises(refusal):
            links.send_link(asker, link.recipient_id, "vanthu@donghoa.example")
        with pytest.raises(refusal):
            links.remind(asker, sent.letter.pk)
    with pytest.raises(NotThere):
        queries.reached(officer, sent.letter.pk)
    with pytest.raises(NotThere):
        links.revoke_link(province.asker("records_clerk"), 10**9)
    assert len(queries.reached(auditor, sent.letter.pk)) == 4


def test_a_link_that_was_passed_on_shows(sent: Holiday) -> None:
    link = Link.objects.get(sent_to=MAIL)
    links.open_form(link, HERE, "b1")
    links.open_form(link, Origin("link", "198.51.100.50", "Another"), "b2")
    links.used(link, "acknowledged", HERE, "b1")
    clerk, row = sent.province.asker("records_clerk"), sent.recipient("tayson")
    (found,) = queries.reached(clerk, sent.letter.pk, row.pk)
    assert (found.n_open, found.n_browsers) == (2, 2)
    assert found.links[0].browsers == ["b1", "b2"]
    assert found.links[0].opened_at is not None
    whole = queries.reached(clerk, sent.letter.pk)
    assert [one.n_browsers for one in whole] == [2 if one.recipient.pk == row.pk else 0 for one in whole]
    with pytest.raises(NotThere):
        queries.reached(clerk, sent.letter.pk, 10**9)


def test_withdrawn_letters_send_nothing(sent: Holiday) -> None:
    clerk = sent.province.asker("records_clerk")
    actions.withdraw(sent.province.asker("leader"), sent.letter.pk, sent.letter.version, "Ban hành nhầm")
    with pytest.raises(InvalidValues):
        links.send_link(clerk, sent.recipient("tayson").pk, MAIL)
    with pytest.raises(InvalidValues):
        links.remind(clerk, sent.letter.pk)


def test_a_reminder_goes_to_who_has_not_answered_and_not_twice_at_once(sent: Holiday) -> None:
    clerk = sent.province.asker("records_clerk")
    assert (
        links.remind(clerk, sent.letter.pk) == 1
    )  # the others got their first link a moment ago; the telco has an account alone
    Link.objects.update(created_at=timezone.now() - timedelta(hours=1))
    Task.objects.filter(organisation_id=sent.province.id("donghoa")).update(state="closed", turn="nobody")
    assert links.remind(clerk, sent.letter.pk) == 2
    assert Notice.objects.filter(template="letter_reminder").count() == 1
    assert opens(token_of(MAIL, "letter_reminder")) is not None
    assert opens(token_of(MAIL)) is not None  # the first one works on
    assert {row.user.username for row in Notice.objects.filter(template="letter_due") if row.user} == {"telco_desk"}
    links.remind(clerk, sent.letter.pk)
    assert Notice.objects.filter(template="letter_reminder").count() == 1


def test_days_that_have_not_come_are_no_reason_to_remind(province: Province, drafted: Callable[..., Holiday]) -> None:
    mailboxes(province)
    today = timezone.localdate()
    clause = ClauseValues("Báo cáo hằng ngày", "3", "Đề nghị báo cáo.", "report_day", is_daily=True)
    sent = drafted(
        clauses=(clause,), period_from=today + timedelta(days=1), period_until=today + timedelta(days=3)
    ).issued()
    Link.objects.update(created_at=timezone.now() - timedelta(hours=1))
    clerk = province.asker("records_clerk")
    assert len(sent.tasks("tayson")) == 3
    assert {one.n_open for one in queries.reached(clerk, sent.letter.pk)} == {0}
    assert links.remind(clerk, sent.letter.pk) == 0
    first = sent.tasks("tayson")[0]
    first.details["day"] = today.isoformat()
    first.save()
    assert links.remind(clerk, sent.letter.pk) == 1
    told = last("letter_reminder", MAIL).values
    assert (told["n"], told["until"]) == (1, first.finish_due_at.isoformat())


# ---------------------------------------------------------------------------------------------------------- alarms


def told(template: str) -> list[str]:
    """Who got messages of a kind by mail, in order."""
    return list(
        Notice.objects.filter(template=template, channel="email").order_by("pk").values_list("recipient", flat=True)
    )


def test_who_has_no_account_is_reminded_by_a_link_that_works_once_for_each_level(sent: Holiday) -> None:
    keep_only(sent, "tayson")
    now, clocks = timezone.now(), machine("clocks")
    due = now + timedelta(hours=1)
    move(sent, "tayson", due_at=due, alarms=0)
    ring(clocks)
    move(sent, "tayson", alarms=0)  # the same level again
    ring(clocks)
    assert told("letter_reminder") == [MAIL]
    first = token_of(MAIL, "letter_reminder")
    move(sent, "tayson", due_at=now - timedelta(minutes=1), alarms=1)
    ring(clocks)
    assert told("letter_reminder") == [MAIL, MAIL]
    assert token_of(MAIL, "letter_reminder") != first
    assert opens(first) is not None
    assert opens(token_of(MAIL, "letter_reminder")) is not None
    move(sent, "tayson", alarms=2)
    ring(clocks)
    assert told("letter_head") == [HEAD]
    assert opens(token_of(HEAD, "letter_head")) is not None
    assert told("letter_reminder") == [MAIL] * 3
    assert not {MAIL, HEAD} & {*told("work_due"), *told("work_late"), *told("work_head")}
    ring(clocks)
    assert len(told("letter_reminder")) == 3
    assert Entry.objects.filter(action="work.ring").count() == 4


def test_who_has_an_account_is_told_there_and_only_the_head_gets_a_link(sent: Holiday) -> None:
    keep_only(sent, "donghoa")
    now, clocks = timezone.now(), machine("clocks")
    move(sent, "donghoa", due_at=now + timedelta(hours=1), alarms=0)
    ring(clocks)
    move(sent, "donghoa", due_at=now - timedelta(minutes=1), alarms=1)
    ring(clocks)
    officer = sent.province.users["agency_officer"].email
    assert told("letter_reminder") == []
    assert officer in told("work_due")
    assert officer in told("work_late")
    move(sent, "donghoa", alarms=2)
    ring(clocks)
    assert told("letter_head") == ["chutich@donghoa.example"]
    assert "chutich@donghoa.example" not in told("work_head")
    assert officer in told("work_head")


def test_a_withdrawn_letter_reminds_nobody(sent: Holiday) -> None:
    keep_only(sent, "tayson")
    Letter.objects.filter(pk=sent.letter.pk).update(state="withdrawn")
    move(sent, "tayson", due_at=timezone.now() + timedelta(hours=1), alarms=0)
    ring(machine("clocks"))
    assert told("letter_reminder") == []


def test_no_column_holds_a_token(sent: Holiday) -> None:
    from django.apps import apps

    token = token_of(MAIL)
    link = opens(token)
    assert link is not None
    links.open_form(link, HERE, "b1")
    links.send_link(sent.province.asker("records_clerk"), link.recipient_id, MAIL)
    for model in apps.get_models():
        for row in model._default_manager.all().values():
            assert token not in str(row), model
    assert Recipient.objects.get(pk=link.recipient_id).opened_at is not None
    assert LinkUse.objects.filter(what="opened").count() == 1
