import csv
import io

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.events import concepts
from vonggac.events.times import iso
from vonggac.sources.csv_table import MAX_ROW_LINES, SOURCE
from vonggac.sources.source import Options


def batches(data, *, block_bytes=1 << 20, **options):
    data = data if isinstance(data, bytes) else data.encode()
    return [
        SOURCE.decode(block, Options(**options)) for block in SOURCE.frame(io.BytesIO(data), block_bytes=block_bytes)
    ]


def events(data, **kwargs):
    return [batch.event(row) for batch in batches(data, **kwargs) for row in range(batch.n_rows)]


def skips(data, **kwargs):
    return [(skip.reason, skip.record, skip.count) for batch in batches(data, **kwargs) for skip in batch.skipped]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_separator_is_found(delimiter):
    data = "\n".join(delimiter.join(row) for row in (["time", "src_ip"], ["1", "192.0.2.1"], ["2", "192.0.2.2"]))
    assert events(data) == [{"time": "1", "src_ip": "192.0.2.1"}, {"time": "2", "src_ip": "192.0.2.2"}]


def test_the_separator_may_be_stated():
    assert events("sep=;\na,b;c\n1;2\n") == [{"a,b": "1", "c": "2"}]


CELLS = st.text(st.characters(codec="utf-8", exclude_characters="\0\r\ufeff"), max_size=8)


@given(rows=st.lists(st.tuples(CELLS, CELLS, CELLS)), block_bytes=st.integers(1, 60))
def test_what_a_writer_quotes_is_read_back(rows, block_bytes):
    rows = [row for row in rows if any(cell.strip() for cell in row)]
    target = io.StringIO()
    writer = csv.writer(target, quoting=csv.QUOTE_ALL, lineterminator="\r\n")
    writer.writerows([["one", "two", "three"], *rows])
    assert [tuple(event.values()) for event in events(target.getvalue(), block_bytes=block_bytes)] == rows


@pytest.mark.parametrize("block_bytes", [1, 1 << 20])
def test_a_row_of_several_lines_has_the_number_of_its_first(block_bytes):
    found = batches('a,b\n1,"x\ny\nz"\n2,w\n', block_bytes=block_bytes)
    rows = [
        (batch.record(row), batch.value(row, "b"), batch.raw(row)) for batch in found for row in range(batch.n_rows)
    ]
    assert rows == [(2, "x\ny\nz", b'1,"x\ny\nz"'), (5, "w", b"2,w")]


@pytest.mark.parametrize("block_bytes", [100, 1 << 20])
def test_a_stray_quotation_mark_spoils_only_its_own_line(block_bytes):
    n_rows = 3 * MAX_ROW_LINES
    data = "a,b\n" + '1,5" pipe\n' + "2,x\n" * n_rows
    found = events(data, block_bytes=block_bytes)
    assert len(found) == n_rows + 1
    assert found[0] == {"a": "1", "b": '5" pipe'}


def test_rows_with_another_number_of_cells_are_skipped():
    data = "a,b\n1,2\n3\n4,5,6\n7,8,,\n\n"
    assert events(data) == [{"a": "1", "b": "2"}, {"a": "7", "b": "8"}]
    assert skips(data) == [("wrong_columns", 3, 2)]


def test_names_are_unique():
    assert events("a,a,,a_2\n1,2,3,4\n") == [{"a": "1", "a_2": "2", "column_3": "3", "a_2_2": "4"}]


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1258"])
def test_encodings(encoding):
    text = "Tên máy;Địa chỉ\nPhòng họp;192.0.2.1\n"
    encoded = decomposed(text).encode(encoding) if encoding == "cp1258" else text.encode(encoding)
    assert events(encoded) == [{"Tên máy": "Phòng họp", "Địa chỉ": "192.0.2.1"}]


def decomposed(text):
    """With tone marks as characters of their own, the way Windows-1258 writes them."""
    tones = {"ị": "i\u0323", "ỉ": "i\u0309", "ò": "o\u0300", "ọ": "o\u0323", "á": "á", "ê": "ê"}
    return "".join(tones.get(char, char) for char in text)


def test_a_mapping_names_columns_anew():
    (batch,) = batches("Máy nguồn,Tên\n192.0.2.1,x\n", mapping={"Máy nguồn": "source.ip"})
    assert batch.event(0) == {"source.ip": "192.0.2.1", "Tên": "x"}
    assert concepts.text(batch, 0, "source.ip") == "192.0.2.1"


def test_a_header_alone_and_nothing_at_all_are_no_events():
    assert events("a,b\n") == events("") == events("\n\n") == []
    assert skips("a,b\n") == []


def test_a_cell_of_a_megabyte_is_read():
    (found,) = events('a,b,c\n"1"x,"' + 'x"",' * 200_000 + '",\n')
    assert found == {"a": "1x", "b": 'x",' * 200_000, "c": ""}


def test_a_header_of_very_many_equal_names_is_read():
    n = 200_000
    assert events("a," * n + "a\n" + "1," * n + "1\n")[0].keys() >= {"a", "a_2", f"a_{n + 1}"}


@pytest.mark.parametrize(
    ("text", "time"),
    [
        ("Time,Source IP\n2026-11-24 10:00:00,192.0.2.5\n", "2026-11-24T10:00:00.000000Z"),
        ("Receive Time,Source IP\n2026/11/24 10:00:00,192.0.2.5\n", "2026-11-24T10:00:00.000000Z"),
        ("Date,Time,Source IP\n2026-11-24,10:00:00,192.0.2.5\n", ""),
    ],
)
def test_the_time_of_exports_of_firewalls(text, time):
    (batch,) = batches(text)
    assert iso(concepts.time_us(batch, 0)) == time


def test_sentences_with_commas_are_no_table():
    line = b'2026/11/24 10:00:00 [error] 1#1: *1 open() "/x" failed, client: 192.0.2.5, server: _, request: "GET /x"\n'
    assert SOURCE.sniff(line * 3, "error.log") == 0
    assert SOURCE.sniff(b"user bob, from 192.0.2.5, failed\n" * 3, "app.log") == 0
    assert SOURCE.sniff(b"user,from,result\nbob,192.0.2.5,failed\n", "app.log") > 0
    assert SOURCE.sniff(line * 3, "export.csv") > 0
