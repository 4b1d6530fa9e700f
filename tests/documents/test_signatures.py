"""Signed letters, and everything that somebody may do to one: nothing but a letter that is whole and whose signer is known is called valid."""

from __future__ import annotations

import asyncio
import io
import re
import socket
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.x509.oid import ExtendedKeyUsageOID
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.crypt import StandardSecurityHandler
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.pdf_utils.writer import PdfFileWriter, copy_into_new_writer
from pyhanko.sign import fields, signers
from pyhanko.sign.fields import FieldMDPAction, FieldMDPSpec, MDPPerm, SigFieldSpec
from pyhanko_certvalidator import ValidationContext
from signed_letters import NOW, YEAR, House, answer, crl, house, letter, party, sign, stamper

from vonggac.documents import signatures
from vonggac.documents.signature_verdict import REASONS, STATES, WORST, Verdict
from vonggac.errors import InputError


@pytest.fixture(scope="module")
def ours() -> House:
    return house()


@pytest.fixture(scope="module")
def signed(ours: House) -> bytes:
    return sign(letter(), ours.signer)


@pytest.fixture(autouse=True)
def _no_network(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_arguments: object, **_more: object) -> None:
        pytest.fail("the network was asked")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket, "create_connection", refuse)


def look(pdf: bytes, ours: House, at=NOW) -> Verdict:
    return signatures.verify(pdf, [ours.root.pem], at=at)


def why(verdict: Verdict) -> set[str]:
    """All reasons, those of the file and those of each signature."""
    return {one.name for one in verdict.reasons} | {one.name for sig in verdict.signatures for one in sig.reasons}


def append(pdf: bytes, change) -> bytes:
    """``pdf`` with a revision in which ``change`` did something to a writer."""
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    change(writer)
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


# ------------------------------------------------------------------------------------------------------- what is good


def test_a_letter_signed_by_a_known_signer_is_valid_and_says_by_whom(ours, signed):
    verdict = look(signed, ours)
    assert verdict.state == "valid"
    (one,) = verdict.signatures
    assert (one.signer, one.organisation, one.coverage, one.changes) == (
        "Nguyễn Thị Mẫu", "Tỉnh Mẫu", "whole_file", "none",
    )  # fmt: skip
    assert "Cấp chứng thư Mẫu" in one.issuer
    assert one.serial == f"{ours.signer.certificate.serial_number:x}"
    assert (one.claimed_at, one.stamped_at, one.level) == (NOW, None, "B-B")
    assert why(verdict) == {"time_claimed", "revocation_unknown"}


def test_roots_are_taken_as_der_or_as_several_in_one_pem(ours, signed):
    other = party("Gốc khác", is_authority=True)
    for trusted in ([ours.root.der], [other.pem + ours.root.pem], [other.der, ours.root.pem]):
        assert signatures.verify(signed, trusted, at=NOW).state == "valid"
    with pytest.raises(InputError, match="no certificate"):
        signatures.verify(signed, [b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"], at=NOW)
    with pytest.raises(InputError, match="no certificate"):
        signatures.verify(signed, [b"rubbish"], at=NOW)


def test_without_a_root_of_ours_nobody_is_known_even_if_this_machine_trusts_many(ours, signed):
    for trusted in ([], [party("Gốc khác", is_authority=True).pem]):
        verdict = signatures.verify(signed, trusted, at=NOW)
        assert verdict.state == "valid_unknown_signer"
        assert verdict.signatures[0].chain == "unknown_root"


def test_a_time_stamp_is_a_time_that_is_proven(ours):
    stamped = sign(letter(), ours.signer, clock=stamper(ours.clock, NOW - timedelta(days=1)))
    (one,) = look(stamped, ours).signatures
    assert (one.state, one.level, one.stamped_at) == ("valid", "B-T", NOW - timedelta(days=1))
    assert "time_claimed" not in why(look(stamped, ours))


def test_a_stamped_letter_stays_valid_after_its_certificate_ended_and_one_without_does_not(ours):
    brief = party("Ngắn hạn", ours.middle, begins=NOW - YEAR, ends=NOW + timedelta(days=10))
    later = NOW + timedelta(days=30)
    assert look(sign(letter(), brief, clock=stamper(ours.clock)), ours, later).state == "valid"
    plain = look(sign(letter(), brief), ours, later)
    assert (plain.state, plain.signatures[0].chain) == ("cannot_tell", "expired")
    assert "expired_since" in why(plain)


def test_a_stamp_of_an_unknown_authority_proves_nothing(ours):
    theirs = house()
    brief = party("Ngắn hạn", ours.middle, ends=NOW + timedelta(days=10))
    made = sign(letter(), brief, clock=stamper(theirs.clock))
    assert look(made, ours).signatures[0].stamped_at is None
    assert "stamp_unknown" in why(look(made, ours))
    assert look(made, ours, NOW + timedelta(days=30)).state == "cannot_tell"


def test_several_may_sign_one_after_the_other(ours, signed):
    second = sign(signed, party("Trần Văn Mẫu", ours.middle), field="ChuKy2", box=(300, 60, 500, 120))
    verdict = look(second, ours)
    assert verdict.state == "valid"
    assert [(one.coverage, one.changes) for one in verdict.signatures] == [
        ("earlier_revision", "signatures"), ("whole_file", "none"),
    ]  # fmt: skip


def test_the_worst_of_several_counts(ours, signed):
    mine = party("Trần Văn Mẫu")
    assert look(sign(signed, mine, field="ChuKy2"), ours).state == "valid_unknown_signer"
    assert look(sign(sign(letter(), mine), ours.signer, field="ChuKy2"), ours).state == "valid_unknown_signer"


def long_lived(ours: House, pdf: bytes, *crls: bytes, lta: bool = False) -> bytes:
    """Signed with a time stamp and with all that is needed to look at it later."""
    from pyhanko_certvalidator.registry import SimpleTrustManager

    lists = crls or (crl(ours.root), crl(ours.middle))
    context = ValidationContext(
        trust_manager=SimpleTrustManager.build(trust_roots=[ours.root.asn1]), moment=NOW, allow_fetching=False,
        other_certs=[ours.middle.asn1], crls=list(lists), ocsps=[], revocation_mode="soft-fail", retroactive_revinfo=True,
    )  # fmt: skip
    return sign(
        pdf, ours.signer, clock=stamper(ours.clock), context=context, embed_validation_info=True, use_pades_lta=lta
    )


def test_revocation_lists_in_the_file_make_it_good_for_long(ours):
    verdict = look(long_lived(ours, letter()), ours)
    (one,) = verdict.signatures
    assert (verdict.state, one.level, one.revocation, one.changes) == ("valid", "B-LT", "good", "maintenance")


def test_a_stamp_over_all_of_it_makes_it_good_for_ever(ours):
    verdict = look(long_lived(ours, letter(), lta=True), ours)
    assert verdict.state == "valid"
    assert [(one.kind, one.level) for one in verdict.signatures] == [("signature", "B-LTA"), ("time_stamp", "")]


def test_what_a_certification_permits_and_locks_is_told(ours):
    certified = sign(letter(), ours.signer, certify=True, docmdp_permissions=MDPPerm.NO_CHANGES)
    (one,) = look(certified, ours).signatures
    assert (one.state, one.certifies) == ("valid", "nothing")
    writer = IncrementalPdfFileWriter(io.BytesIO(letter()), strict=False)
    fields.append_signature_field(
        writer, SigFieldSpec("ChuKy", field_mdp_spec=FieldMDPSpec(FieldMDPAction.ALL), doc_mdp_update_value=MDPPerm.FILL_FORMS)
    )  # fmt: skip
    out = io.BytesIO()
    writer.write(out)
    (one,) = look(sign(out.getvalue(), ours.signer), ours).signatures
    assert (one.state, one.locks) == ("valid", ("*",))


def test_an_older_kind_of_signature_is_read_too(ours):
    (one,) = look(sign(letter(), ours.signer, pades=False), ours).signatures
    assert (one.state, one.level) == ("valid", "")


# ------------------------------------------------------------------------------------------------------- who signed


def test_a_self_made_signer_with_a_known_name_is_not_known(ours):
    for forged in (
        party("Nguyễn Thị Mẫu"),
        party("Gốc Mẫu"),
        party("Nguyễn Thị Mẫu", party("Cấp chứng thư Mẫu", party("Gốc Mẫu", is_authority=True), is_authority=True)),
    ):
        verdict = look(sign(letter(), forged), ours)
        assert verdict.state in ("valid_unknown_signer", "broken"), why(verdict)
        assert verdict.signatures[0].chain in ("unknown_root", "wrong")


def test_a_certificate_made_by_a_signer_who_is_no_authority_does_not_hold(ours):
    verdict = look(sign(letter(), party("Chủ tịch Mẫu", ours.signer)), ours)
    assert verdict.state == "broken"
    assert "chain_wrong" in why(verdict)


@pytest.mark.parametrize(
    ("changes", "reason", "state"),
    [
        ({"begins": NOW + timedelta(days=1), "ends": NOW + YEAR}, "not_yet", "broken"),
        ({"begins": NOW - YEAR, "ends": NOW - timedelta(days=1)}, "expired_then", "broken"),
        ({"uses": ("key_encipherment",)}, "wrong_use", "broken"),
        ({"uses": ()}, "wrong_use", "broken"),
        ({"uses": ("digital_signature",), "purposes": (ExtendedKeyUsageOID.SERVER_AUTH,)}, "wrong_use", "broken"),
        ({"uses": ("digital_signature",), "purposes": (ExtendedKeyUsageOID.TIME_STAMPING,)}, "wrong_use", "broken"),
        ({"bits": 1024}, "weak", "cannot_tell"),
    ],
)
def test_a_certificate_that_may_not_sign_this_now(ours, changes, reason, state):
    verdict = look(sign(letter(), party("Lê Văn Mẫu", ours.middle, **changes)), ours)
    assert reason in why(verdict)
    assert verdict.state == state


def test_an_earlier_time_claimed_by_the_signer_saves_nothing(ours):
    ended = party("Lê Văn Mẫu", ours.middle, ends=NOW - timedelta(days=1))
    verdict = look(sign(letter(), ended, claimed=NOW - timedelta(days=30)), ours)
    assert (verdict.state, "expired_since" in why(verdict)) == ("cannot_tell", True)


def test_a_time_that_lies_ahead_is_not_believed(ours):
    assert "time_ahead" in why(look(sign(letter(), ours.signer, claimed=NOW + timedelta(days=3)), ours))
    ahead = sign(letter(), ours.signer, clock=stamper(ours.clock, NOW + timedelta(days=3)))
    assert look(ahead, ours).state == "cannot_tell"


def test_a_weak_digest_is_not_believed(ours):
    verdict = look(sign(letter(), ours.signer, md_algorithm="sha1"), ours)
    assert (verdict.state, verdict.signatures[0].is_weak) == ("cannot_tell", True)


def test_a_weak_authority_is_not_believed(ours):
    middle = party("Cấp yếu", ours.root, is_authority=True, bits=1024)
    assert look(sign(letter(), party("Lê Văn Mẫu", middle)), ours).state != "valid"
    assert "weak_chain" in why(look(sign(letter(), party("Lê Văn Mẫu", middle)), ours))


def test_an_authority_that_has_ended_is_told(ours):
    middle = party("Cấp đã hết", ours.root, is_authority=True, begins=NOW - 2 * YEAR, ends=NOW - timedelta(days=2))
    assert look(sign(letter(), party("Lê Văn Mẫu", middle)), ours).state == "cannot_tell"


def with_revocation(ours: House, pdf: bytes, *, crls=(), ocsps=()) -> bytes:
    """``pdf`` with revocation data in its security store."""
    from pyhanko.sign.validation.dss import DocumentSecurityStore

    def change(writer):
        from asn1crypto import crl as asn1_crl
        from asn1crypto import ocsp as asn1_ocsp

        DocumentSecurityStore.supply_dss_in_writer(
            writer,
            pdf_out_sig_contents := PdfFileReader(io.BytesIO(pdf)).embedded_signatures[0].pkcs7_content.hex().encode(),
            certs=[ours.middle.asn1, ours.root.asn1],
            crls=[asn1_crl.CertificateList.load(one) for one in crls],
            ocsps=[asn1_ocsp.OCSPResponse.load(one) for one in ocsps],
        )
        assert pdf_out_sig_contents

    return append(pdf, change)


def test_a_revoked_signer_is_not_valid(ours, signed):
    gone = NOW - timedelta(days=2)
    for data in (
        {"crls": [crl(ours.middle, (ours.signer, gone)), crl(ours.root)]},
        {"ocsps": [answer(ours.middle, ours.signer, revoked_at=gone)]},
    ):
        verdict = look(with_revocation(ours, signed, **data), ours)
        assert verdict.state == "broken"
        assert (verdict.signatures[0].chain, verdict.signatures[0].revocation) == ("revoked", "revoked")


def test_a_revoked_authority_is_not_valid(ours, signed):
    verdict = look(
        with_revocation(ours, signed, crls=[crl(ours.root, (ours.middle, NOW - YEAR)), crl(ours.middle)]), ours
    )
    assert (verdict.state, "revoked" in why(verdict)) == ("broken", True)


def test_good_answers_are_told(ours, signed):
    data = [answer(ours.middle, ours.signer), answer(ours.root, ours.middle)]
    (one,) = look(with_revocation(ours, signed, ocsps=data), ours).signatures
    assert (one.state, one.revocation) == ("valid", "good")


def test_an_old_list_that_names_the_signer_is_not_overlooked(ours, signed):
    old = crl(ours.middle, (ours.signer, NOW - timedelta(days=200)), at=NOW - timedelta(days=100), days=7)
    verdict = look(with_revocation(ours, signed, crls=[old]), ours)
    assert verdict.state in ("broken", "cannot_tell")
    stale = answer(ours.middle, ours.signer, at=NOW - timedelta(days=100), days=7, revoked_at=NOW - timedelta(days=200))
    assert look(with_revocation(ours, signed, ocsps=[stale]), ours).state in ("broken", "cannot_tell")


def test_a_list_that_somebody_else_made_does_not_prove_anything_good(ours, signed):
    theirs = party("Cấp chứng thư Mẫu", is_authority=True)
    verdict = look(with_revocation(ours, signed, crls=[crl(theirs), crl(ours.root)]), ours)
    assert (verdict.state, verdict.signatures[0].revocation) == ("valid", "unknown")


def test_lists_that_have_become_old_change_nothing_of_what_was_valid(ours):
    made = long_lived(ours, letter())
    (one,) = look(made, ours, NOW + timedelta(days=90)).signatures
    assert (one.state, one.stamped_at, one.level) == ("valid", NOW, "B-LT")
    plain = with_revocation(ours, sign(letter(), ours.signer), crls=[crl(ours.root), crl(ours.middle)])
    (one,) = look(plain, ours, NOW + timedelta(days=90)).signatures
    assert (one.state, one.revocation) == ("valid", "unknown")


def test_a_revoked_time_stamping_authority_proves_nothing(ours):
    brief = party("Ngắn hạn", ours.middle, ends=NOW + timedelta(days=10))
    stamped = sign(letter(), brief, clock=stamper(ours.clock))
    gone = with_revocation(ours, stamped, crls=[crl(ours.root, (ours.clock, NOW - timedelta(days=9)))])
    assert look(gone, ours, NOW + timedelta(days=3)).signatures[0].stamped_at is None
    assert look(gone, ours, NOW + timedelta(days=90)).state == "cannot_tell"


def test_who_was_revoked_after_a_proven_time_had_signed_validly(ours):
    stamped = sign(letter(), ours.signer, clock=stamper(ours.clock, NOW - timedelta(days=5)))
    after = [crl(ours.middle, (ours.signer, NOW - timedelta(days=2))), crl(ours.root)]
    assert look(with_revocation(ours, stamped, crls=after), ours).state == "valid"
    claimed = sign(letter(), ours.signer, claimed=NOW - timedelta(days=5))
    assert look(with_revocation(ours, claimed, crls=after), ours).state == "broken"


# ---------------------------------------------------------------------------------------------- what was done to it


def test_every_changed_byte_of_what_is_signed_shows(ours, signed):
    (head, tail) = _hole(signed)
    for at in [*range(20, head, max(1, head // 25)), *range(tail, len(signed) - 8, max(1, (len(signed) - tail) // 25))]:
        changed = bytearray(signed)
        changed[at] ^= 1
        assert look(bytes(changed), ours).state in ("altered", "broken", "cannot_tell", "unsigned"), at


def test_a_changed_byte_of_the_signature_shows_or_changes_nothing_that_is_told(ours, signed):
    """Some bytes around a signature (a version, copies of certificates) are not signed, and nothing follows from them."""
    head, tail = _hole(signed)
    told = look(signed, ours)
    length = len(signed[head + 1 : tail - 1].rstrip(b"0"))
    n_seen = 0
    for at in range(head + 1, head + 1 + length, max(1, length // 60)):
        changed = bytearray(signed)
        changed[at] = ord("1") if changed[at] != ord("1") else ord("2")
        verdict = look(bytes(changed), ours)
        assert verdict.state != "valid" or verdict == told, (at - head, why(verdict))
        n_seen += verdict.state != "valid"
    assert n_seen > 20


def _hole(pdf: bytes) -> tuple[int, int]:
    """Where the last signature's contents are left out."""
    found = re.findall(rb"/ByteRange ?\[\s*0 +(\d+) +(\d+)", pdf)[-1]
    return int(found[0]), int(found[1])


def test_changed_text_is_altered(ours, signed):
    verdict = look(signed.replace(b"Tang cuong", b"Giam cuong"), ours)
    assert (verdict.state, "content_changed" in why(verdict)) == ("altered", True)


def test_the_rest_of_the_hole_cannot_hold_anything(ours, signed):
    _head, tail = _hole(signed)
    for filling in (b"ff", b"41414141"):
        changed = signed[: tail - 1 - len(filling)] + filling + signed[tail - 1 :]
        assert look(changed, ours).state == "altered"
    shorter = signed[: tail - 21] + b">/X (an do)/Y 1 <00>" + signed[tail - 1 :]
    assert look(shorter, ours).state != "valid"


@pytest.mark.parametrize(
    "numbers",
    [
        "0 {a} {b} 0", "0 0 {b} {c}", "1 {a} {b} {c}", "0 {a} {b} {more}", "0 {a} {less} {c}", "0 {a} {b}", "0 {a}",
        "-1 {a} {b} {c}", "0 {a} {b} -1", "0 {a} {b} {c} 0 0", "null", "0 null {b} {c}", "0 {a} {b} {fewer}",
        "0 9999999999 {b} {c}", "0 {a} 0 {c}", "(a) (b) (c) (d)",
    ],
)  # fmt: skip
def test_a_byte_range_that_is_not_the_whole_file_but_its_signature(ours, signed, numbers):
    found = re.search(rb"/ByteRange ?\[([^\]]*)\]", signed)
    a, b, c = map(int, found[1].split()[1:4])
    text = numbers.format(a=a, b=b, c=c, more=c + 1, fewer=c - 40, less=b - 2)
    changed = signed[: found.start(1)] + text.encode().ljust(len(found[1])) + signed[found.end(1) :]
    assert look(changed, ours).state in ("altered", "broken", "cannot_tell")


def test_no_byte_range_or_no_contents_is_no_signature(ours, signed):
    for word in (b"/ByteRange", b"/Contents <", b"/SubFilter", b"/Type /Sig"):
        assert word.split()[0] in signed
        verdict = look(signed.replace(word, word.replace(word[1:4], b"Xyz"), 1), ours)
        assert verdict.state not in ("valid", "valid_unknown_signer"), word
    head, tail = _hole(signed)
    for filling in (b"00", b"30", b"3003"):
        empty = signed[: head + 1] + filling.ljust(tail - head - 2, b"0") + signed[tail - 1 :]
        assert look(empty, ours).state == "broken"


def test_a_signature_wrapped_around_other_content_is_altered(ours, signed):
    """The second part moves behind content of the attacker's, and the byte range follows it."""
    head, tail = _hole(signed)
    found = re.search(rb"/ByteRange ?\[([^\]]*)\]", signed)
    rest = signed[tail:]
    evil = b" /Evil (Cong van gia) " + b" " * 400
    moved = signed[:tail] + evil + rest
    numbers = f"0 {head} {tail + len(evil)} {len(rest)}".encode()
    moved = moved[: found.start(1)] + numbers.ljust(len(found[1])) + moved[found.end(1) :]
    assert look(moved, ours).state in ("altered", "cannot_tell")


def test_a_signature_pasted_from_another_letter_is_altered(ours, signed):
    other = sign(letter("Noi dung khac"), ours.signer)
    (head, tail), (there, end) = _hole(signed), _hole(other)
    mixed = signed[:head] + other[there : end - 1].rstrip(b"0").ljust(tail - head - 1, b"0") + b">" + signed[tail:]
    verdict = look(mixed, ours)
    assert verdict.state in ("altered", "broken")
    assert "content_changed" in why(verdict)


def test_what_is_appended_is_seen(ours, signed):
    for more in (b"x", b"\n%%EOF\n", b"% a comment", b"1 0 obj\n<<>>\nendobj\n", signed, letter("Noi dung khac")):
        assert look(signed + more, ours).state in ("altered", "cannot_tell"), more[:20]


def test_a_file_after_which_nothing_but_white_comes_is_whole(ours, signed):
    assert look(signed + b"\r\n", ours).state == "valid"


def _text(writer, words: str = "Noi dung khac"):
    return writer.add_object(
        generic.StreamObject(stream_data=b"BT /F1 12 Tf 80 700 Td (" + words.encode() + b") Tj ET")
    )


def _replace_contents(writer):
    page, _resources = writer.find_page_for_modification(0)
    page.get_object()["/Contents"] = _text(writer)
    writer.mark_update(page)


def _add_contents(writer):
    page, _resources = writer.find_page_for_modification(0)
    found = page.get_object()
    found["/Contents"] = generic.ArrayObject([found.raw_get("/Contents"), _text(writer)])
    writer.mark_update(page)


def _append_page(writer):
    from pyhanko.pdf_utils.writer import PageObject

    writer.insert_page(PageObject(contents=_text(writer), media_box=(0, 0, 595, 842)))


def _new_root(writer):
    other = PdfFileReader(io.BytesIO(letter("Noi dung khac")))
    writer.root["/Pages"] = writer.import_object(other.root.raw_get("/Pages"))
    writer.update_root()


def _script(writer):
    writer.root["/OpenAction"] = generic.DictionaryObject(
        {generic.pdf_name("/S"): generic.pdf_name("/JavaScript"), generic.pdf_name("/JS"): generic.pdf_string("app")}
    )
    writer.update_root()


def _comment(writer):
    page, _resources = writer.find_page_for_modification(0)
    note = generic.DictionaryObject(
        {
            generic.pdf_name("/Type"): generic.pdf_name("/Annot"),
            generic.pdf_name("/Subtype"): generic.pdf_name("/FreeText"),
            generic.pdf_name("/Rect"): generic.ArrayObject(map(generic.NumberObject, (80, 600, 400, 780))),
            generic.pdf_name("/Contents"): generic.pdf_string("Huy bo"),
        }
    )
    page.get_object()["/Annots"] = generic.ArrayObject([writer.add_object(note)])
    writer.mark_update(page)


def _font(writer):
    page, _resources = writer.find_page_for_modification(0)
    resources = page.get_object()["/Resources"]
    for name in list(resources["/Font"]):
        resources["/Font"][name]["/BaseFont"] = generic.pdf_name("/ZapfDingbats")
        writer.update_container(resources["/Font"][name])


def _drop_signature(writer):
    writer.root["/AcroForm"]["/Fields"] = generic.ArrayObject()
    writer.update_container(writer.root["/AcroForm"])


def _drop_form(writer):
    del writer.root["/AcroForm"]
    writer.update_root()


def _attach(writer):
    from pyhanko.pdf_utils.embed import EmbeddedFileObject, FileSpec, embed_file

    made = EmbeddedFileObject.from_file_data(writer, data=b"MZ", mime_type="application/octet-stream")
    embed_file(writer, FileSpec(file_spec_string="a.exe", embedded_data=made))


ATTACKS = (
    _replace_contents, _add_contents, _append_page, _new_root, _script, _comment, _font, _drop_signature, _drop_form,
    _attach,
)  # fmt: skip


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__.strip("_"))
def test_a_revision_that_changes_what_is_shown_is_not_valid(ours, signed, attack):
    verdict = look(append(signed, attack), ours)
    assert verdict.state in ("altered", "cannot_tell"), why(verdict)


@pytest.mark.parametrize("attack", ATTACKS, ids=lambda one: one.__name__.strip("_"))
def test_a_change_between_two_signatures_is_not_covered_by_the_second(ours, signed, attack):
    made = append(signed, attack)
    if b"/AcroForm" not in made:
        return
    again = sign(made, party("Trần Văn Mẫu", ours.middle), field="ChuKy2")
    assert look(again, ours).state in ("altered", "cannot_tell")


def test_a_shadow_that_was_laid_before_signing_and_is_lifted_after_is_altered(ours):
    """Hide: a page object that covers another text is there when it is signed, and taken away later."""
    hidden = append(letter("Chuyen 10 trieu dong"), _add_contents)
    made = sign(hidden, ours.signer)
    assert look(made, ours).state == "valid"

    def lift(writer):
        page, _resources = writer.find_page_for_modification(0)
        page.get_object()["/Contents"] = page.get_object()["/Contents"].raw_get(0)
        writer.mark_update(page)

    assert look(append(made, lift), ours).state == "altered"


def _elsewhere(writer):
    page, _resources = writer.find_page_for_modification(0)
    content = generic.StreamObject({generic.pdf_name("/F"): generic.pdf_string("noi-dung.txt")}, stream_data=b"")
    page.get_object()["/Contents"] = writer.add_object(content)
    writer.mark_update(page)


def _active_form(writer):
    writer.root["/AcroForm"] = generic.DictionaryObject(
        {generic.pdf_name("/Fields"): generic.ArrayObject(), generic.pdf_name("/XFA"): generic.pdf_string("<xdp/>")}
    )
    writer.update_root()


@pytest.mark.parametrize(("laid", "reason"), [(_script, "active"), (_active_form, "active"), (_elsewhere, "elsewhere")])
def test_what_may_show_something_else_tomorrow_is_not_valid_though_it_was_signed(ours, laid, reason):
    verdict = look(sign(append(letter(), laid), ours.signer), ours)
    assert (verdict.state, [one.name for one in verdict.reasons]) == ("cannot_tell", [reason])


def test_a_form_filled_after_signing_is_altered(ours):
    """Replace: the value of a text field is not what was signed."""
    out = io.BytesIO()
    from reportlab.pdfgen import canvas

    drawn = canvas.Canvas(out)
    drawn.acroForm.textfield(name="SoTien", value="10 trieu", x=80, y=600)
    drawn.showPage()
    drawn.save()
    made = sign(out.getvalue(), ours.signer)
    assert look(made, ours).state == "valid"

    def fill(writer):
        for field in writer.root["/AcroForm"]["/Fields"]:
            if field.get_object().get("/T") == "SoTien":
                field.get_object()["/V"] = generic.pdf_string("90 trieu")
                writer.mark_update(field.reference)

    verdict = look(append(made, fill), ours)
    assert verdict.state == "altered"
    assert why(verdict) & {"filled_later", "changed_later"}


def test_a_later_signature_may_not_cover_the_page(ours, signed):
    covered = sign(signed, party("Trần Văn Mẫu", ours.middle), field="ChuKy2", box=(20, 20, 590, 820))
    verdict = look(covered, ours)
    assert (verdict.state, "covers_page" in why(verdict)) == ("altered", True)


def test_an_empty_field_that_came_after_signing_is_told(ours, signed):
    more = append(
        signed, lambda writer: fields.append_signature_field(writer, SigFieldSpec("X", box=(80, 700, 300, 780)))
    )
    verdict = look(more, ours)
    assert (verdict.state, "filled_later" in why(verdict)) == ("altered", True)
    before = append(
        letter(), lambda writer: fields.append_signature_field(writer, SigFieldSpec("X", box=(80, 700, 300, 780)))
    )
    assert look(sign(before, ours.signer, field="Y"), ours).state == "valid"


def test_a_certified_letter_that_permits_nothing_permits_no_second_signature(ours):
    certified = sign(letter(), ours.signer, certify=True, docmdp_permissions=MDPPerm.FILL_FORMS)
    strict = certified.replace(b"/P 2", b"/P 1")
    assert strict != certified
    assert look(strict, ours).state == "altered"
    assert look(sign(certified, party("Trần Văn Mẫu", ours.middle), field="ChuKy2"), ours).state == "valid"


def test_a_second_signature_that_no_field_shows_is_told(ours, signed):
    second = sign(signed, party("Trần Văn Mẫu"), field="ChuKy2")

    def hide(writer):
        form = writer.root["/AcroForm"]
        form["/Fields"] = generic.ArrayObject([form["/Fields"].raw_get(0)])
        writer.update_container(form)

    verdict = look(append(second, hide), ours)
    assert verdict.state in ("altered", "cannot_tell")
    assert "hidden" in why(verdict)


def test_a_signature_dictionary_in_the_first_revision_that_no_field_shows_is_told(ours):
    def put(writer):
        writer.add_object(
            generic.DictionaryObject(
                {
                    generic.pdf_name("/Type"): generic.pdf_name("/Sig"),
                    generic.pdf_name("/ByteRange"): generic.ArrayObject(map(generic.NumberObject, (0, 1, 2, 3))),
                    generic.pdf_name("/Contents"): generic.ByteStringObject(b"\x30\x00"),
                }
            )
        )

    assert look(append(letter(), put), ours).state == "cannot_tell"
    assert "hidden" in why(look(sign(append(letter(), put), ours.signer), ours))


def test_a_table_that_points_behind_what_is_signed_is_refused(ours):
    """An attacker lays a reference to nothing, has it signed, and puts an object there afterwards."""
    bare = letter()
    number = int(re.findall(rb"/Size (\d+)", bare)[-1])
    xref = int(re.findall(rb"startxref\s+(\d+)", bare)[-1])
    trailer = re.findall(rb"trailer\s*<<(.*?)>>\s*startxref", bare, re.DOTALL)[-1]
    root = re.search(rb"/Root (\d+) 0 R", trailer)[1].decode()
    far = 60_000
    at = len(bare)
    prepared = (
        bare
        + (
            f"xref\n{number} 1\n{far:010d} 00000 n \ntrailer\n<</Size {number + 1} /Root {root} 0 R /Prev {xref}>>\n"
            f"startxref\n{at}\n%%EOF\n"
        ).encode()
    )
    made = sign(prepared, ours.signer)
    assert look(made, ours).state != "altered"
    evil = f"{number} 0 obj\n(Noi dung khac)\nendobj\n".encode()
    filled = made + b" " * (far - len(made)) + evil
    last = re.findall(rb"startxref\s+(\d+)", made)[-1].decode()
    later = append(
        filled + f"startxref\n{last}\n%%EOF\n".encode(),
        lambda writer: writer.set_info(writer.add_object(generic.DictionaryObject())),
    )
    assert look(later, ours).state in ("altered", "cannot_tell")


def test_two_tables_of_contents_pass_before_signing_and_not_after(ours, signed):
    before = look(sign(_hybrid(letter()), ours.signer), ours)
    assert before.state in ("valid", "cannot_tell")
    if before.state == "valid":
        assert "hybrid" in why(before)
    assert look(_hybrid(signed), ours).state in ("altered", "cannot_tell")


def _hybrid(pdf: bytes) -> bytes:
    """``pdf`` with a revision of two tables, as Word writes them: one object is in the second table alone."""
    number = max(map(int, re.findall(rb"/Size (\d+)", pdf)))
    previous = int(re.findall(rb"startxref\s+(\d+)", pdf)[-1])
    trailer = re.findall(rb"/Root (\d+) 0 R", pdf)[-1].decode()
    hidden = f"{number} 0 obj\n(an)\nendobj\n".encode()
    at_hidden, at_stream = len(pdf), len(pdf) + len(hidden)
    rows = b"\x01" + at_hidden.to_bytes(4, "big") + b"\x00" + b"\x01" + at_stream.to_bytes(4, "big") + b"\x00"
    stream = (
        f"{number + 1} 0 obj\n<</Type/XRef/Size {number + 2}/W[1 4 1]/Index[{number} 2]/Root {trailer} 0 R/Length {len(rows)}>>\n"
        "stream\n"
    ).encode() + rows + b"\nendstream\nendobj\n"  # fmt: skip
    at_table = at_stream + len(stream)
    table = (
        f"xref\n0 0\ntrailer\n<</Size {number + 2}/Root {trailer} 0 R/Prev {previous}/XRefStm {at_stream}>>\n"
        f"startxref\n{at_table}\n%%EOF\n"
    ).encode()
    return pdf + hidden + stream + table


# ------------------------------------------------------------------------------------------------- what is no letter


def test_what_nobody_signed_is_unsigned(ours):
    assert look(letter(), ours).state == "unsigned"
    empty = append(letter(), lambda writer: fields.append_signature_field(writer, SigFieldSpec("X")))
    assert look(empty, ours).state == "unsigned"


def test_a_time_stamp_alone_is_not_a_signature(ours):
    out = io.BytesIO()
    stamping = signers.PdfTimeStamper(stamper(ours.clock), field_name="T")
    stamping.timestamp_pdf(
        IncrementalPdfFileWriter(io.BytesIO(letter()), strict=False), "sha256",
        ValidationContext(trust_roots=[ours.root.asn1], moment=NOW, allow_fetching=False), output=out,
    )  # fmt: skip
    verdict = look(out.getvalue(), ours)
    assert (verdict.state, "only_stamp" in why(verdict)) == ("unsigned", True)


def test_an_encrypted_letter_is_not_judged(ours):
    writer = copy_into_new_writer(PdfFileReader(io.BytesIO(letter())))
    assert isinstance(writer, PdfFileWriter)
    writer._assign_security_handler(StandardSecurityHandler.build_from_pw("chu", "khach", encrypt_metadata=True))
    out = io.BytesIO()
    writer.write(out)
    verdict = look(out.getvalue(), ours)
    assert (verdict.state, [one.name for one in verdict.reasons]) == ("cannot_tell", ["encrypted"])


def test_a_letter_cut_anywhere_is_never_valid(ours, signed):
    for end in range(0, len(signed) - 2, len(signed) // 60):
        assert look(signed[:end], ours).state in ("cannot_tell", "unsigned", "altered", "broken"), end


def test_garbage_is_told_at_once(ours):
    for pdf in (
        b"",
        b"%PDF-",
        b"%PDF-1.7\n%%EOF",
        b"PK\x03\x04" * 100,
        b"\x00" * (100 << 20),
        b"%PDF-1.7" + bytes(100 << 20),
    ):
        assert look(pdf, ours).state == "cannot_tell"


def test_deep_objects_and_circles_end(ours):
    deep = letter().replace(b"/Type /Catalog", b"/Type /Catalog /Deep " + b"[" * 50_000 + b"]" * 50_000)
    assert look(deep, ours).state in ("cannot_tell", "unsigned")

    def circle(writer):
        field = generic.DictionaryObject({generic.pdf_name("/T"): generic.pdf_string("a")})
        ref = writer.add_object(field)
        field["/Kids"] = generic.ArrayObject([ref])
        writer.root["/AcroForm"] = generic.DictionaryObject({generic.pdf_name("/Fields"): generic.ArrayObject([ref])})
        writer.update_root()

    assert look(append(letter(), circle), ours).state in ("cannot_tell", "unsigned")


def test_a_name_that_turns_the_line_is_told_plainly(ours):
    strange = party("Nguyễn\u202eThị\nMẫu" + "x" * 40)
    (one,) = look(sign(letter(), strange), ours).signatures
    assert one.signer == "Nguyễn Thị Mẫu" + "x" * 40


def test_every_state_and_reason_has_words_and_plain_values(ours, signed):
    assert set(WORST) | {"unsigned"} == set(STATES)
    assert {state for state, _text in REASONS.values()} == set(STATES)
    import json

    for pdf in (signed, letter(), b"", signed + b"x"):
        values = look(pdf, ours).as_values()
        assert json.loads(json.dumps(values)) == values
        for reason in values["reasons"] + [one for sig in values["signatures"] for one in sig["reasons"]]:
            assert "{" not in REASONS[reason["name"]][1].format(**reason["params"])


def test_hash_of_the_pair_is_held_together(ours):
    """Another hash in the certificate's own signature is the authority's affair, unless it is weak."""
    assert look(sign(letter(), party("Lê Văn Mẫu", ours.middle, hash_algorithm=hashes.SHA512())), ours).state == "valid"


def test_it_can_be_called_where_a_loop_has_run_before(ours, signed):
    asyncio.run(asyncio.sleep(0))
    assert look(signed, ours).state == "valid"
