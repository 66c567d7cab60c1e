"""The chip's own proofs at the terminal: run with every kind of key, and recorded when the chip refuses or fails."""

import pytest
from msgspec.structs import replace

from edge.cards.access_key import CardAccessNumber
from edge.cards.active_authentication import Challenge
from edge.cards.read_identity_card import CardReading, ReadPolicy, read_identity_card
from edge.cards.secure_messaging import ChannelBrokenError
from models.chip.active_authentication import answer_is_good
from models.chip.chip_authentication import answer_proves_chip
from models.chip.security_infos import infos_of_dg14
from models.evidence import ChallengeBy
from provisioning.rehearsal.card_files import CardBuild
from provisioning.rehearsal.key_drawing import new_agreement_key, new_curve_signing_key, new_rsa_signing_key
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import SignatureForm
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from provisioning.rehearsal.soft_chip.dialect import Dialect, LongAnswers
from provisioning.rehearsal.soft_chip.faults import ChipExchanged, ChipProof, ProofForged, ProofRefused
from tests.builders.built_cards import built_card
from tests.builders.soft_card import Disturb, SoftCardReader, can_of, good_card

EXTENDED = ReadPolicy(read_size=4000)


def read(card: Card, policy: ReadPolicy | None = None, disturb: Disturb | None = None) -> CardReading:
    reader = SoftCardReader(card, disturb) if disturb else SoftCardReader(card)
    return read_identity_card(reader, can_of(card), policy or ReadPolicy(), lambda _: None)


def chip_proven(reading: CardReading) -> bool:
    run, files = reading.evidence.chip_authentication, reading.evidence.data_groups
    return run is not None and answer_proves_chip(infos_of_dg14(files[14]), run)


def active_proven(reading: CardReading) -> bool:
    run, files = reading.evidence.active_authentication, reading.evidence.data_groups
    return run is not None and answer_is_good(files[15], infos_of_dg14(files[14]), run.challenge, run.response)


@pytest.mark.parametrize("suite", list(SuiteKind))
@pytest.mark.parametrize("parameter", [2, 11, 13, 18])
def test_a_chip_with_any_key_proves_itself_in_the_least_commands(parameter: int, suite: SuiteKind) -> None:
    card = built_card(CardBuild(chip_key=new_agreement_key(parameter, suite), active_key=None))
    reading = read(card, EXTENDED if parameter == 2 else None)  # 256 bytes fit into no protected short command
    assert chip_proven(reading)
    assert reading.evidence.active_authentication is None
    assert reading.trace.apdus == reading.trace.minimum_apdus


def test_a_key_with_a_number_is_named_by_it() -> None:
    reading = read(built_card(CardBuild(chip_key=new_agreement_key(key_id=7), active_key=None)))
    assert chip_proven(reading)
    assert reading.evidence.chip_authentication is not None
    assert reading.evidence.chip_authentication.key_id == 7


@pytest.mark.parametrize("form", list(SignatureForm))
@pytest.mark.parametrize(("parameter", "digest"), [(12, "sha1"), (13, "sha256"), (16, "sha384"), (18, "sha512")])
def test_a_chip_signs_with_a_key_on_a_curve(parameter: int, digest: str, form: SignatureForm) -> None:
    key = new_curve_signing_key(parameter, digest, form)
    assert active_proven(read(built_card(CardBuild(chip_key=None, active_key=key))))


@pytest.mark.parametrize(("bits", "digest"), [(1024, "sha1"), (1536, "sha256"), (2048, "sha256"), (3072, "sha512")])
def test_a_chip_signs_with_an_rsa_key_whose_answer_may_be_long(bits: int, digest: str) -> None:
    card = built_card(CardBuild(chip_key=None, active_key=new_rsa_signing_key(bits, digest)))
    assert active_proven(read(card, EXTENDED))


def test_a_long_answer_comes_in_pieces_where_it_must() -> None:
    habits = Dialect(extended_length=False, long_answers=LongAnswers.IN_PIECES)
    card = built_card(CardBuild(chip_key=None, active_key=new_rsa_signing_key(2048), dialect=habits))
    assert active_proven(read(card))


def test_a_long_answer_that_the_card_refuses_for_its_length_was_not_tried() -> None:
    """Within the channel, so that the chip cannot be blamed: the reading goes on and ends without a run."""
    card = built_card(CardBuild(chip_key=new_agreement_key(), active_key=new_rsa_signing_key(2048)))
    refused = replace(card, fault=ProofRefused(proof=ChipProof.ACTIVE_AUTHENTICATION, status=0x6700))
    assert read(refused).evidence.active_authentication is None
    in_extended_form = read(refused, EXTENDED).evidence.active_authentication
    assert in_extended_form is not None
    assert in_extended_form.response == b""


def test_the_challenge_is_the_given_one_and_is_asked_for_once() -> None:
    card, asked = good_card(), list[Challenge]()

    def challenges() -> Challenge:
        asked.append(Challenge(value=b"12345678", by=ChallengeBy.CENTRAL))
        return asked[-1]

    reader = SoftCardReader(card)
    reading = read_identity_card(reader, can_of(card), ReadPolicy(), lambda _: None, challenges=challenges)
    run = reading.evidence.active_authentication
    assert run is not None
    assert (run.challenge, run.challenge_by, len(asked)) == (b"12345678", ChallengeBy.CENTRAL, 1)
    assert active_proven(reading)


def test_the_old_keys_are_dead_after_the_change() -> None:
    """All files after chip authentication travel under the new keys, whose counter starts again."""
    card = good_card()
    reading = read(card)
    assert chip_proven(reading)
    assert [step.name for step in reading.trace.steps][4:7] == ["DG14", "chip authentication", "DG1"]


@pytest.mark.parametrize("status", [0x6A80, 0x6A88, 0x6982, 0x6D00, 0x6300])
def test_a_chip_that_refuses_is_read_to_the_end_and_its_refusal_recorded(status: int) -> None:
    card = replace(good_card(), fault=ProofRefused(proof=ChipProof.CHIP_AUTHENTICATION, status=status))
    reading = read(card)
    assert reading.evidence.chip_authentication is not None
    assert reading.evidence.chip_authentication.answer == b""
    assert active_proven(reading)
    card = replace(good_card(), fault=ProofRefused(proof=ChipProof.ACTIVE_AUTHENTICATION, status=status))
    reading = read(card)
    assert reading.evidence.active_authentication is not None
    assert reading.evidence.active_authentication.response == b""
    assert chip_proven(reading)


def test_a_copy_that_goes_through_the_motions_is_read_again_and_its_answer_kept() -> None:
    card = replace(good_card(), fault=ProofForged(proof=ChipProof.CHIP_AUTHENTICATION))
    reading = read(card)
    assert reading.evidence.chip_authentication is not None
    assert reading.evidence.chip_authentication.answer
    assert not chip_proven(reading)
    assert reading.evidence.digests.keys() == {2}
    assert reading.holder is not None


def test_a_signature_of_chance_is_kept() -> None:
    reading = read(replace(good_card(), fault=ProofForged(proof=ChipProof.ACTIVE_AUTHENTICATION)))
    assert reading.evidence.active_authentication is not None
    assert reading.evidence.active_authentication.response
    assert not active_proven(reading)


def test_refusal_24_another_chip_in_the_session_proves_nothing() -> None:
    swapped = ChipExchanged(instruction=0x88, chip_key=new_agreement_key(), active_key=new_curve_signing_key())
    reading = read(replace(good_card(), fault=swapped))
    assert chip_proven(reading)
    assert not active_proven(reading)


def test_a_channel_that_breaks_while_the_chip_is_proven_counts_as_refused() -> None:
    reading = read(good_card(), disturb=_plain_once(0x86))
    assert reading.evidence.chip_authentication is not None
    assert reading.evidence.chip_authentication.answer == b""


def test_a_chip_that_does_not_open_again_has_broken_the_channel() -> None:
    broken = _plain_once(0x86)

    def never_again(number: int, command: bytes, answer: bytes) -> bytes:
        again = number > 8 and command[:4] == bytes.fromhex("0022c1a4")
        return b"\x69\x85" if again else broken(number, command, answer)

    reader = SoftCardReader(good_card(), never_again)
    with pytest.raises(ChannelBrokenError):
        read_identity_card(reader, can_of(good_card()), ReadPolicy(), lambda _: None)


def _plain_once(instruction: int) -> Disturb:
    """The first answer to this instruction under protection is a plain refusal."""
    seen = list[bytes]()

    def disturb(_number: int, command: bytes, answer: bytes) -> bytes:
        if command[0] & 0x0C and command[1] == instruction and not seen:
            seen.append(command)
            return b"\x6d\x00"
        return answer

    return disturb


def test_a_channel_that_breaks_after_the_chip_was_proven_ends_the_reading() -> None:
    def plain_later(_number: int, command: bytes, answer: bytes) -> bytes:
        first_of_dg2 = command[:4] == bytes((0x0C, 0xB0, 0x80 | ShortFile.DG2, 0))
        return b"\x69\x88" if first_of_dg2 else answer

    with pytest.raises(ChannelBrokenError):
        read(good_card(), disturb=plain_later)


def test_a_chip_with_neither_key_is_asked_nothing() -> None:
    card = built_card(CardBuild(chip_key=None, active_key=None))
    reading = read_identity_card(
        SoftCardReader(card), CardAccessNumber(digits=card.access_number), ReadPolicy(), lambda _: None
    )
    assert reading.evidence.chip_authentication is None
    assert reading.evidence.active_authentication is None


@pytest.mark.parametrize("size", [257, 1000, 4000, 65_536])
def test_files_are_read_in_extended_form_where_so_wanted(size: int) -> None:
    reading = read(good_card(), ReadPolicy(read_size=size))
    assert chip_proven(reading)
    assert reading.trace.apdus == reading.trace.minimum_apdus
    assert reading.trace.apdus < read(good_card()).trace.apdus
