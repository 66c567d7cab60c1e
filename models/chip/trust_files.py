"""What lies in a file of certificates: DER, PEM, LDIF of a public key directory, CMS master lists, revocation lists.

Told apart by their content, never by their name. Not here: opening files (programs do), believing what is found.
"""

import base64
import binascii
import re
from collections.abc import Iterator
from typing import Final

import msgspec

from models.chip.master_list import MasterList, parse_master_list
from models.chip.tlv import ParseError, parse_all, parse_header, parse_one

LARGEST_FILE_BYTES: Final = 64 * 1024 * 1024
_MOST_OBJECTS: Final = 20_000
_PEM: Final = re.compile(
    rb"-----BEGIN (CERTIFICATE|X509 CRL|CMS|PKCS7)-----([A-Za-z0-9+/=\s]*)-----END \1-----"
)  # one class of letters between fixed words: no backtracking
_LDIF_BINARY: Final = re.compile(
    rb"^(userCertificate|cACertificate|certificateRevocationList|CscaMasterListData|pkdMasterListContent)"
    rb"(?:;binary)?:: *([A-Za-z0-9+/=]+)$",
    re.IGNORECASE | re.MULTILINE,
)
_SIGNED_DATA: Final = bytes.fromhex("2a864886f70d010702")


class TrustFile(msgspec.Struct, frozen=True, kw_only=True):
    """The DER of everything in a file. `refused` has one English sentence for each piece that cannot be used.

    The certificates of the master lists stand among `certificates`.
    """

    certificates: tuple[bytes, ...]
    revocation_lists: tuple[bytes, ...]
    master_lists: tuple[MasterList, ...]
    refused: tuple[str, ...]


def parse_trust_file(content: bytes) -> TrustFile:
    """Everything in these bytes; pieces that cannot be used never hide the others. Raises `ParseError` for too much."""
    if len(content) > LARGEST_FILE_BYTES:
        raise ParseError("The file is larger than any that is taken here.")
    certificates: list[bytes] = []
    lists: list[bytes] = []
    master_lists: list[MasterList] = []
    refused: list[str] = []
    for place, piece in enumerate(_pieces(content), start=1):
        if place > _MOST_OBJECTS:
            raise ParseError("The file holds more than any that is taken here.")
        try:
            match _kind(piece):
                case "certificate":
                    certificates.append(piece)
                case "revocation list":
                    lists.append(piece)
                case _:
                    found = parse_master_list(piece)
                    master_lists.append(found)
                    certificates.extend(found.certificates)
        except ParseError as error:
            refused.append(f"Piece {place}: {error}")
    return TrustFile(
        certificates=tuple(dict.fromkeys(certificates)),
        revocation_lists=tuple(dict.fromkeys(lists)),
        master_lists=tuple(master_lists),
        refused=tuple(refused),
    )


def _pieces(content: bytes) -> Iterator[bytes]:
    """The DER pieces of PEM or LDIF; a file that is neither is one piece."""
    found = [match.group(2) for match in _PEM.finditer(content)]
    if not found:
        unfolded = content.replace(b"\r\n", b"\n").replace(b"\n ", b"")  # RFC 2849: a line goes on after a space
        found = [match.group(2) for match in _LDIF_BINARY.finditer(unfolded)]
    if not found:
        yield content
    for text in found:
        try:
            yield base64.b64decode(b"".join(text.split()), validate=True)
        except binascii.Error:
            yield b""  # named as unreadable like any other piece


def _kind(piece: bytes) -> str:
    """What a DER piece is, by its first fields. Raises `ParseError`."""
    outer = parse_one(piece, 0x30)
    tag, start, length = parse_header(outer)
    if tag == 0x06 and outer[start : start + length] == _SIGNED_DATA:
        return "master list"
    if tag != 0x30 or start + length > len(outer):
        raise ParseError("It is neither a certificate nor a list of certificates.")
    fields = parse_all(outer[start : start + length])
    tags = [field.tag for field in fields]
    if tags[:1] == [0xA0] or tags[:2] == [0x02, 0x30]:
        # A list has an instant after its issuer, a certificate the two of its validity inside a sequence.
        return "certificate" if len(tags) > 4 and tags[4 if tags[0] == 0xA0 else 3] == 0x30 else "revocation list"
    if tags[:2] == [0x30, 0x30]:
        return "revocation list"
    raise ParseError("It is neither a certificate nor a list of certificates.")
