"""The fixed words of official documents (Decree 30/2020, appendix I), as expressions over composed text."""

from __future__ import annotations

import re
import unicodedata
from typing import Final

NATION: Final = re.compile(r"CỘNG\s+H[ÒO][ÀA]?|ĐẢNG\s+CỘNG\s+SẢN|(?:VIỆT\s+)?NAM$", re.IGNORECASE)
MOTTO: Final = re.compile(r"Độc\s+lập\s*[-–—]?\s*Tự\s+do", re.IGNORECASE)
ADDRESSED: Final = re.compile(r"Kính\s+g[ửưừứữự][iỉ]\s*[:;.]?", re.IGNORECASE)
SENT_TO: Final = re.compile(r"N[oôơởỏ][iíỉì]\s+nh[aâạậăắ][nm]\s*[:;.](?!\s*\w+\s+báo)", re.IGNORECASE)
"""With the slips of a recogniser."""
SIGNS_FOR: Final = re.compile(r"(?:K/?T|T/?L|T/?M|TUQ|T/U/Q|Q)\s*\.\s*[A-ZÀ-ỸĐ]")
ANNEX: Final = re.compile(
    r"(?:PHỤ\s+LỤC|Phụ\s+lục(?:\s+(?:số\s+)?[IVX\d]+)?$|DANH\s+SÁCH|BIỂU\s+MẪU|MẪU\s+SỐ|ĐỀ\s+CƯƠNG)\b"
)
TITLES: Final = {
    "CÔNG VĂN": "cong_van", "BÁO CÁO": "bao_cao", "KẾ HOẠCH": "ke_hoach", "THÔNG BÁO": "thong_bao", "TỜ TRÌNH": "to_trinh",
    "QUYẾT ĐỊNH": "quyet_dinh", "CHỈ THỊ": "chi_thi", "CÔNG ĐIỆN": "cong_dien", "GIẤY MỜI": "giay_moi", "HƯỚNG DẪN": "huong_dan",
    "PHƯƠNG ÁN": "phuong_an", "CHƯƠNG TRÌNH": "chuong_trinh", "BIÊN BẢN": "bien_ban", "NGHỊ QUYẾT": "nghi_quyet",
}  # fmt: skip
SYMBOLS: Final = {
    "BC": "bao_cao", "KH": "ke_hoach", "TB": "thong_bao", "TTR": "to_trinh", "QĐ": "quyet_dinh", "CT": "chi_thi", "CĐ": "cong_dien",
    "GM": "giay_moi", "HD": "huong_dan", "PA": "phuong_an", "CTR": "chuong_trinh", "BB": "bien_ban", "NQ": "nghi_quyet",
}  # fmt: skip
"""The abbreviation that begins the symbol of a document with a title (Decree 30/2020, appendix III)."""
URGENT: Final = re.compile(r"(HỎA\s*TỐC|HOẢ\s*TỐC|THƯỢNG\s+KHẨN|KHẨN)(?:\s+HẸN\s+GIỜ.*)?", re.IGNORECASE)
SECRET: Final = re.compile(r"(TUYỆT\s+MẬT|TỐI\s+MẬT|MẬT)")


def _bare(text: str) -> str:
    return "".join(sign for sign in unicodedata.normalize("NFD", text) if not unicodedata.combining(sign)).replace(
        "Đ", "D"
    )


_BARE_TITLES: Final = {_bare(title): form for title, form in TITLES.items()}


def title_of(text: str) -> str:
    """The form that a line in capitals names, empty where it names none; a recogniser loses the marks of capitals."""
    line = " ".join(text.split()).strip(" :.")
    return _BARE_TITLES.get(_bare(line), "") if line == line.upper() else ""
