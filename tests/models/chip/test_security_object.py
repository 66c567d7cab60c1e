import hashlib
from time import perf_counter

import pytest
from asn1crypto import algos, cms
from hypothesis import given
from hypothesis import strategies as st

from models.chip.security_object import LdsVersion, own_signature_is_good, parse_security_object
from models.chip.signed_message import digest_name_of, message_signature_is_good, parse_signed_message
from models.chip.tlv import ParseError, encode
from tests.builders.signed_messages import (
    HASHES,
    LDS_SECURITY_OBJECT,
    SIGNED_AT,
    Wrapping,
    lds_security_object,
    security_object_file,
    signed_message,
    signer_certificate,
)

DIGESTS = {1: b"\x01" * 32, 2: b"\x02" * 32, 14: b"\x0e" * 32}


@pytest.mark.parametrize("scheme", ["rsa", "pss", "ecdsa"])
@pytest.mark.parametrize("digest", HASHES)
def test_lds_h_each_allowed_signature_and_digest(scheme: str, digest: str) -> None:
    digests = {1: hashlib.new(digest, b"DG1").digest(), 2: hashlib.new(digest, b"DG2").digest()}
    file = security_object_file(digests, Wrapping(scheme=scheme, digest=digest), digest=digest)
    parsed = parse_security_object(file)
    assert own_signature_is_good(parsed)
    assert (parsed.digest_name, parsed.digests, parsed.signed_at) == (digest, digests, SIGNED_AT)
    assert parsed.named_version is None


def test_lds_h_the_digest_of_the_files_may_differ_from_the_signers() -> None:
    parsed = parse_security_object(security_object_file(DIGESTS, Wrapping(digest="sha512")))
    assert own_signature_is_good(parsed)
    assert (parsed.digest_name, parsed.message.digest_name) == ("sha256", "sha512")


@pytest.mark.parametrize("lds", [b"0108", b"0109"])
def test_lds_1_8_names_its_versions(lds: bytes) -> None:
    parsed = parse_security_object(security_object_file(DIGESTS, version=1, named=(lds, b"040000")))
    assert parsed.named_version == LdsVersion(lds=lds.decode(), unicode="040000")
    assert own_signature_is_good(parsed)


@given(st.dictionaries(st.integers(1, 16), st.binary(min_size=32, max_size=32)))
def test_digests_go_there_and_back(digests: dict[int, bytes]) -> None:
    assert parse_security_object(security_object_file(digests)).digests == digests


def test_a_signer_named_by_its_key_has_version_3() -> None:
    certificates = (signer_certificate("rsa"), signer_certificate("ecdsa"))
    wrapping = Wrapping(by_key_identifier=True, signer_version="v3", certificates=certificates)
    assert own_signature_is_good(parse_security_object(security_object_file(DIGESTS, wrapping)))


def test_the_signer_is_found_among_other_certificates() -> None:
    wrapping = Wrapping(certificates=(signer_certificate("rsa"), signer_certificate("ecdsa")))
    parsed = parse_security_object(security_object_file(DIGESTS, wrapping))
    assert parsed.signer.encoded == signer_certificate("ecdsa")
    assert len(parsed.message.certificates) == 2


def test_a_content_that_was_replaced_after_signing_is_found_out() -> None:
    file = security_object_file(DIGESTS).replace(b"\x02" * 32, b"\x03" * 32)
    assert not own_signature_is_good(parse_security_object(file))


def test_attributes_that_were_replaced_after_signing_are_found_out() -> None:
    content = lds_security_object(DIGESTS)
    other = lds_security_object(DIGESTS | {2: bytes(32)})
    spoilt = signed_message(content).replace(content, other)
    spoilt = spoilt.replace(hashlib.sha256(content).digest(), hashlib.sha256(other).digest())
    assert not message_signature_is_good(parse_signed_message(spoilt, LDS_SECURITY_OBJECT))


def test_a_signing_time_may_be_absent() -> None:
    wrapping = Wrapping(attribute_types=("content_type", "message_digest"))
    assert parse_security_object(security_object_file(DIGESTS, wrapping)).signed_at is None


@pytest.mark.parametrize(
    "wrapping",
    [
        Wrapping(version="v1"),
        Wrapping(version="v2"),
        Wrapping(named_digests=()),
        Wrapping(named_digests=("sha256", "md5")),
        Wrapping(content_type="2.23.136.1.1.2"),
        Wrapping(signer_version="v3"),
        Wrapping(by_key_identifier=True),
        Wrapping(by_key_identifier=True, signer_version="v3", certificates=(signer_certificate("rsa"),)),
        Wrapping(attribute_types=()),
        Wrapping(attribute_types=("message_digest", "signing_time")),
        Wrapping(attribute_types=("content_type", "signing_time")),
        Wrapping(attribute_types=("content_type", "message_digest", "message_digest")),
        Wrapping(attributed_type="2.23.136.1.1.2"),
        Wrapping(times=0),
        Wrapping(times=2),
        Wrapping(signers=0),
        Wrapping(signers=2),
        Wrapping(certificates=()),
        Wrapping(certificates=(signer_certificate("rsa"),)),
        Wrapping(certificates=(signer_certificate("ecdsa"),) * 17),
    ],
    ids=repr,
)
def test_lds_h_other_wrappings_are_refused(wrapping: Wrapping) -> None:
    with pytest.raises(ParseError):
        parse_security_object(security_object_file(DIGESTS, wrapping))


def _with_content(content: bytes) -> bytes:
    return encode(0x77, signed_message(content))


ALGORITHM = bytes.fromhex("300d06096086480165030402010500")
ENTRIES = encode(0x30, encode(0x30, b"\x02\x01\x01" + encode(0x04, bytes(32))))


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\x30\x00",
        lds_security_object(DIGESTS, version=1),
        lds_security_object(DIGESTS, version=2),
        lds_security_object(DIGESTS, version=0, named=(b"0108", b"040000")),
        lds_security_object(DIGESTS, version=1, named=(b"108", b"040000")),
        lds_security_object(DIGESTS, version=1, named=(b"0108", b"4.0.0")),
        encode(0x30, b"\x02\x01\x01" + ALGORITHM + ENTRIES + encode(0x30, encode(0x13, b"0108"))),
        lds_security_object(DIGESTS, digest="md5"),
        lds_security_object({1: bytes(20)}),
        lds_security_object({0: bytes(32)}),
        lds_security_object({17: bytes(32)}),
        lds_security_object(DIGESTS) + b"\x00",
        encode(0x30, ALGORITHM + ENTRIES),
        encode(0x30, b"\x02\x01\x00" + ENTRIES),
        encode(0x30, b"\x02\x01\x00" + b"\x30\x00" + ENTRIES),
        encode(0x30, b"\x02\x01\x00" + b"\x30\x02\x06\x00" + ENTRIES),
        encode(0x30, b"\x02\x01\x00" + b"\x30\x04\x06\x02\x88\x37" + ENTRIES),
        encode(0x30, b"\x02\x01\x00" + ALGORITHM[:-2] + b"\x04\x00" + ENTRIES),
        encode(0x30, b"\x02\x01\x00" + ALGORITHM + encode(0x30, ENTRIES[2:] * 2)),
        encode(0x30, b"\x02\x01\x00" + ALGORITHM + encode(0x30, b"\x30\x03\x02\x01\x01")),
    ],
)
def test_lds_h_other_contents_are_refused(content: bytes) -> None:
    with pytest.raises(ParseError):
        parse_security_object(_with_content(content))


@pytest.mark.parametrize(
    "file",
    [
        b"",
        encode(0x78, signed_message(lds_security_object(DIGESTS))),
        security_object_file(DIGESTS) + b"\x00",
        security_object_file(DIGESTS)[:-1],
        encode(0x77, b""),
        encode(0x77, b"\x30\x00"),
        encode(0x77, bytes.fromhex("3016 0609 2A864886F70D010701 A009 0407 41414141414141")),
    ],
)
def test_other_bytes_are_no_security_object(file: bytes) -> None:
    with pytest.raises(ParseError):
        parse_security_object(file)


def test_a_signing_time_without_a_zone_or_given_twice_is_refused() -> None:
    sound = security_object_file(DIGESTS)
    at = sound.index(b"\x17\x0d2301050300")
    with pytest.raises(ParseError):
        parse_security_object(sound[:at] + b"\x17\x0d230105030000\x00" + sound[at + 15 :])


def test_a_message_without_content_is_refused() -> None:
    """RFC 5652 section 5.2: content may lie outside; a document's never does."""
    content = lds_security_object(DIGESTS)
    inner = encode(0x06, bytes.fromhex("678108010101"))
    sound = signed_message(content)
    assert inner + encode(0xA0, encode(0x04, content)) in sound
    loaded = cms.ContentInfo.load(sound)
    del loaded["content"]["encap_content_info"]["content"]
    with pytest.raises(ParseError):
        parse_signed_message(loaded.dump(force=True), LDS_SECURITY_OBJECT)


@pytest.mark.parametrize(
    ("name", "words"),
    [(b"\x2a\x86\x48\x86\xf7\x0d\x02\x05", "not allowed"), (b"\x2a" + b"\xff" * 2_500 + b"\x01", "can be read")],
    ids=["md5", "no end"],
)
def test_a_digest_that_is_not_allowed_or_has_no_readable_name_is_an_error_of_our_own(name: bytes, words: str) -> None:
    with pytest.raises(ParseError, match=words):
        digest_name_of(algos.DigestAlgorithmId.load(encode(0x06, name)))


@pytest.mark.parametrize("octets", [65, 2_500, 60_000])
def test_a_digest_whose_name_has_no_end_is_refused_at_once(octets: int) -> None:
    """Written out, such an identifier is a number of thousands of digits."""
    name = encode(0x06, b"\x2a" + b"\xff" * octets + b"\x01")
    content = encode(0x30, b"\x02\x01\x00" + encode(0x30, name) + encode(0x30, b""))
    started = perf_counter()
    with pytest.raises(ParseError):
        parse_security_object(_with_content(content))
    assert perf_counter() - started < 0.5
