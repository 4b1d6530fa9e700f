"""Who it was inside on one side: a log looked through, a question whose answer waits, and what is sent through their doors."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django.core.files.uploadedfile import SimpleUploadedFile

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.scope.asker import Origin
from vonggac.desk.work import actions
from vonggac.desk.work.actions import Draft
from vonggac.desk.work.models import HostSearch, Task

AT = datetime(2026, 1, 1, 1, tzinfo=UTC)
LOG = b"2026-01-01T08:00:00+07:00 gw conntrack[4]: [NEW] tcp 6 120 SYN_SENT src=10.1.0.7 dst=192.0.2.9 sport=5 dport=443\n"
OTHERS = {"task-pass-on": ("task_id", "question_id"), "pass_on_answer": ("task_id", "question_id")}
NEEDS = {
    "ask_holder": "work.assign", "pass_on_answer": "work.assign", "list_host_searches": "work.answer", "drop_log": "work.answer",
}  # fmt: skip


def fill(side: Any, ruler: Any) -> None:
    """A log at the first Task of a side, and a question to the side itself that was answered and accepted."""
    by, home = asker_of(ruler, Origin("web")), side.id("organisation_id")
    HostSearch.objects.create(
        task_id=side.id("task_id"), state="done", file_name=f"nhat-ky-{side.text}.log", size=9, sha256="0" * 64, by_name=f"Bà {side.text}",
        via="web", n_events=1, n_found=1, faults=[[f"dòng {side.text}", "protected by a password", {}]],
        found=[{"host": f"may-{side.text}", "by": "contact", "n": 1, "first": "", "last": "", "destination": "192.0.2.9"}],
    )  # fmt: skip
    address = f"{side.net}.90"
    details = {"address": address, "port": 90, "at": AT.isoformat()}
    question = actions.open_task(by, Draft("identify_holder", home, f"{address}:90 {side.text}", address, details))
    values = {"holder": home, "inner_address": "10.1.0.7", "evidence": f"Nhật ký {side.text}"}
    actions.submit(by, question.pk, 1, result="identified", values=values, came_by="phone", told_by=f"Ông {side.text}")
    actions.accept(by, [(question.pk, 2)])
    side.ids["question_id"] = question.pk


def _version(side: Any) -> int:
    return int(Task.objects.values_list("version", flat=True).get(pk=side.id("question_id")))


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""
    return {
        "task-hosts": {"file": SimpleUploadedFile("gw.log", LOG)},
        "task-ask-holder": {
            "address": f"{side.net}.70",
            "port": "70",
            "at": "2026-01-01T08:00",
            "organisation_id": f"{side.code}-con",
        },
        "task-pass-on": {"version": _version(side)},
    }


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there."""
    asked = {
        "address": f"{side.net}.70",
        "port": 71,
        "at": "2026-01-01T08:00:00+07:00",
        "organisation_id": side.id("below_id"),
    }
    return {"ask_holder": asked, "pass_on_answer": {"version": _version(side)}, "drop_log": LOG}
