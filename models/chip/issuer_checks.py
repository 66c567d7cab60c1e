"""Checks of who signed (ICAO Doc 9303-12): signature, country, chain to an anchor, validity."""

from datetime import UTC, datetime, time

from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.certificates import Certificate
from models.chip.countries import normal_state
from models.chip.security_object import own_signature_is_good
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.chip.verdict import ChipVerdict
from models.clock import SCHOOL_ZONE


def judge_signature(case: ChipCase) -> Finding:
    """Whether the signer in the security object signed it; what cannot be computed proves nothing."""
    name = "security object signature"
    try:
        good = own_signature_is_good(case.security_object)
    except (UnsupportedKeyError, ParseError) as error:
        return not_done(name, str(error), _nobody_vouches(case))
    if good:
        return passed(name, "The document signer in the security object signed it.")
    return failed(name, ChipVerdict.SIGNATURE_INVALID, "The signature does not fit the security object.")


def _nobody_vouches(case: ChipCase) -> ChipVerdict:
    return ChipVerdict.UNTRUSTED_ISSUER if _anchors(case) else ChipVerdict.NO_ANCHOR_INSTALLED


def _anchors(case: ChipCase) -> tuple[Certificate, ...]:
    return case.trust.of_country(normal_state(case.mrz.issuing_state))


def judge_country(case: ChipCase) -> Finding:
    """Refusal 8: a country vouches for its own documents only."""
    name, signer = "issuing country", case.security_object.signer
    if signer.country == normal_state(case.mrz.issuing_state):
        return passed(name, "The document signer and the machine readable zone name the same country.")
    detail = "The document signer belongs to another country than the one in the machine readable zone."
    return failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)


def judge_chain(case: ChipCase) -> Finding:
    """Refusals 7 to 11: an installed anchor of the issuing country signed the signer, and both are valid."""
    name, signer = "certificate chain", case.security_object.signer
    if not _anchors(case):
        detail = "No country signing certificate of the issuing country is installed."
        return not_done(name, detail, ChipVerdict.NO_ANCHOR_INSTALLED)
    if (
        signer.is_authority
        or signer.has_extended_usage
        or "digital_signature" not in (signer.usage if signer.usage is not None else {"digital_signature"})
    ):
        detail = "The signer's certificate is not one for signing documents."
        return failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)
    anchor = _issuer_among(_anchors(case), signer)
    if anchor is None:
        detail = "None of the installed country signing certificates signed the document signer."
        return failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)
    return _judge_validity(case, signer, anchor)


def _issuer_among(anchors: tuple[Certificate, ...], signer: Certificate) -> Certificate | None:
    for anchor in anchors:
        same_key = bool(anchor.key_identifier) and signer.authority_key_identifier == anchor.key_identifier
        if anchor.subject != signer.issuer and not same_key:
            continue
        try:
            if signer.signed_by(anchor):
                return anchor
        except (UnsupportedKeyError, ParseError):
            continue
    return None


def _judge_validity(case: ChipCase, signer: Certificate, anchor: Certificate) -> Finding:
    """Both certificates must be valid now, or on the document's last day when that has passed (9303-12 section 4.1)."""
    name, instant = "certificate chain", case.at
    if case.holder is not None and case.holder.expiry_date is not None:
        last = datetime.combine(case.holder.expiry_date, time(), SCHOOL_ZONE).astimezone(UTC)
        instant = min(instant, last)
    signed_at = case.security_object.signed_at
    if not signer.valid_at(instant) or not anchor.valid_at(instant):
        detail = "The document signer or its country signing certificate is outside its validity."
        return failed(name, ChipVerdict.SIGNER_EXPIRED, detail)
    if signed_at is not None and not signer.valid_at(signed_at):
        detail = "The security object was signed outside the document signer's validity."
        return failed(name, ChipVerdict.SIGNER_EXPIRED, detail)
    return passed(name, "An installed country signing certificate signed the document signer; both are valid.")
