"""After a version is published: what it tells is kept as indicators, and what was done is held against it."""

from __future__ import annotations

from collections.abc import Iterator

from vonggac.desk.intel.actions.indicators import Draft, tell_indicators
from vonggac.desk.intel.models import ListRow, ListVersion
from vonggac.desk.intel.staging import life, looking_again
from vonggac.desk.scope.asker import Asker


def look_again(asker: Asker, version: ListVersion, run: str) -> None:
    """Both, then the version is done with. After a kill it is done again from the start, which changes nothing twice. Raises Superseded."""
    source = version.indicator_list.code
    tell_indicators(asker, _drafts(version, run), source, str(version.n))
    looking_again.look_again(asker, version, run)
    life.move_on(version.pk, run, "published", {"is_rechecked": True})


def _drafts(version: ListVersion, run: str) -> Iterator[Draft]:
    """What infected hosts talk to, and what hostile lists name: never addresses of ours, and nothing that waits for a decision."""
    found = ListRow.objects.filter(version=version, role="hostile", decision__in=("", "act"))
    for n, row in enumerate(found.exclude(attribution="owner").order_by("pk").iterator(chunk_size=2000)):
        if n % life.PIECE == 0:
            life.beat(version.pk, run)
        yield Draft(
            row.kind, row.value, "hostile", row.family, version.tlp, version.confidence, row.first_seen, row.last_seen,
            expires_at=version.expires_at, port=row.port, warnings=row.warnings, note=row.note,
        )  # fmt: skip
