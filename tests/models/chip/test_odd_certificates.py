"""Certificates that break rules: named when they do no harm, refused when they could."""

from collections.abc import Callable

import pytest
from asn1crypto import core, keys, x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.chip.certificates import LARGEST_CERTIFICATE_BYTES, country_of, parse_certificate
from models.chip.curves import BRAINPOOL_P256, CURVES
from models.chip.signatures import UnsupportedKeyError, check_public_key
from models.chip.tlv import ParseError, encode
from models.chip.trust_store import TrustStore
from tests.builders.country_lists import country_certificate, revocation_list

KEY = ec.generate_private_key(ec.BrainpoolP256R1())
WITH_ZONE = b"20200101000000Z"
GOOD = country_certificate(KEY, KEY)


def altered(change: Callable[[x509.TbsCertificate], None], certificate: bytes = GOOD) -> bytes:
    """The certificate with another body, signed anew."""
    loaded = x509.Certificate.load(certificate)
    change(loaded["tbs_certificate"])
    loaded["signature_value"] = KEY.sign(loaded["tbs_certificate"].dump(force=True), ec.ECDSA(hashes.SHA256()))
    return bytes(loaded.dump(force=True))


def with_serial(serial: int) -> bytes:
    def change(body: x509.TbsCertificate) -> None:
        body["serial_number"] = serial

    return altered(change)


def with_extension(number: str, content: bytes, *, critical: bool = False) -> bytes:
    def change(body: x509.TbsCertificate) -> None:
        fields = {"extn_id": number, "critical": critical, "extn_value": core.ParsableOctetString(content)}
        body["extensions"].append(x509.Extension(fields))

    return altered(change)


def with_algorithm_parameters(body: x509.TbsCertificate) -> None:
    body["signature"]["parameters"] = core.Null()


def without_zone() -> bytes:
    """Its last day as a GeneralizedTime without a zone, of the same length as the UTCTime with one."""
    ends = x509.Certificate.load(GOOD)["tbs_certificate"]["validity"]["not_after"].dump()
    return GOOD.replace(ends, b"\x18\x0d2036111807.50")


def of_another_country_at_a_glance(body: x509.TbsCertificate) -> None:
    """A name in which the bytes of "country Laos" stand inside another field, before the country."""
    hidden = x509.NameTypeAndValue(
        {
            "type": "common_name",
            "value": x509.DirectoryString(name="utf8_string", value=core.UTF8String("\x06\x03U\x04\x06\x13\x02LA")),
        }
    )
    sets = [x509.RelativeDistinguishedName([hidden]), *body["subject"].chosen]
    body["subject"] = x509.Name(name="", value=x509.RDNSequence(sets))


def without_key_use(body: x509.TbsCertificate) -> None:
    for extension in body["extensions"]:
        if extension["extn_id"].native == "key_usage":
            extension["extn_value"] = core.ParsableOctetString(x509.KeyUsage({"digital_signature"}).dump())


def with_two_algorithms(body: x509.TbsCertificate) -> None:
    body["signature"]["algorithm"] = "sha512_ecdsa"


def of_version_one(body: x509.TbsCertificate) -> None:
    body["version"] = "v1"


@pytest.mark.parametrize("serial", [0, -78])
def test_a_serial_number_that_is_not_positive_is_remarked_and_the_anchor_counts(serial: int) -> None:
    (anchor,) = TrustStore.of([with_serial(serial)]).anchors
    assert (anchor.serial, anchor.remarks) == (serial, ("Its serial number is not positive.",))


def test_trailing_data_in_the_signature_algorithm_is_remarked_and_the_anchor_counts() -> None:
    (anchor,) = TrustStore.of([altered(with_algorithm_parameters)]).anchors
    assert anchor.remarks == ("Its signature algorithm has trailing data.",)
    assert TrustStore.of([GOOD]).anchors[0].remarks == ()


@pytest.mark.parametrize(
    ("certificate", "words"),
    [
        (with_extension("1.2.3.4", b"\x05\x00", critical=True), "critical extension"),
        (altered(of_another_country_at_a_glance), "country"),
        (altered(without_key_use), "may not sign certificates"),
        (altered(with_two_algorithms), "two signature algorithms"),
        (altered(of_version_one), "another version"),
        (without_zone(), "zone"),
        (with_extension("2.5.29.14", encode(0x04, b"twice")), "twice"),
        (
            with_extension("2.5.29.16", encode(0x30, encode(0x80, WITH_ZONE))).replace(WITH_ZONE, b"2020010100.1234"),
            "zone",
        ),
        (with_extension("1.2.3.4", bytes(8 * 1024 + 1)), "longer than any real one"),
        (with_extension("2.23.136.1.1.6.2", encode(0x30, encode(0x31, b""))), "document types"),
        (encode(0x30, encode(0x30, encode(0x02, b"\x01"))), "cannot be read"),
        (encode(0x30, b""), "cannot be read"),
        (GOOD + bytes(LARGEST_CERTIFICATE_BYTES), "larger"),
    ],
)
def test_what_could_do_harm_is_refused_and_named(certificate: bytes, words: str) -> None:
    trust = TrustStore.of([certificate, GOOD])
    assert [anchor.encoded for anchor in trust.anchors] == [GOOD]
    assert len(trust.passed_over) == 1
    assert words in trust.passed_over[0]


def test_a_revocation_list_that_cannot_be_read_is_named_beside_the_good_one() -> None:
    good = revocation_list(KEY)
    trust = TrustStore.of([GOOD], [b"", good[:-1], encode(0x30, encode(0x30, b"")), good + b"\x00", good])
    assert [one.encoded for one in trust.of_state("VNM").lists] == [good]
    assert len(trust.passed_over) == 4


def test_a_certificate_that_names_no_country_belongs_to_none() -> None:
    def nameless(body: x509.TbsCertificate) -> None:
        body["subject"] = x509.Name.build({"common_name": "nobody"})
        body["issuer"] = x509.Name.build({"common_name": "nobody"})

    certificate = altered(nameless)
    assert country_of(certificate) == parse_certificate(certificate).country == ""
    assert TrustStore.of([certificate]).of_country("VNM") == ()


def key_info(key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey) -> keys.PublicKeyInfo:
    return keys.PublicKeyInfo.load(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))


@pytest.mark.parametrize("curve", CURVES, ids=lambda curve: curve.name)
def test_the_generator_of_every_curve_is_a_usable_key_and_its_neighbour_none(curve: object) -> None:
    assert isinstance(curve, type(BRAINPOOL_P256))
    width = curve.width
    domain = keys.SpecifiedECDomain(
        {
            "version": 1,
            "field_id": {"field_type": "prime_field", "parameters": core.Integer(curve.p)},
            "curve": {"a": curve.a.to_bytes(width), "b": curve.b.to_bytes(width)},
            "base": b"\x04" + b"".join(number.to_bytes(width) for number in curve.generator),
            "order": curve.n,
            "cofactor": 1,
        }
    )
    info = keys.PublicKeyInfo(
        {
            "algorithm": {"algorithm": "ec", "parameters": keys.ECDomainParameters(name="specified", value=domain)},
            "public_key": keys.ECPointBitString.from_coords(*curve.generator),
        }
    )
    for encoded, usable in ((info.dump(), True), (_with_last_bit_turned(info.dump()), False)):
        loaded = keys.PublicKeyInfo.load(encoded)
        if usable:
            check_public_key(loaded)
        else:
            with pytest.raises(UnsupportedKeyError):
                check_public_key(loaded)


def _with_last_bit_turned(encoded: bytes) -> bytes:
    return encoded[:-1] + bytes([encoded[-1] ^ 1])


def test_a_key_that_we_do_not_compute_with_vouches_for_nobody() -> None:
    with pytest.raises(UnsupportedKeyError):
        check_public_key(key_info(ec.generate_private_key(ec.SECP256K1()).public_key()))
    with pytest.raises(UnsupportedKeyError):
        check_public_key(keys.PublicKeyInfo({"algorithm": {"algorithm": "ed25519"}, "public_key": bytes(32)}))


@pytest.mark.parametrize("read", [parse_certificate, country_of])
def test_no_bytes_are_a_certificate(read: Callable[[bytes], object]) -> None:
    for content in (b"", b"\x30\x80\x00\x00", encode(0x30, encode(0x30, b"\x02"))):
        with pytest.raises(ParseError):
            read(content)
