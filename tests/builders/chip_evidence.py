"""Evidence of made-up cards, with one thing at a time made otherwise; issuers are made anew and kept nowhere."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from functools import cache

from asn1crypto import core, keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from models.chip.curves import BRAINPOOL_P256, Curve
from models.chip.tlv import encode
from models.evidence import AccessProtocol, ActiveAuthentication, CardEvidence, ChallengeBy
from provisioning.rehearsal.data_group_writing import mrz_group
from provisioning.rehearsal.security_info_writing import card_access_file, security_options_group
from provisioning.rehearsal.security_object import sign_security_object
from provisioning.rehearsal.soft_chip.card import ShortFile
from provisioning.rehearsal.test_pki import CardIssuer
from tests.builders.active_keys import dg15_of, plain_ecdsa
from tests.builders.chip_authentication_runs import CurveKey, good_run

AT = datetime(2026, 11, 20, 7, 0, tzinfo=UTC)
ZONE = "IDVNM2080123455001208012345<<60809030M3309036VNM<<<<<<<<<<<8NGUYEN<<VAN<AN<<<<<<<<<<<<<<<<"
PORTRAIT_FILE = encode(0x75, b"a portrait's file, of which only the digest travels")
CARD_ACCESS = card_access_file(13)
CHIP_KEY = CurveKey(private=ec.derive_private_key(0x51, ec.BrainpoolP256R1()))
ACTIVE_KEY = ec.derive_private_key(0xAA, ec.BrainpoolP256R1())
DG14 = security_options_group(13, CHIP_KEY.public)
DG15 = dg15_of(ACTIVE_KEY)
CHALLENGE = bytes.fromhex("a1a2a3a4a5a6a7a8")
_YEAR = timedelta(days=365)
_ALL_USES = ("digital_signature", "content_commitment", "key_encipherment", "data_encipherment", "key_agreement",
             "key_cert_sign", "crl_sign", "encipher_only", "decipher_only")  # fmt: skip


def name(country: str, common_name: str) -> x509.Name:
    parts = [(NameOID.COUNTRY_NAME, country), (NameOID.COMMON_NAME, common_name)]
    return x509.Name([x509.NameAttribute(kind, text) for kind, text in parts])


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What a document signer's certificate says; the defaults are what a good one says."""

    country: str = "VN"
    starts: datetime = AT - 6 * _YEAR
    ends: datetime = AT + 12 * _YEAR
    use: str = "digital_signature"
    authority: bool = False
    listed_purpose: bool = False
    key_until: datetime | None = None
    document_types: tuple[str, ...] = ()
    unknown_demand: bool = False


def make_issuer(terms: Terms = Terms(), country_key: ec.EllipticCurvePrivateKey | None = None) -> CardIssuer:
    """A country signer called "CSCA Test" and a document signer under it; another key each time unless given."""
    country_key = country_key or ec.generate_private_key(ec.BrainpoolP256R1())
    document_key = ec.generate_private_key(ec.BrainpoolP256R1())
    country_name = name(terms.country, "CSCA Test")
    country = (
        _builder(country_name, country_name, country_key, country_key, Terms(starts=AT - 8 * _YEAR))
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage("key_cert_sign", "crl_sign"), critical=True)
        .sign(country_key, hashes.SHA256())
    )
    document = _builder(name(terms.country, "DS Test"), country_name, document_key, country_key, terms)
    document = document.add_extension(_usage(terms.use), critical=True)
    if terms.authority:
        document = document.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    if terms.listed_purpose:
        document = document.add_extension(
            x509.ExtendedKeyUsage([x509.ObjectIdentifier("2.23.136.1.1.3")]), critical=True
        )
    if terms.key_until is not None:
        document = document.add_extension(x509.PrivateKeyUsagePeriod(terms.starts, terms.key_until), critical=False)
    if terms.unknown_demand:
        demand = x509.UnrecognizedExtension(x509.ObjectIdentifier("1.2.3.4"), b"\x05\x00")
        document = document.add_extension(demand, critical=True)
    if terms.document_types:
        kinds = b"".join(sorted(encode(0x13, kind.encode()) for kind in terms.document_types))
        listed = encode(0x30, b"\x02\x01\x00" + encode(0x31, kinds))
        unknown = x509.UnrecognizedExtension(x509.ObjectIdentifier("2.23.136.1.1.6.2"), listed)
        document = document.add_extension(unknown, critical=False)
    return CardIssuer(
        country_signer=country,
        document_signer=document.sign(country_key, hashes.SHA256()),
        document_key=document_key,
    )


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    issuer_key: ec.EllipticCurvePrivateKey,
    terms: Terms,
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(terms.starts)
        .not_valid_after(terms.ends)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _usage(*uses: str) -> x509.KeyUsage:
    return x509.KeyUsage(**{purpose: purpose in uses for purpose in _ALL_USES})


@cache
def issuer() -> CardIssuer:
    """The one that the tests trust."""
    return make_issuer()


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(Encoding.DER)


def groups(zone: str = ZONE) -> dict[ShortFile, bytes]:
    return {
        ShortFile.DG1: mrz_group(zone),
        ShortFile.DG2: PORTRAIT_FILE,
        ShortFile.DG14: DG14,
        ShortFile.DG15: DG15,
    }


def make_evidence(
    signed: Mapping[ShortFile, bytes] | None = None,
    shown: Mapping[ShortFile, bytes] | None = None,
    *,
    by: CardIssuer | None = None,
    access: AccessProtocol = AccessProtocol.PACE_CAN,
    card_access: bytes = CARD_ACCESS,
    signed_on: date = date(2023, 1, 5),
) -> CardEvidence:
    """What a card shows whose security object was made over `signed`, and which then shows the files `shown`.

    It answers for the usual keys, whichever keys are shown.
    """
    signed = groups() if signed is None else signed
    files = dict(signed if shown is None else shown)
    portrait = files.pop(ShortFile.DG2)
    return CardEvidence(
        access=access,
        ef_card_access=card_access,
        security_object=sign_security_object(signed, by or issuer(), signed_on),
        data_groups={int(number): content for number, content in files.items()},
        digests={2: hashlib.sha256(portrait).digest()},
        read_at=AT,
        chip_authentication=good_run(CHIP_KEY) if ShortFile.DG14 in files else None,
        active_authentication=active_run() if ShortFile.DG15 in files else None,
    )


def active_run(key: ec.EllipticCurvePrivateKey = ACTIVE_KEY, challenge: bytes = CHALLENGE) -> ActiveAuthentication:
    """A run that the chip with this key answered."""
    return ActiveAuthentication(
        challenge=challenge,
        challenge_by=ChallengeBy.BOX,
        response=plain_ecdsa(key, key.sign(challenge, ec.ECDSA(hashes.SHA256()))),
    )


def with_curve_written_out(
    certificate: bytes,
    curve: Curve = BRAINPOOL_P256,
    changed: Mapping[str, int] | None = None,
    key: ec.EllipticCurvePrivateKey | None = None,
) -> bytes:
    """The certificate with its curve spelt out, signed anew by `key`; without one its signature is spoilt.

    `changed` gives other values for p, a, b, x, y, n or h.
    """
    width = curve.width
    values = {"p": curve.p, "a": curve.a, "b": curve.b, "n": curve.n, "h": 1}
    values |= {"x": curve.generator[0], "y": curve.generator[1], **(changed or {})}
    loaded = asn1_x509.Certificate.load(certificate)
    domain = keys.SpecifiedECDomain(
        {
            "version": 1,
            "field_id": {"field_type": "prime_field", "parameters": core.Integer(values["p"])},
            "curve": {"a": values["a"].to_bytes(width), "b": values["b"].to_bytes(width)},
            "base": b"\x04" + values["x"].to_bytes(width) + values["y"].to_bytes(width),
            "order": values["n"],
            "cofactor": values["h"],
        }
    )
    algorithm = loaded["tbs_certificate"]["subject_public_key_info"]["algorithm"]
    algorithm["parameters"] = keys.ECDomainParameters(name="specified", value=domain)
    if key is not None:
        signed = loaded["tbs_certificate"].dump(force=True)
        loaded["signature_value"] = core.OctetBitString(key.sign(signed, ec.ECDSA(hashes.SHA256())))
    return bytes(loaded.dump(force=True))
