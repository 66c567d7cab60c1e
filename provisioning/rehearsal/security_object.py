"""EF.SOD of a rehearsal card: the hashes of its data groups, signed by the document signer (ICAO Doc 9303-10 4.6.2)."""

import hashlib
from collections.abc import Mapping
from datetime import UTC, date, datetime, time

from asn1crypto import algos, cms, core, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.test_pki import CardIssuer
from provisioning.rehearsal.tlv_writing import tlv

LDS_SECURITY_OBJECT_OID = "2.23.136.1.1.1"


class _DataGroupHash(core.Sequence):  # type: ignore[misc]  # asn1crypto carries no types
    _fields = [("number", core.Integer), ("value", core.OctetString)]  # noqa: RUF012 - asn1crypto's own way


class _DataGroupHashes(core.SequenceOf):  # type: ignore[misc]  # as above
    _child_spec = _DataGroupHash


class _LdsSecurityObject(core.Sequence):  # type: ignore[misc]  # as above
    _fields = [  # noqa: RUF012 - as above
        ("version", core.Integer),
        ("algorithm", algos.DigestAlgorithm),
        ("hashes", _DataGroupHashes),
    ]


def sign_security_object(groups: Mapping[ShortFile, bytes], issuer: CardIssuer, signed_on: date) -> bytes:
    """The whole file, tag 77 included: SHA-256 of each data group's whole file, ECDSA with SHA-256."""
    content = _LdsSecurityObject(
        {
            "version": 0,
            "algorithm": {"algorithm": "sha256"},
            "hashes": [
                {"number": int(number), "value": hashlib.sha256(file).digest()}
                for number, file in sorted(groups.items())
            ],
        }
    ).dump()
    signed_at = datetime.combine(signed_on, time(3), UTC)
    attributes = cms.CMSAttributes(
        [
            cms.CMSAttribute({"type": "content_type", "values": [LDS_SECURITY_OBJECT_OID]}),
            cms.CMSAttribute({"type": "message_digest", "values": [hashlib.sha256(content).digest()]}),
            cms.CMSAttribute({"type": "signing_time", "values": [cms.Time({"utc_time": signed_at})]}),
        ]
    )
    signature = issuer.document_key.sign(attributes.dump(), ec.ECDSA(hashes.SHA256()))
    signed = cms.SignedData(
        {
            "version": "v3",
            "digest_algorithms": [{"algorithm": "sha256"}],
            "encap_content_info": {
                "content_type": LDS_SECURITY_OBJECT_OID,
                "content": core.ParsableOctetString(content),
            },
            "certificates": [_certificate(issuer)],
            "signer_infos": [_signer(issuer, attributes, signature)],
        }
    )
    return tlv(0x77, cms.ContentInfo({"content_type": "signed_data", "content": signed}).dump())


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
