"""Files with further words about holder and card: DG11, DG12 (ICAO Doc 9303-10 section 4.7) and Vietnam's DG13.

Also EF.ATR/INFO. Not here: what every card has (`data_group_writing`).
"""

from datetime import date

from provisioning.rehearsal.people import Person, latin_name
from provisioning.rehearsal.public_key_writing import integer
from provisioning.rehearsal.tlv_writing import tlv

_UTF8_TRANSFER = bytes.fromhex("28D316010008")
"""1.0.10646.1.0.8."""
_PRINTABLE, _UTF8 = 0x13, 0x0C
_CAPABILITIES = bytes.fromhex("800140")
"""SELECT by full name, one-byte units, extended length fields (ISO/IEC 7816-4 section 12.1.1.9)."""


def personal_details_group(person: Person) -> bytes:
    """DG11 with full name, personal number and full date of birth."""
    fields = (
        tlv(0x5F0E, latin_name(person.full_name).encode("ascii")),
        tlv(0x5F10, person.citizen_id.encode("ascii")),
        tlv(0x5F2B, f"{person.birth_date:%Y%m%d}".encode("ascii")),
    )
    return tlv(0x6B, tlv(0x5C, bytes.fromhex("5F0E5F105F2B")), *fields)


def document_details_group(issued_on: date) -> bytes:
    """DG12 with the authority and the date of issue."""
    fields = tlv(0x5F19, b"REHEARSAL AUTHORITY"), tlv(0x5F26, f"{issued_on:%Y%m%d}".encode("ascii"))
    return tlv(0x6C, tlv(0x5C, bytes.fromhex("5F195F26")), *fields)


def national_group(person: Person, full_name: str | None = None) -> bytes:
    """DG13 as Vietnamese cards are said to hold it, with the fields that concern nobody but the holder left empty.

    `full_name` stands in field 2 instead of the person's own.
    """
    sex = {"M": "Nam", "F": "Nữ"}[person.sex]
    words = {
        1: (_PRINTABLE, person.citizen_id),
        2: (_UTF8, full_name or person.full_name),
        3: (_PRINTABLE, f"{person.birth_date:%d/%m/%Y}"),
        4: (_UTF8, sex),
        5: (_UTF8, "Việt Nam"),
        9: (_UTF8, person.address),
        11: (_PRINTABLE, f"{person.card_issued_on:%d/%m/%Y}"),
        12: (_UTF8, f"{person.card_expires_on:%d/%m/%Y}"),
    }
    fields = (tlv(0x30, integer(number), tlv(tag, text.encode())) for number, (tag, text) in words.items())
    return tlv(0x6D, tlv(0x30, integer(1), tlv(0x06, _UTF8_TRANSFER), tlv(0x31, *fields)))


def atr_info_file(longest_command: int, longest_answer: int) -> bytes:
    """EF.ATR/INFO: capabilities and the largest lengths in both ways (ISO/IEC 7816-4 section 12.7.1)."""
    limits = tlv(0x7F66, integer(longest_command), integer(longest_answer))
    return tlv(0x47, _CAPABILITIES) + limits
