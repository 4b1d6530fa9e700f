"""The domain index against a slow walk over labels."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.domains import DomainIndex, a_labels

labels = st.sampled_from(["a", "b", "evil", "notevil", "example", "vn", "xn--ng-4ja", "x-1", "_dmarc"])
names = st.lists(labels, min_size=1, max_size=5).map(".".join)


def oracle(entries: list[str], name: str) -> list[int]:
    parts = name.lower().removesuffix(".").split(".")
    suffixes = [".".join(parts[n:]) for n in range(len(parts))]
    return [entries.index(suffix) for suffix in suffixes if suffix in entries]


@given(st.lists(names, max_size=12), st.lists(names, min_size=1, max_size=20), st.randoms())
def test_finds_all_listed_parents_the_longest_first(entries: list[str], wanted: list[str], random) -> None:  # type: ignore[no-untyped-def]
    index = DomainIndex.of(entries)
    for name in wanted + entries:
        written = "".join(random.choice([c.upper(), c]) for c in name) + random.choice(["", "."])
        assert index.find_text(written) == oracle(entries, name)


@given(st.lists(names, max_size=8), st.lists(st.text(max_size=30), max_size=20))
def test_any_text_is_survived(entries: list[str], texts: list[str]) -> None:
    index = DomainIndex.of(entries + texts)
    pieces = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    found = index.find(np.frombuffer(b"".join(pieces), np.uint8), offsets[:-1], offsets[1:])
    assert len(found) == len(texts)


@pytest.mark.parametrize(
    ("name", "is_covered"),
    [
        ("evil.example", True),
        ("EVIL.Example.", True),
        ("a.b.evil.example", True),
        ("evil.example:8080", True),
        ("a.evil.example:53", True),
        ("notevil.example", False),
        ("evil.example.vn", False),
        ("example", False),
        ("vil.example", False),
        (".evil.example", True),
        ("evil..example", False),
        ("evil.example:x", False),
        ("evil.example:1:2", False),
        ("evil.example..", False),
        ("", False),
        (".", False),
        (":80", False),
        ("x." * 200 + "evil.example", False),  # longer than any name
    ],
)
def test_what_a_domain_covers(name: str, is_covered: bool) -> None:
    assert DomainIndex.of(["evil.example"]).find_text(name) == ([0] if is_covered else [])


def test_international_names_match_in_both_forms() -> None:
    ace = "xn--" + "đường".encode("punycode").decode() + ".example"
    for listed in ("đường.example", "ĐƯỜNG.EXAMPLE", ace):
        index = DomainIndex.of([listed])
        for written in (
            "đường.example",
            "www.Đường.Example",
            ace,
            ace.upper(),
            "a.ĐƯỜNG.example:443",
            "đường。example",
        ):
            assert index.find_text(written) == [0], (listed, written)
        assert index.find_text("khácđường.example") == []


def test_a_name_that_cannot_be_a_label_is_none() -> None:
    assert a_labels("‍.example") == ""
    assert a_labels("_dmarc.Example.") == "_dmarc.example"


def test_empty_index_finds_nothing() -> None:
    assert DomainIndex.of(["", "."]).find_text("evil.example") == []


def test_many_names_keep_their_identity() -> None:
    entries = [f"h{i}.d{i % 97}.example" for i in range(20_000)]
    index = DomainIndex.of(entries)
    for i in range(0, 20_000, 371):
        assert index.find_text("www." + entries[i]) == [i]
        assert index.find_text("x" + entries[i]) == []
