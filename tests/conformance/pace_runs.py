"""ISO7816_G: PACE, its ways and its wrong turns, and chip authentication mapping."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from models.chip.tlv import encode
from provisioning.rehearsal.card_files import CardBuild, usual_build
from provisioning.rehearsal.public_key_writing import integer, written_out
from provisioning.rehearsal.security_info_writing import TERMINAL_AUTHENTICATION, chip_key_term, chip_term, pace_term
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip_keys import PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from provisioning.rehearsal.soft_chip.curve_table import CURVES
from provisioning.rehearsal.soft_chip.faults import ChipProof, PaceDeceit, PaceTrick, ProofForged
from tests.builders.built_cards import built_card
from tests.builders.soft_card import Disturb
from tests.conformance.case import Case, Entry
from tests.conformance.der_edits import Edit, at, instead
from tests.conformance.key_files import other_key, without_key
from tests.conformance.laid_cards import laid, outcome_of, usual, with_fault
from tests.conformance.made_cards import keyed, mapping_card, with_infos

_STEPS: Final = {1: None, 2: 0x81, 3: 0x83, 4: 0x85}
_CURVES: Final = tuple(range(8, 19))
_MAPPABLE: Final = tuple(number for number in _CURVES if number != 10)
_SUITES: Final = tuple(SuiteKind)
_NUMBERS: Final = PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=0)
_INTEGRATED: Final = PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED)
_BROKEN, _STATUS = "ChannelBrokenError", "UnexpectedStatusError"


def _answer(step: int, change: Edit) -> Disturb:
    """The chip's answer to this GENERAL AUTHENTICATE (first 1) is changed; a status stays if content is left."""

    def disturb(_number: int, command: bytes, answer: bytes) -> bytes:
        if command[1] != 0x86 or command[0] & 0x0C or _tag_of(command) != _STEPS[step]:
            return answer
        return change(answer[:-2]) + answer[-2:]

    return disturb


def _tag_of(command: bytes) -> int | None:
    """Tag of the object in the template of a command in short or extended form; None where that is empty."""
    content = command[7:] if command[4] == 0 else command[5:]
    return None if content[1] == 0 else content[2 if content[1] < 0x80 else 2 + (content[1] & 0x7F)]


def _refusing(instruction: int, step: int | None = None) -> Disturb:
    """6F00 to this command."""

    def disturb(_number: int, command: bytes, answer: bytes) -> bytes:
        wanted = command[1] == instruction and not command[0] & 0x0C
        return b"\x6f\x00" if wanted and (step is None or _tag_of(command) == _STEPS[step]) else answer

    return disturb


def _tagged(tag: int) -> Edit:
    return at(0, put=lambda encoded: bytes((tag,)) + encoded[1:])


def _value(change: Edit) -> Edit:
    """A change of the first object's value."""
    return at(
        0,
        put=lambda encoded: encode(encoded[0], change(encoded[2 if encoded[1] < 0x80 else 2 + (encoded[1] & 0x7F) :])),
    )


def _turned(place: int) -> Edit:
    def change(value: bytes) -> bytes:
        octets = bytearray(value)
        octets[place] ^= 1
        return bytes(octets)

    return change


def _keys_of(*offer: PaceOffer) -> Card:
    build = usual_build()
    return built_card(CardBuild(chip_key=build.chip_key, active_key=None, pace=offer))


def _every(lays: str, comes_out: str, cards: Callable[[], Iterable[tuple[Card, Disturb | None]]]) -> Case:
    """All these cards come out alike."""
    return Case(lays=lays, run=lambda: _outcomes(cards()), comes_out=comes_out)


def _outcomes(cards: Iterable[tuple[Card, Disturb | None]]) -> str:
    found = {outcome_of(card) if disturb is None else outcome_of(card, disturb) for card, disturb in cards}
    return " ".join(sorted(found))


def _offers(mapping: PaceMapping, parameters: Iterable[int]) -> Iterable[tuple[Card, None]]:
    return [(_keys_of(PaceOffer(mapping=mapping, parameter=number)), None) for number in parameters]


def _spoilt(card: Card, step: int, changes: Iterable[Edit]) -> Iterable[tuple[Card, Disturb]]:
    return [(card, _answer(step, _value(change))) for change in changes]


_POINT: Final = (_turned(0), _turned(1), _turned(-1), lambda _: b"\x00", lambda value: value[:-1])
"""Form, x and y turned, infinity, too short."""
_MODULAR: Final = (lambda _: b"\x00", lambda _: b"\x01", lambda _: b"\x02", lambda value: value + b"\x00")
"""Nought, one, a number outside the subgroup, too long."""


def _deceived(lays: str, trick: PaceTrick) -> Case:
    return laid(lays, _BROKEN, with_fault(PaceDeceit(trick=trick)))


def _access(*terms: bytes) -> Callable[[], Card]:
    """The usual card with these terms in EF.CardAccess and DG14, its keys kept."""

    def make() -> Card:
        card = keyed(chip=usual().chip_key)
        assert card.chip_key is not None
        return with_infos(
            card, (TERMINAL_AUTHENTICATION, *terms), (chip_term(card.chip_key), chip_key_term(card.chip_key))
        )

    return make


def _strongest() -> str:
    """Offered on two curves and with two ciphers; the chip answers the strongest alone."""
    best = PaceOffer(suite=SuiteKind.AES_256, parameter=16)
    card = _keys_of(PaceOffer(), PaceOffer(parameter=12), best)
    return outcome_of(replace(card, pace=(best,)))


def _no_tag(answer: bytes) -> bytes:
    """The data of chip authentication mapping without tag and length."""
    return at(1, put=lambda encoded: encoded[2:])(answer)


def _mapping(lays: str, comes_out: str, change: Edit) -> Case:
    return laid(lays, comes_out, mapping_card, disturb=_answer(4, change))


def _broken_access() -> Card:
    card = usual()
    access = card.files[ShortFile.CARD_ACCESS]
    return replace(
        card, files=card.files | {ShortFile.CARD_ACCESS: at(0, put=lambda info: info[:1] + b"\x7f" + info[2:])(access)}
    )


def _empty_options() -> Card:
    """A card whose DG14 lists nothing, EF.CardAccess kept."""
    card = mapping_card()
    access = card.files[ShortFile.CARD_ACCESS]
    emptied = with_infos(card, ())
    return replace(emptied, files=emptied.files | {ShortFile.CARD_ACCESS: access})


_DOMAIN = encode(
    0x30,
    encode(0x06, bytes.fromhex("04007f0007020204") + b"\x02")
    + encode(0x30, encode(0x06, bytes.fromhex("04007f000701010502")) + written_out(CURVES[13]))
    + integer(40),
)
_UNKNOWN_INFO = encode(0x30, encode(0x06, bytes.fromhex("2a0304")) + integer(1))
_UNKNOWN_MAPPING = encode(
    0x30, encode(0x06, bytes.fromhex("04007f0007020204") + b"\x06\x09") + integer(2) + integer(13)
)

PACE_RUNS: Final[dict[str, Entry]] = {
    "01": laid("Generic mapping on brainpoolP256r1 with AES-128.", "GENUINE"),
    "02": _every(
        "Generic mapping in every standard group.",
        "GENUINE",
        lambda: [*_offers(PaceMapping.ECDH_GENERIC, _CURVES), *_offers(PaceMapping.DH_GENERIC, (0, 1, 2))],
    ),
    "03": _every(
        "Integrated mapping in every standard group that allows it.",
        "GENUINE",
        lambda: [*_offers(PaceMapping.ECDH_INTEGRATED, _MAPPABLE), *_offers(PaceMapping.DH_INTEGRATED, (0, 1, 2))],
    ),
    "04": _every("Each cipher.", "GENUINE", lambda: [(_keys_of(PaceOffer(suite=suite)), None) for suite in _SUITES]),
    "05": laid("An unknown info beside PACE's.", "GENUINE", _access(_UNKNOWN_INFO, pace_term(PaceOffer()))),
    "06": Case(lays="Three offers, of which the chip answers the strongest.", run=_strongest, comes_out="GENUINE"),
    "07": laid(
        "Two offers, and a curve written out for neither.",
        "GENUINE",
        lambda: replace(
            _access(pace_term(PaceOffer()), pace_term(PaceOffer(parameter=12)), _DOMAIN)(),
            pace=(PaceOffer(), PaceOffer(parameter=12)),
        ),
    ),
    "08": laid("MSE:Set AT is answered 6F00.", _STATUS, disturb=_refusing(0x22)),
    "09": laid("The nonce is changed on its way.", "WrongKeyError", disturb=_answer(1, _value(_turned(3)))),
    "10": laid("6F00 in step 1.", _STATUS, disturb=_refusing(0x86, 1)),
    "11": laid("Tag 90 in step 1.", _BROKEN, disturb=_answer(1, _tagged(0x90))),
    "12": laid("6F00 in step 2.", _STATUS, disturb=_refusing(0x86, 2)),
    "13": laid("Tag 92 in step 2.", _BROKEN, disturb=_answer(2, _tagged(0x92))),
    "14": _deceived("A mapping key off the curve.", PaceTrick.MAPPING_OFF_GROUP),
    "15": laid(
        "Integrated mapping, and the chip answers the nonce with content.",
        _BROKEN,
        lambda: _keys_of(_INTEGRATED),
        disturb=_answer(2, instead(bytes.fromhex("7c03820101"))),
    ),
    "16": _every("A mapping point spoilt in each part.", _BROKEN, lambda: _spoilt(usual(), 2, _POINT)),
    "17": _every("A mapping number spoilt.", _BROKEN, lambda: _spoilt(_keys_of(_NUMBERS), 2, _MODULAR)),
    "18": laid("6F00 in step 3.", _STATUS, disturb=_refusing(0x86, 3)),
    "19": laid("Tag 94 in step 3.", _BROKEN, disturb=_answer(3, _tagged(0x94))),
    "20": _deceived("An ephemeral key off the curve.", PaceTrick.OFF_GROUP),
    "21": _every("An ephemeral point spoilt in each part.", _BROKEN, lambda: _spoilt(usual(), 3, _POINT)),
    "22": _every("An ephemeral number spoilt.", _BROKEN, lambda: _spoilt(_keys_of(_NUMBERS), 3, _MODULAR)),
    "23": _deceived("Our own ephemeral key comes back.", PaceTrick.SAME_KEY),
    "24": laid("6F00 in step 4.", _STATUS, disturb=_refusing(0x86, 4)),
    "25": laid("Tag 96 in step 4.", _BROKEN, disturb=_answer(4, _tagged(0x96))),
    "26": _deceived("A wrong token.", PaceTrick.WRONG_TOKEN),
    "27": laid("A length in EF.CardAccess does not fit.", "ParseError", _broken_access),
    "28": laid(
        "EF.CardAccess names a group that does not exist.",
        "UnsupportedPaceError",
        _access(pace_term(PaceOffer(parameter=31))),
    ),
    "29": _mapping("The chip's mapping data without tag.", _BROKEN, _no_tag),
    "30": _mapping(
        "The chip's mapping data in no whole blocks.",
        "CLONE_SUSPECT",
        at(1, put=lambda encoded: encode(0x8A, encoded[3:])),
    ),
    "31": laid(
        "Mapping data of chance.",
        "CLONE_SUSPECT",
        with_fault(ProofForged(proof=ChipProof.CHIP_MAPPING), mapping_card),
    ),
    "32": _mapping("The chip's mapping data under tag 8B.", _BROKEN, at(1, put=lambda encoded: b"\x8b" + encoded[1:])),
    "33": _mapping("The chip's mapping data are empty.", "CLONE_SUSPECT", at(1, put=instead(b"\x8a\x00"))),
    "34": laid("Chip authentication mapping.", "GENUINE", mapping_card),
    "35": laid(
        "Mapping data where nobody asked for them.",
        _BROKEN,
        disturb=_answer(4, at(0, put=lambda token: token + b"\x8a\x10" + bytes(16))),
    ),
    "36": laid(
        "EF.CardAccess offers a chip authentication mapping that does not exist.",
        "UnsupportedPaceError",
        _access(_UNKNOWN_MAPPING),
    ),
    "38": laid("DG14 lists nothing; EF.CardSecurity may be another card's.", "CHIP_NOT_PROVEN", _empty_options),
    "39": laid("EF.CardSecurity holds another key than the chip.", "CLONE_SUSPECT", other_key),
    "40": laid("EF.CardSecurity holds no key.", "CLONE_SUSPECT", without_key),
    "41": _every(
        "Chip authentication mapping on every standard curve.",
        "GENUINE",
        lambda: [(mapping_card(number), None) for number in _CURVES],
    ),
}
