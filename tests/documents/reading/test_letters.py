"""Letters of invented offices, in the layouts that offices use, through the public door."""

from __future__ import annotations

import dataclasses
import datetime as dt
import io
import zipfile
from collections.abc import Callable
from dataclasses import replace

import docx
import offices
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from layouts import LETTERS, PRINTED, SCANNED
from offices import AGENCY, DEPARTMENT, HOLIDAY, REPORT, Spec

from vonggac.documents.letters import Place, ReadLetter, read_letter
from vonggac.jobs.letter_scans import is_there, read_letter_file


def facts(letter: ReadLetter) -> dict[str, object]:
    """What must be found, by the name under which it is asked for when it is not."""
    return {
        "issuer": letter.issuer.value,
        "superior": letter.superior.value,
        "number": (letter.number.value, letter.reference.value, letter.symbol.value),
        "dated": letter.dated.value,
        "place": letter.place.value,
        "form": letter.form.value,
        "urgency": letter.urgency.value,
        "subject": letter.subject.value,
        "addressed": [one.words for one in letter.addressed],
        "recipients": [(one.words, one.role) for one in letter.recipients],
        "signatory": (list(letter.signatory.value.on_behalf), letter.signatory.value.title, letter.signatory.value.name),
        "references": [(one.number, one.dated) for one in letter.parents],
        "deadlines": [(one.kind, one.day, one.time.strftime("%H:%M") if one.time else None) for one in letter.deadlines],
        "clauses": [one.path for one in letter.all_clauses()],
    }  # fmt: skip


def wanted(spec: Spec) -> dict[str, object]:
    return {
        "issuer": " ".join(spec.issuer),
        "superior": " ".join(spec.superior),
        "number": (spec.number, spec.reference, spec.symbol),
        "dated": spec.dated,
        "place": spec.place,
        "form": spec.form,
        "urgency": spec.urgency,
        "subject": spec.subject,
        "addressed": spec.addressed,
        "recipients": spec.recipients,
        "signatory": spec.signer,
        "references": spec.parents,
        "deadlines": spec.deadlines,
        "clauses": spec.paths,
    }


def words(letter: ReadLetter) -> str:
    """All of the body in its order, without marks."""
    return " ".join([
        *(one.value for one in letter.opening), *(one.text for one in letter.all_clauses()), *(one.value for one in letter.closing),
    ])  # fmt: skip


@pytest.mark.parametrize("name", LETTERS)
def test_a_letter_is_read_whole_and_without_a_question(name: str) -> None:
    spec, make = LETTERS[name]
    letter = read_letter(make(spec), "letter")
    assert facts(letter) == wanted(spec)
    assert words(letter).split() == spec.body_words()
    assert [one.value for one in letter.opening] == spec.opening
    assert [one.value for one in letter.closing] == spec.closing
    assert {doubt.field for doubt in letter.doubts} <= {"file"}
    assert letter.clauses[0].where > letter.issuer.where > Place()
    assert all(one.sure for one in [*letter.all_clauses(), letter.number, letter.dated])


@pytest.mark.skipif(not offices.has_libreoffice(), reason="LibreOffice is missing: apt-get install libreoffice-writer")
@pytest.mark.parametrize("name", PRINTED)
def test_a_letter_that_libreoffice_printed_is_read_as_well(name: str) -> None:
    spec, make = PRINTED[name]
    letter = read_letter(offices.by_libreoffice(make(spec)), "letter.pdf")
    assert facts(letter) == wanted(spec)
    assert words(letter).split() == spec.body_words()
    assert letter.doubts == []


@pytest.mark.skipif(not is_there(), reason="Tesseract is missing: apt-get install tesseract-ocr tesseract-ocr-vie")
@pytest.mark.parametrize("name", SCANNED)
def test_of_a_scan_all_is_found_or_asked(name: str) -> None:
    spec, make = SCANNED[name]
    letter = read_letter_file(make(spec), "scan.pdf")
    assert letter.origin == "scan"
    found, right = facts(letter), wanted(spec)
    asked = {doubt.field for doubt in letter.doubts}
    for field in ("issuer", "number", "dated", "references", "deadlines", "clauses"):
        assert found[field] == right[field] or field in asked, field
    assert len(letter.all_clauses()) >= len(spec.paths) - 1
    assert [role for _, role in found["recipients"]] == [role for _, role in spec.recipients]  # type: ignore[attr-defined]
    assert len(letter.addressed) == len(spec.addressed)
    got, n = words(letter).split(), len(spec.body_words())
    assert abs(len(got) - n) <= 0.05 * n
    assert len(set(got) & set(spec.body_words())) > 0.85 * len(set(spec.body_words()))
    assert all(word.confidence < 70 and word.where.page for word in letter.words)
    assert bool(letter.words) == ("words" in asked)


def test_a_clause_knows_its_text_its_title_and_what_it_asks_by_when() -> None:
    letter = read_letter(offices.word_table(HOLIDAY), "letter.docx")
    first = letter.clauses[0]
    assert (first.mark, first.title, first.depth) == (
        "1.",
        "Các sở, ban, ngành tỉnh và Ủy ban nhân dân các xã, phường",
        0,
    )
    duty = first.children[0]
    assert (duty.mark, duty.path, duty.depth) == ("a)", "1.a", 1)
    assert duty.text == HOLIDAY.clauses[1][1]
    period, until, hour, daily = letter.deadlines
    assert (period.begins, period.clause) == (dt.date(2026, 4, 29), "1.a")
    assert (until.written, until.clause) == ("trước ngày 25/4/2026", "1.a")
    assert (hour.time, hour.clause) == (dt.time(16, 0), "1.c")
    assert (daily.kind, daily.clause) == ("daily", "1.đ")


def test_an_issuer_named_with_and_is_whole() -> None:
    (parent,) = read_letter(offices.word_table(REPORT), "letter.docx").parents
    assert (parent.kind, parent.issuer) == ("Công văn", "Sở Khoa học và Công nghệ")


def test_legal_bases_are_no_parents() -> None:
    letter = read_letter(offices.word_tabs(DEPARTMENT), "letter.docx")
    assert [(one.kind, one.number, one.relation, one.issuer) for one in letter.references] == [
        ("Nghị định", "85/2016/NĐ-CP", "basis", "Chính phủ"),
        ("Công văn", "1278/UBND-KGVX", "parent", "Ủy ban nhân dân tỉnh"),
    ]


def filled(
    fill: Callable[[docx.document.Document], None], end: Callable[[docx.document.Document], None] | None = None
) -> ReadLetter:
    """A letter with the head of an agency, and what ``fill`` and ``end`` put into it."""
    made = docx.Document()
    for text in (
        "BỘ THÔNG TIN GIẢ ĐỊNH\nCỤC AN NINH MẠNG VÙNG\nSố: 9/CANM-GSVN\nV/v rà soát",
        "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM",
    ):
        made.add_paragraph(text)
    made.add_paragraph("\tHà Châu, ngày 15 tháng 4 năm 2026")
    made.add_paragraph("Kính gửi:\t- Sở Y tế;\n\t- Sở Tài chính.")
    fill(made)
    if end:
        end(made)
    out = io.BytesIO()
    made.save(out)
    return read_letter(out.getvalue(), "letter.docx")


def test_a_table_of_values_holds_no_clauses_and_none_of_it_is_lost() -> None:
    def fill(made: docx.document.Document) -> None:
        made.add_paragraph("1. Bóc gỡ các địa chỉ sau:")
        table = made.add_table(3, 4)
        for row, texts in zip(
            table.rows,
            (["TT", "Địa chỉ", "Mã độc", "Hạn"], ["1.", "192.0.2.7", "Emotet", "x"], ["5.", "192.0.2.8", "", "y"]),
            strict=True,
        ):
            for cell, text in zip(row.cells, texts, strict=True):
                cell.text = text
        made.add_paragraph("2. Báo cáo kết quả.")

    letter = filled(fill)
    assert [one.path for one in letter.all_clauses()] == ["1", "2"]
    assert letter.clauses[0].text.split("\n") == [
        "Bóc gỡ các địa chỉ sau:", "TT | Địa chỉ | Mã độc | Hạn", "1. | 192.0.2.7 | Emotet | x", "5. | 192.0.2.8 | y",
    ]  # fmt: skip
    assert [one.words for one in letter.addressed] == ["Sở Y tế", "Sở Tài chính"]
    assert (letter.issuer.value, letter.superior.value) == ("CỤC AN NINH MẠNG VÙNG", "BỘ THÔNG TIN GIẢ ĐỊNH")
    assert letter.reference.value == "9/CANM-GSVN"


@pytest.mark.parametrize(
    "lines",
    [
        ["KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG", "(Đã ký)", "Triệu Minh Tuệ", "Nơi nhận:", "- Như trên;", "- Lưu: VT."],
        ["Nơi nhận:", "- Như trên;", "- Lưu: VT", "KT. CỤC TRƯỞNG", "PHÓ CỤC TRƯỞNG", "Triệu Minh Tuệ"],
        ["Nơi nhận:\n- Như trên;\n- Lưu: VT.\tKT. CỤC TRƯỞNG\n\tPHÓ CỤC TRƯỞNG\n\tTriệu Minh Tuệ"],
    ],
)
def test_where_the_signature_may_stand_and_an_annex_below_it(lines: list[str]) -> None:
    def fill(made: docx.document.Document) -> None:
        made.add_paragraph("1. Rà soát hệ thống.")
        for text in (*lines, "PHỤ LỤC", "1. Biểu mẫu báo cáo"):
            made.add_paragraph(text)

    letter = filled(fill)
    signer = letter.signatory.value
    assert (signer.on_behalf, signer.title, signer.name) == (("KT. CỤC TRƯỞNG",), "PHÓ CỤC TRƯỞNG", "Triệu Minh Tuệ")
    assert [(one.words, one.role) for one in letter.recipients] == [("Như trên", "action"), ("Lưu: VT", "archive")]
    assert [one.text for one in letter.all_clauses()] == ["Rà soát hệ thống."]
    assert [one.value for one in letter.rest] == ["PHỤ LỤC", "1. Biểu mẫu báo cáo"]


# -------------------------------------------------------------------------------------------------- what must be asked


def doubts(spec: Spec) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for doubt in read_letter(offices.word_table(spec), "letter.docx").doubts:
        found.setdefault(doubt.field, []).append(doubt.message.format(**doubt.params))
    return found


def clauses(*lines: tuple[str, str]) -> Spec:
    return replace(AGENCY, clauses=list(lines), deadlines=[])


def test_a_clause_that_lacks_is_asked_for() -> None:
    found = doubts(clauses(("1.", "Một."), ("3.", "Ba.")))
    assert found == {"clauses": ["3. does not follow 1.: is one missing, or is this no clause?"]}


def test_a_day_without_a_year_that_has_passed_and_one_that_never_comes_are_asked_for() -> None:
    found = doubts(
        clauses(
            ("1.", "Xong trước ngày 01/3."), ("2.", "Xong trước ngày 31/02/2026."), ("3.", "Xong trước ngày 01/4/2026.")
        )
    )
    assert [text.split("”")[0] for text in found["deadlines"]] == [
        "is the time “Xong trước ngày 01/3", "no day is “Xong trước ngày 31/02/2026", "“Xong trước ngày 01/4/2026",
    ]  # fmt: skip


def test_an_order_that_is_followed_without_number_or_date_is_asked_for() -> None:
    assert "references" in doubts(replace(AGENCY, opening=["Thực hiện chỉ đạo của Bộ trưởng, Cục đề nghị:"]))
    assert doubts(replace(AGENCY, opening=["Thực hiện Công văn số 5/A-B của Bộ trưởng, Cục đề nghị:"])) == {
        "references": ["5/A-B is named without its date: when is it dated?"]
    }


def test_a_letter_without_number_date_and_recipients_asks_for_all_of_them() -> None:
    made = docx.Document()
    made.add_paragraph("Đề nghị các đơn vị thực hiện.")
    out = io.BytesIO()
    made.save(out)
    letter = read_letter(out.getvalue(), "letter.docx")
    assert {"issuer", "number", "dated", "subject", "addressed", "recipients", "signatory", "clauses"} <= {
        one.field for one in letter.doubts
    }
    assert [one.value for one in letter.opening] == ["Đề nghị các đơn vị thực hiện."]
    assert not any(
        value.sure for value in (letter.issuer, letter.number, letter.reference, letter.dated, letter.subject)
    )


def test_a_draft_without_a_number_asks_for_it() -> None:
    data = changed(
        offices.word_table(AGENCY),
        lambda xml: xml.replace("Số: 147/CANM-GSVN".encode(), "Số:       /CANM-GSVN".encode()),
    )
    letter = read_letter(data, "draft.docx")
    assert (letter.number.value, letter.symbol.value, letter.number.sure) == (None, "CANM-GSVN", False)
    assert [one.field for one in letter.doubts] == ["number"]


@pytest.mark.parametrize(
    ("text", "kind", "values"),
    [
        ("trước ngày 28/4/2026", "date", {"day": dt.date(2026, 4, 28)}),
        ("trước 16 giờ 00 ngày 28 tháng 4 năm 2026", "date", {"day": dt.date(2026, 4, 28), "time": dt.time(16)}),
        ("chậm nhất là 9h30 ngày 05-5-2026", "date", {"day": dt.date(2026, 5, 5), "time": dt.time(9, 30)}),
        ("Thời gian hoàn thành: 30/4/2026", "date", {"day": dt.date(2026, 4, 30)}),
        ("trước ngày 02/5", "date", {"day": dt.date(2026, 5, 2), "sure": True}),
        ("hằng ngày trước 15h30", "daily", {"time": dt.time(15, 30)}),
        ("trước 16h00 hàng ngày", "daily", {"time": dt.time(16)}),
        ("trước 15h00 thứ Sáu hằng tuần", "weekly", {"time": dt.time(15), "weekday": 4}),
        ("trước ngày 25 hằng tháng", "monthly", {"day_of_month": 25}),
        ("trong vòng 24 giờ kể từ khi phát hiện", "within", {"amount": 24, "unit": "hours"}),
        ("chậm nhất 05 ngày làm việc kể từ ngày nhận", "within", {"amount": 5, "unit": "working_days"}),
        ("từ 17 giờ 00 ngày 29/4 đến hết ngày 03/5/2026", "period", {"begins": dt.date(2026, 4, 29), "day": dt.date(2026, 5, 3)}),
    ],
)  # fmt: skip
def test_ways_to_say_by_when(text: str, kind: str, values: dict[str, object]) -> None:
    letter = read_letter(offices.word_table(clauses(("1.", f"Báo cáo {text}."))), "letter.docx")
    (found,) = letter.deadlines
    assert found.kind == kind
    assert {name: getattr(found, name) for name in values} == values
    assert found.clause == "1"


def test_times_that_are_no_limits_are_not_taken_for_such() -> None:
    text = "Theo Nghị định số 13/2023/NĐ-CP ngày 17/4/2023 của Chính phủ, phiên bản 7.2.1 có lỗ hổng công bố ngày 10/4/2026."
    assert read_letter(offices.word_table(clauses(("1.", text))), "letter.docx").deadlines == []


# --------------------------------------------------------------------------------------------------- no word is lost


def changed(
    data: bytes,
    change: Callable[[bytes], bytes],
    name: str = "word/document.xml",
    extra: dict[str, bytes] | None = None,
) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for info in old.infolist():
            body = old.read(info.filename)
            new.writestr(info.filename, change(body) if info.filename == name else body)
        for path, body in (extra or {}).items():
            new.writestr(path, body)
    return out.getvalue()


MARKS = [
    "",
    "",
    "1.",
    "2.",
    "3.",
    "1.1.",
    "2.1",
    "a)",
    "b)",
    "c)",
    "đ)",
    "e)",
    "-",
    "+",
    "*",
    "I.",
    "II.",
    "III.",
    "1)",
    "2)",
    "A.",
    "Điều 1.",
    "•",
]
WORDS = [
    "trực",
    "giám",
    "sát",
    "mã",
    "độc",
    "1.",
    "a)",
    "-",
    "28/4/2026",
    "(1)",
    "UBND",
    "xã",
    "trước",
    "V/v:",
    "IP",
    "Như",
    "24/7.",
    "Lưu;",
    "I.",
    "2.1",
]
LINES = st.lists(st.tuples(st.sampled_from(MARKS), st.lists(st.sampled_from(WORDS), min_size=1, max_size=12)), min_size=1, max_size=25)  # fmt: skip
EMPTY = offices.word_table(
    replace(AGENCY, opening=["MỞ"], clauses=[("", "THÂN")], closing=["KẾT"], deadlines=[], parents=[])
)


def _squeezed(text: str) -> str:
    return "".join(text.split())


@settings(max_examples=60)
@given(LINES)
def test_no_word_of_the_body_is_lost_or_moved(lines: list[tuple[str, list[str]]]) -> None:
    texts = [" ".join([mark, "từ", *rest]).strip() for mark, rest in lines]
    paragraphs = "".join(f"<w:p><w:r><w:t>{text}</w:t></w:r></w:p>" for text in texts)
    data = changed(EMPTY, lambda xml: xml.replace(b"<w:sectPr", b"<w:sectPr", 1).replace(
        xml[xml.index("MỞ".encode()) : xml.index("KẾT".encode())], f"MỞ</w:t></w:r></w:p>{paragraphs}<w:p><w:r><w:t>".encode()))  # fmt: skip
    letter = read_letter(data, "letter.docx")
    read = [
        *(one.value for one in letter.opening),
        *(one.mark + one.text for one in letter.all_clauses()),
        *(one.value for one in letter.closing),
    ]
    assert _squeezed("".join(read)) == _squeezed("MỞ" + "".join(texts) + "KẾT")


@settings(max_examples=15)
@given(LINES)
def test_no_word_of_a_pdf_is_lost(lines: list[tuple[str, list[str]]]) -> None:
    spec = replace(AGENCY, clauses=[(mark, " ".join(["từ", *rest])) for mark, rest in lines])
    letter = read_letter(offices.pdf_lines(spec), "letter.pdf")
    read = [
        *(one.value for one in letter.opening),
        *(one.mark + one.text for one in letter.all_clauses()),
        *(one.value for one in letter.closing),
    ]
    assert _squeezed("".join(read)) == _squeezed(
        "".join([*spec.opening, *(mark + text for mark, text in spec.clauses), *spec.closing])
    )


def test_what_was_read_can_be_kept_as_plain_values() -> None:
    told = dataclasses.asdict(read_letter(offices.word_table(HOLIDAY), "letter.docx"))
    assert told["clauses"][0]["children"][0]["path"] == "1.a"
