"""Modifiers that pySigma loses something with: comparisons with integers over 2^53, UTF-16 of texts beyond ASCII.

Importing this module puts them into pySigma's table, under the names of the specification.
"""

from __future__ import annotations

import re
from typing import Any

from sigma.exceptions import SigmaTypeError
from sigma.modifiers import (
    SigmaCompareModifier,
    SigmaGreaterThanEqualModifier,
    SigmaGreaterThanModifier,
    SigmaLessThanEqualModifier,
    SigmaLessThanModifier,
    SigmaModifier,
    SigmaUTF16BEModifier,
    SigmaUTF16Modifier,
    SigmaWideModifier,
    modifier_mapping,
)
from sigma.types import SigmaCompareExpression, SigmaNumber, SigmaString

from vonggac.errors import N_, RuleError

WIDEST = 2**53
"""The largest integer that pySigma keeps whole in all cases: it goes through a float."""

NEEDS_A_NUMBER = N_("{key} needs a number, not {value}")
_DIGITS = re.compile(r"-?[0-9]{16,}")


class _Exact(SigmaCompareModifier):
    """A comparison that also takes a large integer written as text, which is how it comes past pySigma's floats."""

    def modify(self, val: SigmaNumber | SigmaString) -> SigmaCompareExpression:
        """Compare with ``val``, to the last digit."""
        if isinstance(val, SigmaNumber):
            return SigmaCompareExpression(val, self.op, self.source)
        text = str(val)
        if not _DIGITS.fullmatch(text):
            fault = RuleError(NEEDS_A_NUMBER, key=self.op.name.lower(), value=text[:100])
            raise SigmaTypeError(str(fault), source=self.source) from fault
        number = SigmaNumber(0)
        number.number = int(text)
        return SigmaCompareExpression(number, self.op, self.source)


class _Encoded(SigmaString):
    """A text that stands for bytes, one character each; those are what a Base64 modifier after it encodes."""

    def __bytes__(self) -> bytes:
        return b"".join(part.encode("latin-1") for part in self.s if isinstance(part, str))


class _Utf16(SigmaWideModifier):
    """A text as the bytes of its UTF-16 form."""

    codec = "utf-16-le"
    mark = b""

    def modify(self, val: SigmaString) -> SigmaString:
        """The bytes of ``val``, after the mark of its byte order if there is one; wildcards stay."""
        parts = [
            part.encode(self.codec, "surrogatepass").decode("latin-1") if isinstance(part, str) else part
            for part in val.s
        ]
        found = _Encoded()
        found.s = [self.mark.decode("latin-1"), *parts] if self.mark else parts
        return found


def _named(name: str, *bases: type, **more: Any) -> type[SigmaModifier[Any, Any]]:
    return type(name, bases, more)


modifier_mapping.update({
    "lt": _named("LessThan", _Exact, SigmaLessThanModifier),
    "lte": _named("LessThanEqual", _Exact, SigmaLessThanEqualModifier),
    "gt": _named("GreaterThan", _Exact, SigmaGreaterThanModifier),
    "gte": _named("GreaterThanEqual", _Exact, SigmaGreaterThanEqualModifier),
    "wide": _Utf16,
    "utf16le": _Utf16,
    "utf16be": _named("Utf16BigEndian", _Utf16, SigmaUTF16BEModifier, codec="utf-16-be"),
    "utf16": _named("Utf16WithMark", _Utf16, SigmaUTF16Modifier, mark=b"\xff\xfe"),
})  # fmt: skip
