"""The marks of Word's automatic lists, worked out as Word does (ECMA-376, 17.9): they stand nowhere in the text."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any, Final

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_PLACEHOLDER = re.compile(r"%([1-9])")
_BULLETS = {"\uf0b7": "-", "\uf02d": "-", "·": "-", "•": "-", "o": "+", "\uf0a7": "-", "–": "-", "—": "-", "": "-"}
_ROMAN = ((1000, "m"), (900, "cm"), (500, "d"), (400, "cd"), (100, "c"), (90, "xc"), (50, "l"), (40, "xl"), (10, "x"), (9, "ix"),
          (5, "v"), (4, "iv"), (1, "i"))  # fmt: skip


@dataclass(slots=True)
class _Level:
    start: int = 1
    form: str = "decimal"
    text: str = ""
    style: str = ""


@dataclass(slots=True)
class _List:
    abstract: str
    levels: dict[int, _Level]


@dataclass(slots=True)
class Numbering:
    """The lists of a document, and how far each has counted; ask for the marks in the order of the text."""

    lists: dict[str, _List] = field(default_factory=dict)
    styles: dict[str, tuple[str, int]] = field(default_factory=dict)
    _counts: dict[str, dict[int, int]] = field(default_factory=dict)
    _restarted: set[tuple[str, int]] = field(default_factory=set)
    _overrides: dict[str, dict[int, int]] = field(default_factory=dict)

    @classmethod
    def of(cls, numbering: Any, styles: Any) -> Numbering:
        """From the roots of ``numbering.xml`` and ``styles.xml``, either None."""
        found = cls()
        abstracts: dict[str, dict[int, _Level]] = {}
        for one in numbering.iter(f"{W}abstractNum") if numbering is not None else ():
            abstracts[one.get(f"{W}abstractNumId", "")] = {
                int(v.get(f"{W}ilvl", 0)): _level(v) for v in one.iter(f"{W}lvl")
            }
        for one in numbering.iter(f"{W}num") if numbering is not None else ():
            found._add(one, abstracts)
        found._read_styles(styles)
        return found

    def _add(self, one: Any, abstracts: dict[str, dict[int, _Level]]) -> None:
        name = one.get(f"{W}numId", "")
        abstract = _value(one.find(f"{W}abstractNumId"))
        levels = dict(abstracts.get(abstract, {}))
        for change in one.iter(f"{W}lvlOverride"):
            at = int(change.get(f"{W}ilvl", 0))
            if (whole := change.find(f"{W}lvl")) is not None:
                levels[at] = _level(whole)
            if start := _value(change.find(f"{W}startOverride")):
                self._overrides.setdefault(name, {})[at] = int(start)
        self.lists[name] = _List(abstract, levels)

    def _read_styles(self, styles: Any) -> None:
        parents: dict[str, str] = {}
        for style in styles.iter(f"{W}style") if styles is not None else ():
            name = style.get(f"{W}styleId", "")
            parents[name] = _value(style.find(f"{W}basedOn"))
            found = style.find(f"{W}pPr/{W}numPr")
            if found is not None:
                number = _value(found.find(f"{W}numId"))
                level = _value(found.find(f"{W}ilvl"))
                self.styles[name] = (number, int(level) if level else self._level_of_style(number, name))
        for name in parents:
            above, seen = name, set[str]()
            while above and above not in self.styles and above not in seen:
                seen.add(above)
                above = parents.get(above, "")
            if above in self.styles:
                self.styles.setdefault(name, self.styles[above])

    def _level_of_style(self, number: str, style: str) -> int:
        levels = self.lists[number].levels if number in self.lists else {}
        return next((at for at, level in levels.items() if level.style == style), 0)

    def mark(self, paragraph: Any) -> str:
        """The mark of a paragraph, empty where it has none; counts on."""
        properties = paragraph.find(f"{W}pPr")
        if properties is None:
            return ""
        number, level = self.styles.get(_value(properties.find(f"{W}pStyle")), ("", 0))
        own = properties.find(f"{W}numPr")
        if own is not None:
            number = _value(own.find(f"{W}numId")) or number
            level = int(_value(own.find(f"{W}ilvl")) or level)
        found = self.lists.get(number)
        if found is None or level not in found.levels:
            return ""
        counts = self._counts.setdefault(found.abstract, {})
        override = self._overrides.get(number, {}).get(level)
        if override is not None and (number, level) not in self._restarted:
            self._restarted.add((number, level))
            counts[level] = override
        else:
            counts[level] = counts.get(level, found.levels[level].start - 1) + 1
        for deeper in [at for at in counts if at > level]:
            del counts[deeper]
        return _written(found.levels, counts, level)


def _written(levels: dict[int, _Level], counts: dict[int, int], level: int) -> str:
    form, text = levels[level].form, levels[level].text
    if form == "none":
        return ""
    if form == "bullet":
        return _BULLETS.get(text.strip(), text.strip() if text.strip() in {"-", "+", "*"} else "-")

    def fill(found: re.Match[str]) -> str:
        at = int(found[1]) - 1
        return _counted(
            counts.get(at, levels[at].start if at in levels else 1), levels[at].form if at in levels else "decimal"
        )

    return _PLACEHOLDER.sub(fill, text).strip()


def _counted(n: int, form: str) -> str:
    if form in {"lowerLetter", "upperLetter"}:
        letter = chr(ord("a") + (n - 1) % 26) * min((n - 1) // 26 + 1, 9)
        return letter.upper() if form == "upperLetter" else letter
    if form in {"lowerRoman", "upperRoman"}:
        roman, left = "", min(max(n, 0), 3999)
        for value, sign in _ROMAN:
            roman += sign * (left // value)
            left %= value
        return roman.upper() if form == "upperRoman" else roman
    return f"{n:02d}" if form == "decimalZero" else str(n)


def _level(element: Any) -> _Level:
    return _Level(
        int(_value(element.find(f"{W}start")) or 1),
        _value(element.find(f"{W}numFmt")) or "decimal",
        _value(element.find(f"{W}lvlText")),
        _value(element.find(f"{W}pStyle")),
    )


def _value(element: Any) -> str:
    return element.get(f"{W}val", "") if element is not None else ""
