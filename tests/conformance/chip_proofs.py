"""ISO7816_D, ISO7816_F: chip authentication and active authentication, on cards with that key alone."""

from collections.abc import Callable, Iterable
from typing import Final

from msgspec.structs import replace

from edge.cards.read_identity_card import ReadPolicy, read_identity_card
from provisioning.rehearsal.key_drawing import new_agreement_key, new_curve_signing_key, new_rsa_signing_key
from provisioning.rehearsal.public_key_writing import integer
from provisioning.rehearsal.security_info_writing import (
    TERMINAL_AUTHENTICATION,
    chip_key_term,
    chip_term,
    pace_term,
)
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.chip import SoftChip
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import CipherSuite, SuiteKind
from provisioning.rehearsal.soft_chip.faults import ChipProof, ProofRefused
from tests.builders.active_keys import ecdsa_info, rsa_answer, rsa_dg15, rsa_pair
from tests.builders.built_cards import trust
from tests.builders.chip_evidence import CHALLENGE, groups, make_evidence
from tests.builders.soft_card import SoftCardReader, can_of
from tests.conformance.case import Case, Entry
from tests.conformance.der_edits import Edit, at, instead, last_bit_turned
from tests.conformance.judged_files import refusal_by, verdict_of_evidence
from tests.conformance.laid_cards import laid, outcome_of, verdict_of
from tests.conformance.made_cards import keyed, with_infos
from tests.fakes.scripted_card_reader import AnsweringCardReader

_CURVE, _NUMBERS = 13, 1
_REFUSALS = (0x6A80, 0x6A88, 0x6A86, 0x6985, 0x6982, 0x6300, 0x6D00)


def _keyed(parameter: int, key_id: int | None = None) -> Callable[[], Card]:
    return lambda: keyed(chip=new_agreement_key(parameter, key_id=key_id))


def _listing(parameter: int, *edits: tuple[Edit, Edit]) -> Callable[[], Card]:
    """A chip whose DG14 lists its key changed: each pair changes protocol and key."""

    def make() -> Card:
        key = new_agreement_key(parameter, key_id=1)
        changed = [edit(term) for pair in edits for edit, term in zip(pair, _terms(key), strict=True)]
        return _with_keys(keyed(chip=key), changed)

    return make


def _terms(key: AgreementKey) -> tuple[bytes, bytes]:
    return chip_term(key), chip_key_term(key)


def _with_keys(card: Card, infos: Iterable[bytes]) -> Card:
    return with_infos(card, (TERMINAL_AUTHENTICATION, pace_term(PaceOffer())), infos)


def _several(count: int) -> Callable[[], Card]:
    """A chip with the strongest of so many listed keys."""

    def make() -> Card:
        own = new_agreement_key(_CURVE, SuiteKind.AES_256, key_id=count)
        others = [new_agreement_key(_CURVE, key_id=number) for number in range(1, count)]
        return _with_keys(keyed(chip=own), [term for key in (*others, own) for term in _terms(key)])

    return make


def _unknown_reference() -> Card:
    """DG14 names the key by another number than the chip does."""
    key = new_agreement_key(_CURVE, key_id=1)
    return _with_keys(keyed(chip=key), _terms(replace(key, key_id=5)))


class _OldKeysChip(SoftChip):
    """Says yes to chip authentication and goes on under the keys of PACE."""

    def _start_session(self, suite: CipherSuite | None, counter: int = 0) -> None:
        if self._channel is None:
            super()._start_session(suite, counter)


def _old_keys() -> str:
    card = keyed(chip=new_agreement_key())
    reader = AnsweringCardReader(_OldKeysChip(card).respond)
    return verdict_of(read_identity_card(reader, can_of(card), ReadPolicy(), lambda _: None))


def _new_each_time() -> str:
    """Three readings of one card, and whether each drew an ephemeral key of its own."""
    card, drawn = keyed(chip=new_agreement_key()), set[bytes]()
    for _ in range(3):
        evidence = read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), lambda _: None).evidence
        assert evidence.chip_authentication is not None
        drawn.add(evidence.chip_authentication.private_key)
    return f"{len(drawn)} keys"


def _every_refusal() -> str:
    card = keyed(chip=new_agreement_key())
    faults = [ProofRefused(proof=ChipProof.CHIP_AUTHENTICATION, status=status) for status in _REFUSALS]
    return " ".join(sorted({outcome_of(replace(card, fault=fault)) for fault in faults}))


def _same(term: bytes) -> bytes:
    return term


def _refused(lays: str, card: Callable[[], Card]) -> Case:
    return Case(lays=lays, run=lambda: _refusal(card()), comes_out="chip authentication failed")


def _refusal(card: Card) -> str:
    """Whether chip authentication is what the card fails by."""
    reading = read_identity_card(SoftCardReader(card), can_of(card), ReadPolicy(), lambda _: None)
    return refusal_by("chip authentication", reading.evidence, trust())


_KEY, _KIND = at(1, 1, put=last_bit_turned), at(1, 0, 0, put=last_bit_turned)

CHIP_AUTHENTICATION: Final[dict[str, Entry]] = {
    "01": laid("A key of 2,048-bit numbers.", "GENUINE", _keyed(_NUMBERS)),
    "02": laid("A key on a curve.", "GENUINE", _keyed(_CURVE)),
    "03": laid("One key with a number.", "GENUINE", _keyed(_CURVE, key_id=1)),
    "04": laid("Two keys with numbers.", "GENUINE", _several(2)),
    "05": laid("Three keys with numbers.", "GENUINE", _several(3)),
    "06": laid("A number that the chip does not know.", "CLONE_SUSPECT", _unknown_reference),
    "07": _refused("The listed number is in no group.", _listing(_NUMBERS, (_same, _KEY))),
    "08": _refused("The listed point is on no curve.", _listing(_CURVE, (_same, _KEY))),
    "09": Case(lays="The chip goes on under the old keys.", run=_old_keys, comes_out="CLONE_SUSPECT"),
    "10": Case(lays="Three readings of one card.", run=_new_each_time, comes_out="3 keys"),
    "11": laid("A key of numbers of an unknown kind.", "CHIP_NOT_PROVEN", _listing(_NUMBERS, (_same, _KIND))),
    "12": laid("A key on a curve of an unknown kind.", "CHIP_NOT_PROVEN", _listing(_CURVE, (_same, _KIND))),
    "13": laid(
        "Key and protocol have different numbers.",
        "CHIP_NOT_PROVEN",
        _listing(_CURVE, (at(2, put=instead(integer(7))), _same)),
    ),
    "14": laid(
        "A key of 2,048-bit numbers in extended length.",
        "GENUINE",
        _keyed(_NUMBERS),
        policy=ReadPolicy(read_size=1000),
    ),
    "15": Case(lays="The key refused with seven statuses.", run=_every_refusal, comes_out="CLONE_SUSPECT"),
}


def _rsa(digest: str) -> Case:
    return laid(f"RSA with {digest}.", "GENUINE", lambda: keyed(active=new_rsa_signing_key(1024, digest)))


def _wrong_trailer() -> str:
    pair = rsa_pair(1024)
    evidence = make_evidence(groups() | {ShortFile.DG15: rsa_dg15(pair)})
    assert evidence.active_authentication is not None
    answer = rsa_answer(pair, CHALLENGE, trailer=b"\x39\xcc")
    run = replace(evidence.active_authentication, response=answer)
    return verdict_of_evidence(replace(evidence, active_authentication=run))


def _unknown_signature() -> Card:
    """DG14 names a signature algorithm that does not exist, for the key in DG15."""
    card = keyed(active=new_curve_signing_key())
    access = (TERMINAL_AUTHENTICATION, pace_term(PaceOffer()))
    return with_infos(card, access, (ecdsa_info("sha256", bytes.fromhex("04007f000701010409")),))


ACTIVE_AUTHENTICATION: Final[dict[str, Entry]] = {
    "01": _rsa("sha1"),
    "02": laid("ECDSA.", "GENUINE", lambda: keyed(active=new_curve_signing_key())),
    "04": _rsa("sha224"),
    "05": _rsa("sha256"),
    "06": _rsa("sha384"),
    "07": _rsa("sha512"),
    "08": Case(lays="A trailer that does not exist.", run=_wrong_trailer, comes_out="CLONE_SUSPECT"),
    "09": laid("DG14 names a signature that does not exist.", "CHIP_NOT_PROVEN", _unknown_signature),
}
