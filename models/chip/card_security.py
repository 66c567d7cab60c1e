"""EF.CardSecurity (ICAO Doc 9303-11 section 9.2.11, BSI TR-03110-3 A.1.2.5): the chip's protocols and keys, signed.

A chip with PACE and chip authentication mapping keeps the key of the mapping here. Whether the signer may be trusted is
judged as for the security object.
"""

from collections.abc import Iterable

import msgspec

from models.chip.security_infos import SecurityInfo, parse_security_infos
from models.chip.signed_message import SignedMessage, message_signature_is_good, parse_signed_message

_SECURITY_OBJECT = "0.4.0.127.0.7.3.2.1"


class CardSecurity(msgspec.Struct, frozen=True, kw_only=True):
    """The signed message, its signer in it, and the SecurityInfos that it holds."""

    message: SignedMessage
    infos: tuple[SecurityInfo, ...]


def parse_card_security(ef_card_security: bytes) -> CardSecurity:
    """The whole file, a CMS ContentInfo. Raises `ParseError`."""
    message = parse_signed_message(ef_card_security, _SECURITY_OBJECT)
    return CardSecurity(message=message, infos=parse_security_infos(message.content))


def card_security_signature_is_good(card_security: CardSecurity) -> bool:
    """Whether the signer that the file carries signed it. Raises `UnsupportedKeyError`, `ParseError`."""
    return message_signature_is_good(card_security.message)


def vouches_for(card_security: CardSecurity, card_access: Iterable[SecurityInfo]) -> bool:
    """Whether all of EF.CardAccess, which nobody signs, stands in EF.CardSecurity too (9303-11 section 9.2.11)."""
    return {info.encoded for info in card_access} <= {info.encoded for info in card_security.infos}
