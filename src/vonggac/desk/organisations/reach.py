"""Keeps ``scope.Reach``: the closure of “stands above” and “succeeds”, exact after every change of the graph.

Every function runs inside the transaction of an action that holds the graph (:func:`hold_graph`).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence

from vonggac.desk.organisations.models import Organisation, Succession
from vonggac.desk.scope.models import Reach
from vonggac.errors import N_, Fault, InvalidValues

_BATCH = 5_000  # rows per statement

Edges = Mapping[int, Collection[int]]
"""Each organisation to those right above it: its parent and its successors."""


def hold_graph() -> None:
    """Make others who change the graph wait until this transaction ends."""
    # The oldest organisation stands for the graph: a row lock is all that both databases have in common.
    Organisation.objects.select_for_update().order_by("pk").values_list("pk").first()


def add_leaf(organisation_id: int, parent_id: int | None) -> None:
    """A new organisation, with nothing below it yet, stands under ``parent_id``."""
    above = (
        [] if parent_id is None else Reach.objects.filter(descendant_id=parent_id).values_list("ancestor_id", flat=True)
    )
    rows = [Reach(ancestor_id=one, descendant_id=organisation_id) for one in (*above, organisation_id)]
    Reach.objects.bulk_create(rows)


def refresh(changed: Iterable[int]) -> None:
    """Something above each of ``changed`` is new or gone: set right what reaches it and all that it reaches.

    Raises InvalidValues when an organisation would stand above itself.
    """
    changed = set(changed)
    below = set(Reach.objects.filter(ancestor_id__in=changed).values_list("descendant_id", flat=True)) | changed
    _write(below, closure(edges(), below))


def rebuild() -> None:
    """Set all of it right, after a bulk import."""
    everything = edges()
    ids = set(Organisation.objects.values_list("pk", flat=True))
    _write(ids, closure(everything, ids))


def edges() -> dict[int, set[int]]:
    """What stands right above what, from the records."""
    found: dict[int, set[int]] = {}
    for pk, parent in Organisation.objects.exclude(parent=None).values_list("pk", "parent_id"):
        if parent is not None:
            found.setdefault(pk, set()).add(parent)
    for predecessor, successor in Succession.objects.values_list("predecessor_id", "successor_id"):
        found.setdefault(predecessor, set()).add(successor)
    return found


def closure(above: Edges, wanted: Iterable[int]) -> dict[int, frozenset[int]]:
    """Who reaches each of ``wanted``, itself included. Raises InvalidValues when somebody stands above itself. Pure."""
    known: dict[int, frozenset[int]] = {}
    for start in wanted:
        path: list[tuple[int, Iterator[int]]] = [(start, iter(above.get(start, ())))] if start not in known else []
        on_path = {start}
        while path:
            node, rest = path[-1]
            step = next((one for one in rest if one not in known), None)
            if step is None:
                path.pop()
                on_path.discard(node)
                known[node] = frozenset({node}).union(*(known[one] for one in above.get(node, ())))
            elif step in on_path:
                raise InvalidValues(
                    [Fault("parent_id", N_("an organisation cannot stand below itself or below what it replaced"))]
                )
            else:
                path.append((step, iter(above.get(step, ()))))
                on_path.add(step)
    return known


def _write(below: set[int], reached: Mapping[int, frozenset[int]]) -> None:
    """Make the rows of Reach whose descendant is one of ``below`` say ``reached``, touching those only that differ."""
    wanted = {(ancestor, one) for one in below for ancestor in reached[one]}
    there: dict[tuple[int, int], int] = {}
    for some in _batches(sorted(below)):
        rows = Reach.objects.filter(descendant_id__in=some).values_list("ancestor_id", "descendant_id", "pk")
        there.update({(ancestor, one): pk for ancestor, one, pk in rows})
    gone = [pk for pair, pk in there.items() if pair not in wanted]
    for some in _batches(gone):
        Reach.objects.filter(pk__in=some).delete()
    new = sorted(wanted - there.keys())
    Reach.objects.bulk_create((Reach(ancestor_id=a, descendant_id=b) for a, b in new), batch_size=_BATCH)


def _batches(ids: Sequence[int]) -> Iterator[Sequence[int]]:
    return (ids[i : i + _BATCH] for i in range(0, len(ids), _BATCH))
