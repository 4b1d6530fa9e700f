"""The fields that a template may name, and the values they get from a letter or a report.

A schema is :data:`TEXT`, :data:`MARKUP` (stands alone in its paragraph, as ``{{p table }}``), a list of one schema, or a dict of them by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Final

from vonggac.documents.data_tables import markup
from vonggac.documents.official import (
    BLANK,
    URGENCY_MARKS,
    Block,
    DataTable,
    Official,
    OfficialLetter,
    OfficialReport,
    Paragraph,
    number_and_symbol,
    place_and_date,
)
from vonggac.documents.text import plain

TEXT: Final = "text"
MARKUP: Final = "markup"
Schema = str | list["Schema"] | dict[str, "Schema"]

_BESIDE = 8
"""Lines of recipients that stand beside the signature; the others follow below it."""

_PARAGRAPH: Final[dict[str, Schema]] = {"text": TEXT, "is_heading": TEXT, "is_last": TEXT}
_BLOCK: Final[dict[str, Schema]] = {**_PARAGRAPH, "table": MARKUP, "title": TEXT}
_SHARED: Final[dict[str, Schema]] = {
    "issuer": TEXT, "superior": TEXT, "number": TEXT, "place_and_date": TEXT, "subject": TEXT, "urgency": TEXT,
    "addressee": TEXT, "addressees": [TEXT], "signed_for": [TEXT], "signer_title": TEXT, "signer_name": TEXT,
    "recipients": [TEXT], "more_recipients": [TEXT],
}  # fmt: skip

LETTER_FIELDS: Final[dict[str, Schema]] = {**_SHARED, "paragraphs": [_PARAGRAPH]}
"""What a template of a letter may name."""

REPORT_FIELDS: Final[dict[str, Schema]] = {
    **_SHARED, "form": TEXT, "opening": [_PARAGRAPH],
    "sections": [{"heading": TEXT, "blocks": [_BLOCK]}],
    "appendices": [{"heading": TEXT, "title": TEXT, "note": TEXT, "is_first": TEXT, "blocks": [_BLOCK]}],
}  # fmt: skip
"""What a template of a report may name."""


def letter_values(letter: OfficialLetter) -> dict[str, Any]:
    """The values of :data:`LETTER_FIELDS`."""
    return {**_shared(letter), "paragraphs": _paragraphs(letter.body, is_end=True)}


def report_values(report: OfficialReport) -> dict[str, Any]:
    """The values of :data:`REPORT_FIELDS`."""
    sections: list[dict[str, Any]] = [
        {"heading": plain(one.heading), "blocks": _blocks(one.blocks)} for one in report.sections
    ]
    opening = _paragraphs(report.opening)
    texts = [*opening, *(block for section in sections for block in section["blocks"])]
    if texts and not texts[-1]["table"]:
        texts[-1].update(text=_ended(texts[-1]["text"]), is_last=True)
    appendices = [
        {
            "heading": plain(one.heading), "title": plain(one.title), "note": plain(one.note), "is_first": place == 0,
            "blocks": _blocks(one.blocks),
        }
        for place, one in enumerate(report.appendices)
    ]  # fmt: skip
    return {
        **_shared(report), "form": _upper(report.form), "opening": opening, "sections": sections, "appendices": appendices,
    }  # fmt: skip


def _shared(document: Official) -> dict[str, Any]:
    addressees = [text for one in document.addressed_to if (text := plain(one))]
    several = len(addressees) > 1
    recipients = list(_recipients(document, has_addressees=bool(addressees)))
    signatory = document.signatory
    return {
        "issuer": _upper(document.issuer) or BLANK,
        "superior": _upper(document.superior),
        "number": number_and_symbol(document.number, plain(document.symbol)),
        "place_and_date": place_and_date(plain(document.place), document.dated),
        "subject": plain(document.subject) or BLANK,
        "urgency": URGENCY_MARKS[document.urgency],
        "addressee": "" if several or not addressees else addressees[0].rstrip(".;") + ".",
        "addressees": list(_listed(addressees)) if several else [],
        "signed_for": [_upper(one) for one in signatory.signed_for if plain(one)],
        "signer_title": _upper(signatory.title) or BLANK,
        "signer_name": plain(signatory.name),
        "recipients": recipients[:_BESIDE],
        "more_recipients": recipients[_BESIDE:],
    }


def _recipients(document: Official, *, has_addressees: bool) -> Iterator[str]:
    if has_addressees:
        yield "- Như trên;"
    for one in document.recipients:
        purpose = plain(one.purpose)
        yield f"- {plain(one.name)} ({purpose});" if purpose else f"- {plain(one.name)};"
    yield f"- Lưu: {plain(document.archive) or 'VT'}."


def _listed(texts: Sequence[str]) -> Iterator[str]:
    for place, text in enumerate(texts, 1):
        yield f"- {text.rstrip('.;')}{'.' if place == len(texts) else ';'}"


def _upper(text: str) -> str:
    return plain(text).upper()


def _paragraphs(paragraphs: Iterable[Paragraph], *, is_end: bool = False) -> list[dict[str, Any]]:
    """One value for each line; the last of a document is ended by ``./.`` and is kept together with the signature."""
    found = [value for paragraph in paragraphs for value in _lines(paragraph)]
    if found and is_end:
        found[-1].update(text=_ended(found[-1]["text"]), is_last=True)
    return found


def _lines(paragraph: Paragraph) -> Iterator[dict[str, Any]]:
    lines = [text for line in paragraph.text.splitlines() if (text := plain(line))] or [""]
    for place, line in enumerate(lines):
        text = f"{plain(paragraph.label)} {line}".strip() if place == 0 else line
        if text:
            yield {"text": text, "is_heading": paragraph.is_heading, "is_last": False, "table": "", "title": ""}


def _ended(text: str) -> str:
    return text.removesuffix("/.").rstrip(" .") + "./."


def _blocks(blocks: Iterable[Block]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for block in blocks:
        if isinstance(block, DataTable):
            found.append(
                {"text": "", "is_heading": False, "is_last": False, "table": markup(block), "title": plain(block.title)}
            )
        else:
            found.extend(_lines(block))
    return found
