"""Lists that are no tables: STIX, MISP, hosts files and their like, response policy zones. Bytes in, parts out.

:data:`FORMS` lists all; the first that recognises the content reads it. The desk's exchange and the lists of the command line both stand on these.
"""

from __future__ import annotations

import codecs
from typing import Final

from vonggac.detectors.indicators.forms.hosts import DnsmasqForm, FilterForm, HostsForm
from vonggac.detectors.indicators.forms.misp import MispCsvForm, MispForm
from vonggac.detectors.indicators.forms.parts import Form, Left, Part, Sight, Told
from vonggac.detectors.indicators.forms.rpz import RpzForm
from vonggac.detectors.indicators.forms.stix import StixForm

__all__ = ["FORMS", "TITLES", "Form", "Left", "Part", "Sight", "Told", "as_utf8", "form_of", "looks_like_json"]

FORMS: Final[tuple[Form, ...]] = (
    StixForm(),
    MispForm(),
    MispCsvForm(),
    RpzForm(),
    FilterForm(),
    DnsmasqForm(),
    HostsForm(),
)
TITLES: Final = {
    "stix": "STIX 2.1", "misp": "MISP", "misp_csv": "MISP CSV", "rpz": "DNS RPZ", "filters": "Adblock", "dnsmasq": "dnsmasq", "hosts": "hosts",
}  # fmt: skip
"""Name of a form to what it is called in every language."""
_HEAD_BYTES = 64 << 10


def as_utf8(data: bytes) -> bytes:
    """The same text in UTF-8 without a mark, as far as a mark says what it is in."""
    if data.startswith(codecs.BOM_UTF8):
        return data[3:]
    if data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return data.decode("utf-16", "replace").encode()
    return data


def form_of(data: bytes) -> Form | None:
    """The form of a file (as :func:`as_utf8` gives it), None when it is none of FORMS."""
    head = data[:_HEAD_BYTES]
    if len(data) > _HEAD_BYTES and b"\n" in head:
        head = head[: head.rindex(b"\n") + 1]
    head = head.lstrip()
    if not head or b"\0" in head:
        return None
    return next((form for form in FORMS if form.recognises(head, data)), None)


def looks_like_json(data: bytes) -> bool:
    """Whether a file that is of no form begins like JSON."""
    head = data[:_HEAD_BYTES].lstrip()
    inner = head[1:].lstrip()[:1]
    return (head[:1] == b"{" and inner in (b'"', b"}")) or (head[:1] == b"[" and inner in (b"{", b'"'))
