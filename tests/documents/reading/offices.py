"""Letters of an invented province, and the ways in which its offices lay them out: Word, LibreOffice, PDF, paper."""

from __future__ import annotations

import datetime as dt
import io
import shutil
import subprocess
import tempfile
import unicodedata
from dataclasses import dataclass, field
from pathlib import Path

import docx
from docx.enum.text import WD_ALIGN_PARAGRAPH as ALIGN
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Cm, Pt

STATE, MOTTO = "CỘNG HÒA XÃ HỘI CHỦ NGHĨA VIỆT NAM", "Độc lập - Tự do - Hạnh phúc"
DATE = dt.date


@dataclass(frozen=True)
class Spec:
    """A letter's content, and what must be found in it."""

    issuer: list[str]
    superior: list[str]
    number: int
    symbol: str
    place: str
    dated: dt.date
    subject: str
    addressed: list[str]
    opening: list[str]
    clauses: list[tuple[str, str]]
    paths: list[str]
    closing: list[str]
    recipients: list[tuple[str, str]]
    signer: tuple[list[str], str, str]
    parents: list[tuple[str, dt.date]]
    deadlines: list[tuple]
    title: str = ""
    urgency: str = ""
    form: str = "cong_van"
    lines: dict[str, list[str]] = field(default_factory=dict)

    @property
    def reference(self) -> str:
        return f"{self.number}/{self.symbol}"

    @property
    def date_line(self) -> str:
        return f"{self.place}, ngày {self.dated.day:02d} tháng {self.dated.month} năm {self.dated.year}"

    def body_words(self) -> list[str]:
        return " ".join([*self.opening, *(text for _, text in self.clauses), *self.closing]).split()


HOLIDAY = Spec(
    issuer=["ỦY BAN NHÂN DÂN", "TỈNH SÔNG THƯỢNG"], superior=[], number=1278, symbol="UBND-KGVX", place="Sông Thượng", dated=DATE(2026, 4, 20),
    subject="Tăng cường bảo đảm an toàn thông tin mạng trong dịp nghỉ lễ 30/4 và 01/5", urgency="hoa_toc",
    addressed=["Các sở, ban, ngành tỉnh", "Ủy ban nhân dân các xã, phường, đặc khu", "Các doanh nghiệp viễn thông trên địa bàn tỉnh"],
    opening=[
        ("Thực hiện Công văn số 147/CATTT-GSVN ngày 15/4/2026 của Cục An toàn thông tin về việc tăng cường bảo đảm an toàn thông tin mạng dịp nghỉ lễ, "
        "để chủ động phòng ngừa, phát hiện và xử lý kịp thời các sự cố, Ủy ban nhân dân tỉnh yêu cầu các cơ quan, đơn vị thực hiện các nội dung sau:"),
    ],
    clauses=[
        ("1.", "Các sở, ban, ngành tỉnh và Ủy ban nhân dân các xã, phường:"),
        ("a)", ("Tổ chức trực, giám sát 24/7 các hệ thống thông tin thuộc phạm vi quản lý từ ngày 29/4/2026 đến hết ngày 03/5/2026; phân công người trực và "
               "gửi lịch trực về Sở Khoa học và Công nghệ trước ngày 25/4/2026.")),
        ("b)", "Rà soát, cập nhật bản vá cho các lỗ hổng đã được cảnh báo."),
        ("c)", ("Bóc gỡ mã độc trên toàn bộ máy chủ và máy trạm, trước hết là các hệ thống có địa chỉ IP nằm trong danh sách mạng máy tính ma; hoàn thành "
               "trước 16 giờ 00 ngày 28 tháng 4 năm 2026.")),
        ("d)", "Sẵn sàng phương án ứng cứu sự cố và khôi phục nhanh."),
        ("đ)", "Báo cáo tình hình hằng ngày trước 15h30, kể cả khi không có sự cố."),
        ("2.", "Các doanh nghiệp viễn thông:"),
        ("a)", "Bố trí nhân lực trực 24/7, bảo đảm thông suốt liên lạc."),
        ("b)", "Ngăn chặn nguồn phát tán:"),
        ("-", "Tin nhắn rác, cuộc gọi rác;"),
        ("-", "Tin nhắn lừa đảo, cuộc gọi lừa đảo."),
        ("3.", "Sở Khoa học và Công nghệ là đầu mối hỗ trợ, tổng hợp kết quả, báo cáo Ủy ban nhân dân tỉnh."),
    ],
    paths=["1", "1.a", "1.b", "1.c", "1.d", "1.đ", "2", "2.a", "2.b", "2.b.-1", "2.b.-2", "3"],
    closing=["Yêu cầu các cơ quan, đơn vị nghiêm túc triển khai thực hiện./."],
    recipients=[("Như trên", "action"), ("Bộ Khoa học và Công nghệ (b/c)", "report"), ("Chủ tịch, các Phó Chủ tịch UBND tỉnh", "information"),
                ("Công an tỉnh (để phối hợp)", "action"), ("Lưu: VT, KGVX", "archive")],
    signer=(["TM. ỦY BAN NHÂN DÂN", "KT. CHỦ TỊCH"], "PHÓ CHỦ TỊCH", "Lò Thị Mây Xanh"),
    parents=[("147/CATTT-GSVN", DATE(2026, 4, 15))],
    deadlines=[("period", DATE(2026, 5, 3), None), ("date", DATE(2026, 4, 25), None), ("date", DATE(2026, 4, 28), "16:00"), ("daily", None, "15:30")],
)  # fmt: skip

DEPARTMENT = Spec(
    issuer=["SỞ KHOA HỌC VÀ CÔNG NGHỆ"], superior=["UBND TỈNH SÔNG THƯỢNG"], number=305, symbol="SKHCN-CNTT", place="Sông Thượng",
    dated=DATE(2026, 8, 24), subject="Rà soát, khắc phục lỗ hổng bảo mật và bóc gỡ mã độc", urgency="khan",
    addressed=["Trung tâm Công nghệ số tỉnh Sông Thượng"],
    opening=[
        "Căn cứ Nghị định số 85/2016/NĐ-CP ngày 01/7/2016 của Chính phủ về bảo đảm an toàn hệ thống thông tin theo cấp độ;",
        "Thực hiện Công văn số 1278/UBND-KGVX ngày 20 tháng 8 năm 2026 của Ủy ban nhân dân tỉnh về việc tăng cường bảo đảm an toàn thông tin mạng,",
        "Sở Khoa học và Công nghệ đề nghị Trung tâm Công nghệ số triển khai một số việc như sau:",
    ],
    clauses=[
        ("1.", "Về lỗ hổng bảo mật"),
        ("-", "Kiểm tra toàn bộ máy chủ đang vận hành, lập danh sách hệ thống bị ảnh hưởng và tình trạng bản vá của từng hệ thống theo biểu mẫu đã gửi."),
        ("-", "Hoàn thành cập nhật chậm nhất ngày 28/8/2026."),
        ("2.", "Về mã độc"),
        ("-", "Xử lý các địa chỉ trong danh sách:"),
        ("+", "Xác định máy trạm bị nhiễm;"),
        ("+", "Cô lập và bóc gỡ trong vòng 24 giờ kể từ khi nhận được thông báo."),
        ("3.", "Gửi báo cáo kết quả về Sở Khoa học và Công nghệ trước 17h00 ngày 30/8/2026 để tổng hợp."),
    ],
    paths=["1", "1.-1", "1.-2", "2", "2.-1", "2.-1.+1", "2.-1.+2", "3"],
    closing=["Trong quá trình thực hiện, nếu có vướng mắc đề nghị liên hệ đầu mối hỗ trợ của Sở.", "Trân trọng./."],
    recipients=[("Như trên", "action"), ("UBND tỉnh (để báo cáo)", "report"), ("Giám đốc Sở (b/c)", "report"), ("Lưu: VT, CNTT (02b)", "archive")],
    signer=(["KT. GIÁM ĐỐC"], "PHÓ GIÁM ĐỐC", "Đặng Văn Suối"),
    parents=[("1278/UBND-KGVX", DATE(2026, 8, 20))],
    deadlines=[("date", DATE(2026, 8, 28), None), ("within", None, None), ("date", DATE(2026, 8, 30), "17:00")],
)  # fmt: skip

REPORT = Spec(
    issuer=["ỦY BAN NHÂN DÂN", "PHƯỜNG BẾN ĐÁ"], superior=[], number=41, symbol="BC-UBND", place="Bến Đá", dated=DATE(2026, 9, 5),
    title="BÁO CÁO", form="bao_cao", subject="Kết quả bảo đảm an toàn thông tin mạng trong dịp nghỉ lễ Quốc khánh",
    addressed=["Sở Khoa học và Công nghệ"],
    opening=["Thực hiện Công văn số 305/SKHCN-CNTT ngày 24/8/2026 của Sở Khoa học và Công nghệ, Ủy ban nhân dân phường Bến Đá báo cáo như sau:"],
    clauses=[
        ("I.", "KẾT QUẢ THỰC HIỆN"),
        ("1.", "Công tác trực, giám sát"),
        ("a)", "Đã bố trí hai người trực mỗi ca trong toàn bộ thời gian nghỉ lễ; không để gián đoạn các hệ thống phục vụ người dân và doanh nghiệp."),
        ("b)", "Không ghi nhận sự cố."),
        ("2.", "Công tác bóc gỡ mã độc"),
        ("-", "Tổng số máy tính đã kiểm tra: 64 máy."),
        ("-", "Số máy đã bóc gỡ: 03 máy."),
        ("II.", "KHÓ KHĂN, ĐỀ XUẤT"),
        ("1.", "Thiếu cán bộ chuyên trách."),
        ("2.", "Đề nghị Sở hỗ trợ công cụ trước ngày 15/9/2026."),
    ],
    paths=["I", "I.1", "I.1.a", "I.1.b", "I.2", "I.2.-1", "I.2.-2", "II", "II.1", "II.2"],
    closing=["Trên đây là báo cáo của Ủy ban nhân dân phường Bến Đá./."],
    recipients=[("Như trên", "action"), ("TT Đảng ủy phường (b/c)", "report"), ("Lưu: VT", "archive")],
    signer=([], "CHỦ TỊCH", "Hoàng Kim Thoa"),
    parents=[("305/SKHCN-CNTT", DATE(2026, 8, 24))],
    deadlines=[("date", DATE(2026, 9, 15), None)],
)  # fmt: skip

PLAN = Spec(
    issuer=["SỞ Y TẾ"], superior=["ỦY BAN NHÂN DÂN", "TỈNH SÔNG THƯỢNG"], number=77, symbol="KH-SYT", place="Sông Thượng", dated=DATE(2026, 12, 1),
    title="KẾ HOẠCH", form="ke_hoach", subject="Ứng trực bảo đảm an toàn thông tin mạng Tết Nguyên đán năm 2027", addressed=[],
    opening=["Thực hiện Chỉ thị số 05/CT-UBND ngày 25/11/2026 của Chủ tịch Ủy ban nhân dân tỉnh, Sở Y tế ban hành Kế hoạch như sau:"],
    clauses=[
        ("I.", "MỤC ĐÍCH, YÊU CẦU"),
        ("1.", "Mục đích"),
        ("1.1.", "Bảo đảm hệ thống hoạt động ổn định."),
        ("1.2.", "Phát hiện sớm, xử lý kịp thời sự cố."),
        ("2.", "Yêu cầu: phân công rõ người, rõ việc."),
        ("II.", "NỘI DUNG"),
        ("1.", "Lập lịch trực và gửi về Văn phòng Sở trước ngày 10/12/2026."),
        ("2.", "Báo cáo định kỳ hằng tuần."),
        ("III.", "TỔ CHỨC THỰC HIỆN"),
        ("1.", "Văn phòng Sở chủ trì."),
        ("2.", "Các bệnh viện thực hiện và báo cáo kết quả chậm nhất là ngày 20 tháng 02 năm 2027."),
    ],
    paths=["I", "I.1", "I.1.1", "I.1.2", "I.2", "II", "II.1", "II.2", "III", "III.1", "III.2"],
    closing=["Trên đây là Kế hoạch ứng trực, yêu cầu các đơn vị nghiêm túc thực hiện./."],
    recipients=[("Các bệnh viện", "information"), ("Giám đốc Sở (để b/c)", "report"), ("Lưu: VT, VP", "archive")],
    signer=(["KT. GIÁM ĐỐC"], "PHÓ GIÁM ĐỐC", "Vũ Hải Đường"),
    parents=[("05/CT-UBND", DATE(2026, 11, 25))],
    deadlines=[("date", DATE(2026, 12, 10), None), ("date", DATE(2027, 2, 20), None)],
)  # fmt: skip

AGENCY = Spec(
    issuer=["CỤC AN NINH MẠNG VÙNG"], superior=["BỘ THÔNG TIN GIẢ ĐỊNH"], number=147, symbol="CANM-GSVN", place="Hà Châu", dated=DATE(2026, 4, 15),
    subject="Cảnh báo lỗ hổng bảo mật và danh sách địa chỉ IP tháng 4/2026", urgency="thuong_khan",
    addressed=["Ủy ban nhân dân các tỉnh", "Các tập đoàn, tổng công ty nhà nước", "Các doanh nghiệp viễn thông"],
    opening=[
        "Tiếp theo Công văn số 98/CANM-GSVN ngày 02/3/2026 và Công điện số 12/CĐ-BTT ngày 10/4/2026 của Bộ trưởng Bộ Thông tin giả định, Cục đề nghị:",
    ],
    clauses=[
        ("1.", "Rà soát hệ thống sử dụng sản phẩm bị ảnh hưởng, cập nhật bản vá trước ngày 18/4/2026."),
        ("2.", "Bóc gỡ mã độc theo danh sách kèm theo, báo cáo kết quả trước ngày 25 hằng tháng."),
        ("3.", "Đầu mối hỗ trợ: Trung tâm Giám sát, điện thoại 0000 000 000, thư điện tử truc@giamsat.example."),
    ],
    paths=["1", "2", "3"],
    closing=["Trân trọng cảm ơn sự phối hợp của Quý cơ quan./."],
    recipients=[("Như trên", "action"), ("Bộ trưởng (để b/c)", "report"), ("Các Thứ trưởng (để biết)", "information"), ("Lưu: VT, GSVN", "archive")],
    signer=(["KT. CỤC TRƯỞNG"], "PHÓ CỤC TRƯỞNG", "Triệu Minh Tuệ"),
    parents=[("98/CANM-GSVN", DATE(2026, 3, 2)), ("12/CĐ-BTT", DATE(2026, 4, 10))],
    deadlines=[("date", DATE(2026, 4, 18), None), ("monthly", None, None)],
)  # fmt: skip

URGENT = {"hoa_toc": "HỎA TỐC", "thuong_khan": "THƯỢNG KHẨN", "khan": "KHẨN", "": ""}

# ---------------------------------------------------------------------------------------------------------------- Word


def _new():
    made = docx.Document()
    style = made.styles["Normal"]
    style.font.name, style.font.size = "Liberation Serif", Pt(13)
    section = made.sections[0]
    section.page_width, section.page_height = Cm(21), Cm(29.7)
    section.left_margin, section.right_margin, section.top_margin, section.bottom_margin = Cm(3), Cm(1.5), Cm(2), Cm(2)
    return made


def _bytes(made) -> bytes:
    out = io.BytesIO()
    made.save(out)
    return out.getvalue()


def _lines(cell, texts, *, bold=(), align=ALIGN.CENTER):
    for at, text in enumerate(texts):
        paragraph = cell.paragraphs[0] if at == 0 else cell.add_paragraph()
        paragraph.alignment = align
        paragraph.paragraph_format.space_after = Pt(0)
        paragraph.add_run(text).bold = text in bold


def _head_texts(spec: Spec) -> tuple[list[str], list[str]]:
    left = [*spec.superior, *spec.issuer, "_______", f"Số: {spec.reference}"]
    if not spec.title:
        left.append(f"V/v {spec.subject[0].lower()}{spec.subject[1:]}")
    return left, [STATE, MOTTO, "________________", spec.date_line]


def _addressed(made, spec: Spec, mark: str = "- ") -> None:
    if len(spec.addressed) == 1:
        made.add_paragraph(f"Kính gửi: {spec.addressed[0]}").alignment = ALIGN.CENTER
    elif spec.addressed:
        made.add_paragraph("Kính gửi:").paragraph_format.left_indent = Cm(3)
        for at, name in enumerate(spec.addressed):
            made.add_paragraph(
                f"{mark}{name}{'.' if at == len(spec.addressed) - 1 else ';'}"
            ).paragraph_format.left_indent = Cm(5)


def _title(made, spec: Spec) -> None:
    if spec.title:
        for text in (spec.title, spec.subject):
            paragraph = made.add_paragraph()
            paragraph.alignment = ALIGN.CENTER
            paragraph.add_run(text).bold = True


def _text(made, text: str, *, indent: float = 1.27):
    paragraph = made.add_paragraph(text)
    paragraph.alignment = ALIGN.JUSTIFY
    paragraph.paragraph_format.first_line_indent = Cm(indent)
    paragraph.paragraph_format.space_after = Pt(6)
    return paragraph


def _tail_texts(spec: Spec) -> tuple[list[str], list[str]]:
    left = ["Nơi nhận:", *(f"- {words}{'.' if role == 'archive' else ';'}" for words, role in spec.recipients)]
    behalf, title, name = spec.signer
    return left, [*behalf, title, "", "", name]


def _two_columns(made, left, right, *, bold=()):
    table = made.add_table(1, 2)
    table.columns[0].width, table.columns[1].width = Cm(7), Cm(9.5)
    for cell, width in zip(table.rows[0].cells, (7, 9.5), strict=True):
        cell.width = Cm(width)
    _lines(table.cell(0, 0), left, bold=bold)
    _lines(table.cell(0, 1), right, bold=bold)
    return table


def _begun(spec: Spec):
    """A letter up to its clauses, its head a table."""
    made = _new()
    left, right = _head_texts(spec)
    if spec.urgency:
        left.append(URGENT[spec.urgency])
    _two_columns(made, left, right, bold=(*spec.issuer, STATE, MOTTO))
    _title(made, spec)
    _addressed(made, spec)
    for text in spec.opening:
        _text(made, text)
    return made


def word_table(spec: Spec) -> bytes:
    """Head and tail are tables; marks are typed."""
    made = _begun(spec)
    for mark, text in spec.clauses:
        _text(made, f"{mark} {text}")
    for text in spec.closing:
        _text(made, text)
    left, right = _tail_texts(spec)
    table = _two_columns(made, left, right)
    for paragraph in table.cell(0, 0).paragraphs:
        paragraph.alignment = ALIGN.LEFT
    return _bytes(made)


def word_tabs(spec: Spec) -> bytes:
    """Head and tail are tab stops; lines of the subject and of the recipients are soft."""
    made = _new()
    left, right = _head_texts(spec)
    left = [text for text in left if not text.startswith("_")]
    right = [text for text in right if not text.startswith("_")]
    for at in range(max(len(left), len(right))):
        row = made.add_paragraph(
            f"{left[at] if at < len(left) else ''}\t{right[at] if at < len(right) else ''}".rstrip("\t")
        )
        row.paragraph_format.tab_stops.add_tab_stop(Cm(8.5))
    if spec.urgency:
        made.add_paragraph(URGENT[spec.urgency])
    _title(made, spec)
    if len(spec.addressed) > 1:
        made.add_paragraph("Kính gửi:\n" + "\n".join(f"- {name};" for name in spec.addressed))
    else:
        _addressed(made, spec)
    for text in spec.opening:
        _text(made, text)
    soft: list[str] = []
    for mark, text in spec.clauses:  # bullets are soft lines of the clause above
        if mark in {"-", "+"} and soft:
            soft[-1] += f"\n{mark} {text}"
        else:
            soft.append(f"{mark} {text}")
    for text in [*soft, *spec.closing]:
        _text(made, text)
    left, right = _tail_texts(spec)
    right = [text for text in right if text]
    for at in range(max(len(left), len(right))):
        row = made.add_paragraph(
            f"{left[at] if at < len(left) else ''}\t\t{right[at] if at < len(right) else ''}".rstrip("\t")
        )
        for stop in (8, 10):
            row.paragraph_format.tab_stops.add_tab_stop(Cm(stop))
    return _bytes(made)


_FORMATS = {
    "I.": ("upperRoman", "%{n}."),
    "1.": ("decimal", "%{n}."),
    "a)": ("lowerLetter", "%{n})"),
    "-": ("bullet", "-"),
    "+": ("bullet", "+"),
}


def word_lists(spec: Spec) -> bytes:
    """All marks are Word's own: nothing of them stands in the text."""
    made = _begun(spec)
    kinds: list[str] = []
    for mark, _ in spec.clauses:
        kind = _kind(mark)
        if kind not in kinds:
            kinds.append(kind)
    root = made.part.numbering_part.element
    levels = "".join(
        f'<w:lvl w:ilvl="{n}"><w:start w:val="1"/><w:numFmt w:val="{_FORMATS[kind][0]}"/>'
        f'<w:lvlText w:val="{_FORMATS[kind][1].replace("{n}", str(n + 1))}"/><w:lvlJc w:val="left"/>'
        f'<w:pPr><w:ind w:left="{360 * n + 720}" w:hanging="360"/></w:pPr></w:lvl>'
        for n, kind in enumerate(kinds)
    )
    root.insert(
        0,
        parse_xml(
            f'<w:abstractNum {nsdecls("w")} w:abstractNumId="91"><w:multiLevelType w:val="multilevel"/>{levels}</w:abstractNum>'
        ),
    )
    root.append(parse_xml(f'<w:num {nsdecls("w")} w:numId="91"><w:abstractNumId w:val="91"/></w:num>'))
    for mark, text in spec.clauses:
        paragraph = made.add_paragraph(text)
        properties = paragraph._p.get_or_add_pPr()
        properties.append(
            parse_xml(
                f'<w:numPr {nsdecls("w")}><w:ilvl w:val="{kinds.index(_kind(mark))}"/><w:numId w:val="91"/></w:numPr>'
            )
        )
    for text in spec.closing:
        _text(made, text)
    left, right = _tail_texts(spec)
    _two_columns(made, left, right)
    return _bytes(made)


def _kind(mark: str) -> str:
    if mark in {"-", "+"}:
        return mark
    return "I." if mark[0] in "IVX" else "1." if mark[0].isdigit() else "a)"


def word_boxes(spec: Spec) -> bytes:
    """The urgency in a text box, "Kính gửi" in a table, everything decomposed (NFD), spaces that do not break, a tracked change."""
    made = _new()

    def apart(text: str) -> str:
        return unicodedata.normalize("NFD", text)

    left, right = _head_texts(spec)
    _two_columns(made, [*map(apart, left)], [*map(apart, right)])
    if spec.urgency:
        run = made.add_paragraph().add_run()._r
        run.append(parse_xml(
            f'<w:pict {nsdecls("w")} xmlns:v="urn:schemas-microsoft-com:vml"><v:shape><v:textbox><w:txbxContent><w:p><w:r><w:t>'
            f"{apart(URGENT[spec.urgency])}</w:t></w:r></w:p></w:txbxContent></v:textbox></v:shape></w:pict>"))  # fmt: skip
    _title(made, spec)
    if spec.addressed:
        table = made.add_table(1, 2)
        _lines(table.cell(0, 0), [apart("Kính gửi:")])
        _lines(table.cell(0, 1), [apart(f"{name}{'.' if at == len(spec.addressed) - 1 else ';'}") for at, name in enumerate(spec.addressed)],
               align=ALIGN.LEFT)  # fmt: skip
    for text in spec.opening:
        _text(made, apart(text))
    for mark, text in spec.clauses:
        _text(made, apart(f"{mark}\u00a0{text}"))
    for text in spec.closing:
        _text(made, apart(text))
    deleted = OxmlElement("w:del")
    deleted.append(parse_xml(f"<w:r {nsdecls('w')}><w:delText>đã xóa</w:delText></w:r>"))
    made.paragraphs[-1]._p.append(deleted)
    left, right = _tail_texts(spec)
    _two_columns(made, [*map(apart, left)], [*map(apart, right)])
    assert made.element.body.find(qn("w:p")) is not None
    return _bytes(made)


# ----------------------------------------------------------------------------------------------------------------- PDF


def by_libreoffice(data: bytes) -> bytes:
    """A DOCX printed by LibreOffice."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "letter.docx").write_bytes(data)
        command = [
            "soffice",
            f"-env:UserInstallation=file://{name}/profile",
            "--headless",
            "--convert-to",
            "pdf",
            "--outdir",
            name,
            f"{name}/letter.docx",
        ]
        subprocess.run(command, check=True, capture_output=True, timeout=120)
        return (folder / "letter.pdf").read_bytes()


def has_libreoffice() -> bool:
    return shutil.which("soffice") is not None


SERIF = "/usr/share/fonts/truetype/dejavu/DejaVuSerif.ttf"


def pdf_lines(spec: Spec, *, hanging: bool = False, footer: str = "", size: float = 11.5) -> bytes:  # noqa: C901, PLR0912, PLR0915  # a page from top to bottom
    """A PDF set line by line: a text layer as a print driver makes it, page numbers on top."""
    from reportlab.lib.utils import simpleSplit
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont
    from reportlab.pdfgen.canvas import Canvas

    pdfmetrics.registerFont(TTFont("Serif", SERIF))
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=(595, 842))
    page, y = 1, 780.0

    def line(x: float, text: str, *, centre: bool = False) -> None:
        canvas.setFont("Serif", size)
        (canvas.drawCentredString if centre else canvas.drawString)(x, y, text)

    def turn() -> None:
        nonlocal page, y
        if footer:
            canvas.setFont("Serif", 8)
            canvas.drawString(85, 40, footer)
        canvas.showPage()
        page, y = page + 1, 770.0
        canvas.setFont("Serif", size)
        canvas.drawCentredString(310, 805, str(page))

    left, right = _head_texts(spec)
    left = [part for text in left for part in simpleSplit(text, "Serif", size - 1.5, 190)]
    begin = y
    for text in left:
        canvas.setFont("Serif", size - 1.5)
        canvas.drawCentredString(170, y, text)
        y -= 15
    if spec.urgency:
        line(170, URGENT[spec.urgency], centre=True)
        y -= 15
    low, y = y, begin
    for text in right:
        canvas.setFont("Serif", size - 1.5)
        canvas.drawCentredString(425, y, text)
        y -= 15
    y = min(low, y) - 20
    if spec.title:
        for text in [spec.title, *simpleSplit(spec.subject, "Serif", size, 340)]:
            line(310, text, centre=True)
            y -= 17
        y -= 8
    if len(spec.addressed) == 1:
        line(310, f"Kính gửi: {spec.addressed[0]}.", centre=True)
        y -= 17
    elif spec.addressed:
        line(170, "Kính gửi:")
        y -= 17
        for name in spec.addressed:
            line(220, f"- {name};")
            y -= 17
    y -= 6
    wide = 595 - 85 - 45
    for text in [*spec.opening, *(f"{mark} {text}" for mark, text in spec.clauses), *spec.closing]:
        first = 85 + 36 if not hanging else 85 + 18
        rest = 85 if not hanging else 85 + 18 + canvas.stringWidth(text.split(" ", 1)[0] + " ", "Serif", size)
        words, row, x = text.split(" "), "", first
        rows = []
        for word in words:
            if canvas.stringWidth(f"{row} {word}".strip(), "Serif", size) > 85 + wide - x:
                rows.append((x, row))
                row, x = word, rest
            else:
                row = f"{row} {word}".strip()
        for at, part in [*rows, (x, row)]:
            if y < 80:
                turn()
            line(at, part)
            y -= 17
        y -= 0 if hanging else 5
    if y < 260:
        turn()
    left, right = _tail_texts(spec)
    begin = y = y - 14
    for text in left:
        canvas.setFont("Serif", size - 2)
        canvas.drawString(85, y, text)
        y -= 14
    y = begin
    for text in right:
        line(430, text, centre=True)
        y -= 17
    if footer:
        canvas.setFont("Serif", 8)
        canvas.drawString(85, 40, footer)
    canvas.save()
    return out.getvalue()


def pictures(data: bytes, *, dpi: int = 200, skew: float = 0.0):
    """The pages of a PDF as a scanner sees them."""
    import pypdfium2

    document = pypdfium2.PdfDocument(data)
    for at in range(len(document)):
        picture = document[at].render(scale=dpi / 72, grayscale=True).to_pil().convert("L")
        yield picture.rotate(skew, fillcolor=255) if skew else picture


def scanned(data: bytes, *, skew: float = 0.0) -> bytes:
    """A PDF of pictures."""
    pages = list(pictures(data, skew=skew))
    out = io.BytesIO()
    pages[0].save(out, "PDF", save_all=True, append_images=pages[1:], resolution=200)
    return out.getvalue()


def photo(data: bytes) -> bytes:
    """The first page as a JPEG."""
    out = io.BytesIO()
    next(iter(pictures(data))).save(out, "JPEG", quality=80)
    return out.getvalue()
