"""Whether the signatures of a PDF hold (PAdES, ETSI EN 319 142; ISO 32000-2, 12.8): ``verify`` gives a Verdict, never a false “valid”.

The library reads and checks; what it is lenient in is looked at again in ``signature_bytes``, and whom we believe is in
``signature_trust``. A hostile file may cost time and memory without bound: call this in a child with limits (``jobs.signed_pdf``).
"""

from __future__ import annotations

import asyncio
import dataclasses
import io
import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from asn1crypto import x509
from pyhanko.pdf_utils import generic
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.diff_analysis import DiffResult, ModificationLevel
from pyhanko.sign.fields import FieldMDPAction, MDPPerm, enumerate_sig_fields
from pyhanko.sign.validation import generic_cms
from pyhanko.sign.validation.errors import SignatureValidationError
from pyhanko.sign.validation.pdf_embedded import (
    EmbeddedPdfSignature,
    async_validate_pdf_signature,
    async_validate_pdf_timestamp,
)

from vonggac.documents import signature_bytes as covering
from vonggac.documents.signature_trust import (
    UNSURE,
    USES,
    Trust,
    certificates_in,
    chain_reasons,
    clean,
    display_name,
    evidence_of,
    issuer_name,
    method_of,
    named,
)
from vonggac.documents.signature_verdict import Reason, Signature, State, Verdict, worst

MAX_BYTES = 64 << 20
MOST_SIGNATURES = 50
MOST_OF_A_PAGE = 0.25
"""A field that came after a signature may cover at most this part of a page: more could hide what was signed."""
CLOCKS_APART = timedelta(minutes=10)

for _name in ("pyhanko", "pyhanko_certvalidator"):  # they log what a Verdict says, with names out of hostile files
    logging.getLogger(_name).addHandler(logging.NullHandler())
    logging.getLogger(_name).propagate = False

_KINDS = ("/adbe.pkcs7.detached", "/ETSI.CAdES.detached", "/ETSI.RFC3161")
_CERTIFIES = {MDPPerm.NO_CHANGES: "nothing", MDPPerm.FILL_FORMS: "forms", MDPPerm.ANNOTATE: "comments"}


def verify(pdf: bytes, trusted: Sequence[bytes], *, at: datetime) -> Verdict:
    """What is to be said of the signatures of ``pdf`` at ``at`` (aware). ``trusted``: certificates of authorities, PEM or DER.

    Never raises for what ``pdf`` is; raises InputError for a trusted certificate that is none. Asks no network.
    """
    roots = tuple(root for data in trusted for root in certificates_in(data))
    if len(pdf) > MAX_BYTES:
        return _only(Reason("too_large", {"limit": MAX_BYTES >> 20}))
    if b"%PDF-" not in pdf[:1024]:
        return _only(Reason("not_pdf"))
    try:
        return _verdict(pdf, roots, at)
    except (RecursionError, MemoryError):
        return _only(Reason("too_deep"))
    except Exception as error:  # noqa: BLE001  # a hostile file makes the library raise anything; none of it may become valid
        return _only(Reason("unreadable", {"detail": type(error).__name__}))


def _only(*reasons: Reason) -> Verdict:
    return Verdict(reasons[0].state, reasons)


class _Embedded(EmbeddedPdfSignature):
    """A signature; files with two tables of contents, as Word makes them, are looked at: ``_File`` refuses them where they may harm."""

    def _enforce_hybrid_xref_policy(self) -> None:
        return


@dataclasses.dataclass(slots=True)
class _File:
    """A file as it is looked at."""

    pdf: bytes
    reader: PdfFileReader
    at: datetime
    signed: list[_Embedded]
    faulty: list[Signature]
    empty: set[str]
    trust: Trust

    def until(self, one: _Embedded) -> int:
        """Where the part that a signature covers ends; 0: it leaves something out."""
        return covering.covered_until(self.pdf, one.byte_range, one.pkcs7_content)


def _verdict(pdf: bytes, roots: tuple[x509.Certificate, ...], at: datetime) -> Verdict:
    reader = PdfFileReader(io.BytesIO(pdf), strict=True)
    if reader.encrypted:
        return _only(Reason("encrypted"))
    fields = list(enumerate_sig_fields(reader))
    filled = [(name, value, field) for name, value, field in fields if value is not None]
    if len(filled) > MOST_SIGNATURES:
        return _only(Reason("too_many", {"limit": MOST_SIGNATURES}))
    objects = covering.objects_of(reader)
    hidden = bool(objects.signatures - {_place(field) for _name, _value, field in filled})
    if not filled:
        return _only(Reason("hidden")) if hidden else _only(Reason("no_signature"))
    signed, faulty = _read(reader, filled)
    empty = {str(name) for name, value, _field in fields if value is None}
    evidence = evidence_of(reader, [one.signer_info for one in signed])
    file = _File(pdf, reader, at, signed, faulty, empty, Trust(roots, evidence))
    signatures = [*faulty, *asyncio.run(_judge(file))]
    seen = {"hidden": hidden, "active": objects.is_active, "elsewhere": objects.is_elsewhere}
    reasons = [Reason(name) for name, is_so in seen.items() if is_so]
    reasons += _hybrid(file)
    reasons += [Reason("empty_field", {"field": clean(name)}) for name in sorted(empty)[:20]]
    state = worst([*(one.state for one in signatures), *(one.state for one in reasons)])
    if all(one.kind == "time_stamp" for one in signatures) and state in ("valid", "valid_unknown_signer"):
        state, reasons = "unsigned", [Reason("only_stamp"), *reasons]
    return Verdict(state, tuple(reasons), tuple(signatures))


def _place(field: Any) -> tuple[int, int]:
    try:
        ref = field.get_object().raw_get("/V").reference
    except (KeyError, AttributeError):  # the value stands in the field itself: nothing that signs does that
        return (-1, -1)
    return (ref.idnum, ref.generation)


def _read(reader: PdfFileReader, filled: Sequence[Any]) -> tuple[list[_Embedded], list[Signature]]:
    """The signatures that can be looked at, by revision, and those that cannot."""
    signed: list[_Embedded] = []
    faulty: list[Signature] = []
    for name, _value, field in filled:
        try:
            one = _Embedded(reader, field, str(name))
            one.signer_cert.native  # noqa: B018  # asn1crypto reads lazily: what is damaged shows here
            kind = str(one.sig_object.get("/SubFilter", ""))
            is_stamp = one.sig_object_type == "/DocTimeStamp"
            if kind not in _KINDS or is_stamp != (kind == "/ETSI.RFC3161"):
                faulty.append(_faulty(name, Reason("unknown_kind", {"kind": clean(kind)})))
                continue
            signed.append(one)
        except Exception:  # noqa: BLE001  # as in verify: whatever it raises, this signature cannot be read
            faulty.append(_faulty(name, Reason("unreadable_signature")))
    return sorted(signed, key=lambda one: one.signed_revision), faulty


def _faulty(name: Any, reason: Reason) -> Signature:
    return Signature("signature", clean(str(name)), reason.state, (reason,))


def _hybrid(file: _File) -> list[Reason]:
    """Two tables of contents are signed with the rest when they came before the first signature; later they are refused."""
    found = covering.hybrid_revisions(file.reader)
    if not found:
        return []
    first = min((one.signed_revision for one in file.signed), default=-1)
    return [Reason("hybrid") if max(found) <= first else Reason("hybrid_update")]


async def _judge(file: _File) -> list[Signature]:
    """From the last to the first: a later time stamp proves when an earlier one was there."""
    proven = file.at
    found: list[Signature] = []
    has_stamp = False
    for one in reversed(file.signed):
        if one.sig_object_type == "/DocTimeStamp":
            signature = await _stamp(file, one, proven)
            if signature.stamped_at is not None:
                proven, has_stamp = min(proven, signature.stamped_at), True
        else:
            signature = await _signature(file, one, proven, has_stamp)
        found.append(signature)
    return found[::-1]


# ------------------------------------------------------------------------------------------------------------ content


@dataclasses.dataclass(slots=True)
class _Content:
    coverage: str
    changes: str
    reasons: list[Reason]


def _content(file: _File, one: _Embedded) -> _Content:
    """What a signature covers, and what came after it."""
    if not len(one.byte_range) or one.byte_range[0] != 0:
        return _Content("part", "suspicious", [Reason("not_whole")])
    end = file.until(one)
    if not end:
        return _Content("part", "suspicious", [Reason("hole")])
    if covering.is_appended_to(file.pdf, end, file.reader, one.signed_revision):
        return _Content("earlier_revision", "suspicious", [Reason("appended")])
    untyped: Any = one
    untyped.compute_integrity_info()
    is_whole = end == len(file.pdf)
    if is_whole or not file.pdf[end:].strip():
        return _Content("whole_file", "none", [])
    if covering.reads_otherwise(file.pdf, end, file.reader, one.signed_revision):
        return _Content("earlier_revision", "suspicious", [Reason("reads_otherwise")])
    changes, reasons = _changes(file, one)
    return _Content("earlier_revision", changes, reasons)


def _changes(file: _File, one: _Embedded) -> tuple[str, list[Reason]]:
    """What the revisions after a signature did: nothing but maintenance and more signatures passes."""
    found: Any = one.diff_result
    if not isinstance(found, DiffResult) or found.modification_level == ModificationLevel.OTHER:
        return "suspicious", [Reason("changed_later")]
    reasons = []
    if not one.summarise_integrity_info()["docmdp_ok"]:
        reasons.append(Reason("not_permitted"))
    ours = {other.fq_name: other for other in file.signed if other.signed_revision > one.signed_revision}
    strange = sorted(found.changed_form_fields - ours.keys())
    late = _fields_after(file, one)
    strange = sorted({*strange, *(late & file.empty)})
    if strange:
        reasons.append(Reason("filled_later", {"fields": clean(", ".join(strange))}))
    pages = [covering.page_under(file.reader, other.sig_field, MOST_OF_A_PAGE) for other in ours.values()]
    reasons += [Reason("covers_page", {"page": page}) for page in pages if page]
    if reasons:
        return "suspicious", reasons
    return ("signatures" if ours else "maintenance"), []


def _fields_after(file: _File, one: _Embedded) -> set[str]:
    """Names of signature fields that there were not, or that were elsewhere, when ``one`` was made."""
    before = file.reader.get_historical_resolver(one.signed_revision)
    then = {str(name): _box(field) for name, _value, field in enumerate_sig_fields(before)}
    now = {str(name): _box(field) for name, _value, field in enumerate_sig_fields(file.reader)}
    return {name for name, box in now.items() if then.get(name) != box}


def _box(field: Any) -> tuple[float, ...]:
    return tuple(float(side) for side in field.get_object().get("/Rect", ()))


# -------------------------------------------------------------------------------------------------------------- people


async def _signature(file: _File, one: _Embedded, proven: datetime, has_stamp: bool) -> Signature:
    try:
        content = _content(file, one)
        claimed_at = _aware(one.self_reported_timestamp)
        first = await _status(file, one, proven, proven)
        stamp = first.timestamp_validity
        if stamp is not None and stamp.trust_problem_indic in UNSURE:
            stamp = (await _status(file, one, proven, proven, barely=True)).timestamp_validity
        stamped_at = stamp.timestamp if stamp is not None and _is_believed(file, stamp, proven) else None
        until = min(proven, stamped_at or proven)
        status = await _status(file, one, until, proven)
        if status.trust_problem_indic in UNSURE:
            status = await _status(file, one, until, proven, barely=True)
        strict = await _status(file, one, until, proven, strictly=True)
        if (
            strict.revocation_details is not None
        ):  # leniently, lists are looked at for certificates alone that name some
            status = strict
        is_good = strict.trusted
    except (SignatureValidationError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return _faulty(one.fq_name, Reason("unreadable_signature"))
    reasons = [*content.reasons, *_made_with(one, status)]
    told_at = stamped_at or claimed_at
    chain, of_chain = chain_reasons(status, one.signer_cert, until, told_at, file.trust.evidence)
    reasons += of_chain + _timing(file, stamp, stamped_at, claimed_at, chain)
    if not status.seed_value_ok:
        reasons.append(Reason("requirements"))
    if chain == "valid" and not is_good:
        reasons.append(Reason("revocation_unknown"))
    proof = stamped_at or (until if until < file.at else None)
    described = _described(file, one, content, reasons)
    return dataclasses.replace(
        described,
        claimed_at=claimed_at,
        stamped_at=proof,
        chain=chain,
        revocation="revoked" if chain == "revoked" else "good" if is_good and chain == "valid" else "unknown",
        level=_level(file, one, stamped_at is not None, is_good, has_stamp),
    )


def _is_believed(file: _File, status: Any, at: datetime) -> bool:
    """Whether a time stamp is by an authority of ours that nothing in the file calls revoked at ``at``."""
    if not status.trusted:
        return False
    return not any(
        file.trust.evidence.says_revoked(one, at) for one in status.validation_path.iter_certs(include_root=True)
    )


async def _status(
    file: _File, one: _Embedded, at: datetime, stamps_at: datetime, *, strictly: bool = False, barely: bool = False
) -> Any:
    return await async_validate_pdf_signature(
        one,
        signer_validation_context=file.trust.context(at, strictly=strictly, barely=barely),
        ts_validation_context=file.trust.context(stamps_at, barely=barely),
        key_usage_settings=USES,
        skip_diff=True,
    )


def _made_with(one: _Embedded, status: Any) -> list[Reason]:
    """What is wrong with the signature as such."""
    reasons = []
    if not status.intact:
        reasons.append(Reason("content_changed"))
    elif not status.valid:
        reasons.append(Reason("false"))
    method, is_weak = method_of(one.signer_info, one.signer_cert)
    if is_weak:
        reasons.append(Reason("weak", {"method": method}))
    return reasons


def _timing(
    file: _File, stamp: Any, stamped_at: datetime | None, claimed_at: datetime | None, chain: str
) -> list[Reason]:
    reasons = []
    if stamp is not None and not (stamp.intact and stamp.valid):
        reasons.append(Reason("stamp_wrong"))
    elif stamp is not None and stamped_at is None:
        reasons.append(Reason("stamp_unknown"))
    latest = max((moment for moment in (stamped_at, claimed_at) if moment is not None), default=None)
    if latest is not None and latest > file.at + CLOCKS_APART:
        reasons.append(Reason("time_ahead"))
    if stamped_at is None and claimed_at is not None and chain == "valid":
        reasons.append(Reason("time_claimed"))
    return reasons


def _level(file: _File, one: _Embedded, is_stamped: bool, is_good: bool, has_stamp: bool) -> Any:
    """The PAdES level that the file reaches (ETSI EN 319 142-1, 6): each asks for all that the one before it asks for."""
    if one.sig_object.get("/SubFilter") != "/ETSI.CAdES.detached":
        return ""
    if generic_cms.get_signing_cert_attr(one.signer_info["signed_attrs"]) is None:
        return ""
    if not (is_stamped or has_stamp):
        return "B-B"
    if not (is_good and "/DSS" in file.reader.root):
        return "B-T"
    return "B-LTA" if has_stamp else "B-LT"


def _described(file: _File, one: _Embedded, content: _Content, reasons: Sequence[Reason]) -> Signature:
    """What a signature says of itself, with the state that its reasons lead to."""
    certificate = one.signer_cert
    method, is_weak = method_of(one.signer_info, certificate)
    state: State = worst(reason.state for reason in reasons)
    permitted = one.docmdp_level
    is_certified = _is_certification(file.reader, one)
    locks = one.fieldmdp
    return Signature(
        kind="time_stamp" if one.sig_object_type == "/DocTimeStamp" else "signature",
        field=clean(one.fq_name),
        state=state,
        reasons=tuple(reasons),
        signer=display_name(certificate),
        organisation=named(certificate.subject, "organization_name"),
        subject=clean(certificate.subject.human_friendly),
        issuer=issuer_name(certificate),
        serial=f"{certificate.serial_number:x}",
        fingerprint=certificate.sha256.hex(),
        coverage=content.coverage,  # type: ignore[arg-type]  # _content gives nothing else
        changes=content.changes,  # type: ignore[arg-type]  # the same
        method=method,
        is_weak=is_weak,
        certifies=_CERTIFIES[permitted] if is_certified and permitted is not None else "",  # type: ignore[arg-type]  # the same
        locks=()
        if locks is None
        else ("*",)
        if locks.action != FieldMDPAction.INCLUDE
        else tuple(clean(str(name)) for name in locks.fields or ()),
    )


def _is_certification(reader: PdfFileReader, one: _Embedded) -> bool:
    permissions = reader.root.get("/Perms", {})
    try:
        ref = permissions.raw_get("/DocMDP").reference
    except (KeyError, AttributeError):
        return False
    mine = one.sig_object.container_ref
    return isinstance(mine, generic.Reference) and (ref.idnum, ref.generation) == (mine.idnum, mine.generation)


async def _stamp(file: _File, one: _Embedded, proven: datetime) -> Signature:
    """A time stamp over the whole file; ``stamped_at`` when it is trusted and nothing is wrong with it."""
    try:
        content = _content(file, one)
        status = await async_validate_pdf_timestamp(one, file.trust.context(proven), skip_diff=True)
        if status.trust_problem_indic in UNSURE:
            status = await async_validate_pdf_timestamp(one, file.trust.context(proven, barely=True), skip_diff=True)
        is_good = (
            status.trusted
            and (
                await async_validate_pdf_timestamp(one, file.trust.context(proven, strictly=True), skip_diff=True)
            ).trusted
        )
    except (SignatureValidationError, ValueError, KeyError, TypeError, AttributeError, OverflowError):
        return dataclasses.replace(_faulty(one.fq_name, Reason("unreadable_signature")), kind="time_stamp")
    reasons = [*content.reasons, *_made_with(one, status)]
    is_ours = _is_believed(file, status, proven)
    if not is_ours and not reasons:
        reasons.append(Reason("stamp_unknown"))
    if status.timestamp > file.at + CLOCKS_APART:
        reasons.append(Reason("time_ahead"))
    described = _described(file, one, content, reasons)
    is_believed = is_ours and described.state == "valid"
    return dataclasses.replace(
        described,
        stamped_at=status.timestamp if is_believed else None,
        chain="valid" if is_ours else "unknown_root",
        revocation="good" if is_good else "unknown",
    )


def _aware(moment: datetime | None) -> datetime | None:
    return moment.astimezone() if moment is not None and moment.tzinfo is None else moment
