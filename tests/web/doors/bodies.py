"""What is sent through every door that writes, about the records of one side: whole and right, so that who may is not refused."""

from __future__ import annotations

import io
from typing import Any

import of_exchange
import of_inside
import of_letters_answering
import of_letters_arriving
import of_letters_declaring
import of_letters_files
import of_letters_links
import of_letters_report
import of_letters_writing
import of_lists
import of_proofs
import of_work
from django.core.files.uploadedfile import SimpleUploadedFile
from marked import Side
from openpyxl import Workbook

from vonggac.desk.accounts.models import User
from vonggac.desk.organisations import models

DAY = "2026-06-01"
_MODELS: dict[str, Any] = {
    "organisation_id": models.Organisation,
    "below_id": models.Organisation,
    "heir_id": models.Organisation,
    "closed_id": models.Organisation,
    "person_id": models.Person,
    "contact_id": models.ContactPoint,
    "network_id": models.Network,
    "system_id": models.InformationSystem,
    "mandate_id": models.Mandate,
    "user_id": User,
    "shut_id": User,
}
OTHERS = {
    "organisation-move": ("organisation_id", "below_id"),
    "organisation-close": ("organisation_id", "heir_id"),
    "organisation-reopen": ("organisation_id", "closed_id"),
    "organisation-split": ("organisation_id", "below_id"),
    "succession-undo": ("organisation_id", "heir_id"),
    "end_organisation": ("organisation_id", "heir_id"),
    "split_organisation": ("organisation_id", "below_id"),
    "reopen_organisation": ("organisation_id", "closed_id"),
    "account-reactivate": ("user_id", "shut_id"),
    "reactivate_account": ("user_id", "shut_id"),
    **of_work.OTHERS,
    **of_proofs.OTHERS,
    **of_inside.OTHERS,
    **of_letters_declaring.OTHERS,
    **of_letters_files.OTHERS,
    **of_letters_links.OTHERS,
    **of_lists.OTHERS,
    **of_letters_writing.OTHERS,
    **of_letters_arriving.OTHERS,
    **of_exchange.OTHERS,
}
"""Doors that can be used of some records only: the argument, and the record of a side that stands for it."""


def version(side: Side, name: str) -> int:
    """The version of a record as it is now."""
    return int(_MODELS[name].objects.values_list("version", flat=True).get(pk=side.id(name)))


def ids_for(name: str, side: Side) -> dict[str, int]:
    """What the arguments of a door stand for on a side."""
    argument, other = OTHERS.get(name, ("pk", "pk"))
    return {**side.ids, argument: side.id(other)}


def book(side: Side) -> SimpleUploadedFile:
    """A workbook that would rename the organisation of a side."""
    made = Workbook()
    made.active.title = "Organisations"
    made.active.append(("Code", "Name", "Kind"))
    made.active.append((side.code, "Sở Đổi Tên", "department"))
    file = io.BytesIO()
    made.save(file)
    return SimpleUploadedFile("danh-ba.xlsx", file.getvalue())


def _split(side: Side) -> dict[str, Any]:
    parts = {}
    for n in (0, 1):
        parts |= {f"part-{n}-who": "new", f"part-{n}-name": f"Xã Phần {n}", f"part-{n}-kind": "commune"}
        parts |= {f"part-{n}-code": f"phan-{n}", f"part-{n}-parent_id": side.code}
    return {"step": "confirm", "n_parts": "2", "at": DAY, "basis": "NQ 2", "rest": "0", **parts}


def _merge(side: Side) -> dict[str, Any]:
    new = {"who": "new", "name": "Xã Gộp", "code": "gop", "kind": "commune", "parent_id": side.code}
    ids = [side.id("below_id"), side.id("heir_id")]
    return {"from": ids, "step": "confirm", "at": DAY, "basis": "NQ 3", "moves": ["people", "networks"], **new}


def pages(side: Side) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    n = side.ids
    sure = {"version": ""}

    def seen(name: str, /, **values: Any) -> dict[str, Any]:
        return {"version": version(side, name), **values}

    code, net = side.code, side.net
    return {
        "language": {"language": "en", "next": "/"},
        "theme": {"theme": "dark", "next": "/"},
        "directory-import": {"file": book(side)},
        "directory-import-apply": {},
        "directory-import-check": {},
        "directory-import-abandon": {},
        "organisation-add": {"name": "Xã Mới", "kind": "commune", "code": "moi-tinh", "parent_id": code},
        "organisation-merge": _merge(side),
        "organisation-edit": seen("organisation_id", kind="agency", code=code, address="Đường 2", valid_from="2020-01-02"),
        "organisation-rename": seen("organisation_id", name="Sở Tên Khác", how="since", since=DAY),
        "organisation-move": {"version": version(side, "below_id"), "parent_id": "", "how": "since", "since": DAY},
        "organisation-close": seen("heir_id", at=DAY),
        "organisation-reopen": seen("closed_id"),
        "organisation-split": _split(side),
        "succession-undo": sure,
        "mandate-add": {"subject": "abuse", "over_id": code, "basis": "QĐ 7"},
        "network-add": {"text": f"{net}.130", "side": "public", "provider": "Nhà mạng", "note": "Tầng 2"},
        "system-add": {"name": "Cổng mới", "code": "cong-moi", "exposure": "inner", "addresses": "moi.example"},
        "person-add": {"name": "Người Mới", "email": "nguoi-moi@example.example"},
        "contact-add": {"channel": "phone", "value": "0000 000 321", "label": "Trực"},
        "contact-order": {"contact": _contacts(side), "up": _contacts(side)[-1]},
        "mandate-edit": seen("mandate_id", subject="support", over_id=code, basis="QĐ 8"),
        "mandate-end": seen("mandate_id", at=DAY),
        "network-edit": seen("network_id", text=f"{net}.64/27", side="public", provider="Hãng khác"),
        "network-end": seen("network_id", at=DAY),
        "system-edit": seen("system_id", name="Cổng khác", code=f"{code}-web", level="2", exposure="inner", addresses=""),
        "system-end": seen("system_id", at=DAY),
        "person-edit": seen("person_id", name="Tên Khác", position="Phó phòng"),
        "person-end": seen("person_id", at=DAY),
        "contact-edit": seen("contact_id", channel="phone", value="0000 000 321"),
        "contact-end": seen("contact_id", at=DAY),
        "invite": {"email": "khach@khach.example", "name": "Khách", "organisation_id": code, "language": "vi",
                   "roles": ["records_clerk"], "place_id": code},
        "invitation-resend": {},
        "invitation-revoke": {},
        "account-edit": seen("user_id", name="Tên Khác", email=f"khac@{side.text.lower()}.example", organisation_id=code),
        "account-grant": {"role": "auditor", "place_id": code},
        "account-revoke": sure,
        "account-deactivate": seen("user_id"),
        "account-reactivate": seen("shut_id"),
        "account-unlock": sure,
        "account-send-link": sure,
        "account-one-time-password": {},
        "account-reset-factors": sure,
        "account-end-sessions": sure,
        "account-token-revoke": {},
        "audit-export": {"form": "csv"},
        "audit-erase": {"entries": str(n["seq"]), "reason": "Theo yêu cầu", "sure": "1"},
        "notices-move": {"do": "drop", "id": [n["notice_id"]], "reason": "Thử"},
        "notices-hold": {"do": "stop"},
        "notices-test": {"email": "thu@thu.example"},
        "notices-read": {"id": [n["received_id"]]},
        **of_work.pages(side),
        **of_proofs.pages(side),
        **of_inside.pages(side),
        **of_letters_answering.pages(side),
        **of_letters_files.pages(side),
        **of_letters_links.pages(side),
        **of_letters_report.pages(side),
        **of_letters_writing.pages(side),
        **of_letters_arriving.pages(side),
        **of_lists.pages(side),
        **of_exchange.pages(side),
    }  # fmt: skip


OWN: dict[str, dict[str, Any]] = {
    "account_login": {"login": "ruler", "password": "sai"},
    "mfa_login_webauthn": {"credential": "{}"},
    "mfa_authenticate": {"code": "000000"},
    "account_logout": {},
    "sign_on": {},
    "invitation": {"name": "Ai Đó", "username": "aido", "password": "x", "password_again": "x", "language": "vi"},
    "account_reset_password": {"who": "ruler"},
    "new_password": {"password": "x", "password_again": "x"},
    "account_profile": {"name": "Tên Khác", "email": "", "phone": "", "language": "vi", "theme": "auto", "version": 1},
    "account_change_password": {"current": "x", "password": "y", "password_again": "y"},
    "account_reauthenticate": {"password": "x"},
    "mfa_reauthenticate": {"code": "000000"},
    "mfa_reauthenticate_webauthn": {"credential": "{}"},
    "mfa_activate_totp": {"code": "000000"},
    "mfa_deactivate_totp": {},
    "mfa_add_webauthn": {"name": "Khóa", "credential": "{}"},
    "mfa_remove_webauthn": {},
    "mfa_edit_webauthn": {"name": "Khóa khác"},
    "mfa_generate_recovery_codes": {},
    "account_end_sessions": {"session": "1"},
    "account_new_token": {"name": "Thẻ", "permissions": ["organisations.view"], "days": "30"},
    "account_revoke_token": {},
    **of_letters_links.OWN,
}
"""Pages of the door and of one's own account: nobody but the owner can be sent there for somebody else."""


def routes(side: Side) -> dict[str, Any]:
    """Operation of the API to the body that is sent there; None: without one."""
    n = side.ids
    at = "2026-06-01T00:00:00+07:00"
    code, net = side.code, side.net

    def ending(name: str) -> dict[str, Any]:
        return {"version": version(side, name), "at": at}

    return {
        "add_organisation": {"code": "moi-api", "kind": "commune", "name": "Xã Mới", "parent_id": n["organisation_id"]},
        "change_organisation": {"version": version(side, "organisation_id"), "address": "Đường 3"},
        "end_organisation": ending("heir_id"),
        "reopen_organisation": {"version": version(side, "closed_id")},
        "undo_succession": None,
        "order_contacts": {"contact_ids": _contacts(side)[::-1]},
        "upload_import": book(side).read(),
        "apply_import": None,
        "check_import_again": None,
        "abandon_import": None,
        "merge_organisations": {
            "predecessor_ids": [n["below_id"], n["heir_id"]], "at": at, "basis": "NQ 4",
            "successor": {"code": "gop-api", "kind": "commune", "name": "Xã Gộp", "parent_id": n["organisation_id"]},
        },
        "split_organisation": {
            "at": at, "basis": "NQ 5", "rest": 0,
            "successors": [{"code": f"tach-{i}", "kind": "commune", "name": f"Xã Tách {i}"} for i in (0, 1)],
        },
        "add_person": {"organisation_id": n["organisation_id"], "name": "Người Mới"},
        "change_person": {"version": version(side, "person_id"), "name": "Tên Khác"},
        "end_person": ending("person_id"),
        "add_contact": {"organisation_id": n["organisation_id"], "channel": "phone", "value": "0000 000 321"},
        "change_contact": {"version": version(side, "contact_id"), "label": "Khác"},
        "end_contact": ending("contact_id"),
        "add_network": {"organisation_id": n["organisation_id"], "text": f"{net}.130"},
        "change_network": {"version": version(side, "network_id"), "note": "Khác"},
        "end_network": ending("network_id"),
        "add_system": {"organisation_id": n["organisation_id"], "code": "moi-api", "name": "Cổng"},
        "change_system": {"version": version(side, "system_id"), "name": "Cổng khác"},
        "end_system": ending("system_id"),
        "add_mandate": {"holder_id": n["organisation_id"], "subject": "abuse", "over_id": n["organisation_id"]},
        "change_mandate": {"version": version(side, "mandate_id"), "basis": "QĐ 9"},
        "end_mandate": ending("mandate_id"),
        "change_account": {"version": version(side, "user_id"), "name": "Tên Khác"},
        "deactivate_account": {"version": version(side, "user_id")},
        "reactivate_account": {"version": version(side, "shut_id")},
        "add_grant": {"role": "auditor", "organisation_id": n["organisation_id"]},
        "revoke_grant": None,
        "invite": {
            "email": "khach@khach.example", "name": "Khách", "organisation_id": n["organisation_id"],
            "grants": [{"role": "records_clerk", "organisation_id": n["organisation_id"]}],
        },
        "revoke_invitation": None,
        "turn_holding": {"is_on": False},
        "release_notices": {"ids": [n["notice_id"]]},
        "drop_notices": {"ids": [n["notice_id"]], "reason": f"Thử {code[:1]}"},
        "retry_notices": {"ids": [n["failed_id"]]},
        **of_work.routes(side),
        **of_lists.routes(side),
        **of_letters_declaring.routes(side),
        **of_letters_answering.routes(side),
        **of_letters_files.routes(side),
        **of_letters_report.routes(side),
        **of_letters_writing.routes(side),
        **of_letters_arriving.routes(side),
        **of_exchange.routes(side),
        **of_proofs.routes(side),
        **of_inside.routes(side),
    }  # fmt: skip


def queries(side: Side) -> tuple[dict[str, Any], ...]:
    """What is asked of every page and list: words and addresses of a side, and its records by their ids."""
    n, home = side.ids, side.id("organisation_id")
    by_id = {
        "organisation_id": home, "below_id": home, "holder_id": home, "over_id": home, "root": home, "from": home,
        "object_type": "organisations.organisation", "type": "organisations.organisation", "object": home, "object_id": home,
        "entry": n["seq"], "person_id": n["person_id"], "subject": "support", "at": "2025-01-01T00:00:00Z",
    }  # fmt: skip
    return (
        {"q": "thap nui", "text": "thap nui", "view": "list", "show": "all", "list": "l", "limit": 200,
         "address": f"{side.net}.70", "at": "2025-01-01T00:00"},
        {"organisation": side.code, "q": f"{side.net}.70", "form": "csv"},
        {**by_id, "organisation": home, "actor": n["user_id"], "actor_id": n["user_id"]},
    )  # fmt: skip


def swaps(side: Side, *, api: bool) -> dict[str, Any]:
    """Field to what stands there for a record of a side: a pick box takes a code, the rest ids."""
    n = side.ids
    home = n["organisation_id"] if api else side.code
    one = dict.fromkeys(("organisation_id", "parent_id", "operator_id", "over_id", "place_id", "successor"), home)
    many = {"from": [n["below_id"], n["heir_id"]], "contact": _contacts(side), "id": [n["notice_id"]]}
    parts = {f"part-{i}-parent_id": side.code for i in (0, 1)}
    api_only = {
        "holder_id": home, "contact_ids": _contacts(side), "predecessor_ids": [n["below_id"], n["heir_id"]], "ids": [n["notice_id"]], "successor_id": home,
        "grants": [{"role": "records_clerk", "organisation_id": home}],
        "successor": {"code": "gop-x", "kind": "commune", "name": "Xã Gộp", "parent_id": home},
    }  # fmt: skip
    many |= of_lists.swaps(side)
    return {
        **one,
        "person_id": n["person_id"],
        "entries": str(n["seq"]),
        "up": _contacts(side)[-1],
        **of_work.swaps(side, api=api),
        **of_letters_answering.swaps(side, api=api),
        **of_letters_writing.swaps(side, api=api),
        **of_letters_arriving.swaps(side, api=api),
    } | (api_only if api else many | parts)


STAMP = 777_777
"""A number that nothing has: where it stands afterwards, something was assigned that nobody may assign."""


def extras(side: Side) -> dict[str, Any]:
    """Fields that no form has, with what somebody would like to see there."""
    n = side.ids
    return {
        "id": n["organisation_id"], "pk": n["organisation_id"], "organisation": n["organisation_id"], "user": n["user_id"],
        "user_id": n["user_id"], "owner": n["user_id"], "owner_id": n["user_id"], "organisation_id": n["organisation_id"],
        "holder_id": n["organisation_id"], "version": STAMP, "rank": STAMP, "totp_step": STAMP, "n_sent": STAMP, "level": STAMP,
        "is_active": "", "is_support": "on", "is_staff": "on", "is_superuser": "on", "must_change_password": "on",
        "email_verified": "on", "everywhere": "on", "role": "administrator", "roles": "administrator",
        "grants": "administrator", "permissions": "accounts.edit", "granted_by": n["user_id"], "invited_by": n["user_id"],
        "state": "sent", "password": "zz-gán-bừa", "secret_hash": "zz-gán-bừa", "token_hash": "zz-gán-bừa", "folded": "zz-gán-bừa",
        "valid_from": "1999-01-01", "created_at": "1999-01-01", "_method": "DELETE",
    }  # fmt: skip


def _contacts(side: Side) -> list[int]:
    rows = models.ContactPoint.objects.filter(organisation_id=side.id("organisation_id")).order_by("rank", "pk")
    return list(rows.values_list("pk", flat=True))
