"""Lists of one side and what is sent through their pages: a version that is published, and another list with one that is not."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone
from openpyxl import Workbook

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.intel import actions
from vonggac.desk.intel.models import IndicatorList, ListRow, ListVersion, OrganisationCount, RowFault
from vonggac.desk.scope.asker import Origin
from vonggac.desk.work.actions.opening import hide_batch
from vonggac.desk.work.models import Batch

LIST = {
    "kind": "botnet", "issuer": "Cục", "tlp": "amber", "confidence": "70", "cadence_days": "30", "expires_days": "90", "note": "",
}  # fmt: skip
OTHERS = dict.fromkeys(
    (
        "list-version-columns",
        "list-version-details",
        "list-version-decide",
        "list-version-confirm",
        "list-version-abandon",
        "map_list_version",
        "change_list_version",
        "decide_list_rows",
        "confirm_list_version",
        "abandon_list_version",
    ),
    ("version_id", "checked_id"),
)
"""Doors of a version that is not published yet."""

EMPTY_HANDED = (
    "list-version-columns", "list-version-decide", "list-version-confirm", "list-version-abandon", "list-version-ask",
    "list-version-details",  # what is not published is the centre's alone
)  # fmt: skip


def fill(side: Any, ruler: Any) -> None:
    """Give a side its lists; every text ends with ``side.text``."""
    by, home = asker_of(ruler, Origin("web")), side.id("organisation_id")
    low, now = side.text.lower(), timezone.now()
    one, other = (
        actions.create_list(
            by, code=f"ds{n}-{side.code}", name=f"Danh sách {n} {side.text}", issuer=f"Cục {side.text}", note=side.text
        )
        for n in (1, 2)
    )
    shown = _version(one, side, state="published", n=1, published_at=now, is_rechecked=True)
    batch = hide_batch(f"Kỳ {side.text}", "intel.listversion", shown.pk, f"/lists/versions/{shown.pk}/")
    Batch.objects.filter(pk=batch.pk).update(published_at=now)
    ListVersion.objects.filter(pk=shown.pk).update(batch_id=batch.pk)
    OrganisationCount.objects.create(version=shown, organisation_id=home, n_new=1)
    checked = _version(other, side, state="checked", spool="0" * 32)
    _row(shown, side, 90)
    waiting = _row(checked, side, 91, decision="wait", warnings=f"Danh sách cảnh giác {side.text}")
    _row(checked, side, 92)
    RowFault.objects.create(version=shown, sheet=f"Tờ {side.text}", number=9, reason="no_value", text=f"{low} sai")
    side.ids |= {
        "list_id": one.pk,
        "other_list_id": other.pk,
        "version_id": shown.pk,
        "checked_id": checked.pk,
        "row_id": waiting.pk,
    }


def _version(parent: IndicatorList, side: Any, **values: Any) -> ListVersion:
    column = {"sheet": "Tờ", "number": 1, "header": "IP", "role": "victim", "samples": []}
    return ListVersion.objects.create(
        indicator_list=parent, letter=f"Số {side.text}", file_name=f"ds-{side.text}.xlsx", size=9, sha256="0" * 64,
        asker_name=f"Người {side.text}", via="web", columns=[column], counts={"rows": 1, "new": 1, "waiting": 1, "owned": 1},
        basis_seq=2**40, **values,
    )  # fmt: skip


def _row(version: ListVersion, side: Any, n: int, **values: Any) -> ListRow:
    address, home = f"{side.net}.{n}", side.id("organisation_id")
    return ListRow.objects.create(
        version=version, sheet=f"Tờ {side.text}", number=n, kind="ipv4", role="victim", value=address, original=address,
        malware=f"Mã {side.text}", family=f"Họ {side.text}", at=datetime(2026, 1, 1, tzinfo=UTC), told_organisation=f"Sở {side.text}",
        destination="", organisation_id=home, attribution="owner", key=f"{home}|{address}|ho", **values,
    )  # fmt: skip


def _book(side: Any) -> SimpleUploadedFile:
    made = Workbook()
    made.active.append(("IP nhiễm", "Mã độc"))
    made.active.append((f"{side.net}.93", "Mirai"))
    file = io.BytesIO()
    made.save(file)
    return SimpleUploadedFile("ky-moi.xlsx", file.getvalue())


def _seen(side: Any, name: str = "checked_id", **values: Any) -> dict[str, Any]:
    return {"version": ListVersion.objects.values_list("version", flat=True).get(pk=side.id(name)), **values}


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    letter = {"letter": "9/CV", "tlp": "green", "confidence": "60"}
    changed = {**LIST, "name": "Tên khác", "code": f"khac-{side.code}"}
    return {
        "list-add": {**LIST, "name": "Danh sách mới", "code": "moi"},
        "list-edit": {"version": IndicatorList.objects.values_list("version", flat=True).get(pk=side.id("list_id")), **changed},
        "list-import": {**letter, "file": _book(side)},
        "list-type": {**letter, "n_columns": "1", "n_rows": "1", "role-0": "victim", "cell-0-0": f"{side.net}.94"},
        "list-version-columns": _seen(side, **{"role-0": "address"}),
        "list-version-details": _seen(side, **letter),
        "list-version-decide": {"row": [side.id("row_id")], "decision": "ignore", "reason": "Máy phân giải"},
        "list-version-confirm": _seen(side),
        "list-version-abandon": _seen(side, reason="Nhầm"),
        "list-version-ask": {},
    }  # fmt: skip


NEEDS = {
    **dict.fromkeys(
        ("list_lists", "read_list", "list_matrix", "list_versions", "read_list_version", "list_version_rows", "list_version_gone",
         "list_version_faults", "list_version_difference"), "lists.view",
    ),
    **dict.fromkeys(
        ("add_list", "change_list", "upload_list", "map_list_version", "change_list_version", "decide_list_rows", "confirm_list_version",
         "abandon_list_version", "ask_holders_of_list"), "lists.import",
    ),
}  # fmt: skip
OF_THEIR_OWN = ("ask_holders_of_list", "upload_list")
"""Operations that read no fields."""
NUMBERS_ONLY = ("list_matrix", "list_version_difference", "list_version_gone", "list_version_faults")
"""They tell no text of the record, or only to who sees the whole list."""


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    row_ids = [side.id("row_id")]
    return {
        "add_list": {"code": "moi-api", "name": "Danh sách mới"},
        "change_list": {"version": IndicatorList.objects.values_list("version", flat=True).get(pk=side.id("list_id")), "name": "Khác"},
        "upload_list": _book(side).read(),
        "map_list_version": _seen(side, mapping={"IP": "address"}),
        "change_list_version": _seen(side, letter="9/CV"),
        "decide_list_rows": {"row_ids": row_ids, "decision": "ignore", "reason": "Máy phân giải"},
        "confirm_list_version": _seen(side),
        "abandon_list_version": _seen(side, reason="Nhầm"),
        "ask_holders_of_list": None,
    }  # fmt: skip


def swaps(side: Any) -> dict[str, Any]:
    """Field to what stands there for a record of a side."""
    return {"row": [side.id("row_id")]}
