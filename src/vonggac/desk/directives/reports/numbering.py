"""How the parts of a report are numbered: I., II. for parts, 1., 2. for what stands below one, I, II for appendices."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from vonggac.desk.directives.models import ReportPart
from vonggac.desk.directives.reports.parts import CLAUSE

_ONES = ("", "I", "II", "III", "IV", "V", "VI", "VII", "VIII", "IX")


class Numbered(NamedTuple):
    """A part with its number; empty for one that is left out. ``is_below``: it stands below the part before it."""

    part: ReportPart
    number: str
    is_below: bool

    @property
    def lines(self) -> list[str]:
        """Its paragraphs; of an appendix, which has tables, none."""
        return [] if self.part.is_appendix else [line for line in self.part.shown.splitlines() if line.strip()]


def is_below(part: ReportPart) -> bool:
    """Whether a part stands below the one before it: it tells of one clause."""
    return part.key.startswith(CLAUSE)


def numbered(parts: Iterable[ReportPart]) -> Iterator[Numbered]:
    """The parts, in order, with the numbers that they have in the document."""
    number = below = n_appendix = 0
    for part in parts:
        if part.is_left_out:
            yield Numbered(part, "", False)
        elif part.is_appendix:
            n_appendix += 1
            yield Numbered(part, roman(n_appendix), False)
        elif is_below(part) and number:
            below += 1
            yield Numbered(part, f"{below}.", True)
        else:
            number, below = number + 1, 0
            yield Numbered(part, f"{roman(number)}.", False)


def roman(number: int) -> str:
    """``IV`` for 4, up to 399."""
    hundreds, rest = divmod(number, 100)
    tens, ones = divmod(rest, 10)
    middle = "XC" if tens == 9 else "L" + "X" * (tens - 5) if tens >= 5 else "XL" if tens == 4 else "X" * tens
    return "C" * hundreds + middle + _ONES[ones]
