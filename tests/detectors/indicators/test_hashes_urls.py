"""Digests inside texts, and which URLs a listed URL covers."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.detectors.indicators.hashes_urls import HashIndex, UrlIndex, host_bounds, url_key

MD5, SHA1, SHA256 = "0f" * 16, "1e" * 20, "2d" * 32


def digests_in(index: HashIndex, texts: list[str]) -> list[tuple[int, int]]:
    pieces = [text.encode("utf-8", "replace") for text in texts]
    offsets = np.concatenate([[0], np.cumsum([len(piece) for piece in pieces])]).astype(np.int64)
    found, entries = index.find(np.frombuffer(b"".join(pieces), np.uint8), offsets[:-1], offsets[1:])
    return list(zip(found.tolist(), entries, strict=True))


def test_digests_alone_and_in_sysmon_hashes() -> None:
    index = HashIndex.of([SHA256.upper(), MD5, SHA1, "not a digest"])
    assert digests_in(
        index,
        [
            f"SHA1={SHA1.upper()},MD5={MD5.upper()},SHA256={SHA256.upper()},IMPHASH={'0' * 32}",
            MD5,
            f"IMPHASH={MD5}",
            MD5 + "0",
            SHA1[:32],
            "",
        ],
    ) == [(0, 2), (0, 1), (0, 0), (1, 1)]


digest = st.sampled_from([32, 40, 64]).flatmap(lambda n: st.text(alphabet="0aF", min_size=n, max_size=n))


@given(st.lists(digest, max_size=8), st.lists(st.lists(st.one_of(digest, st.text(max_size=4)), max_size=4), max_size=6))
def test_whole_runs_are_found_wherever_they_stand(listed: list[str], pieces: list[list[str]]) -> None:
    index = HashIndex.of(listed)
    texts = [",".join(row) for row in pieces]
    lowered = [one.lower() for one in listed]
    expected = [
        (i, lowered.index(run.lower()))
        for i, text in enumerate(texts)
        for run in re.findall(r"[0-9A-Fa-f]+", text)
        if run.lower() in lowered
    ]
    assert digests_in(index, texts) == expected


def test_digests_with_the_same_beginning_are_told_apart() -> None:
    listed = ["a" * 16 + f"{i:048x}" for i in range(50)]
    assert digests_in(HashIndex.of(listed), [listed[33], "a" * 64]) == [(0, 33)]


def test_more_digests_in_one_text_than_first_expected() -> None:
    assert digests_in(HashIndex.of([MD5]), [" ".join([MD5] * 100)]) == [(0, 0)] * 100


@pytest.mark.parametrize(
    ("listed", "seen", "is_covered"),
    [
        ("http://evil.example/a", "https://EVIL.example:443/a", True),
        ("http://evil.example/a", "http://evil.example/a/b?c=d#e", True),
        ("http://evil.example/a/", "http://evil.example/a", True),
        ("http://evil.example/a", "http://evil.example/ab", False),
        ("http://evil.example/a", "http://evil.example/A", False),
        ("http://evil.example/a", "http://www.evil.example/a", False),
        ("http://evil.example/a", "http://evil.example:8080/a", False),
        ("http://evil.example:8080/a", "http://evil.example:8080/a", True),
        ("http://evil.example", "http://evil.example/x/y", True),
        ("http://evil.example/", "evil.example:443", True),
        ("http://evil.example/", "http://notevil.example/", False),
        ("http://evil.example/a?b=c", "http://evil.example/a?b=c", True),
        ("http://evil.example/a?b=c", "http://evil.example/a?b=d", False),
        ("http://evil.example/a?b=c", "http://evil.example/a", False),
        ("http://evil.example/%7Ea", "http://evil.example/~a", True),
        ("http://evil.example/a%2fb", "http://evil.example/a%2Fb", True),
        ("http://evil.example/b", "http://evil.example/a/../b", True),
        ("http://evil.example/b", "http://evil.example/b/../c", False),
        ("http://evil.example/b", "http://good.example@evil.example/b", True),
        ("http://evil.example/b", "http://evil.example@good.example/b", False),
        ("http://evil.example/b", "http://good.example/?u=http://evil.example/b", False),
        ("http://evil.example/b", "http://evil.example\\b", True),
        ("http://192.0.2.1/b", "http://192.0.2.1/b", True),
        ("http://[2001:db8::1]/b", "http://[2001:DB8::1]:80/b", True),
        ("http://đường.example/b", "http://ĐƯỜNG.example/b", True),
        ("http://evil.example/b", "/b", False),
    ],
)
def test_what_a_url_covers(listed: str, seen: str, is_covered: bool) -> None:
    assert UrlIndex.of([listed]).find_text(seen) == ((0,) if is_covered else ())


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://evil.example/a:b@c", "evil.example"),
        ("HTTPS://u:p@evil.example:8443?x", "evil.example"),
        ("evil.example:443", "evil.example"),
        ("evil.example/a", "evil.example"),
        ("//evil.example/a", "evil.example"),
        ("http://[2001:db8::1]:80/", "2001:db8::1"),
        ("http://evil.example\\@good.example/", "evil.example"),
        ("/a/b", ""),
        ("?a=http://x.example", ""),
        ("-", "-"),
        ("", ""),
        ("http://", ""),
        ("http:///a", ""),
        ("http://[", ""),
    ],
)
def test_where_the_host_stands(url: str, host: str) -> None:
    data = np.frombuffer(url.encode(), np.uint8)
    starts, ends = host_bounds(data, np.zeros(1, np.int64), np.array([len(data)], np.int64))
    assert url[starts[0] : ends[0]] == host


urlish = st.lists(
    st.sampled_from(
        ["http", "://", "//", "/", "evil.example", "ĐƯ.vn", "@", ":", "80", "?", "#", "[::1]", "\\", ".", "%41", " "]
    ),
    max_size=9,
).map("".join)


@given(st.one_of(st.text(max_size=60), urlish))
def test_what_the_whole_test_finds_the_fast_test_lets_pass(text: str) -> None:
    index = UrlIndex.of([text])
    key = url_key(text)
    assert index.find_text(text) == ((0,) if key else ())
    data = np.frombuffer(text.encode("utf-8", "replace"), np.uint8)
    starts, ends = host_bounds(data, np.zeros(1, np.int64), np.array([len(data)], np.int64))
    assert 0 <= starts[0] <= ends[0] <= len(data)
    if key and text == text.strip():
        assert index.hosts.find(data, starts, ends).tolist() == [0]
