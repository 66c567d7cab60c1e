"""What the document signer of a rehearsal card signs: EF.SOD and EF.CardSecurity (ICAO Doc 9303-10 4.6.2, -11 9.2.10).

Not here: cards on which something is wrong with them (`attacks`).
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime, time

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.test_pki import CardIssuer
from provisioning.rehearsal.tlv_writing import tlv

LDS_SECURITY_OBJECT_OID = "2.23.136.1.1.1"
SECURITY_OBJECT_OID = "0.4.0.127.0.7.3.2.1"
"""What EF.CardSecurity holds."""


class _DataGroupHash(core.Sequence):  # type: ignore[misc]  # asn1crypto carries no types
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012 - asn1crypto's own way


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc]  # as above
    _child_spec = _DataGroupHash


class _LdsVersion(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012 - as above
        ("lds", core.PrintableString),
        ("unicode", core.PrintableString),
    ]


class _LdsSecurityObject(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012 - as above
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
        ("lds_version", _LdsVersion, {"optional": True}),
    ]


def sign_security_object(
    groups: Mapping[ShortFile, bytes],
    issuer: CardIssuer,
    signed_on: date,
    digest: str = "sha256",
    lds_version: str | None = None,
) -> bytes:
    """The whole file, tag 77 included: the digest of each data group's whole file, ECDSA with SHA-256."""
    content = hash_list(groups, digest, lds_version=lds_version)
    return tlv(0x77, sign_message(LDS_SECURITY_OBJECT_OID, content, issuer, signed_on))


def sign_card_security(infos: bytes, issuer: CardIssuer, signed_on: date) -> bytes:
    """EF.CardSecurity around the set of infos."""
    return sign_message(SECURITY_OBJECT_OID, infos, issuer, signed_on)


def hash_list(groups: Mapping[ShortFile, bytes], digest: str = "sha256", *, lds_version: str | None = None) -> bytes:
    """The LDS security object: version 1 says of which LDS the card is (1.8), version 0 does not (1.7)."""
    content = {
        "version": 0 if lds_version is None else 1,
        "algorithm": {"algorithm": digest},
        "hashes": [
            {"number": int(number), "value": hashlib.new(digest, file).digest()}
            for number, file in sorted(groups.items())
        ],
    }
    if lds_version is not None:
        content["lds_version"] = {"lds": lds_version, "unicode": "040000"}
    return bytes(_LdsSecurityObject(content).dump())


def sign_message(
    kind: str, content: bytes, issuer: CardIssuer, signed_on: date, more_certificates: Iterable[bytes] = ()
) -> bytes:
    """CMS SignedData over `content` of the dotted `kind`, with the signer's certificate (and more, in DER) inside."""
    signed_at = datetime.combine(signed_on, time(3), UTC)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [kind]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": signed_at})]}),
        ]
    )
    signature = issuer.document_key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
    certificates = [_certificate(issuer), *(x509.Certificate.load(encoded) for encoded in more_certificates)]
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {"content_type": kind, "content": core.ParsableOctetString(content)},
            "certificates": certificates,
            "signer_infos": [_signer(issuer, attributes, signature)],
        }
    )
    return bytes(cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


def _certificate(issuer: CardIssuer) -> x509.Certificate:
    return x509.Certificate.load(issuer.document_signer.public_bytes(Encoding.DER))


def _signer(issuer: CardIssuer, attributes: cms.CMSAttributes, signature: bytes) -> cms.SignerInfo:
    certificate = _certificate(issuer)
    return cms.SignerInfo(
        {
            "version": "v1",
            "sid": cms.SignerIdentifier(
                {"issuer_and_serial_number": {"issuer": certificate.issuer, "serial_number": certificate.serial_number}}
            ),
            "digest_algorithm": {"algorithm": "sha256"},
            "signed_attrs": attributes,
            "signature_algorithm": {"algorithm": "sha256_ecdsa"},
            "signature": signature,
        }
    )
