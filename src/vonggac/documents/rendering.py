"""Letters and reports to DOCX, by a template of ours or of the office."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import files
from typing import Any, Final

from docx.opc.exceptions import OpcError
from docx.oxml import OxmlElement
from docx.oxml.ns import nsmap, qn
from docxtpl import DocxTemplate
from lxml import etree

from vonggac.documents.data_tables import STYLE, fit
from vonggac.documents.fields import LETTER_FIELDS, REPORT_FIELDS, Schema, letter_values, report_values
from vonggac.documents.office_file import refuse_active
from vonggac.documents.official import Official, OfficialLetter, OfficialReport
from vonggac.documents.template_language import check, environment
from vonggac.documents.text import plain
from vonggac.errors import N_, InputError, UnsafeInput

MAX_TEMPLATE_BYTES: Final = 8 << 20
MAX_TEMPLATE_TEXT: Final = 1 << 20
"""Characters of XML that fields are looked for in, over all parts."""
MAX_FIELDS: Final = 1_000
_EPOCH = (2020, 3, 5, 0, 0, 0)
"""Time of the parts, so that the same values give the same bytes."""
_TAG = re.compile(r"\{[{%#]")
_MOST_OF_FIELD = 200
_UNENDED = re.compile(rf"\{{[{{%#](?!(?:(?!\{{[{{%#]).){{0,{_MOST_OF_FIELD}}}?[}}%#]\}})", re.DOTALL)
_LOOSE = etree.XPath(
    "descendant-or-self::w:*[not(self::w:t or self::w:delText or self::w:instrText)]/text()[normalize-space()]",
    namespaces=nsmap,
)
_NESTED = etree.XPath(".//w:tbl[not(parent::w:body or parent::w:tc or parent::w:sdtContent)]", namespaces=nsmap)


def render_letter(letter: OfficialLetter, template: bytes | None = None) -> bytes:
    """The letter as DOCX; ``template``: the office's own, checked as by :func:`check_letter_template`."""
    if template is not None:
        check_letter_template(template)
    return _render(template or shipped("cong_van"), letter_values(letter), letter)


def render_report(report: OfficialReport, template: bytes | None = None) -> bytes:
    """The report as DOCX; ``template``: the office's own, checked as by :func:`check_report_template`."""
    if template is not None:
        check_report_template(template)
    return _render(template or shipped("bao_cao"), report_values(report), report)


def check_letter_template(template: bytes) -> None:
    """Raise InputError, or UnsafeInput, that says why a letter cannot be made by ``template``."""
    _check(template, LETTER_FIELDS)


def check_report_template(template: bytes) -> None:
    """Raise InputError, or UnsafeInput, that says why a report cannot be made by ``template``."""
    _check(template, REPORT_FIELDS)


@lru_cache(maxsize=4)
def shipped(name: str) -> bytes:
    """Our template ``name`` (``cong_van``, ``bao_cao``): for an office to change in Word."""
    return files("vonggac.documents").joinpath("templates", f"{name}.docx").read_bytes()


# -------------------------------------------------------------------------------------------------------------- checks

_FILE = "template"


def _check(data: bytes, schema: Mapping[str, Schema]) -> None:
    if len(data) > MAX_TEMPLATE_BYTES:
        raise UnsafeInput(N_("{size:,} bytes; at most {limit:,} are read"), where=_FILE, size=len(data),
                          limit=MAX_TEMPLATE_BYTES)  # fmt: skip
    refuse_active(data, _FILE)
    template = _opened(data)
    total = n_fields = 0
    sources = list(_sources(template))
    for source in sources:
        total += len(source)
        text = re.sub(r"<[^>]*>", "", source)
        n_fields += len(_TAG.findall(text))
        if _UNENDED.search(text):
            raise InputError(N_("a field of the template is not closed, or longer than {limit} characters"), where=_FILE, limit=_MOST_OF_FIELD)  # fmt: skip
    if total > MAX_TEMPLATE_TEXT or n_fields > MAX_FIELDS:
        raise UnsafeInput(N_("the template is too long: at most {limit:,} characters and {fields:,} fields"), where=_FILE,
                          limit=MAX_TEMPLATE_TEXT, fields=MAX_FIELDS)  # fmt: skip
    for source in sources:
        check(template.patch_xml(source), schema, _FILE)


def _opened(data: bytes) -> Any:
    template: Any = DocxTemplate(io.BytesIO(data))
    try:
        template.render_init()
    except (OpcError, KeyError, ValueError, AttributeError, zipfile.BadZipFile, etree.XMLSyntaxError) as error:
        raise InputError(N_("damaged or cut off: the document cannot be read ({detail})"), where=_FILE,
                         detail=str(error)[:120]) from error  # fmt: skip
    return template


def _sources(template: Any) -> Iterator[str]:
    """The XML of every part that the library fills in: body, headers, footers, footnotes; the properties may hold no fields."""
    yield template.get_xml()
    for uri in (template.HEADER_URI, template.FOOTER_URI):
        for _key, part in template.get_headers_footers(uri):
            yield template.get_part_xml(part)
    for part in template.docx.part.package.parts:
        if part.content_type.endswith(".footnotes+xml"):
            yield part.blob.decode("utf-8")
    properties = template.docx.core_properties
    for name in ("author", "comments", "identifier", "language", "subject", "title"):
        if _TAG.search(getattr(properties, name)):
            raise InputError(N_("the properties of the document may hold no fields"), where=_FILE)


# ----------------------------------------------------------------------------------------------------------- rendering


def _render(data: bytes, values: Mapping[str, Any], document: Official) -> bytes:
    template = _opened(data)
    template.render(values, environment(), autoescape=True)
    body = template.docx.element.body
    _refuse_misplaced(body)
    _end_cells(body)
    _drop_empty_end(body)
    _fit_tables(body)
    properties = template.docx.core_properties
    properties.title, properties.author = plain(document.subject)[:250], plain(document.issuer)[:250]
    made = io.BytesIO()
    template.save(made)
    return _packed(made)


def _refuse_misplaced(body: Any) -> None:
    """A field of text that stands as ``{{p …}}``, or a table that does not, leaves XML that Word calls damaged."""
    if _LOOSE(body) or _NESTED(body):
        raise InputError(
            N_("a field stands where it cannot: one for a table takes a paragraph of its own and begins with p, one for text does not"),
            where=_FILE,
        )  # fmt: skip


def _end_cells(body: Any) -> None:
    """A cell ends with a paragraph (ECMA-376, 17.4.65), even when all that stood in it was left out."""
    for cell in body.iter(qn("w:tc")):
        if len(cell) == 0 or cell[-1].tag != qn("w:p"):
            cell.append(OxmlElement("w:p"))


def _drop_empty_end(body: Any) -> None:
    """Without an appendix its pages go: the last section takes the layout of the one before."""
    final = body.find(qn("w:sectPr"))
    if final is None:
        return
    after: list[Any] = []
    for element in reversed(list(body)[:-1]):
        inner = element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}") if element.tag == qn("w:p") else None
        if inner is not None:
            for empty in after:
                body.remove(empty)
            body.replace(final, inner)
            if not "".join(element.itertext()).strip():
                body.remove(element)
            return
        if (
            element.tag != qn("w:p")
            or "".join(element.itertext()).strip()
            or element.find(f".//{qn('w:drawing')}") is not None
        ):
            return
        after.append(element)


def _fit_tables(body: Any) -> None:
    """Data tables become as wide as the text of the pages that they stand on."""
    waiting: list[Any] = []
    for element in list(body):
        waiting += [
            table
            for table in element.iter(qn("w:tbl"))
            if (style := table.find(f"{qn('w:tblPr')}/{qn('w:tblStyle')}")) is not None and style.get(qn("w:val")) == STYLE
        ]  # fmt: skip
        section = element if element.tag == qn("w:sectPr") else element.find(f"{qn('w:pPr')}/{qn('w:sectPr')}")
        if section is not None:
            page, margins = section.find(qn("w:pgSz")), section.find(qn("w:pgMar"))
            width = int(page.get(qn("w:w"))) - int(margins.get(qn("w:left"))) - int(margins.get(qn("w:right")))
            for table in waiting:
                fit(table, width)
            waiting = []


def _packed(made: io.BytesIO) -> bytes:
    """The same parts under one time."""
    packed = io.BytesIO()
    with zipfile.ZipFile(made) as source, zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as target:
        for info in source.infolist():
            target.writestr(zipfile.ZipInfo(info.filename, _EPOCH), source.read(info), zipfile.ZIP_DEFLATED)
    return packed.getvalue()
