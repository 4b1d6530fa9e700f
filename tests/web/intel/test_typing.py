"""A list on paper: recognised where it can be, looked at cell by cell by a person, and read like any file."""

from __future__ import annotations

import io
import json
import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from PIL import Image, ImageDraw, ImageFont

from vonggac.desk.intel.models import ListRow, ListVersion
from vonggac.detectors.indicators.lists import read_list
from vonggac.jobs import pictures
from vonggac.web.intel import typed
from vonggac.web.intel.words import HEADERS

pytestmark = pytest.mark.django_db
ROWS = (
    ("STT", "Don vi", "IP", "Malware", "Last seen"),
    ("1", "Xa Dong Hoa", "198.51.100.5", "Mirai", "20/11/2026 08:15"),
    ("2", "Xa Tay Son", "198.51.100.33", "Andromeda", "21/11/2026 09:20"),
)


def scan(form="PDF", rows=ROWS):
    picture = Image.new("L", (1650, 500), 255)
    draw, font = ImageDraw.Draw(picture), ImageFont.load_default(28)
    edges = (60, 160, 620, 950, 1230, 1600)
    for at, row in enumerate(rows):
        top = 60 + at * 70
        for x, text in zip(edges, row, strict=False):
            draw.text((x + 14, top + 16), text, font=font, fill=0)
        for y in (top, top + 70):
            draw.line((60, y, 1600, y), fill=0, width=2)
        for x in edges:
            draw.line((x, top, x, top + 70), fill=0, width=2)
    file = io.BytesIO()
    picture.save(file, form)
    return file.getvalue()


def bring(client, botnet, data, name="ban-quet.pdf"):
    form = {"letter": "88/CATTT", "tlp": "amber", "confidence": "70", "file": SimpleUploadedFile(name, data)}
    return client.post(f"/lists/{botnet.pk}/import", form, follow=True)


def sent(page):
    """The values that a browser would send of the grid."""
    from html import unescape

    form = page[page.index('id="typing"') : page.index("</form>", page.index('id="typing"'))]
    found = {}
    for tag in re.findall(r"<input [^>]*>", form):
        values = dict(re.findall(r'([\w-]+)="([^"]*)"', tag))
        if values.get("type") != "checkbox":
            found[values["name"]] = unescape(values.get("value", ""))
    for name, options in re.findall(r'<select name="([\w-]+)".*?>(.*?)</select>', form, re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        found[name] = chosen[1] if chosen else ""
    found.pop("csrfmiddlewaretoken")
    return found


def test_typed_headers_are_read_back_as_what_they_stand_for():
    examples = {
        "victim": "198.51.100.5", "organisation": "Xã Đông Hòa", "malware": "Mirai", "first_seen": "20/11/2026 08:00",
        "last_seen": "21/11/2026 08:00", "port": "4000", "destination": "203.0.113.9", "destination_port": "443", "count": "3", "note": "x",
    }  # fmt: skip
    found = read_list(typed.csv_of([examples, examples]), "nhap-tay.csv", role="victim")
    assert found.mapping_used == {HEADERS[role]: role for role in HEADERS if role in examples}
    assert not found.faults


def test_a_list_without_any_picture_is_typed_in(browser, botnet):
    client = browser("analyst")
    where = f"/lists/{botnet.pk}/type"
    form = sent(client.get(where).content.decode())
    assert client.post(where, form).status_code == 422  # nothing was typed
    columns = {form[f"role-{n}"]: n for n in range(int(form["n_columns"]))}
    form[f"cell-0-{columns['victim']}"] = "198.51.100.5"
    form[f"cell-0-{columns['malware']}"] = "<b>Mirai</b>"
    assert client.post(where, form).status_code == 302
    row = ListRow.objects.get(role="victim")
    assert (row.value, row.malware) == ("198.51.100.5", "<b>Mirai</b>")


@pytest.mark.skipif(not pictures.recogniser(), reason="Tesseract is not installed (apt-get install tesseract-ocr)")
@pytest.mark.parametrize("form", ["PDF", "PNG", "JPEG"])
def test_what_a_machine_read_waits_for_somebodys_look(browser, botnet, form):
    client = browser("analyst")
    page = bring(client, botnet, scan(form), "ban-quet.bin")
    text = page.content.decode()
    assert "198.51.100.33" in text
    values = sent(text)
    where = f"/lists/{botnet.pk}/type"
    refused = client.post(where, values)
    assert refused.status_code == 422
    assert not ListVersion.objects.exists()
    read = json.loads(values["read"])
    y, x = next((y, x) for y, x, text, _sure in read if text == "198.51.100.33")
    values["ok"] = [f"{row}-{column}" for row, column, _text, _sure in read if (row, column) != (y, x)]
    assert client.post(where, values).status_code == 422  # one is still open
    values[f"cell-{y}-{x}"] = "198.51.100.34"  # typed anew: somebody looked at it
    assert client.post(where, values).status_code == 302
    version = ListVersion.objects.get()
    assert version.letter == "88/CATTT"
    assert set(version.rows.values_list("value", flat=True)) >= {"198.51.100.5", "198.51.100.34"}


def test_a_grid_of_two_pages_keeps_the_first(browser, botnet):
    first, second = (Image.open(io.BytesIO(scan("PNG"))) for _ in (1, 2))
    file = io.BytesIO()
    first.convert("RGB").save(file, "PDF", save_all=True, append_images=[second.convert("RGB")])
    client = browser("analyst")
    text = bring(client, botnet, file.getvalue()).content.decode()
    where = f"/lists/{botnet.pk}/type"
    for n in (1, 2):
        values = sent(text)
        assert values["page"] == str(n)
        values |= {name: "" for name in values if name.startswith("cell-")} | {
            "role-0": "victim",
            "cell-0-0": f"198.51.100.{n}",
        }
        answer = client.post(where, values)
        text = answer.content.decode()
    assert answer.status_code == 302
    assert set(ListRow.objects.values_list("value", flat=True)) == {"198.51.100.1", "198.51.100.2"}


@pytest.mark.parametrize("odd", ["", "[", "[[1,2]]", '[["a",0,"x",1]]', "{}", "[" * 5000, '[[0,0,"x",1e400]]'])
def test_whatever_is_sent_in_hidden_fields_is_answered(browser, botnet, odd):
    where = f"/lists/{botnet.pk}/type"
    form = {
        "n_columns": "99999",
        "n_rows": "-1",
        "read": odd,
        "kept": odd,
        "page": "x",
        "picture": "../x",
        "tlp": "amber",
        "confidence": "1",
    }
    assert browser("analyst").post(where, form).status_code == 422


def test_without_a_recogniser_the_page_says_what_to_install(browser, botnet, monkeypatch):
    monkeypatch.setenv("PATH", "/nowhere")
    text = bring(browser("analyst"), botnet, scan("PNG"), "anh.png").content.decode()
    assert "tesseract-ocr-vie" in text
    assert 'name="cell-0-0" value=""' in text
