"""What a signature covers, byte by byte, beyond what the library looks at: holes, hidden signatures, what is read otherwise once more is appended."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterator, Sequence
from typing import Any

from asn1crypto import parser
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.xref import XRefSectionType

MOST_OBJECTS = 200_000
"""Objects of all revisions that are looked at."""

_HEX = frozenset(b"0123456789abcdefABCDEF")
_WHITE = b"\x00\t\n\x0c\r "


def covered_until(pdf: bytes, byte_range: Any, contents: bytes) -> int:
    """Where the part ends that the signature covers without a hole, counted from the beginning; 0 when it does not.

    The one thing left out must be the hexadecimal string of ``contents``, right after its key (ISO 32000-2, 12.8.1), filled up by zeros.
    """
    numbers = list(byte_range) if isinstance(byte_range, generic.ArrayObject) else []
    if len(numbers) != 4 or not all(isinstance(one, generic.NumberObject) for one in numbers):
        return 0
    begin, head, tail, length = map(int, numbers)
    end = tail + length
    if begin != 0 or head <= 0 or length <= 0 or not head < tail or end > len(pdf):
        return 0
    left_out = pdf[head:tail]
    is_string = left_out[:1] == b"<" and left_out[-1:] == b">" and _HEX.issuperset(left_out[1:-1])
    if not is_string or len(left_out) % 2 or bytes.fromhex(left_out[1:-1].decode()) != contents:
        return 0
    if not pdf[max(0, head - 64) : head].rstrip(_WHITE).endswith(b"/Contents"):
        return 0
    return end if not any(contents[_der_length(contents) :]) else 0


def _der_length(contents: bytes) -> int:
    head, body, trailer = parser.parse(contents)[3:6]
    return len(head) + len(body) + len(trailer)


def is_appended_to(pdf: bytes, end: int, reader: PdfFileReader, revision: int) -> bool:
    """Whether bytes after ``end`` belong to no revision after ``revision``, or the last revision is not the file's end."""
    if not pdf[end:].strip(_WHITE):
        return False
    return revision == reader.total_revisions - 1 or not pdf.rstrip(_WHITE).endswith(b"%%EOF")


def reads_otherwise(pdf: bytes, end: int, reader: PdfFileReader, revision: int) -> bool:
    """Whether the part up to ``end``, read by itself, is not what the whole file shows as ``revision``.

    A signed table that points behind the signed part lets an attacker put there what it points to.
    """
    try:
        alone = PdfFileReader(io.BytesIO(pdf[:end]), strict=True)
        if alone.total_revisions != revision + 1:
            return True
        for number in range(revision + 1):
            then, now = alone.get_historical_resolver(number), reader.get_historical_resolver(number)
            refs = {(ref.idnum, ref.generation) for ref in then.explicit_refs_in_revision()}
            if refs != {(ref.idnum, ref.generation) for ref in now.explicit_refs_in_revision()}:
                return True
            if any(_written(then, *ref) != _written(now, *ref) for ref in refs):
                return True
    except Exception:  # noqa: BLE001  # what cannot be read by itself is not what was signed, whatever the library calls it
        return True
    return False


def _written(resolver: Any, number: int, generation: int) -> bytes:
    found = resolver.get_object(generic.Reference(number, generation, resolver))
    out = io.BytesIO()
    found.write_to_stream(out, None)
    return out.getvalue()


@dataclasses.dataclass(slots=True)
class Objects:
    """What stands in the objects of all revisions of a file.

    ``signatures``: object and generation numbers of what is, or once was, a signature: it has a byte range; (0, 0): one within another object.
    ``is_active``: scripts, XFA, programs to start. ``is_elsewhere``: content that lies in another file (ISO 32000-2, 7.3.8.2 and 8.10.4).
    """

    signatures: set[tuple[int, int]] = dataclasses.field(default_factory=set)
    is_active: bool = False
    is_elsewhere: bool = False


def objects_of(reader: PdfFileReader) -> Objects:
    """What stands in the objects; raises RecursionError when there are too many."""
    found = Objects()
    n = 0
    for revision in range(reader.total_revisions):
        resolver = reader.get_historical_resolver(revision)
        for ref in resolver.explicit_refs_in_revision():
            n += 1
            if n > MOST_OBJECTS:
                raise RecursionError
            for depth, one in _dictionaries(resolver.get_object(ref)):
                if "/ByteRange" in one:
                    found.signatures.add((ref.idnum, ref.generation) if depth == 0 else (0, 0))
                found.is_active |= "/JS" in one or "/XFA" in one or one.get("/S") in ("/JavaScript", "/Launch")
                found.is_elsewhere |= isinstance(one, generic.StreamObject) and ("/F" in one or "/Ref" in one)
    return found


def _dictionaries(found: Any) -> Iterator[tuple[int, generic.DictionaryObject]]:
    waiting = [(0, found)]
    while waiting:
        depth, one = waiting.pop()
        if isinstance(one, generic.DictionaryObject):
            yield depth, one
            waiting.extend((depth + 1, one.raw_get(key)) for key in one)
        elif isinstance(one, generic.ArrayObject):
            waiting.extend((depth + 1, item) for item in _raw(one))


def _raw(items: generic.ArrayObject) -> Sequence[Any]:
    return [items.raw_get(at) for at in range(len(items))]


def hybrid_revisions(reader: PdfFileReader) -> list[int]:
    """The revisions that have two tables of contents (ISO 32000-2, 7.5.8.4)."""
    return [
        number
        for number in range(reader.total_revisions)
        if reader.xrefs.get_xref_container_info(number).xref_section_type == XRefSectionType.HYBRID_MAIN
    ]


def page_under(reader: PdfFileReader, field: generic.DictionaryObject, most: float) -> int:
    """The number of the page of which a field's picture covers more than the part ``most``; 0: it does not.

    A field whose page or place cannot be told counts for page 1.
    """
    widgets = [field, *(kid.get_object() for kid in field.get("/Kids", ()))]
    for widget in widgets:
        box = [float(one) for one in widget.get("/Rect", ())]
        if len(box) != 4 or box[0] == box[2] or box[1] == box[3]:
            continue
        area = abs((box[2] - box[0]) * (box[3] - box[1]))
        if area > most * _page_area(reader):
            return _page_number(reader, widget)
    return 0


def _page_area(reader: PdfFileReader) -> float:
    """The area of the smallest page that has a box, else of A4, in square points."""
    areas = [595.0 * 842.0]
    pages: list[Any] = [reader.root["/Pages"]]
    seen = 0
    while pages and seen < 5000:
        seen += 1
        node = pages.pop()
        box = [float(one) for one in node.get("/MediaBox", ())]
        if len(box) == 4 and (area := abs((box[2] - box[0]) * (box[3] - box[1]))) > 0:
            areas.append(area)
        pages.extend(kid.get_object() for kid in node.get("/Kids", ()))
    return min(areas)


def _page_number(reader: PdfFileReader, widget: generic.DictionaryObject) -> int:
    try:
        wanted = widget.raw_get("/P").reference
    except (KeyError, AttributeError):
        return 1
    pages: list[Any] = [reader.root.raw_get("/Pages")]
    number = seen = 0
    while pages and seen < 5000:
        seen += 1
        ref = pages.pop(0)
        node = ref.get_object()
        if "/Kids" in node:
            pages = [*_raw(node["/Kids"]), *pages]
            continue
        number += 1
        if getattr(ref, "reference", None) == wanted:
            return number
    return 1
