"""One finding as HTML: when, where, and the event's fields with what the rule matched in them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from vonggac.cli.findings import json_bytes
from vonggac.cli.formats.format import Context
from vonggac.cli.formats.html.text import anchor, marked, moment, short, text
from vonggac.cli.language import _, ngettext, number
from vonggac.detectors.sigma.marks import Mark, Span, marks, merged
from vonggac.detectors.sigma.ruleset import Rule
from vonggac.events.batch import leaf_texts
from vonggac.events.finding import Finding
from vonggac.events.folding import fold

CORRELATION = "correlation"
"""The source of findings that no single event made."""

MAX_FIELDS = 150
MAX_VALUES = 20
MAX_CHARACTERS = 100_000
"""Of the HTML of all fields of one event."""
_MAX_LOOKED_AT = 1_000  # values of one field
MAX_DEPTH = 12
MAX_OTHERS = 5

Field = tuple[str, Sequence[str]]
"""Dotted name and the texts of its values."""


def finding_html(
    finding: Finding, time_us: int | None, rule: Rule | None, others: Sequence[Finding], context: Context
) -> str:
    """``finding`` as an article; ``others``: of the same event, by other rules; ``rule``: None for what is no Sigma rule."""
    found = marks(rule, finding.source, finding.event) if rule is not None else _listed(finding)
    fields, n_more = _fields(finding.event)
    seen: list[str] = []
    rest: list[str] = []
    n_left = MAX_CHARACTERS
    for name, texts in fields:
        row, is_found = _row(found, name, texts)
        if len(row) > n_left:
            n_more += 1
            continue
        n_left -= len(row)
        (seen if is_found else rest).append(row)
    if not seen:
        seen, rest = rest, []
    parts = [
        f'<article class="event" id="f-{short(finding.id)}">',
        (
            f'<p class="where">{moment(time_us, context.zone)}'
            f'<a href="#{anchor("host", finding.host)}">{short(finding.host or _("(host not named)"))}</a>'
            f'<span class="mono">{short(finding.file)}:{finding.record}</span></p>'
        ),
        f'<dl class="fields">{"".join(seen)}</dl>',
        _detail(finding),
        _folded(rest, n_more),
        _also(others, context.titles),
        "</article>",
    ]
    return "".join(parts)


def _row(found: Sequence[Mark], name: str, texts: Sequence[str]) -> tuple[str, bool]:
    """A field with its values, those that were matched first, and whether any was."""
    marked_texts = [(value, _spans(found, name, value)) for value in texts[:_MAX_LOOKED_AT]]
    shown = sorted(marked_texts, key=lambda pair: not pair[1])[:MAX_VALUES]
    cells = "".join(f"<bdi>{marked(value, spans)}</bdi>" for value, spans in shown)
    if len(texts) > len(shown):
        cells += (
            '<span class="cut">'
            + text(_("{n} more values are not shown").format(n=number(len(texts) - len(shown))))
            + "</span>"
        )
    return f"<dt>{short(name)}</dt><dd>{cells}</dd>", any(spans for _value, spans in shown)


def _listed(finding: Finding) -> list[Mark]:
    """The marks of what is no Sigma rule: an indicator's detail names fields and the value; of a correlation, what it counted."""
    if finding.source == CORRELATION:
        counted = ((name, text) for name in ("count", "value") for text in leaf_texts(finding.event.get(name)))
        return [Mark(name, text, ((0, len(text)),)) for name, text in counted]
    value = next((value for name, value in finding.detail if name == "indicator"), "")
    names = [value for name, value in finding.detail if name == "field"]
    found: list[Mark] = []
    for name, texts in _fields(finding.event)[0]:
        if name not in names:
            continue
        for one in texts:
            at = fold(one).find(fold(value)) if value else -1
            found.append(Mark(name, one, ((at, at + len(value)) if at >= 0 else (0, len(one)),)))
    return found


def _fields(event: Mapping[str, object]) -> tuple[list[Field], int]:
    """The fields that have values, with dotted names for those inside of objects, and how many more there are."""
    found: list[Field] = []
    n_more = 0
    for name, texts in _walk(event, "", 0):
        if len(found) < MAX_FIELDS:
            found.append((name, texts))
        else:
            n_more += 1
    return found, n_more


def _walk(value: Mapping[str, object], prefix: str, depth: int) -> Iterator[Field]:
    for name, item in value.items():
        path = f"{prefix}{name}"
        if isinstance(item, Mapping) and item and depth < MAX_DEPTH:
            yield from _walk(item, f"{path}.", depth + 1)
        elif isinstance(item, list | tuple) and item and all(isinstance(one, Mapping) for one in item):
            yield path, [_object(one) for one in item]
        elif isinstance(item, Mapping):
            yield path, [json_bytes(item).decode("utf-8", "replace")]
        else:
            texts = list(leaf_texts(item))
            if texts:
                yield path, texts


def _object(value: Mapping[str, object]) -> str:
    """An object of a list on one line: an event that a correlation counted is its place, anything else JSON."""
    if set(value) == {"id", "file", "record"}:
        return f"{value['file']}:{value['record']}"
    return json_bytes(value).decode("utf-8", "replace")


def _spans(found: Sequence[Mark], name: str, value: str) -> tuple[Span, ...]:
    """Where ``value`` of field ``name`` was matched."""
    clean = value.encode("utf-8", "replace").decode("utf-8")  # as marks hold it: character for character
    return merged(
        span for mark in found if mark.text == clean and (not mark.field or mark.field == name) for span in mark.spans
    )


def _detail(finding: Finding) -> str:
    """What an indicator's finding says of its lists."""
    places = [value for name, value in finding.detail if name in ("list", "warninglist")]
    if not places:
        return ""
    items = "".join(f"<li>{short(place)}</li>" for place in places)
    return '<div class="small muted">' + text(_("Listed in")) + f"<ul>{items}</ul></div>"


def _folded(rows: Sequence[str], n_more: int) -> str:
    if not rows and not n_more:
        return ""
    n = len(rows) + n_more
    heading = ngettext("{n} other field", "{n} other fields", n).format(n=number(n))
    note = ""
    if n_more:
        note = '<p class="cut">' + text(_("{n} more fields are not shown").format(n=number(n_more))) + "</p>"
    return f'<details><summary>{text(heading)}</summary><dl class="fields">{"".join(rows)}</dl>{note}</details>'


def _also(others: Sequence[Finding], titles: Mapping[str, str]) -> str:
    """The other rules that the event satisfies."""
    if not others:
        return ""
    links = [
        f'<a href="#{anchor("rule", other.rule.id)}">{short(titles.get(other.rule.id, other.rule.title))}</a>'
        for other in others[:MAX_OTHERS]
    ]
    if len(others) > MAX_OTHERS:
        links.append(text(_("and {n} other rules").format(n=number(len(others) - MAX_OTHERS))))
    return '<p class="small muted">' + text(_("Also found in this event:")) + f" {' · '.join(links)}</p>"
