"""What is shipped as proposed: ``policy.yml`` as ClockPolicy records."""

from __future__ import annotations

from datetime import UTC, datetime, time
from importlib.resources import files
from typing import Any

import yaml

from vonggac.desk.work.models import ClockPolicy

_UNITS = {"m": 60, "h": 3600, "d": 86_400}


def propose(**_kwargs: Any) -> None:
    """Propose what is shipped, for each kind of which no policy is known at all."""
    known = set(ClockPolicy.objects.values_list("kind", flat=True).distinct())
    if new := [row for row in policies() if row.kind not in known]:
        ClockPolicy.objects.bulk_create(new)


def policies() -> list[ClockPolicy]:
    """The records that ``policy.yml`` stands for, not saved."""
    return [
        ClockPolicy(
            kind=row["kind"],
            priority=row["priority"],
            acknowledge_s=_seconds(row.get("acknowledge")),
            contain_s=_seconds(row.get("contain")),
            finish_s=_seconds(row.get("finish")),
            warn_s=_seconds(row["warn"]) or 0,
            climb_s=_seconds(row["climb"]) or 0,
            counts_working_time=row.get("working_time", False),
            source=row["source"],
            valid_from=datetime.combine(row["from"], time(), UTC),
        )
        for row in yaml.safe_load(files(__package__).joinpath("policy.yml").read_text("utf-8"))
    ]


def _seconds(text: str | None) -> int | None:
    return None if text is None else int(text[:-1]) * _UNITS[text[-1]]
