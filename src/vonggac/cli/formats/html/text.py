"""Text into HTML: nothing in a value can be markup, hide, or reverse what stands beside it."""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from hashlib import blake2b

from vonggac.cli.findings import LEVEL_WORDS
from vonggac.cli.language import _, current, number
from vonggac.cli.safe import visible
from vonggac.detectors.sigma.marks import Span

MAX_CHARACTERS = 2_000
"""Of one value; the rest is left out, with a note of how much."""
_BEFORE = 200  # characters kept before the first mark of a value that is cut
_MAX_SHORT = 500  # of a title, a name, a place

# What cli.safe calls hostile, but line feeds and tabs, which a value may keep.
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ud800-\udfff]"
)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

ICONS = {
    "critical": "severity-critical",
    "high": "severity-high",
    "medium": "severity-medium",
    "low": "severity-low",
    "informational": "info",
}


def text(value: str) -> str:
    """``value`` as HTML, with characters that hide or steer shown by their number."""
    parts: list[str] = []
    at = 0
    for found in _HIDDEN.finditer(value):
        parts.append(html.escape(value[at : found.start()]))
        parts.append(f'<span class="hidden-mark">U+{ord(found[0]):04X}</span>')
        at = found.end()
    parts.append(html.escape(value[at:]))
    return "".join(parts)


def short(value: str) -> str:
    """``value`` as HTML on one line, cut where it is long."""
    cut = value if len(value) <= _MAX_SHORT else value[:_MAX_SHORT] + "…"
    return text(cut.replace("\n", " ").replace("\t", " "))


def attribute(value: str) -> str:
    """``value`` for an attribute in double quotes."""
    return html.escape(visible(value[:_MAX_SHORT]), quote=True)


def marked(value: str, spans: Sequence[Span] = ()) -> str:
    """``value`` as HTML with ``spans`` (in order, apart) marked; of a long one the part with the first mark."""
    first = max(0, spans[0][0] - _BEFORE) if spans and len(value) > MAX_CHARACTERS else 0
    last = min(len(value), first + MAX_CHARACTERS)
    parts = [_left_out(first)] if first else []
    at = first
    for start, end in spans:
        if start >= last:
            break
        parts.append(text(value[at:start]))
        parts.append(f"<mark>{text(value[start : min(end, last)])}</mark>")
        at = min(end, last)
    parts.append(text(value[at:last]))
    if last < len(value):
        parts.append(_left_out(len(value) - last))
    return "".join(parts)


def _left_out(n: int) -> str:
    return '<span class="cut">' + _("… {n} characters left out …").format(n=number(n)) + "</span>"


def anchor(kind: str, name: str) -> str:
    """The same identifier of the page for the same ``name``, whatever stands in it."""
    return f"{kind}-{blake2b(name.encode('utf-8', 'replace'), digest_size=8).hexdigest()}"


def icon(name: str) -> str:
    """A picture of the page's own."""
    return f'<svg class="icon" aria-hidden="true"><use href="#{name}"/></svg>'


def badge(level: str) -> str:
    """A severity: colour, picture and word."""
    return f'<span class="badge {level}">{icon(ICONS[level])}{html.escape(_(LEVEL_WORDS[level]))}</span>'


def moment(time_us: int | None, zone: tzinfo) -> str:
    """A time in ``zone`` to the second; UTC with all decimals is told to whoever points at it."""
    if time_us is None:
        return '<span class="muted">' + html.escape(_("(no time)")) + "</span>"
    try:
        exact = _EPOCH + timedelta(microseconds=time_us)
        local = exact.astimezone(zone)
    except (OverflowError, ValueError):
        return '<span class="muted">' + html.escape(_("(no time)")) + "</span>"
    utc = exact.replace(tzinfo=None).isoformat(timespec="microseconds") + "Z"
    return f'<time datetime="{utc}" title="{utc}">{written(local)}</time>'


def written(local: datetime, *, is_day: bool = False) -> str:
    """A date and clock, or a date alone, as the language in use writes them."""
    if current() == "vi":
        day = f"{local.day:02}/{local.month:02}/{local.year:04}"
    else:
        day = f"{local.year:04}-{local.month:02}-{local.day:02}"
    return day if is_day else f"{day} {local.hour:02}:{local.minute:02}:{local.second:02}"
