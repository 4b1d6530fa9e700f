"""Lock-outs, passwords and API tokens."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from province import PASSWORD, admin, make_user
from signing import give_factor

from vonggac.desk.accounts import actions, lockouts, queries
from vonggac.desk.accounts.actions import signing
from vonggac.desk.accounts.lockouts import POLICIES, Policy, Try
from vonggac.desk.accounts.models import ApiToken, Lockout, PasswordLink, User
from vonggac.desk.audit.models import Detail, Entry
from vonggac.desk.notices.models import Notice
from vonggac.desk.scope.asker import Asker, Origin
from vonggac.errors import InvalidValues, NotAllowed, NotThere

pytestmark = pytest.mark.django_db
HERE = Origin("web", "198.51.100.7")
NEW = "mưa chiều bến đợi 88"


def wrong(username, origin=HERE):
    verdict = actions.admit_password(username, origin)
    if verdict.refused_until is None:
        actions.password_wrong(username, origin, verdict)
    return verdict


def pass_time(by):
    for row in Lockout.objects.all():
        row.last_at -= by
        row.locked_until = None if row.locked_until is None else row.locked_until - by
        row.save()


def test_the_delay_grows_and_has_an_end():
    policy = Policy(3, timedelta(minutes=1), timedelta(minutes=10), timedelta(hours=1))
    assert [policy.delay(n) // timedelta(minutes=1) for n in range(1, 10)] == [0, 0, 1, 2, 4, 8, 10, 10, 10]
    assert policy.delay(10**6) == timedelta(minutes=10)


def test_guessing_at_one_account_locks_it_longer_each_time_whoever_guesses():
    make_user("nam")
    for n in range(5):
        assert wrong("nam", Origin("web", f"203.0.113.{n}")).refused_until is None
    until = wrong(" NAM ", Origin("web", "203.0.113.99")).refused_until
    assert until is not None
    assert until - timezone.now() <= timedelta(minutes=1)
    pass_time(timedelta(minutes=2))
    assert wrong("nam").refused_until is None
    until = wrong("nam").refused_until
    assert until is not None
    assert until - timezone.now() > timedelta(minutes=1)
    pass_time(timedelta(days=2))
    assert wrong("nam").locks == ()


def test_names_that_nobody_has_are_locked_alike():
    make_user("nam")
    seen = {
        name: [wrong(name, Origin("web", "")).refused_until is None for _ in range(7)] for name in ("nam", "nobody")
    }
    assert seen["nam"] == seen["nobody"] == [True] * 5 + [False] * 2


@pytest.mark.parametrize("spelling", ["NAM.KHI", " nam.khi ", "nam.khı", "nam.KHİ"])
def test_no_other_spelling_of_a_name_gives_more_guesses(spelling):
    make_user("nam.khi")
    if signing.known(spelling) is None:
        pytest.skip("this database does not take it for the same name")
    for _ in range(6):
        wrong("nam.khi", Origin("web", ""))
    assert wrong(spelling, Origin("web", "")).refused_until is not None


def test_spraying_from_one_place_is_stopped_and_success_does_not_wash_it_away():
    make_user("nam")
    for n in range(20):
        wrong(f"user{n}")
    actions.admit_password("nam", HERE)
    actions.password_right("nam", HERE)
    results = [wrong(f"more{n}").refused_until is None for n in range(12)]
    assert results == [True] * 10 + [False] * 2
    assert wrong("elsewhere", Origin("web", "192.0.2.200")).refused_until is None
    assert Entry.objects.filter(action="accounts.address_locked").count() == 1


def test_addresses_of_one_ipv6_network_are_one_place():
    assert lockouts.of_address("2001:db8:1:2:3::4") == lockouts.of_address("2001:db8:1:2::9")
    assert lockouts.of_address("::ffff:192.0.2.1") == "192.0.2.1"


def test_guesses_do_not_flood_the_audit_nor_the_mailbox():
    make_user("nam")
    for _round in range(10):
        for _try in range(10):
            wrong("nam")
            wrong("nobody-at-all")
        pass_time(timedelta(minutes=61))
    actions_seen = list(Entry.objects.values_list("action", flat=True))
    assert actions_seen.count("accounts.sign_in_failed") == 1
    assert actions_seen.count("accounts.locked") <= 10
    assert len(actions_seen) < 25
    assert Notice.objects.filter(template="account_locked", channel="email").count() == 1
    assert "nobody-at-all" not in "".join(Detail.objects.values_list("content", flat=True))


def test_the_right_password_forgets_and_says_how_many_were_wrong():
    make_user("nam")
    wrong("nam")
    wrong("nam")
    assert actions.admit_password("nam", HERE).refused_until is None
    assert actions.password_right("nam", HERE) == 2
    assert not Lockout.objects.filter(kind="name").exists()


def test_an_administrator_unlocks():
    user = make_user("nam")
    for _ in range(6):
        wrong("nam")
    assert queries.locked_until(admin(), user.pk) is not None
    actions.unlock(admin(), user.pk)
    assert queries.locked_until(admin(), user.pk) is None
    assert wrong("nam").refused_until is None


def test_the_table_of_guesses_is_swept():
    wrong("one")
    pass_time(lockouts.LONGEST_MEMORY + timedelta(seconds=1))
    wrong("two")
    assert not Lockout.objects.filter(key=Try("name", "one").key).exists()
    assert Lockout.objects.filter(key=Try("name", "two").key).exists()


def test_every_policy_waits():
    for policy in POLICIES.values():
        assert policy.delay(policy.free) > timedelta()


def test_the_first_administrator_is_made_once_with_a_password_that_must_be_changed():
    password = actions.first_administrator(admin())
    assert password is not None
    user = User.objects.get()
    assert user.check_password(password)
    assert user.must_change_password
    assert user.password_expires_at is not None
    assert user.password_expires_at - timezone.now() <= timedelta(hours=72)
    assert queries.asker_of(user, Origin()).may("accounts.edit")
    assert actions.first_administrator(admin()) is None
    assert password not in "".join(Detail.objects.values_list("content", flat=True))
    with pytest.raises(NotAllowed):
        actions.first_administrator(Asker(None, ""))


def test_a_password_is_the_same_however_its_letters_are_composed():
    import unicodedata

    user = make_user("nam")
    assert user.check_password(unicodedata.normalize("NFD", PASSWORD))
    assert user.check_password(unicodedata.normalize("NFC", PASSWORD))
    assert not user.check_password(PASSWORD.replace("đ", "d"))


def test_a_link_sets_a_password_once_and_in_time():
    user = make_user("nam")
    actions.ask_for_link("NAM@vonggac.example", HERE)
    link = PasswordLink.objects.get()
    assert Notice.objects.filter(template="password_reset", recipient="nam@vonggac.example").count() == 1
    token = token_of(link)
    actions.set_by_link(token, HERE, password=NEW, again=NEW)
    user.refresh_from_db()
    assert user.check_password(NEW)
    with pytest.raises(NotThere):
        actions.set_by_link(token, HERE, password=PASSWORD, again=PASSWORD)
    actions.send_link(admin(), user.pk)
    token = token_of(PasswordLink.objects.latest("pk"))
    PasswordLink.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    with pytest.raises(NotThere):
        queries.link_user(token)


def token_of(link):
    """A token that we know in the place of the one that went out by mail."""
    from vonggac.desk.accounts.secret_texts import digest, new_token

    token = new_token()
    link.token_hash = digest(token)
    link.save()
    return token


def test_asking_for_links_is_limited_and_unknown_names_are_silent():
    make_user("nam")
    for _ in range(6):
        actions.ask_for_link("nam", HERE)
    actions.ask_for_link("nobody", HERE)
    assert Entry.objects.filter(action="accounts.ask_for_link").count() == 3
    assert PasswordLink.objects.count() == 1, "a new link takes the place of the old one"


def test_a_weak_new_password_is_refused_with_every_reason():
    user = make_user("nam", name="Nam Phong Nguyen")
    asker = queries.asker_of(user, Origin())
    for password in ("short", "password1234", PASSWORD, "x" * 300, "namphongnguyen"):
        with pytest.raises(InvalidValues):
            actions.change_password(asker, password=password, again=password, this_session="")
    with pytest.raises(InvalidValues) as error:
        actions.change_password(asker, password="short", again="other", this_session="")
    assert {fault.field for fault in error.value.faults} == {"password", "password_again"}


# ------------------------------------------------------------------------------------------------------- API tokens


def officer(graph):
    user = make_user("nam", ("agency_officer", graph["donghoa"]), organisation=graph["donghoa"])
    return user, queries.asker_of(user, Origin())


def soon():
    return timezone.now() + timedelta(days=30)


def test_a_token_asks_for_its_owner_within_what_it_may(graph):
    user, asker = officer(graph)
    row, secret = actions.create_token(asker, name="kho dữ liệu", permissions=["networks.view"], expires_at=soon())
    assert secret.startswith("vgt_")
    assert secret not in str(ApiToken.objects.values())
    found = queries.asker_of_token(secret, Origin("api"))
    assert found is not None
    assert found.user_id == user.pk
    assert found.may("networks.view")
    assert not found.may("networks.edit")
    user.grants.all().delete()
    assert not queries.asker_of_token(secret, Origin("api")).may("networks.view"), "no more than the owner holds now"
    row.refresh_from_db()
    assert row.last_used_at is not None


def test_a_token_that_is_over_revoked_or_guessed_opens_nothing(graph):
    user, asker = officer(graph)
    row, secret = actions.create_token(asker, name="a", permissions=["networks.view"], expires_at=soon())
    for guess in ("", "vgt_", secret[:-1], secret + "A", secret.upper(), "vgt_" + "A" * 43, "\x00", "\ud800"):
        assert queries.asker_of_token(guess, Origin("api")) is None
    User.objects.update(is_active=False)
    assert queries.asker_of_token(secret, Origin("api")) is None
    User.objects.update(is_active=True)
    ApiToken.objects.update(expires_at=timezone.now())
    assert queries.asker_of_token(secret, Origin("api")) is None
    ApiToken.objects.update(expires_at=soon())
    actions.revoke_token(queries.asker_of(user, Origin()), row.pk)
    assert queries.asker_of_token(secret, Origin("api")) is None


def test_a_token_opens_nothing_while_its_owner_owes_a_step(graph):
    user, asker = officer(graph)
    _row, secret = actions.create_token(asker, name="a", permissions=["networks.view"], expires_at=soon())
    actions.one_time_password(admin(), user.pk)
    assert queries.asker_of_token(secret, Origin("api")) is None, "somebody else chose the password that holds now"
    User.objects.update(must_change_password=False)
    actions.grant(admin(), user.pk, role="analyst", organisation_id=None)
    assert queries.asker_of_token(secret, Origin("api")) is None, "this role needs a second factor"
    give_factor(user)
    assert queries.asker_of_token(secret, Origin("api")).may("networks.view")
    actions.reset_factors(admin(), user.pk)
    assert queries.asker_of_token(secret, Origin("api")) is None


def test_nobody_makes_a_token_of_more_than_they_hold_for_too_long_or_by_a_token(graph):
    user, asker = officer(graph)
    for permissions, until in (
        (["accounts.edit"], soon()),
        ([], soon()),
        (["networks.view"], timezone.now() + timedelta(days=400)),
        (["networks.view"], timezone.now() - timedelta(days=1)),
    ):
        with pytest.raises(InvalidValues):
            actions.create_token(asker, name="a", permissions=permissions, expires_at=until)
    _row, secret = actions.create_token(asker, name="a", permissions=["networks.view"], expires_at=soon())
    by_token = queries.asker_of_token(secret, Origin("api"))
    with pytest.raises(NotAllowed):
        actions.create_token(by_token, name="b", permissions=["networks.view"], expires_at=soon())
    User.objects.filter(pk=user.pk).update(must_change_password=True)
    with pytest.raises(NotAllowed):
        actions.create_token(asker, name="b", permissions=["networks.view"], expires_at=soon())


def test_a_token_of_somebody_else_is_not_revoked_by_a_stranger(graph):
    _user, asker = officer(graph)
    row, _secret = actions.create_token(asker, name="a", permissions=["networks.view"], expires_at=soon())
    stranger = make_user("xa", ("agency_officer", graph["stranger"]), organisation=graph["stranger"])
    with pytest.raises(NotThere):
        actions.revoke_token(queries.asker_of(stranger, Origin()), row.pk)
    actions.revoke_token(admin(), row.pk)
