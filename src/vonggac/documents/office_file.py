"""A Word file proved to hold nothing that acts: no macros, nothing from outside, no objects, no fields but numbers of pages.

An allow-list of what a part may be and how parts may hang together; what is not on it is refused by name.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from lxml import etree

from vonggac.errors import N_, FormatUnknown, InputError, UnsafeInput
from vonggac.tables.zips import ZIP_MAGICS, OfficeZip, open_zip, refuse_doctypes

MAX_FILE_BYTES: Final = 20 << 20
MAX_INFLATED: Final = 64 << 20
"""Bytes of all parts together."""
MAX_PARTS: Final = 400

W: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_KINDS = frozenset(
    """officeDocument core-properties extended-properties custom-properties thumbnail styles stylesWithEffects settings webSettings fontTable
    theme numbering header footer footnotes endnotes comments commentsExtended commentsIds commentsExtensible people image customXml customXmlProps
    glossaryDocument font hyperlink""".split()
)
"""Last part of the type of a relation."""
_ENDINGS = (".xml", ".rels", ".png", ".jpg", ".jpeg", ".gif", ".odttf", "/")
_FIELD = re.compile(r"\s*(?:PAGE|NUMPAGES|SECTIONPAGES|SECTION)\b(?:\s*\\\*\s*\w+)*\s*")
_REFUSED = frozenset(
    {f"{W}{name}" for name in ("altChunk", "object", "control", "movie", "attachedTemplate", "mailMerge", "subDoc")}
)
_PARSER: Final[dict[str, Any]] = {"resolve_entities": False, "no_network": True, "load_dtd": False, "huge_tree": False}


def refuse_active(data: bytes, file: str) -> OfficeZip:
    """The parts of a Word file that holds nothing active.

    Raises FormatUnknown (no DOCX), InputError (damaged), UnsafeInput (a bomb, or what it holds that is not allowed).
    """
    if len(data) > MAX_FILE_BYTES:
        raise UnsafeInput(N_("{size:,} bytes; at most {limit:,} are read"), where=file, size=len(data), limit=MAX_FILE_BYTES)  # fmt: skip
    if not data.startswith(ZIP_MAGICS):
        raise FormatUnknown(N_("no Word document (.docx)"), where=file)
    archive = open_zip(data, file)
    size = sum(info.file_size for info in archive.members.values())
    if size > MAX_INFLATED or len(archive.members) > MAX_PARTS:
        raise UnsafeInput(
            N_("would inflate to {size:,} bytes; at most {limit:,} are read"), where=file, size=size, limit=MAX_INFLATED
        )
    if "word/document.xml" not in archive.members or "[Content_Types].xml" not in archive.members:
        raise FormatUnknown(N_("no Word document (.docx)"), where=file)
    refuse_doctypes(archive, iter(list(archive.members)))
    _check_kinds(archive, file)
    for name in archive.members:
        if name.lower().endswith(".rels"):
            _check_relations(archive, name, file)
        elif name.lower().endswith(".xml"):
            _check_content(parse(archive, name), name, file)
    return archive


def parse(archive: OfficeZip, name: str) -> Any:
    """The tree of an XML part, without entities and nothing loaded."""
    try:
        return etree.fromstring(archive.read(name, MAX_INFLATED), etree.XMLParser(**_PARSER))
    except etree.XMLSyntaxError as error:
        raise InputError(N_("damaged or cut off: the document cannot be read ({detail})"), where=archive.file,
                         detail=f"{name}: {error}"[:120]) from error  # fmt: skip


def _check_kinds(archive: OfficeZip, file: str) -> None:
    kinds = {}
    for one in parse(archive, "[Content_Types].xml"):
        kind = one.get("ContentType", "")
        if "macro" in kind.lower() or "vba" in kind.lower():
            raise _macros(file)
        kinds[one.get("PartName", "")] = kind
    if kinds.get("/word/document.xml") != _MAIN:
        raise UnsafeInput(N_("not saved as a Word document (.docx): save it as one and try again"), where=file)
    for name in archive.members:
        if name.endswith(".bin") and "vba" in name.lower():
            raise _macros(file)
        if not name.lower().endswith(_ENDINGS):
            raise UnsafeInput(
                N_("it holds {name}, which is neither text nor a picture (PNG, JPEG, GIF): remove it and try again"),
                where=file, name=name,
            )  # fmt: skip


def _macros(file: str) -> UnsafeInput:
    return UnsafeInput(N_("it holds macros: save it as a document without macros (.docx) and try again"), where=file)


def _check_relations(archive: OfficeZip, name: str, file: str) -> None:
    for one in parse(archive, name):
        kind = one.get("Type", "").rpartition("/")[2]
        target = one.get("Target", "")
        if one.get("TargetMode", "Internal").lower() != "internal" or "://" in target or target.startswith("\\\\"):
            raise UnsafeInput(
                N_("it refers to something outside itself ({target}): remove the link and try again"),
                where=file, target=target[:120],
            )  # fmt: skip
        if "vba" in kind.lower() or "macro" in kind.lower():
            raise _macros(file)
        if kind not in _KINDS:
            raise UnsafeInput(
                N_("it holds a part of a kind that is not allowed here ({kind}): remove it and try again"),
                where=file, kind=kind[:80],
            )  # fmt: skip


def _check_content(root: Any, name: str, file: str) -> None:
    for element in root.iter(*_REFUSED):
        raise UnsafeInput(
            N_("it holds a part of a kind that is not allowed here ({kind}): remove it and try again"),
            where=file, kind=f"{name}: {etree.QName(element).localname}",
        )  # fmt: skip
    for told in _fields(root):
        if not _FIELD.fullmatch(told):
            raise UnsafeInput(
                N_("it holds the field {field!r}; only numbers of pages are allowed: remove it and try again"),
                where=file, field=told.strip()[:80],
            )  # fmt: skip


def _fields(root: Any) -> Iterator[str]:
    """What each field of a part says, however many pieces it is in; a field within a field is told with the outer one."""
    for simple in root.iter(f"{W}fldSimple"):
        yield simple.get(f"{W}instr", "")
    pieces: list[str] = []
    depth = 0
    for element in root.iter(f"{W}fldChar", f"{W}instrText", f"{W}delInstrText"):
        if element.tag != f"{W}fldChar":
            pieces.append(element.text or "")
            continue
        kind = element.get(f"{W}fldCharType")
        depth += {"begin": 1, "end": -1}.get(kind, 0)
        if kind == "end" and depth <= 0:
            yield "".join(pieces)
            pieces, depth = [], 0
    if pieces:
        yield "".join(pieces)
