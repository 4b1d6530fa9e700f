"""A signed PDF looked at in a child: what it may cost, what it may reach, and which authorities are believed."""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
import time
import zlib
from datetime import timedelta
from pathlib import Path

import pytest
from signed_letters import NOW, YEAR, House, house, letter, party, sign

from vonggac.config import Settings
from vonggac.errors import InputError
from vonggac.jobs import doctor, signed_pdf


@pytest.fixture(scope="module")
def ours() -> House:
    return house()


@pytest.fixture
def pdf(ours: House, tmp_path: Path) -> Path:
    path = tmp_path / "công văn đã ký.pdf"
    path.write_bytes(sign(letter(), ours.signer))
    return path


@pytest.fixture
def roots(ours: House, tmp_path: Path) -> Path:
    folder = tmp_path / "roots"
    folder.mkdir()
    (folder / "goc.pem").write_bytes(ours.root.pem + party("Gốc khác", is_authority=True).pem)
    (folder / "goc.der").write_bytes(ours.root.der)
    (folder / "README").write_text("not a certificate")
    return folder


def test_a_child_gives_the_verdict_as_plain_values(ours, pdf, roots):
    known = signed_pdf.roots_of(Settings(signature_roots=(roots,)))
    told = signed_pdf.look_at(pdf, known, at=NOW)
    assert told["state"] == "valid"
    assert told["signatures"][0]["signer"] == "Nguyễn Thị Mẫu"
    assert json.loads(json.dumps(told)) == told
    assert signed_pdf.look_at(pdf, [], at=NOW)["state"] == "valid_unknown_signer"


def test_each_authority_counts_once_and_what_is_no_certificate_is_named(ours, roots, tmp_path):
    settings = Settings(signature_roots=(roots,))
    assert [root.name for root in signed_pdf.roots_of(settings, [roots / "goc.pem"])] == ["Gốc Mẫu", "Gốc khác"]
    assert signed_pdf.roots_of(Settings()) == []
    (roots / "hỏng.crt").write_text("nothing")
    with pytest.raises(InputError, match=r"hỏng\.crt: this is no certificate"):
        signed_pdf.roots_of(settings)
    with pytest.raises(InputError, match="cannot be read"):
        signed_pdf.roots_of(Settings(signature_roots=(tmp_path / "absent.pem",)))


def test_garbage_is_given_up_in_little_time(tmp_path):
    for name, data in (("nothing", b""), ("zeros", b"%PDF-1.7\n" + bytes(100 << 20)), ("text", b"xin chao")):
        path = tmp_path / name
        path.write_bytes(data)
        begun = time.monotonic()
        assert signed_pdf.look_at(path, [], at=NOW)["state"] == "cannot_tell"
        assert time.monotonic() - begun < 20


def test_a_file_that_is_not_there_is_no_verdict_of_good(tmp_path):
    assert signed_pdf.look_at(tmp_path / "absent.pdf", [], at=NOW)["state"] == "cannot_tell"


def test_too_much_time_is_given_up(pdf):
    told = signed_pdf.look_at(pdf, [], at=NOW, seconds=0.01)
    assert (told["state"], told["reasons"][0]["name"]) == ("cannot_tell", "took_too_long")


def test_what_inflates_beyond_memory_is_given_up(ours, tmp_path):
    bomb = _many_zeros(2)
    body = b"%PDF-1.5\n1 0 obj\n<</Type/Catalog/Pages 2 0 R>>\nendobj\n"
    at = len(body)
    stream = (
        f"3 0 obj\n<</Type/XRef/Size 4/W[1 4 1]/Root 1 0 R/Filter/FlateDecode/Length {len(bomb)}>>\nstream\n".encode()
        + bomb
        + b"\nendstream\nendobj\n"
    )
    path = tmp_path / "bomb.pdf"
    path.write_bytes(body + stream + f"startxref\n{at}\n%%EOF\n".encode())
    assert path.stat().st_size < 8 << 20
    assert signed_pdf.look_at(path, [], at=NOW)["state"] == "cannot_tell"


def _many_zeros(gib: int) -> bytes:
    """So many GiB of zeros, deflated, without having them in memory."""
    engine, piece = zlib.compressobj(9), bytes(1 << 24)
    return b"".join(engine.compress(piece) for _ in range(gib * 64)) + engine.flush()


@pytest.mark.parametrize(
    "act",
    [
        "import socket; socket.create_connection(('192.0.2.1', 80), 1)",
        "import socket; socket.getaddrinfo('ca.example', 80)",
        "import subprocess; subprocess.run(['/bin/true'])",
        "import os; os.system('true')",
        "import os; os.fork()",
        "open('/tmp/x-signed-pdf', 'w')",
    ],
)
def test_the_child_reaches_nothing(act):
    code = f"import sys; from vonggac.jobs.signed_pdf import _refuse; sys.addaudithook(_refuse)\n{act}"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, timeout=30, check=False)
    assert done.returncode == 1
    assert "PermissionError" in done.stderr


@pytest.mark.django_db
def test_the_doctor_says_how_many_authorities_are_believed(settings, roots, tmp_path):
    def told(*paths: Path) -> list[tuple[str, str]]:
        ours = dataclasses.replace(settings.VONGGAC, data_dir=tmp_path, signature_roots=paths)
        return [
            (one.line.verdict, one.line.message.format(**one.line.params))
            for one in doctor.examine(ours)
            if one.check == "signatures"
        ]

    assert told(roots) == [("ok", "signatures on letters are held against 2 authorities")]
    assert told()[0][0] == "warn"
    assert told(tmp_path / "absent")[0][0] == "fail"
    (tmp_path / "old.pem").write_bytes(
        party("Gốc cũ", is_authority=True, begins=NOW - 9 * YEAR, ends=NOW - timedelta(days=900)).pem
    )
    assert told(tmp_path / "old.pem")[0] == ("warn", f"the authority “Gốc cũ” ended on 2023-09-14 ({tmp_path}/old.pem)")
