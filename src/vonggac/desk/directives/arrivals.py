"""What is entered of a letter that came in, as plain values, and whether it can stand."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from vonggac.desk.directives.states import LETTER
from vonggac.desk.directives.values import LetterValues, clean
from vonggac.desk.organisations.checks import Check
from vonggac.documents.reading.letter import FORMS
from vonggac.errors import N_

IN_BOOK: Final = "in"
"""The register of what came in."""
ARRIVING_FORMS: Final = {name: title for name, title in FORMS.items() if len(name) <= 10}
"""Forms of documents that come in, as the register knows them; a rarer one is “another form”."""
_EARLIEST = date(1990, 1, 1)


@dataclass(frozen=True, slots=True)
class ArrivalValues:
    """``said``: what the letter says; its ``form`` is a key of ARRIVING_FORMS. See ``models.Letter`` for the rest.

    ``number``: the number of arrival, None for the next one. ``parent_reference``: of the letter that it carries out, as it is written.
    """

    said: LetterValues
    arrived_on: date
    reference: str = ""
    dated: date | None = None
    issuer_name: str = ""
    number: int | None = None
    handler: str = ""
    parent_reference: str = ""


def clean_arrival(check: Check, values: ArrivalValues, today: date) -> ArrivalValues:
    """``values`` as they are kept; notes what cannot stand."""
    form = values.said.form
    check.one_of("form", form, tuple(ARRIVING_FORMS))
    if values.arrived_on > today:
        check.fault("arrived_on", N_("this lies in the future: it can be written down from that day on"))
    for name, day in (("arrived_on", values.arrived_on), ("dated", values.dated)):
        if day is not None and day < _EARLIEST:
            check.fault(name, N_("the year {year} is not possible"), year=day.year)
    if values.dated is not None and values.dated > values.arrived_on:
        check.fault("dated", N_("it is dated later than the day on which it came"))
    said = clean(check, replace(values.said, form=LETTER, change="", about_id=None, parent_id=None))
    return replace(
        values,
        said=replace(said, form=form),
        reference=check.text("reference", values.reference, most=60),
        issuer_name=check.text("issuer_name", values.issuer_name, most=250, needed=True),
        handler=check.text("handler", values.handler, most=150),
        parent_reference=check.text("parent_reference", values.parent_reference, most=60),
    )
