"""A letter's file to what it says: DOCX, PDF with text, and, with a recogniser, scans and photos.

What is not sure is said to be so, and asked in ``doubts``; no word of the text is dropped. Nothing is run, fetched or unpacked to disk.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from vonggac.documents.reading import letter as _letter
from vonggac.documents.reading.clauses import Body, mark_of, read_body
from vonggac.documents.reading.head import read_head
from vonggac.documents.reading.letter import (
    FORMS,
    RELATIONS,
    ROLES,
    SECRECIES,
    URGENCIES,
    Clause,
    Deadline,
    Doubt,
    Place,
    ReadLetter,
    Recipient,
    Reference,
    Signatory,
    UnsureWord,
    Value,
)  # fmt: skip
from vonggac.documents.reading.mentions import Passage, read_deadlines, read_references
from vonggac.documents.reading.pages import read_pdf, read_picture
from vonggac.documents.reading.source import MAX_PAGES, Paragraph, RecognisedPage, Recogniser, Source, Word, flat
from vonggac.documents.reading.tail import read_tail
from vonggac.documents.reading.word_files import read_docx
from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput
from vonggac.tables import compound
from vonggac.tables.zips import ZIP_MAGICS, open_zip, protected

__all__ = [
    "FORMS", "MAX_BYTES", "MAX_PAGES", "RELATIONS", "ROLES", "SECRECIES", "URGENCIES", "Clause", "Deadline", "Doubt", "Place", "ReadLetter",
    "Recipient", "RecognisedPage", "Recogniser", "Reference", "Signatory", "UnsureWord", "Value", "Word", "read_letter",
]  # fmt: skip

MAX_BYTES: Final = 50 << 20
"""A scan of fifty pages in colour has about half of it."""

_PICTURES: Final = (b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff")


def read_letter(data: bytes, filename: str, recognise: Recogniser | None = None) -> ReadLetter:
    """What the letter in ``data`` says; ``filename`` only names it in errors.

    Raises InputError (damaged, protected, empty, a scan without ``recognise``, an old font), UnsafeInput, FormatUnknown.
    """
    return _understood(_source(data, filename, recognise))


def _source(data: bytes, file: str, recognise: Recogniser | None) -> Source:
    if len(data) > MAX_BYTES:
        raise UnsafeInput(N_("{size:,} bytes; at most {limit:,} are read"), where=file, size=len(data), limit=MAX_BYTES)
    if not data.strip(b"\x00 \t\r\n"):
        raise InputError(N_("an empty file"), where=file)
    if b"%PDF-" in data[:1024]:
        return read_pdf(data, file, recognise)
    if data.startswith(_PICTURES) or (data[:4] == b"RIFF" and data[8:12] == b"WEBP"):
        return read_picture(file, recognise)
    if data.startswith(ZIP_MAGICS):
        if "word/document.xml" in open_zip(data, file).members:
            return read_docx(data, file)
        raise FormatUnknown(N_("no Word document and no PDF: save the letter as DOCX or PDF"), where=file)
    if data.startswith(compound.MAGIC):
        found = compound.streams(data, file)
        if "EncryptedPackage" in found:
            raise protected(file)
        raise FormatUnknown(N_("an old Word document (.doc): save it as DOCX and try again"), where=file)
    raise FormatUnknown(N_("no Word document and no PDF: save the letter as DOCX or PDF"), where=file)


def _understood(source: Source) -> ReadLetter:
    paragraphs = source.paragraphs
    head = read_head(paragraphs)
    tail = read_tail(paragraphs, head.n)
    body = read_body([line for one in paragraphs[head.n : tail.begin] for line in _soft_lines(one)])
    doubts = [*source.doubts, *head.doubts, *body.doubts]
    if not body.clauses:
        doubts.append(Doubt("clauses", N_("no numbered clause was found: what does it ask?")))
    passages = _passages(body)
    references = read_references(passages, head.reference.value, doubts)
    deadlines = read_deadlines(passages, head.dated.value, doubts)
    doubts += tail.doubts
    if source.words:
        doubts.append(
            Doubt(
                "words", N_("{n} words were recognised without confidence: are they right?"), {"n": len(source.words)}
            )
        )
    return ReadLetter(
        origin=source.origin, issuer=head.issuer, superior=head.superior, number=head.number, symbol=head.symbol,
        reference=head.reference, place=head.place, dated=head.dated, form=head.form, subject=head.subject, urgency=head.urgency,
        secrecy=head.secrecy, addressed=head.addressed, recipients=tail.recipients, references=references, deadlines=deadlines,
        signatory=tail.signatory, opening=body.opening, clauses=body.clauses, closing=body.closing,
        rest=[_letter.Value(flat(one.text), one.where) for one in paragraphs[tail.end :]], doubts=doubts, words=source.words,
    )  # fmt: skip


def _soft_lines(paragraph: Paragraph) -> Iterator[Paragraph]:
    """A paragraph whose soft line breaks part numbered lines is several."""
    lines = [line for line in paragraph.text.split("\n") if line.strip()]
    begins = [0, *(at for at in range(1, len(lines)) if mark_of(flat(lines[at])) is not None)]
    for begin, end in itertools.pairwise([*begins, len(lines)]):
        text = flat(" ".join(lines[begin:end]))
        yield replace(paragraph, text=text, mark=paragraph.mark if begin == 0 else "")


def _passages(body: Body) -> list[Passage]:
    found = [Passage(one.value, "", one.where, is_opening=True) for one in body.opening]
    found += [
        Passage(one.text, one.path, one.where, is_unsure=not one.sure) for top in body.clauses for one in top.walk()
    ]
    return [*found, *(Passage(one.value, "", one.where) for one in body.closing)]
