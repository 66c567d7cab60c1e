import base64
from datetime import timedelta
from pathlib import Path

import pytest
from asn1crypto import crl as asn1_crl
from asn1crypto import pem
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st

from models.chip.master_list import LARGEST_LIST_BYTES, MasterListRefusedError, parse_master_list
from models.chip.tlv import ParseError, encode, parse_one
from models.chip.trust_files import LARGEST_FILE_BYTES, parse_trust_file
from models.chip.trust_store import MOST_CERTIFICATES, TooManyCertificatesError, TrustStore
from tests.builders.chip_evidence import AT
from tests.builders.country_lists import country_certificate, master_list, revocation_list

KEY = ec.generate_private_key(ec.SECP256R1())
CERTIFICATE, OTHER = country_certificate(KEY, KEY), country_certificate(KEY, KEY, "LA")
LIST = revocation_list(KEY)
NEITHER = encode(0x30, encode(0x30, b"\x02\x01\x01"))


def ldif(attribute: str, content: bytes) -> bytes:
    """One entry, its value folded after 60 letters."""
    text = f"{attribute}:: {base64.b64encode(content).decode()}"
    return "\n ".join(text[start : start + 60] for start in range(0, len(text), 60)).encode() + b"\n"


def signed_otherwise() -> bytes:
    """A master list whose signer names a kind of signature that nobody knows."""
    head, found, tail = master_list([CERTIFICATE]).rpartition(bytes.fromhex("2a8648ce3d040302"))
    assert found
    return head + found[:-1] + b"\x7f" + tail


def test_der_is_known_by_its_content() -> None:
    assert parse_trust_file(CERTIFICATE).certificates == (CERTIFICATE,)
    assert parse_trust_file(LIST).revocation_lists == (LIST,)
    (found,) = parse_trust_file(master_list([CERTIFICATE, OTHER])).master_lists
    assert set(found.certificates) == {CERTIFICATE, OTHER}


def test_pem_may_hold_several_and_the_same_one_twice_counts_once() -> None:
    content = pem.armor("CERTIFICATE", CERTIFICATE) + b"words\n" + pem.armor("CERTIFICATE", CERTIFICATE)
    content += pem.armor("X509 CRL", LIST) + pem.armor("CMS", master_list([OTHER]))
    found = parse_trust_file(content)
    assert found.certificates == (CERTIFICATE, OTHER)
    assert found.revocation_lists == (LIST,)
    assert found.refused == ()


@pytest.mark.parametrize("ending", [b"\n", b"\r\n"])
def test_ldif_of_a_public_key_directory_is_read_with_folded_lines(ending: bytes) -> None:
    content = b"dn: c=VN,dc=data\nc: VN\n" + ldif("userCertificate;binary", CERTIFICATE)
    content += b"\ndn: c=VN\n" + ldif("certificateRevocationList;binary", LIST)
    content += b"\ndn: c=DE\n" + ldif("pkdMasterListContent", master_list([OTHER]))
    found = parse_trust_file(content.replace(b"\n", ending))
    assert (found.certificates, found.revocation_lists, found.refused) == ((CERTIFICATE, OTHER), (LIST,), ())


@pytest.mark.parametrize("content", [b"", b"nothing", b"\x30\x03\x02\x01\x01", NEITHER, b"\x30\x80", CERTIFICATE[:-1]])
def test_what_is_nothing_of_this_is_named(content: bytes) -> None:
    found = parse_trust_file(content)
    assert (found.certificates, found.revocation_lists, len(found.refused)) == ((), (), 1)


def test_one_odd_piece_does_not_hide_the_others() -> None:
    content = pem.armor("CERTIFICATE", b"odd") + pem.armor("CERTIFICATE", CERTIFICATE)
    found = parse_trust_file(content)
    assert found.certificates == (CERTIFICATE,)
    assert [sentence.split(":")[0] for sentence in found.refused] == ["Piece 1"]


def test_a_piece_that_is_no_base64_is_named_and_does_not_hide_the_others() -> None:
    cut = b"-----BEGIN CERTIFICATE-----\nAAAAA\n-----END CERTIFICATE-----\n"
    found = parse_trust_file(cut + pem.armor("CERTIFICATE", CERTIFICATE))
    assert (found.certificates, len(found.refused)) == ((CERTIFICATE,), 1)


def test_a_revocation_list_without_a_version_is_known_too() -> None:
    """RFC 5280 section 5.1.2.1: the first version is not written."""
    body = parse_one(asn1_crl.CertificateList.load(LIST)["tbs_cert_list"].dump(), 0x30)
    version = b"\x02\x01\x01"
    assert body.startswith(version)
    first = encode(0x30, encode(0x30, body.removeprefix(version)))
    assert parse_trust_file(first).revocation_lists == (first,)


def test_too_much_is_refused() -> None:
    with pytest.raises(ParseError, match="more than any"):
        parse_trust_file(b"-----BEGIN CMS----------END CMS-----" * 20_001)
    with pytest.raises(ParseError, match="larger"):
        parse_trust_file(bytes(LARGEST_FILE_BYTES + 1))
    with pytest.raises(TooManyCertificatesError):
        TrustStore.of(number.to_bytes(4) for number in range(MOST_CERTIFICATES + 1))


def test_a_master_list_says_who_signed_it() -> None:
    found = parse_master_list(master_list([CERTIFICATE], country_key=KEY))
    assert found.signer.country == found.country_signer.country == "DEU"
    assert found.signer.signed_by(found.country_signer)


@pytest.mark.parametrize(
    ("encoded", "words"),
    [
        (master_list([CERTIFICATE], purpose="1.3.6.1.5.5.7.3.1"), "not one for master lists"),
        (master_list([CERTIFICATE], carried=country_certificate(KEY, KEY, "DE")), "does not carry"),
        (master_list([CERTIFICATE], country_key=KEY, carried=OTHER), "does not carry"),
        (master_list([CERTIFICATE], signed_at=AT + timedelta(days=400)), "outside"),
        (master_list([CERTIFICATE], uses=("key_agreement",)), "may not sign"),
        (master_list([CERTIFICATE]).replace(CERTIFICATE[-8:], bytes(8)), "signature does not fit"),
        (signed_otherwise(), "cannot be checked"),
    ],
    ids=["purpose", "chain", "other country", "late", "use", "changed", "unknown"],
)
def test_a_master_list_for_which_nobody_vouches_is_refused(encoded: bytes, words: str) -> None:
    with pytest.raises(MasterListRefusedError, match=words):
        parse_master_list(encoded)
    assert parse_trust_file(encoded).certificates == ()


def test_a_master_list_says_when_it_was_signed() -> None:
    assert parse_master_list(master_list([CERTIFICATE], signed_at=AT)).signed_at == AT


@pytest.mark.parametrize("entry", [b"\x02\x01\x01", b"\x30\x05\x00"], ids=["other", "cut off"])
def test_a_master_list_with_an_entry_that_is_no_certificate_is_refused(entry: bytes) -> None:
    with pytest.raises(ParseError, match="no certificate"):
        parse_master_list(master_list([entry]))


def test_too_large_a_master_list_is_refused_before_it_is_read() -> None:
    with pytest.raises(ParseError, match="larger"):
        parse_master_list(bytes(LARGEST_LIST_BYTES + 1))


def test_a_master_list_of_another_version_is_refused() -> None:
    with pytest.raises(ParseError, match="version"):
        parse_master_list(master_list([CERTIFICATE], version=1))


GOOD = master_list([CERTIFICATE, OTHER])


@given(st.data())
def test_no_bytes_make_the_reader_of_lists_fail_otherwise_than_with_its_own_error(data: st.DataObject) -> None:
    spoilt = bytearray(GOOD)
    for _ in range(data.draw(st.integers(1, 4))):
        spoilt[data.draw(st.integers(0, len(spoilt) - 1))] ^= data.draw(st.integers(1, 255))
    found = parse_trust_file(bytes(spoilt))
    assert not (found.master_lists and found.refused)


def test_the_german_list_is_signed_by_a_chain_that_it_carries(chip_data_folder: Path) -> None:
    (found,) = parse_trust_file((chip_data_folder / "DE_ML.ml").read_bytes()).master_lists
    assert len(found.certificates) == 588
    assert found.country_signer.encoded in found.certificates
    assert found.country_signer.fingerprint.startswith("2084aed7a991b315")
    trust = TrustStore.of(found.certificates)
    assert len(trust.anchors) + len(trust.passed_over) == 588
