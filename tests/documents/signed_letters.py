"""Authorities, certificates, keys and signed letters, all made here: tests of signatures import them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from asn1crypto import keys
from asn1crypto import x509 as asn1
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509 import ocsp
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID, NameOID
from pyhanko.pdf_utils.incremental_writer import IncrementalPdfFileWriter
from pyhanko.sign import signers
from pyhanko.sign.fields import SigFieldSpec, SigSeedSubFilter
from pyhanko.sign.signers.pdf_cms import SimpleSigner
from pyhanko.sign.timestamps.dummy_client import DummyTimeStamper
from pyhanko_certvalidator.registry import SimpleCertificateStore
from reportlab.pdfgen import canvas

NOW = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
YEAR = timedelta(days=365)


@dataclass(frozen=True)
class Party:
    """A name with its key and certificate."""

    key: Any
    certificate: x509.Certificate
    above: tuple[Party, ...] = ()

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    @property
    def der(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.DER)

    @property
    def asn1(self) -> asn1.Certificate:
        return asn1.Certificate.load(self.der)

    @property
    def asn1_key(self) -> keys.PrivateKeyInfo:
        return keys.PrivateKeyInfo.load(
            self.key.private_bytes(
                serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )


def party(
    name: str,
    issuer: Party | None = None,
    *,
    is_authority: bool = False,
    begins: datetime = NOW - YEAR,
    ends: datetime = NOW + YEAR,
    uses: tuple[str, ...] = ("digital_signature", "content_commitment"),
    purposes: tuple[Any, ...] = (),
    bits: int = 0,
    key: Any = None,
    hash_algorithm: hashes.HashAlgorithm | None = None,
) -> Party:
    """A party certified by ``issuer``, or by itself. ``bits``: of an RSA key; 0: P-256."""
    key = key or (rsa.generate_private_key(65537, bits) if bits else ec.generate_private_key(ec.SECP256R1()))
    subject = x509.Name(
        [
            x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"),
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Tỉnh Mẫu"),
            x509.NameAttribute(NameOID.COMMON_NAME, name),
        ]
    )
    named = ("key_cert_sign", "crl_sign") if is_authority else uses
    flags = dict.fromkeys(
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign crl_sign "
        "encipher_only decipher_only".split(),
        False,
    )
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(is_authority, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )
    signing = issuer.key if issuer else key
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(signing.public_key()), critical=False
    )
    if issuer:
        places = [x509.UniformResourceIdentifier("http://ca.example/list")]
        builder = builder.add_extension(
            x509.CRLDistributionPoints([x509.DistributionPoint(places, None, None, None)]), critical=False
        ).add_extension(
            x509.AuthorityInformationAccess([x509.AccessDescription(AuthorityInformationAccessOID.OCSP, places[0])]),
            critical=False,
        )
    if named:
        builder = builder.add_extension(x509.KeyUsage(**{**flags, **dict.fromkeys(named, True)}), critical=True)
    if purposes:
        builder = builder.add_extension(x509.ExtendedKeyUsage(purposes), critical=True)
    made = builder.sign(signing, hash_algorithm or hashes.SHA256())
    return Party(key, made, (issuer, *issuer.above) if issuer else ())


@dataclass(frozen=True)
class House:
    """A root, an authority below it, a signer and a time stamping authority."""

    root: Party
    middle: Party
    signer: Party
    clock: Party


def house() -> House:
    """All of them, good for a year before and after NOW."""
    root = party("Gốc Mẫu", is_authority=True, begins=NOW - 5 * YEAR, ends=NOW + 5 * YEAR)
    middle = party("Cấp chứng thư Mẫu", root, is_authority=True, begins=NOW - 4 * YEAR, ends=NOW + 4 * YEAR)
    clock = party(
        "Dấu thời gian Mẫu", root, uses=("digital_signature",), purposes=(ExtendedKeyUsageOID.TIME_STAMPING,),
        begins=NOW - 2 * YEAR, ends=NOW + 4 * YEAR, bits=2048,
    )  # fmt: skip
    return House(root, middle, party("Nguyễn Thị Mẫu", middle), clock)


def letter(*lines: str, pages: int = 1) -> bytes:
    """A letter that nobody signed."""
    out = io.BytesIO()
    drawn = canvas.Canvas(out, pageCompression=0)
    for page in range(pages):
        for number, line in enumerate(lines or ("Cong van so 12/SKHCN", "Tang cuong bao dam an toan thong tin mang")):
            drawn.drawString(80, 760 - 20 * number, f"{line} ({page + 1})")
        drawn.showPage()
    drawn.save()
    return out.getvalue()


def stamper(clock: Party, at: datetime = NOW) -> DummyTimeStamper:
    """A time stamping authority that says it is ``at``."""
    store = SimpleCertificateStore()
    store.register_multiple([one.asn1 for one in (clock, *clock.above)])
    return DummyTimeStamper(clock.asn1, clock.asn1_key, certs_to_embed=store, fixed_dt=at)


def sign(
    pdf: bytes,
    by: Party,
    *,
    field: str = "ChuKy",
    claimed: datetime | None = NOW,
    clock: DummyTimeStamper | None = None,
    pades: bool = True,
    box: tuple[int, int, int, int] | None = None,
    context: Any = None,
    **meta: Any,
) -> bytes:
    """``pdf`` with a signature of ``by``, added as a revision of its own."""
    store = SimpleCertificateStore()
    store.register_multiple([one.asn1 for one in by.above])
    writer = IncrementalPdfFileWriter(io.BytesIO(pdf), strict=False)
    signer = SimpleSigner(by.asn1, by.asn1_key, store)
    told = signers.PdfSignatureMetadata(
        field_name=field,
        md_algorithm=meta.pop("md_algorithm", "sha256"),
        subfilter=SigSeedSubFilter.PADES if pades else SigSeedSubFilter.ADOBE_PKCS7_DETACHED,
        validation_context=context,
        signer_key_usage=set(),
        **meta,
    )
    pdf_signer = _At(
        told, signer, timestamper=clock, new_field_spec=SigFieldSpec(field, box=box) if box else None, claimed=claimed
    )
    out = io.BytesIO()
    pdf_signer.sign_pdf(writer, output=out, in_place=False)
    return out.getvalue()


class _At(signers.PdfSigner):
    """Signs with a clock of the test's."""

    def __init__(self, *args: Any, claimed: datetime | None, **more: Any) -> None:
        self.claimed = claimed
        super().__init__(*args, **more)

    def init_signing_session(self, *args: Any, **more: Any) -> Any:
        session = super().init_signing_session(*args, **more)
        session.system_time = self.claimed
        return session


def crl(issuer: Party, *revoked: tuple[Party, datetime], at: datetime = NOW, days: int = 30) -> bytes:
    """A revocation list of ``issuer`` (DER)."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.certificate.subject)
        .last_update(at)
        .next_update(at + timedelta(days=days))
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer.key.public_key()), critical=False)
        .add_extension(x509.CRLNumber(1), critical=False)
    )
    for one, when in revoked:
        builder = builder.add_revoked_certificate(
            x509.RevokedCertificateBuilder()
            .serial_number(one.certificate.serial_number)
            .revocation_date(when)
            .add_extension(x509.CRLReason(x509.ReasonFlags.key_compromise), critical=False)
            .build()
        )
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def answer(
    issuer: Party, asked: Party, *, at: datetime = NOW, revoked_at: datetime | None = None, days: int = 30
) -> bytes:
    """An OCSP answer about ``asked``, by ``issuer`` itself (DER)."""
    status = ocsp.OCSPCertStatus.REVOKED if revoked_at else ocsp.OCSPCertStatus.GOOD
    builder = (
        ocsp.OCSPResponseBuilder()
        .add_response(
            cert=asked.certificate, issuer=issuer.certificate, algorithm=hashes.SHA256(), cert_status=status,
            this_update=at, next_update=at + timedelta(days=days), revocation_time=revoked_at,
            revocation_reason=x509.ReasonFlags.key_compromise if revoked_at else None,
        )
        .responder_id(ocsp.OCSPResponderEncoding.HASH, issuer.certificate)
        .certificates([issuer.certificate])
    )  # fmt: skip
    return builder.sign(issuer.key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)
