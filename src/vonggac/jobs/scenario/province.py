"""The invented province: its agencies, their networks and machines, and who attacks them.

All public addresses are from the documentation ranges of RFC 5737, all names under ``.example`` (RFC 2606).
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from datetime import datetime, timedelta

from vonggac.jobs.scenario.lines import LOCAL

PROVINCE = "tỉnh Sông Vân"


@dataclass(frozen=True, slots=True)
class Agency:
    """One organisation; ``number`` is the third octet of its inner network 10.20.``number``.0/24."""

    name: str
    code: str
    number: int
    public: str
    egress: str
    system: str
    level: int

    @property
    def domain(self) -> str:
        """Its name on the inner network."""
        return f"{self.code}.songvan.example"

    def inner(self, host: int) -> str:
        """The address of its machine number ``host``."""
        return f"10.20.{self.number}.{host}"

    def machine(self, host: int, kind: str = "PC") -> str:
        """The name of its machine number ``host``."""
        return f"{self.code.upper()}-{kind}-{host:03}.{self.domain}"


HEALTH = Agency("Sở Y tế", "syt", 2, "192.0.2.16/28", "192.0.2.20", "Hệ thống quản lý khám chữa bệnh", 3)
FINANCE = Agency("Sở Tài chính", "stc", 3, "192.0.2.32/28", "192.0.2.33", "Hệ thống quản lý ngân sách", 3)
FARMING = Agency("Sở Nông nghiệp và Môi trường", "snnmt", 4, "192.0.2.48/28", "192.0.2.50", "Quan trắc môi trường", 2)
SCIENCE = Agency("Sở Khoa học và Công nghệ", "skhcn", 5, "192.0.2.64/28", "192.0.2.66", "Cổng thông tin khoa học", 2)
OFFICE = Agency("Văn phòng UBND tỉnh", "vpub", 6, "192.0.2.80/28", "192.0.2.82", "Cổng dịch vụ công", 4)
HOSPITAL = Agency("Bệnh viện Đa khoa Sông Vân", "bvdk", 7, "203.0.113.16/28", "203.0.113.18", "Bệnh án điện tử", 3)
COLLEGE = Agency("Trường Cao đẳng Nghề Sông Vân", "cdn", 8, "203.0.113.32/28", "203.0.113.37", "Cổng đào tạo", 1)
COMMUNE_A = Agency("UBND xã Đồng Lau", "donglau", 9, "203.0.113.48/29", "203.0.113.50", "Một cửa điện tử", 2)
COMMUNE_B = Agency("UBND xã Bến Mây", "benmay", 10, "203.0.113.56/29", "203.0.113.58", "Một cửa điện tử", 2)
WARD = Agency("UBND phường Trà Sơn", "trason", 11, "203.0.113.64/29", "203.0.113.66", "Một cửa điện tử", 2)

AGENCIES = (HEALTH, FINANCE, FARMING, SCIENCE, OFFICE, HOSPITAL, COLLEGE, COMMUNE_A, COMMUNE_B, WARD)

FORMER_OWNER = "Sở Xây dựng"

C2_ADDRESS = "198.51.100.201"
C2_DOMAIN = "capnhat-hethong.example"
MINER_ADDRESS = "198.51.100.214"
SINKHOLE_ADDRESS = "198.51.100.230"
SINKHOLE_DOMAIN = "botnet-sinkhole.example"
ATTACKER = "198.51.100.66"
OUTSIDER = "198.51.100.77"
"""A public address that is nobody's in the province."""

FAMILY = (
    "an",
    "binh",
    "chi",
    "dung",
    "giang",
    "ha",
    "khanh",
    "lam",
    "minh",
    "nga",
    "phuc",
    "quynh",
    "son",
    "thao",
    "vinh",
)
GIVEN = ("bui", "dang", "do", "ho", "le", "ly", "ngo", "pham", "phan", "tran", "vo", "vu")
PEOPLE = tuple(f"{name}.{family}" for name in FAMILY for family in GIVEN[:4])
"""Invented account names."""

SITES = (
    "www.songvan.example", "mail.songvan.example", "dichvucong.songvan.example", "tin-tuc.example", "tim-kiem.example",
    "cap-nhat.phan-mem.example", "ban-do.example", "hop-truc-tuyen.example", "thoi-tiet.example", "kho-anh.example",
)  # fmt: skip


def handed_over(end: datetime) -> datetime:
    """When the network of :data:`FORMER_OWNER` became that of :data:`FARMING`."""
    return end - timedelta(days=145)


def networks_csv(end: datetime) -> bytes:
    """Who owns which network from when to when, as UTF-8 CSV with a byte order mark, as office programs write it."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(["organisation", "cidr", "system", "level", "valid_from", "valid_to"])
    change = handed_over(end).astimezone(LOCAL).date()
    begin = change - timedelta(days=365)
    for agency in AGENCIES:
        since = change if agency is FARMING else begin
        if agency is FARMING:
            until = change - timedelta(days=1)
            writer.writerow([FORMER_OWNER, agency.public, "Cấp phép xây dựng", 2, begin.isoformat(), until.isoformat()])
        writer.writerow([agency.name, agency.public, agency.system, agency.level, since.isoformat(), ""])
        writer.writerow(
            [agency.name, f"10.20.{agency.number}.0/24", "Mạng nội bộ", agency.level, begin.isoformat(), ""]
        )
    return text.getvalue().encode("utf-8-sig")
