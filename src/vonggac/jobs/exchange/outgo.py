"""Indicators out to others, as STIX 2.1 or MISP: only what the Traffic Light Protocol lets the reader have, and written down."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import orjson
from django.utils import timezone

from vonggac.desk.intel.actions.indicators import record_export
from vonggac.desk.intel.queries.indicators import AUDIENCES, Filters, sightings_of, to_share
from vonggac.desk.organisations.checks import Check
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.errors import N_
from vonggac.jobs.exchange import misp, stix
from vonggac.jobs.exchange.intake import FORMS

MOST: Final = 50_000
"""Indicators of one file: it is made in memory."""


@dataclass(frozen=True, slots=True)
class Shared:
    """A file for others. ``n_left_out``: how many fit the filters and must not be in it."""

    content: bytes
    file_name: str
    n: int
    n_left_out: int


def share(asker: Asker, filters: Filters, *, form: str, audience: str, recipient: str = "") -> Shared:
    """What ``audience`` (of AUDIENCES) may have of what fits ``filters``. Who gets TLP:RED is named. Needs indicators.view everywhere.

    Raises InvalidValues, also for more than MOST.
    """
    require(asker, "indicators.view", None)
    check = Check()
    check.one_of("form", form, tuple(FORMS))
    check.one_of("audience", audience, tuple(AUDIENCES))
    recipient = check.text("recipient", recipient, most=250, needed=audience == "named")
    check.done()
    rows, n_left_out = to_share(asker, filters, audience)
    found = list(rows[: MOST + 1])
    if len(found) > MOST:
        check.fault("", N_("these are more than {most} indicators: narrow the filters"), most=MOST)
    check.done()
    now = timezone.now()
    content: dict[str, Any]
    if form == "stix":
        content = stix.bundle(found, sightings_of(asker, [row.pk for row in found]))
    else:
        content = misp.event(found, info=f"Vọng Gác {now:%Y-%m-%d}", at=now)
    record_export(asker, form=form, audience=audience, recipient=recipient, n=len(found), n_left_out=n_left_out)
    data = orjson.dumps(content, option=orjson.OPT_INDENT_2)
    return Shared(data, f"indicators-{audience}-{now:%Y%m%d-%H%M}.{form}.json", len(found), n_left_out)
