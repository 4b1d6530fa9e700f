"""Lists to indicators, through the public door, from files of every kind."""

# ruff: noqa: DTZ001  # cells of office files have no zone

import datetime as dt
import io
import re
import unicodedata

import docx
import openpyxl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from reportlab.platypus import PageBreak, SimpleDocTemplate
from reportlab.platypus import Table as PdfTable

from vonggac.detectors.indicators.columns import role_names
from vonggac.detectors.indicators.faults import FAULTS
from vonggac.detectors.indicators.lists import read_list
from vonggac.detectors.indicators.warninglists import Warninglists
from vonggac.errors import ConfigError, InputError
from vonggac.events.times import iso

HEADER = ["TT", "Tên đơn vị", "Địa chỉ IP nhiễm", "Cổng nguồn", "IP máy chủ điều khiển", "Cổng đích", "Tên mã độc",
          "Thời gian đầu tiên", "Thời gian cuối cùng", "Số lần", "Ghi chú"]  # fmt: skip
ROWS = [
    [
        "1",
        "Sở Mẫu A",
        "203.0.113.5",
        "50123",
        "198.51.100.9",
        "443",
        "gafgyt",
        "23/11/2026 08:15",
        "24/11/2026 9h30",
        "12",
        "",
    ],
    [
        "2",
        "Xã Mẫu B",
        "203.0.113.6",
        "-",
        "c2[.]evil[.]example",
        "8080",
        "Pinkslipbot",
        "23/11/2026",
        "24/11/2026",
        "1.024",
        "gấp",
    ],
    ["3", "Xã Mẫu C", "203.0.113.7", "", "198.51.100.9", "443", "Bashlite", "20/11/2026 08:15", "", "", ""],
]


def csv(*lines, separator=",") -> bytes:
    return "\n".join(separator.join(cells) for cells in lines).encode()


def facts(found):
    return [(i.role, i.kind, i.value) for i in found.indicators]


def faults(found):
    return [(fault.place.row, fault.reason) for fault in found.faults]


def check_usual(found):
    """What HEADER and ROWS give, whatever file they stand in."""
    victims = [i for i in found.indicators if i.role == "victim"]
    assert [i.value for i in victims] == ["203.0.113.5", "203.0.113.6", "203.0.113.7"]
    first, second, third = victims
    assert (first.port, first.destination, first.destination_port, first.malware) == (
        50123,
        "198.51.100.9",
        443,
        "Bashlite",
    )
    assert (first.organisation, first.count) == ("Sở Mẫu A", 12)
    assert (iso(first.first_seen), iso(first.last_seen)) == (
        "2026-11-23T01:15:00.000000Z",
        "2026-11-24T02:30:00.000000Z",
    )
    assert (second.port, second.destination, second.malware, second.count) == (None, "c2.evil.example", "Qakbot", 1024)
    assert second.note == "gấp"
    assert (third.last_seen, third.count) == (None, None)
    hostile = [i for i in found.indicators if i.role == "hostile"]
    assert [(i.kind, i.value, i.port, i.malware) for i in hostile] == [
        ("ipv4", "198.51.100.9", 443, "Bashlite"), ("domain", "c2.evil.example", 8080, "Qakbot"),
    ]  # fmt: skip
    assert iso(hostile[0].first_seen) == "2026-11-20T01:15:00.000000Z"  # the earliest of both rows
    assert iso(hostile[0].last_seen) == "2026-11-24T02:30:00.000000Z"
    assert not found.faults


def test_a_csv_list():
    found = read_list(csv(HEADER, *ROWS), "botnet.csv")
    check_usual(found)
    assert [i.place.row for i in found.indicators] == [2, 3, 4, 2, 3]
    assert found.mapping_used["Địa chỉ IP nhiễm"] == "victim"
    assert re.fullmatch(r"[0-9a-f]{16}", found.header_signature)


def without_marks(text):
    apart = unicodedata.normalize("NFD", text.replace("đ", "d").replace("Đ", "D"))
    return "".join(char for char in apart if not unicodedata.combining(char))


@pytest.mark.parametrize("fold", [str.upper, str.lower, without_marks])
def test_headers_in_other_letters(fold):
    check_usual(read_list(csv([fold(text) for text in HEADER], *ROWS, separator=";"), "botnet.csv"))


def test_english_headers():
    english = [
        "No",
        "Organisation",
        "Infected IP",
        "src_port",
        "C2 server",
        "dst_port",
        "MalwareFamily",
        "firstSeen",
        "Last Seen (UTC+7)",
        "Hits",
        "Comment",
    ]
    check_usual(read_list(csv(english, *ROWS), "list.csv"))


def test_an_official_workbook_with_letterhead_two_line_header_and_signature():
    book = openpyxl.Workbook()
    sheet = book.active
    for line in (
        ["SỞ KHOA HỌC MẪU", None, None, None, "CỘNG HÒA MẪU"],
        ["Số: 01/DS-MAU", None, None, None, "Ngày 24 tháng 11 năm 2026"],
        [],
        ["DANH SÁCH ĐỊA CHỈ IP NHIỄM MÃ ĐỘC BOTNET"],
        ["TT", "Đơn vị", "Địa chỉ IP", "Mã độc", "Thời gian", None],
        [None, None, None, None, "Đầu tiên", "Cuối cùng"],
        ["(1)", "(2)", "(3)", "(4)", "(5)", "(6)"],
        ["I", "Các sở", None, None, None, None],
        [1, "Sở Mẫu A", "203.0.113.5", "Mirai", dt.datetime(2026, 11, 23, 8, 15), dt.date(2026, 11, 24)],
        [2, None, "203.0.113.6", "Mozi", 46349.5, None],
        [3, "Sở Mẫu B", "203.0.113.7\n203.0.113.8", "Mirai", None, None],
        ["Tổng cộng", None, 4, None, None, None],
        [],
        [None, None, None, None, "NGƯỜI LẬP BIỂU", None],
    ):
        sheet.append(line)
    for area in ("A4:F4", "A5:A6", "B5:B6", "C5:C6", "D5:D6", "E5:F5", "B9:B10"):
        sheet.merge_cells(area)
    out = io.BytesIO()
    book.save(out)
    found = read_list(out.getvalue(), "phu luc.xlsx")
    assert facts(found) == [("victim", "ipv4", f"203.0.113.{n}") for n in (5, 6, 7, 8)]
    assert [i.place.row for i in found.indicators] == [9, 10, 11, 11]
    assert [i.organisation for i in found.indicators] == ["Sở Mẫu A", "Sở Mẫu A", "Sở Mẫu B", "Sở Mẫu B"]
    assert iso(found.indicators[0].first_seen) == "2026-11-23T01:15:00.000000Z"
    assert iso(found.indicators[0].last_seen) == "2026-11-23T17:00:00.000000Z"
    assert iso(found.indicators[1].first_seen) == "2026-11-23T05:00:00.000000Z"
    assert not found.faults
    assert found.passed_over == {"heading": 3}


def test_a_word_document():
    made = docx.Document()
    made.add_paragraph("Phụ lục: danh sách IP nhiễm mã độc")
    table = made.add_table(len(ROWS) + 1, len(HEADER))
    for row, cells in zip(table.rows, [HEADER, *ROWS], strict=True):
        for cell, text in zip(row.cells, cells, strict=True):
            cell.text = text
    out = io.BytesIO()
    made.save(out)
    check_usual(read_list(out.getvalue(), "cv.docx"))


def test_a_pdf_whose_second_page_has_no_header():
    out = io.BytesIO()
    header = ["No", "Infected IP", "Malware"]
    style = [("GRID", (0, 0), (-1, -1), 1, "black")]
    pages = [
        [header, ["1", "203.0.113.5", "Mirai"]],
        [["2", "203.0.113.6", "Mozi"]],
        [header, ["3", "203.0.113.7", "Mozi"]],
    ]
    flow = []
    for lines in pages:
        flow += [PdfTable(lines, style=style), PageBreak()]
    SimpleDocTemplate(out).build(flow)
    found = read_list(out.getvalue(), "list.pdf")
    assert [(i.value, i.role, i.malware, i.place.sheet) for i in found.indicators] == [
        ("203.0.113.5", "victim", "Mirai", "page 1"), ("203.0.113.6", "victim", "Mozi", "page 2"), ("203.0.113.7", "victim", "Mozi", "page 3"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("data", "name", "role"),
    [
        (b"203.0.113.5\n203.0.113.6\n", "list.txt", "hostile"),
        (b"203.0.113.5\n203.0.113.6\n", "botnet.txt", "hostile"),
        (b"ip\n203.0.113.5\n203.0.113.6\n", "list.csv", "hostile"),
        (b"IP nhi\xe1\xbb\x85m\n203.0.113.5\n203.0.113.6\n", "list.csv", "victim"),
        ("Địa chỉ IP\n203.0.113.5\n203.0.113.6\n".encode(), "botnet.csv", "victim"),
        ("Địa chỉ IP\n203.0.113.5\n203.0.113.6\n".encode(), "C2 botnet.csv", "hostile"),
        ("Đơn vị,IP\nSở A,203.0.113.5\nSở B,203.0.113.6\n".encode(), "list.csv", "victim"),
        ("Danh sách IP độc hại cần chặn,\nTT,IP\n1,203.0.113.5\n2,203.0.113.6\n".encode(), "list.csv", "hostile"),
    ],
)
def test_whose_addresses_a_list_names(data, name, role):
    found = read_list(data, name)
    assert facts(found) == [(role, "ipv4", "203.0.113.5"), (role, "ipv4", "203.0.113.6")]
    other = "victim" if role == "hostile" else "hostile"
    if "nhi" not in data.decode()[:10]:
        assert {i.role for i in read_list(data, name, role=other).indicators} == {other}


def test_a_feed_of_controllers_keeps_its_port_and_times():
    data = b'# first_seen_utc,dst_ip,dst_port,c2_status,last_online,malware\n"2026-11-20 01:00:00","203.0.113.5","443","online","2026-11-24","QakBot"\n'
    (found,) = read_list(data, "feed.csv", zone=dt.UTC).indicators
    assert (found.role, found.value, found.port, found.malware) == ("hostile", "203.0.113.5", 443, "Qakbot")
    assert iso(found.first_seen) == "2026-11-20T01:00:00.000000Z"


def test_values_of_every_kind_in_one_column():
    lines = [
        "203.0.113.5",
        "2001:db8::5",
        "203.0.113.0/24",
        "203.0.113.1-9",
        "evil[.]example",
        "hxxp://evil.example/x",
        "a" * 64,
        "203.0.113.5, 203.0.113.6",
    ]
    found = read_list("\n".join(lines).replace(", ", " ").encode(), "ioc.txt")
    assert [i.kind for i in found.indicators] == [
        "ipv4",
        "ipv6",
        "cidr",
        "range",
        "domain",
        "url",
        "sha256",
        "ipv4",
        "ipv4",
    ]
    assert {i.role for i in found.indicators} == {"hostile"}


@pytest.mark.parametrize(
    ("data", "values"),
    [
        ("203.0.113.66\n198.51.100.66\nc2.evil.example\n", ["203.0.113.66", "198.51.100.66", "c2.evil.example"]),
        ("ip.evil.example\nurl.evil.example\n", ["ip.evil.example", "url.evil.example"]),
        ("c2.evil.example\n", ["c2.evil.example"]),
        ("evil.example,QakBot\nc2.evil.test,Botnet Mirai\n", ["evil.example", "c2.evil.test"]),
        ("src.ip,malware.family\n203.0.113.66,Mirai\n", ["203.0.113.66"]),
        ("host.name\nevil.example\n", ["evil.example"]),
    ],
)
def test_a_listed_name_with_the_word_of_a_header_in_it_is_no_header(data, values):
    assert [i.value for i in read_list(data.encode(), "ioc.txt").indicators] == values


def test_rows_that_cannot_be_read_have_place_and_reason():
    data = csv(["Đơn vị", "IP nhiễm", "Cổng", "Thời gian"], ["Sở A", "203.0.113.300", "1", "24/11/2026"], ["Sở B", "", "2", "24/11/2026"],
               ["Sở C", "chưa rõ ràng", "3", "24/11/2026"], ["Sở D", "203.0.113.5", "70000", "hôm qua"],
               ["Sở E", "203.0.113.6 203.0.113.999", "5", "24/11/2026"])  # fmt: skip
    found = read_list(data, "list.csv")
    assert [(f.place.file, f.place.row, f.reason, f.text, f.is_kept) for f in found.faults] == [
        ("list.csv", 2, "bad_ipv4", "203.0.113.300", False), ("list.csv", 3, "no_value", "Sở B 2 24/11/2026", False),
        ("list.csv", 4, "not_a_value", "chưa rõ ràng", False), ("list.csv", 5, "bad_time", "hôm qua", True),
        ("list.csv", 5, "bad_port", "70000", True), ("list.csv", 6, "bad_ipv4", "203.0.113.999", True),
    ]  # fmt: skip
    assert [i.value for i in found.indicators] == ["203.0.113.5", "203.0.113.6"]
    assert found.indicators[0].first_seen is None


def test_a_long_text_is_shortened():
    found = read_list(csv(["Đơn vị", "IP nhiễm"], ["Sở A", "203.0.113.5"], ["Sở B", "chữ " * 100]), "list.csv")
    (fault,) = found.faults
    assert len(fault.text) == 80
    assert fault.message


def test_inner_addresses_never_become_indicators():
    inner = [
        "10.0.0.5",
        "192.168.1.1",
        "127.0.0.1",
        "169.254.1.1",
        "224.0.0.1",
        "0.0.0.0",
        "255.255.255.255",
        "100.64.0.1",
        "::1",
        "10.0.0.0/8",
    ]
    for role in ("hostile", "victim"):
        found = read_list("\n".join(["ip", "203.0.113.5", *inner]).encode(), "list.csv", role=role)
        assert [i.value for i in found.indicators] == ["203.0.113.5"]
        assert [row for row, _ in faults(found)] == list(range(3, 13))


def test_an_inner_destination_costs_only_the_destination():
    found = read_list(
        csv(["IP nhiễm", "IP đích"], ["203.0.113.5", "10.0.0.1"], ["203.0.113.6", "198.51.100.1"]), "list.csv"
    )
    assert facts(found) == [
        ("victim", "ipv4", "203.0.113.5"),
        ("victim", "ipv4", "203.0.113.6"),
        ("hostile", "ipv4", "198.51.100.1"),
    ]
    assert [(f.reason, f.is_kept) for f in found.faults] == [("private", True)]
    assert found.indicators[0].destination == ""


def test_a_column_of_inner_addresses_is_a_note():
    data = csv(["IP nhiễm", "Máy"], ["203.0.113.5", "10.0.0.8"], ["203.0.113.6", "10.0.0.9"])
    found = read_list(data, "list.csv", mapping={"Máy": "inner"})
    assert [i.note for i in found.indicators] == ["inner: 10.0.0.8", "inner: 10.0.0.9"]
    assert not found.faults


def test_sinkholes_are_marked_and_not_lost():
    lists = Warninglists.load(
        [("s.json", b'{"name":"List of known sinkholes","type":"cidr","list":["198.51.100.0/28"]}')]
    )
    data = csv(["IP nhiễm", "IP đích", "Ghi chú"], ["203.0.113.5", "198.51.100.3", ""], ["203.0.113.6", "192.0.2.1", "kết nối tới Sinkhole"],
               ["203.0.113.7", "192.0.2.2", ""])  # fmt: skip
    found = read_list(data, "list.csv", warninglists=lists)
    assert [i.note for i in found.indicators] == [
        "sinkhole",
        "kết nối tới Sinkhole; sinkhole",
        "",
        "sinkhole",
        "sinkhole",
        "",
    ]
    assert found.indicators[3].warnings == ("List of known sinkholes",)
    named = read_list(csv(["IP nhiễm", "Sinkhole IP"], ["203.0.113.5", "198.51.100.3"]), "list.csv")
    assert [i.note for i in named.indicators] == ["sinkhole", "sinkhole"]


def test_a_value_on_a_warninglist_is_kept_and_marked():
    lists = Warninglists.load([("d.json", b'{"name":"Public resolvers","type":"cidr","list":["203.0.113.5"]}')])
    found = read_list(b"203.0.113.5\n203.0.113.6\n", "list.txt", warninglists=lists)
    assert [i.warnings for i in found.indicators] == [("Public resolvers",), ()]


def test_a_mapping_overrides_what_the_words_say():
    data = csv(
        ["Cột một", "Cột hai", "IP"], ["203.0.113.5", "Mirai", "198.51.100.1"], ["203.0.113.6", "Mozi", "198.51.100.2"]
    )
    found = read_list(data, "list.csv", mapping={"cot mot": "victim", "Cột hai": "malware", "IP": "destination"})
    assert [(i.role, i.value, i.malware) for i in found.indicators] == [
        ("victim", "203.0.113.5", "Mirai"), ("victim", "203.0.113.6", "Mozi"),
        ("hostile", "198.51.100.1", "Mirai"), ("hostile", "198.51.100.2", "Mozi"),
    ]  # fmt: skip
    assert found.mapping_used == {"Cột một": "victim", "Cột hai": "malware", "IP": "destination"}
    numbered = read_list(data, "list.csv", mapping={"1": "victim", "3": "ignored"})
    assert facts(numbered) == [("victim", "ipv4", "203.0.113.5"), ("victim", "ipv4", "203.0.113.6")]


def test_a_mapping_with_an_unknown_role_or_column_says_which_there_are():
    data = csv(["A", "IP"], ["x", "203.0.113.5"])
    with pytest.raises(ConfigError) as role_error:
        read_list(data, "list.csv", mapping={"IP": "nạn nhân"})
    assert all(name in str(role_error.value) for name in ("nạn nhân", *role_names()))
    with pytest.raises(ConfigError, match="A, IP"):
        read_list(data, "list.csv", mapping={"Địa chỉ": "victim"})


def test_a_remembered_mapping_is_asked_by_signature():
    data = csv(["X", "Y"], ["203.0.113.5", "198.51.100.1"])
    signature = read_list(data, "a.csv").header_signature
    asked = []

    def recall(name):
        asked.append(name)
        return {"X": "victim", "Y": "destination"}

    found = read_list(data, "b.csv", recall=recall)
    assert asked == [signature]
    assert [i.role for i in found.indicators] == ["victim", "hostile"]
    assert read_list(csv(["X", "Z"], ["203.0.113.5", "1"]), "a.csv").header_signature != signature


def test_columns_without_a_header_are_told_by_what_they_hold():
    data = csv(
        ["1", "203.0.113.5", "198.51.100.1", "Mirai", "23/11/2026", "24/11/2026"],
        ["2", "203.0.113.6", "198.51.100.2", "Mozi", "23/11/2026", "24/11/2026"],
    )
    found = read_list(data, "list.csv")
    first = found.indicators[0]
    assert (first.role, first.value, first.destination, first.malware) == (
        "victim",
        "203.0.113.5",
        "198.51.100.1",
        "Mirai",
    )
    assert (iso(first.first_seen)[:10], iso(first.last_seen)[:10]) == ("2026-11-22", "2026-11-23")
    assert first.place.row == 1


def test_a_header_that_lies_is_not_believed():
    data = csv(
        ["Nguồn", "Địa chỉ", "IP"], ["Báo Mẫu", "1 Phố Mẫu", "203.0.113.5"], ["Báo Mẫu", "2 Phố Mẫu", "203.0.113.6"]
    )
    found = read_list(data, "list.csv")
    assert [i.value for i in found.indicators] == ["203.0.113.5", "203.0.113.6"]
    assert not found.faults


def test_a_hosts_file_names_the_domains_only():
    found = read_list(b"# bad hosts\n0.0.0.0 evil.example\n0.0.0.0 worse.example\n", "hosts")
    assert facts(found) == [("hostile", "domain", "evil.example"), ("hostile", "domain", "worse.example")]
    assert not found.faults


def test_a_day_and_a_time_of_day_in_two_columns():
    data = csv(["IP nhiễm", "Ngày", "Giờ"], ["203.0.113.5", "24/11/2026", "8h15"], ["203.0.113.6", "24/11/2026", ""])
    found = read_list(data, "list.csv")
    assert [iso(i.first_seen) for i in found.indicators] == [
        "2026-11-24T01:15:00.000000Z",
        "2026-11-23T17:00:00.000000Z",
    ]


def test_a_formula_without_a_value_is_a_fault():
    book = openpyxl.Workbook()
    for line in (
        ["Đơn vị", "IP nhiễm", "Ngày"],
        ["Sở A", "203.0.113.5", "=TODAY()"],
        ["Sở B", '=CONCAT("203.0.113.",6)', "24/11/2026"],
    ):
        book.active.append(line)
    out = io.BytesIO()
    book.save(out)
    found = read_list(out.getvalue(), "list.xlsx")
    assert [i.value for i in found.indicators] == ["203.0.113.5"]
    assert [(f.place.row, f.reason, f.is_kept) for f in found.faults] == [(2, "formula", True), (3, "formula", False)]


def test_a_table_without_any_value_reports_its_rows():
    found = read_list(csv(["Họ tên", "Chức vụ"], ["Người Mẫu", "Phó"], ["Người Khác", "Trưởng"]), "people.csv")
    assert not found.indicators
    assert {reason for _, reason in faults(found)} == {"no_value"}


def test_nothing_to_read_is_an_error():
    with pytest.raises(InputError):
        read_list(b"", "list.csv")
    out = io.BytesIO()
    openpyxl.Workbook().save(out)
    with pytest.raises(InputError):
        read_list(out.getvalue(), "list.xlsx")


@given(st.lists(st.lists(st.sampled_from(["203.0.113.5", "10.0.0.1", "evil.example", "", "24/11/2026", "Sở Mẫu", "443", "x,y", "203.0.113.999", "#", '"', "-"]), min_size=1, max_size=5), min_size=1, max_size=12),
       st.lists(st.sampled_from([*HEADER, "IP", "?"]), max_size=5))  # fmt: skip
def test_every_row_is_an_indicator_a_fault_or_passed_over(lines, header):
    try:
        found = read_list(csv(*([header] if header else []), *lines, separator=";"), "list.csv")
    except InputError:
        return
    assert all(fault.reason in FAULTS for fault in found.faults)
    told = (
        {i.place.row for i in found.indicators if i.role == "victim"}
        | {f.place.row for f in found.faults}
        | {i.place.row for i in found.indicators}
    )
    n_rows = sum(reading.n_rows for reading in found.tables)
    assert len(told) + sum((found.passed_over or {}).values()) == n_rows


@given(st.binary(max_size=300))
def test_any_bytes_give_a_list_or_an_input_error(data):
    try:
        found = read_list(data, "list")
    except InputError:
        return
    assert all(fault.reason in FAULTS for fault in found.faults)


def test_the_signature_is_the_same_with_and_without_a_mapping():
    data = csv(
        ["Danh sách IP", "", ""],
        ["P", "Q", "IP"],
        ["x", "203.0.113.5", "198.51.100.1"],
        ["y", "203.0.113.6", "198.51.100.2"],
    )
    mapping = {"P": "organisation", "Q": "victim", "IP": "destination"}
    plain, mapped = read_list(data, "a.csv"), read_list(data, "a.csv", mapping=mapping)
    assert plain.header_signature == mapped.header_signature
    remembered = {plain.header_signature: mapping}
    assert facts(read_list(data, "a.csv", recall=remembered.get)) == facts(mapped)
    assert mapped.indicators[0].organisation == "x"


@pytest.mark.corpus
def test_real_lists(corpora):
    folder = corpora / "ioc"
    ipsum = read_list((folder / "ipsum" / "3.txt").read_bytes(), "3.txt")
    assert len(ipsum.indicators) > 10_000
    assert {i.role for i in ipsum.indicators} == {"hostile"}
    hosts = read_list((folder / "hostsvn" / "hosts").read_bytes(), "hosts")
    assert len(hosts.indicators) > 10_000
    assert {i.kind for i in hosts.indicators} == {"domain"}
    assert len(hosts.faults) < len(hosts.indicators) / 100
    networks = read_list((folder / "vn-networks" / "ipv6.cidr").read_bytes(), "ipv6.cidr")
    assert {i.kind for i in networks.indicators} == {"cidr"}
    names = read_list((folder / "chongluadao" / "urls.txt").read_bytes(), "urls.txt")
    assert len(names.faults) < len(names.indicators) / 100
