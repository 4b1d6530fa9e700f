"""The letters of tests in every layout: name to what it says and what makes its file."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import offices
from offices import AGENCY, DEPARTMENT, HOLIDAY, PLAN, REPORT, Spec

# Word counts letters without đ, and that is what it prints.
COUNTED = replace(HOLIDAY, paths=["1.e" if path == "1.đ" else path for path in HOLIDAY.paths])

LETTERS: dict[str, tuple[Spec, Callable[[Spec], bytes]]] = {
    "word, tables": (HOLIDAY, offices.word_table),
    "word, tables, plan": (PLAN, offices.word_table),
    "word, tab stops, soft lines": (DEPARTMENT, offices.word_tabs),
    "word, tab stops, report": (REPORT, offices.word_tabs),
    "word, automatic lists": (COUNTED, offices.word_lists),
    "word, text box, decomposed": (AGENCY, offices.word_boxes),
    "pdf": (HOLIDAY, offices.pdf_lines),
    "pdf, hanging, footer": (DEPARTMENT, lambda spec: offices.pdf_lines(spec, hanging=True, footer="In từ hệ thống văn bản")),
    "pdf, plan": (PLAN, offices.pdf_lines),
    "pdf, two parents": (AGENCY, offices.pdf_lines),
}  # fmt: skip
PRINTED: dict[str, tuple[Spec, Callable[[Spec], bytes]]] = {
    "libreoffice, tables": (REPORT, offices.word_table),
    "libreoffice, tab stops": (DEPARTMENT, offices.word_tabs),
    "libreoffice, lists": (COUNTED, offices.word_lists),
    "libreoffice, letter of an agency": (AGENCY, offices.word_table),
}
SCANNED: dict[str, tuple[Spec, Callable[[Spec], bytes]]] = {
    "scan of a holiday letter": (HOLIDAY, lambda spec: offices.scanned(offices.pdf_lines(spec))),
    "scan, not straight": (DEPARTMENT, lambda spec: offices.scanned(offices.pdf_lines(spec), skew=0.4)),
    "scan of a plan": (PLAN, lambda spec: offices.scanned(offices.pdf_lines(spec))),
    "photo of a report": (REPORT, lambda spec: offices.photo(offices.pdf_lines(spec, size=10.5))),
}
