"""Whether PACE with chip authentication mapping proves the chip (ICAO Doc 9303-11 sections 4.4.3.5 and 9.2.11).

Its key stands in EF.CardSecurity, which is signed by itself: the same is asked of that signer as of EF.SOD's. That file
names no document, so its key must stand in DG14 too. Not here: the arithmetic of the mapping (`chip_mapping`).
"""

from msgspec.structs import replace

from models.chip.card_security import (
    CardSecurity,
    card_security_signature_is_good,
    parse_card_security,
    vouches_for,
)
from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.chip_mapping import mapping_proves_chip
from models.chip.issuer_checks import judge_chain, judge_country
from models.chip.revocation_checks import judge_revocation
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.chip.verdict import Check, ChipVerdict
from models.evidence import ChipMapping

MAPPING = "chip authentication mapping"


def judge_mapping(case: ChipCase) -> Finding:
    """Refusals 1 to 3 and 15, for this way of proving the chip."""
    run = case.evidence.chip_mapping
    if run is None:
        return not_done(MAPPING, "PACE was run with another mapping, or not at all.")
    if not run.chip_data:
        return failed(MAPPING, ChipVerdict.CLONE_SUSPECT, "The chip gave no data for its mapping.")
    if not run.ef_card_security:
        return failed(MAPPING, ChipVerdict.CLONE_SUSPECT, "The chip does not show EF.CardSecurity with its key.")
    try:
        return _judge_run(case, run, parse_card_security(run.ef_card_security))
    except UnsupportedKeyError as error:
        return not_done(MAPPING, str(error))
    except ParseError as error:
        return failed(MAPPING, ChipVerdict.CLONE_SUSPECT, str(error))


def _judge_run(case: ChipCase, run: ChipMapping, card_security: CardSecurity) -> Finding:
    if not card_security_signature_is_good(card_security):
        return failed(MAPPING, ChipVerdict.SIGNATURE_INVALID, "The signature does not fit EF.CardSecurity.")
    if not vouches_for(card_security, case.card_access):
        detail = "EF.CardAccess says other things than the signed EF.CardSecurity."
        return failed(MAPPING, ChipVerdict.DOWNGRADE, detail)
    if not mapping_proves_chip(card_security.infos, run):
        return failed(MAPPING, ChipVerdict.CLONE_SUSPECT, "The chip does not hold the key in EF.CardSecurity.")
    signer = _judge_signer(case, card_security)
    if signer.verdict is None and not _with_key_of_dg14(case, run):
        return not_done(
            MAPPING, "The key in EF.CardSecurity does not stand in data group 14: it may be another card's."
        )
    return signer


def _with_key_of_dg14(case: ChipCase, run: ChipMapping) -> bool:
    try:
        return mapping_proves_chip(case.dg14 or (), run)
    except ParseError:  # no key on that curve; a damaged one is chip authentication's to report
        return False


def _judge_signer(case: ChipCase, card_security: CardSecurity) -> Finding:
    signed_by_it = replace(case.security_object, message=card_security.message)
    other = replace(case, security_object=signed_by_it)
    for found in (judge_country(other), judge_chain(other), judge_revocation(other)):
        if found.verdict is not None:
            check = Check(name=MAPPING, result=found.check.result, detail=f"EF.CardSecurity: {found.check.detail}")
            return replace(found, check=check)
    return passed(MAPPING, "The chip ran PACE with the key that EF.CardSecurity and data group 14 list.")
