"""Pages of indicators as people use them: pasted, found defanged, withdrawn, taken in from a file, given out by TLP."""

from __future__ import annotations

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from vonggac.desk.intel.models import Indicator

pytestmark = pytest.mark.django_db


@pytest.fixture
def analyst(client, province, signed_in):
    return signed_in(client, province.users["analyst"])


PASTED = {"source": "123/CATTT", "role": "hostile", "tlp": "green", "confidence": "80", "family": "mirai"}


def paste(client, text, **more):
    return client.post("/indicators/add", {**PASTED, "text": text, **more})


def bundle(*values):
    one = [
        {
            "type": "indicator",
            "id": f"indicator--{n}",
            "pattern": f"[domain-name:value = '{value}']",
            "pattern_type": "stix",
        }
        for n, value in enumerate(values)
    ]
    return SimpleUploadedFile(
        "b.json", json.dumps({"type": "bundle", "objects": [*one, {"type": "tool", "id": "tool--1"}]}).encode()
    )


def test_what_is_pasted_is_found_however_it_is_written(analyst):
    assert paste(analyst, "hxxp://bad[.]example/a\n198.51.100[.]0/24\n").status_code == 302
    page = analyst.get("/indicators/", {"q": "198[.]51.100.7"}).content.decode()
    assert "198.51.100.0/24" in page
    assert "bad.example" not in page
    assert "Mirai" in page
    assert "bad.example" in analyst.get("/indicators/", {"q": "hxxp://bad.example/a"}).content.decode()


def test_what_is_no_value_stands_beside_the_box_and_nothing_is_lost(analyst):
    response = paste(analyst, "bad.example\n999.1.1.1")
    assert response.status_code == 422
    page = response.content.decode()
    assert "999.1.1.1" in page
    assert "bad.example" in page
    assert not Indicator.objects.exists()


def test_withdrawing_asks_why_and_two_people_do_not_overwrite_each_other(analyst):
    paste(analyst, "bad.example")
    one = Indicator.objects.get()
    assert analyst.post(f"/indicators/{one.pk}/withdraw", {"version": 1, "reason": ""}).status_code == 422
    assert analyst.post(f"/indicators/{one.pk}/withdraw", {"version": 1, "reason": "Máy của ta"}).status_code == 302
    assert "Máy của ta" in analyst.get(f"/indicators/{one.pk}/").content.decode()
    assert analyst.post(f"/indicators/{one.pk}/edit", {**PASTED, "version": 1}).status_code == 409
    assert analyst.post(f"/indicators/{one.pk}/put-back", {"version": 2, "reason": "Nhầm"}).status_code == 302
    assert Indicator.objects.get().state == "active"


def test_a_file_is_looked_at_first_and_then_taken_in_without_being_sent_again(analyst):
    about = {"source": "CERT", "tlp": "amber", "confidence": "50"}
    looked = analyst.post("/indicators/import", {**about, "file": bundle("a.example", "b.example"), "do": "look"})
    assert looked.status_code == 200
    assert not Indicator.objects.exists()
    held = looked.context["held"]
    assert "a.example" in looked.content.decode()
    assert looked.context["outcome"].n_left_out == 1
    taken = analyst.post("/indicators/import", {**about, "held": held, "do": "take"})
    assert taken.status_code == 200
    assert set(Indicator.objects.values_list("value", "tlp", "confidence")) == {
        ("a.example", "amber", 50),
        ("b.example", "amber", 50),
    }
    assert analyst.post("/indicators/import", {**about, "held": held, "do": "take"}).status_code == 422  # it is gone


def test_a_file_that_somebody_else_looked_at_is_not_taken(analyst, client, province, signed_in):
    about = {"source": "CERT", "tlp": "amber", "confidence": "50"}
    held = analyst.post("/indicators/import", {**about, "file": bundle("a.example"), "do": "look"}).context["held"]
    other = signed_in(client, province.users["administrator"])
    for sent in (held, held + "x", "x", "../../secret.key"):
        assert other.post("/indicators/import", {**about, "held": sent, "do": "take"}).status_code == 422
    assert not Indicator.objects.exists()


@pytest.mark.parametrize("data", [b"", b"x", b"[" * 5000, b"{}", b'{"objects": 5}', b"\xff"])
def test_what_is_no_file_of_ours_is_told_so(data, analyst):
    file = SimpleUploadedFile("b.json", data)
    response = analyst.post(
        "/indicators/import", {"source": "x", "tlp": "amber", "confidence": "1", "file": file, "do": "take"}
    )
    assert response.status_code == 422
    assert 'class="notice error"' in response.content.decode()


def test_what_leaves_is_for_whom_it_is(analyst):
    paste(analyst, "open.example", tlp="clear")
    paste(analyst, "secret.example", tlp="red")
    given = analyst.post(
        "/indicators/export", {"audience": "public", "form": "stix", "state": "", "kind": "", "family": ""}
    )
    assert given.headers["Content-Disposition"].startswith("attachment")
    assert given.headers["X-Left-Out"] == "1"
    assert b"open.example" in given.content
    assert b"secret.example" not in given.content
    named = {"audience": "named", "form": "misp", "state": "", "kind": "", "family": ""}
    assert analyst.post("/indicators/export", named).status_code == 422
    assert b"secret.example" in analyst.post("/indicators/export", {**named, "recipient": "Cục"}).content


def test_a_name_that_people_enter_counts_for_what_is_pasted_next(analyst):
    analyst.post("/indicators/aliases/add", {"alias": "Lạ.Hoắc", "family": "Mirai", "note": ""})
    assert "Lạ.Hoắc" in analyst.get("/indicators/aliases/").content.decode()
    paste(analyst, "bad.example", family="lạ hoắc")
    assert Indicator.objects.get().family == "Mirai"


def test_hostile_texts_are_text(analyst):
    evil = '"><script>zq()</script>'
    paste(analyst, "bad.example", family=evil, note=evil, source=evil)
    one = Indicator.objects.get()
    for way in ("/indicators/", f"/indicators/{one.pk}/", f"/indicators/{one.pk}/edit"):
        page = analyst.get(way).content.decode()
        assert "<script>zq" not in page
        assert "&lt;script&gt;zq" in page
