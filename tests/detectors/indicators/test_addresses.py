"""The address index against a slow oracle made of ``ipaddress``."""

from __future__ import annotations

import ipaddress

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.addresses import AddressIndex, Span, parse_texts, span, spans


def packed(texts: list[str]) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    pieces = [text.encode("utf-8", "surrogatepass") for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    return np.frombuffer(b"".join(pieces), np.uint8), offsets[:-1], offsets[1:]


def lookup(index: AddressIndex, texts: list[str]) -> list[tuple[int, ...]]:
    return [index.covering(s) if s >= 0 else () for s in index.find_texts(*packed(texts)).tolist()]


def oracle_address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return None
    if isinstance(address, ipaddress.IPv6Address):
        if address.ipv4_mapped is not None:
            return address.ipv4_mapped
        return ipaddress.IPv6Address(int(address))
    return address


def oracle(entries: list[str], text: str) -> set[int]:
    address = oracle_address(text)
    found = set()
    for number, entry in enumerate(entries):
        if "-" in entry:
            low, high = map(ipaddress.ip_address, entry.split("-"))
            is_in = address is not None and address.version == low.version and int(low) <= int(address) <= int(high)
        else:
            is_in = address is not None and address in ipaddress.ip_network(entry, strict=False)
        if is_in:
            found.add(number)
    return found


# few distinct values, so that entries touch, nest and overlap
edges4 = st.one_of(
    st.integers(0, 40).map(lambda x: 0xC0000200 + x),
    st.sampled_from([0, 1, 255, 256, 65535, 65536, 0xC00001FF, 0xFFFFFFFE, 0xFFFFFFFF]),
    st.integers(0, 2**32 - 1),
)
edges6 = st.one_of(
    st.integers(0, 40).map(lambda x: (0x20010DB8 << 96) + x),
    st.sampled_from([0, 1, 2**64 - 1, 2**64, 2**128 - 1, 2**127]),
    st.integers(0, 2**128 - 1),
)


def entries_from(edges: st.SearchStrategy[int], version: int) -> st.SearchStrategy[str]:
    bits = 32 if version == 4 else 128
    make = ipaddress.IPv4Address if version == 4 else ipaddress.IPv6Address
    single = edges.map(lambda x: str(make(x)))
    block = st.tuples(edges, st.one_of(st.integers(0, bits), st.just(bits - 3))).map(lambda t: f"{make(t[0])}/{t[1]}")
    pair = st.tuples(edges, edges).map(sorted).map(lambda t: f"{make(t[0])}-{make(t[1])}")
    return st.one_of(single, block, pair)


@given(st.lists(entries_from(edges4, 4), max_size=12), st.lists(edges4, min_size=1, max_size=30))
def test_ipv4_finds_what_ipaddress_finds(entries: list[str], wanted: list[int]) -> None:
    index = AddressIndex.of_texts(entries)
    near = {x + d for x in wanted for d in (-1, 0, 1)}
    near |= {bound + d for one in index.entries if one for bound in (one.first, one.last) for d in (-1, 0, 1)}
    texts = [str(ipaddress.IPv4Address(x)) for x in near if 0 <= x < 2**32]
    for text, found in zip(texts, lookup(index, texts), strict=True):
        assert set(found) == oracle(entries, text), text
        assert len(found) == len(set(found))


@given(
    st.lists(st.one_of(entries_from(edges6, 6), entries_from(edges4, 4)), max_size=10),
    st.lists(edges6, min_size=1, max_size=20),
)
def test_ipv6_finds_what_ipaddress_finds(entries: list[str], wanted: list[int]) -> None:
    index = AddressIndex.of_texts(entries)
    near = {x + d for x in wanted for d in (-1, 0, 1)}
    near |= {one.last + d for one in index.entries if one and one.version == 6 for d in (0, 1)}
    texts = [str(ipaddress.IPv6Address(x)) for x in near if 0 <= x < 2**128 and x >> 32 != 0xFFFF]
    texts += [ipaddress.IPv6Address(text).exploded for text in texts]
    for text, found in zip(texts, lookup(index, texts), strict=True):
        assert set(found) == oracle(entries, text), text


@given(st.lists(entries_from(edges4, 4), min_size=1, max_size=12), edges4)
def test_most_specific_first_then_in_order_of_entry(entries: list[str], x: int) -> None:
    index = AddressIndex.of_texts(entries)
    (found,) = lookup(index, [str(ipaddress.IPv4Address(x))])
    sizes = [(one.last - one.first, number) for number in found if (one := index.entries[number])]
    assert sizes == sorted(sizes)


addressish = st.one_of(
    st.text(alphabet="0123456789.:abcdefABCDEF%/", max_size=45),
    st.integers(0, 2**32 - 1).map(lambda x: str(ipaddress.IPv4Address(x))),
    st.integers(0, 2**128 - 1).map(lambda x: str(ipaddress.IPv6Address(x))),
    st.lists(st.sampled_from(["0", "1", "ffff", "db8", "", "00001", "192.0.2.1", "g"]), max_size=10).map(":".join),
    st.lists(st.sampled_from(["0", "1", "255", "256", "01", "", "192"]), max_size=6).map(".".join),
    st.text(max_size=12),
)


@given(st.lists(addressish, min_size=1, max_size=30))
def test_texts_are_parsed_as_ipaddress_parses_them(texts: list[str]) -> None:
    texts = [text.encode("utf-8", "replace").decode() for text in texts]
    version, v4, high, low = parse_texts(*packed(texts))
    for i, text in enumerate(texts):
        expected = oracle_address(text)
        if expected is None:
            assert version[i] == 0, text
        elif expected.version == 4:
            assert (version[i], v4[i]) == (4, int(expected)), text
        else:
            assert (version[i], int(high[i]) << 64 | int(low[i])) == (6, int(expected)), text


@given(st.lists(st.one_of(addressish, entries_from(edges4, 4), entries_from(edges6, 6)), max_size=10))
def test_many_spans_are_each_span(texts: list[str]) -> None:
    assert spans(texts) == [span(text) for text in texts]


def test_mapped_addresses_are_ipv4_in_lists_and_in_logs() -> None:
    index = AddressIndex.of_texts(["::ffff:192.0.2.0/120", "198.51.100.7"])
    assert lookup(index, ["192.0.2.200", "::ffff:192.0.2.200", "::FFFF:c633:6407", "::ffff:0:c633:6407"]) == [
        (0,),
        (0,),
        (1,),
        (),
    ]


def test_everything_and_one() -> None:
    index = AddressIndex.of_texts(["0.0.0.0/0", "::/0", "192.0.2.1/32", "192.0.2.1"])
    assert lookup(index, ["192.0.2.1", "255.255.255.255", "0.0.0.0", "::", "fe80::1%eth0", "-", ""]) == [
        (2, 3, 0),
        (0,),
        (0,),
        (1,),
        (1,),
        (),
        (),
    ]


def test_empty_index() -> None:
    index = AddressIndex.of_texts([])
    assert lookup(index, ["192.0.2.1", "2001:db8::1"]) == [(), ()]
    assert index.n_segments == 0


def test_entries_that_are_no_addresses_cover_nothing() -> None:
    index = AddressIndex.of_texts(["192.0.2.1", "x", "192.0.2.9-192.0.2.1", "2001:db8::-192.0.2.1", "192.0.2.0/33"])
    assert index.entries[1:] == [None] * 4
    assert lookup(index, ["192.0.2.1"]) == [(0,)]


def test_memory_stays_linear_when_every_range_lies_in_another() -> None:
    n = 3000
    entries = [Span(4, i, 2**20 - i) for i in range(n)]
    index = AddressIndex.of(entries)
    assert index.n_segments < 2 * 20 * 2 * n
    middle = index.find4(np.array([2**19], np.uint32))[0]
    assert index.covering(int(middle)) == tuple(range(n - 1, -1, -1))
