"""The frame of every page: languages and themes, headers, search, today, errors, the log of requests."""

from __future__ import annotations

import logging
import re
from datetime import UTC, datetime

import pytest
from django.conf import settings
from django.core.exceptions import RequestDataTooBig
from django.http import HttpResponse
from django.test import Client, RequestFactory
from django.utils import translation

from vonggac.desk.accounts.models import User
from vonggac.desk.organisations import actions, queries
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import machine
from vonggac.errors import EditConflict, Fault, InvalidValues, NotAllowed, NotThere, VonggacError
from vonggac.web.shell import errors
from vonggac.web.shell.middleware import desk_errors, request_log
from vonggac.web.shell.navigation import navigation_for

pytestmark = pytest.mark.django_db

PAGES = ("/", "/search", "/search?q=dong", "/search/suggestions?q=dong", "/components/")


def signed_in(user):
    """A browser of ``user``, who showed a second factor."""
    from vonggac.web.accounts.heard import STRONG

    client = Client(HTTP_HOST="localhost")
    client.force_login(user, backend=settings.AUTHENTICATION_BACKENDS[0])
    session = client.session
    session[STRONG] = True
    session.save()
    return client


@pytest.fixture
def officer(province):
    return signed_in(province.users["agency_officer"])


def text_of(response):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", response.content.decode()))


@pytest.mark.parametrize("path", PAGES)
def test_pages_of_the_shell_are_for_those_signed_in(path, client):
    response = client.get(path, HTTP_HOST="localhost")
    assert response.status_code == 302
    assert response["Location"].startswith("/account/login/?next=/")


def test_a_part_of_a_page_sends_the_whole_page_to_sign_in(client):
    response = client.get(
        "/search/suggestions?q=x",
        HTTP_HOST="localhost",
        HTTP_HX_REQUEST="true",
        HTTP_HX_CURRENT_URL="http://localhost/systems/?q=1",
    )
    assert response.status_code == 204
    assert response["HX-Redirect"] == "/account/login/?next=/systems/%3Fq%3D1"


@pytest.mark.parametrize(
    "role", ["leader", "analyst", "agency_officer", "telco_desk", "auditor", "administrator", "records_clerk"]
)
def test_every_role_opens_every_page_of_the_shell(role, province):
    client = signed_in(province.users[role])
    for path in PAGES:
        response = client.get(path)
        assert response.status_code == 200, path
        assert response["Cache-Control"] == "no-store"
        assert "camera=()" in response["Permissions-Policy"]
        assert response["Cross-Origin-Opener-Policy"] == "same-origin"
        assert response["Cross-Origin-Resource-Policy"] == "same-origin"
        policy = response["Content-Security-Policy"]
        assert "unsafe" not in policy
        assert "script-src 'self'" in policy


def test_today_differs_by_role(province):
    officer = text_of(signed_in(province.users["agency_officer"]).get("/"))
    leader = text_of(signed_in(province.users["administrator"]).get("/"))
    assert "Xã Đông Hòa" in officer
    assert "Toàn tỉnh đã được bao quát chưa?" not in officer
    assert "Toàn tỉnh đã được bao quát chưa?" in leader
    assert "Máy chủ thư điện tử" not in officer
    assert "máy chủ thư điện tử" in leader.lower()


def test_today_tells_an_officer_what_is_missing_and_whom_to_call(province):
    province.users["agency_officer"].grants.update(organisation=province["tayson"])
    text = text_of(signed_in(province.users["agency_officer"]).get("/"))
    assert "Chưa có đầu mối liên hệ" in text
    assert "Dải mạng Đã biết địa chỉ" in text
    assert "0000 000 123" in text


def test_today_of_nobody_in_particular_tells_what_to_do(province):
    user = User.objects.create(username="moi", name="Người Mới")
    response = signed_in(user).get("/")
    assert "Bạn chưa được giao vai trò nào" in text_of(response)
    assert "Danh bạ" not in text_of(response)


def test_the_navigation_shows_what_the_role_uses_and_what_is_built(province, monkeypatch):
    from vonggac.web.shell import navigation

    request = RequestFactory().get("/networks/5/edit")
    request.asker = province.asker("authority_liaison")
    titles = [item.title for _section, items in navigation_for(request) for item in items]
    assert "Organisations" in titles
    assert "Networks" not in titles
    request.asker = province.asker("administrator")
    shown = [item for _section, items in navigation_for(request) for item in items]
    assert [item.title for item in shown if item.is_current] == ["Networks"]
    request = RequestFactory().get(f"/organisations/{province.id('donghoa')}/networks")
    request.asker = province.asker("agency_officer")
    (item,) = [item for _section, items in navigation_for(request) for item in items if item.is_current]
    assert (item.title, item.count) == ("My organisation", 0)
    network = queries.networks(request.asker)[0]
    actions.end_network(request.asker, network.pk, network.version, at=datetime(2024, 1, 1, tzinfo=UTC))
    items = {item.title: item for _section, items in navigation_for(request) for item in items}
    assert items["My organisation"].count == 1
    section = navigation.Section("x", (navigation.Item("Not there", "/not-there/", "x"),))
    monkeypatch.setattr(navigation, "NAVIGATION", (section,))
    assert navigation_for(request) == []


@pytest.mark.parametrize("asked", ["đông hòa", "dong hoa", "DONG", "Hòa Đông", "donghoa"])
def test_search_finds_with_and_without_marks(officer, asked):
    response = officer.get("/search", {"q": asked})
    assert "Xã Đông Hòa" in text_of(response)


def test_search_knows_an_address(province):
    page = text_of(signed_in(province.users["administrator"]).get("/search", {"q": "192.0.2.70"}))
    assert "192.0.2.64/27" in page
    assert "Bệnh viện Đa khoa tỉnh" in page


@pytest.mark.parametrize("path", ["/search", "/search/suggestions"])
@pytest.mark.parametrize("asked", ["Tây Sơn", "tayson", "198.51.100.33", "Người Lạ", "Trungtam", "192.0.2.1"])
def test_search_shows_nothing_of_others(officer, path, asked):
    found = text_of(officer.get(path, {"q": asked})).replace(asked, "")
    assert not re.search(r"Tây Sơn|198\.51\.100\.32|Người Lạ|Trung tâm|192\.0\.2\.0", found)


def test_search_takes_anything(officer):
    for asked in ("", " ", "%", "_", "'; DROP TABLE x;--", "x" * 5000, "\u202e", "<script>alert(1)</script>"):
        response = officer.get("/search", {"q": asked})
        assert response.status_code == 200
        assert "<script>alert" not in response.content.decode()


@pytest.mark.parametrize("path", ["/search?q=a%00b", "/search/suggestions?q=%00", "/systems/?q=%00", "/x%00y"])
def test_an_address_with_a_nul_is_refused(officer, path):
    assert officer.get(path).status_code == 400


@pytest.mark.parametrize(
    "target",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "http:evil.example",
        "/\t/evil.example",
        "evil.example",
        "http://localhost.evil.example/",
        "",
    ],
)
@pytest.mark.parametrize("path", ["/language", "/theme"])
def test_no_switch_leads_to_another_host(path, target, client):
    response = client.post(path, {"language": "en", "theme": "dark", "next": target}, HTTP_HOST="localhost")
    assert response.status_code == 302
    assert response["Location"] == "/"


def test_language_and_theme_are_kept_with_the_reader(province):
    user = province.users["agency_officer"]
    client = signed_in(user)
    assert '<html lang="vi" data-theme="auto">' in client.get("/").content.decode()
    response = client.post("/language", {"language": "en", "next": "/search?q=a&b=c"})
    assert response["Location"] == "/search?q=a&b=c"
    client.post("/theme", {"theme": "dark"})
    page = client.get("/")
    assert '<html lang="en" data-theme="dark">' in page.content.decode()
    assert page["Content-Language"] == "en"
    user.refresh_from_db()
    assert (user.language, user.theme) == ("en", "dark")
    elsewhere = signed_in(user).get("/").content.decode()
    assert '<html lang="en" data-theme="dark">' in elsewhere


def test_before_signing_in_the_cookie_says_language_and_theme(client):
    client.post("/language", {"language": "en"}, HTTP_HOST="localhost")
    response = client.post("/theme", {"theme": "dark"}, HTTP_HOST="localhost")
    cookie = response.cookies["vonggac_theme"]
    assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")
    page = client.get("/not-there", HTTP_HOST="localhost").content.decode()
    assert '<html lang="en" data-theme="dark">' in page


@pytest.mark.parametrize("values", [{"language": "xx"}, {"language": ""}, {}])
def test_a_language_that_we_do_not_speak_changes_nothing(values, client):
    response = client.post("/language", values, HTTP_HOST="localhost")
    assert settings.LANGUAGE_COOKIE_NAME not in response.cookies


def test_switches_need_a_token_and_a_post(province):
    client = Client(HTTP_HOST="localhost", enforce_csrf_checks=True)
    response = client.post("/language", {"language": "en"})
    assert response.status_code == 403
    assert "Biểu mẫu này đã mở quá lâu" in text_of(response)
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    assert "This form stood open for too long" in text_of(client.post("/theme", {"theme": "dark"}))


# ----------------------------------------------------------------------------------------------------------- errors


@pytest.mark.parametrize("language", ["vi", "en"])
@pytest.mark.parametrize("status", [400, 403, 404, 405, 409, 413, 422, 429, 500])
def test_every_error_says_what_happened_what_it_means_and_what_to_do(status, language):
    request = RequestFactory().get("/x")
    request.id = "number-of-request"
    with translation.override(language):
        trouble = errors.TROUBLES[status]
        response = errors.error_page(request, status, "<b>hostile</b>")
        told = [translation.gettext(text) for text in (trouble.happened, trouble.meaning, trouble.todo)]
    page = text_of(response)
    assert response.status_code == status
    assert all(text.replace("’", "’") in page for text in told)
    assert "&lt;b&gt;hostile" in response.content.decode()
    assert "number-of-request" in page
    if language == "vi":
        assert told[0] != trouble.happened


def test_a_fault_of_the_program_needs_no_database_and_shows_nothing_of_itself(django_assert_num_queries):
    request = RequestFactory().get("/x")
    with django_assert_num_queries(0):
        try:
            int("secret inside")
        except ValueError:
            response = errors.failed(request)
    assert response.status_code == 500
    assert "secret inside" not in response.content.decode()
    assert "Traceback" not in response.content.decode()
    assert "Hệ thống gặp lỗi" in text_of(response)


def test_a_body_over_the_limit_is_called_too_large():
    request = RequestFactory().post("/x")
    assert errors.bad_request(request, RequestDataTooBig()).status_code == 413
    assert errors.bad_request(request, None).status_code == 400


@pytest.mark.parametrize(
    ("fault", "status"),
    [
        (NotAllowed("no"), 403),
        (NotThere("no"), 404),
        (EditConflict("no"), 409),
        (InvalidValues([Fault("name", "bad “{x}”", {"x": "<i>"})]), 422),
        (VonggacError("no"), 400),
    ],
)
def test_errors_of_the_desk_become_pages(fault, status):
    response = desk_errors(lambda _request: HttpResponse()).process_exception(RequestFactory().get("/x"), fault)
    assert response.status_code == status
    assert "<i>" not in response.content.decode()


def test_other_errors_are_left_to_django():
    assert (
        desk_errors(lambda _request: HttpResponse()).process_exception(RequestFactory().get("/"), KeyError("x")) is None
    )


def test_pages_that_are_not_there_and_methods_that_are_not_taken(officer):
    assert officer.get("/not-there").status_code == 404
    response = officer.delete("/")
    assert response.status_code == 405
    assert "Trang này không làm việc đó" in text_of(response)
    assert "GET" in response["Allow"]


# ------------------------------------------------------------------------------------------------------ request log


def test_one_line_per_request_without_its_query(province, caplog):
    user = province.users["agency_officer"]
    client = signed_in(user)
    with caplog.at_level(logging.INFO, "vonggac.requests"):
        logger = logging.getLogger("vonggac.requests")
        logger.addHandler(caplog.handler)
        try:
            response = client.get("/search", {"q": "bí mật"}, headers={"X-Request-ID": "given-by-proxy-1"})
        finally:
            logger.removeHandler(caplog.handler)
    line = next(record for record in caplog.records if record.name == "vonggac.requests")
    assert (line.method, line.path, line.status, line.user_id) == ("GET", "/search", 200, user.pk)
    assert line.ms >= 0
    assert line.request_id == response["X-Request-ID"] == "given-by-proxy-1"
    assert "mật" not in str(line.__dict__)


@pytest.mark.parametrize("given", ["", "short", "x" * 65, "a b c d e f g h", "a\nb-forged-line"])
def test_a_request_id_that_is_none_is_not_taken_over(given):
    response = request_log(lambda _request: HttpResponse())(RequestFactory().get("/x", headers={"X-Request-ID": given}))
    assert re.fullmatch(r"[0-9a-f]{32}", response["X-Request-ID"])


# ------------------------------------------------------------------------------------------------------ components


def test_the_page_of_components_shows_each_in_both_themes_with_its_code(officer):
    from vonggac.web.shell.samples import TITLES, samples

    page = officer.get("/components/").content.decode()
    for sample in samples():
        assert f'id="{sample.name}"' in page
    assert page.count('class="sample" data-theme="dark"') == len(TITLES) + 1
    assert "{% badge critical &quot;critical&quot; %}" in page


def test_what_somebody_typed_is_harmless_on_every_page(province):
    hostile = '"><script>alert(1)</script>{{ 7*7 }}\u202e'
    row = actions.create_organisation(machine("tests"), code="hostile", kind="commune", name="script")
    Organisation.objects.filter(pk=row.pk).update(name=hostile)  # as if it had come past our own checks
    User.objects.filter(pk=province.users["administrator"].pk).update(name=hostile)
    client = signed_in(User.objects.get(pk=province.users["administrator"].pk))
    for path in ("/", "/search?q=script", "/search/suggestions?q=script", "/components/"):
        page = client.get(path).content.decode()
        assert "<script>alert" not in page
        assert "\u202e" not in page
