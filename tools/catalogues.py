"""Make the message catalogues: extract every text of the program and of click, merge, compile.

``python tools/catalogues.py`` rewrites ``src/vonggac/locale``; translate what it lists in ``messages.po`` and run it
again. With ``--check`` it writes nothing and fails when a text is missing or fuzzy or ``messages.mo`` is not of the ``.po``.
The source texts are English, so English needs no catalogue; Vietnamese is the one there is.
"""

from __future__ import annotations

import importlib.util
import io
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import extract, extract_from_file
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

ROOT = Path(__file__).resolve().parents[1]
SOURCE = ROOT / "src"
FOLDER = SOURCE / "vonggac" / "locale" / "vi" / "LC_MESSAGES"
KEYWORDS = {"_": None, "N_": None, "gettext": None, "gettext_lazy": None, "ngettext": (1, 2)}
TEMPLATE_KEYWORDS = {
    "_": None,
    "gettext": None,
    "ngettext": (1, 2),
    "pgettext": ((1, "c"), 2),
    "npgettext": ((1, "c"), 2, 3),
}
"""What ``templatize`` makes of ``translate`` and ``blocktranslate``."""
CLICK_MODULES = ("core", "exceptions", "formatting", "parser", "types")
"""The parts of click that say something in our commands; its texts share our domain."""


class Stable(Catalog):
    """A catalogue without dates and versions of tools: the same texts give the same bytes."""

    @property
    def mime_headers(self) -> list[tuple[str, str]]:
        """The headers of a catalogue that do not change by themselves."""
        left_out = ("POT-Creation-Date", "PO-Revision-Date", "Last-Translator", "Generated-By")
        return [header for header in self._get_mime_headers() if header[0] not in left_out]


def extract_all() -> Catalog:
    """A catalogue of all texts without translations."""
    catalogue = Catalog(project="Vọng Gác", domain="messages", charset="utf-8")
    for path in sorted((SOURCE / "vonggac").rglob("*.py")):
        _add(catalogue, path, str(path.relative_to(ROOT)))
    for path in sorted((SOURCE / "vonggac").rglob("*.html")) + sorted((SOURCE / "vonggac").rglob("*.txt")):
        if "templates" in path.parts:
            _add_template(catalogue, path, str(path.relative_to(ROOT)))
    spec = importlib.util.find_spec("click")
    if spec is None or spec.origin is None:
        sys.exit("click is not installed")
    for name in CLICK_MODULES:
        _add(catalogue, Path(spec.origin).with_name(f"{name}.py"), f"click/{name}.py")
    for message, place in _titles():
        catalogue.add(message, locations=[(place, 0)])
    return catalogue


def _add(catalogue: Catalog, path: Path, shown: str) -> None:
    # Line numbers would change the catalogue with every edit: only the file is kept.
    for _line, message, _comments, context in extract_from_file("python", path, keywords=KEYWORDS):
        if message:
            catalogue.add(message, locations=[(shown, 0)], context=context)


def _add_template(catalogue: Catalog, path: Path, shown: str) -> None:
    from django.utils.translation.template import templatize

    # templatize keeps what gettext finds and blanks the rest; the names that it calls are Django's own.
    text = templatize(path.read_text("utf-8"), origin=shown)
    for _line, message, _comments, context in extract("python", io.BytesIO(text.encode()), keywords=TEMPLATE_KEYWORDS):
        if message:
            catalogue.add(message, locations=[(shown, 0)], context=context)


def _titles() -> Iterator[tuple[str, str]]:
    """Texts that are data rather than arguments: titles of sources, reasons of skips, rules of the starter pack."""
    from vonggac.desk.scope.roles import ROLES
    from vonggac.events.skips import REASONS
    from vonggac.sources import SOURCES

    for role in ROLES.values():
        yield role.title, "vonggac/desk/scope/roles.yml"

    for source in SOURCES:
        yield source.title, "vonggac/sources"
    for reason in REASONS.values():
        yield reason, "vonggac/events/skips.py"


def update() -> Catalog:
    """The Vietnamese catalogue with today's texts; translations of texts that are gone are dropped."""
    path = FOLDER / "messages.po"
    template = extract_all()
    known = Catalog(locale="vi", domain="messages")
    if path.exists():
        with path.open("rb") as stream:
            known = read_po(stream, locale="vi", domain="messages")
    fresh = Stable(
        locale="vi",
        domain="messages",
        project="Vọng Gác",
        charset="utf-8",
        fuzzy=False,
        header_comment="# Vietnamese texts of Vọng Gác and of the parts of click that it shows.",
    )
    for message in template:
        if message.id:
            old = known.get(message.id, message.context)
            fresh.add(
                message.id,
                old.string if old else None,
                locations=message.locations,
                context=message.context,
                flags={*message.flags, *({"fuzzy"} if old and old.fuzzy else ())},
            )
    return fresh


def untranslated(catalogue: Catalog) -> list[str]:
    """The texts that have no sure translation."""
    missing = []
    for message in catalogue:
        strings = message.string if isinstance(message.string, tuple | list) else (message.string,)
        if message.id and (not all(strings) or message.fuzzy):
            missing.append(message.id if isinstance(message.id, str) else message.id[0])
    return missing


def po_bytes(catalogue: Catalog) -> bytes:
    """The text form."""
    buffer = io.BytesIO()
    write_po(buffer, catalogue, width=120, sort_output=True, include_lineno=False)
    return buffer.getvalue()


def mo_bytes(catalogue: Catalog) -> bytes:
    """The compiled form."""
    buffer = io.BytesIO()
    write_mo(buffer, catalogue)
    return buffer.getvalue()


def main() -> int:
    """Write, or check with ``--check``."""
    catalogue = update()
    missing = untranslated(catalogue)
    for text in missing:
        print(f"no translation: {text!r}")
    compiled = mo_bytes(catalogue)  # under the name that click asks for, and under Django's
    wanted = {"messages.po": po_bytes(catalogue), "messages.mo": compiled, "django.mo": compiled}
    stale = [
        name for name, data in wanted.items() if not (FOLDER / name).exists() or (FOLDER / name).read_bytes() != data
    ]
    if "--check" in sys.argv[1:]:
        for name in stale:
            print(f"stale: {name}")
        return 1 if missing or stale else 0
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name, data in wanted.items():
        (FOLDER / name).write_bytes(data)
    print(f"{len(catalogue)} texts, {len(missing)} without a translation")
    return 1 if missing else 0


if __name__ == "__main__":
    sys.exit(main())
