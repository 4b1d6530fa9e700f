"""Inputs that fuzzing begins with: the samples that the tests of each format made for themselves."""

from __future__ import annotations

import importlib.util
import io
import json
import sys
import zipfile
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from types import ModuleType

TESTS = Path(__file__).resolve().parent.parent


@cache
def _module(path: str) -> ModuleType:
    """The test module at ``path`` below ``tests``."""
    name = "fuzz_seeds_" + path.removesuffix(".py").replace("/", "_")
    spec = importlib.util.spec_from_file_location(name, TESTS / path)
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def of_source(name: str) -> Iterator[bytes]:
    """Whole small logs of the source ``name``."""
    if head := _module("sources/test_sources.py").HEADS.get(name):
        yield head
    samples = _module("sources/test_text_sources.py").SAMPLES
    yield from (data for (source, _), data in samples.items() if source == name)
    if name == "windows_json":
        for form in _module("sources/test_windows_json.py").FORMS:
            yield json.dumps(form() if callable(form) else form).encode() + b"\n"


def of_sifting(name: str) -> Iterator[bytes]:
    """Lines of ``name`` with values of every kind, amid lines without."""
    lines = [line.encode() for line in _module("jobs/test_sifting.py").SAMPLES.get(name, ())]
    yield b"\n".join(lines[:40])
    for line in lines:
        yield b"\n".join([*(one for one in lines if one.startswith(b"#")), line, *[line[:12]] * 3])


def of_other_sources(name: str) -> Iterator[bytes]:
    """What other sources read: files are mixed."""
    yield from (head for other, head in _module("sources/test_sources.py").HEADS.items() if other != name)


def evtx_records() -> Iterator[bytes]:
    """The records of chunks, without header and padding."""
    made = _module("sources/test_evtx.py")
    for n_records in (1, 3):
        chunk = made.chunk(1, [{"CommandLine": "whoami /đường", "User": "an"}] * n_records)
        yield chunk[512:].rstrip(b"\0") + b"\0\0\0"


def containers() -> Iterator[bytes]:
    """Compressed streams and archives of a short log."""
    made = _module("sources/test_containers.py")
    text = made.TEXT[:200]
    yield from (compress(text) for compress in made.COMPRESSORS.values())
    yield made.zip_of({"a/b.log": text, "c.log": text})
    yield made.tar_of({"a/b.log": text, "c.log": text})
    yield made.COMPRESSORS["gz"](made.tar_of({"a.log": text}))


def lists() -> Iterator[bytes]:
    """Text lists of every kind of value."""
    yield "IP;Mã độc;Lần cuối\n192.0.2.1;Emotet;24/11/2026 08:15\n".encode()
    yield b"ip,port,domain,url,sha256\n192.0.2.0/24,443,evil.example,http://evil.example/a," + b"ab" * 32 + b"\n"
    yield b"# comment\nhxxp://evil[.]example/a\n2001:db8::1\n198.51.100.1-198.51.100.9\n"
    yield b"0.0.0.0 evil.example\n127.0.0.1 bad.example # why\n"
    yield b"[Adblock Plus]\n! comment\n||evil.example^$third-party\n@@||good.example^\n##.ad\n"
    yield b"address=/evil.example/0.0.0.0\nserver=/bad.example/\nlocal=/x.example/\n"
    yield b"uuid,event_id,category,type,value,comment,to_ids,date\n,1,Network activity,ip-dst|port,192.0.2.1|443,,1,20260101\n"
    yield b"$TTL 60\n@ SOA localhost. root.localhost. 1 2 3 4 5\nevil.example CNAME .\n*.evil.example CNAME .\n32.1.2.0.192.rpz-ip A 127.0.0.1\n"
    yield json.dumps(
        {
            "type": "bundle",
            "id": "bundle--1",
            "objects": [
                {"type": "indicator", "spec_version": "2.1", "id": "indicator--00000000-0000-4000-8000-000000000001",
                 "pattern": "[ipv4-addr:value = '192.0.2.1' OR domain-name:value = 'evil.example']", "pattern_type": "stix",
                 "valid_from": "2026-01-01T00:00:00Z", "name": "Emotet"},
                {"type": "malware", "id": "malware--00000000-0000-4000-8000-000000000002", "name": "Emotet"},
                {"type": "relationship", "relationship_type": "indicates", "id": "relationship--1",
                 "source_ref": "indicator--00000000-0000-4000-8000-000000000001",
                 "target_ref": "malware--00000000-0000-4000-8000-000000000002"},
            ],
        }
    ).encode()  # fmt: skip
    yield json.dumps(
        {"Event": {"info": "Emotet", "date": "2026-01-01", "Attribute": [
            {"type": "ip-dst|port", "value": "192.0.2.1|443", "to_ids": True, "timestamp": "1767225600"},
            {"type": "domain", "value": "evil.example", "Tag": [{"name": 'misp-galaxy:botnet="x"'}]},
            {"type": "filename|sha256", "value": "a.exe|" + "ab" * 32}],
            "Object": [{"name": "file", "Attribute": [{"type": "md5", "value": "ab" * 16}]}]}}
    ).encode()  # fmt: skip


def office_parts() -> Iterator[tuple[str, bytes]]:
    """(name in the archive, XML) of the parts that hold the cells of a workbook and of a document."""
    for data in (workbook(), document()):
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            for name in PARTS & set(archive.namelist()):
                yield name, archive.read(name)


PARTS = frozenset(
    {"xl/worksheets/sheet1.xml", "xl/workbook.xml", "xl/styles.xml", "xl/sharedStrings.xml", "word/document.xml"}
)


@cache
def workbook() -> bytes:
    """A small XLSX list."""

    def fill(sheet: object) -> None:
        for row in (["TT", "Địa chỉ IP", "Lần cuối"], [1, "192.0.2.1", "24/11/2026"], [2, "evil.example", 46350.5]):
            sheet.append(row)  # type: ignore[attr-defined]

    return bytes(_module("tables/test_workbook.py").xlsx(fill))


@cache
def document() -> bytes:
    """A small DOCX list."""
    made = _module("tables/test_document.py")
    return bytes(made.document(lambda doc: made.add_table(doc, made.LINES)))


def pdfs() -> Iterator[bytes]:
    """A small PDF list, its streams as they are and deflated."""
    made = _module("tables/test_pdf.py")
    yield made.pdf(made.LINES, pageCompression=0)
    yield made.pdf(made.LINES)


def rules() -> Iterator[bytes]:
    """Sigma rules with most of what a condition may hold."""
    yield (
        b"title: a\nid: 5013198d-8d2a-4e2b-a2f4-0d6d0cc3bd10\nlogsource:\n  product: windows\n  category: process_creation\n"
        b"detection:\n  one:\n    Image|endswith: ['\\cmd.exe', '\\x.exe']\n    CommandLine|re: 'a+b'\n  two:\n    - a*b\n"
        b"    - c?d\n  three:\n    Size|gte: 3\n    Ip|cidr: 192.0.2.0/24\n    X: null\n    Y|fieldref: Z\n"
        b"  condition: 1 of t* and not one\nlevel: high\ntags: [attack.t1059]\n"
    )
    yield (
        b"title: b\ncorrelation:\n  type: event_count\n  rules: [5013198d-8d2a-4e2b-a2f4-0d6d0cc3bd10]\n  group-by: [User]\n"
        b"  timespan: 5m\n  condition:\n    gte: 3\nlevel: medium\n"
    )
    yield (
        b"title: c\nlogsource:\n  product: windows\nfilter:\n  rules: [5013198d-8d2a-4e2b-a2f4-0d6d0cc3bd10]\n  selection:\n"
        b"    User: an\n  condition: not selection\n"
    )
