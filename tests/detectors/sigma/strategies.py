"""Sigma rules and events for property tests, drawn from one small pool of texts so that hits and near misses are common."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from oracle_text import fold_char, variants

ALPHABET = "aAbBđĐ1 \\*?-/\u2013iİßẞſsSkK\u212a\"'\n\0._%[$\u1ebf\U0001f600"
FIELDS = ("a", "b", "c", "A", "o.x", "o.p.y", "o")
NUMBERS = (0, 1, -1, 5, 1.5, 10, 2**31, 2**53, 2**53 + 1, -(2**53) - 1, 2**63, 2**63 + 1, 2**64 + 1, 1e22, -0.5)
SCALAR_FIELDS = ("a", "b", "c", "A", "o.p.y")  # never an object in the events below
NUMBER_TEXTS = (
    "0",
    "1",
    "-1",
    "5",
    "+5",
    "05",
    "5.0",
    "1.5",
    "1e1",
    ".5",
    "5.",
    "0x5",
    "5 ",
    " 5",
    "1_0",
    "٥",
    "-",
    "nan",
    "inf",
)
ADDRESSES = (
    "192.0.2.1", "192.0.2.128", "198.51.100.7", "10.0.0.1", "10.255.255.255", "11.0.0.0", "0.0.0.0", "255.255.255.255",
    "2001:db8::1", "2001:DB8:0:0:0:0:0:1", "2001:db9::", "::1", "::ffff:10.0.0.1", "10.0.0", "10.0.0.1.2", "10.0.0.256",
    "10.0.0.1 ", "010.0.0.1", "10.0.0.1/8", "-", "a",
)  # fmt: skip
NETWORKS = (
    "10.0.0.0/8", "192.0.2.0/25", "192.0.2.128/25", "0.0.0.0/0", "198.51.100.7", "2001:db8::/32", "::/0", "::1/128",
)  # fmt: skip
TIMES = (
    "2024-02-29T03:04:05Z", "2024-02-29 03:04:05", "2024-12-30T23:59:59.999999Z", "2021-01-01T00:00:00.123Z", "2024-13-01T00:00:00Z",
    "2020-12-31T12:30:00Z", "2024-02-30T00:00:00Z", "2024-02-29T23:04:05+07:00", "2021-01-01T00:30:00.5-0800", "yesterday",
)  # fmt: skip


@dataclass(frozen=True)
class Case:
    """Rules, as what their YAML loads to, and events to hold them against."""

    rules: list[dict[str, Any]]
    events: list[dict[str, Any]]


@st.composite
def near(draw: st.DrawFn, pool: Sequence[str]) -> str:  # noqa: PLR0911  # a table of ways
    """A text of an event: one of the pool, or nearly."""
    text = draw(st.sampled_from(pool))
    how = draw(st.integers(0, 9))
    if how == 1:
        return "".join(draw(st.sampled_from(variants().get(fold_char(c), (c,)))) for c in text)
    if how == 2:
        return text + draw(st.sampled_from(ALPHABET + "\n\n\n"))
    if how == 3:
        return draw(st.sampled_from(ALPHABET)) + text
    if how == 4:
        return text[1:]
    if how == 5:
        return text[:-1]
    if how == 6:
        return draw(st.sampled_from(pool)) + text + draw(st.sampled_from(pool))
    if how == 7:
        filler = draw(st.sampled_from(["x", "a", "đ", "\\", " "])) * draw(st.sampled_from([7, 40, 300]))
        return draw(st.sampled_from([filler + text, text + filler, filler + text + filler]))
    if how == 8:
        codec = draw(st.sampled_from(["utf-8", "utf-16-le", "utf-16-be"]))
        lead = draw(st.sampled_from(["", "x", "xy"]))
        return base64.b64encode((lead + text).encode(codec)).decode()
    if how == 9:
        return "".join(draw(st.sampled_from("-/\u2014")) if c in "-/\u2013" else c for c in text)
    return text


def escaped(text: str) -> str:
    """``text`` as the value of a rule that means exactly this text."""
    return "".join("\\" + c if c in "\\*?" else c for c in text)


@st.composite
def wanted(draw: st.DrawFn, pool: Sequence[str], wild: bool = True) -> str:
    """A string of a rule: of the pool, escaped or raw, with wildcards or a piece of it."""
    text = draw(st.sampled_from(pool))
    how = draw(st.integers(0, 6))
    if how == 0 and text:
        start = draw(st.integers(0, len(text) - 1))
        text = text[start : draw(st.integers(start + 1, len(text)))]
    if how == 1:
        text = "".join(draw(st.sampled_from(variants().get(fold_char(c), (c,)))) for c in text)
    if not wild:
        return escaped(text)
    if how == 2:
        return text
    pieces = [escaped(c) for c in text]
    if how == 3 and pieces:
        pieces[draw(st.integers(0, len(pieces) - 1))] = draw(st.sampled_from(["?", "*"]))
    if how == 4:
        pieces.insert(draw(st.integers(0, len(pieces))), "*")
    if how == 5:
        pieces = [
            "*",
            *pieces[: draw(st.integers(0, len(pieces)))],
            "*",
            *pieces,
            draw(st.sampled_from(["", "*", "?"])),
        ]
    return "".join(pieces)


def one_or_more(values: st.SearchStrategy[Any], least: int = 1) -> st.SearchStrategy[Any]:
    """A value of a rule, or a list of them."""
    several = st.lists(values, min_size=max(least, 1), max_size=4)
    return several if least > 1 else st.one_of(values, several)


@st.composite
def patterns(draw: st.DrawFn, pool: Sequence[str]) -> str:
    """A regular expression of the flavour that the specification names."""
    special = set("\\*?+.^$()[]{}|/\"'#&~- \n")
    atom = st.sampled_from([c for text in pool for c in text if c not in "İ\0"] or ["a"]).map(
        lambda c: ("\\n" if c == "\n" else "\\" + c) if c in special else c
    )
    classes = st.sampled_from(["[ab]", "[^a]", "[a-z]", "[^a-zđ]", "[A-Z0-9]", r"[\\/]", "[-a]", "."])
    simple = st.one_of(atom, atom, classes)

    def more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        group = inner.map(lambda p: f"({p})")
        return st.one_of(
            st.tuples(st.one_of(simple, group), st.sampled_from(["*", "+", "?", "{2}", "{1,2}", "{0,}", "+?"])).map(
                "".join
            ),
            st.lists(inner, min_size=1, max_size=4).map("".join),
            st.tuples(inner, inner).map(lambda pair: f"({pair[0]}|{pair[1]})"),
        )

    body = draw(st.recursive(simple, more, max_leaves=6))
    if draw(st.integers(0, 3)) == 0:  # the text itself, so that long literals occur
        body += "".join(
            "\\" + c if c in special - {"\n"} else c for c in draw(st.sampled_from(pool)) if c not in "İ\0\n"
        )
    return draw(st.sampled_from(["", "", "^"])) + body + draw(st.sampled_from(["", "", "$"]))


STRING_MODIFIERS = (
    "", "", "contains", "contains", "startswith", "endswith", "contains|all", "all", "cased", "contains|cased",
    "cased|endswith", "startswith|cased", "windash", "windash|contains", "contains|all|windash", "windash|contains|all", "neq",
    "contains|neq", "neq|endswith", "all|endswith", "startswith|endswith", "windash|cased",
)  # fmt: skip
ENCODED_MODIFIERS = (
    "base64", "base64|contains", "base64offset|contains", "base64offset|contains|all", "utf16le|base64", "wide|base64offset|contains",
    "utf16be|base64|contains", "utf16|base64", "base64|startswith", "base64offset|contains|cased",
)  # fmt: skip


@st.composite
def lines(draw: st.DrawFn, pool: Sequence[str], field: str | None = None) -> tuple[str, Any]:  # noqa: PLR0911  # the same
    """One line of a detection: the key with its modifiers, and its value."""
    name = field or draw(st.sampled_from(FIELDS))
    kind = draw(st.integers(0, 11))
    if kind <= 4:
        modifiers = draw(st.sampled_from(STRING_MODIFIERS))
        return _key(name, modifiers), draw(one_or_more(wanted(pool), 2 if "all" in modifiers.split("|") else 1))
    if kind == 5:
        scalar = st.one_of(wanted(pool), st.sampled_from((*NUMBERS, True, False, None, "", "*", "5")))
        name = draw(st.sampled_from(SCALAR_FIELDS))
        return draw(st.sampled_from([name, f"{name}|neq"])), draw(one_or_more(scalar))
    if kind == 6:
        modifiers = draw(st.sampled_from(ENCODED_MODIFIERS))
        texts = [t for t in pool if len(t) > 1 and (("16" not in modifiers and "wide" not in modifiers) or t.isascii())]
        return _key(name, modifiers), draw(
            one_or_more(wanted(texts or ["ab"], wild=False).filter(lambda t: len(t) > 1))
        )
    if kind == 7:
        flags = draw(st.sampled_from(["", "", "|i", "|s", "|m", "|i|s", "|i|m|s", "|all", "|i|all", "|neq"]))
        return f"{name}|re{flags}", draw(one_or_more(patterns(pool), 2 if "all" in flags else 1))
    if kind == 8:
        return f"{name}|fieldref{draw(st.sampled_from(REFERENCES))}", draw(one_or_more(st.sampled_from(FIELDS)))
    if kind == 9:
        return f"{draw(st.sampled_from(SCALAR_FIELDS))}|exists", draw(st.booleans())
    if kind == 10:
        operator = draw(st.sampled_from(["lt", "lte", "gt", "gte", "lt|neq", "gte|all"]))
        return f"n|{operator}", draw(one_or_more(st.sampled_from(NUMBERS), 2 if "all" in operator else 1))
    if draw(st.booleans()):
        return draw(st.sampled_from(["ip|cidr", "ip|cidr|neq"])), draw(one_or_more(st.sampled_from(NETWORKS)))
    return draw(st.sampled_from(TIME_KEYS)), draw(one_or_more(st.sampled_from(TIME_NUMBERS)))


REFERENCES = ("", "|startswith", "|endswith", "|contains", "|neq", "|all")
TIME_NUMBERS = (0, 1, 3, 4, 9, 12, 23, 29, 30, 53, 59, 2024)
TIME_KEYS = ("t|minute", "t|hour", "t|day", "t|week", "t|month", "t|year", "t|hour|neq")


def _key(name: str, modifiers: str) -> str:
    return f"{name}|{modifiers}" if modifiers else name


@st.composite
def keywords(draw: st.DrawFn, pool: Sequence[str]) -> Any:
    """A detection over the whole event."""
    modifiers = draw(
        st.sampled_from(
            ["", "", "", "all", "re", "contains", "cased", "windash|all", "re|i|all", "base64offset|contains"]
        )
    )
    if not modifiers:
        scalar = st.one_of(wanted(pool), wanted(pool), st.sampled_from([5, 1.5, True, "1"]))
        return draw(st.one_of(scalar, st.lists(scalar, min_size=1, max_size=4)))
    if modifiers.startswith("base64"):
        values = wanted([t for t in pool if len(t) > 1] or ["ab"], wild=False).filter(lambda t: len(t) > 1)
    else:
        values = patterns(pool) if modifiers.startswith("re") else wanted(pool)
    return {f"|{modifiers}": draw(st.lists(values, min_size=2, max_size=3))}


def maps(pool: Sequence[str]) -> st.SearchStrategy[dict[str, Any]]:
    """A map: all of its lines."""
    return st.lists(lines(pool), min_size=1, max_size=3, unique_by=lambda line: line[0]).map(dict)


def detections(pool: Sequence[str]) -> st.SearchStrategy[Any]:
    """Anything that a search identifier may stand for."""
    one = maps(pool)
    return st.one_of(
        one, one, one, st.lists(one, min_size=1, max_size=3), keywords(pool), st.tuples(one, keywords(pool)).map(_mixed)
    )


def _mixed(pair: tuple[dict[str, Any], Any]) -> list[Any]:
    detection, words = pair
    return [detection, *words] if isinstance(words, list) else [detection, words]


def conditions(names: Sequence[str]) -> st.SearchStrategy[str]:
    """A condition over identifiers, nested, with and without parentheses."""
    plural = [f"{n} of {p}" for n in ("1", "all", "any") for p in ("s*", "*", "them", *names)] if _public(names) else []
    if not any(name.startswith("s") for name in names):
        plural = [p for p in plural if not p.endswith("s*")]
    leaf = st.sampled_from([*names, *names, *plural])

    def more(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
        link: Callable[[tuple[str, str, str]], str] = " ".join
        return st.one_of(
            inner.map(lambda c: f"not {c}"),
            inner.map(lambda c: f"({c})"),
            st.tuples(inner, st.sampled_from(["and", "or"]), inner).map(link),
        )

    return st.recursive(leaf, more, max_leaves=6)


def _public(names: Sequence[str]) -> bool:
    return any(not name.startswith("_") for name in names)


@st.composite
def rules(draw: st.DrawFn, pool: Sequence[str]) -> dict[str, Any]:
    """The detection and condition of a rule."""
    names = draw(st.lists(st.sampled_from(["s1", "s2", "filter", "_u"]), min_size=1, max_size=3, unique=True))
    detection = {name: draw(detections(pool)) for name in names}
    condition = conditions(names)
    return {
        **detection,
        "condition": draw(st.one_of(condition, condition, st.lists(condition, min_size=1, max_size=2))),
    }


@st.composite
def events(draw: st.DrawFn, pool: Sequence[str]) -> dict[str, Any]:
    """An event: texts near the pool, scalars of every kind, lists, objects in objects."""
    text = near(pool)
    scalar: st.SearchStrategy[Any] = st.one_of(
        text, text, text, st.sampled_from((*NUMBERS, True, False, None, "", "True", "5", [], {}))
    )
    value = st.one_of(scalar, scalar, scalar, st.lists(scalar, max_size=3))
    inner = st.dictionaries(st.sampled_from(["x", "y", "p"]), value, max_size=2)
    outer = st.dictionaries(
        st.sampled_from(["x", "p", "z"]), st.one_of(value, inner, st.lists(inner, max_size=2)), max_size=2
    )
    shape = draw(st.lists(st.sampled_from(["a", "b", "c", "A", "o", "n", "ip", "t", "o.x"]), max_size=5, unique=True))
    if "o" in shape and "o.x" in shape:  # which of two spellings of one name holds is not defined
        shape.remove("o.x")
    kinds = {
        "o": st.one_of(outer, outer, st.lists(outer, max_size=2), scalar),
        "n": st.one_of(st.sampled_from(NUMBERS), st.sampled_from(NUMBER_TEXTS), value),
        "ip": st.one_of(st.sampled_from(ADDRESSES), st.lists(st.sampled_from(ADDRESSES), max_size=2), scalar),
        "t": st.one_of(st.sampled_from(TIMES), st.lists(st.sampled_from(TIMES), max_size=2)),
    }
    return {name: draw(kinds.get(name, value)) for name in shape}


def pools() -> st.SearchStrategy[list[str]]:
    """The few texts that one case is made of."""
    return st.lists(st.text(ALPHABET, max_size=6), min_size=1, max_size=4).map(lambda texts: [*texts, "-a b"])


@st.composite
def cases(draw: st.DrawFn, most_rules: int = 5, most_events: int = 10) -> Case:
    """Rules and events of one pool."""
    pool = draw(pools())
    return Case(
        draw(st.lists(rules(pool), min_size=1, max_size=most_rules)),
        draw(st.lists(events(pool), min_size=1, max_size=most_events)),
    )
