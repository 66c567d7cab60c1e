"""Whether the chip is the one that the issuer made, or a copy of its files (ICAO Doc 9303-11 sections 4.4.3.5, 6).

A chip shows that it holds a private key to a public one among its signed files. Chip or active authentication is
enough, one failure is too much, and neither counts for more than the signature on the key. Chip authentication mapping
alone is not enough, it can only speak against a chip. Not here: the arithmetic of each proof.
"""

from collections.abc import Iterable

from models.chip.active_authentication import WeakKeyError
from models.chip.active_authentication import answer_is_good as active_answer_is_good
from models.chip.case import ChipCase, Finding, failed, not_done, passed
from models.chip.chip_authentication import answer_proves_chip, chip_key_offers, lists_chip_key
from models.chip.mapping_check import MAPPING, judge_mapping
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.chip.verdict import Check, CheckResult, ChipVerdict
from models.evidence import ActiveAuthentication, ChallengeBy, ChipAuthentication

VOUCHING = frozenset({"data group hashes", "security object signature", "issuing country", "certificate chain"})
"""The checks that make a key among the files the issuer's own."""

_CHIP, _ACTIVE, _PROOF = "chip authentication", "active authentication", "proof of the chip"


def judge_proofs(case: ChipCase, findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What each proof showed, and whether one of them proves the chip; `findings` are those of all other checks.

    Refusals 1 to 4: a copy cannot answer, so no answer speaks for a copy. A good answer with a key for which nobody
    vouches is no proof (refusal 2): everybody can make such keys.
    """
    findings = tuple(findings)
    if any(one.check.name in VOUCHING and one.check.result is CheckResult.FAILED for one in findings):
        detail = "Nobody vouches for the chip's keys: it was not computed."
        return tuple(not_done(name, detail) for name in (MAPPING, _CHIP, _ACTIVE, _PROOF))
    done = {finding.check.name for finding in findings if finding.check.result is CheckResult.PASSED}
    mapping, *proofs = judge_mapping(case), _judge_chip_authentication(case), _judge_active_authentication(case)
    if not done >= VOUCHING:
        mapping, *proofs = (_unvouched(proof) for proof in (mapping, *proofs))
    return (mapping, *proofs, _judge_sum(mapping, proofs))


def _unvouched(proof: Finding) -> Finding:
    if proof.check.result is not CheckResult.PASSED:
        return proof
    detail = "The chip answered with a key for which nobody vouches."
    return Finding(check=Check(name=proof.check.name, result=CheckResult.NOT_DONE, detail=detail), verdict=None)


def _judge_sum(mapping: Finding, proofs: list[Finding]) -> Finding:
    results = [proof.check.result for proof in proofs]
    tried = [proof for proof in (mapping, *proofs) if proof.verdict is not ChipVerdict.PARSE_ERROR]  # speaks for itself
    if CheckResult.FAILED in {proof.check.result for proof in tried}:
        return failed(_PROOF, ChipVerdict.CLONE_SUSPECT, "The chip did not answer for a key of its own.")
    if CheckResult.PASSED in results:
        return passed(_PROOF, "The chip answered for a key of its own.")
    return not_done(_PROOF, "Nothing shows that the chip is no copy.", ChipVerdict.CHIP_NOT_PROVEN)


def _judge_chip_authentication(case: ChipCase) -> Finding:
    """Refusals 1 and 3. What the box did not try is not held against the chip, and proves nothing."""
    run = case.evidence.chip_authentication
    if case.dg14 is None:
        return not_done(_CHIP, "The chip shows no data group 14.")
    try:
        if not lists_chip_key(case.dg14):
            return not_done(_CHIP, "Data group 14 lists no key of the chip.")
        if run is None:
            chip_key_offers(case.dg14)
            return not_done(_CHIP, "It was not tried.")
        return _judge_run(run, good=bool(run.answer) and answer_proves_chip(case.dg14, run))
    except UnsupportedKeyError as error:
        return not_done(_CHIP, str(error))
    except ParseError as error:
        return failed(_CHIP, ChipVerdict.PARSE_ERROR, str(error))


def _judge_run(run: ChipAuthentication, *, good: bool) -> Finding:
    if good:
        return passed(_CHIP, "The chip made the session keys with the key that data group 14 lists.")
    if not run.answer:
        return failed(_CHIP, ChipVerdict.CLONE_SUSPECT, "The chip refused to answer for the key in data group 14.")
    return failed(_CHIP, ChipVerdict.CLONE_SUSPECT, "The chip does not hold the key in data group 14.")


def _judge_active_authentication(case: ChipCase) -> Finding:
    """Refusals 1, 3 and 19."""
    run, dg15 = case.evidence.active_authentication, case.evidence.data_groups.get(15)
    if dg15 is None:
        return not_done(_ACTIVE, "The chip shows no data group 15.")
    if run is None:
        return not_done(_ACTIVE, "It was not tried, or no answer fits through this reader.")
    try:
        good = active_answer_is_good(dg15, case.dg14 or (), run.challenge, run.response)
    except UnsupportedKeyError as error:
        return not_done(_ACTIVE, str(error))
    except WeakKeyError as error:
        return failed(_ACTIVE, ChipVerdict.CLONE_SUSPECT, str(error))
    except ParseError as error:
        return failed(_ACTIVE, ChipVerdict.PARSE_ERROR, str(error))
    return _judge_answer(run, good=good)


def _judge_answer(run: ActiveAuthentication, *, good: bool) -> Finding:
    if good:
        whose = "central's" if run.challenge_by is ChallengeBy.CENTRAL else "the box's own"
        return passed(_ACTIVE, f"The chip signed {whose} challenge with the key in data group 15.")
    if not run.response:
        return failed(_ACTIVE, ChipVerdict.CLONE_SUSPECT, "The chip refused to sign with the key in data group 15.")
    return failed(_ACTIVE, ChipVerdict.CLONE_SUSPECT, "The chip does not hold the key in data group 15.")
