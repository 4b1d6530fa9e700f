"""Rows that nobody owns become questions to the telco in whose network the address lay."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils import timezone

from vonggac.desk.intel.models import ListRow
from vonggac.desk.intel.queries.lists import list_version
from vonggac.desk.intel.staging.applying import title_of
from vonggac.desk.intel.staging.life import IMPORT
from vonggac.desk.organisations.models import Organisation
from vonggac.desk.organisations.validity import valid_at
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import require
from vonggac.desk.searching import search_form
from vonggac.desk.work.actions.attribution import MOST_QUESTIONS, Asked, Question, ask_holders, providers
from vonggac.errors import N_, Fault, InvalidValues


def request_attribution(asker: Asker, version_id: int, row_ids: Sequence[int] | None = None) -> Asked:
    """Ask the telcos who held the addresses of a version that lie in nobody's network (of these rows only): MOST_QUESTIONS at most.

    The telco is found by its networks at that time, else by the name that the list gives. What was asked before is not asked again.
    Needs lists.import everywhere and work.assign. Raises InvalidValues when there is nothing to ask, or nobody.
    """
    version = list_version(asker, version_id)
    require(asker, IMPORT, None)
    if version.state != "published":
        raise InvalidValues([Fault("", N_("publish the version first: questions are asked once, of what is final"))])
    found = ListRow.objects.filter(version=version, attribution="nobody", kind__in=("ipv4", "ipv6"), at__isnull=False)
    if row_ids is not None:
        found = found.filter(pk__in=list(row_ids)[:MOST_QUESTIONS])
    provider, named = providers(asker), _telcos()
    code, after, refused = version.indicator_list.code, 0, None
    while rows := list(found.filter(pk__gt=after).order_by("pk")[:MOST_QUESTIONS]):
        questions = []
        for row in rows:
            assert row.at is not None  # noqa: S101  # asked for above
            known = provider(row.value, row.at)
            asked = known.pk if known is not None else named.get(search_form(row.told_organisation))
            questions.append(
                Question(row.value, row.port or None, row.at, asked, priority=row.priority, about=_about(row, code))
            )
        try:
            return ask_holders(asker, questions, title=title_of(version))
        except InvalidValues as error:  # of these nobody is left to ask: what comes after them may have somebody
            after, refused = rows[-1].pk, error
    raise refused or InvalidValues([Fault("", N_("there is no row whose holder could be asked for"))])


def _about(row: ListRow, code: str) -> dict[str, object]:
    return {
        "malware": row.family, "destination": row.destination, "destination_port": row.destination_port, "list": code,
        "first_seen": None if row.first_seen is None else row.first_seen.isoformat(),
        "last_seen": None if row.last_seen is None else row.last_seen.isoformat(),
    }  # fmt: skip


def _telcos() -> dict[str, int]:
    """Names of the telcos that there are, in search form, to their ids."""
    rows = Organisation.objects.filter(valid_at(timezone.now()), kind="telco").order_by("pk")
    found: dict[str, int] = {}
    for pk, name, short_name in rows.values_list("pk", "name", "short_name"):
        for text in filter(None, (name, short_name)):
            found.setdefault(search_form(text), pk)
    return found
