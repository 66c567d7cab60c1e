"""EF.SOD of a made-up issuer, of any kind of key, with one place at a time made otherwise and signed all the same."""

import hashlib
from dataclasses import dataclass
from datetime import timedelta
from functools import cache

from asn1crypto import algos, cms
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import dsa, ec, padding, rsa
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec import structs

from models.chip.passive_authentication import judge_chip
from models.chip.tlv import encode
from models.chip.trust_store import TrustStore
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.active_keys import plain_ecdsa
from tests.builders.chip_evidence import AT, groups, make_evidence, name
from tests.builders.signed_messages import HASHES, SIGNED_AT, lds_security_object
from tests.conformance.der_edits import Edit, at, instead, same

_PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey | dsa.DSAPrivateKey
_PLAIN = bytes.fromhex("04007f000701010401")
_YEAR = timedelta(days=365)
_KINDS = {"rsa": "rsa", "rsa oid": "rsa", "pss": "rsa", "ecdsa": "ec", "plain": "ec", "dsa": "dsa"}
SERIAL = 77


@dataclass(frozen=True, slots=True, kw_only=True)
class SignedDocument:
    """A security object, right but for what is given.

    `scheme` is "ecdsa", "plain" (BSI's form), "rsa", "rsa oid" (the digest named apart), "pss" or "dsa"; the country
    signer's is the same unless `issuer_scheme` says otherwise. Edits see: the list of digests, the certificate's signed
    part (both are signed after the change), the certificate, the signed attributes (signed after), SignedData in its
    ContentInfo, and the whole file.
    """

    scheme: str = "ecdsa"
    digest: str = "sha256"
    issuer_scheme: str | None = None
    issuer_digest: str | None = None
    list_digest: str | None = None
    version: int = 0
    named: tuple[bytes, bytes] | None = None
    issuer: bytes | None = None
    listed: Edit = same
    signed_part: Edit = same
    certificate: Edit = same
    attributes: Edit = same
    message: Edit = same
    file: Edit = same


def verdict_of(document: SignedDocument) -> str:
    """The judgement on a sound card with this security object, before a box that trusts its country signers."""
    digest = document.list_digest or document.digest
    evidence = make_evidence()
    digests = {2: hashlib.new(digest, groups()[ShortFile.DG2]).digest()}
    evidence = structs.replace(evidence, security_object=written(document), digests=digests)
    return judge_chip(evidence, trust(), AT).verdict.name


def written(document: SignedDocument) -> bytes:
    """The file EF.SOD."""
    digest = document.list_digest or document.digest
    digests = {int(number): hashlib.new(digest, content).digest() for number, content in groups().items()}
    content = document.listed(
        lds_security_object(digests, digest=digest, version=document.version, named=document.named)
    )
    attributes = document.attributes(_attributes(content, document.digest))
    signer = encode(
        0x30,
        b"\x02\x01\x01"
        + encode(0x30, _issuer(document) + encode(0x02, bytes((SERIAL,))))
        + _digest_algorithm(document.digest)
        + b"\xa0" + attributes[1:]
        + _algorithm(document.scheme, document.digest)
        + encode(0x04, _sign(document.scheme, _key(_KINDS[document.scheme]), document.digest, attributes)),
    )  # fmt: skip
    signed = encode(
        0x30,
        b"\x02\x01\x03"
        + encode(0x31, _digest_algorithm(document.digest))
        + encode(0x30, bytes.fromhex("0606678108010101") + encode(0xA0, encode(0x04, content)))
        + encode(0xA0, _certificate(document))
        + encode(0x31, signer),
    )
    whole = encode(0x30, bytes.fromhex("06092a864886f70d010702") + encode(0xA0, signed))
    return document.file(encode(0x77, document.message(whole)))


@cache
def trust() -> TrustStore:
    """Country signers of one country and name, with each kind of key."""
    return TrustStore.of([country_signer(kind).public_bytes(Encoding.DER) for kind in ("ec", "rsa", "dsa")])


@cache
def country_signer(kind: str) -> x509.Certificate:
    key = _country_key(kind)
    identity = name("VN", "CSCA Test")
    return (
        x509.CertificateBuilder(subject_name=identity, issuer_name=identity, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(AT - 8 * _YEAR)
        .not_valid_after(AT + 12 * _YEAR)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(key_cert_sign=True, crl_sign=True), critical=True)
        .sign(key, hashes.SHA256())
    )


def _certificate(document: SignedDocument) -> bytes:
    scheme, digest = document.issuer_scheme or document.scheme, document.issuer_digest or document.digest
    algorithm = _algorithm("rsa" if scheme == "rsa oid" else scheme, digest)
    kinds = _KINDS[document.scheme], _KINDS[scheme]
    usual = at(2, put=instead(algorithm))(at(3, put=instead(_issuer(document)))(_signed_part(*kinds)))
    signed_part = document.signed_part(usual)
    signature = _sign(scheme, _country_key(kinds[1]), digest, signed_part)
    return document.certificate(encode(0x30, signed_part + algorithm + encode(0x03, b"\x00" + signature)))


def _issuer(document: SignedDocument) -> bytes:
    """The name under which the certificate was issued, in the certificate and where the signer is named."""
    return document.issuer or name("VN", "CSCA Test").public_bytes()


@cache
def _signed_part(kind: str, issuer_kind: str) -> bytes:
    """Version, serial number, algorithm, issuer, validity, subject, key, extensions (9303-12 section 7.1)."""
    key, issuer = _key(kind), country_signer(issuer_kind)
    signer = (
        x509.CertificateBuilder(
            subject_name=name("VN", "DS Test"), issuer_name=issuer.subject, public_key=key.public_key()
        )
        .serial_number(SERIAL)
        .not_valid_before(AT - 6 * _YEAR)
        .not_valid_after(AT + 12 * _YEAR)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(_country_key(issuer_kind).public_key()), critical=False
        )
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_usage(digital_signature=True), critical=True)
    )
    return signer.sign(_country_key("ec"), hashes.SHA256()).tbs_certificate_bytes


def _usage(*, digital_signature: bool = False, key_cert_sign: bool = False, crl_sign: bool = False) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=digital_signature,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=key_cert_sign,
        crl_sign=crl_sign,
        encipher_only=False,
        decipher_only=False,
    )


@cache
def _country_key(kind: str) -> _PrivateKey:
    return _new_key(kind)


@cache
def _key(kind: str) -> _PrivateKey:
    return _new_key(kind)


def _new_key(kind: str) -> _PrivateKey:
    match kind:
        case "ec":
            return ec.generate_private_key(ec.BrainpoolP256R1())
        case "rsa":
            return rsa.generate_private_key(65537, 2048)
        case _:
            return dsa.generate_private_key(1024)  # noqa: S505 - parameters of 2,048 bits take seconds


def _attributes(content: bytes, digest: str) -> bytes:
    kinds = {
        "content_type": "2.23.136.1.1.1",
        "message_digest": hashlib.new(digest, content).digest(),
        "signing_time": cms.Time({"utc_time": SIGNED_AT}),
    }
    return bytes(cms.CMSAttributes([{"type": kind, "values": [value]} for kind, value in kinds.items()]).dump())


def _digest_algorithm(digest: str) -> bytes:
    return bytes(algos.DigestAlgorithm({"algorithm": digest}).dump())


def _algorithm(scheme: str, digest: str) -> bytes:
    match scheme:
        case "plain":
            return encode(0x30, encode(0x06, _PLAIN + bytes((list(HASHES).index(digest) + 1,))))
        case "pss":
            mask = {"algorithm": "mgf1", "parameters": {"algorithm": digest}}
            numbers = {
                "hash_algorithm": {"algorithm": digest},
                "mask_gen_algorithm": mask,
                "salt_length": HASHES[digest].digest_size,
            }
            return bytes(algos.SignedDigestAlgorithm({"algorithm": "rsassa_pss", "parameters": numbers}).dump())
        case "rsa oid":
            return bytes(algos.SignedDigestAlgorithm({"algorithm": "rsassa_pkcs1v15"}).dump())
        case _:
            return bytes(algos.SignedDigestAlgorithm({"algorithm": f"{digest}_{scheme}"}).dump())


def _sign(scheme: str, key: _PrivateKey, digest: str, content: bytes) -> bytes:
    chosen = HASHES[digest]
    match key:
        case ec.EllipticCurvePrivateKey():
            signature = key.sign(content, ec.ECDSA(chosen))
            return plain_ecdsa(key, signature) if scheme == "plain" else signature
        case rsa.RSAPrivateKey() if scheme == "pss":
            return key.sign(content, padding.PSS(mgf=padding.MGF1(chosen), salt_length=chosen.digest_size), chosen)
        case rsa.RSAPrivateKey():
            return key.sign(content, padding.PKCS1v15(), chosen)
        case dsa.DSAPrivateKey():
            return key.sign(content, chosen)
