"""``vonggac letters verify`` as people run it."""

from __future__ import annotations

from pathlib import Path

import pytest
from signed_letters import YEAR, House, house, letter, party, sign


@pytest.fixture(scope="module")
def ours() -> House:
    return house()


@pytest.fixture
def root(ours: House, tmp_path: Path) -> Path:
    path = tmp_path / "goc.pem"
    path.write_bytes(ours.root.pem)
    return path


def made(tmp_path: Path, data: bytes) -> Path:
    path = tmp_path / "công văn.pdf"
    path.write_bytes(data)
    return path


def test_a_valid_letter_is_told_with_status_0(vonggac, ours, root, tmp_path):
    # The command looks at the clock of this machine: the signer's certificate is good for long.
    signer = party("Trần Thị Mẫu", ours.root, ends=ours.root.certificate.not_valid_after_utc - YEAR)
    path = made(tmp_path, sign(letter(), signer))
    said = vonggac("letters", "verify", path, "--root", root)
    assert said.status == 0, said.err
    assert said.out.startswith("Signed, unchanged, and the signer is known\n")
    assert "signer: Trần Thị Mẫu, Tỉnh Mẫu" in said.out
    assert "Held against 1 authority." in said.err
    (record,) = vonggac("letters", "verify", path, "--root", root, "--json").json()
    assert (record["state"], record["n_roots"], record["signatures"][0]["issuer"]) == ("valid", 1, "Gốc Mẫu, Tỉnh Mẫu")
    (unknown,) = vonggac("letters", "verify", path, "--json").json()
    assert unknown["state"] == "valid_unknown_signer"


def test_the_settings_name_authorities(process, ours, root, tmp_path):
    signer = party("Trần Thị Mẫu", ours.root, ends=ours.root.certificate.not_valid_after_utc - YEAR)
    path = made(tmp_path, sign(letter(), signer))
    assert process("letters", "verify", path, VONGGAC_SIGNATURE_ROOTS=str(root)).status == 0
    said = process("letters", "verify", path)
    assert said.status == 1
    assert "set “signature_roots”" in said.err


@pytest.mark.parametrize(
    ("change", "state"),
    [
        (lambda pdf: pdf.replace(b"Tang cuong", b"Giam cuong"), "altered"),
        (lambda pdf: letter(), "unsigned"),
        (lambda pdf: pdf[:-300], "cannot_tell"),
        (lambda pdf: b"", "cannot_tell"),
    ],
)
def test_anything_else_is_status_1(vonggac, ours, root, tmp_path, change, state):
    path = made(tmp_path, change(sign(letter(), ours.signer)))
    said = vonggac("letters", "verify", path, "--root", root, "--json")
    assert said.status == 1
    assert said.json()[0]["state"] == state


def test_a_root_that_is_none_is_an_error(vonggac, ours, tmp_path):
    path = made(tmp_path, sign(letter(), ours.signer))
    said = vonggac("letters", "verify", path, "--root", path)
    assert said.status == 3
    assert "no certificate" in said.err
