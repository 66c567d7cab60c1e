"""ISO7816_A, ISO7816_B, ISO7816_C: selecting, basic access control, secure messaging, reading files."""

import io
import random
from collections.abc import Callable
from datetime import timedelta
from functools import cache
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace
from PIL import Image

from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from models.chip.trust_store import TrustStore
from models.identifiers import Sex
from provisioning.rehearsal.card_files import CardBuild, usual_build
from provisioning.rehearsal.data_group_writing import face_record, portrait_group, portrait_template
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.dialect import Dialect, EndOfFile
from provisioning.rehearsal.soft_chip.faults import ChannelDeceit, ChannelTrick
from tests.builders.built_cards import built_card, issuers
from tests.builders.cards import NOW
from tests.builders.chip_evidence import der
from tests.builders.soft_card import Disturb, SoftCardReader, can_of, mrz_key_of
from tests.conformance.case import Case, Entry, NotApplicable
from tests.conformance.laid_cards import honest, laid, outcome_of, speaking, usual, verdict_of
from tests.conformance.made_cards import resigned

_OLDER_WAY: Final = ReadPolicy(allow_bac=True)


@cache
def _older_card() -> Card:
    """A card of the years before PACE."""
    build = usual_build()
    card = built_card(CardBuild(chip_key=build.chip_key, active_key=build.active_key, pace=()))
    return replace(
        card, files={number: file for number, file in card.files.items() if number is not ShortFile.CARD_ACCESS}
    )


def _older(lays: str, comes_out: str, disturb: Disturb = honest, card: Callable[[], Card] = _older_card) -> Case:
    return laid(lays, comes_out, card, disturb=disturb, policy=_OLDER_WAY, key=mrz_key_of)


def _answering(ins: int, change: Callable[[bytes], bytes], p1: int | None = None) -> Disturb:
    """Answers to this instruction (and first parameter) in the clear are changed."""

    def disturb(_number: int, command: bytes, answer: bytes) -> bytes:
        hit = command[0] == 0 and command[1] == ins and (p1 is None or command[2] == p1)
        return change(answer) if hit else answer

    return disturb


def _secured(change: Callable[[bytes], bytes]) -> Disturb:
    """The first long answer under protection is changed, and all after it."""

    def disturb(_number: int, command: bytes, answer: bytes) -> bytes:
        return change(answer) if command[0] & 0x0C and answer[:1] == b"\x87" else answer

    return disturb


def _turned(place: int) -> Callable[[bytes], bytes]:
    """One bit at `place`, counted from the end of the content."""

    def change(answer: bytes) -> bytes:
        content = bytearray(answer)
        content[place - 2] ^= 1
        return bytes(content)

    return change


def _status(word: str) -> Callable[[bytes], bytes]:
    return lambda _: bytes.fromhex(word)


def _without_cryptogram(answer: bytes) -> bytes:
    return answer[answer.rindex(b"\x99\x02\x90\x00\x8e\x08") :]


def _deceiving(trick: ChannelTrick) -> Callable[[], Card]:
    return lambda: replace(_older_card(), fault=ChannelDeceit(trick=trick, from_answer=4))


def _list_of(country: x509.Certificate, key: ec.EllipticCurvePrivateKey, serial: int) -> bytes:
    month = timedelta(days=30)
    entry = x509.RevokedCertificateBuilder().serial_number(serial).revocation_date(NOW - month).build()
    above = x509.AuthorityKeyIdentifier.from_issuer_public_key(key.public_key())
    return (
        x509.CertificateRevocationListBuilder()
        .issuer_name(country.subject)
        .last_update(NOW - month)
        .next_update(NOW + month)
        .add_extension(x509.CRLNumber(1), critical=False)
        .add_extension(above, critical=False)
        .add_revoked_certificate(entry)
        .sign(key, hashes.SHA256())
        .public_bytes(Encoding.DER)
    )


def _revoked_signer() -> str:
    signer = issuers().trusted
    assert signer.country_key is not None
    serial = signer.document_signer.serial_number
    revoked = _list_of(signer.country_signer, signer.country_key, serial)
    trusted = TrustStore.of([der(signer.country_signer)], [revoked])
    return outcome_of(usual(), trusted=trusted)


SELECTIONS: Final[dict[str, Entry]] = {
    "01": NotApplicable(reason="By design a chip without PACE or BAC is not read at all."),
    "02": _older("A card that opens by BAC alone, where the rules allow it.", "GENUINE"),
    "03": _older("The application is not found.", "UnexpectedStatusError", _answering(0xA4, _status("6a82"), p1=4)),
}

CHANNELS: Final[dict[str, Entry]] = {
    "01": _older("The chip's checksum in BAC is wrong.", "ChannelBrokenError", _answering(0x82, _turned(-1))),
    "02": _older("The chip's cryptogram in BAC is wrong.", "ChannelBrokenError", _answering(0x82, _turned(-20))),
    "03": _older("The chip refuses BAC with 6300.", "WrongKeyError", _answering(0x82, _status("6300"))),
    "04": _older("A read is answered 6988 in the clear.", "ChannelBrokenError", _secured(_status("6988"))),
    "05": _older("No checksum.", "ChannelBrokenError", card=_deceiving(ChannelTrick.NO_MAC)),
    "06": _older("No cryptogram.", "ChannelBrokenError", _secured(_without_cryptogram)),
    "07": _older("No protected status.", "ChannelBrokenError", card=_deceiving(ChannelTrick.NO_STATUS)),
    "08": _older("A wrong checksum.", "ChannelBrokenError", card=_deceiving(ChannelTrick.WRONG_MAC)),
    "09": _older("A cryptogram of something else.", "ChannelBrokenError", card=_deceiving(ChannelTrick.BAD_PADDING)),
    "10": Case(lays="A list that names the document signer.", run=_revoked_signer, comes_out="SIGNER_REVOKED"),
}


def _ending(lays: str, way: EndOfFile) -> Case:
    return laid(lays, "GENUINE", speaking(Dialect(end_of_file=way)))


def _without_zone() -> Card:
    card = usual()
    return replace(card, files={number: file for number, file in card.files.items() if number is not ShortFile.DG1})


@cache
def _large_card() -> Card:
    """A portrait of more than 32,767 bytes: noise that no coding makes small."""
    octets = random.Random(5).randbytes(160 * 200 * 3)
    written = io.BytesIO()
    Image.frombytes("RGB", (160, 200), octets).save(written, "JPEG", quality=95)
    return resigned(usual(), {ShortFile.DG2: portrait_group(written.getvalue(), Sex.MALE)})


def _odd_instruction() -> str:
    """The large card, and whether its end was asked for by the odd instruction."""
    reader = SoftCardReader(_large_card())
    verdict = verdict_of(read_identity_card(reader, can_of(usual()), ReadPolicy(), lambda _: None))
    odd = any(command[1] == 0xB1 for command in reader.commands)
    return f"{verdict} by {'odd' if odd else 'even'} instruction"


def _no_picture() -> Card:
    record = face_record(b"", Sex.MALE, (0, 0), 0)
    return resigned(usual(), {ShortFile.DG2: portrait_template(record)})


READS: Final[dict[str, Entry]] = {
    "01": laid("DG1 is listed and cannot be selected.", "FileMissingError", _without_zone),
    "02": laid("A portrait's file of more than 32,767 bytes.", "GENUINE", _large_card),
    "03": _ending("A read beyond the end gives what there is.", EndOfFile.SILENT),
    "04": _ending("A read beyond the end is answered 6B00.", EndOfFile.OUTSIDE),
    "05": _ending("A read beyond the end is answered 6282.", EndOfFile.WARNING),
    "06": _ending("A read beyond the end is answered 6Cxx.", EndOfFile.EXACT),
    "07": Case(lays="The end of a large file.", run=_odd_instruction, comes_out="GENUINE by odd instruction"),
    "08": laid("A portrait of no bytes.", "ParseError", _no_picture),
}
