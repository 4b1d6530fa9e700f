"""The directory of the invented province: who there is, who works there, what they run and where it is reached.

Rows carry the field names of the directory files (``docs/directory-files.md``). Everything is invented: names of places and
people are made of words for clouds, rivers and trees, addresses are from the documentation ranges of RFC 5737 and RFC 3849 or
private, telephone numbers begin with 0000, which no subscriber can have, and mail goes to ``.example`` (RFC 2606).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from ipaddress import IPv4Network, ip_network
from random import Random
from typing import Any

from vonggac.jobs.scenario.province import AGENCIES, FARMING, HEALTH, PROVINCE, Agency

Row = dict[str, Any]

AUTHORITY, SUPERVISOR, CENTRE, POLICE = "SV", "SV.KHCN", "SV.KHCN.TTGS", "SV.CA"
REORGANISED = "2025-07-01"
"""Since when the communes of today exist."""

MERGED = ("SV.X.LAUTHUONG", "SV.X.LAUHA")
"""Two communes of before, which became :data:`MERGER` at :data:`REORGANISED`."""
MERGER = "SV.X.DONGLAU"

DEPARTMENTS = (
    ("SV.VP", "Văn phòng UBND tỉnh Sông Vân", "VP UBND tỉnh"),
    ("SV.TC", "Sở Tài chính tỉnh Sông Vân", "Sở Tài chính"),
    ("SV.YT", "Sở Y tế tỉnh Sông Vân", "Sở Y tế"),
    ("SV.NNMT", "Sở Nông nghiệp và Môi trường tỉnh Sông Vân", "Sở NN&MT"),
    ("SV.XD", "Sở Xây dựng tỉnh Sông Vân", "Sở Xây dựng"),
    ("SV.GD", "Sở Giáo dục và Đào tạo tỉnh Sông Vân", "Sở GD&ĐT"),
    ("SV.NV", "Sở Nội vụ tỉnh Sông Vân", "Sở Nội vụ"),
    ("SV.TP", "Sở Tư pháp tỉnh Sông Vân", "Sở Tư pháp"),
    ("SV.CT", "Sở Công Thương tỉnh Sông Vân", "Sở Công Thương"),
    ("SV.VH", "Sở Văn hóa, Thể thao và Du lịch tỉnh Sông Vân", "Sở VHTT&DL"),
    ("SV.TTR", "Thanh tra tỉnh Sông Vân", "Thanh tra tỉnh"),
    ("SV.KCN", "Ban Quản lý các khu công nghiệp tỉnh Sông Vân", "BQL KCN"),
)
AGENCIES_BELOW = (
    ("SV.YT.BVDK", "Bệnh viện Đa khoa Sông Vân", "BVĐK", "SV.YT"),
    ("SV.YT.KSBT", "Trung tâm Kiểm soát bệnh tật Sông Vân", "KSBT", "SV.YT"),
    ("SV.GD.CDN", "Trường Cao đẳng Nghề Sông Vân", "CĐ Nghề", "SV.GD"),
    ("SV.VP.PVHCC", "Trung tâm Phục vụ hành chính công Sông Vân", "TT HCC", "SV.VP"),
    ("SV.BPT", "Báo và Phát thanh, Truyền hình Sông Vân", "Báo Sông Vân", AUTHORITY),
)
COMMUNES = (
    ("DONGLAU", "xã Đồng Lau"), ("BENMAY", "xã Bến Mây"), ("TRASON", "phường Trà Sơn"), ("SUOIBIEC", "xã Suối Biếc"),
    ("NGANTRANG", "xã Ngàn Trăng"), ("DAMSEN", "phường Đầm Sen Trắng"), ("GOTRAM", "xã Gò Trám"), ("KENHXANH", "xã Kênh Xanh"),
    ("NUIVOI", "xã Núi Vời"), ("BAIDAU", "xã Bãi Dâu"), ("CAUGO", "phường Cầu Gỗ Lim"), ("HONDA", "xã Hòn Đá Lăn"),
    ("RUNGTHONG", "xã Rừng Thông"), ("DOCDAI", "xã Dốc Dài"), ("VUNGSAO", "phường Vụng Sao"), ("LANGCHAI", "xã Làng Chài Cũ"),
    ("TRUCLAM", "xã Trúc Lâm Ngoài"), ("CONMOI", "xã Cồn Mới"), ("GIENGDA", "xã Giếng Đá"), ("THACMO", "xã Thác Mơ Màng"),
)  # fmt: skip
TELCOS = (
    ("SV.NM.MAYTRANG", "Viễn thông Mây Trắng – Chi nhánh Sông Vân", "Mây Trắng"),
    ("SV.NM.SAOBIEN", "Di động Sao Biển – Chi nhánh Sông Vân", "Sao Biển"),
    ("SV.NM.NUIXANH", "Cáp quang Núi Xanh – Chi nhánh Sông Vân", "Núi Xanh"),
)
SUBSCRIBERS = "203.0.113.176/28"
"""Addresses that the first of them gives out: a warning that names one is a question to it."""
PLACES = {
    "Sở Y tế": "SV.YT", "Sở Tài chính": "SV.TC", "Sở Nông nghiệp và Môi trường": "SV.NNMT", "Sở Khoa học và Công nghệ": SUPERVISOR,
    "Văn phòng UBND tỉnh": "SV.VP", "Bệnh viện Đa khoa Sông Vân": "SV.YT.BVDK", "Trường Cao đẳng Nghề Sông Vân": "SV.GD.CDN",
    "UBND xã Đồng Lau": "SV.X.DONGLAU", "UBND xã Bến Mây": "SV.X.BENMAY", "UBND phường Trà Sơn": "SV.X.TRASON",
}  # fmt: skip
"""Organisation of the attack's story to its code here."""

SURNAMES = ("Trần", "Lê", "Phạm", "Võ", "Đặng", "Bùi", "Đỗ", "Hồ", "Ngô", "Lý", "Phan", "Vũ")
GIVEN = (
    "Mây Trắng", "Sông Ngân", "Trăng Ngàn", "Suối Biếc", "Sao Hôm", "Rừng Phong", "Gió Lành", "Biển Lặng", "Núi Lam", "Thông Reo",
    "Sương Sớm", "Nắng Hạ", "Lá Thu", "Đồng Xanh", "Cỏ May", "Hoa Mộc", "Cầu Vồng", "Bến Đợi",
)  # fmt: skip
SYSTEMS = (
    ("CTT", "Cổng thông tin điện tử", 2, "internet"), ("QLVB", "Quản lý văn bản và điều hành", 2, "inner"),
    ("MCDT", "Một cửa điện tử", 3, "internet"), ("THUDT", "Thư điện tử công vụ", 2, "internet"),
    ("QLCB", "Quản lý cán bộ, công chức", 2, "inner"), ("KETOAN", "Kế toán và tài sản", 1, "inner"),
    ("HOPTT", "Họp trực tuyến", 1, "inner"), ("LUUTRU", "Lưu trữ hồ sơ số hóa", None, "inner"),
    ("CAMERA", "Camera an ninh trụ sở", None, "isolated"),
)  # fmt: skip


@dataclass
class Directory:
    """Rows of every kind, in an order in which each refers to earlier ones only."""

    organisations: list[Row] = field(default_factory=list)
    people: list[Row] = field(default_factory=list)
    contacts: list[Row] = field(default_factory=list)
    networks: list[Row] = field(default_factory=list)
    systems: list[Row] = field(default_factory=list)
    mandates: list[Row] = field(default_factory=list)


def directory(seed: int = 20261124) -> Directory:
    """About 45 organisations with their people, 300 systems and the networks of the attack's story."""
    random = Random(seed)  # noqa: S311  # a story, not a secret
    made = Directory()
    made.organisations.extend(_organisations())
    today = [row for row in made.organisations if row["code"] not in MERGED]
    names = _names(random)
    blocks = _blocks()
    for number, row in enumerate(today):
        _staff(made, row, number, names)
        _networks(made, row, number, blocks)
        _systems(made, row, random)
    for code in MERGED:
        made.networks.append(_network(code, str(next(blocks)), valid_from="2020-01-01"))
    _mandates(made)
    return made


def _organisation(code: str, kind: str, name: str, short: str, parent: str, since: str = "2020-01-01") -> Row:
    return {
        "code": code, "kind": kind, "name": name, "short_name": short, "parent": parent, "address": f"Trụ sở {short or name}, {PROVINCE}",
        "valid_from": since, "valid_until": "",
    }  # fmt: skip


def _organisations() -> Iterator[Row]:
    yield _organisation(AUTHORITY, "authority", "Ủy ban nhân dân tỉnh Sông Vân", "UBND tỉnh", "")
    yield _organisation(SUPERVISOR, "department", "Sở Khoa học và Công nghệ tỉnh Sông Vân", "Sở KH&CN", AUTHORITY)
    centre = "Trung tâm Giám sát, điều hành an toàn thông tin mạng tỉnh Sông Vân"
    yield _organisation(CENTRE, "centre", centre, "TT Giám sát", SUPERVISOR)
    yield _organisation(POLICE, "police", "Phòng An ninh mạng, Công an tỉnh Sông Vân", "An ninh mạng", AUTHORITY)
    for code, name, short in DEPARTMENTS:
        yield _organisation(code, "department", name, short, AUTHORITY)
    for code, name, short, parent in AGENCIES_BELOW:
        yield _organisation(code, "agency", name, short, parent)
    for code in MERGED:
        name = {"SV.X.LAUTHUONG": "xã Lau Thượng", "SV.X.LAUHA": "xã Lau Hạ"}[code]
        yield _organisation(code, "commune", f"Ủy ban nhân dân {name}", name, AUTHORITY)
    for short_code, name in COMMUNES:
        yield _organisation(
            f"SV.X.{short_code}", "commune", f"Ủy ban nhân dân {name}", name, AUTHORITY, since=REORGANISED
        )
    for code, name, short in TELCOS:
        yield _organisation(code, "telco", name, short, SUPERVISOR)


def _names(random: Random) -> Iterator[str]:
    pairs = [f"{surname} {given}" for surname in SURNAMES for given in GIVEN]
    random.shuffle(pairs)
    yield from pairs


def _mail(code: str, box: str) -> str:
    return f"{box}@{code.rsplit('.', 1)[-1].lower()}.songvan.example"


def _staff(made: Directory, organisation: Row, number: int, names: Iterator[str]) -> None:
    """A head and the one who keeps the computers; the centre and the operators have a desk that answers around the clock."""
    code, since = organisation["code"], organisation["valid_from"]
    phone = f"0000 {number:03}"
    head, officer = next(names), next(names)
    boss = "Chủ tịch" if organisation["kind"] in ("authority", "commune") else "Thủ trưởng đơn vị"
    for rank, (name, position) in enumerate(((head, boss), (officer, "Phụ trách an toàn thông tin"))):
        made.people.append({
            "organisation": code, "name": name, "position": position, "email": _mail(code, "lanhdao" if rank == 0 else "cntt"),
            "phone": f"{phone} {rank:03}", "valid_from": since, "valid_until": "",
        })  # fmt: skip
    if number % 9 == 8:  # some never told how they are reached: the portal must show it
        return
    always = code == CENTRE or organisation["kind"] in ("telco", "police")
    ladder = [
        (officer, "Phụ trách an toàn thông tin", "mobile", f"{phone} 001"),
        (head, boss, "mobile", f"{phone} 000"),
    ]
    if always:
        ladder.insert(0, ("", "Trực 24/7", "phone", f"{phone} 999"))
    ladder.append(("", "Hộp thư tiếp nhận", "email", _mail(code, "antoanthongtin")))
    for rank, (person, label, channel, value) in enumerate(ladder, 1):
        made.contacts.append({
            "organisation": code, "person": person, "label": label, "channel": channel, "value": value, "rank": rank,
            "hours": "24/7" if always and rank == 1 else "Giờ hành chính", "is_support": "x" if code == CENTRE else "", "valid_from": since, "valid_until": "",
        })  # fmt: skip


def _blocks() -> Iterator[IPv4Network]:
    """Blocks of eight documentation addresses that the attack's story does not use."""
    taken = [IPv4Network(agency.public) for agency in AGENCIES]
    for space in (
        "192.0.2.96/27",
        "192.0.2.128/25",
        "203.0.113.72/29",
        "203.0.113.80/28",
        "203.0.113.96/27",
        "203.0.113.128/25",
    ):
        for block in IPv4Network(space).subnets(new_prefix=29):
            if not any(block.overlaps(other) for other in taken):
                yield block


def _network(code: str, text: str, *, side: str = "public", valid_from: str, valid_until: str = "") -> Row:
    provider = "" if side == "inner" else TELCOS[sum(map(ord, code)) % 3][2]
    return {
        "organisation": code, "text": text, "side": side, "provider": provider, "note": "", "valid_from": valid_from, "valid_until": valid_until,
    }  # fmt: skip


def _networks(made: Directory, organisation: Row, number: int, blocks: Iterator[IPv4Network]) -> None:
    code, since = organisation["code"], organisation["valid_from"]
    told = next((agency for agency in AGENCIES if PLACES[agency.name] == code), None)
    if organisation["kind"] == "telco":
        made.networks.append(
            _network(code, str(ip_network(f"2001:db8:{number:x}00::/40", strict=False)), valid_from=since)
        )
        if code == TELCOS[0][0]:
            made.networks.append(_network(code, SUBSCRIBERS, valid_from=since))
        return
    if told is None:
        made.networks.append(_network(code, str(next(blocks)), valid_from=since))
        made.networks.append(_network(code, f"10.30.{number}.0/24", side="inner", valid_from=since))
        return
    _told_networks(made, told, code, since)


def _told_networks(made: Directory, told: Agency, code: str, since: str) -> None:
    """The networks of the attack's story; one block was the building department's until it was handed over."""
    if told is FARMING:
        made.networks.append(_network("SV.XD", told.public, valid_from="2020-01-01", valid_until=REORGANISED))
        since = REORGANISED
    made.networks.append(_network(code, told.public, valid_from=since))
    made.networks.append(_network(code, f"10.20.{told.number}.0/24", side="inner", valid_from=since))


def _systems(made: Directory, organisation: Row, random: Random) -> None:
    code, kind = organisation["code"], organisation["kind"]
    if kind == "telco":
        return
    host = code.rsplit(".", 1)[-1].lower()
    wanted = 6 if kind == "commune" else 9
    for system, name, level, exposure in SYSTEMS[:wanted]:
        addresses = [f"{system.lower()}.{host}.songvan.example"] if exposure == "internet" else []
        made.systems.append({
            "organisation": code, "code": system, "name": f"{name} – {organisation['short_name']}", "level": level, "exposure": exposure,
            "operator": CENTRE if system == "THUDT" else "", "purpose": "", "addresses": "; ".join(addresses),
            "valid_from": organisation["valid_from"], "valid_until": "",
        })  # fmt: skip
    told = next((agency for agency in AGENCIES if PLACES[agency.name] == code), None)
    if told:
        made.systems.append({
            "organisation": code, "code": "TRONGTAM", "name": told.system, "level": told.level, "exposure": "internet",
            "operator": "", "purpose": "Hệ thống chính của đơn vị", "addresses": f"{told.egress}; {told.code}.songvan.example",
            "valid_from": organisation["valid_from"], "valid_until": "",
        })  # fmt: skip
    if told is HEALTH or random.random() < 0.2:
        made.systems[-1]["purpose"] = "Phục vụ người dân và doanh nghiệp"


def _mandates(made: Directory) -> None:
    basis = "Quyết định 15/QĐ-UBND (giả định)"
    for holder, subject in (
        (SUPERVISOR, "state_management"), (SUPERVISOR, "orders"), (CENTRE, "coordination"), (CENTRE, "monitoring"), (CENTRE, "support"),
        (POLICE, "orders"),
    ):  # fmt: skip
        made.mandates.append({
            "holder": holder, "subject": subject, "over": "", "basis": basis, "valid_from": "2020-01-01", "valid_until": "",
        })  # fmt: skip
    for code, _name, _short in TELCOS:
        made.mandates.append({
            "holder": code, "subject": "abuse", "over": "", "basis": basis, "valid_from": "2020-01-01", "valid_until": "",
        })  # fmt: skip
