"""Routes of letters; a piece adds its router to ``ROUTERS``.

A path of words stands before one that takes an id there (``letters/register`` before ``letters/{letter_id}``): the first that fits answers.
"""

from __future__ import annotations

from ninja import Router

from vonggac.web.letters.api.answering import router as answering
from vonggac.web.letters.api.arriving import router as arriving
from vonggac.web.letters.api.declaring import router as declaring
from vonggac.web.letters.api.files import router as files
from vonggac.web.letters.api.report import router as report
from vonggac.web.letters.api.table import router as table
from vonggac.web.letters.api.writing import router as writing

ROUTERS: tuple[Router, ...] = (answering, arriving, declaring, files, table, report, writing)
