"""A letter at size: a province of recipients with somebody at each, a letter of many clauses, issued; and answers to all of it.

Django is ready when this is imported, and the database is migrated and empty. Everything is invented; the same for the same size.
"""

from __future__ import annotations

import random
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from vonggac.desk.accounts.models import Grant, User
from vonggac.desk.directives import actions
from vonggac.desk.directives.models import Letter
from vonggac.desk.directives.values import AddresseeValues, ClauseValues, LetterValues
from vonggac.desk.organisations import actions as directory
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.scope.asker import Asker, Held, Origin, machine
from vonggac.desk.searching import search_form
from vonggac.desk.work.kinds import BY_NAME, Kind
from vonggac.desk.work.models import Answer, Task
from vonggac.desk.work.tallies import counted, kept, move

START = datetime(2020, 1, 1, tzinfo=UTC)
SETTLED = (
    "Ủy ban nhân dân xã",
    "Ủy ban nhân dân phường",
    "Trung tâm Y tế khu vực",
    "Ban Quản lý dự án đầu tư xây dựng khu vực",
)
WORDS = "Đông Hòa Tây Sơn Nam Lĩnh Bắc Thượng Thạch Lâm Đường Mai Quảng Trạch Hương Khê Vĩnh Phước Nghĩa Thuận Cẩm Xuyên".split()
KINDS = (
    "stand_duty", "carry_out", "check_machines", "patch_systems", "carry_out", "check_machines", "carry_out", "handle_cases",
    "carry_out", "patch_systems", "carry_out", "handle_cases", "carry_out", "stand_duty",
)  # fmt: skip
"""Kinds of the clauses, repeated for more."""
TITLES = (
    "Tổ chức trực, giám sát an toàn thông tin 24/7", "Theo dõi cảnh báo, chia sẻ thông tin về hệ thống giám sát tập trung",
    "Rà soát, bóc gỡ mã độc trên toàn bộ máy chủ, máy trạm", "Cập nhật bản vá theo cảnh báo", "Săn lùng mối nguy hại",
    "Rà quét máy chủ công khai", "Kiểm tra phương án ứng cứu, khôi phục nhanh", "Tiếp nhận, xử lý phản ánh tin nhắn rác",
    "Phổ biến, quán triệt tới cán bộ", "Rà soát cấu hình thiết bị mạng", "Sao lưu dữ liệu quan trọng", "Xử lý yêu cầu của cơ quan chức năng",
    "Kiểm tra tài khoản đặc quyền", "Duy trì đầu mối liên hệ",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filled:
    """The letter, and how long it took to issue it."""

    letter: Letter
    issue_s: float


def fill(n_recipients: int, n_clauses: int) -> Filled:
    """An office, its recipients with an officer each, and a letter to all of them that is issued and sent."""
    by = machine("benchmark")
    office = directory.create_organisation(
        by, code="SO", parent_id=None, kind="department", name="Sở Khoa học và Công nghệ", valid_from=START
    )
    directory.add_mandate(by, office.pk, subject="state_management", over_id=None, basis="Quyết định 1/QĐ-UBND")
    for n in range(n_recipients):
        kind = "agency" if n % 5 == 4 else "commune"
        name = f"{SETTLED[n % len(SETTLED)]} {WORDS[n * 2 % len(WORDS)]} {WORDS[(n * 2 + 1) % len(WORDS)]} {n + 1}"
        one = directory.create_organisation(
            by, code=f"D{n}", parent_id=office.pk, kind=kind, name=name, valid_from=START
        )
        _person(f"canbo{n}", "agency_officer", one)
    _person("lanhdao", "leader", office)
    groups = [
        actions.save_group(by, None, 0, code=code, name=name, kinds=[kind])
        for code, name, kind in (
            ("xa", "Ủy ban nhân dân các xã, phường", "commune"),
            ("coquan", "Các cơ quan, đơn vị", "agency"),
        )
    ]
    clauses = [
        ClauseValues(
            TITLES[n % len(TITLES)],
            f"{1 + n // 6}.{'abcdef'[n % 6]}",
            "Thực hiện theo hướng dẫn.",
            KINDS[n % len(KINDS)],
        )
        for n in range(n_clauses)
    ]
    row = actions.create(
        by, office.pk,
        LetterValues(
            subject="Tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ", symbol="SKHCN-CNTT", place="Thạch Lâm",
            opening="Sở đề nghị:", closing="Đề nghị các đơn vị nghiêm túc thực hiện.", deadline=timezone.now() + timedelta(days=3),
            signer_title="GIÁM ĐỐC", signer_name="Nguyễn Văn Mẫu", clauses=clauses,
            addressees=[AddresseeValues("action", True, group_id=one.pk) for one in groups],
        ),
    )  # fmt: skip
    row = actions.approve(by, row.pk, row.version, confirms=True)
    begun = time.perf_counter()
    row = actions.issue(by, row.pk, row.version)
    return Filled(row, time.perf_counter() - begun)


def _person(username: str, role: str, where: Organisation) -> None:
    name, email = f"Nguyễn {username}", f"{username}@vonggac.example"
    user = User(
        username=username,
        name=name,
        email=email,
        organisation=where,
        password="!",
        folded=search_form(username, name, email),
    )
    user.save()
    Grant.objects.create(user=user, role=role, organisation=where, valid_from=START)


def values_for(kind: Kind, chance: random.Random) -> tuple[str, dict[str, Any]]:
    """A result of ``kind`` with values that can stand."""
    result = chance.choice((*("done",) * 16, "partly", "partly", "no"))
    values: dict[str, Any] = {}
    for one in kind.answer:
        if one.kind == "count":
            values[one.name] = {"n_infected": 3, "n_cleaned": 2}.get(one.name, chance.randrange(5, 60))
        elif one.kind == "rows" and one.needed_for:
            values[one.name] = [_row(one, n) for n in range(4)]
        elif one.kind in ("line", "lines") and (result in one.needed_for or one.name in ("difficulties", "proposals")):
            values[one.name] = f"Thiếu cán bộ chuyên trách, đề nghị hỗ trợ công cụ ({one.name})"
    return result, values


def _row(one: Any, n: int) -> dict[str, Any]:
    said = {"line": f"Nguyễn Văn {n}", "phone": f"0000 000 {n:03}"}
    return {column.name: said[column.kind] for column in one.columns if column.needed}


def answer_all(row: Letter, share: float = 1.0) -> int:
    """Answers of a letter's recipients, written in bulk: all of ``share`` of them, half of the others'; half are accepted. Gives how many."""
    chance = random.Random(3)  # no secret
    whole: dict[int, bool] = {}
    tasks = [
        task
        for task in Task.objects.filter(batch_id=row.batch_id).order_by("pk")
        if whole.setdefault(task.organisation_id, chance.random() < share) or chance.random() < 0.5
    ]
    before, now = kept(), timezone.now()
    answers = []
    for task in tasks:
        result, values = values_for(BY_NAME[task.kind], chance)
        task.state, task.turn = chance.choice((("submitted", "centre"), ("closed", "nobody")))
        task.result, task.proof, task.finish_met_at, task.version = result, "declared", now, 2
        verdict = "accepted" if task.state == "closed" else ""
        answers.append(Answer(task=task, at=now, by_name="Cán bộ", result=result, values=values, verdict=verdict))
    Task.objects.bulk_update(tasks, ["state", "turn", "result", "proof", "finish_met_at", "version"], batch_size=200)
    Answer.objects.bulk_create(answers, batch_size=500)
    after = counted()
    after.subtract(before)
    move(after)
    return len(answers)


def officer(organisation: Organisation, user_id: int) -> Asker:
    """Who answers for an organisation."""
    return Asker(user_id, "Cán bộ", (Held("agency_officer", organisation.pk),), Origin("web"))


def leader() -> Asker:
    """Who reads the table."""
    office = Organisation.objects.get(code="SO")
    return Asker(1, "Lãnh đạo", (Held("leader", office.pk),), Origin("web"))


def unanswered(row: Letter) -> Iterator[tuple[Organisation, Sequence[Task]]]:
    """Each recipient with what it has to answer."""
    tasks: dict[int, list[Task]] = {}
    for task in Task.objects.filter(batch_id=row.batch_id, turn="owner").order_by("pk"):
        tasks.setdefault(task.organisation_id, []).append(task)
    for one in Organisation.objects.filter(pk__in=tasks).order_by("pk"):
        yield one, tasks[one.pk]
