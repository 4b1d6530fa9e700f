"""Texts that attack, standing in every column that takes one as if they had come past all checks: no page, mail or file runs them."""

from __future__ import annotations

import csv
import io
import re
import zipfile

import bodies
import doors
import of_letters_arriving
import of_letters_files
import of_letters_report
import of_proofs
import pytest
from django.apps import apps
from django.db import connection, models
from marked import undone
from openpyxl import load_workbook
from reach import go, read

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.audit.models import Entry
from vonggac.desk.organisations import actions
from vonggac.desk.scope.asker import Origin

pytestmark = [pytest.mark.django_db, pytest.mark.any_database]

EVIL = "\"'><script>zq()</script>"
TURNED = "Zq\u202egnp.exe"
UNCHECKED = ("organisations_importfault", "usersessions_usersession")
"""Tables with texts that nobody checks before they are kept: cells that were refused, names of browsers."""
FORMULA = "=zq(1)"
STARTS = ("=", "+", "-", "@", "\t", "\r", "\0")
OWN_TABLES = ("audit_", "django_", "auth_", "account_")
"""The audit record refuses changes: it gets its texts through actions. The others hold no text of people."""


def filled_with(text, *, whole, only=()):
    """Put ``text`` into every column where the marked side has its mark (``whole``: in place of all that stands there)."""
    n = 0
    for model in apps.get_models():
        table = model._meta.db_table
        if table.startswith(OWN_TABLES) or (only and table not in only):
            continue
        for field in model._meta.concrete_fields:
            if (
                not isinstance(field, models.CharField | models.TextField)
                or field.unique
                or field.name in {"folded", "sort_key", "email"}
            ):
                continue
            kept = text if getattr(field, "max_length", None) is None else text[: field.max_length]
            column = connection.ops.quote_name(field.column)
            one = f"%s || CAST({connection.ops.quote_name(model._meta.pk.column)} AS VARCHAR(20))"
            alone = {name for rule in model._meta.constraints for name in getattr(rule, "fields", ())}
            value = (one if field.name in alone else "%s") if whole else f"REPLACE({column}, 'Zqmark', %s)"
            with connection.cursor() as cursor:
                cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE {column} LIKE '%%Zqmark%%'", [kept])
                n += cursor.rowcount
    assert n > (2 if only else 40)  # as many texts as the marked side has
    return n


def recorded(world, text):
    """The same text in the audit record."""
    by = asker_of(world.ruler, Origin("web", agent=text))
    with_text = {"note": text, "address": text}
    n = world.outside.ids
    row = type(actions.edit_organisation(by, n["below_id"], bodies.version(world.outside, "below_id"), **with_text))
    assert row.objects.get(pk=n["below_id"]).note


@pytest.mark.parametrize("who", ["ruler", "outside"])
def test_no_page_runs_a_text(who, world, ways):
    shown, ran = 0, []
    with undone():
        recorded(world, EVIL)
        filled_with(EVIL, whole=False)
        for door in doors.pages():
            if door.method != "GET":
                continue
            way = door.path(bodies.ids_for(door.name, world.outside))
            for asked in ({}, *((one for one in bodies.queries(world.outside)) if not door.arguments else ())):
                response = go(ways.browser(who), door, way, asked)
                if not response.headers.get("Content-Type", "").startswith("text/html"):
                    continue
                page = response.content.decode()
                shown += "&lt;script&gt;zq" in page
                if "<script>zq" in page:
                    ran.append((door.name, asked))
    assert ran == []
    assert shown > 30


def test_no_text_turns_a_page_around(world, ways):
    """Names with such marks are refused where they are entered (tests/desk/organisations/test_checks.py); the rest is shown."""
    with undone():
        by = asker_of(world.ruler, Origin("web", agent=TURNED, address="192.0.2.9"))
        actions.edit_organisation(
            by, world.outside.id("below_id"), bodies.version(world.outside, "below_id"), address="Đường 9"
        )
        filled_with(TURNED, whole=False, only=UNCHECKED)
        n = world.outside.ids
        for way in (
            f"/directory/import/{n['import_id']}/", f"/accounts/{n['user_id']}/", "/account/sessions/", "/audit/", "/",
            f"/audit/?entry={Entry.objects.latest('seq').seq}", "/notices/",
        ):  # fmt: skip
            page = ways.browser("ruler").get(way).content.decode()
            assert "\u202e" not in page, (way, page[max(0, page.find("\u202e") - 200) :][:300])


def test_what_is_typed_comes_back_as_text(world, ways):
    """Into every field of every form, faults and all: what was typed stands there again, and is text."""
    forms = {**bodies.OWN, **bodies.pages(world.inside)}
    shown = 0
    for door in doors.pages():
        if door.method != "POST":
            continue
        way = door.path(bodies.ids_for(door.name, world.inside))
        names = sorted({*forms[door.name], "q", "next", "step"})
        with undone():
            client = ways.browser("ruler")
            response = read(client.post(way, dict.fromkeys(names, EVIL), follow=True))
        assert response.status_code < 500, door.name
        if response.streaming:
            continue
        page = response.content.decode()
        shown += "&lt;script&gt;zq" in page
        assert "<script>zq" not in page, door.name
        assert "javascript:" not in page, door.name
    assert shown > 15


def cells_of(name, data):
    """Every cell of a download: of a workbook, of a CSV, of CSVs in an archive."""
    if name.endswith(".xlsx"):
        for sheet in load_workbook(io.BytesIO(data)).worksheets:
            for row in sheet.iter_rows():
                yield from ((cell.value, cell.data_type) for cell in row if cell.value is not None)
    elif name.endswith(".zip"):
        with zipfile.ZipFile(io.BytesIO(data)) as packed:
            for one in packed.namelist():
                yield from cells_of(one, packed.read(one))
    else:
        for row in csv.reader(io.StringIO(data.decode("utf-8-sig"))):
            yield from ((value, "s") for value in row)


DOWNLOADS = (
    ("directory-export", "GET", {}),
    ("directory-export", "GET", {"form": "csv"}),
    ("directory-import-faults", "GET", {}),
    ("directory-template", "GET", {}),
    ("audit-export", "POST", {"form": "csv"}),
    ("audit-export", "POST", {"form": "xlsx"}),
    ("export_directory", "GET", {}),
    ("export_directory", "GET", {"form": "csv"}),
    *((name, "GET", {}) for name in of_proofs.WORKBOOKS),
    *((name, "GET", {}) for name in of_letters_files.WORKBOOKS),
    ("list-version-export", "GET", {}),
    ("list-matrix-export", "GET", {}),
    ("letter-table-export", "GET", {}),
    ("letter-table-export", "GET", {"form": "csv"}),
    ("letter-sent-export", "GET", {}),
    ("letter-sent-export", "GET", {"form": "csv"}),
    ("letter-register-export", "GET", {}),
    ("export_letter_register", "GET", {}),
)


def test_every_download_is_tried(world, ways):
    """Whatever is sent as a file is in DOWNLOADS."""
    found = set()
    for door in [*doors.pages(), *doors.routes()]:
        if door.method == "GET" or door.name == "audit-export":
            with undone():
                response = go(ways.client(door, "ruler"), door, door.path(bodies.ids_for(door.name, world.outside)))
            if door.name in (
                *of_proofs.AS_THEY_CAME,
                *of_letters_files.AS_THEY_CAME,
                *of_letters_report.AS_THEY_CAME,
                *of_letters_arriving.AS_THEY_CAME,
            ):
                continue
            if "attachment" in response.headers.get("Content-Disposition", ""):
                found.add(door.name)
                assert re.search(r'filename="[\w.-]+"', response.headers["Content-Disposition"])
    assert found == {name for name, _method, _asked in DOWNLOADS}


@pytest.mark.parametrize(("name", "method", "asked"), DOWNLOADS)
@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t="])
def test_no_cell_of_any_download_is_a_formula(start, name, method, asked, world, ways):
    door = next(one for one in [*doors.pages(), *doors.routes()] if (one.name, one.method) == (name, method))
    text = start + FORMULA[1:]
    with undone():
        recorded(world, text.strip())
        filled_with(text, whole=True)
        response = go(ways.client(door, "ruler"), door, door.path(bodies.ids_for(name, world.outside)), asked)
    assert response.status_code == 200
    file_name = re.search(r'filename="([^"]+)"', response.headers["Content-Disposition"])[1]
    cells = list(cells_of(file_name, response.whole if response.streaming else response.content))
    assert cells
    for value, kind in cells:
        assert kind != "f", value
        assert not (isinstance(value, str) and value.startswith(STARTS) and "zq" in value), value
    if name != "directory-template":
        assert any(isinstance(value, str) and "zq(1)" in value for value, _kind in cells)
