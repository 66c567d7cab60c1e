"""Passive authentication and the checks around it (ICAO Doc 9303-11 section 5.1).

Pure and the same on the box and at the centre: the evidence goes in, a verdict with all its checks comes out.
Not here: the arithmetic of the single checks.
"""

from collections.abc import Callable
from datetime import datetime

from models.chip.case import ChipCase, Finding, failed, passed
from models.chip.chip_proofs import judge_proofs
from models.chip.data_groups import read_mrz
from models.chip.document_checks import judge_access, judge_expiry, judge_stripping, judge_zone
from models.chip.issuer_checks import judge_chain, judge_country, judge_signature
from models.chip.mrz import holder_of
from models.chip.revocation_checks import judge_revocation
from models.chip.security_infos import infos_of_dg14, parse_security_infos
from models.chip.security_object import SecurityObject, digest_of, parse_security_object
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipJudgement, ChipVerdict
from models.evidence import CardEvidence

PRECEDENCE = (
    ChipVerdict.HASH_MISMATCH,
    ChipVerdict.SIGNATURE_INVALID,
    ChipVerdict.UNTRUSTED_ISSUER,
    ChipVerdict.SIGNER_NOT_FOR_DOCUMENTS,
    ChipVerdict.SIGNER_REVOKED,
    ChipVerdict.CLONE_SUSPECT,
    ChipVerdict.DOWNGRADE,
    ChipVerdict.INCONSISTENT,
    ChipVerdict.SIGNER_EXPIRED,
    ChipVerdict.PARSE_ERROR,
    ChipVerdict.NO_ANCHOR_INSTALLED,
    ChipVerdict.CHIP_NOT_PROVEN,
    ChipVerdict.REVOCATION_UNKNOWN,
    ChipVerdict.EXPIRED,
)
"""The graver first. What cannot be read hides nothing that refuses: whoever holds the card can spoil one of its files.

A missing anchor outranks only what is missing besides it, so it never hides a forgery.
"""


def judge_chip(evidence: CardEvidence, trust: TrustStore, at: datetime) -> ChipJudgement:
    """The verdict on what a card showed, with `trust` as the anchors, at the instant `at` (aware).

    Never raises for bad evidence: bytes that cannot be read are `PARSE_ERROR`.
    """
    try:
        security_object = parse_security_object(evidence.security_object)
    except ParseError as error:
        return _judgement([failed("security object", ChipVerdict.PARSE_ERROR, str(error))])
    findings = [_judge_digests(evidence, security_object)]
    try:
        case = _open(evidence, trust, at, security_object)
    except ParseError as error:
        return _judgement([*findings, failed("data groups", ChipVerdict.PARSE_ERROR, str(error))])
    findings += [judge(case) for judge in _CHECKS]
    return _judgement([*findings, *judge_proofs(case, findings)])


def _open(evidence: CardEvidence, trust: TrustStore, at: datetime, security_object: SecurityObject) -> ChipCase:
    if 1 not in evidence.data_groups:
        raise ParseError("Data group 1 is missing.")
    mrz = read_mrz(evidence.data_groups[1])
    try:
        holder = holder_of(mrz)
    except ParseError:
        holder = None
    dg14 = evidence.data_groups.get(14)
    return ChipCase(
        evidence=evidence,
        trust=trust,
        at=at,
        security_object=security_object,
        mrz=mrz,
        holder=holder,
        card_access=parse_security_infos(evidence.ef_card_access) if evidence.ef_card_access else (),
        dg14=infos_of_dg14(dg14) if dg14 is not None else None,
    )


def _judgement(findings: list[Finding]) -> ChipJudgement:
    found = {finding.verdict for finding in findings}
    verdicts = tuple(verdict for verdict in PRECEDENCE if verdict in found)
    grave = verdicts[0] if verdicts else ChipVerdict.GENUINE
    return ChipJudgement(verdict=grave, checks=tuple(finding.check for finding in findings), verdicts=verdicts)


def _judge_digests(evidence: CardEvidence, security_object: SecurityObject) -> Finding:
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
        return failed(name, ChipVerdict.HASH_MISMATCH, detail)
    groups = ", ".join(str(number) for number in sorted(shown.keys() | evidence.digests.keys()))
    return passed(name, f"Data groups {groups} have the digests that the security object lists.")


_CHECKS: tuple[Callable[[ChipCase], Finding], ...] = (
    judge_signature,
    judge_country,
    judge_chain,
    judge_revocation,
    judge_stripping,
    judge_access,
    judge_zone,
    judge_expiry,
)
