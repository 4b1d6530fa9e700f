from datetime import UTC, datetime, time
from importlib.resources import files
from typing import Any

import yaml
from django.db import migrations

_UNITS = {"m": 60, "h": 3600, "d": 86_400}


def _seconds(text: str | None) -> int | None:
    return None if text is None else int(text[:-1]) * _UNITS[text[-1]]


def propose(apps: Any, _schema: Any) -> None:
    """What policy.yml proposes."""
    policy = apps.get_model("work", "ClockPolicy")
    for row in yaml.safe_load(files("vonggac.desk.work").joinpath("policy.yml").read_text("utf-8")):
        policy.objects.create(
            kind=row["kind"],
            priority=row["priority"],
            acknowledge_s=_seconds(row.get("acknowledge")),
            contain_s=_seconds(row.get("contain")),
            finish_s=_seconds(row.get("finish")),
            warn_s=_seconds(row["warn"]),
            climb_s=_seconds(row["climb"]),
            counts_working_time=row.get("working_time", False),
            source=row["source"],
            valid_from=datetime.combine(row["from"], time(), UTC),
        )


class Migration(migrations.Migration):
    dependencies = [("work", "0001_initial")]
    operations = [migrations.RunPython(propose, migrations.RunPython.noop)]
