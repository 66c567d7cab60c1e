"""Revocation lists, link certificates and master lists of made-up countries; keys are made anew and kept nowhere."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, timedelta

from asn1crypto import cms, core
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from models.chip.tlv import encode
from tests.builders.chip_evidence import AT, der, name

MASTER_LIST = "2.23.136.1.1.2"
_MONTH = timedelta(days=30)
_YEAR = timedelta(days=365)


def revocation_list(
    key: ec.EllipticCurvePrivateKey,
    country: str = "VN",
    revoked: Mapping[int, datetime] | None = None,
    *,
    issued_at: datetime = AT - _MONTH,
    next_due_at: datetime = AT + _MONTH,
    extension: x509.ExtensionType | None = None,
) -> bytes:
    """A list in DER that "CSCA Test" of this country issues with `key`."""
    builder = x509.CertificateRevocationListBuilder().issuer_name(name(country, "CSCA Test"))
    builder = builder.last_update(issued_at).next_update(next_due_at).add_extension(x509.CRLNumber(1), critical=False)
    if extension is not None:
        builder = builder.add_extension(extension, critical=True)
    for serial, instant in (revoked or {}).items():
        entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(instant).build()
        builder = builder.add_revoked_certificate(entry)
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def country_certificate(
    new_key: ec.EllipticCurvePrivateKey,
    signing_key: ec.EllipticCurvePrivateKey,
    country: str = "VN",
    *,
    serial: int | None = None,
    ends: datetime = AT + 10 * _YEAR,
    uses: tuple[str, ...] = ("key_cert_sign", "crl_sign"),
    identified: bool = True,
    common_name: str = "CSCA Test",
) -> bytes:
    """The certificate of `new_key` in DER: a link when `signing_key` is another one; with key identifiers or none."""
    subject = name(country, common_name)
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(signing_key.public_key())
    builder = (
        x509.CertificateBuilder(subject_name=subject, issuer_name=subject, public_key=new_key.public_key())
        .serial_number(serial or x509.random_serial_number())
        .not_valid_before(AT - _YEAR)
        .not_valid_after(ends)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(uses), critical=True)
    )
    if identified:
        own = x509.SubjectKeyIdentifier.from_public_key(new_key.public_key())
        builder = builder.add_extension(own, critical=False).add_extension(above, critical=False)
    return der(builder.sign(signing_key, hashes.SHA256()))


def _usage(uses: tuple[str, ...]) -> x509.KeyUsage:
    every = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip
    return x509.KeyUsage(**{use: use in uses for use in every})


def master_list(
    certificates: list[bytes],
    *,
    purpose: str = "2.23.136.1.1.3",
    version: int = 0,
    country_key: ec.EllipticCurvePrivateKey | None = None,
    carried: bytes | None = None,
    signed_at: datetime | None = None,
    uses: tuple[str, ...] = (),
) -> bytes:
    """A list that a signer of Germany made; `carried` is the country certificate that it brings instead of its own.

    `uses` are those of the signer's key; without any the certificate does not limit them.
    """
    country_key = country_key or ec.generate_private_key(ec.SECP256R1())
    signer_key = ec.generate_private_key(ec.SECP256R1())
    signer = _list_signer(signer_key, country_key, purpose, uses)
    listed = b"".join(sorted(certificates))
    content = encode(0x30, bytes([2, 1, version]) + encode(0x31, listed))
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [MASTER_LIST]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
        ]
    )
    if signed_at is not None:
        moment = cms.Time({"utc_time": signed_at})
        attributes.append(cms.CMSAttribute({"type": "signing_time", "values": [moment]}))
    signature = signer_key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
    own = asn1_x509.Certificate.load(signer)
    said = {
        "version": "v3",
        "sid": cms.SignerIdentifier(name="subject_key_identifier", value=own.key_identifier),
        "digest_algorithm": {"algorithm": "sha256"},
        "signed_attrs": attributes,
        "signature_algorithm": {"algorithm": "sha256_ecdsa"},
        "signature": signature,
    }
    above = carried or country_certificate(country_key, country_key, "DE")
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": MASTER_LIST, "content": core.ParsableOctetString(content)},
            "certificates": [own, asn1_x509.Certificate.load(above)],
            "signer_infos": [cms.SignerInfo(said)],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _list_signer(
    key: ec.EllipticCurvePrivateKey, country_key: ec.EllipticCurvePrivateKey, purpose: str, uses: tuple[str, ...]
) -> bytes:
    builder = (
        x509.CertificateBuilder(
            subject_name=name("DE", "List Signer"), issuer_name=name("DE", "CSCA Test"), public_key=key.public_key()
        )
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - _YEAR)
        .not_valid_after(AT + _YEAR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.ExtendedKeyUsage([x509.ObjectIdentifier(purpose)]), critical=True)
    )
    if uses:
        builder = builder.add_extension(_usage(uses), critical=True)
    return der(builder.sign(country_key, hashes.SHA256()))
