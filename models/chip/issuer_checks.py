"""Checks of who signed (ICAO Doc 9303-12): signature, country, chain to an anchor, purpose, validity."""

from datetime import UTC, datetime, time

from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.certificates import Certificate
from models.chip.security_object import own_signature_is_good
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.chip.trust_store import may_have_signed
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
    return case.trust.of_country(case.mrz.issuing_state)


def judge_country(case: ChipCase) -> Finding:
    """Refusal 8: a country vouches for its own documents only."""
    name, policy = "issuing country", case.trust.policy
    if policy.state(case.security_object.signer.country) == policy.state(case.mrz.issuing_state):
        return passed(name, "The document signer and the machine readable zone name the same country.")
    detail = "The document signer belongs to another country than the one in the machine readable zone."
    return failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)


def judge_chain(case: ChipCase) -> Finding:
    """Refusals 7 to 11: an installed anchor of the issuing country signed the signer, for documents, and in time."""
    name, signer = "certificate chain", case.security_object.signer
    if not _anchors(case):
        detail = "No country signing certificate of the issuing country is installed."
        return not_done(name, detail, ChipVerdict.NO_ANCHOR_INSTALLED)
    issuers = issuers_of(signer, _anchors(case))
    if not issuers:
        detail = "None of the installed country signing certificates signed the document signer."
        return failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)
    unfit = _unfit_for_documents(signer, case.mrz.document_code)
    if unfit:
        return failed(name, ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS, unfit)
    return _judge_validity(case, signer, issuers)


def issuers_of(signer: Certificate, anchors: tuple[Certificate, ...]) -> tuple[Certificate, ...]:
    """Those of `anchors` whose key signed the document signer: the country's own, and links to the same key."""
    return tuple(anchor for anchor in anchors if may_have_signed(anchor, signer) and _signed(anchor, signer))


def _signed(anchor: Certificate, signer: Certificate) -> bool:
    try:
        return signer.signed_by(anchor)
    except (UnsupportedKeyError, ParseError):
        return False


def _unfit_for_documents(signer: Certificate, document_code: str) -> str:
    """Why this certificate is not one for signing this document (9303-12 section 7.1, table 5); empty when it is."""
    if signer.is_authority:
        return "The signer's certificate is an authority's, not a document signer's."
    if "digital_signature" not in (signer.usage or ()):
        return "The signer's certificate may not be used for signatures."
    if signer.extended_usage is not None:
        return "The signer's certificate is limited to another purpose than signing documents."
    if signer.unknown_critical:
        return "The signer's certificate has a critical extension that is not understood here."
    if signer.document_types is not None and document_code.rstrip("<") not in signer.document_types:
        return "The signer's certificate is for other types of document."
    return ""


def _judge_validity(case: ChipCase, signer: Certificate, issuers: tuple[Certificate, ...]) -> Finding:
    """Both certificates must be valid now, or on the document's last day when that has passed (9303-12 section 4.1).

    At the instant that the security object states, the signer's key must have been in use (private key usage period).
    """
    name, instant = "certificate chain", case.at
    if case.holder is not None and case.holder.expiry_date is not None:
        last = datetime.combine(case.holder.expiry_date, time(), SCHOOL_ZONE).astimezone(UTC)
        instant = min(instant, last)
    signed_at = case.security_object.signed_at
    if not signer.valid_at(instant) or not any(issuer.valid_at(instant) for issuer in issuers):
        detail = "The document signer or its country signing certificate is outside its validity."
        return failed(name, ChipVerdict.SIGNER_EXPIRED, detail)
    if signed_at is not None and not signer.key_used_at(signed_at):
        detail = "The security object was signed outside the validity of the document signer or of its key."
        return failed(name, ChipVerdict.SIGNER_EXPIRED, detail)
    return passed(name, "An installed country signing certificate signed the document signer; both are valid.")
