"""PACE (ICAO Doc 9303-11 section 4.4) with CAN or MRZ: generic, integrated and chip authentication mapping.

Not here: which of the offered kinds is spoken (`pace_choice`), what to do with a chip that has no PACE
(`read_identity_card`), what the data of chip authentication mapping prove (`models.chip.chip_mapping`).
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import NoReturn

from edge.cards.access_key import AccessKey, CardAccessNumber, WrongKeyError, pace_secret, tries_left
from edge.cards.apdu import Channel, Command, UnexpectedStatusError
from edge.cards.integrated_mapping import chip_nonce_size, integrated_generator
from edge.cards.pace_choice import Mapping, PaceOption
from edge.cards.secure_messaging import ChannelBrokenError, unpad
from edge.cards.session_ciphers import (
    SessionCipher,
    authentication_token,
    chain_cipher,
    decrypt_chip_data,
    session_cipher,
)
from models.chip.key_agreement import BadPublicKeyError, Element, EllipticGroup, parameter_id_of
from models.chip.session_keys import CHECKSUM, ENCRYPTION, SessionSuite, derive_session_key
from models.chip.tlv import ParseError, encode, parse_fields, parse_one
from models.evidence import ChipMapping

APDUS = 5
"""Commands that PACE takes: MSE:Set AT and four times GENERAL AUTHENTICATE."""

_PASSWORD = 3
_TOKEN, _AUTHORITIES, _CHIP_DATA = 0x86, (0x87, 0x88), 0x8A
_WRONG_KEY = frozenset({0x6300, 0x6982, 0x6983, 0x6988})
_NAME_THE_GROUP = frozenset({0x6A80, 0x6A87, 0x6A88})
_REFUSED = frozenset({0x6982, 0x6985, 0x6A80, 0x6A81, 0x6A86, 0x6A87, 0x6D00, 0x6E00})
"""Words of a card that does not speak what it offers. Not 6A88: a card may lack the digits that were typed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PaceSession:
    """What PACE left: the session's cipher and, after chip authentication mapping, its data as evidence.

    The evidence's `ef_card_security` is still empty: the file is read through the session.
    """

    cipher: SessionCipher
    chip_mapping: ChipMapping | None = field(repr=False)


def establish_pace(
    channel: Channel, key: AccessKey, option: PaceOption, random_bytes: Callable[[int], bytes]
) -> PaceSession:
    """Open the chip with PACE.

    Raises `WrongKeyError` when the chip finds our token wrong, `ChannelBrokenError` when it sends bad keys or a wrong
    token itself, `UnexpectedStatusError`, and the reader's errors.
    """
    return _Pace(channel, option, random_bytes).run(key)


class _Pace:
    """One run; lives for one call."""

    def __init__(self, channel: Channel, option: PaceOption, random_bytes: Callable[[int], bytes]) -> None:
        self._channel = channel
        self._option = option
        self._group = option.group
        self._random_bytes = random_bytes
        self._mapping_key = b""

    def run(self, key: AccessKey) -> PaceSession:
        group, suite = self._group, self._option.suite
        self._choose_protocol(key)
        nonce = self._nonce(key)
        try:
            generator = self._integrated(nonce) if self._option.mapping is Mapping.INTEGRATED else self._generic(nonce)
            own_key = group.private_key(self._random_bytes(group.random_size))
            own = group.encode(group.multiple(own_key, generator))
            their = self._exchange_keys(0x83, own)
            secret = group.shared_secret(own_key, group.decode(their))
        except BadPublicKeyError as error:
            raise ChannelBrokenError("The card sent a key outside its group. Do not accept it.") from error
        checksum_key = derive_session_key(suite, secret, CHECKSUM)
        answer = self._authenticate(encode(0x85, self._token(checksum_key, their)), (_TOKEN, *_AUTHORITIES, _CHIP_DATA))
        if not hmac.compare_digest(answer.get(_TOKEN, b""), self._token(checksum_key, own)):
            raise ChannelBrokenError("The card did not prove that it knows the key. Do not accept it.")
        return PaceSession(
            cipher=session_cipher(suite, secret), chip_mapping=self._chip_mapping(secret, answer.get(_CHIP_DATA))
        )

    def _choose_protocol(self, key: AccessKey) -> None:
        """MSE:Set AT (section 4.4.4.1). The group is named where there are several, and to chips that ask for it."""
        password = b"\x02" if isinstance(key, CardAccessNumber) else b"\x01"
        unnamed = encode(0x80, self._option.protocol) + encode(0x83, password)
        reference = self._option.reference
        named = unnamed if reference is None else unnamed + encode(0x84, _shortest(reference))
        content = named if self._option.ambiguous else unnamed
        answer = self._channel.send(Command(ins=0x22, p1=0xC1, p2=0xA4, content=content))
        if answer.status in _NAME_THE_GROUP and content != named:
            answer = self._channel.send(Command(ins=0x22, p1=0xC1, p2=0xA4, content=named))
        if tries_left(answer.status) == 0:
            raise WrongKeyError("The card takes no more tries. Check the person by hand.", status=answer.status)
        if answer.status != 0x9000 and answer.status >> 4 != 0x63C:  # 63Cx warns of the tries that are left
            if answer.status in _REFUSED:  # refusal 15: only BAC would be left
                raise ChannelBrokenError(
                    f"The card offers PACE and refuses it ({answer.status:04X}). Do not accept it."
                )
            raise UnexpectedStatusError("MSE:Set AT", answer.status)

    def _nonce(self, key: AccessKey) -> bytes:
        suite = self._option.suite
        encrypted = self._authenticate(b"", (0x80,)).get(0x80, b"")
        integrated = self._option.mapping is Mapping.INTEGRATED
        sizes = {chip_nonce_size(suite)} if integrated else set(range(suite.block, 65, suite.block))
        if len(encrypted) not in sizes:
            raise ChannelBrokenError("The card's nonce has a wrong length. Lay it down again.")
        decryptor = chain_cipher(suite, derive_session_key(suite, pace_secret(key), _PASSWORD)).decryptor()
        return decryptor.update(encrypted) + decryptor.finalize()

    def _generic(self, nonce: bytes) -> Element:
        """The nonce times G, plus H, on which both sides' mapping keys agree (section 4.4.3.3.1)."""
        group = self._group
        own_key = group.private_key(self._random_bytes(group.random_size))
        self._mapping_key = self._exchange_keys(0x81, group.encode(group.base_multiple(own_key)))
        agreed = group.multiple(own_key, group.decode(self._mapping_key))
        return group.combine(group.base_multiple(int.from_bytes(nonce) % group.order), agreed)

    def _integrated(self, nonce: bytes) -> Element:
        """The generator that both nonces lead to; the chip's answer is empty (sections 4.4.3.3.2 and 4.4.5.2.2)."""
        suite = self._option.suite
        own_nonce = self._random_bytes(suite.key_size)
        if self._authenticate(encode(0x81, own_nonce), (0x82,)).get(0x82):
            raise ChannelBrokenError("The card answered a nonce with content. Do not accept it.")
        return integrated_generator(self._group, suite, nonce, own_nonce)

    def _exchange_keys(self, tag: int, own: bytes) -> bytes:
        their = self._authenticate(encode(tag, own), (tag + 1,)).get(tag + 1, b"")
        if their == own:
            raise ChannelBrokenError("The card repeated our own key. Do not accept it.")
        return their

    def _token(self, checksum_key: bytes, public_key: bytes) -> bytes:
        """The authentication token over a public key (section 4.4.3.4)."""
        kind = 0x86 if isinstance(self._group, EllipticGroup) else 0x84  # tables 10 and 11
        content = encode(0x7F49, encode(0x06, self._option.protocol) + encode(kind, public_key))
        return authentication_token(self._option.suite, checksum_key, content)

    def _chip_mapping(self, secret: bytes, cryptogram: bytes | None) -> ChipMapping | None:
        """The decrypted chip authentication data; what cannot be deciphered counts as not given, and proves nothing."""
        if self._option.mapping is not Mapping.CHIP_AUTHENTICATION:
            if cryptogram is not None:
                raise ChannelBrokenError("The card sent chip authentication data unasked. Do not accept it.")
            return None
        plain = b""
        if cryptogram and len(cryptogram) % SessionSuite.AES_128.block == 0:
            plain = decrypt_chip_data(derive_session_key(self._option.suite, secret, ENCRYPTION), cryptogram)
        try:
            chip_data = unpad(plain, SessionSuite.AES_128.block)
        except ChannelBrokenError:
            chip_data = b""
        return ChipMapping(
            parameter_id=parameter_id_of(self._group),
            mapping_key=self._mapping_key,
            chip_data=chip_data,
            ef_card_security=b"",
        )

    def _authenticate(self, content: bytes, wanted: tuple[int, ...]) -> dict[int, bytes]:
        """One GENERAL AUTHENTICATE; the objects in the dynamic authentication template 7C of its answer."""
        last = _TOKEN in wanted
        body = encode(0x7C, content)
        expected = 256 if len(body) < 256 else 65_536  # keys of 2,048 bits need the extended form, as do their answers
        answer = self._channel.send(Command(cla=0x00 if last else 0x10, ins=0x86, content=body, expected=expected))
        if answer.status != 0x9000:
            _refused(answer.status, last=last)
        if wanted == (0x82,) and not answer.content and self._option.mapping is Mapping.INTEGRATED:
            return {}  # nothing to say, and said so without the empty objects that the standard asks for
        try:
            return parse_fields(parse_one(answer.content, 0x7C), wanted)
        except ParseError as error:
            raise ChannelBrokenError("The card's answer during PACE is damaged. Lay it down again.") from error


def _shortest(number: int) -> bytes:
    return number.to_bytes(max(1, (number.bit_length() + 7) // 8))


def _refused(status: int, *, last: bool) -> NoReturn:
    if last and (status in _WRONG_KEY or tries_left(status) is not None):
        raise WrongKeyError("The card does not open with these digits. Compare them with the card.", status=status)
    raise UnexpectedStatusError("GENERAL AUTHENTICATE", status)
