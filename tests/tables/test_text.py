"""CSV and text, through the public door."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.errors import FormatUnknown, InputError
from vonggac.tables import read_tables

TEXT = "Đơn vị,Địa chỉ IP\r\nSở Y tế,192.0.2.1\r\nỦy ban xã Mẫu,198.51.100.7\r\n"


def rows(data, name="a.csv"):
    (table,) = read_tables(data, name).tables
    return [(row.number, list(row.cells)) for row in table.rows]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
def test_unicode_with_and_without_a_mark(encoding):
    assert rows(TEXT.encode(encoding))[2] == (3, ["Ủy ban xã Mẫu", "198.51.100.7"])


def test_windows_1258_has_its_tones_apart():
    written = TEXT.replace("ị", "i\u0323").replace("ỉ", "i\u0309").replace("ở", "ơ\u0309").replace("ế", "ê\u0301")
    written = written.replace("Ủ", "U\u0309").replace("ã", "a\u0303").replace("ẫ", "â\u0303")
    assert rows(written.encode("cp1258"))[1:] == [(2, ["Sở Y tế", "192.0.2.1"]), (3, ["Ủy ban xã Mẫu", "198.51.100.7"])]


def test_windows_1252():
    assert rows("société,ip\ncafé,192.0.2.1\n".encode("cp1252"))[1] == (2, ["café", "192.0.2.1"])


def test_a_damaged_byte_does_not_cost_the_others_their_letters():
    data = TEXT.encode().replace(b"192.0.2.1", b"192.0.2.1,\xff")
    assert rows(data)[1][1][0] == "Sở Y tế"
    assert rows(data.replace(b"Y t", b"Y\0t"))[1][1][1] == "192.0.2.1"


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_found(separator):
    lines = [["tên", "ip", "số"], ["Sở A", "192.0.2.1", "1"], ["Sở B", "192.0.2.2", "2"]]
    text = "\n".join(separator.join(cells) for cells in lines)
    assert [cells for _, cells in rows(text.encode())] == lines


def test_the_hint_of_spreadsheets_and_empty_lines_keep_the_line_numbers():
    assert rows(b"sep=;\nip;n\n\n;;\n192.0.2.1;1,5\n") == [(2, ["ip", "n"]), (5, ["192.0.2.1", "1,5"])]


def test_quotes_may_hold_separators_and_line_ends():
    text = 'tên,ip\n"Sở A, phòng ""1""\ntầng 2",192.0.2.1\nSở B,192.0.2.2\n'
    assert rows(text.encode()) == [
        (1, ["tên", "ip"]), (2, ['Sở A, phòng "1"\ntầng 2', "192.0.2.1"]), (4, ["Sở B", "192.0.2.2"]),
    ]  # fmt: skip


def test_a_quote_that_is_never_closed_does_not_swallow_the_rest():
    text = 'tên,ip\n"Sở A,192.0.2.1\n' + "".join(f"Sở {n},198.51.100.{n}\n" for n in range(200))
    found = rows(text.encode())
    assert len(found) == 202
    assert found[-1] == (202, ["Sở 199", "198.51.100.199"])


def test_remarks_are_the_title_and_may_hide_the_header():
    data = b"# A feed\n# first_seen,dst_ip,port\n2026-11-24,192.0.2.1,443\n2026-11-24,192.0.2.2,443\n# end\n"
    (table,) = read_tables(data, "feed.csv").tables
    assert [list(row.cells) for row in table.rows] == [
        ["first_seen", "dst_ip", "port"], ["2026-11-24", "192.0.2.1", "443"], ["2026-11-24", "192.0.2.2", "443"],
    ]  # fmt: skip
    assert "A feed" in table.title


def test_hosts_files_are_split_at_blanks():
    assert rows(b"0.0.0.0 evil.example # bad\n0.0.0.0 worse.example\n")[0] == (1, ["0.0.0.0", "evil.example"])


@pytest.mark.parametrize("data", [b"", b"\n\n \r\n", b"\0\0\0", b"\xef\xbb\xbf", b"# only a remark\n"])
def test_nothing_is_an_input_error(data):
    with pytest.raises(InputError):
        read_tables(data, "empty.csv")


@pytest.mark.parametrize(
    "data", [b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\1\0" * 20, b"MZ\x90\0\3\0\0\0\4" * 90, bytes(range(256)) * 40]
)
def test_binaries_are_refused(data):
    with pytest.raises(FormatUnknown):
        read_tables(data, "list.csv")


def test_a_web_page_under_another_name_says_so():
    with pytest.raises(FormatUnknown, match="web page"):
        read_tables(b"<html><table><tr><td>192.0.2.1</td></tr></table></html>", "list.xls")


def test_a_line_of_ten_megabytes():
    assert rows(b"ip,x\n192.0.2.1," + b"a" * 10_000_000 + b"\n192.0.2.2,b\n")[2] == (3, ["192.0.2.2", "b"])


@given(st.binary(max_size=400))
def test_any_bytes_give_rows_or_an_input_error(data):
    try:
        found = read_tables(data, "x")
    except InputError:
        return
    for table in found.tables:
        assert all(row.number >= 1 and row.cells for row in table.rows)


@given(st.lists(st.lists(st.text("abcđệ01 ,;\"'", max_size=8), min_size=3, max_size=3), min_size=3, max_size=20))
def test_what_a_csv_writer_wrote_is_read_back(lines):
    import csv
    import io

    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, delimiter="\t").writerows([["cột một", "cột hai", "cột ba"], *lines])
    found = [cells for _, cells in rows(out.getvalue().encode())]
    kept = [cells for cells in lines if any(cells)]
    assert [[c.strip() for c in cells] for cells in found[1:]] == [[c.strip() for c in cells] for cells in kept]
