"""Checks of what a chip says of itself and its holder: key files, way in, zone, expiry."""

from datetime import timedelta
from typing import Final

from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.mrz import wrong_check_digits
from models.chip.security_infos import CHIP_AUTHENTICATION, PACE, TERMINAL_AUTHENTICATION, of_family, pace_infos
from models.chip.tlv import ParseError
from models.chip.verdict import ChipVerdict
from models.clock import SCHOOL_ZONE
from models.evidence import AccessProtocol
from models.identifiers import citizen_id_agrees

_CLOCKS_APART: Final = timedelta(days=1)


def judge_stripping(case: ChipCase) -> Finding:
    """A copy cannot answer for its keys, so it pretends that they are missing; the signed list tells (refusal 4)."""
    name = "chip key files"
    listed = {14, 15} & case.security_object.digests.keys()
    missing = ", ".join(str(number) for number in sorted(listed - case.evidence.data_groups.keys()))
    if missing:
        detail = f"The security object lists data group {missing}, and the chip does not show it."
        return failed(name, ChipVerdict.CLONE_SUSPECT, detail)
    if not listed:
        return not_done(name, "The security object lists no key of the chip: a copy would look the same.")
    return passed(name, "The chip shows every key file that the security object lists.")


def judge_access(case: ChipCase) -> Finding:
    """Refusal 15: BAC on a chip that has PACE, or an EF.CardAccess that the signed DG14 contradicts."""
    name = "access protocol"
    try:
        offered, signed = pace_infos(case.card_access), pace_infos(case.dg14 or ())
    except ParseError as error:
        return failed(name, ChipVerdict.PARSE_ERROR, str(error))
    if case.evidence.access is AccessProtocol.BAC:
        if offered or signed:
            detail = "The chip offers PACE and was opened with the older basic access control."
            return failed(name, ChipVerdict.DOWNGRADE, detail)
        return passed(name, "The chip offers no PACE; basic access control opened it.")
    if not offered:
        return failed(name, ChipVerdict.DOWNGRADE, "EF.CardAccess does not offer the PACE that was used.")
    return _judge_card_access(name, case, vouched=bool(signed))


def _judge_card_access(name: str, case: ChipCase, *, vouched: bool) -> Finding:
    """Nothing signs EF.CardAccess, so what it says of a protocol that DG14 lists too must stand in DG14.

    Of PACE it must say all that DG14 lists: leaving out the stronger kinds is a downgrade too.
    """
    if case.dg14 is None:
        return not_done(name, "Without data group 14 nobody vouches for EF.CardAccess.")
    for family in (PACE, CHIP_AUTHENTICATION, TERMINAL_AUTHENTICATION):
        signed = {info.encoded for info in of_family(case.dg14, family)}
        shown = {info.encoded for info in of_family(case.card_access, family)}
        if signed and (shown != signed if family == PACE else not shown <= signed):
            detail = "EF.CardAccess says other things than the signed data group 14."
            return failed(name, ChipVerdict.DOWNGRADE, detail)
    if not vouched:
        return not_done(name, "Data group 14 does not say which PACE the chip has.")
    return passed(name, "Data group 14 vouches for the PACE that EF.CardAccess offers.")


def judge_zone(case: ChipCase) -> Finding:
    """Refusals 12 and 13: check digits, and dates and citizen number that can be."""
    name = "machine readable zone"
    wrong = wrong_check_digits(case.mrz)
    if wrong:
        detail = f"The check digit does not fit: {', '.join(wrong)}."
        return failed(name, ChipVerdict.INCONSISTENT, detail)
    holder = case.holder
    if holder is None:
        return failed(name, ChipVerdict.INCONSISTENT, "A date is not in the calendar.")
    if holder.birth_date is not None and holder.birth_date > case.at.astimezone(SCHOOL_ZONE).date():
        return failed(name, ChipVerdict.INCONSISTENT, "The birth date lies in the future.")
    if holder.citizen_id is not None and not citizen_id_agrees(holder.citizen_id, holder.sex, holder.birth_date):
        detail = "The citizen number does not agree with sex or year of birth."
        return failed(name, ChipVerdict.INCONSISTENT, detail)
    return passed(name, "Check digits, dates and citizen number agree.")


def judge_expiry(case: ChipCase) -> Finding:
    """Refusal 12: not before it was signed (clocks may differ by a day); the last day counts whole, in school time."""
    name = "document validity"
    signed_at = case.security_object.signed_at
    if signed_at is not None and signed_at > case.at + _CLOCKS_APART:
        return failed(name, ChipVerdict.INCONSISTENT, "The security object was signed at an instant yet to come.")
    if case.holder is None or case.holder.expiry_date is None:
        return not_done(name, "The machine readable zone gives no date of expiry.")
    if case.at.astimezone(SCHOOL_ZONE).date() > case.holder.expiry_date:
        return failed(name, ChipVerdict.EXPIRED, "The document's date of expiry has passed.")
    return passed(name, "The document has not expired.")
