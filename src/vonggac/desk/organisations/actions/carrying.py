"""What an organisation that ends hands over: each record ends with it and goes on, as a new one, with the successor."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from django.db.models import F, Max

from vonggac.desk.audit.actions import Recording, snapshot
from vonggac.desk.organisations.actions.graph import move, still_open
from vonggac.desk.organisations.editing import end, update
from vonggac.desk.organisations.models import (
    ContactPoint,
    InformationSystem,
    Mandate,
    Network,
    Organisation,
    Person,
    SystemAddress,
)
from vonggac.desk.scope.asker import Asker
from vonggac.desk.scope.rule import may_on
from vonggac.desk.searching import search_form

NOUNS: Mapping[str, tuple[Any, str]] = {
    "organisations": (Organisation, "parent_id"),
    "people": (Person, "organisation_id"),
    "contacts": (ContactPoint, "organisation_id"),
    "networks": (Network, "organisation_id"),
    "systems": (InformationSystem, "organisation_id"),
    "mandates": (Mandate, "holder_id"),
}
"""What can go to a successor: its records and which column says whose they are."""

_MOVED_WITH = {"contacts": "people"}
_BATCH = 2_000  # rows per statement


@dataclass
class Carrier:
    """Hands over what ``old`` holds at ``at`` or later. ``targets``: for each noun the successor of single records, by id;
    ``rest`` gets all else (None: it ends); nouns that are not among ``moves`` end. ``together``: the ids of all that end with it.
    """

    record: Recording
    asker: Asker
    old: Organisation
    at: datetime
    basis: str
    targets: Mapping[str, Mapping[int, Organisation]]
    rest: Organisation | None
    moves: frozenset[str]
    together: frozenset[int]
    _people: dict[int, Person] = field(default_factory=dict)
    _last_rank: dict[int, int] = field(default_factory=dict)
    _codes: dict[int, set[str]] = field(default_factory=dict)
    _mandates: set[tuple[int, str, int | None]] = field(default_factory=set)

    def carry(self, successors: Sequence[Organisation]) -> None:
        """Hand everything over; ``successors`` are all who take over."""
        self._children(successors)
        self._each("people", self._keep_person)
        self._each("contacts", self._place_contact)
        self._each("networks")
        self._each("systems", self._code_system, self._carry_addresses)
        self._each("mandates", self._over_successor)
        if self.rest is not None:
            self._operated(self.rest)

    def _target(self, noun: str, row: Any) -> Organisation | None:
        if _MOVED_WITH.get(noun, noun) not in self.moves:
            return None
        return self.targets.get(noun, {}).get(row.pk, self.rest)

    def _children(self, successors: Sequence[Organisation]) -> None:
        # Those that end together keep their places: they end where they stood.
        staying = {one.pk for one in successors} | self.together
        below = Organisation.objects.filter(parent=self.old, valid_until=None).exclude(pk__in=staying)
        for child in below.order_by("pk"):
            target = self.targets["organisations"].get(child.pk, self.rest)
            assert target is not None  # noqa: S101  # checked before: nobody may be left below
            move(self.record, child, target.pk, self.at, self.basis)

    def _each(
        self,
        noun: str,
        prepare: Callable[[Any, Any, Organisation], bool | None] | None = None,
        follow: Callable[[Sequence[tuple[Any, Any]]], None] | None = None,
    ) -> None:
        """The records of ``noun`` end at ``at`` and go on with their targets; those that begin later are handed over whole.

        ``prepare(row, new, target)`` may adapt the new record or say False: it is not to be made. ``follow``: with all pairs.
        """
        model, owner = NOUNS[noun]
        ended: list[Any] = []
        pairs: list[tuple[Any, Any]] = []
        for row in still_open(model.objects.filter(**{owner: self.old.pk}), self.at):
            target = self._target(noun, row)
            if row.valid_from is not None and row.valid_from >= self.at:
                self._hand_over(row, owner, target, prepare)
                continue
            ended.append(row)
            if target is None:
                continue
            new = _copy(row, {owner: target.pk, "valid_from": self.at, "version": 1})
            if prepare is None or prepare(row, new, target) is not False:
                pairs.append((row, new))
        self._end(model, ended)
        self._make(model, [new for _, new in pairs])
        if follow is not None:
            follow(pairs)

    def _hand_over(self, row: Any, owner: str, target: Organisation | None, prepare: Any) -> None:
        before = snapshot(row)
        if target is not None:
            setattr(row, owner, target.pk)
        if target is None or (prepare is not None and prepare(row, row, target) is False):
            setattr(row, owner, before[owner])
            end(self.record, row, self.at)
            return
        row.version += 1
        row.save(force_update=True)
        self.record.changed(row, before)

    def _end(self, model: Any, rows: Sequence[Any]) -> None:
        for some in _batches(rows):
            model.objects.filter(pk__in=[row.pk for row in some]).update(valid_until=self.at, version=F("version") + 1)
        for row in rows:
            before = snapshot(row)
            row.valid_until = self.at
            row.version += 1
            self.record.changed(row, before)

    def _make(self, model: Any, rows: Sequence[Any]) -> None:
        for row in model.objects.bulk_create(rows, batch_size=_BATCH):
            self.record.created(row)

    def _keep_person(self, row: Person, new: Person, target: Organisation) -> None:
        self._people[row.pk] = new

    def _place_contact(self, row: ContactPoint, new: ContactPoint, target: Organisation) -> None:
        """At the end of the successor's ladder, in the old order; still the person's who went to the same successor."""
        if target.pk not in self._last_rank:
            rows = ContactPoint.objects.filter(organisation=target, valid_until=None)
            self._last_rank[target.pk] = rows.aggregate(last=Max("rank"))["last"] or 0
        new.rank = min(self._last_rank[target.pk] + row.rank, 999)
        person = None if row.person_id is None else self._people.get(row.person_id)
        new.person = person if person is not None and person.organisation_id == target.pk else None

    def _code_system(self, row: InformationSystem, new: InformationSystem, target: Organisation) -> None:
        """Two systems of one owner cannot have one code: then the old owner's code is put behind, and that is noted."""
        if row.operator_id == self.old.pk:
            new.operator_id = target.pk
        if target.pk not in self._codes:
            taken = InformationSystem.objects.filter(organisation=target).values_list("code", flat=True)
            self._codes[target.pk] = set(taken)
        code, number = row.code, 1
        while code in self._codes[target.pk]:
            number += 1
            suffix = f".{self.old.code}" if number == 2 else f".{self.old.code}.{number}"
            code = f"{row.code[: 60 - len(suffix)]}{suffix}"
        self._codes[target.pk].add(code)
        if code != row.code:
            self.record.note(code_was=row.code, code_is=code)
            new.code, new.folded = code, search_form(code, new.name)

    def _carry_addresses(self, pairs: Sequence[tuple[Any, Any]]) -> None:
        by_old = {row.pk: new for row, new in pairs}
        for some in _batches(list(by_old)):
            found = SystemAddress.objects.filter(system__in=some).order_by("pk")
            copies = [SystemAddress(system=by_old[one.system_id], value=one.value, key=one.key) for one in found]
            self._make(SystemAddress, copies)

    def _over_successor(self, row: Mandate, new: Mandate, target: Organisation) -> bool:
        """What was over a predecessor is over the successor; one mandate is enough where several had the same."""
        if new.over_id in self.together:
            new.over_id = target.pk
        key = (target.pk, new.subject, new.over_id)
        if key in self._mandates or _has_mandate(target.pk, new.subject, new.over_id, self.at):
            return False
        self._mandates.add(key)
        return True

    def _operated(self, operator: Organisation) -> None:
        """Systems of others that ``old`` operated, where the asker may say so, are operated by ``operator``: it has no history."""
        rows = InformationSystem.objects.filter(operator=self.old).exclude(organisation=self.old)
        for row in still_open(rows, self.at):
            if may_on(self.asker, "systems.edit", row.organisation_id):
                update(self.record, row, row.version, {"operator_id": operator.pk})


def mandates_over(
    record: Recording,
    asker: Asker,
    old: Sequence[Organisation],
    new: Sequence[Organisation],
    at: datetime,
    *,
    is_new: bool,
) -> None:
    """Mandates of others over ``old`` go on over ``new`` where that gives nobody power over more than before.

    That is so when ``old`` was split, or when somebody held the same over all that merged into a new one. Those that could not
    go on, and those of holders on whom the asker may change nothing, stay as they are and are noted.
    """
    rows = still_open(Mandate.objects.filter(over__in=[one.pk for one in old]), at)
    groups: dict[tuple[int, str], list[Mandate]] = {}
    for row in rows:
        groups.setdefault((row.holder_id, row.subject), []).append(row)
    left: list[int] = []
    for (holder_id, subject), some in groups.items():
        is_whole = len(new) > 1 or (is_new and {row.over_id for row in some} == {one.pk for one in old})
        has_begun = all(row.valid_from is None or row.valid_from < at for row in some)
        if not (is_whole and has_begun and may_on(asker, "organisations.edit", holder_id)):
            left += [row.pk for row in some]
            continue
        ends = [row.valid_until for row in some]
        until = None if None in ends else max(one for one in ends if one is not None)
        for row in some:
            end(record, row, at)
        for one in new:
            if not _has_mandate(holder_id, subject, one.pk, at):
                values = {"holder_id": holder_id, "subject": subject, "over": one, "basis": some[0].basis}
                record.created(Mandate.objects.create(**values, valid_from=at, valid_until=until))
    if left:
        record.note(mandates_left=left)


def _has_mandate(holder_id: int, subject: str, over_id: int | None, at: datetime) -> bool:
    rows = Mandate.objects.filter(holder_id=holder_id, subject=subject, over_id=over_id)
    return bool(still_open(rows, at).exists())


def _copy(row: Any, values: Mapping[str, Any]) -> Any:
    columns = [column for column in row._meta.concrete_fields if not column.primary_key]  # noqa: SLF001  # Django's model API
    return type(row)(**{**{column.attname: getattr(row, column.attname) for column in columns}, **values})


def _batches(rows: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (rows[i : i + _BATCH] for i in range(0, len(rows), _BATCH))
