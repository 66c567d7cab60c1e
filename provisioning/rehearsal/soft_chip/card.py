"""What a soft chip is made of: its files, its keys, and what is wrong with it. A card can be kept in a file.

Not here: how the files come to be (`card_files`), nor how they are spoken for (`chip`).
"""

from enum import IntEnum
from pathlib import Path

import msgspec

from models.errors import BadInputError


class CardFileError(BadInputError):
    """A kept card cannot be read; make it anew with `python -m provisioning soft-chip --save FILE`."""


class ShortFile(IntEnum):
    """Short identifiers of the elementary files (ICAO Doc 9303-10 section 3.11); the long one is 0x0100 higher."""

    DG1 = 0x01
    DG2 = 0x02
    DG14 = 0x0E
    DG15 = 0x0F
    CARD_ACCESS = 0x1C
    SOD = 0x1D
    COM = 0x1E


class Damaged(msgspec.Struct, frozen=True, kw_only=True, tag="damaged"):
    """Every read that reaches `from_octet` of `file` is answered 6F00."""

    file: ShortFile
    from_octet: int


class PulledOut(msgspec.Struct, frozen=True, kw_only=True, tag="pulled out"):
    """The read that reaches `at_octet` of `file` is never answered: the card is gone."""

    file: ShortFile
    at_octet: int


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """One citizen card. `files` are whole elementary files; `mrz` the three lines of thirty without line ends.

    `access_number` is the CAN (six digits), `qr_text` what is printed on the card, `pace_parameter` the curve's
    identifier (13 brainpoolP256r1, 12 P-256). The two private keys are PKCS #8 in DER.
    """

    access_number: str
    mrz: str
    qr_text: str
    files: dict[ShortFile, bytes]
    chip_key: bytes
    active_key: bytes
    pace_parameter: int = 13
    fault: Damaged | PulledOut | None = None

    @property
    def mrz_key_text(self) -> str:
        """Document number, birth and expiry with their check digits (ICAO Doc 9303-11 section 4.3.2)."""
        return self.mrz[5:15] + self.mrz[30:37] + self.mrz[38:45]


def save_card(card: Card, path: Path) -> None:
    """Writes the card, keys included, readable by its owner only."""
    path.touch(mode=0o600)
    path.write_bytes(msgspec.json.encode(card))


def load_card(path: Path) -> Card:
    """The card in a file; raises `CardFileError`."""
    try:
        return msgspec.json.decode(path.read_bytes(), type=Card)
    except (OSError, msgspec.DecodeError) as error:
        raise CardFileError(f"{path.name} holds no card that can be laid.") from error
