"""The page around the events: what was read, how much was found, when, where, by which rules, and what was left out."""

from __future__ import annotations

import base64
import hashlib
import html
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib import metadata, resources
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from vonggac.cli.findings import size
from vonggac.cli.formats.format import Context
from vonggac.cli.formats.html.text import anchor, attribute, badge, icon, moment, short, text, written
from vonggac.cli.language import _, current, ngettext, number
from vonggac.events.finding import LEVELS

if TYPE_CHECKING:
    from vonggac.cli.formats.html import Collected
    from vonggac.jobs.scan import Summary

Ranked = Sequence[tuple[tuple[str, str, str], int]]
"""Level, title and id of each rule with its number of findings, the most severe first."""

MAX_RULES = 500
MAX_HOSTS = 500
_RULES_OF_HOST = 4
_STATIC = "web/shell/static/vonggac"
_ICONS = ("severity-critical", "severity-high", "severity-medium", "severity-low", "info", "external")
_TECHNIQUE = re.compile(r"attack\.t(\d{4})(?:\.(\d{3}))?")
_ADDRESS = re.compile(r"https?://[!-~]+", re.IGNORECASE)


def page(
    context: Context,
    summary: Summary,
    found: Collected,
    ranked: Ranked,
    numbers: Sequence[int],
    events: Callable[[str, int], Iterable[bytes]],
) -> Iterator[bytes]:
    """The page in pieces; ``numbers``: how many events of each rule of ``ranked`` are shown."""
    yield "".join(
        (
            _head(),
            _heading(context, summary),
            _state(summary),
            _counts(summary) if summary.n_findings else "",
            _section("when", _("When"), found.timeline.html()),
            _section("hosts", _("Hosts"), _hosts(context, summary, found)),
            _section("rules", _("Rules"), _rules(context, found, ranked)),
        )
    ).encode()
    shown = [(key, count, n) for (key, count), n in zip(ranked, numbers, strict=True) if n]
    if shown:
        yield ('<section id="findings"><h2>' + text(_("Events found")) + "</h2>").encode()
        if note := _left_out_note(summary.n_findings, sum(numbers), len(ranked) - len(shown)):
            yield note.encode()
        for (level, title, rule), count, n in shown:
            name = rule.encode("utf-8", "replace").decode()
            yield _rule_head(context, level, title, name, count, n, found.infos.get(name, {})).encode()
            yield from events(name, n)
            yield b"</section>"
        yield b"</section>"
    yield (_section("read", _("What was read, and what was left out"), _closing(context, summary)) + _foot()).encode()


@cache
def _file(name: str) -> str:
    return resources.files("vonggac").joinpath(name).read_text("utf-8")


def _style() -> str:
    return "\n".join(
        (_file(f"{_STATIC}/tokens.css"), _file(f"{_STATIC}/foundation.css"), _file("cli/formats/html/report.css"))
    )


def _head() -> str:
    style = _style()
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    sprite = _file(f"{_STATIC}/sprite.svg")
    symbols = "".join(
        found[0] for name in _ICONS if (found := re.search(rf'<symbol id="{name}".*?</symbol>', sprite, re.DOTALL))
    )
    return (
        f'<!DOCTYPE html>\n<html lang="{current()}" data-theme="auto"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="referrer" content="no-referrer"><meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>" + text(_("Findings in logs")) + f" – Vọng Gác</title><style>{style}</style></head><body>"
        f'<svg class="symbols" aria-hidden="true">{symbols}</svg>'
        f'<a class="skip" href="#content">' + text(_("Skip to the content")) + "</a>"
    )


def _heading(context: Context, summary: Summary) -> str:
    logo = _file(f"{_STATIC}/logo.svg").partition("?>")[2]
    facts = [
        (_("Read"), ", ".join(context.inputs[:10]) + ("…" if len(context.inputs) > 10 else "")),
        (
            _("Amount"),
            _("{files} files, {size}, {events} events").format(
                files=number(summary.n_files), size=size(summary.n_bytes), events=number(summary.n_events)
            ),
        ),
        (_("Made"), written(datetime.now(context.zone))),
        (_("Time zone"), str(context.zone)),
        *context.asked,
    ]
    rows = "".join(f"<dt>{short(name)}</dt><dd>{short(value)}</dd>" for name, value in facts)
    return (
        f'<header class="top"><p class="brand">{logo}<span>Vọng Gác</span></p>'
        f"<h1>" + text(_("Findings in logs")) + f'</h1><dl class="facts">{rows}</dl></header><main id="content">'
    )


def _state(summary: Summary) -> str:
    """What somebody must know before believing the counts."""
    if summary.is_nothing_read():
        message = _("Nothing could be read: this page says nothing about these logs. What and why stands below.")
        return f'<p class="notice bad">{text(message)} <a href="#read">' + text(_("What was left out")) + "</a></p>"
    notes = []
    if summary.has_faults():
        message = text(_("Not everything could be read."))
        notes.append(f'<p class="notice">{message} <a href="#read">' + text(_("What was left out")) + "</a></p>")
    if not summary.n_findings:
        what = _("Nothing found.") if summary.n_events else _("There was nothing to read.")
        notes.append(f'<p class="notice">{text(what)}</p>')
    return "".join(notes)


def _counts(summary: Summary) -> str:
    tiles = "".join(
        f'<li class="{level}">{badge(level)}<strong>{number(summary.by_level[level])}</strong></li>'
        for level in reversed(LEVELS)
    )
    total = ngettext("{n} finding", "{n} findings", summary.n_findings).format(n=number(summary.n_findings))
    return f'<section id="counts"><h2>{text(total)}</h2><ul class="tiles">{tiles}</ul></section>'


def _section(name: str, title: str, body: str) -> str:
    return f'<section id="{name}"><h2>{text(title)}</h2>{body}</section>' if body else ""


def _title(context: Context, rule: str, title: str) -> str:
    return short(context.titles.get(rule, title))


def _hosts(context: Context, summary: Summary, found: Collected) -> str:
    if not summary.by_host:
        return ""

    def rank(host: str) -> tuple[int, int, str]:
        counts = summary.by_host[host]
        return -max(LEVELS.index(level) for level, n in counts.items() if n), -counts.total(), host

    hosts = sorted((host for host, counts in summary.by_host.items() if counts.total()), key=rank)
    present = [level for level in reversed(LEVELS) if summary.by_level[level]]
    rows = []
    for host in hosts[:MAX_HOSTS]:
        counts = summary.by_host[host]
        met = found.hosts.get(host.encode("utf-8", "replace").decode())
        cells = "".join(
            f'<td class="number">{number(counts[level]) if counts[level] else ""}</td>' for level in present
        )
        rules = met.rules.most_common(_RULES_OF_HOST) if met else []
        links = " · ".join(
            f'<a href="#{anchor("rule", rule)}">{_title(context, rule, found.infos.get(rule, {}).get("title", rule))}</a>'
            for rule, _n in rules
        )
        if met and len(met.rules) > len(rules):
            links += " · " + text(_("and {n} other rules").format(n=number(len(met.rules) - len(rules))))
        rows.append(
            f'<tr id="{anchor("host", host)}"><th scope="row">{short(host or _("(host not named)"))}</th>{cells}'
            f"<td>{moment(met.first if met else None, context.zone)}</td>"
            f"<td>{moment(met.last if met else None, context.zone)}</td><td>{links}</td></tr>"
        )
    head = "".join(f'<th scope="col" class="number">{badge(level)}</th>' for level in present)
    return _table(
        '<th scope="col">' + text(_("Host")) + f'</th>{head}<th scope="col">' + text(_("First")) + "</th>"
        '<th scope="col">' + text(_("Last")) + '</th><th scope="col">' + text(_("Rules")) + "</th>",
        rows,
        _("{n} other hosts are not shown").format(n=number(len(hosts) - MAX_HOSTS)) if len(hosts) > MAX_HOSTS else "",
    )


def _rules(context: Context, found: Collected, ranked: Ranked) -> str:
    if not ranked:
        return ""
    rows = []
    for (level, title, rule), count in ranked[:MAX_RULES]:
        met = found.rules.get(rule.encode("utf-8", "replace").decode())
        rows.append(
            f'<tr><td>{badge(level)}</td><th scope="row"><a href="#{anchor("rule", rule)}">{_title(context, rule, title)}</a></th>'
            f'<td class="number">{number(count)}</td>'
            f"<td>{moment(met.first if met else None, context.zone)}</td>"
            f"<td>{moment(met.last if met else None, context.zone)}</td></tr>"
        )
    return _table(
        '<th scope="col">' + text(_("Severity")) + '</th><th scope="col">' + text(_("Rule")) + "</th>"
        '<th scope="col" class="number">' + text(_("Findings")) + "</th>"
        '<th scope="col">' + text(_("First")) + '</th><th scope="col">' + text(_("Last")) + "</th>",
        rows,
        _("{n} other rules are not shown").format(n=number(len(ranked) - MAX_RULES)) if len(ranked) > MAX_RULES else "",
    )


def _table(head: str, rows: Sequence[str], note: str) -> str:
    below = f'<p class="cut">{text(note)}</p>' if note else ""
    return (
        f'<div class="scroll"><table><thead><tr>{head}</tr></thead><tbody>{"".join(rows)}</tbody></table></div>{below}'
    )


def _left_out_note(n_findings: int, n_shown: int, n_rules: int) -> str:
    if n_shown >= n_findings:
        return ""
    parts = [
        _("{shown} of {all} findings are shown with their events; the counts above are of all.").format(
            shown=number(n_shown), all=number(n_findings)
        )
    ]
    if n_rules:
        parts.append(_("Of {n} rules no event is shown.").format(n=number(n_rules)))
    parts.append(_("--format jsonl writes every finding."))
    return f'<p class="notice">{text(" ".join(parts))}</p>'


def _rule_head(context: Context, level: str, title: str, rule: str, count: int, n: int, info: Mapping[str, Any]) -> str:
    parts = [
        f'<section class="rule" id="{anchor("rule", rule)}"><header><h3>{badge(level)} {_title(context, rule, title)}</h3>',
        f'<p class="small muted">{text(_shown_of(n, count))} · <span class="mono">{short(rule)}</span></p>',
    ]
    if info.get("description"):
        parts.append(f"<p>{text(str(info['description'])[:2000])}</p>")
    if tags := info.get("tags"):
        parts.append(f'<p class="tags">{" ".join(map(_tag, tags[:50]))}</p>')
    if known := info.get("falsepositives"):
        parts.append('<p class="small">' + text(_("May also be:")) + f" {short('; '.join(known))}</p>")
    if info.get("author"):
        parts.append('<p class="small muted">' + text(_("Author:")) + f" {short(info['author'])}</p>")
    if references := info.get("references"):
        items = "".join(f"<li>{_reference(one)}</li>" for one in references[:20])
        parts.append(f'<ul class="small references">{items}</ul>')
    return "".join(parts) + "</header>"


def _shown_of(n: int, count: int) -> str:
    if n == count:
        return ngettext("{n} finding", "{n} findings", count).format(n=number(count))
    return _("{n} of {count} findings shown").format(n=number(n), count=number(count))


def _tag(tag: str) -> str:
    if found := _TECHNIQUE.fullmatch(tag):
        path = f"T{found[1]}" + (f"/{found[2]}" if found[2] else "")
        shown = f"T{found[1]}" + (f".{found[2]}" if found[2] else "")
        return (
            f'<a class="tag" rel="noreferrer noopener" href="https://attack.mitre.org/techniques/{path}/">{shown}</a>'
        )
    return f'<span class="tag">{short(tag)}</span>'


def _reference(address: str) -> str:
    """A reference of a rule: a link where it is an address of the web, else text."""
    try:
        is_address = bool(_ADDRESS.fullmatch(address)) and bool(urlsplit(address).hostname)
    except ValueError:
        is_address = False
    if not is_address:
        return short(address)
    return f'<a rel="noreferrer noopener" href="{attribute(address)}">{short(address)}{icon("external")}</a>'


def _closing(context: Context, summary: Summary) -> str:
    lines = context.closing(summary)
    items = "".join(
        f'<li class="place">{short(line.strip())}</li>' if line.startswith("  ") else f"<li>{short(line)}</li>"
        for line in lines
    )
    return f'<ul class="closing">{items}</ul>'


def _foot() -> str:
    version = html.escape(metadata.version("vonggac"))
    return f'</main><footer class="small muted">Vọng Gác {version}</footer></body></html>\n'
