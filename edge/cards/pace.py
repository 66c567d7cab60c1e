"""PACE with generic mapping over elliptic curves and AES-128 (ICAO Doc 9303-11 section 4.4), with CAN or MRZ.

Not here: other mappings, curves and ciphers; what to do with a chip that has no PACE (`read_identity_card`).
"""

import hmac
from collections.abc import Callable
from typing import NoReturn

from cryptography.hazmat.primitives.ciphers import Cipher
from cryptography.hazmat.primitives.ciphers.algorithms import AES
from cryptography.hazmat.primitives.ciphers.modes import CBC
from cryptography.hazmat.primitives.cmac import CMAC

from edge.cards.access_key import AccessKey, CardAccessNumber, WrongKeyError, derive_key, pace_secret
from edge.cards.apdu import Channel, Command, UnexpectedStatusError
from edge.cards.card_reader import CardReadError
from edge.cards.generic_mapping import (
    BadPointError,
    Point,
    add,
    base_multiple,
    decode_point,
    encode_point,
    multiple,
    multiple_x,
)
from edge.cards.secure_messaging import ChannelBrokenError
from edge.cards.session_ciphers import AesCipher
from models.chip.curves import BRAINPOOL_P256, P256, Curve
from models.chip.security_infos import PACE_ECDH_GM_AES_128, PaceInfo
from models.chip.tlv import ParseError, encode, parse_one

APDUS = 5
"""Commands that PACE takes: MSE:Set AT and four times GENERAL AUTHENTICATE."""

_CURVES: dict[int | None, Curve] = {12: P256, 13: BRAINPOOL_P256}
_WRONG_KEY = frozenset({0x6300, 0x6982, 0x6983, 0x6988})


class UnsupportedPaceError(CardReadError):
    """The chip offers PACE only in a kind that this program does not speak. It is not opened in an older way."""


def choose_pace(offered: tuple[PaceInfo, ...]) -> PaceInfo:
    """The first offered kind that is supported. Raises `UnsupportedPaceError`."""
    for info in offered:
        if info.protocol == PACE_ECDH_GM_AES_128 and info.version == 2 and info.parameter_id in _CURVES:
            return info
    raise UnsupportedPaceError("The chip offers no kind of PACE that this program speaks. Report the card's model.")


def establish_pace(channel: Channel, key: AccessKey, info: PaceInfo, random_bytes: Callable[[int], bytes]) -> AesCipher:
    """Open the chip with PACE; the session's cipher.

    Raises `WrongKeyError` when the chip finds our token wrong, `ChannelBrokenError` when it sends bad points or a wrong
    token itself, `UnexpectedStatusError`, and the reader's errors.
    """
    curve = _CURVES[info.parameter_id]
    _choose_protocol(channel, key, info)
    nonce = _decrypt_nonce(key, _authenticate(channel, b"", 0x80))
    try:
        generator = _map(channel, curve, nonce, random_bytes)
        own_key = _scalar(curve, random_bytes)
        own = encode_point(curve, multiple(curve, own_key, generator))
        their = _authenticate(channel, encode(0x83, own), 0x84)
        if their == own:
            raise ChannelBrokenError("The card repeated our own key. Do not accept it.")
        secret = multiple_x(curve, own_key, decode_point(curve, their)).to_bytes(curve.width)
    except BadPointError as error:
        raise ChannelBrokenError("The card sent a point that is not on its curve. Do not accept it.") from error
    encryption_key, checksum_key = derive_key(secret, 1), derive_key(secret, 2)
    token = _token(checksum_key, info, their)
    if not hmac.compare_digest(_authenticate(channel, encode(0x85, token), 0x86), _token(checksum_key, info, own)):
        raise ChannelBrokenError("The card did not prove that it knows the key. Do not accept it.")
    return AesCipher(encryption_key, checksum_key)


def _choose_protocol(channel: Channel, key: AccessKey, info: PaceInfo) -> None:
    """MSE:Set AT (section 4.4.4.1). The curve is named only to chips that ask for it."""
    password = b"\x02" if isinstance(key, CardAccessNumber) else b"\x01"
    content = encode(0x80, info.protocol) + encode(0x83, password)
    answer = channel.send(Command(ins=0x22, p1=0xC1, p2=0xA4, content=content))
    if answer.status in {0x6A80, 0x6A87, 0x6A88} and info.parameter_id is not None:
        content += encode(0x84, bytes([info.parameter_id]))
        answer = channel.send(Command(ins=0x22, p1=0xC1, p2=0xA4, content=content))
    if answer.status != 0x9000 and answer.status >> 4 != 0x63C:  # 63Cx warns of the tries that are left
        raise UnexpectedStatusError("MSE:Set AT", answer.status)


def _decrypt_nonce(key: AccessKey, encrypted: bytes) -> int:
    if len(encrypted) not in {16, 32}:
        raise ChannelBrokenError("The card's nonce has a wrong length. Lay it down again.")
    decryptor = Cipher(AES(derive_key(pace_secret(key), 3)), CBC(bytes(16))).decryptor()
    return int.from_bytes(decryptor.update(encrypted) + decryptor.finalize())


def _map(channel: Channel, curve: Curve, nonce: int, random_bytes: Callable[[int], bytes]) -> Point:
    """Generic mapping: s * G + H, where H is what both sides' mapping keys agree on."""
    own_key = _scalar(curve, random_bytes)
    own = encode_point(curve, base_multiple(curve, own_key))
    their = _authenticate(channel, encode(0x81, own), 0x82)
    if their == own:
        raise ChannelBrokenError("The card repeated our own key. Do not accept it.")
    agreed = multiple(curve, own_key, decode_point(curve, their))
    return add(curve, base_multiple(curve, nonce % curve.n), agreed)


def _scalar(curve: Curve, random_bytes: Callable[[int], bytes]) -> int:
    """A private key in 2 to n - 2; eight bytes more than needed leave no bias worth the name."""
    return 2 + int.from_bytes(random_bytes(curve.width + 8)) % (curve.n - 3)


def _token(checksum_key: bytes, info: PaceInfo, point: bytes) -> bytes:
    """The authentication token over the other side's public key (section 4.4.3.4)."""
    mac = CMAC(AES(checksum_key))
    mac.update(encode(0x7F49, encode(0x06, info.protocol) + encode(0x86, point)))
    return mac.finalize()[:8]


def _authenticate(channel: Channel, content: bytes, wanted: int) -> bytes:
    """One GENERAL AUTHENTICATE; the value of the wanted object in the dynamic authentication template 7C."""
    last = wanted == 0x86
    answer = channel.send(Command(cla=0x00 if last else 0x10, ins=0x86, content=encode(0x7C, content), expected=256))
    if answer.status != 0x9000:
        _refused(answer.status, wanted)
    try:
        return parse_one(parse_one(answer.content, 0x7C), wanted)
    except ParseError as error:
        raise ChannelBrokenError("The card's answer during PACE is damaged. Lay it down again.") from error


def _refused(status: int, wanted: int) -> NoReturn:
    if wanted == 0x86 and (status in _WRONG_KEY or status >> 4 == 0x63C):
        raise WrongKeyError("The card does not open with these digits. Compare them with the card.")
    raise UnexpectedStatusError("GENERAL AUTHENTICATE", status)
