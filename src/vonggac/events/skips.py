"""Records that could not be read: nothing is dropped without a reason that is counted and shown."""

from __future__ import annotations

from dataclasses import dataclass

# The reasons, with what a person reads (an English template; the rim translates it).
REASONS: dict[str, str] = {
    "invalid_json": "not valid JSON",
    "not_an_object": "JSON, but not an object",
    "too_deep": "nested too deep",
    "line_too_long": "line too long",
    "truncated": "cut off before its end",
    "bad_chunk": "damaged chunk",
    "bad_record": "damaged record",
    "wrong_columns": "wrong number of columns",
    "no_header": "values before any header line",
    "unknown_line": "not a line of this format",
    "unknown_template": "flows whose layout was not said before",
    "bad_archive": "damaged archive member",
    "unsafe_member": "archive member with an unsafe path or size",
    "unknown_format": "format not recognised",
    "decoder_failed": "the decoder failed on this part",
    "unreadable": "could not be opened",
    "encrypted": "protected by a password",
    "outside_period": "outside the period asked for",
    "no_time": "without a time that could be read, while a period was asked for",
}


@dataclass(frozen=True, slots=True)
class Skip:
    """``count`` records left out for ``reason`` (a key of :data:`REASONS`), the first of them at record ``record``.

    ``detail`` says what was found; never the whole record, never longer than 200 characters.
    """

    reason: str
    record: int = 0
    count: int = 1
    detail: str = ""
