"""From what a reader found in a letter to what is proposed for the register: values, kinds of work, deadlines. Pure.

``found`` is a ``documents.letters.ReadLetter`` as plain values, with dates and times as ISO texts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Any, Final

from vonggac.desk.directives.arrivals import ARRIVING_FORMS, ArrivalValues
from vonggac.desk.directives.states import ACTION, URGENCIES
from vonggac.desk.directives.values import (
    MOST_ADDRESSEES,
    MOST_CLAUSES,
    MOST_DAYS,
    AddresseeValues,
    ClauseValues,
    LetterValues,
)
from vonggac.desk.searching import search_form

Found = Mapping[str, Any]

DAY_OVER: Final = time(17)
"""Until when a day lasts where the letter says none of its hours."""
_WORDS: Final = {
    "check_machines": re.compile(r"\b(?:ma doc|boc go|may tinh ma|botnet)\b"),
    "patch_systems": re.compile(r"\b(?:ban va|lo hong)\b"),
    "handle_cases": re.compile(r"\b(?:tin rac|tin nhan rac|cuoc goi rac|phan anh)\b"),
    "report_day": re.compile(r"\bbao cao\b.{0,80}\b(?:hang ngay|moi ngay)\b"),
    "declare": re.compile(
        r"\bke khai\b|\b(?:cu|gui|dang ky|cung cap|danh sach|thong tin|cap nhat)\b.{0,40}\bdau moi\b"
    ),
    "stand_duty": re.compile(r"\btruc\b(?! (?:tiep|thuoc|tuyen|quan)\b)"),
}
"""Kind of work to the words by which a clause asks for it, in search form."""
_NO_WORD: Final = re.compile(r"[\W_]+")
_SHORTEST_NAME: Final = 5
"""Characters: a shorter name of a group stands in texts by chance."""
_STEPS: Final = {
    "minutes": timedelta(minutes=1),
    "hours": timedelta(hours=1),
    "days": timedelta(days=1),
    "weeks": timedelta(days=7),
}


@dataclass(frozen=True, slots=True)
class Due:
    """A time that the letter names. ``at`` None: it has to be worked out by a person. ``clause``: path, empty outside."""

    kind: str
    written: str
    clause: str
    where: str
    at: datetime | None


@dataclass(frozen=True, slots=True)
class Proposal:
    """``values``: what is proposed; ``dues``: every time that the letter names; ``parents``: documents that it carries out."""

    values: ArrivalValues
    dues: Sequence[Due] = field(default=())
    parents: Sequence[Found] = field(default=())


def place_of(where: Found) -> str:
    """A place as "page:paragraph", or the paragraph alone where there are no pages; empty for nowhere."""
    page, paragraph = int(where.get("page") or 0), int(where.get("paragraph") or 0)
    return f"{page}:{paragraph}" if page else str(paragraph or "")


def kind_of(text: str) -> str:
    """The kind of work that a clause seems to ask for: by the first word that tells; else just to be carried out."""
    folded = search_form(text)
    hits = [(match.start(), kind) for kind, words in _WORDS.items() if (match := words.search(folded))]
    return min(hits)[1] if hits else "carry_out"


def groups_of(text: str, groups: Mapping[str, str]) -> list[str]:
    """Codes of those of ``groups`` (code to name) that a text names."""
    folded = f" {_words(text)} "
    return [
        code for code, name in groups.items() if len(_words(name)) > _SHORTEST_NAME and f" {_words(name)} " in folded
    ]


def _words(text: str) -> str:
    return " ".join(_NO_WORD.sub(" ", search_form(text)).split())


def proposed(found: Found, groups: Mapping[str, str], zone: tzinfo, today: date) -> Proposal:
    """What is proposed for the register from what was read."""
    dated = _day(found["dated"]["value"])
    dues = [_due(one, dated, zone) for one in found["deadlines"]]
    period = next((one for one in found["deadlines"] if one["kind"] == "period" and one["begins"] and one["day"]), None)
    begins, ends = (None, None) if period is None else (_day(period["begins"]), _day(period["day"]))
    if begins and ends and not 0 <= (ends - begins).days < MOST_DAYS:
        begins = ends = None
    parents = [one for one in found["references"] if one["relation"] == "parent"]
    signer, form = found["signatory"]["value"], found["form"]["value"]
    said = LetterValues(
        subject=_cut(found["subject"]["value"], 500), form=form if form in ARRIVING_FORMS else "khac",
        symbol=_cut(found["symbol"]["value"], 40), superior_name=_cut(found["superior"]["value"], 250), place=_cut(found["place"]["value"], 80),
        opening="\n".join(one["value"] for one in found["opening"])[:50_000],
        closing="\n".join(one["value"] for one in found["closing"])[:50_000],
        urgency=found["urgency"]["value"] if found["urgency"]["value"] in URGENCIES else "",
        deadline=_of_letter(dues), period_from=begins, period_until=ends,
        signer_name=_cut(signer["name"], 120), signer_title=_cut(signer["title"], 120), signer_for=_cut(", ".join(signer["on_behalf"]), 120),
        clauses=list(_clauses(found, dues, groups))[:MOST_CLAUSES],
        addressees=[AddresseeValues(ACTION, True, words=_cut(one["words"], 250)) for one in found["addressed"][:MOST_ADDRESSEES]],
    )  # fmt: skip
    values = ArrivalValues(
        said, today, reference=_cut(found["reference"]["value"], 60), dated=dated, issuer_name=_cut(found["issuer"]["value"], 250),
        parent_reference=_cut(parents[0]["number"], 60) if parents else "",
    )  # fmt: skip
    return Proposal(values, dues, parents)


def _clauses(found: Found, dues: Sequence[Due], groups: Mapping[str, str]) -> Iterator[ClauseValues]:
    daily = {due.clause for due in dues if due.kind == "daily"}
    ends = {due.clause: due.at for due in dues if due.clause and due.at is not None}

    def walk(node: Found, above: list[str]) -> Iterator[ClauseValues]:
        title, text = _title_and_text(node)
        named = groups_of(node["text"], groups) or above
        is_leaf, path = not node["children"], node["path"]
        kind = kind_of(node["text"]) if is_leaf else ""
        if is_leaf and path in daily:
            kind = "report_day"
        yield ClauseValues(
            title,
            _cut(path, 12),
            text,
            kind,
            named,
            ends.get(path) if is_leaf else None,
            kind == "report_day" and path in daily,
        )
        for child in node["children"]:
            yield from walk(child, named)

    for top in found["clauses"]:
        yield from walk(top, [])


def _title_and_text(node: Found) -> tuple[str, str]:
    """The head of a clause, and what its text says beyond that."""
    text = str(node["text"]).strip()
    title = " ".join(str(node["title"]).split()).rstrip(" :;./") or text
    if len(title) <= 250 and text.startswith(title):
        return title or node["mark"], text[len(title) :].lstrip(" :;./")
    return _cut(title, 250) or node["mark"], text


def _due(one: Found, dated: date | None, zone: tzinfo) -> Due:
    at: datetime | None = None
    hour = time.fromisoformat(one["time"]) if one["time"] else DAY_OVER
    day = _day(one["day"])
    if one["kind"] in ("date", "period") and day is not None:
        at = datetime.combine(day, hour, zone)
    elif one["kind"] == "daily" and dated is not None and one["time"]:
        at = datetime.combine(dated, hour, zone)
    elif one["kind"] == "within" and dated is not None and one["unit"] in ("days", "weeks"):
        at = datetime.combine(dated + one["amount"] * _STEPS[one["unit"]], DAY_OVER, zone)
    return Due(
        one["kind"], one["written"], one["clause"], place_of(one["where"]), None if at is None else at.astimezone(UTC)
    )


def _of_letter(dues: Sequence[Due]) -> datetime | None:
    """By when all of it is asked: what is said outside its clauses, else the last time that one of them names."""
    ends = [due for due in dues if due.kind in ("date", "within") and due.at is not None]
    outside = [due.at for due in ends if not due.clause]
    times = [at for at in (outside or [due.at for due in ends]) if at is not None]
    return max(times) if times else None


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


def _cut(text: str | None, most: int) -> str:
    return " ".join((text or "").split())[:most].rstrip()
