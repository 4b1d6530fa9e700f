"""Answers to a letter of tests, as its recipients give them, and the report on it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from letter_of import Holiday
from province import granted

from vonggac.desk.directives.actions import reporting
from vonggac.desk.directives.models import Letter, ReportPart
from vonggac.desk.work import actions

PEOPLE = [{"day": "31/12", "name": "Nguyễn Văn Mẫu", "phone": "0000 000 001"}]
CHECKED = {"n_servers": 2, "n_workstations": 1030, "n_checked": 1032, "n_infected": 3, "n_cleaned": 3}
HOSTILE = "Thiếu cán bộ {{ 7*7 }} {% raw %} <b>&</b> \"'"


def answer(holiday: Holiday, code: str, place: int, result: str, **values: Any) -> None:
    """An organisation answers the clause in this place of its Tasks."""
    task = holiday.tasks(code)[place]
    who = granted(("agency_officer", holiday.province[code]))
    actions.submit(who, task.pk, task.version, result=result, values=values)


def judge(holiday: Holiday, code: str, place: int, *, accepts: bool) -> None:
    """The centre accepts or returns it."""
    task = holiday.tasks(code)[place]
    reviewer = replace(granted(("analyst", None)), user_id=77)
    if accepts:
        actions.accept(reviewer, [(task.pk, task.version)])
    else:
        actions.return_(reviewer, [(task.pk, task.version)], "Số máy chưa khớp")


def some_answers(holiday: Holiday) -> Holiday:
    """Đông Hòa answered all (one accepted), Tây Sơn one clause partly, the answer of Đường Mai was returned, the telco is silent."""
    answer(holiday, "donghoa", 0, "done", n_people=4, people=PEOPLE, difficulties=HOSTILE, proposals="Cấp kinh phí")
    answer(holiday, "donghoa", 1, "done", **CHECKED, difficulties=HOSTILE.lower())
    answer(
        holiday, "tayson", 1, "partly", reason="Thiếu công cụ", **{**CHECKED, "n_cleaned": 1}, difficulties="Không có."
    )
    answer(holiday, "duongmai", 1, "done", **CHECKED)
    judge(holiday, "donghoa", 0, accepts=True)
    judge(holiday, "duongmai", 1, accepts=False)
    return holiday


def begun(holiday: Holiday) -> Letter:
    """The draft of a report on the letter, begun by the clerk."""
    return reporting.begin_report(holiday.province.asker("records_clerk"), holiday.letter.pk)


def part_of(report: Letter, key: str) -> ReportPart:
    """The part of this key, or the one on the clause in this place (``clause:1``)."""
    rows = ReportPart.objects.filter(letter=report).order_by("n")
    if key.startswith("clause:"):
        return rows.filter(key__startswith="clause:")[int(key.partition(":")[2])]
    return rows.get(key=key)
