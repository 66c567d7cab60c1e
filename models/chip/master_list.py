"""CMS master lists: the country certificates that one state believes (ICAO Doc 9303-12 section 9).

Who believes such a list decides a person: it proves its integrity by a chain that it carries itself. Not here: what its
certificates are worth (`trust_store`).
"""

from datetime import datetime
from typing import Final

import msgspec

from models.chip.certificates import Certificate, parse_certificate
from models.chip.signatures import UnsupportedKeyError
from models.chip.signed_message import SignedMessage, message_signature_is_good, parse_signed_message
from models.chip.tlv import ParseError, parse_header, parse_one

LARGEST_LIST_BYTES: Final = 16 * 1024 * 1024
_MOST_CERTIFICATES: Final = 5_000
_MASTER_LIST: Final = "2.23.136.1.1.2"
_MAY_SIGN_LISTS: Final = "2.23.136.1.1.3"


class MasterListRefusedError(ParseError):
    """The list is not what its signer made, or its signer may not sign lists. Fetch it again from its publisher."""


class MasterList(msgspec.Struct, frozen=True, kw_only=True):
    """A list whose signature is good, by a signer for lists whose country certificate the list itself carries.

    `certificates` are in DER and in the list's order; `signed_at` is UTC, None when the list does not say. Whether
    `country_signer` is the real one is for the reader to compare, by its fingerprint with what its state publishes.
    """

    certificates: tuple[bytes, ...]
    signer: Certificate
    country_signer: Certificate
    signed_at: datetime | None


def parse_master_list(encoded: bytes) -> MasterList:
    """The list in these DER bytes. Raises `ParseError`, `MasterListRefusedError` among them."""
    if len(encoded) > LARGEST_LIST_BYTES:
        raise ParseError("A master list is larger than any that is taken here.")
    message = parse_signed_message(encoded, _MASTER_LIST)
    certificates = tuple(_certificates(message.content))
    return MasterList(
        certificates=certificates,
        signer=message.signer,
        country_signer=_country_signer(message),
        signed_at=message.signed_at,
    )


def _certificates(content: bytes) -> list[bytes]:
    """CscaMasterList ::= SEQUENCE { version INTEGER, certList SET OF Certificate }, each cut out and not yet read."""
    fields = parse_one(content, 0x30)
    tag, start, length = parse_header(fields)
    if tag != 0x02 or fields[start : start + length] != b"\x00":
        raise ParseError("A master list has another version than 0.")
    listed = parse_one(fields[start + length :], 0x31)
    found: list[bytes] = []
    offset = 0
    while offset < len(listed):
        tag, start, length = parse_header(listed, offset)
        if tag != 0x30 or start + length > len(listed) or len(found) == _MOST_CERTIFICATES:
            raise ParseError("A master list has too many entries, or one that is no certificate.")
        found.append(listed[offset : start + length])
        offset = start + length
    return found


def _country_signer(message: SignedMessage) -> Certificate:
    signer = message.signer
    if signer.extended_usage is None or _MAY_SIGN_LISTS not in signer.extended_usage:
        raise MasterListRefusedError("The master list's signer is not one for master lists.")
    if signer.is_authority or (signer.usage is not None and "digital_signature" not in signer.usage):
        raise MasterListRefusedError("The master list's signer may not sign.")
    try:
        if not message_signature_is_good(message):
            raise MasterListRefusedError("The master list's signature does not fit it.")
        if message.signed_at is not None and not signer.key_used_at(message.signed_at):
            raise MasterListRefusedError("The master list was signed outside its signer's validity.")
        for carried in message.certificates:
            above = parse_certificate(carried)
            if above.is_authority and above.country == signer.country and signer.signed_by(above):
                return above
    except UnsupportedKeyError as error:
        raise MasterListRefusedError(f"The master list's signature cannot be checked. {error}") from error
    raise MasterListRefusedError("The master list does not carry the country certificate that signed its signer.")
