"""Issuers of cards with whom something is wrong, and revocation lists: for attacks that a box must refuse.

Everything hangs on the rehearsal's own issuers; no real one is touched. Not here: the cards (`attacks`).
"""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime, timedelta

from asn1crypto import core, keys
from asn1crypto import x509 as asn1_x509
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from models.errors import BadInputError
from provisioning.rehearsal.public_key_writing import integer, written_out
from provisioning.rehearsal.soft_chip.curve_table import CURVES
from provisioning.rehearsal.soft_chip.elliptic_curve import Curve
from provisioning.rehearsal.test_pki import (
    CardIssuer,
    SignerTerms,
    country_certificate,
    distinguished_name,
    document_certificate,
)
from provisioning.rehearsal.tlv_writing import tlv

_YEAR = timedelta(days=365)
_CURVE = CURVES[13]


class KeylessIssuerError(BadInputError):
    """This issuer's country key is not at hand, so no further signer can be certified; open it with `open_issuers`."""


def new_country(name: str, country: str, now: datetime) -> CardIssuer:
    """A country signer that nobody knows, and a document signer under it."""
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    signer = country_certificate(distinguished_name(name, country), key, now - 8 * _YEAR)
    return _under(signer, key, SignerTerms(starts=now - 6 * _YEAR, country=country))


def namesake(trusted: CardIssuer, now: datetime) -> CardIssuer:
    """A country signer with the trusted one's name and another key."""
    key = ec.generate_private_key(ec.BrainpoolP256R1())
    return _under(
        country_certificate(trusted.country_signer.subject, key, now - 8 * _YEAR),
        key,
        SignerTerms(starts=now - 6 * _YEAR),
    )


def another_signer(trusted: CardIssuer, terms: SignerTerms) -> CardIssuer:
    """A document signer that the trusted country signer certified on other terms."""
    return _under(trusted.country_signer, country_key_of(trusted), terms)


def revocation_list(issuer: CardIssuer, revoked: Iterable[x509.Certificate], made_at: datetime) -> bytes:
    """The country's list in DER; it is due again ninety days after `made_at`."""
    builder = (
        x509.CertificateRevocationListBuilder()
        .issuer_name(issuer.country_signer.subject)
        .last_update(made_at)
        .next_update(made_at + timedelta(days=90))
    )
    for certificate in revoked:
        entry = x509.RevokedCertificateBuilder().serial_number(certificate.serial_number).revocation_date(made_at)
        builder = builder.add_revoked_certificate(entry.build())
    return builder.sign(country_key_of(issuer), hashes.SHA256()).public_bytes(Encoding.DER)


def with_changed_curve(certificate: bytes, number: str) -> bytes:
    """The certificate with its curve written out and one of its six numbers changed.

    `number` is p, a, b, generator, order or cofactor. The certificate's own signature no longer fits.
    """
    changed = {
        "p": replace(_CURVE, p=_CURVE.p + 2),
        "a": replace(_CURVE, a=_CURVE.a - 1),
        "b": replace(_CURVE, b=_CURVE.b + 1),
        "generator": replace(_CURVE, generator=_CURVE.multiply(2, _CURVE.generator)),
        "order": replace(_CURVE, order=_CURVE.order + 2),
    }.get(number, _CURVE)
    return _with_domain(certificate, written_out(changed, 2 if number == "cofactor" else 1))


def issuer_with_own_generator(trusted: CardIssuer, now: datetime) -> tuple[CardIssuer, bytes]:
    """The fault of CVE-2020-0601: the trusted country's public key on a curve whose generator the attacker chose.

    The attacker then knows a private key to it. Gives the document signer so certified, and the country signer to carry
    beside it.
    """
    public = trusted.country_signer.public_key()
    if not isinstance(public, ec.EllipticCurvePublicKey):
        raise KeylessIssuerError("The rehearsal's country signer has no key on a curve.")
    point = (public.public_numbers().x, public.public_numbers().y)
    private = secrets.randbelow(_CURVE.order - 2) + 2
    curve = replace(_CURVE, generator=_CURVE.multiply(pow(private, -1, _CURVE.order), point))
    carried = _with_domain(trusted.country_signer.public_bytes(Encoding.DER), written_out(curve))
    honest = another_signer(trusted, SignerTerms(starts=now - 6 * _YEAR))
    certificate = asn1_x509.Certificate.load(honest.document_signer.public_bytes(Encoding.DER))
    certificate["signature_value"] = core.OctetBitString(_signed(curve, private, certificate["tbs_certificate"].dump()))
    forged = x509.load_der_x509_certificate(certificate.dump(force=True))
    return replace(honest, document_signer=forged), carried


def country_key_of(issuer: CardIssuer) -> ec.EllipticCurvePrivateKey:
    """The key that certifies signers; raises `KeylessIssuerError`."""
    if issuer.country_key is None:
        raise KeylessIssuerError("This issuer's country key is not at hand.")
    return issuer.country_key


def _under(signer: x509.Certificate, key: ec.EllipticCurvePrivateKey, terms: SignerTerms) -> CardIssuer:
    document_key = ec.generate_private_key(ec.BrainpoolP256R1())
    return CardIssuer(
        country_signer=signer,
        document_signer=document_certificate(signer, key, document_key, terms),
        document_key=document_key,
        country_key=key,
    )


def _with_domain(certificate: bytes, domain: bytes) -> bytes:
    loaded = asn1_x509.Certificate.load(certificate)
    algorithm = loaded["tbs_certificate"]["subject_public_key_info"]["algorithm"]
    algorithm["parameters"] = keys.ECDomainParameters.load(domain)
    return bytes(loaded.dump(force=True))


def _signed(curve: Curve, private: int, message: bytes) -> bytes:
    """ECDSA with SHA-256 in DER, with whatever generator the curve says."""
    once = secrets.randbelow(curve.order - 1) + 1
    r = curve.multiply(once, curve.generator)[0] % curve.order
    digest = int.from_bytes(hashlib.sha256(message).digest(), "big")
    s = pow(once, -1, curve.order) * (digest + r * private) % curve.order
    return tlv(0x30, integer(r), integer(s))
