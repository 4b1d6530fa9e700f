"""Changing the directory through its pages: forms, faults, foreign ids, two editors at once, endings."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from django.urls import reverse
from province import admin

from vonggac.desk.organisations import actions, queries

pytestmark = pytest.mark.django_db


def network_of(province, code):
    return queries.networks(admin(), organisation_id=province.id(code))[0]


def test_an_officer_adds_a_network_of_their_own(browser, province):
    client = browser("agency_officer")
    address = reverse("network-add", args=[province.id("donghoa")])
    response = client.post(
        address, {"text": "192.0.2.200/30", "side": "public", "valid_from": "2025-01-02"}, follow=True
    )
    assert response.status_code == 200
    assert "192.0.2.200/30" in response.content.decode()
    row = queries.networks(admin(), text="192.0.2.201")[0]
    assert row.valid_from == datetime(2025, 1, 1, 17, tzinfo=UTC)  # midnight of the province, +07:00


def test_faults_stand_beside_their_fields_and_nothing_typed_is_lost(browser, province, fields):
    address = reverse("network-add", args=[province.id("donghoa")])
    response = browser("agency_officer").post(
        address, {"text": "192.0.2.7/24", "side": "public", "provider": "Nhà cung cấp Ô Mai", "valid_from": ""}
    )
    assert response.status_code == 422
    typed = fields(response)
    assert typed["text"] == "192.0.2.7/24"
    assert typed["provider"] == "Nhà cung cấp Ô Mai"
    assert 'id="id_text_error"' in response.content.decode()
    assert queries.networks(admin(), organisation_id=province.id("donghoa")).count() == 1


def test_a_renaming_and_a_move_keep_their_documents_in_the_history(browser, province, fields):
    client, pk = browser("administrator"), province.id("tayson")
    address = reverse("organisation-rename", args=[pk])
    since = {"how": "since", "since": "2025-07-01"}
    values = fields(client.get(address)) | since | {"name": "Phường Tây Sơn", "basis": "Nghị quyết 1/NQ-UBTVQH15"}
    assert client.post(address, values).status_code == 302
    address = reverse("organisation-move", args=[pk])
    values = fields(client.get(address)) | since | {"parent_id": "sokhcn", "basis": "Quyết định 2/QĐ-UBND"}
    assert client.post(address, values).status_code == 302
    text = client.get(reverse("organisation-history", args=[pk])).content.decode()
    assert "Nghị quyết 1/NQ-UBTVQH15" in text
    assert "Quyết định 2/QĐ-UBND" in text
    address = reverse("organisation-rename", args=[pk])
    values = fields(client.get(address)) | {"how": "wrong", "since": "", "name": "Phường Tây Sơn Đông"}
    assert client.post(address, values).status_code == 302
    name = queries.names_at(admin(), pk, datetime(2025, 8, 1, tzinfo=UTC))
    assert (name.name, name.basis) == ("Phường Tây Sơn Đông", "Nghị quyết 1/NQ-UBTVQH15")


def test_letters_that_only_look_alike_are_written_once_they_are_confirmed(browser, province, fields):
    client, pk = browser("administrator"), province.id("tayson")
    address = reverse("organisation-rename", args=[pk])
    false = "Xã T\u0430y Sơn"  # a Cyrillic а
    typed = fields(client.get(address)) | {"how": "since", "since": "2025-07-01", "name": false}
    response = client.post(address, typed)
    assert response.status_code == 422
    assert 'id="cautions"' in response.content.decode()
    assert "id_name_error" not in response.content.decode()
    mark = re.search(r'name="heeded" value="(\w+)"', response.content.decode())[1]
    other = client.post(address, typed | {"name": "Xã \u0421ũ Tây", "heeded": mark})
    assert other.status_code == 422
    assert queries.organisation(admin(), pk).name == "Xã Tây Sơn"
    assert client.post(address, fields(response) | {"heeded": mark}).status_code == 302
    assert queries.organisation(admin(), pk).name == false
    edit = reverse("organisation-edit", args=[pk])  # what was confirmed once is not asked about again
    assert client.post(edit, fields(client.get(edit)) | {"address": "Đường Mới"}).status_code == 302


def test_a_domain_made_to_be_mistaken_is_a_caution(browser, province):
    address = reverse("system-add", args=[province.id("donghoa")])
    values = {
        "name": "Cổng",
        "code": "cong2",
        "exposure": "internet",
        "addresses": "xn--e1awd7f.example\np\u0430ypal.example",
    }
    response = browser("agency_officer").post(address, values)
    assert response.status_code == 422
    assert "cautions" in response.content.decode()
    assert not queries.systems(admin(), text="cong2")


def test_fields_that_the_form_does_not_have_change_nothing(browser, province, fields):
    client, row = browser("agency_officer"), network_of(province, "donghoa")
    address = reverse("network-edit", args=[row.pk])
    values = fields(client.get(address)) | {
        "note": "đã rà soát",
        "organisation": province.id("tayson"),
        "organisation_id": province.id("tayson"),
        "id": network_of(province, "tayson").pk,
        "first": "0" * 32,
        "folded": "x",
    }
    assert client.post(address, values).status_code == 302
    now = queries.network(admin(), row.pk)
    assert (now.organisation_id, now.note, now.first) == (row.organisation_id, "đã rà soát", row.first)
    assert network_of(province, "tayson").version == 1


def test_ids_of_others_in_values_are_refused(browser, province, fields):
    client = browser("agency_officer")
    stranger = queries.people(admin(), organisation_id=province.id("stranger"))[0]
    address = reverse("contact-add", args=[province.id("donghoa")])
    values = {"channel": "phone", "value": "0000 000 999", "person_id": stranger.pk}
    response = client.post(address, values)
    assert response.status_code == 422
    assert stranger.name not in response.content.decode()
    system = queries.systems(admin(), organisation_id=province.id("donghoa"))[0]
    address = reverse("system-edit", args=[system.pk])
    response = client.post(address, fields(client.get(address)) | {"operator_id": "stranger"})
    assert response.status_code == 422
    assert "Người Lạ" not in response.content.decode()
    assert queries.system(admin(), system.pk).operator_id is None


def test_contact_points_of_others_cannot_be_put_in_order(browser, province):
    theirs = queries.contact_ladder(admin(), province.id("trungtam"))
    address = reverse("contact-order", args=[province.id("trungtam")])
    response = browser("agency_officer").post(address, {"contact": [one.pk for one in theirs]})
    assert response.status_code == 404
    address = reverse("contact-order", args=[province.id("donghoa")])
    assert browser("agency_officer").post(address, {"contact": [one.pk for one in theirs]}).status_code == 409
    assert browser("agency_officer").post(address, {"contact": ["x"]}).status_code == 422


def test_the_ladder_is_put_in_another_order(browser, province):
    pk = province.id("donghoa")
    actions.add_contact(admin(), pk, channel="email", value="truc@donghoa.example")
    first, second = queries.contact_ladder(admin(), pk)
    address = reverse("contact-order", args=[pk])
    client = browser("agency_officer")
    client.post(address, {"contact": [first.pk, second.pk], "up": second.pk})
    assert [one.pk for one in queries.contact_ladder(admin(), pk)] == [second.pk, first.pk]
    page = client.get(reverse("organisation", args=[pk])).content.decode()
    assert 'href="mailto:truc@donghoa.example"' in page
    assert 'href="tel:0000000123"' in page


def test_the_second_of_two_editors_sees_what_the_first_changed_and_goes_on(browser, province, fields):
    one, two = browser("administrator"), browser("agency_officer")
    row = network_of(province, "donghoa")
    address = reverse("network-edit", args=[row.pk])
    first, second = fields(one.get(address)), fields(two.get(address))
    one.post(address, first | {"provider": "Nhà mạng Một", "note": "ghi chú một"})
    response = two.post(address, second | {"note": "ghi chú hai"})
    page = response.content.decode()
    assert response.status_code == 409
    conflict = page[page.index('id="conflict"') : page.index("</section>", page.index('id="conflict"'))]
    assert "ghi chú một" in conflict
    assert "ghi chú hai" in conflict
    assert "Nhà mạng Một" in conflict
    typed = fields(response)
    assert typed["note"] == "ghi chú hai"  # what was typed stays
    assert typed["provider"] == "Nhà mạng Một"  # what was left alone follows
    assert queries.network(admin(), row.pk).note == "ghi chú một"
    assert two.post(address, typed).status_code == 302
    now = queries.network(admin(), row.pk)
    assert (now.provider, now.note, now.version) == ("Nhà mạng Một", "ghi chú hai", 3)


def test_a_form_without_its_version_writes_nothing(browser, province, fields):
    client, row = browser("agency_officer"), network_of(province, "donghoa")
    address = reverse("network-edit", args=[row.pk])
    values = fields(client.get(address)) | {"note": "không có phiên bản"}
    del values["version"]
    assert client.post(address, values).status_code == 409
    assert queries.network(admin(), row.pk).note == ""


def test_hours_of_a_time_survive_an_edit_that_leaves_the_day_alone(browser, province, fields):
    at = datetime(2024, 3, 4, 5, 6, 7, tzinfo=UTC)
    row = actions.add_network(admin(), province.id("donghoa"), text="10.1.0.0/16", side="inner", valid_from=at)
    client, address = browser("agency_officer"), reverse("network-edit", args=[row.pk])
    client.post(address, fields(client.get(address)) | {"note": "x"})
    assert queries.network(admin(), row.pk).valid_from == at


def test_an_ending_says_what_it_means_first_and_keeps_the_past(browser, province, fields):
    client, row = browser("agency_officer"), network_of(province, "donghoa")
    address = reverse("network-end", args=[row.pk])
    asked = client.get(address)
    assert 'class="consequences"' in asked.content.decode()
    assert client.post(address, fields(asked) | {"at": "2025-02-01"}).status_code == 302
    day = reverse("network-owner")
    assert "Xã Đông Hòa" in client.get(day, {"address": "198.51.100.5", "at": "2025-01-31T23:59"}).content.decode()
    gone = client.get(day, {"address": "198.51.100.5", "at": "2025-02-01T00:00"}).content.decode()
    assert "<article" not in gone


def test_the_last_contact_point_warns_before_it_ends(browser, province):
    row = queries.contact_ladder(admin(), province.id("donghoa"))[0]
    page = browser("agency_officer").get(reverse("contact-end", args=[row.pk])).content.decode()
    assert page.count("Xã Đông Hòa") >= 2


def test_a_rename_keeps_the_old_name_and_a_correction_does_not(browser, province, fields):
    client, pk = browser("administrator"), province.id("duongmai")
    address = reverse("organisation-rename", args=[pk])
    values = fields(client.get(address)) | {"name": "Phường Đường Mai Thượng", "how": "since", "since": ""}
    assert client.post(address, values).status_code == 422
    assert client.post(address, values | {"since": "2024-05-01"}).status_code == 302
    past = client.get(reverse("organisations"), {"at": "2024-04-30"}).content.decode()
    assert "Phường Đường Mai<" in past
    values = fields(client.get(address)) | {"name": "Phường Đường Mai Hạ", "how": "wrong", "since": ""}
    assert client.post(address, values).status_code == 302
    history = client.get(reverse("organisation-history", args=[pk])).content.decode()
    assert "Đường Mai Hạ" in history
    assert "<strong><bdi>Phường Đường Mai Thượng" not in history


def test_moving_below_itself_is_a_fault_not_an_error(browser, province, fields):
    client, pk = browser("administrator"), province.id("ubnd")
    address = reverse("organisation-move", args=[pk])
    values = fields(client.get(address)) | {"parent_id": "sokhcn", "how": "wrong"}
    assert client.post(address, values).status_code == 422


def test_picking_takes_a_code_a_choice_or_words_that_fit_one(browser, province):
    client, address = browser("administrator"), reverse("organisation-add")
    values = {"name": "Trạm Y tế", "kind": "agency"}
    for code, typed in (("p1", "soyte"), ("p2", "soyte · Sở Y tế"), ("p3", "so y te")):
        assert client.post(address, values | {"code": code, "parent_id": typed}).status_code == 302
        assert queries.organisations(admin(), text=code)[0].parent_id == province.id("soyte")
    response = client.post(address, values | {"code": "p4", "parent_id": "xa"})
    assert response.status_code == 422
    assert "tayson · Xã Tây Sơn" in response.content.decode()


def test_the_pick_box_offers_only_what_is_in_scope(browser, province):
    def offered(role, text):
        query = {"field": "parent_id", "parent_id": text, "list": "id_parent_id"}
        return browser(role).get(reverse("organisation-pick"), query).content.decode()

    assert 'data-label="tayson · Xã Tây Sơn"' in offered("administrator", "tay son")
    assert 'role="option"' not in offered("agency_officer", "tay son")
    assert "Đông Hòa" in offered("agency_officer", "dong")


def test_closing_needs_what_is_below_gone_and_can_be_taken_back(browser, province, fields):
    client, address = browser("administrator"), reverse("organisation-close", args=[province.id("soyte")])
    assert client.post(address, fields(client.get(address)) | {"at": "2025-03-01"}).status_code == 422
    pk = province.id("tayson")
    address = reverse("organisation-close", args=[pk])
    assert client.post(address, fields(client.get(address)) | {"at": "2025-03-01"}).status_code == 302
    assert "Xã Tây Sơn" not in client.get(reverse("organisations")).content.decode()
    assert "<s><bdi>Xã Tây Sơn" in client.get(reverse("organisations"), {"closed": "1"}).content.decode()
    address = reverse("organisation-reopen", args=[pk])
    assert client.post(address, fields(client.get(address))).status_code == 302
    assert "Xã Tây Sơn" in client.get(reverse("organisations")).content.decode()
