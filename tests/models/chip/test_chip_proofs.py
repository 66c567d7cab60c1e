"""When a chip counts as proven, and when as a copy: refusals 1 to 4, 19 and 24 of the matrix on made-up evidence."""

from collections.abc import Mapping

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from models.chip.passive_authentication import judge_chip
from models.chip.tlv import encode
from models.chip.trust_store import TrustStore
from models.chip.verdict import ChipVerdict
from models.evidence import CardEvidence, ChallengeBy, ChipMapping
from provisioning.rehearsal.security_info_writing import security_options_group
from provisioning.rehearsal.soft_chip.card import ShortFile
from tests.builders.active_keys import RsaPair, dg15_of, rsa_answer, rsa_pair
from tests.builders.chip_authentication_runs import CurveKey, good_run
from tests.builders.chip_evidence import (
    ACTIVE_KEY,
    AT,
    CARD_ACCESS,
    CHALLENGE,
    CHIP_KEY,
    active_run,
    der,
    groups,
    issuer,
    make_evidence,
    make_issuer,
)

CLONERS_CHIP_KEY = CurveKey(private=ec.derive_private_key(0x666, ec.BrainpoolP256R1()))
CLONERS_ACTIVE_KEY = ec.derive_private_key(0x667, ec.BrainpoolP256R1())
TRUST = TrustStore.of([der(issuer().country_signer)])
ONE_PROOF = {ShortFile.DG1, ShortFile.DG2}


def judged(evidence: CardEvidence, trust: TrustStore = TRUST) -> tuple[ChipVerdict, dict[str, str]]:
    """The verdict, and the results of the proofs by their names."""
    judgement = judge_chip(evidence, trust, AT)
    names = ("chip authentication", "active authentication", "proof of the chip")
    return judgement.verdict, {check.name: check.result for check in judgement.checks if check.name in names}


def verdict(evidence: CardEvidence, trust: TrustStore = TRUST) -> ChipVerdict:
    return judged(evidence, trust)[0]


def changed(evidence: CardEvidence, **runs: object) -> CardEvidence:
    return msgspec.structs.replace(evidence, **runs)


def only(*files: ShortFile) -> dict[ShortFile, bytes]:
    return {number: content for number, content in groups().items() if number in {*ONE_PROOF, *files}}


@pytest.mark.parametrize("file", [ShortFile.DG14, ShortFile.DG15])
def test_one_proof_is_enough(file: ShortFile) -> None:
    evidence = make_evidence(only(file) | ({ShortFile.DG14: groups()[ShortFile.DG14]}))
    assert verdict(evidence) is ChipVerdict.GENUINE


def test_a_good_chip_passes_both_proofs() -> None:
    assert judged(make_evidence()) == (
        ChipVerdict.GENUINE,
        {"chip authentication": "passed", "active authentication": "passed", "proof of the chip": "passed"},
    )


def test_refusals_1_and_3_a_copy_that_refuses_is_suspected_whatever_else_it_answers() -> None:
    good = make_evidence()
    assert good.chip_authentication is not None
    assert good.active_authentication is not None
    silent_chip = msgspec.structs.replace(good.chip_authentication, answer=b"")
    silent_signer = msgspec.structs.replace(good.active_authentication, response=b"")
    for evidence in (
        changed(good, chip_authentication=silent_chip),
        changed(good, active_authentication=silent_signer),
        changed(good, chip_authentication=silent_chip, active_authentication=silent_signer),
        changed(good, chip_authentication=silent_chip, active_authentication=None),
    ):
        found, results = judged(evidence)
        assert found is ChipVerdict.CLONE_SUSPECT
        assert results["proof of the chip"] == "failed"


def test_refusal_3_answers_with_other_keys_are_suspected() -> None:
    good = make_evidence()
    assert verdict(changed(good, chip_authentication=wrong_run())) is ChipVerdict.CLONE_SUSPECT
    assert verdict(changed(good, active_authentication=active_run(CLONERS_ACTIVE_KEY))) is ChipVerdict.CLONE_SUSPECT


def wrong_run() -> object:
    """A run of the signed protocol that the cloner's key answered."""
    return msgspec.structs.replace(good_run(CHIP_KEY), answer=good_run(CLONERS_CHIP_KEY).answer)


def test_refusal_24_a_chip_exchanged_between_the_proofs_is_suspected() -> None:
    evidence = changed(make_evidence(), active_authentication=active_run(CLONERS_ACTIVE_KEY))
    assert judged(evidence)[1]["chip authentication"] == "passed"
    assert verdict(evidence) is ChipVerdict.CLONE_SUSPECT


def cloned() -> Mapping[ShortFile, bytes]:
    """Everything of a good card, with the cloner's keys in place of the chip's."""
    options = security_options_group(13, CLONERS_CHIP_KEY.public)
    return groups() | {ShortFile.DG14: options, ShortFile.DG15: dg15_of(CLONERS_ACTIVE_KEY)}


def with_cloners_answers(evidence: CardEvidence) -> CardEvidence:
    return changed(
        evidence,
        chip_authentication=good_run(CLONERS_CHIP_KEY),
        active_authentication=active_run(CLONERS_ACTIVE_KEY),
    )


def test_refusal_2_keys_put_in_place_of_the_signed_ones_prove_nothing() -> None:
    found, results = judged(with_cloners_answers(make_evidence(shown=cloned())))
    assert found is ChipVerdict.HASH_MISMATCH
    assert set(results.values()) == {"not done"}


def test_refusal_2_keys_signed_by_the_cloner_prove_nothing() -> None:
    """Past fault of another reader: authenticity reported without asking who signed the key."""
    forged = with_cloners_answers(make_evidence(cloned(), by=make_issuer()))
    for trust, expected in (
        (TRUST, ChipVerdict.UNTRUSTED_ISSUER),
        (TrustStore.of(()), ChipVerdict.NO_ANCHOR_INSTALLED),
    ):
        found, results = judged(forged, trust)
        assert found is expected
        assert set(results.values()) == {"not done"}


def test_refusal_4_stripped_key_files_are_suspected() -> None:
    for file in (ShortFile.DG14, ShortFile.DG15):
        shown = {number: content for number, content in groups().items() if number is not file}
        assert verdict(make_evidence(shown=shown)) is ChipVerdict.CLONE_SUSPECT


def test_what_was_not_tried_proves_nothing_and_is_not_held_against_the_chip() -> None:
    nothing = changed(make_evidence(), chip_authentication=None, active_authentication=None)
    assert verdict(nothing) is ChipVerdict.CHIP_NOT_PROVEN
    assert verdict(changed(make_evidence(), chip_authentication=None)) is ChipVerdict.GENUINE


def test_without_any_key_the_chip_is_not_proven() -> None:
    assert verdict(make_evidence(only())) is ChipVerdict.CHIP_NOT_PROVEN
    no_key = only() | {ShortFile.DG14: encode(0x6E, CARD_ACCESS)}
    assert verdict(make_evidence(no_key)) is ChipVerdict.CHIP_NOT_PROVEN


def test_a_key_that_we_cannot_compute_with_proves_nothing_and_is_named() -> None:
    strange = bytes.fromhex("300c300606022a030500030200ff")
    options = security_options_group(13, strange)
    evidence = changed(make_evidence(only() | {ShortFile.DG14: options}), chip_authentication=None)
    found, results = judged(evidence)
    assert found is ChipVerdict.CHIP_NOT_PROVEN
    assert results["chip authentication"] == "not done"


def test_an_active_key_that_we_cannot_compute_with_proves_nothing_and_is_named() -> None:
    public = ed25519.Ed25519PrivateKey.from_private_bytes(bytes(32)).public_key()
    strange = encode(0x6F, public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
    evidence = make_evidence(groups() | {ShortFile.DG15: strange})
    found, results = judged(evidence)
    assert (found, results["active authentication"]) == (ChipVerdict.GENUINE, "not done")  # chip authentication did it
    assert verdict(changed(evidence, chip_authentication=None)) is ChipVerdict.CHIP_NOT_PROVEN


@pytest.mark.parametrize("exponent", [1, 2])
def test_refusal_19_a_weak_key_is_refused(exponent: int) -> None:
    weak = RsaPair(modulus=rsa_pair(1024).modulus, exponent=exponent, private=1)
    signed = groups() | {ShortFile.DG15: dg15_of(weak)}
    run = msgspec.structs.replace(active_run(), response=rsa_answer(weak, CHALLENGE))
    found, results = judged(changed(make_evidence(signed), active_authentication=run))
    assert found is ChipVerdict.CLONE_SUSPECT
    assert results["active authentication"] == "failed"


def test_damaged_key_files_are_parse_errors() -> None:
    broken_key = groups() | {ShortFile.DG15: bytes.fromhex("6f023000")}
    assert verdict(make_evidence(broken_key)) is ChipVerdict.PARSE_ERROR
    outside = security_options_group(13, bytes.fromhex("3000"))
    assert verdict(make_evidence(groups() | {ShortFile.DG14: outside})) is ChipVerdict.PARSE_ERROR


def test_a_file_that_cannot_be_read_hides_no_refusal() -> None:
    """Whoever holds the card can spoil what nobody signs; the answer at the desk must stay a refusal."""
    spoilt = ChipMapping(parameter_id=13, mapping_key=b"", chip_data=b"\x01", ef_card_security=b"\x30\x00")
    damaged = groups() | {ShortFile.DG15: bytes.fromhex("6f023000")}
    assert verdict(changed(make_evidence(by=make_issuer()), chip_mapping=spoilt)) is ChipVerdict.UNTRUSTED_ISSUER
    assert verdict(changed(make_evidence(), chip_mapping=spoilt)) is ChipVerdict.CLONE_SUSPECT
    assert verdict(make_evidence(damaged, by=make_issuer())) is ChipVerdict.UNTRUSTED_ISSUER
    assert verdict(make_evidence(damaged), TrustStore.of(())) is ChipVerdict.PARSE_ERROR


def test_who_chose_the_challenge_is_said() -> None:
    run = msgspec.structs.replace(active_run(ACTIVE_KEY), challenge_by=ChallengeBy.CENTRAL)
    details = {
        check.name: check.detail
        for check in judge_chip(changed(make_evidence(), active_authentication=run), TRUST, AT).checks
    }
    assert "central's challenge" in details["active authentication"]


def test_all_verdicts_are_told_the_gravest_first() -> None:
    late = AT.replace(year=2034)
    verdicts = judge_chip(make_evidence(), TrustStore.of(()), late).verdicts
    assert (verdicts[0], verdicts[-1]) == (ChipVerdict.NO_ANCHOR_INSTALLED, ChipVerdict.EXPIRED)


def test_answers_with_keys_that_nobody_vouches_for_are_not_even_computed() -> None:
    checks = judge_chip(with_cloners_answers(make_evidence(shown=cloned())), TRUST, AT).checks
    told = {check.detail for check in checks if "authentication" in check.name or check.name == "proof of the chip"}
    assert told == {"Nobody vouches for the chip's keys: it was not computed."}
