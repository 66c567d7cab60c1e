"""Passive authentication and the checks around it (ICAO Doc 9303-11 section 5.1): is this chip's content genuine?

Pure and the same on the box and at the centre: the evidence goes in, a verdict with all its checks comes out.
Not here, and said so in every judgement: chip authentication, active authentication, revocation lists.
"""

from collections.abc import Callable
from datetime import UTC, datetime, time

import msgspec

from models.chip.certificates import Certificate
from models.chip.countries import normal_state
from models.chip.data_groups import read_mrz
from models.chip.mrz import Mrz, holder_of, wrong_check_digits
from models.chip.security_infos import (
    CHIP_AUTHENTICATION,
    PACE,
    TERMINAL_AUTHENTICATION,
    SecurityInfo,
    infos_of_dg14,
    of_family,
    pace_infos,
    parse_security_infos,
)
from models.chip.security_object import (
    SecurityObject,
    digest_of,
    own_signature_is_good,
    parse_security_object,
)
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore
from models.chip.verdict import Check, CheckResult, ChipJudgement, ChipVerdict
from models.clock import SCHOOL_ZONE
from models.evidence import AccessProtocol, CardEvidence, CardHolder
from models.identifiers import citizen_id_agrees

PRECEDENCE = (
    ChipVerdict.HASH_MISMATCH,
    ChipVerdict.PARSE_ERROR,
    ChipVerdict.SIGNATURE_INVALID,
    ChipVerdict.UNTRUSTED_ISSUER,
    ChipVerdict.CLONE_SUSPECT,
    ChipVerdict.DOWNGRADE,
    ChipVerdict.INCONSISTENT,
    ChipVerdict.NO_ANCHOR_INSTALLED,
    ChipVerdict.SIGNER_EXPIRED,
    ChipVerdict.EXPIRED,
)
"""The graver first. A missing anchor outranks only what merely lapsed, so it never hides a forgery."""


class _Case(msgspec.Struct, frozen=True, kw_only=True):
    evidence: CardEvidence
    trust: TrustStore
    at: datetime
    security_object: SecurityObject
    mrz: Mrz
    holder: CardHolder | None
    card_access: tuple[SecurityInfo, ...]
    dg14: tuple[SecurityInfo, ...] | None


class _Finding(msgspec.Struct, frozen=True, kw_only=True):
    check: Check
    verdict: ChipVerdict | None


def judge_chip(evidence: CardEvidence, trust: TrustStore, at: datetime) -> ChipJudgement:
    """The verdict on what a card showed, with `trust` as the anchors, at the instant `at` (aware).

    Never raises for bad evidence: bytes that cannot be read are `PARSE_ERROR`.
    """
    try:
        security_object = parse_security_object(evidence.security_object)
    except ParseError as error:
        return _judgement([_failed("security object", ChipVerdict.PARSE_ERROR, str(error))])
    findings = [_judge_digests(evidence, security_object)]
    try:
        case = _open(evidence, trust, at, security_object)
    except ParseError as error:
        return _judgement([*findings, _failed("data groups", ChipVerdict.PARSE_ERROR, str(error))])
    return _judgement([*findings, *(judge(case) for judge in _CHECKS), *_NOT_DONE])


def _open(evidence: CardEvidence, trust: TrustStore, at: datetime, security_object: SecurityObject) -> _Case:
    if 1 not in evidence.data_groups:
        raise ParseError("Data group 1 is missing.")
    mrz = read_mrz(evidence.data_groups[1])
    try:
        holder = holder_of(mrz)
    except ParseError:
        holder = None
    dg14 = evidence.data_groups.get(14)
    return _Case(
        evidence=evidence,
        trust=trust,
        at=at,
        security_object=security_object,
        mrz=mrz,
        holder=holder,
        card_access=parse_security_infos(evidence.ef_card_access) if evidence.ef_card_access else (),
        dg14=infos_of_dg14(dg14) if dg14 is not None else None,
    )


def _judgement(findings: list[_Finding]) -> ChipJudgement:
    verdicts = {finding.verdict for finding in findings}
    grave = next((verdict for verdict in PRECEDENCE if verdict in verdicts), ChipVerdict.GENUINE)
    return ChipJudgement(verdict=grave, checks=tuple(finding.check for finding in findings))


def _passed(name: str, detail: str) -> _Finding:
    return _Finding(check=Check(name=name, result=CheckResult.PASSED, detail=detail), verdict=None)


def _failed(name: str, verdict: ChipVerdict, detail: str) -> _Finding:
    return _Finding(check=Check(name=name, result=CheckResult.FAILED, detail=detail), verdict=verdict)


def _not_done(name: str, detail: str, verdict: ChipVerdict | None = None) -> _Finding:
    return _Finding(check=Check(name=name, result=CheckResult.NOT_DONE, detail=detail), verdict=verdict)


def _judge_digests(evidence: CardEvidence, security_object: SecurityObject) -> _Finding:
    """Compare every file shown, kept or left behind, with the signed digests; the portrait must be among them."""
    name = "data group hashes"
    shown = {
        number: digest_of(content, security_object.digest_name) for number, content in evidence.data_groups.items()
    }
    wrong = {number for number, digest in shown.items() if security_object.digests.get(number) != digest}
    wrong |= {number for number, digest in evidence.digests.items() if security_object.digests.get(number) != digest}
    wrong |= {1, 2} - shown.keys() - evidence.digests.keys()
    if wrong:
        groups = ", ".join(str(number) for number in sorted(wrong))
        detail = f"The security object does not vouch for data group {groups}."
        return _failed(name, ChipVerdict.HASH_MISMATCH, detail)
    groups = ", ".join(str(number) for number in sorted(shown.keys() | evidence.digests.keys()))
    return _passed(name, f"Data groups {groups} have the digests that the security object lists.")


def _judge_signature(case: _Case) -> _Finding:
    name = "security object signature"
    try:
        good = own_signature_is_good(case.security_object)
    except (UnsupportedKeyError, ParseError) as error:
        return _not_done(name, str(error), _nobody_vouches(case))
    if good:
        return _passed(name, "The document signer in the security object signed it.")
    return _failed(name, ChipVerdict.SIGNATURE_INVALID, "The signature does not fit the security object.")


def _anchors(case: _Case) -> tuple[Certificate, ...]:
    return case.trust.of_country(normal_state(case.mrz.issuing_state))


def _nobody_vouches(case: _Case) -> ChipVerdict:
    return ChipVerdict.UNTRUSTED_ISSUER if _anchors(case) else ChipVerdict.NO_ANCHOR_INSTALLED


def _judge_country(case: _Case) -> _Finding:
    name, signer = "issuing country", case.security_object.signer
    if signer.country == normal_state(case.mrz.issuing_state):
        return _passed(name, "The document signer and the machine readable zone name the same country.")
    detail = "The document signer belongs to another country than the one in the machine readable zone."
    return _failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)


def _judge_chain(case: _Case) -> _Finding:
    name, signer = "certificate chain", case.security_object.signer
    if not _anchors(case):
        detail = "No country signing certificate of the issuing country is installed."
        return _not_done(name, detail, ChipVerdict.NO_ANCHOR_INSTALLED)
    if (
        signer.is_authority
        or signer.has_extended_usage
        or "digital_signature" not in (signer.usage if signer.usage is not None else {"digital_signature"})
    ):
        detail = "The signer's certificate is not one for signing documents."
        return _failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)
    anchor = _issuer_among(_anchors(case), signer)
    if anchor is None:
        detail = "None of the installed country signing certificates signed the document signer."
        return _failed(name, ChipVerdict.UNTRUSTED_ISSUER, detail)
    return _judge_validity(case, signer, anchor)


def _issuer_among(anchors: tuple[Certificate, ...], signer: Certificate) -> Certificate | None:
    for anchor in anchors:
        same_key = signer.authority_key_identifier not in {b""} and (
            signer.authority_key_identifier == anchor.key_identifier
        )
        if anchor.subject != signer.issuer and not same_key:
            continue
        try:
            if signer.signed_by(anchor):
                return anchor
        except (UnsupportedKeyError, ParseError):
            continue
    return None


def _judge_validity(case: _Case, signer: Certificate, anchor: Certificate) -> _Finding:
    """Both certificates must be valid now, or on the document's last day when that has passed (9303-12 section 4.1)."""
    name, instant = "certificate chain", case.at
    if case.holder is not None and case.holder.expiry_date is not None:
        last = datetime.combine(case.holder.expiry_date, time(), SCHOOL_ZONE).astimezone(UTC)
        instant = min(instant, last)
    signed_at = case.security_object.signed_at
    if not signer.valid_at(instant) or not anchor.valid_at(instant):
        detail = "The document signer or its country signing certificate is outside its validity."
        return _failed(name, ChipVerdict.SIGNER_EXPIRED, detail)
    if signed_at is not None and not signer.valid_at(signed_at):
        detail = "The security object was signed outside the document signer's validity."
        return _failed(name, ChipVerdict.SIGNER_EXPIRED, detail)
    return _passed(name, "An installed country signing certificate signed the document signer; both are valid.")


def _judge_stripping(case: _Case) -> _Finding:
    """A copy cannot answer for its keys, so it pretends that they are missing; the signed list tells (refusal 4)."""
    name = "chip key files"
    listed = {14, 15} & case.security_object.digests.keys()
    missing = ", ".join(str(number) for number in sorted(listed - case.evidence.data_groups.keys()))
    if missing:
        detail = f"The security object lists data group {missing}, and the chip does not show it."
        return _failed(name, ChipVerdict.CLONE_SUSPECT, detail)
    if not listed:
        return _not_done(name, "The security object lists no key of the chip: a copy would look the same.")
    return _passed(name, "The chip shows every key file that the security object lists.")


def _judge_access(case: _Case) -> _Finding:
    """Refusal 15: BAC on a chip that has PACE, or an EF.CardAccess that the signed DG14 contradicts."""
    name = "access protocol"
    try:
        offered, signed = pace_infos(case.card_access), pace_infos(case.dg14 or ())
    except ParseError as error:
        return _failed(name, ChipVerdict.PARSE_ERROR, str(error))
    if case.evidence.access is AccessProtocol.BAC:
        if offered or signed:
            detail = "The chip offers PACE and was opened with the older basic access control."
            return _failed(name, ChipVerdict.DOWNGRADE, detail)
        return _passed(name, "The chip offers no PACE; basic access control opened it.")
    if not offered:
        return _failed(name, ChipVerdict.DOWNGRADE, "EF.CardAccess does not offer the PACE that was used.")
    if case.dg14 is None:
        return _not_done(name, "Without data group 14 nobody vouches for EF.CardAccess.")
    for family in (PACE, CHIP_AUTHENTICATION, TERMINAL_AUTHENTICATION):
        vouched = {info.encoded for info in of_family(case.dg14, family)}
        if vouched and not vouched >= {info.encoded for info in of_family(case.card_access, family)}:
            detail = "EF.CardAccess says other things than the signed data group 14."
            return _failed(name, ChipVerdict.DOWNGRADE, detail)
    if not signed:
        return _not_done(name, "Data group 14 does not say which PACE the chip has.")
    return _passed(name, "Data group 14 vouches for the PACE that EF.CardAccess offers.")


def _judge_zone(case: _Case) -> _Finding:
    name = "machine readable zone"
    wrong = wrong_check_digits(case.mrz)
    if wrong:
        detail = f"The check digit does not fit: {', '.join(wrong)}."
        return _failed(name, ChipVerdict.INCONSISTENT, detail)
    holder = case.holder
    if holder is None:
        return _failed(name, ChipVerdict.INCONSISTENT, "A date is not in the calendar.")
    if holder.birth_date is not None and holder.birth_date > case.at.astimezone(SCHOOL_ZONE).date():
        return _failed(name, ChipVerdict.INCONSISTENT, "The birth date lies in the future.")
    if holder.citizen_id is not None and not citizen_id_agrees(holder.citizen_id, holder.sex, holder.birth_date):
        detail = "The citizen number does not agree with sex or year of birth."
        return _failed(name, ChipVerdict.INCONSISTENT, detail)
    return _passed(name, "Check digits, dates and citizen number agree.")


def _judge_expiry(case: _Case) -> _Finding:
    name = "document validity"
    if case.holder is None or case.holder.expiry_date is None:
        return _not_done(name, "The machine readable zone gives no date of expiry.")
    if case.at.astimezone(SCHOOL_ZONE).date() > case.holder.expiry_date:
        return _failed(name, ChipVerdict.EXPIRED, "The document's date of expiry has passed.")
    return _passed(name, "The document has not expired.")


_CHECKS: tuple[Callable[[_Case], _Finding], ...] = (
    _judge_signature,
    _judge_country,
    _judge_chain,
    _judge_stripping,
    _judge_access,
    _judge_zone,
    _judge_expiry,
)
_NOT_DONE = (
    _not_done("certificate revocation", "Revocation lists are not consulted yet."),
    _not_done("chip authentication", "Not done yet: a copied chip is not found out."),
    _not_done("active authentication", "Not done yet: a copied chip is not found out."),
)
