"""Chip and active authentication as the card answers them; the reader's arithmetic is the `cryptography` library's."""

import hashlib
from collections.abc import Callable

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_der_public_key
from msgspec.structs import replace

from provisioning.rehearsal.key_drawing import new_agreement_key, new_curve_signing_key, new_rsa_signing_key
from provisioning.rehearsal.public_key_writing import agreement_public_key, signing_public_key
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip import SoftChip
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, CurveSigningKey, SignatureForm, SigningKey
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind, session_suite
from provisioning.rehearsal.soft_chip.faults import (
    ChipExchanged,
    ChipProof,
    Fault,
    ProofForged,
    ProofRefused,
    SessionLost,
    StaleAnswer,
)
from provisioning.rehearsal.soft_chip.prime_group import PRIME_GROUPS
from provisioning.rehearsal.tlv_writing import tlv
from tests.builders.plain_terminal import PlainTerminal, open_by_bac
from tests.builders.soft_card import good_card

CHALLENGE = bytes.fromhex("0123456789ABCDEF")
READ_FOUR = ("0CB08100", b"", b"\x04")


def card_with(
    *, chip: AgreementKey | None = None, active: SigningKey | None = None, fault: Fault | None = None
) -> Card:
    card = good_card()
    return replace(card, chip_key=chip or card.chip_key, active_key=active or card.active_key, fault=fault)


def opened(card: Card) -> PlainTerminal:
    return open_by_bac(SoftChip(card), card.mrz_key_text)


def agreed_on_a_curve(key: AgreementKey) -> tuple[bytes, bytes]:
    """Our public key and the shared secret."""
    theirs = load_der_public_key(agreement_public_key(key))
    assert isinstance(theirs, ec.EllipticCurvePublicKey)
    ours = ec.generate_private_key(theirs.curve)
    public = ours.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return public, ours.exchange(ec.ECDH(), theirs)


def agreed_on_numbers(key: AgreementKey) -> tuple[bytes, bytes]:
    group = PRIME_GROUPS[key.parameter]
    theirs, ours = pow(group.g, int.from_bytes(key.private), group.p), 0x1234567890ABCDEF
    width = (group.p.bit_length() + 7) // 8
    return pow(group.g, ours, group.p).to_bytes(width), pow(theirs, ours, group.p).to_bytes(width)


AGREEMENTS: list[tuple[int, Callable[[AgreementKey], tuple[bytes, bytes]]]] = [
    *((parameter, agreed_on_a_curve) for parameter in (12, 13, 15, 16, 17, 18)),
    *((parameter, agreed_on_numbers) for parameter in (0, 1, 2)),
]


def choose(key: AgreementKey) -> bytes:
    return tlv(0x80, key.oid) + (b"" if key.key_id is None else tlv(0x84, bytes((key.key_id,))))


@pytest.mark.parametrize(("parameter", "agree"), AGREEMENTS)
@pytest.mark.parametrize("suite", [SuiteKind.AES_128, SuiteKind.AES_192, SuiteKind.AES_256])
def test_chip_authentication_restarts_the_session_under_the_agreed_keys(
    parameter: int, agree: Callable[[AgreementKey], tuple[bytes, bytes]], suite: SuiteKind
) -> None:
    key = new_agreement_key(parameter, suite, key_id=7)
    terminal = opened(card_with(chip=key))
    public, secret = agree(key)
    assert terminal.ask("0C2241A4", choose(key)) == (0x9000, b"")
    assert terminal.ask("0C860000", tlv(0x7C, tlv(0x80, public)), b"\x00") == (0x9000, b"\x7c\x00")
    terminal.restart(session_suite(secret, suite))
    assert terminal.ask(*READ_FOUR)[0] == 0x9000


def test_chip_authentication_with_3des_is_one_command() -> None:
    key = new_agreement_key(13, SuiteKind.TRIPLE_DES)
    terminal = opened(card_with(chip=key))
    public, secret = agreed_on_a_curve(key)
    assert terminal.ask("0C2241A6", tlv(0x91, public)) == (0x9000, b"")
    terminal.restart(session_suite(secret, SuiteKind.TRIPLE_DES))
    assert terminal.ask(*READ_FOUR)[0] == 0x9000


def test_the_old_keys_are_dead_after_chip_authentication() -> None:
    card = good_card()
    assert card.chip_key is not None
    terminal = opened(card)
    terminal.ask("0C2241A4", choose(card.chip_key))
    terminal.ask("0C860000", tlv(0x7C, tlv(0x80, agreed_on_a_curve(card.chip_key)[0])), b"\x00")
    assert terminal.chip.respond(terminal.secured(*READ_FOUR)).hex() == "6988"


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ("800A04007F00070202030202", 0x6A88),
        ("800A04007F00070202030202840108", 0x6A88),
        ("800A04007F00070202030204840107", 0x6A80),
        ("840107", 0x6A80),
        ("80", 0x6A80),
    ],
)
def test_a_key_that_is_not_there_cannot_be_chosen(body: str, status: int) -> None:
    terminal = opened(card_with(chip=new_agreement_key(key_id=7)))
    assert terminal.ask("0C2241A4", bytes.fromhex(body)) == (status, b"")


def test_a_point_off_the_curve_ends_chip_authentication_and_the_old_session_goes_on() -> None:
    card = good_card()
    assert card.chip_key is not None
    terminal = opened(card)
    public, _ = agreed_on_a_curve(card.chip_key)
    terminal.ask("0C2241A4", choose(card.chip_key))
    assert terminal.ask("0C860000", tlv(0x7C, tlv(0x80, public[:-1] + b"\x00")), b"\x00") == (0x6A80, b"")
    assert terminal.ask("0C860000", tlv(0x7C, tlv(0x80, public)), b"\x00") == (0x6985, b"")
    assert terminal.ask(*READ_FOUR)[0] == 0x9000


@pytest.mark.parametrize("parameter", [12, 13, 15, 16, 17, 18])
@pytest.mark.parametrize("digest", ["sha256", "sha512"])
def test_an_ecdsa_answer_is_a_signature_over_the_challenge(parameter: int, digest: str) -> None:
    key = new_curve_signing_key(parameter, digest)
    status, answer = opened(card_with(active=key)).ask("0C880000", CHALLENGE, b"\x00")
    half = len(answer) // 2
    assert status == 0x9000
    verify(key, encode_dss_signature(int.from_bytes(answer[:half]), int.from_bytes(answer[half:])))


def test_an_ecdsa_answer_can_be_in_der() -> None:
    key = new_curve_signing_key(13, "sha384", SignatureForm.DER)
    verify(key, opened(card_with(active=key)).ask("0C880000", CHALLENGE, b"\x00")[1])


def verify(key: CurveSigningKey, signature: bytes) -> None:
    public = load_der_public_key(signing_public_key(key))
    kinds = {"sha256": hashes.SHA256(), "sha384": hashes.SHA384(), "sha512": hashes.SHA512()}
    assert isinstance(public, ec.EllipticCurvePublicKey)
    public.verify(signature, CHALLENGE, ec.ECDSA(kinds[key.digest]))


@pytest.mark.parametrize(("digest", "trailer"), [("sha1", "bc"), ("sha256", "34cc"), ("sha512", "35cc")])
def test_an_rsa_answer_recovers_to_the_digest_of_itself_and_the_challenge(digest: str, trailer: str) -> None:
    key = new_rsa_signing_key(2048, digest)
    status, answer = opened(card_with(active=key)).ask("0C880000", CHALLENGE, b"\x00\x00")
    opened_number = pow(int.from_bytes(answer), int.from_bytes(key.exponent), int.from_bytes(key.modulus))
    message, size = opened_number.to_bytes(256), hashlib.new(digest).digest_size
    body = message[: -len(trailer) // 2]
    assert status == 0x9000
    assert message[:1].hex() == "6a"
    assert message.hex().endswith(trailer)
    assert hashlib.new(digest, body[1:-size] + CHALLENGE).digest() == body[-size:]


def test_a_challenge_of_another_length_is_refused() -> None:
    assert opened(good_card()).ask("0C880000", b"1234567", b"\x00") == (0x6700, b"")


def test_a_copy_without_keys_cannot_answer() -> None:
    terminal = opened(replace(good_card(), chip_key=None, active_key=None))
    assert terminal.ask("0C2241A4", bytes.fromhex("800A04007F00070202030202")) == (0x6A88, b"")
    assert terminal.ask("0C2241A6", bytes.fromhex("910104")) == (0x6A88, b"")
    assert terminal.ask("0C880000", CHALLENGE, b"\x00") == (0x6D00, b"")


def test_refused_proofs_get_their_status() -> None:
    chip = ProofRefused(proof=ChipProof.CHIP_AUTHENTICATION, status=0x6985)
    active = ProofRefused(proof=ChipProof.ACTIVE_AUTHENTICATION, status=0x6982)
    assert opened(card_with(fault=chip)).ask("0C2241A4", b"") == (0x6985, b"")
    assert opened(card_with(fault=active)).ask("0C880000", CHALLENGE, b"\x00") == (0x6982, b"")


def test_a_forged_chip_authentication_says_yes_and_has_other_keys() -> None:
    card = card_with(fault=ProofForged(proof=ChipProof.CHIP_AUTHENTICATION))
    assert card.chip_key is not None
    terminal = opened(card)
    public, secret = agreed_on_a_curve(card.chip_key)
    terminal.ask("0C2241A4", choose(card.chip_key))
    assert terminal.ask("0C860000", tlv(0x7C, tlv(0x80, public)), b"\x00") == (0x9000, b"\x7c\x00")
    terminal.restart(session_suite(secret, SuiteKind.AES_128))
    assert terminal.chip.respond(terminal.secured(*READ_FOUR)).hex() == "6988"


def test_a_forged_signature_has_the_right_length_and_a_stale_one_the_wrong_challenge() -> None:
    key = new_curve_signing_key()
    forged = card_with(active=key, fault=ProofForged(proof=ChipProof.ACTIVE_AUTHENTICATION))
    assert len(opened(forged).ask("0C880000", CHALLENGE, b"\x00")[1]) == 64
    stale = card_with(active=key, fault=StaleAnswer(challenge=CHALLENGE))
    answer = opened(stale).ask("0C880000", bytes(8), b"\x00")[1]
    verify(key, encode_dss_signature(int.from_bytes(answer[:32]), int.from_bytes(answer[32:])))


def test_an_exchanged_chip_answers_in_the_same_session_with_its_own_key() -> None:
    other = new_curve_signing_key()
    card = card_with(fault=ChipExchanged(instruction=0x88, chip_key=None, active_key=other))
    status, answer = opened(card).ask("0C880000", CHALLENGE, b"\x00")
    assert status == 0x9000
    verify(other, encode_dss_signature(int.from_bytes(answer[:32]), int.from_bytes(answer[32:])))


def test_a_card_swapped_for_a_fresh_one_knows_no_session() -> None:
    terminal = opened(card_with(fault=SessionLost(instruction=0x88)))
    assert terminal.ask(*READ_FOUR)[0] == 0x9000
    assert terminal.chip.respond(terminal.secured("0C880000", CHALLENGE, b"\x00")).hex() == "6988"
