"""Today about work and lists: each sees what waits for them, and only that."""

from __future__ import annotations

import pytest

from vonggac.desk.work import actions
from vonggac.desk.work.models import Task

pytestmark = pytest.mark.django_db


def today(client):
    answer = client.get("/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_agency_sees_what_it_has_to_do_and_one_button_to_report(browser, province, bring, first):
    assert "/work/?state=open" not in today(browser("agency_officer"))
    bring(first, publish=True)
    own = Task.objects.get(organisation=province["donghoa"])
    page = today(browser("agency_officer"))
    assert f"/work/{own.pk}/answer" in page
    assert "198.51.100.33" not in page
    actions.acknowledge(province.asker("agency_officer"), [(own.pk, own.version)])
    assert f"/work/{own.pk}/" in today(browser("agency_officer"))


def test_the_centre_sees_what_waits_for_it(browser, bring, first):
    bring(first)
    page = today(browser("analyst"))
    assert 'href="/lists/"' in page
    bring_row = today(browser("auditor"))
    assert "/work/?state=review" not in bring_row
    assert browser("analyst").get("/lists/").content.decode().count('class="tally"') == 1


def test_who_looks_after_all_sees_the_last_version_and_who_lags(browser, province, bring, first, botnet):
    bring(first, publish=True)
    page = today(browser("auditor"))
    assert f"/lists/{botnet.pk}/matrix" in page
    for code in ("donghoa", "tayson"):
        assert f"/work/?organisation={province.id(code)}&amp;state=open" in page
    Task.objects.update(is_late=True)
    assert "Xã Đông Hòa" in today(browser("duty_officer"))


@pytest.mark.parametrize("role", ["stranger", "telco_desk", "records_clerk"])
def test_nobody_else_is_told(browser, bring, first, role):
    bring(first, publish=True)
    page = today(browser(role))
    for text in ("198.51.100.5", "Xã Tây Sơn", "/lists/"):
        assert text not in page
