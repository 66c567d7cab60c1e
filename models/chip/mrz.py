"""The machine readable zone (ICAO Doc 9303-3; 9303-5, -6 and -4 for TD1, TD2 and TD3): its fields and check digits.

The Vietnamese citizen card is a TD1 zone whose optional data of the upper line hold the 12-digit citizen number,
followed in most prints by a check digit of its own; the field "document number" holds its last nine digits only.
Not here: whether the zone is signed (`passive_authentication`).
"""

from datetime import date

import msgspec

from models.chip.tlv import ParseError
from models.evidence import CardHolder
from models.identifiers import CitizenId, Sex

_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_WEIGHTS = (7, 3, 1)
_DOCUMENTS = frozenset("ACIPV")  # 9303-3 section 5: official travel documents, passports, visas
_SEXES = frozenset("MF<")


class Mrz(msgspec.Struct, frozen=True, kw_only=True):
    """The fields of a zone as printed, fillers kept inside fixed fields; dates are YYMMDD.

    `checked` lists the name of each checked field, the text that its digit covers, and the digit.
    """

    document_code: str
    issuing_state: str
    nationality: str
    document_number: str
    optional: str
    birth: str
    sex: str
    expiry: str
    name: str
    checked: tuple[tuple[str, str, str], ...]


def check_digit(text: str) -> str:
    """The check digit of `text` (9303-3 section 4.9): weights 7, 3, 1, letters from A = 10, filler 0, modulo 10."""
    total = 0
    for place, character in enumerate(text):
        value = 0 if character == "<" else _ALPHABET.index(character)
        total += value * _WEIGHTS[place % 3]
    return str(total % 10)


def parse_mrz(text: str) -> Mrz:
    """The fields of a TD1 (90 characters), TD2 (72) or TD3 (88) zone; line breaks may stand between the lines.

    Raises `ParseError` when length or alphabet are wrong, of the zone or of a field. Check digits are not judged: see
    `wrong_check_digits`.
    """
    zone = "".join(text.split())
    if any(character != "<" and character not in _ALPHABET for character in zone):
        raise ParseError("The machine readable zone holds a character outside A-Z, 0-9 and '<'.")
    match len(zone):
        case 90:
            mrz = _parse_td1(zone)
        case 72:
            mrz = _parse_td2(zone)
        case 88:
            mrz = _parse_td3(zone)
        case other:
            raise ParseError(f"A machine readable zone of {other} characters is none of TD1 (90), TD2 (72), TD3 (88).")
    states = (mrz.issuing_state.rstrip("<"), mrz.nationality.rstrip("<"))
    if mrz.document_code[0] not in _DOCUMENTS or mrz.sex not in _SEXES or not mrz.name.strip("<"):
        raise ParseError("The machine readable zone has an unknown kind of document or sex, or no name.")
    if not all(state.isalpha() for state in states):
        raise ParseError("The machine readable zone has a state that is not made of letters.")
    return mrz


def _parse_td1(zone: str) -> Mrz:
    upper, middle, lower = zone[:30], zone[30:60], zone[60:]
    covered, digit, optional = _number(upper[5:14], upper[14], upper[15:30])
    checked = [
        ("document number", covered, digit),
        ("birth date", middle[:6], middle[6]),
        ("expiry date", middle[8:14], middle[14]),
        ("composite", upper[5:30] + middle[:7] + middle[8:15] + middle[18:29], middle[29]),
    ]
    if upper[2:5] == "VNM" and optional[:12].isdecimal() and optional[14:] not in {"", "<"}:
        checked.append(("citizen number", optional[:12], optional[14:]))
    return Mrz(
        document_code=upper[:2],
        issuing_state=upper[2:5],
        nationality=middle[15:18],
        document_number=covered,
        optional=optional,
        birth=middle[:6],
        sex=middle[7],
        expiry=middle[8:14],
        name=lower,
        checked=tuple(checked),
    )


def _number(number: str, digit: str, optional: str) -> tuple[str, str, str]:
    """9303-5 section 4.2.2, 9303-6 too: a number longer than nine runs on into the optional data, its digit behind."""
    if digit != "<" or "<" not in optional:
        return number, digit, optional
    tail, _, rest = optional.partition("<")
    return number + tail[:-1], tail[-1:], rest


def _parse_td2(zone: str) -> Mrz:
    upper, lower = zone[:36], zone[36:]
    covered, digit, optional = _number(lower[:9], lower[9], lower[28:35])
    checked = (
        ("document number", covered, digit),
        ("birth date", lower[13:19], lower[19]),
        ("expiry date", lower[21:27], lower[27]),
        ("composite", lower[:10] + lower[13:20] + lower[21:35], lower[35]),
    )
    return Mrz(
        document_code=upper[:2],
        issuing_state=upper[2:5],
        nationality=lower[10:13],
        document_number=covered,
        optional=optional,
        birth=lower[13:19],
        sex=lower[20],
        expiry=lower[21:27],
        name=upper[5:],
        checked=checked,
    )


def _parse_td3(zone: str) -> Mrz:
    upper, lower = zone[:44], zone[44:]
    checked = [
        ("document number", lower[:9], lower[9]),
        ("birth date", lower[13:19], lower[19]),
        ("expiry date", lower[21:27], lower[27]),
        ("composite", lower[:10] + lower[13:20] + lower[21:43], lower[43]),
    ]
    if lower[28:42].strip("<") or lower[42] != "<":  # 9303-4 4.2.2: may be a filler when the field is empty
        checked.append(("personal number", lower[28:42], lower[42]))
    return Mrz(
        document_code=upper[:2],
        issuing_state=upper[2:5],
        nationality=lower[10:13],
        document_number=lower[:9],
        optional=lower[28:42],
        birth=lower[13:19],
        sex=lower[20],
        expiry=lower[21:27],
        name=upper[5:],
        checked=tuple(checked),
    )


def wrong_check_digits(mrz: Mrz) -> tuple[str, ...]:
    """The names of the fields whose check digit does not fit; empty when all fit."""
    return tuple(name for name, text, digit in mrz.checked if check_digit(text) != digit)


def holder_of(mrz: Mrz) -> CardHolder:
    """Whom the zone names. Raises `ParseError` when a date has other characters than digits and fillers.

    Centuries: expiry dates lie in 20YY; a birth year is that of the citizen number where there is one, else the latest
    one that is not after the expiry.
    """
    citizen_id = _citizen_id(mrz)
    expiry = _date(mrz.expiry, 2000)
    if citizen_id is not None:
        birth = _date(mrz.birth, 1900 + int(citizen_id[3]) // 2 * 100)
    else:
        birth = _date(mrz.birth, 2000)
        latest = expiry or date(2099, 12, 31)
        if birth is not None and birth > latest:
            birth = _date(mrz.birth, 1900)
    return CardHolder(
        citizen_id=citizen_id,
        document_number=mrz.document_number.rstrip("<"),
        issuing_state=mrz.issuing_state.rstrip("<"),
        name=" ".join(part for part in mrz.name.replace("<", " ").split()),
        sex={"M": Sex.MALE, "F": Sex.FEMALE}.get(mrz.sex),
        birth_date=birth,
        expiry_date=expiry,
    )


def _citizen_id(mrz: Mrz) -> CitizenId | None:
    number = mrz.optional[:12]
    if mrz.issuing_state == "VNM" and len(number) == 12 and number.isdecimal() and mrz.document_code[0] != "P":
        return CitizenId(number)
    return None


def _date(text: str, century: int) -> date | None:
    if "<" in text:
        return None
    if not text.isdecimal():
        raise ParseError("A date of the machine readable zone is not made of digits.")
    try:
        return date(century + int(text[:2]), int(text[2:4]), int(text[4:]))
    except ValueError as error:
        raise ParseError("A date of the machine readable zone is not in the calendar.") from error


def mrz_information(document_number: str, birth: str, expiry: str) -> str:
    """The text from which the access keys are derived (9303-11 section 9.7.2): three fields with their check digits.

    The document number is padded with fillers to nine; dates are YYMMDD. Raises `ParseError`.
    """
    number = document_number.upper().ljust(9, "<")
    if not birth.isdecimal() or not expiry.isdecimal() or (len(birth), len(expiry)) != (6, 6):
        raise ParseError("Birth and expiry dates are six digits, YYMMDD.")
    if any(character != "<" and character not in _ALPHABET for character in number):
        raise ParseError("A document number uses only A-Z and 0-9.")
    return "".join(field + check_digit(field) for field in (number, birth, expiry))
