"""A letter and a report of an invented department, and changes to the files of templates."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date

import pytest

from vonggac.documents.official import (
    Appendix,
    Column,
    DataTable,
    OfficialLetter,
    OfficialReport,
    Paragraph,
    Recipient,
    Row,
    Section,
    Signatory,
)
from vonggac.documents.pdf import lacking

needs_libreoffice = pytest.mark.skipif(
    bool(lacking()), reason="LibreOffice: apt-get install libreoffice-writer-nogui fonts-liberation2"
)

CLAUSES = ("1a", "1b", "1c", "1d", "1đ", "1e", "1g", "1h", "2a", "2b", "2c", "2d", "3a", "3b")

LETTER = OfficialLetter(
    issuer="Sở Khoa học và Công nghệ",
    superior="Ủy ban nhân dân tỉnh Sông Lam",
    symbol="SKHCN-CNTT",
    number=5,
    place="Sông Lam",
    dated=date(2026, 2, 5),
    subject="tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ",
    urgency="hoa_toc",
    addressed_to=["Các sở, ban, ngành", "Ủy ban nhân dân các xã, phường", "Các doanh nghiệp viễn thông"],
    body=[
        Paragraph("Thực hiện Công văn số 100/CATT ngày 20 tháng 8 năm 2026, Sở đề nghị các đơn vị:"),
        Paragraph("Đối với các cơ quan, đơn vị", "1.", is_heading=True),
        Paragraph("Ứng trực 24/7; rà soát, bóc gỡ mã độc, ưu tiên địa chỉ nằm trong danh sách IP botnet.", "a)"),
        Paragraph("Khẩn trương vá lỗ hổng; săn lùng mối nguy hại.", "b)"),
        Paragraph("Đề nghị các cơ quan, đơn vị nghiêm túc thực hiện."),
    ],
    signatory=Signatory("Phó Giám đốc", "Nguyễn Văn Mẫu", ["KT. Giám đốc"]),
    recipients=[Recipient("Ủy ban nhân dân tỉnh", "để b/c"), Recipient("Công an tỉnh")],
    archive="VT, CNTT",
)

REPORT = OfficialReport(
    issuer=LETTER.issuer,
    superior=LETTER.superior,
    symbol="BC-SKHCN",
    number=15,
    place="Sông Lam",
    dated=date(2026, 9, 15),
    subject="Kết quả bảo đảm an toàn thông tin mạng dịp nghỉ lễ",
    addressed_to=["Ủy ban nhân dân tỉnh Sông Lam"],
    signatory=LETTER.signatory,
    recipients=[Recipient("Công an tỉnh")],
    opening=[Paragraph("Sở Khoa học và Công nghệ báo cáo như sau:")],
    sections=[
        Section("I. TÌNH HÌNH CHUNG", [
            Paragraph("Đã có 148/150 cơ quan, đơn vị báo cáo."),
            DataTable(
                [Column("STT", 1, "center"), Column("Nội dung", 5), Column("Đã xong", 2, "right"), Column("Quá hạn", 2, "right")],
                [Row(["1", "Ứng trực", 1148, 2]), Row(["2", "Bóc gỡ mã độc", 900, 50])], "Bảng 1. Kết quả",
            ).totalled(),
        ]),
        Section("II. KIẾN NGHỊ", [Paragraph("Kính đề nghị Ủy ban nhân dân tỉnh xem xét, chỉ đạo.")]),
    ],
)  # fmt: skip


def with_matrix(n_recipients: int = 150) -> OfficialReport:
    """The report with all recipients and clauses in an appendix across the page."""
    columns = [Column("STT", 9, "center"), Column("Cơ quan, đơn vị", 44), *(Column(name, 12, "center") for name in CLAUSES),
               Column("Máy đã kiểm tra", 15, "right")]  # fmt: skip
    rows = [Row(["I. Ủy ban nhân dân các xã, phường"], "group")] + [
        Row([str(n), unit(n), *("Xong" if (n * at) % 7 else "Quá hạn" for at in range(14)), n * 11])
        for n in range(1, n_recipients + 1)
    ]
    appendix = Appendix("Phụ lục I", [DataTable(columns, rows).totalled()], "Kết quả của từng cơ quan, đơn vị",
                        "Kèm theo Báo cáo số 15/BC-SKHCN")  # fmt: skip
    return replace(REPORT, appendices=[appendix])


def unit(n: int) -> str:
    """The name of one of many recipients."""
    return f"Ủy ban nhân dân xã Bình Minh Thượng {n:03d}"


Change = str | bytes | Callable[[str], str] | None


def changed(data: bytes, changes: Mapping[str, Change]) -> bytes:
    """The archive with parts replaced, changed, added, or (None) left out."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as source, zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as target:
        for name in source.namelist():
            change = changes.get(name, "")
            if change is None:
                continue
            content = source.read(name)
            if callable(change):
                before = content.decode()
                content = change(before).encode()
                assert content != before.encode(), f"nothing changed in {name}"
            elif change:
                content = change if isinstance(change, bytes) else change.encode()
            target.writestr(name, content)
        for name in changes.keys() - set(source.namelist()):
            new = changes[name]
            assert isinstance(new, str | bytes)
            target.writestr(name, new)
    return made.getvalue()


def with_paragraph(data: bytes, inner: str) -> bytes:
    """The document with a first paragraph that holds ``inner``, XML of runs."""
    return changed(data, {"word/document.xml": lambda xml: xml.replace("<w:body>", f"<w:body><w:p>{inner}</w:p>", 1)})


def said(text: str) -> str:
    """A run of WordprocessingML."""
    return f'<w:r><w:t xml:space="preserve">{text}</w:t></w:r>'
