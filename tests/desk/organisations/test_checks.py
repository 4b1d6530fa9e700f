"""What single values may be, and what parsing of networks and domains makes of anything."""

from __future__ import annotations

import contextlib
import ipaddress
import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vonggac.desk.organisations.checks import Check, first_hidden, mixed_word
from vonggac.desk.organisations.domains import homograph, parse_domain, shown
from vonggac.desk.organisations.spans import key_of, key_of_text, parse_span
from vonggac.errors import InvalidValues

v4 = st.integers(0, 2**32 - 1).map(ipaddress.IPv4Address)
v6 = st.integers(0, 2**128 - 1).map(ipaddress.IPv6Address)


def messages(check):
    return [fault.message.format(**fault.params) for fault in check.faults]


@pytest.mark.parametrize(
    ("char", "name"),
    [
        ("\u202e", "U+202E RIGHT-TO-LEFT OVERRIDE"),
        ("\u2066", "U+2066 LEFT-TO-RIGHT ISOLATE"),
        ("\u200b", "U+200B ZERO WIDTH SPACE"),
        ("\u200d", "U+200D ZERO WIDTH JOINER"),
        ("\ufeff", "U+FEFF ZERO WIDTH NO-BREAK SPACE"),
        ("\u00ad", "U+00AD SOFT HYPHEN"),
        ("\x00", "U+0000"),
        ("\x1b", "U+001B"),
        ("\n", "U+000A"),
        ("\u2028", "U+2028 LINE SEPARATOR"),
        ("\ue000", "U+E000"),
        ("\U000e0041", "U+E0041 TAG LATIN CAPITAL LETTER A"),
    ],
)
def test_what_nobody_sees_is_refused_with_its_name_and_place(char, name):
    check = Check()
    check.text("name", f"Xã {char}Đông", most=250)
    assert messages(check) == [f"an invisible character ({name}) stands at position 4: remove it"]


def test_markup_is_kept_as_it_is_and_letters_are_composed():
    check = Check()
    assert check.text("name", "<script>alert(1)</script>", most=250) == "<script>alert(1)</script>"
    assert check.text("name", unicodedata.normalize("NFD", "Đường Mới"), most=250) == "Đường Mới"
    assert check.text("name", "  Xã\u00a0 Đông  ", most=250) == "Xã Đông"
    assert check.text("note", "một\r\nhai\t!\n", most=250, lines=True) == "một\nhai\t!"
    check.done()


@given(st.text(max_size=40))
def test_a_text_that_passes_holds_nothing_hidden_and_passes_again(text):
    check = Check()
    cleaned = check.text("name", text, most=40)
    if not check.faults:
        assert first_hidden(cleaned) is None
        assert Check().text("name", cleaned, most=40) == cleaned
        assert unicodedata.is_normalized("NFC", cleaned)


@pytest.mark.parametrize(
    ("text", "word"), [("Sở Y tế", None), ("pаypal", "pаypal"), ("Αlpha", "Αlpha"), ("Москва Hà", None)]
)
def test_words_of_mixed_scripts_are_flagged(text, word):
    assert mixed_word(text) == word
    check = Check()
    check.text("name", text, most=50)
    assert (len(check.warnings), len(check.faults)) == (int(word is not None), 0)


@pytest.mark.parametrize("good", ["a@b.example", "Nguyen.Van+x@sub.Domain.example"])
def test_email(good):
    check = Check()
    assert check.email("email", good).endswith("example")
    check.done()


@pytest.mark.parametrize(
    "bad",
    ["a", "a@b", "a@@b.example", "a b@c.example", "a@-b.example", "a@b.example\nBcc: c@d.example", "<a@b.example>"],
)
def test_no_email(bad):
    check = Check()
    check.email("email", bad)
    assert check.faults


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("0000 000 123", True),
        ("+84 000 000 123", True),
        ("156", True),
        ("12", False),
        ("0000-123", False),
        ("0" * 16, False),
        ("+", False),
        ("１２３４", False),
    ],
)
def test_phone(text, is_good):
    check = Check()
    check.phone("phone", text)
    assert bool(check.faults) != is_good


@pytest.mark.parametrize(
    ("text", "is_good"),
    [
        ("H28.01.02", True),
        ("a_b/c-d", True),
        ("-a", False),
        ("a b", False),
        ("đ", False),
        ("a\u202e", False),
        ("", False),
        ("x" * 41, False),
    ],
)
def test_code(text, is_good):
    check = Check()
    check.code("code", text, most=40)
    assert bool(check.faults) != is_good


def test_times_have_a_zone_and_an_order():
    check = Check()
    check.period({"valid_from": datetime(2025, 1, 2, tzinfo=UTC), "valid_until": datetime(2025, 1, 1, tzinfo=UTC)})
    check.moment("at", datetime(2025, 1, 1))  # noqa: DTZ001  # that is the fault
    check.moment("at", datetime(1, 1, 1, tzinfo=UTC))
    check.moment("at", datetime(2150, 1, 1, tzinfo=UTC), latest=datetime(2030, 1, 1, tzinfo=UTC))
    assert [fault.field for fault in check.faults] == ["valid_until", "at", "at", "at"]
    with pytest.raises(InvalidValues) as caught:
        check.done()
    assert len(caught.value.faults) == 4


@pytest.mark.parametrize(
    ("text", "canonical", "n"),
    [
        ("192.0.2.7", "192.0.2.7", 1),
        ("192.0.2.0/24", "192.0.2.0/24", 256),
        ("192.0.2.1-192.0.2.9", "192.0.2.1-192.0.2.9", 9),
        ("192.0.2.0 – 192.0.2.255", "192.0.2.0/24", 256),
        ("2001:DB8::/32", "2001:db8::/32", 2**96),
        ("::ffff:192.0.2.1", "192.0.2.1", 1),
        ("::ffff:192.0.2.0/120", "192.0.2.0/24", 256),
    ],
)
def test_a_network_has_one_way_to_be_written(text, canonical, n):
    span = parse_span(text)
    assert (span.text, span.n_addresses) == (canonical, n)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "x",
        "192.0.2.1/24",
        "192.0.2.9-192.0.2.1",
        "192.0.2.1-2001:db8::1",
        "192.0.2.0/33",
        "0.0.0.0/0",
        "::/0",
        "192.0.2.",
        "1.2.3",
        "192.0.2.1-",
        "192.0.02.1",
        "fe80::1%1",
        "::/1",
        "192.0.2.0/255.255.255.0/1",
        "9" * 10_000,
    ],
)
def test_what_is_no_network_is_refused_with_words(text):
    with pytest.raises(InvalidValues) as caught:
        parse_span(text)
    assert str(caught.value)


@given(st.one_of(st.tuples(v4, v4), st.tuples(v6, v6)))
def test_a_range_comes_back_as_it_was_and_its_keys_sort_as_addresses(pair):
    first, last = min(pair), max(pair)
    mapped = ipaddress.ip_network("::ffff:0:0/96")
    if first.version == 6 and not (last < mapped[0] or mapped[-1] < first or (first in mapped and last in mapped)):
        with pytest.raises(InvalidValues, match="IPv4"):
            parse_span(f"{first}-{last}")
        return
    if int(last) - int(first) + 1 == 1 << first.max_prefixlen:
        with pytest.raises(InvalidValues, match="whole"):
            parse_span(f"{first}-{last}")
        return
    span = parse_span(f"{first}-{last}")
    assert parse_span(span.text) == span
    assert span.first <= span.last
    assert [span.first, span.last] == [key_of_text(str(first)), key_of_text(str(last))]
    assert span.n_addresses == int(last) - int(first) + 1


@given(v4 | v6, st.integers(0, 128))
def test_a_block_is_that_of_ipaddress(address, length):
    length = min(length, address.max_prefixlen)
    network = ipaddress.ip_network((address, length), strict=False)
    if length == 0 or (
        network.version == 6 and ipaddress.ip_network("::ffff:0:0/96").subnet_of(network) and length < 96
    ):
        with pytest.raises(InvalidValues):
            parse_span(str(network))
        return
    span = parse_span(str(network))
    assert span.n_addresses == network.num_addresses
    assert key_of_text(str(network.network_address)) == span.first


@given(v4 | v6, v4 | v6)
def test_keys_order_as_addresses_do(a, b):
    if a.version == b.version:
        assert (key_of(a) < key_of(b)) == (a < b)


@given(st.text(max_size=60))
def test_any_text_is_a_span_a_domain_or_refused(text):
    for parse in (parse_span, parse_domain):
        with contextlib.suppress(InvalidValues):
            parse(text)


def test_domains():
    assert parse_domain("WWW.Đường.example.") == "www.xn--ng-csa8xh6j.example" or parse_domain(
        "WWW.Đường.example."
    ).startswith("www.xn--")
    assert shown(parse_domain("đường.example")) == "đường.example"
    for bad in (
        "localhost",
        "a..example",
        "-a.example",
        "a b.example",
        "192.0.2.1",
        "http://a.example",
        "a.example/x",
        "\u202ea.example",
    ):
        with pytest.raises(InvalidValues):
            parse_domain(bad)


def test_a_domain_made_to_be_mistaken_is_flagged_and_shown_in_plain_ascii():
    name = parse_domain("pаypal.example")  # the second letter is Cyrillic
    assert name.startswith("xn--")
    assert homograph(name) == "pаypal"
    assert shown(name) == name
    assert homograph("paypal.example") is None
