"""Opening a chip: PACE or, where nothing else is there and the rules allow it, BAC; then the identity application.

Not here: the protocols themselves (`pace`, `bac`), what is read afterwards (`read_identity_card`).
"""

from collections.abc import Callable

import msgspec

from edge.cards import bac, pace
from edge.cards.access_key import AccessKey, CardAccessNumber, MrzKey, WrongKeyError
from edge.cards.apdu import Channel, UnexpectedStatusError, select_application
from edge.cards.card_reader import CardReadError
from edge.cards.pace_choice import choose_pace
from edge.cards.session_ciphers import SessionCipher
from models.chip.security_infos import SecurityInfo, pace_infos
from models.evidence import AccessProtocol, ChipMapping

EMRTD_APPLICATION = bytes.fromhex("A0000002471001")


class NoPaceError(CardReadError):
    """The chip has no PACE, and the rules in force do not allow the older way in. Check the person by hand."""


class OpenedChip(msgspec.Struct, frozen=True, kw_only=True):
    """How the chip was opened. `apdus` is the least number of commands that this takes.

    `chip_mapping` is what chip authentication mapping showed, its EF.CardSecurity not yet read.
    """

    access: AccessProtocol
    cipher: SessionCipher
    chip_mapping: ChipMapping | None
    apdus: int


def open_chip(
    plain: Channel,
    key: AccessKey,
    card_access: tuple[SecurityInfo, ...],
    random_bytes: Callable[[int], bytes],
    *,
    allow_bac: bool,
) -> OpenedChip:
    """PACE where the chip offers it, and then nothing else (refusal 15); BAC only without PACE and if allowed."""
    if pace_infos(card_access):
        session = pace.establish_pace(plain, key, choose_pace(card_access), random_bytes)
        return OpenedChip(
            access=AccessProtocol.PACE_CAN if isinstance(key, CardAccessNumber) else AccessProtocol.PACE_MRZ,
            cipher=session.cipher,
            chip_mapping=session.chip_mapping,
            apdus=pace.APDUS,
        )
    if not allow_bac:
        raise NoPaceError("The chip has no PACE, and the older way in is not allowed here. Check by hand.")
    if not isinstance(key, MrzKey):
        raise WrongKeyError("This card opens only with its machine readable zone, not with six digits.")
    select_identity_application(plain)
    cipher = bac.establish_bac(plain, key, random_bytes)
    return OpenedChip(access=AccessProtocol.BAC, cipher=cipher, chip_mapping=None, apdus=bac.APDUS)


def select_identity_application(channel: Channel) -> None:
    """SELECT the application; through the secure channel after PACE, before BAC in the clear."""
    answer = channel.send(select_application(EMRTD_APPLICATION))
    if answer.status != 0x9000:
        raise UnexpectedStatusError("select the identity application", answer.status)
