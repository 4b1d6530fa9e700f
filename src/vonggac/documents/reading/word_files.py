"""DOCX to paragraphs: tables that lay out a head, tab stops, text boxes, automatic numbers, changes not yet accepted."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from lxml import etree

from vonggac.documents.reading.fonts import is_old_text, refuse_old
from vonggac.documents.reading.letter import Doubt, Place
from vonggac.documents.reading.numbering import Numbering, W
from vonggac.documents.reading.source import MAX_CHARACTERS, MAX_PARAGRAPHS, Paragraph, Side, Source, clean
from vonggac.errors import N_, InputError, UnsafeInput
from vonggac.tables.document import MAX_BODY_BYTES
from vonggac.tables.zips import OfficeZip, open_zip, refuse_doctypes

_MC = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_MAX_DEPTH = 200
_SKIPPED = {
    f"{W}{tag}" for tag in ("del", "moveFrom", "instrText", "delText", "pPr", "rPr", "tblPr", "sectPr", "fldData", "p")
}
_SKIPPED |= {f"{_MC}Fallback"}
_SIGNS = {f"{W}tab": "\t", f"{W}br": "\n", f"{W}cr": "\n", f"{W}noBreakHyphen": "-", f"{W}softHyphen": ""}
_BOXES = f"{W}txbxContent"
_SIDES: dict[int, tuple[Side, ...]] = {2: ("left", "right"), 3: ("left", "middle", "right")}
_EXTERNAL = re.compile(rb'TargetMode\s*=\s*["\']External["\']')


def read_docx(data: bytes, file: str) -> Source:
    """The paragraphs of a Word document; raises InputError or UnsafeInput when it cannot be read."""
    archive = open_zip(data, file)
    refuse_doctypes(archive, iter(list(archive.members)))
    body = _root(archive, "word/document.xml")
    if body is None or body.find(f"{W}body") is None:
        raise InputError(N_("damaged or cut off: the document cannot be read ({detail})"), where=file, detail="w:body")
    numbering = Numbering.of(_root(archive, "word/numbering.xml"), _root(archive, "word/styles.xml"))
    reader = _Reader(numbering, file)
    reader.container(body.find(f"{W}body"), "", 0)
    if not reader.found:
        raise InputError(N_("no text in it"), where=file)
    refuse_old((one.text for one in reader.found), reader.n_old, reader.old_font, file)
    return Source("docx", reader.found, [*_carried(archive), *reader.doubts()])


def _root(archive: OfficeZip, name: str) -> Any:
    data = archive.read(name, MAX_BODY_BYTES)
    if not data:
        return None
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True
    )
    try:
        return etree.fromstring(data, parser)
    except etree.XMLSyntaxError as error:
        raise InputError(N_("damaged or cut off: the document cannot be read ({detail})"), where=archive.file,
                         detail=str(error)[:120]) from error  # fmt: skip


def _carried(archive: OfficeZip) -> Iterator[Doubt]:
    """What a file carries besides its text: told, never run or fetched."""
    names = [name.lower() for name in archive.members]
    if any(name.endswith(("vbaproject.bin", "vbadata.xml")) for name in names):
        yield Doubt("file", N_("the file carries macros; none was run. Ask for a file without"))
    if any("/embeddings/" in name or "/activex/" in name for name in names):
        yield Doubt("file", N_("the file has other files inside it; they were not opened"))
    for name in archive.members:
        if name.endswith(".rels") and any(
            b"hyperlink" not in part
            for part in archive.read(name, 4 << 20).split(b"<Relationship ")
            if _EXTERNAL.search(part)
        ):
            yield Doubt("file", N_("the file points to something outside it; nothing was fetched"))
            return


@dataclass(slots=True)
class _Run:
    text: str
    is_bold: bool


class _Reader:
    """Walks a document once."""

    def __init__(self, numbering: Numbering, file: str) -> None:
        self.numbering, self.file = numbering, file
        self.found: list[Paragraph] = []
        self.n_old = self.n_characters = self.n_changes = self.n_hidden = 0
        self.old_font = ""
        self._n = 0

    def doubts(self) -> Iterator[Doubt]:
        if self.n_changes:
            yield Doubt(
                "file", N_("changes in it are neither accepted nor refused; it is read as if they were accepted")
            )
        if self.n_hidden:
            yield Doubt("file", N_("it holds hidden text, which was left out"))
        if self.n_old:
            yield Doubt(
                "file",
                N_("some of its text is in an old font that is not Unicode ({font})"),
                {"font": self.old_font[:60]},
            )

    def container(self, element: Any, side: Side, depth: int) -> None:
        """Read the blocks of a body, a cell or a box."""
        if depth > _MAX_DEPTH:
            raise UnsafeInput(N_("its parts are nested too deep"), where=self.file)
        for child in element:
            if child.tag == f"{W}p":
                self._paragraph(child, side, depth)
            elif child.tag == f"{W}tbl":
                self._table(child, side, depth)
            elif child.tag in {
                f"{W}sdt",
                f"{W}sdtContent",
                f"{W}ins",
                f"{W}smartTag",
                f"{W}customXml",
                f"{_MC}AlternateContent",
                f"{_MC}Choice",
            }:
                self.container(child, side, depth + 1)

    def _table(self, table: Any, side: Side, depth: int) -> None:
        """A table of one row of two cells, or of rows of two cells, lays text out side by side."""
        rows = [list(row.iterchildren(f"{W}tc")) for row in table.iterchildren(f"{W}tr")]
        widest = max(map(len, rows), default=0)
        if widest > 3 or (widest == 3 and len(rows) > 5):
            self._values(rows, depth)
            return
        for cells in rows:
            for at, cell in enumerate(cells):
                self.container(cell, side or (_SIDES[len(cells)][at] if len(cells) in _SIDES else ""), depth + 1)

    def _values(self, rows: Sequence[Sequence[Any]], depth: int) -> None:
        """A table of values: each row is one paragraph."""
        for cells in rows:
            begin = len(self.found)
            for cell in cells:
                self.container(cell, "", depth + 1)
            parts = self.found[begin:]
            del self.found[begin:]
            if parts:
                text = " | ".join(f"{one.mark} {one.text}".strip() for one in parts)
                self.found.append(Paragraph(text, parts[0].where, is_row=True))

    def _paragraph(self, paragraph: Any, side: Side, depth: int) -> None:
        self._n += 1
        if self._n > MAX_PARAGRAPHS:
            raise UnsafeInput(
                N_("more than {limit:,} paragraphs: this is no letter"), where=self.file, limit=MAX_PARAGRAPHS
            )
        boxes: list[Any] = []
        runs = list(self._runs(paragraph, boxes, depth))
        text = clean("".join(run.text for run in runs)).strip()
        self.n_characters += len(text)
        if self.n_characters > MAX_CHARACTERS:
            raise UnsafeInput(
                N_("more than {limit:,} characters: this is no letter"), where=self.file, limit=MAX_CHARACTERS
            )
        mark = self.numbering.mark(paragraph) if text or runs else ""
        for box in boxes:
            self.container(box, side or "middle", depth + 1)
        if text:
            solid = [run for run in runs if run.text.strip()]
            is_bold = sum(len(run.text) for run in solid if run.is_bold) * 2 > sum(len(run.text) for run in solid)
            self.found.append(Paragraph(text, Place(0, self._n), side or _side(paragraph), mark, is_bold))

    def _runs(self, element: Any, boxes: list[Any], depth: int) -> Iterator[_Run]:
        if depth > _MAX_DEPTH:
            raise UnsafeInput(N_("its parts are nested too deep"), where=self.file)
        for child in element:
            if child.tag in {f"{W}del", f"{W}ins", f"{W}moveFrom", f"{W}moveTo"}:
                self.n_changes += 1
            if child.tag in _SKIPPED:
                continue
            if child.tag == f"{W}r":
                yield from self._run(child, boxes)
            else:
                yield from self._runs(child, boxes, depth + 1)

    def _run(self, run: Any, boxes: list[Any]) -> Iterator[_Run]:
        properties = run.find(f"{W}rPr")
        font, is_bold = "", False
        if properties is not None:
            fonts = properties.find(f"{W}rFonts")
            font = (fonts.get(f"{W}ascii") or fonts.get(f"{W}hAnsi") or "") if fonts is not None else ""
            is_bold = _is_on(properties.find(f"{W}b"))
        text = "".join(_signs(run, boxes, 0))
        if properties is not None and _is_on(properties.find(f"{W}vanish")):
            self.n_hidden += bool(text.strip())
            return
        if is_old_text(text, font):
            self.n_old, self.old_font = self.n_old + sum(map(str.isalpha, text)), font
        yield _Run(text, is_bold)


def _signs(element: Any, boxes: list[Any], depth: int) -> Iterator[str]:
    """The text of a run; its text boxes are put into ``boxes``."""
    for child in element if depth <= _MAX_DEPTH else ():
        if child.tag == _BOXES:
            boxes.append(child)
        elif child.tag == f"{W}t":
            yield child.text or ""
        elif child.tag in _SIGNS:
            yield _SIGNS[child.tag]
        elif child.tag not in _SKIPPED:
            yield from _signs(child, boxes, depth + 1)


def _is_on(element: Any) -> bool:
    return element is not None and element.get(f"{W}val", "true") not in {"0", "false", "off", "none"}


def _side(paragraph: Any) -> Side:
    """Where a paragraph is set: centred ones stand in the middle."""
    found = paragraph.find(f"{W}pPr/{W}jc")
    value = found.get(f"{W}val", "") if found is not None else ""
    return "middle" if value == "center" else "right" if value in {"right", "end"} else ""
