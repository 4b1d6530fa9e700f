"""Whether what somebody answers can stand: by the fields of the Task's kind. All faults at once."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils import timezone

from vonggac.desk.organisations.checks import Check
from vonggac.desk.work.kinds import Field, Kind
from vonggac.desk.work.rows import clean_rows
from vonggac.errors import N_

MOST_HOSTS = 1_000_000
_AHEAD = timedelta(minutes=10)
"""How far a clock may go ahead of ours."""


def clean_answer(check: Check, kind: Kind, result: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """``values`` (field name → value; texts, aware datetimes, whole numbers, lists of rows) as they are kept: plain, times as ISO texts in UTC."""
    check.one_of("result", result, tuple(kind.results))
    known = {field.name for field in kind.answer}
    for name in values:
        if name not in known:
            check.fault(name, N_("this kind of work asks no such thing"))
    kept = {}
    for field in kind.answer:
        value = _clean(check, field, values.get(field.name), is_needed=result in field.needed_for)
        if value not in (None, "", []):
            kept[field.name] = value
    _compare(check, kept)
    return kept


def _clean(check: Check, field: Field, value: Any, *, is_needed: bool) -> Any:
    if field.kind in ("line", "lines"):
        return check.text(field.name, value, most=field.most, needed=is_needed, lines=field.kind == "lines")
    if value in (None, "", []):
        if is_needed:
            check.fault(field.name, N_("this is needed"))
        return None
    if field.kind == "rows":
        return clean_rows(check, field, value)
    if field.kind == "moment":
        moment = check.moment(field.name, value, latest=timezone.now() + _AHEAD)
        return None if moment is None else moment.astimezone(UTC).isoformat()
    n_before = len(check.faults)
    number = check.whole(field.name, value, *((0, MOST_HOSTS) if field.kind == "count" else (1, 2**62)))
    return number if len(check.faults) == n_before else None


def _compare(check: Check, kept: Mapping[str, Any]) -> None:
    infected, cleaned, checked = (kept.get(name) for name in ("n_infected", "n_cleaned", "n_checked"))
    if infected is not None and cleaned is not None and cleaned > infected:
        check.fault("n_cleaned", N_("more hosts were cleaned than were infected"))
    if infected is not None and checked is not None and infected > checked:
        check.fault("n_infected", N_("more hosts were infected than were checked"))
    received, done = kept.get("received_at"), kept.get("done_at")
    if received and done and datetime.fromisoformat(done) < datetime.fromisoformat(received):
        check.fault("done_at", N_("it was done before it was received"))


def reason(check: Check, text: str, field: str = "reason") -> str:
    """Why, in 3 to 2000 characters."""
    kept = check.text(field, text, most=2000, needed=True, lines=True)
    if kept and len(kept) < 3:
        check.fault(field, N_("say why, in a few words"))
    return kept
