"""Work of one side and what is sent through its doors: a Task in each state that some act needs."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

from vonggac.desk.accounts.queries import asker_of
from vonggac.desk.scope.asker import Origin
from vonggac.desk.work import actions
from vonggac.desk.work.actions import Draft
from vonggac.desk.work.models import ClockPolicy, DayOff, Task

ANSWER = {
    "result": "cleaned", "tool": "Quét", "n_checked": 3, "n_infected": 1, "n_cleaned": 1, "evidence": "Nhật ký sạch",
    "received_at": "2026-01-01T08:00", "done_at": "2026-01-02T08:00",
}  # fmt: skip
VALUES = {**ANSWER, "received_at": "2026-01-01T08:00:00+07:00", "done_at": "2026-01-02T08:00:00+07:00"}
VALUES.pop("result")

OTHERS = {
    "task-accept": ("task_id", "reported_id"),
    "task-return": ("task_id", "reported_id"),
    "task-resume": ("task_id", "stopped_id"),
    "task-reopen": ("task_id", "withdrawn_id"),
    "task-approve": ("task_id", "proposed_id"),
    "resume_task": ("task_id", "stopped_id"),
}
"""Doors that fit a Task in some states only."""

NEEDS = {
    "list_tasks": "work.view", "count_tasks": "work.view", "read_task": "work.view", "task_timeline": "work.view",
    "open_task": "work.assign", "begin_task": "work.answer", "contain_task": "work.answer", "answer_task": "work.answer",
    "comment_task": "work.answer", "hand_over_task": "work.assign", "pause_task": "work.review", "resume_task": "work.review",
    "watch_task": "work.view", "unwatch_task": "work.view", "acknowledge_tasks": "work.answer", "answer_tasks": "work.answer",
    "accept_tasks": "work.review", "return_tasks": "work.review", "approve_tasks": "work.review", "reopen_tasks": "work.review",
    "withdraw_tasks": "work.review", "assign_tasks": "work.answer", "set_priority_of_tasks": "work.review",
    "move_tasks_to_policy": "work.review", "undo_tasks": "work.answer", "list_policies": "work.view", "propose_policy": "work.decide",
    "decide_policy": "work.decide", "list_days_off": "work.view", "add_day_off": "work.decide", "remove_day_off": "work.decide",
}  # fmt: skip

OF_THEIR_OWN = ("work-undo", "undo_tasks")
"""What one did oneself can be undone by oneself."""
EMPTY_HANDED = ("task-comment", "task-watch", "work-policy-decide")
"""Only POST does something, or nothing of an organisation is shown: times are the province's."""


def fill(side: Any, ruler: Any) -> None:
    """Give a side its work; every text ends with ``side.text``."""
    by, chief = asker_of(ruler, Origin("web")), asker_of(side.chief, Origin("web"))
    home = side.id("organisation_id")

    def made(n: int) -> Task:
        address = f"{side.net}.{n}"
        details = {"address": address, "malware": f"Mã độc {side.text}", "note": f"Ghi {side.text}"}
        return actions.open_task(by, Draft("clean_address", home, f"{address} {side.text}", address, details))

    rows = {
        name: made(n)
        for n, name in enumerate(("task_id", "reported_id", "stopped_id", "withdrawn_id", "proposed_id"), 70)
    }
    values = {**VALUES, "host": f"Máy {side.text}"}
    times = {name: datetime.fromisoformat(values[name]).astimezone(UTC) for name in ("received_at", "done_at")}
    actions.submit(by, rows["reported_id"].pk, 1, result="cleaned", values={**values, **times})
    actions.pause(by, rows["stopped_id"].pk, 1, f"Chờ {side.text}")
    actions.withdraw(by, [(rows["withdrawn_id"].pk, 1)], f"Trùng {side.text}")
    Task.objects.filter(pk=rows["proposed_id"].pk).update(state="proposed", turn="centre")  # no kind begins so yet
    actions.comment(chief, rows["task_id"].pk, f"Ý kiến {side.text}")
    many = [made(80), made(81)]
    bulk = actions.acknowledge(chief, [(one.pk, 1) for one in many]).bulk_id
    actions.save_view(chief, f"Khung nhìn {side.text}", "state=open")
    if not DayOff.objects.exists():  # the province's, not a side's
        actions.add_day_off(by, date(2026, 4, 30), "Ngày nghỉ")
    priority = 2 if side.code < "n" else 4
    policy = actions.propose_policy(by, kind="clean_address", priority=priority, source="Đề xuất", finish_s=86_400)
    side.ids |= {name: row.pk for name, row in rows.items()} | {"bulk_id": bulk or 0, "policy_id": policy.pk}


def _version(side: Any, name: str) -> int:
    return int(Task.objects.values_list("version", flat=True).get(pk=side.id(name)))


def _chosen(side: Any, name: str) -> list[dict[str, int]]:
    return [{"id": side.id(name), "version": _version(side, name)}]


def pages(side: Any) -> dict[str, dict[str, Any]]:
    """Name of a page to the form that is sent there."""

    def seen(name: str = "task_id", **values: Any) -> dict[str, Any]:
        return {"version": _version(side, name), **values}

    policy = ClockPolicy.objects.get(pk=side.id("policy_id"))
    return {
        "work-views": {"name": "Khung nhìn mới", "query": "state=open"},
        "work-bulk": {"do": "acknowledge", "sure": "1", "chosen": [f"{side.id('task_id')}:{_version(side, 'task_id')}"]},
        "work-undo": {"bulk": side.id("bulk_id")},
        "work-new": {"organisation_id": side.code, "subject": "Rà soát máy chủ", "text": "Rà soát", "priority": "3"},
        "work-policy-new": {"kind": "assignment", "priority": "2", "finish_s": "3d", "warn_s": "4h", "climb_s": "1d", "source": "CV 1"},
        "work-policy-decide": {"version": policy.version, "decision": "QĐ 1", "decided_on": "2026-01-05"},
        "work-days": {"day": "2026-09-02", "name": "Quốc khánh"},
        "task-acknowledge": seen(),
        "task-begin": seen(),
        "task-contain": seen(note="Đã ngắt"),
        "task-answer": seen(**ANSWER),
        "task-comment": {"text": "Ý kiến"},
        "task-watch": {"do": "watch"},
        "task-accept": seen("reported_id", note=""),
        "task-return": seen("reported_id", why="Thiếu biên bản"),
        "task-approve": seen("proposed_id"),
        "task-hand-over": seen(to_organisation_id=f"{side.code}-con", why="Dải của xã"),
        "task-assign": seen(user_id=""),
        "task-priority": seen(priority="1"),
        "task-pause": seen(why="Chờ nhà mạng"),
        "task-resume": seen("stopped_id"),
        "task-reopen": seen("withdrawn_id", why="Thấy lại"),
        "task-withdraw": seen(why="Trùng"),
    }  # fmt: skip


def routes(side: Any) -> dict[str, Any]:
    """Operation of the API to the body that is sent there; None: without one."""
    n = side.ids
    own, version = {"tasks": _chosen(side, "task_id")}, {"version": _version(side, "task_id")}
    reported = {"tasks": _chosen(side, "reported_id")}
    return {
        "open_task": {"kind": "assignment", "organisation_id": n["organisation_id"], "subject": "Rà soát máy chủ"},
        "begin_task": version,
        "contain_task": {**version, "note": "Đã ngắt"},
        "answer_task": {**version, "result": "cleaned", "values": VALUES},
        "comment_task": {"text": "Ý kiến"},
        "hand_over_task": {**version, "to_organisation_id": n["below_id"], "reason": "Dải của xã"},
        "pause_task": {**version, "reason": "Chờ nhà mạng"},
        "resume_task": {"version": _version(side, "stopped_id")},
        "watch_task": None,
        "unwatch_task": None,
        "acknowledge_tasks": own,
        "answer_tasks": {**own, "kind": "clean_address", "result": "cleaned", "values": VALUES},
        "accept_tasks": reported,
        "return_tasks": {**reported, "reason": "Thiếu biên bản"},
        "approve_tasks": {"tasks": _chosen(side, "proposed_id")},
        "reopen_tasks": {"tasks": _chosen(side, "withdrawn_id"), "reason": "Thấy lại"},
        "withdraw_tasks": {**own, "reason": "Trùng"},
        "assign_tasks": {**own, "user_id": None},
        "set_priority_of_tasks": {**own, "priority": 1},
        "move_tasks_to_policy": {**own, "policy_id": n["policy_id"], "reason": "Theo quyết định"},
        "undo_tasks": {"bulk_id": n["bulk_id"]},
        "propose_policy": {"kind": "assignment", "priority": 3, "finish_s": 86_400, "source": "CV 2"},
        "decide_policy": {
            "version": ClockPolicy.objects.values_list("version", flat=True).get(pk=n["policy_id"]),
            "decision": "QĐ 2", "decided_on": "2026-01-05",
        },
        "add_day_off": {"day": "2026-09-03", "name": "Quốc khánh"},
        "remove_day_off": {"day": "2026-04-30"},
    }  # fmt: skip


def swaps(side: Any, *, api: bool) -> dict[str, Any]:
    """Field to what stands there for a record of a side."""
    if api:
        return {
            "tasks": _chosen(side, "task_id"), "bulk_id": side.id("bulk_id"), "user_id": side.id("user_id"),
            "to_organisation_id": side.id("organisation_id"),
        }  # fmt: skip
    return {
        "chosen": [f"{side.id('task_id')}:{_version(side, 'task_id')}"], "bulk": side.id("bulk_id"), "user_id": side.id("user_id"),
        "to_organisation_id": side.code,
    }  # fmt: skip
