"""The outbox: what is put in it, and what is refused."""

from __future__ import annotations

import pytest
from django.db import transaction

from vonggac.desk.notices import actions, sealed, wording
from vonggac.desk.notices.models import Notice, Switch
from vonggac.desk.organisations.models import Organisation
from vonggac.errors import InvalidValues

pytestmark = pytest.mark.django_db

AT = "2026-03-01T02:00:00+00:00"
SAMPLES = {"text": "Trần Thị Bưởi", "when": AT, "number": 1234, "link": "/notices/mine", "lines": ["một", "hai"]}
INVITATION = {
    "name": "Trần Thị Bưởi",
    "organisation": "Xã Tân An",
    "invited_by": "Lê Văn Cam",
    "link": "/invitations/only-they-know",
    "expires_at": AT,
}
PLACE = wording.Place("https://gac.example")


def samples(template):
    return {name: SAMPLES[kind] for name, kind in template.values.items()}


def put(**changes):
    actions.enqueue(
        **{
            "template": "test",
            "organisation_id": None,
            "email": "buoi@xa-tan-an.example",
            "values": {"at": AT},
            "key": "k",
            **changes,
        }
    )


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("template", wording.TEMPLATES, ids=lambda template: template.name)
def test_every_template_uses_every_value_and_escapes_it(template, language):
    evil = {
        name: "<img src=x onerror=alert(1)>" if kind == "text" else value
        for (name, kind), value in zip(template.values.items(), samples(template).values(), strict=True)
    }
    words = wording.render(template, language, wording.plain(template, evil, PLACE.site), PLACE)
    assert words.subject
    assert "\n" not in words.subject
    assert "<img" not in words.html
    assert "{" not in words.text + words.subject + words.html
    for name in template.values:  # each is asked for by the file
        less = {key: value for key, value in samples(template).items() if key != name}
        with pytest.raises(ValueError, match=name):
            wording.render(template, language, less, PLACE)


def test_a_notice_goes_by_every_channel_that_reaches_the_person(django_user_model):
    user = django_user_model.objects.create(username="buoi", name="Bưởi")
    put(user_id=user.pk)
    assert sorted(Notice.objects.values_list("channel", "state")) == [("email", "held"), ("portal", "waiting")]


def test_a_rolled_back_cause_leaves_no_message():
    def cause():
        with transaction.atomic():
            Organisation.objects.create(code="X", kind="commune", name="Xã")
            put()
            raise RuntimeError("the cause fails")

    with pytest.raises(RuntimeError, match="the cause fails"):
        cause()
    assert not Notice.objects.exists()
    assert not Organisation.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_outside_a_transaction_it_is_refused():
    with pytest.raises(RuntimeError, match="transaction"):
        put()


def test_the_same_key_is_one_message_per_recipient_and_channel():
    for _ in range(3):
        put()
    put(email="cam@xa-tan-an.example")
    put(key="other")
    assert Notice.objects.count() == 3


@pytest.mark.parametrize(
    ("changes", "says"),
    [
        ({"values": {}}, "lacks at"),
        ({"values": {"at": AT, "token": "x"}}, "no place for token"),
        ({"values": {"at": "2026-03-01T02:00:00"}}, "no time with its zone"),
        ({"template": "invitation", "values": {**INVITATION, "link": "https://evil.example/"}}, "out of the portal"),
        ({"template": "invitation", "values": {**INVITATION, "link": "//evil.example/"}}, "out of the portal"),
        ({"template": "invitation", "values": {**INVITATION, "link": "/x\r\nBcc: y@z.example"}}, "out of the portal"),
        ({"template": "invitation", "values": {**INVITATION, "link": "http://localhost:8480.evil.example/"}}, "out of"),
        ({"template": "invitation", "values": {**INVITATION, "link": "javascript:alert(1)"}}, "out of the portal"),
        ({"key": ""}, "key"),
        ({"key": "k" * 201}, "key"),
    ],
)
def test_a_value_that_the_template_cannot_stand_is_refused_at_once(changes, says):
    with pytest.raises(ValueError, match=says):
        put(**changes)
    assert not Notice.objects.exists()


@pytest.mark.parametrize(
    "email", ["nobody", "a@b.example\nBcc: c@d.example", "a@b.example, c@d.example", "a" * 300 + "@b.example"]
)
def test_what_is_no_address_is_refused(email):
    with pytest.raises(InvalidValues) as caught:
        put(email=email)
    assert caught.value.faults[0].field == "email"


def test_secrets_stand_apart_and_never_go_to_the_portal(django_user_model):
    user = django_user_model.objects.create(username="buoi", name="Bưởi")
    put(template="invitation", values=INVITATION, user_id=user.pk)
    mail, portal = Notice.objects.order_by("channel")
    assert "only-they-know" not in str(mail.values) + str(portal.values) + portal.secrets
    assert "only-they-know" not in mail.secrets  # sealed, too
    assert sealed.opened(mail.secrets) == {"link": "/invitations/only-they-know"}
    assert mail.is_urgent


def test_with_the_switch_off_it_waits_and_what_is_not_urgent_waits_for_more():
    Switch.objects.create(pk=1, is_on=False)
    put()
    values = {"file": "a.xlsx", "n_created": 1, "n_changed": 2, "n_same": 3, "link": "/directory/import/1"}
    put(template="import_finished", values=values, key="other")
    urgent, other = Notice.objects.order_by("-is_urgent", "id")[0], Notice.objects.get(template="import_finished")
    assert urgent.state == other.state == "waiting"
    assert urgent.due_at == urgent.created_at
    assert other.due_at - other.created_at == actions.MERGE_WINDOW


def test_a_value_in_a_text_makes_no_line_no_link_and_turns_no_text_around():
    form = wording.BY_NAME["invitation"]
    name = "Bưởi\r\nBcc: x@y.example \u202egnp.exe https://evil.example/"
    plain = wording.plain(form, {**INVITATION, "name": name}, PLACE.site)
    assert plain["name"] == "Bưởi Bcc: x@y.example gnp.exe https[://]evil.example/"
    words = wording.render(form, "vi", plain, PLACE)
    assert words.html.count("<a ") == 1
    assert 'href="https://gac.example/invitations/only-they-know"' in words.html
