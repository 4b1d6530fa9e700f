"""Pages of webhooks: set up with a secret that is shown once, changed, tried, removed."""

from __future__ import annotations

import pytest

from vonggac.desk.webhooks import secrets
from vonggac.desk.webhooks.models import Delivery, Subscription

pytestmark = pytest.mark.django_db
FORM = {"name": "Hệ thống phiếu", "url": "https://soc.example/hook", "events": ["work", "lists"], "organisation_id": ""}


@pytest.fixture
def boss(client, province, signed_in):
    return signed_in(client, province.users["administrator"])


def test_the_secret_is_shown_once(boss):
    made = boss.post("/webhooks/add", FORM)
    row = Subscription.objects.get()
    secret = secrets.opened(row.secret)
    assert secret in made.content.decode()
    for way in ("/webhooks/", f"/webhooks/{row.pk}/", f"/webhooks/{row.pk}/edit"):
        page = boss.get(way).content.decode()
        assert "Hệ thống phiếu" in page
        assert secret not in page


@pytest.mark.parametrize(
    "change",
    [
        {"url": "http://soc.example/"},
        {"url": "https://10.0.0.1/"},
        {"events": []},
        {"events": ["nonsense"]},
        {"name": ""},
    ],
)
def test_faults_stand_beside_their_fields(change, boss):
    response = boss.post("/webhooks/add", {**FORM, **change})
    assert response.status_code == 422
    assert set(response.context["form"].errors) == set(change)
    assert not Subscription.objects.exists()


def test_it_is_changed_tried_and_removed(boss):
    boss.post("/webhooks/add", FORM)
    row = Subscription.objects.get()
    edited = {**FORM, "name": "Khác", "version": 1, "is_active": "on"}
    assert boss.post(f"/webhooks/{row.pk}/edit", edited).status_code == 302
    assert boss.post(f"/webhooks/{row.pk}/edit", edited).status_code == 409
    boss.post(f"/webhooks/{row.pk}/test")
    Delivery.objects.update(state="failed", fault="the other side answered {code}", fault_params={"code": 503})
    assert "503" in boss.get(f"/webhooks/{row.pk}/", {"state": "failed"}).content.decode()
    boss.post(f"/webhooks/{row.pk}/retry")
    assert Delivery.objects.get().state == "waiting"
    before = secrets.opened(Subscription.objects.get().secret)
    assert before not in boss.post(f"/webhooks/{row.pk}/secret", {"version": 2}).content.decode()
    assert boss.post(f"/webhooks/{row.pk}/remove", {"version": 3}).status_code == 302
    assert not Subscription.objects.exists()


def test_whoever_may_not_does_not_even_see_it(boss, client, province, signed_in):
    boss.post("/webhooks/add", FORM)
    row = Subscription.objects.get()
    other = signed_in(client, province.users["leader"])
    for way in ("/webhooks/", f"/webhooks/{row.pk}/", "/webhooks/add"):
        assert other.get(way).status_code == 403
