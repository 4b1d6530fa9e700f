"""JSON of any size, one piece at a time: only the piece that is looked at is ever made into objects.

The standard library's scanner reads values out of a window over the text, which grows while a value does not fit into it. So a
file of a hundred megabytes takes its own bytes and one window, and a fault has its line.
"""

from __future__ import annotations

import codecs
import json
import re
from collections.abc import Callable, Iterator
from typing import Any, Final

from vonggac.errors import N_, FormatUnknown, UnsafeInput

DEEPEST: Final = 40
"""Objects and lists within each other inside one piece; STIX and MISP need ten."""
MOST_PIECE: Final = 64 << 20
"""Characters of one piece."""
_WINDOW: Final = 1 << 20
_LEVELS: Final = 12
_AFTER_NUMBERS = (",", "]", "}", " ", "\n", "\r", "\t")
_SPACE = re.compile(r"[ \t\r\n]*")

Path = tuple[str | int, ...]


class _Ended(Exception):
    """The text ends where more was expected."""


class JsonStream:
    """The text of one file. ``at``: where in the window reading goes on."""

    def __init__(self, data: bytes, file: str) -> None:
        self._data = memoryview(data)
        self._file = file
        self._decode = codecs.getincrementaldecoder("utf-8")().decode
        self._taken = 0
        self._line = 1
        self._text = ""
        self._at = 0
        self._scan = json.JSONDecoder().raw_decode

    def walk(self, is_entered: Callable[[Path], bool]) -> Iterator[tuple[Path, Any]]:
        """Every value with its path (names, and places in lists from 0), in order.

        Objects and lists whose path ``is_entered`` are told piece by piece, all others (and empty ones) as a whole. Raises FormatUnknown or
        UnsafeInput with file and line.
        """
        try:
            yield from self._value((), is_entered)
            if self._next():
                raise self._broken(N_("line {line}: something after the end of the JSON"))
        except _Ended:
            raise self._broken(N_("line {line}: the JSON is cut off")) from None

    def _value(self, path: Path, is_entered: Callable[[Path], bool]) -> Iterator[tuple[Path, Any]]:
        opening = self._next()
        if opening and opening in "{[" and len(path) < _LEVELS and is_entered(path):
            yield from (self._members if opening == "{" else self._items)(path, is_entered)
        else:
            yield path, self._whole()

    def _members(self, path: Path, is_entered: Callable[[Path], bool]) -> Iterator[tuple[Path, Any]]:
        self._at += 1
        if self._expect('"}') == "}":
            self._at += 1
            yield path, {}
            return
        while True:
            name = self._whole()
            self._expect(":")
            self._at += 1
            yield from self._value((*path, name), is_entered)
            mark = self._expect(",}")
            self._at += 1
            if mark == "}":
                return
            self._expect('"')

    def _items(self, path: Path, is_entered: Callable[[Path], bool]) -> Iterator[tuple[Path, Any]]:
        self._at += 1
        if self._next() == "]":
            self._at += 1
            yield path, []
            return
        n = 0
        while True:
            yield from self._value((*path, n), is_entered)
            n += 1
            mark = self._expect(",]")
            self._at += 1
            if mark == "]":
                return

    def _expect(self, marks: str) -> str:
        mark = self._next()
        if not mark:
            raise _Ended
        if mark not in marks:
            raise self._broken(N_("line {line}: this is not JSON"))
        return mark

    def _next(self) -> str:
        """The next character that is no space, empty at the end."""
        while True:
            self._at = _SPACE.match(self._text, self._at).end()  # type: ignore[union-attr]  # it matches everywhere
            if self._at < len(self._text):
                return self._text[self._at]
            if not self._more(_WINDOW):
                return ""

    def _whole(self) -> Any:
        """The value that begins here."""
        if not self._next():
            raise _Ended
        while True:
            try:
                value, end = self._scan(self._text, self._at)
            except json.JSONDecodeError as error:
                if len(self._text) - self._at > MOST_PIECE:
                    raise self._too_large() from None
                if self._more(len(self._text) - self._at + _WINDOW):
                    continue
                if error.pos >= len(self._text) or error.msg.startswith("Unterminated"):
                    raise _Ended from None
                self._at = error.pos
                raise self._broken(N_("line {line}: this is not JSON")) from None
            except RecursionError:
                raise self._too_deep() from None
            except ValueError:  # a number of thousands of digits
                raise self._broken(N_("line {line}: a number that is too long")) from None
            if (
                not isinstance(value, str | dict | list)
                and self._text[end : end + 1] not in _AFTER_NUMBERS
                and self._more(_WINDOW)
            ):
                continue  # it may go on: 1, 1., 1.5e
            if end - self._at > MOST_PIECE:
                raise self._too_large()
            if isinstance(value, dict | list) and is_too_deep(value):
                raise self._too_deep()
            self._at = end
            return value

    def _more(self, n: int) -> bool:
        """Make the window larger by ``n`` bytes; whether there were any."""
        if self._taken >= len(self._data):
            return False
        if self._at > _WINDOW // 2:
            self._line += self._text.count("\n", 0, self._at)
            self._text, self._at = self._text[self._at :], 0
        piece = self._data[self._taken : self._taken + n]
        try:
            self._text += self._decode(piece, self._taken + len(piece) >= len(self._data))
        except UnicodeDecodeError:
            self._at = len(self._text)
            raise self._broken(N_("line {line}: what follows is no text in UTF-8")) from None
        self._taken += len(piece)
        return True

    def _line_at(self, at: int) -> int:
        return self._line + self._text.count("\n", 0, at)

    def _broken(self, message: str) -> FormatUnknown:
        return FormatUnknown(message, where=self._file, line=self._line_at(self._at))

    def _too_large(self) -> UnsafeInput:
        return UnsafeInput(
            N_("line {line}: one object of more than {limit} MB"), where=self._file, line=self._line_at(self._at),
            limit=MOST_PIECE >> 20,
        )  # fmt: skip

    def _too_deep(self) -> UnsafeInput:
        return UnsafeInput(
            N_("line {line}: objects stand in each other more than {n} deep"), where=self._file,
            line=self._line_at(self._at), n=DEEPEST,
        )  # fmt: skip


def is_too_deep(value: Any) -> bool:
    """Whether objects and lists stand in each other more than DEEPEST deep."""
    level = [value]
    for _depth in range(DEEPEST + 1):
        level = [
            inner
            for one in level
            for inner in (one.values() if isinstance(one, dict) else one)
            if isinstance(inner, dict | list)
        ]
        if not level:
            return False
    return True
