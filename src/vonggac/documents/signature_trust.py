"""Whether a signer is whom somebody on our list vouches for: chains, times, revocation as far as the file itself tells of it. Never asks the network."""

from __future__ import annotations

import dataclasses
import unicodedata
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from asn1crypto import cms, crl, ocsp, pem, x509
from pyhanko.pdf_utils.reader import PdfFileReader
from pyhanko.sign.ades.report import AdESIndeterminate
from pyhanko.sign.general import find_cms_attribute_iter
from pyhanko.sign.validation.dss import DocumentSecurityStore
from pyhanko.sign.validation.errors import NoDSSFoundError
from pyhanko.sign.validation.settings import KeyUsageConstraints
from pyhanko_certvalidator import ValidationContext
from pyhanko_certvalidator.registry import SimpleTrustManager

from vonggac.documents.signature_verdict import Chain, Reason
from vonggac.errors import N_, InputError

USES = KeyUsageConstraints(key_usage={"digital_signature", "non_repudiation"})
"""A signer's key may have either use (RFC 5280, 4.2.1.3); a certificate that names neither is refused."""

OTHER_PURPOSES = frozenset({"server_auth", "code_signing", "time_stamping", "ocsp_signing"})
"""Extended uses; a certificate that has these alone is not for documents."""

WEAK_HASHES = frozenset({"md2", "md5", "sha1"})
LEAST_BITS = {"rsa": 2048, "rsassa_pss": 2048, "ec": 224}
"""Bits of a key below which it counts as weak (NIST SP 800-57, 5.6.1); a kind that is not here is weak unless it is Edwards."""

_CRYPTO = (AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE, AdESIndeterminate.CRYPTO_CONSTRAINTS_FAILURE_NO_POE)
UNSURE = (AdESIndeterminate.CERTIFICATE_CHAIN_GENERAL_FAILURE, AdESIndeterminate.TRY_LATER)
"""What the library also says of lists and answers that it cannot use."""
_REVOKED = (AdESIndeterminate.REVOKED_NO_POE, AdESIndeterminate.REVOKED_CA_NO_POE)


def certificates_in(data: bytes) -> list[x509.Certificate]:
    """The certificates of a PEM file (several may follow each other) or of one DER; raises InputError for what holds none."""
    try:
        if pem.detect(data):
            blocks = [body for name, _headers, body in pem.unarmor(data, multiple=True) if name == "CERTIFICATE"]
        else:
            blocks = [data]
        found = [x509.Certificate.load(block, strict=True) for block in blocks]
        for one in found:
            one.native  # noqa: B018  # asn1crypto reads lazily: what is damaged shows here
    except (ValueError, TypeError, KeyError, OverflowError) as error:
        raise InputError(N_("this is no certificate in PEM or DER")) from error
    if not found:
        raise InputError(N_("this is no certificate in PEM or DER"))
    return found


@dataclasses.dataclass(frozen=True, slots=True)
class Evidence:
    """Certificates and revocation data that a file brings along; none of it is trusted for being there."""

    certificates: tuple[x509.Certificate, ...] = ()
    crls: tuple[crl.CertificateList, ...] = ()
    ocsps: tuple[ocsp.OCSPResponse, ...] = ()

    def says_revoked(self, certificate: x509.Certificate, at: datetime) -> bool:
        """Whether some list or answer, checked or not, calls the certificate revoked at ``at``."""
        serial, issuer = certificate.serial_number, certificate.issuer
        for one in self.crls:
            if one.issuer.hashable != issuer.hashable:
                continue
            for entry in one["tbs_cert_list"]["revoked_certificates"]:
                if entry["user_certificate"].native == serial and entry["revocation_date"].native <= at:
                    return True
        for answer in self.ocsps:
            if answer["response_status"].native != "successful":
                continue
            for single in answer.basic_ocsp_response["tbs_response_data"]["responses"]:
                status = single["cert_status"]
                if (
                    single["cert_id"]["serial_number"].native == serial
                    and status.name == "revoked"
                    and status.chosen["revocation_time"].native <= at
                ):
                    return True
        return False


def evidence_of(reader: PdfFileReader, signed: Sequence[cms.SignerInfo]) -> Evidence:
    """What the file's security store (ISO 32000-2, 12.8.4.3) and the signatures' own attributes hold; what cannot be read is left out."""
    certificates: list[x509.Certificate] = []
    crls: list[crl.CertificateList] = []
    ocsps: list[ocsp.OCSPResponse] = []
    try:
        store = DocumentSecurityStore.read_dss(reader)
        certificates.extend(store.load_certs())
        context = store.as_validation_context({"trust_manager": SimpleTrustManager(), "allow_fetching": False})
        crls.extend(context.crls)
        ocsps.extend(context.ocsps)
    except NoDSSFoundError:
        pass
    for info in signed:
        for kept in find_cms_attribute_iter(info["signed_attrs"], "adobe_revocation_info_archival"):
            crls.extend(kept["crl"] or ())
            ocsps.extend(kept["ocsp"] or ())
    return Evidence(tuple(certificates), tuple(crls), tuple(ocsps))


@dataclasses.dataclass(frozen=True, slots=True)
class Trust:
    """Whom we believe, and what the file brings along."""

    roots: tuple[x509.Certificate, ...]
    evidence: Evidence

    def context(self, at: datetime, *, strictly: bool = False, barely: bool = False) -> ValidationContext:
        """What the library judges a chain by at ``at``.

        ``strictly``: each certificate must have proof that it was not revoked; ``barely``: without lists and answers, which may be too old
        or somebody else's; ``Evidence.says_revoked`` then has the last word.
        """
        # A manager of our own, even when empty: without one the library would believe the roots of this machine.
        return ValidationContext(
            trust_manager=SimpleTrustManager.build(trust_roots=list(self.roots)),
            other_certs=list(self.evidence.certificates),
            moment=at,
            best_signature_time=at,
            allow_fetching=False,
            crls=[] if barely else list(self.evidence.crls),
            ocsps=[] if barely else list(self.evidence.ocsps),
            revocation_mode="require" if strictly else "soft-fail",
            retroactive_revinfo=True,
        )


def chain_reasons(
    status: Any, certificate: x509.Certificate, at: datetime, told_at: datetime | None, evidence: Evidence
) -> tuple[Chain, list[Reason]]:
    """What is wrong with a signer's chain at ``at``, the time that is proven; ``told_at``: when the signer says to have signed.

    Status is what the library found of a signature that is intact.
    """
    reasons: list[Reason] = []
    name = display_name(certificate)
    begins, ends = certificate.not_valid_before, certificate.not_valid_after
    then = told_at or at
    if then < begins or at < begins:
        return "not_yet", [Reason("not_yet")]
    if then > ends:
        return "expired", [Reason("expired_then")]
    chain: Chain = "valid"
    path = list(status.validation_path.iter_certs(include_root=True)) if status.validation_path is not None else []
    problem = status.trust_problem_indic
    if status.revocation_details is not None or problem in _REVOKED:
        return "revoked", [Reason("revoked", {"signer": name})]
    if not _is_for_documents(certificate):
        chain, reasons = "wrong", [Reason("wrong_use")]
    elif problem == AdESIndeterminate.NO_CERTIFICATE_CHAIN_FOUND or (not path and certificate.self_signed != "no"):
        chain, reasons = "unknown_root", [Reason("unknown_root", {"signer": name})]
    elif at > ends or any(at > one.not_valid_after for one in path):
        chain, reasons = "expired", [Reason("expired_since")]
    elif problem == AdESIndeterminate.CHAIN_CONSTRAINTS_FAILURE:
        chain, reasons = "wrong", [Reason("wrong_use")]
    elif problem in _CRYPTO:
        chain, reasons = "cannot_tell", [Reason("weak_chain")]
    elif problem is not None or not path:
        chain, reasons = "wrong", [Reason("chain_wrong")]
    if any(evidence.says_revoked(one, at) for one in (certificate, *path)):
        reasons.append(Reason("maybe_revoked"))
    return chain, reasons


def _is_for_documents(certificate: x509.Certificate) -> bool:
    uses = certificate.key_usage_value
    if uses is None or not {"digital_signature", "non_repudiation"} & set(uses.native):
        return False
    purposes = certificate.extended_key_usage_value
    return purposes is None or not set(purposes.native) <= OTHER_PURPOSES


def method_of(info: cms.SignerInfo, certificate: x509.Certificate) -> tuple[str, bool]:
    """How a signature was made, for people, and whether that is weak."""
    digest = str(info["digest_algorithm"]["algorithm"].native)
    key = certificate.public_key
    kind = str(key.algorithm)
    if kind in ("ed25519", "ed448"):
        return f"{kind}, {digest}", digest in WEAK_HASHES
    bits = int(key.bit_size)
    try:
        signed_with = str(info["signature_algorithm"].hash_algo)
    except ValueError:  # plain RSA and the like name none
        signed_with = digest
    is_weak = bool({digest, signed_with} & WEAK_HASHES) or bits < LEAST_BITS.get(kind, bits + 1)
    return f"{kind.replace('rsassa_pss', 'rsa').upper()} {bits}, {digest.upper()}", is_weak


def display_name(certificate: x509.Certificate) -> str:
    """The name that a certificate gives its owner."""
    return named(certificate.subject, "common_name") or clean(certificate.subject.human_friendly)


def issuer_name(certificate: x509.Certificate) -> str:
    """The name that a certificate gives its authority, with the organisation."""
    parts = [named(certificate.issuer, part) for part in ("common_name", "organization_name")]
    return ", ".join(filter(None, parts)) or clean(certificate.issuer.human_friendly)


def named(name: x509.Name, part: str) -> str:
    """One part of a name, empty when there is none."""
    value = name.native.get(part, "")
    return clean(", ".join(map(str, value)) if isinstance(value, list) else str(value))


def clean(text: str) -> str:
    """A certificate's text on one line, without what turns or hides text, at most 200 characters."""
    return "".join(_shown(text))[:200].strip()


def _shown(text: str) -> Iterator[str]:
    for char in text:
        yield " " if unicodedata.category(char)[0] in "CZ" else char
