"""CMS messages of a made-up document signer, with one thing at a time made otherwise; keys are made once per run."""

import hashlib
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache

from asn1crypto import algos, cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from models.chip.tlv import encode

LDS_SECURITY_OBJECT = "2.23.136.1.1.1"
SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"
SIGNED_AT = datetime(2023, 1, 5, 3, 0, tzinfo=UTC)
HASHES: dict[str, hashes.HashAlgorithm] = {
    "sha1": hashes.SHA1(),  # noqa: S303 - old documents are signed with it
    "sha224": hashes.SHA224(),
    "sha256": hashes.SHA256(),
    "sha384": hashes.SHA384(),
    "sha512": hashes.SHA512(),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Wrapping:
    """How a content is signed and wrapped; the defaults are what a good signer does."""

    content_type: str = LDS_SECURITY_OBJECT
    scheme: str = "ecdsa"
    digest: str = "sha256"
    version: str = "v3"
    signer_version: str = "v1"
    by_key_identifier: bool = False
    named_digests: tuple[str, ...] | None = None
    attribute_types: tuple[str, ...] = ("content_type", "message_digest", "signing_time")
    attributed_type: str | None = None
    signers: int = 1
    times: int = 1
    certificates: tuple[bytes, ...] | None = field(default=None, repr=False)


@cache
def document_key(scheme: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    """The signer's key for "ecdsa", "rsa" or "pss"."""
    if scheme == "ecdsa":
        return ec.generate_private_key(ec.BrainpoolP256R1())
    return rsa.generate_private_key(65537, 2048)


@cache
def signer_certificate(scheme: str) -> bytes:
    """The signer's certificate, in DER."""
    key = document_key(scheme)
    name = x509.Name(
        [x509.NameAttribute(NameOID.COUNTRY_NAME, "VN"), x509.NameAttribute(NameOID.COMMON_NAME, f"DS {scheme}")]
    )
    builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
    builder = builder.serial_number(77).not_valid_before(SIGNED_AT - timedelta(days=1))
    builder = builder.not_valid_after(SIGNED_AT + timedelta(days=4000))
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    signed = builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256())
    return signed.public_bytes(Encoding.DER)


def signed_message(content: bytes, wrapping: Wrapping = Wrapping()) -> bytes:
    """The ContentInfo in DER."""
    kinds = {
        "content_type": wrapping.attributed_type or wrapping.content_type,
        "message_digest": hashlib.new(wrapping.digest, content).digest(),
        "signing_time": cms.Time({"utc_time": SIGNED_AT}),
    }
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute(
                {"type": kind, "values": [kinds[kind]] * (wrapping.times if kind == "signing_time" else 1)}
            )
            for kind in wrapping.attribute_types
        ]
    )
    named = wrapping.named_digests if wrapping.named_digests is not None else (wrapping.digest,)
    certificates = wrapping.certificates
    if certificates is None:
        certificates = (signer_certificate(wrapping.scheme),)
    signed = cms.SignedData(
        {
            "version": wrapping.version,
            "digest_algorithms": [{"algorithm": name} for name in named],
            "encap_content_info": {
                "content_type": wrapping.content_type,
                "content": core.ParsableOctetString(content),
            },
            "certificates": [asn1_x509.Certificate.load(one) for one in certificates],
            "signer_infos": [_signer(wrapping, attributes)] * wrapping.signers,
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def security_object_file(
    digests: dict[int, bytes], wrapping: Wrapping = Wrapping(), *, digest: str = "sha256", version: int = 0,
    named: tuple[bytes, bytes] | None = None,
) -> bytes:  # fmt: skip
    """EF.SOD over `digests`; `named` are the versions of LDS and Unicode that LDS 1.8 writes behind them."""
    return encode(
        0x77, signed_message(lds_security_object(digests, digest=digest, version=version, named=named), wrapping)
    )


def lds_security_object(
    digests: dict[int, bytes], *, digest: str = "sha256", version: int = 0, named: tuple[bytes, bytes] | None = None
) -> bytes:
    """The content of EF.SOD, written apart from the code that reads it."""
    algorithm = bytes(algos.DigestAlgorithm({"algorithm": digest}).dump())
    entries = b"".join(
        encode(0x30, encode(0x02, bytes([number])) + encode(0x04, value)) for number, value in digests.items()
    )
    versions = b"" if named is None else encode(0x30, b"".join(encode(0x13, text) for text in named))
    return encode(0x30, encode(0x02, bytes([version])) + algorithm + encode(0x30, entries) + versions)


def _signer(wrapping: Wrapping, attributes: cms.CMSAttributes) -> cms.SignerInfo:
    certificate = asn1_x509.Certificate.load(signer_certificate(wrapping.scheme))
    by_number = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    sid = ("subject_key_identifier", certificate.key_identifier) if wrapping.by_key_identifier else (
        "issuer_and_serial_number", by_number
    )  # fmt: skip
    algorithm, signature = _sign(wrapping, attributes.dump())
    return cms.SignerInfo(
        {
            "version": wrapping.signer_version,
            "sid": cms.SignerIdentifier({sid[0]: sid[1]}),
            "digest_algorithm": {"algorithm": wrapping.digest},
            "signed_attrs": attributes,
            "signature_algorithm": algorithm,
            "signature": signature,
        }
    )


def _sign(wrapping: Wrapping, message: bytes) -> tuple[dict[str, object], bytes]:
    key, chosen = document_key(wrapping.scheme), HASHES[wrapping.digest]
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return {"algorithm": f"{wrapping.digest}_ecdsa"}, key.sign(message, ec.ECDSA(chosen))
    if wrapping.scheme == "rsa":
        return {"algorithm": f"{wrapping.digest}_rsa"}, key.sign(message, padding.PKCS1v15(), chosen)
    parameters = {
        "hash_algorithm": {"algorithm": wrapping.digest},
        "mask_gen_algorithm": {"algorithm": "mgf1", "parameters": {"algorithm": wrapping.digest}},
        "salt_length": chosen.digest_size,
    }
    scheme = padding.PSS(mgf=padding.MGF1(chosen), salt_length=chosen.digest_size)
    return {"algorithm": "rsassa_pss", "parameters": parameters}, key.sign(message, scheme, chosen)
