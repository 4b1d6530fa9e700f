"""A letter by which a recipient reports what it answered, for the unit's own number and signature. What was not answered is said, too."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, tzinfo
from typing import Any, Final

from vonggac.desk.directives.models import Recipient
from vonggac.desk.directives.queries.answering import Asked, asked
from vonggac.desk.work.kinds import Field
from vonggac.documents.official import BLANK, OfficialLetter, Paragraph, Signatory, grouped
from vonggac.documents.official import Recipient as Line
from vonggac.documents.rendering import render_letter
from vonggac.errors import N_

Say = Callable[[str], str]
_NO_ANSWER: Final = N_("Not reported yet")
_MOST_OF_SUBJECT: Final = 300


def reply_of(row: Recipient, zone: tzinfo, say: Say) -> OfficialLetter:
    """What the unit reports, clause by clause; number, day, place and signature are the unit's. ``say`` gives the words of a document, Vietnamese."""
    letter, unit = row.letter, row.organisation
    about = f"Công văn số {letter.reference}"
    dated = f" ngày {letter.dated:%d/%m/%Y}" if letter.dated else ""
    parent = unit.parent.name if unit is not None and unit.parent else ""
    issuer = letter.issuer_name or letter.office.name
    opening = (
        f"Thực hiện {about}{dated} của {issuer} về việc {_small(letter.subject)}, {row.name} báo cáo kết quả như sau:"
    )
    body = [Paragraph(opening)]
    for place, one in enumerate(asked(row), 1):
        body += _clause(one, place, zone, say)
    body.append(Paragraph(f"{row.name} báo cáo {issuer} tổng hợp."))
    return OfficialLetter(
        issuer=row.name, superior=parent, symbol=BLANK, number=None, dated=None, place="",
        subject=f"báo cáo kết quả thực hiện {about}{dated}"[:_MOST_OF_SUBJECT], addressed_to=[issuer], body=body,
        signatory=Signatory("THỦ TRƯỞNG ĐƠN VỊ"), recipients=[Line(BLANK)],
    )  # fmt: skip


def docx_of(row: Recipient, zone: tzinfo, say: Say) -> bytes:
    """The same as DOCX."""
    return render_letter(reply_of(row, zone, say))


def _small(subject: str) -> str:
    first, second = subject[:1], subject[1:2]
    return subject if second.isupper() or not second else first.lower() + subject[1:]


def _clause(one: Asked, place: int, zone: tzinfo, say: Say) -> Iterator[Paragraph]:
    """Its title as it stands in the letter, the result, then what was told with it."""
    details = one.task.details
    mark, title = str(details.get("mark", "")), str(details.get("title", one.task.subject))
    if one.day:
        title = f"{title} (ngày {one.day:%d/%m/%Y})"
    told = f"{title} (mục {mark} của Công văn)" if mark else title
    yield Paragraph(told, f"{place}.", is_heading=True)
    answer = one.last
    if answer is None or answer.verdict == "returned":
        yield Paragraph(f"- Kết quả: {say(_NO_ANSWER).lower()}.")
        return
    yield Paragraph(f"- Kết quả: {say(one.kind.results.get(answer.result, answer.result)).lower()}.")
    counts = [
        f"{say(field.title).lower()}: {grouped(int(value))}"
        for field in one.kind.answer
        if field.kind == "count" and (value := answer.values.get(field.name)) is not None
    ]
    if counts:
        yield Paragraph(f"- Số liệu: {'; '.join(counts)}.")
    for field in one.kind.answer:
        value = answer.values.get(field.name)
        if field.kind != "count" and value not in (None, "", []):
            yield from _told(field, value, zone, say)
    names = [file.name for file in one.files if file.answer_id is not None]
    if names:
        yield Paragraph(f"- Tài liệu kèm theo: {'; '.join(names)}.")


def _told(field: Field, value: Any, zone: tzinfo, say: Say) -> Iterator[Paragraph]:
    title = say(field.title)
    if field.kind == "rows":
        yield Paragraph(f"- {title}:")
        for row in value:
            yield Paragraph(f"+ {_row(field, row, say)}")
        return
    text = datetime.fromisoformat(value).astimezone(zone).strftime("%H:%M %d/%m/%Y") if field.kind == "moment" else str(value)  # fmt: skip
    first, *rest = [line for line in text.splitlines() if line.strip()] or [""]
    yield Paragraph(f"- {title}: {first}")
    for line in rest:
        yield Paragraph(line)


def _row(field: Field, row: Mapping[str, Any], say: Say) -> str:
    parts = []
    for column in field.columns:
        value = row.get(column.name)
        if value is True:
            parts.append(say(column.title).lower())
        elif value not in (None, ""):
            parts.append(say(dict(column.choices).get(str(value), str(value))) if column.choices else str(value))
    return ", ".join(parts)
