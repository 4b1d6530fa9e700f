"""Columns that are computed from other columns only when somebody reads them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import overload


class Derived(Sequence[object]):
    """``function`` of each value of ``base``: one value costs one call, reading all keeps the results."""

    __slots__ = ("_all", "_base", "_function")

    def __init__(self, function: Callable[..., object], base: Sequence[object]) -> None:
        self._function = function
        self._base = base
        self._all: list[object] | None = None

    def __len__(self) -> int:
        return len(self._base)

    @overload
    def __getitem__(self, index: int) -> object: ...

    @overload
    def __getitem__(self, index: slice) -> Sequence[object]: ...

    def __getitem__(self, index: int | slice) -> object:
        if isinstance(index, slice):
            return self._values()[index]
        if self._all is not None:
            return self._all[index]
        return self._function(self._base[index])

    def __iter__(self) -> Iterator[object]:
        return iter(self._values())

    def _values(self) -> list[object]:
        if self._all is None:
            self._all = list(map(self._function, self._base))
        return self._all
