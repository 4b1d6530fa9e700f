"""What is written as a letter is read as that letter, from DOCX and from its PDF."""

from __future__ import annotations

from official_samples import LETTER, needs_libreoffice

from vonggac.documents.letters import ReadLetter, read_letter
from vonggac.documents.pdf import to_pdf
from vonggac.documents.rendering import render_letter


def compare(read: ReadLetter) -> None:
    assert (read.issuer.value, read.superior.value) == (LETTER.issuer.upper(), LETTER.superior.upper())
    assert (read.number.value, read.symbol.value, read.dated.value) == (LETTER.number, LETTER.symbol, LETTER.dated)
    assert (read.place.value, read.urgency.value) == (LETTER.place, LETTER.urgency)
    assert read.subject.value.lower() == LETTER.subject
    assert [one.words for one in read.addressed] == LETTER.addressed_to
    assert [one.words for one in read.recipients] == [
        "Như trên", "Ủy ban nhân dân tỉnh (để b/c)", "Công an tỉnh", "Lưu: VT, CNTT",
    ]  # fmt: skip
    signatory = read.signatory.value
    assert (*signatory.on_behalf, signatory.title, signatory.name) == (
        "KT. GIÁM ĐỐC",
        "PHÓ GIÁM ĐỐC",
        "Nguyễn Văn Mẫu",
    )
    [clause] = read.clauses
    assert [one.path for one in (clause, *clause.children)] == ["1", "1.a", "1.b"]
    assert [one.text for one in clause.children] == [one.text for one in LETTER.body[2:4]]


def test_a_letter_is_read_back_from_docx() -> None:
    compare(read_letter(render_letter(LETTER), "letter.docx"))


@needs_libreoffice
def test_a_letter_is_read_back_from_its_pdf() -> None:
    compare(read_letter(to_pdf(render_letter(LETTER)), "letter.pdf"))
