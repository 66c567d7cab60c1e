"""A reading desk on a real pcscd before which attacks are laid: what the box says of each, and whether it kept keys.

One card stays on the virtual reader and changes its chip between two readings, as pcscd needs half a second to see a
card come or go.
"""

import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec.structs import replace

from edge.cards.access_key import AccessKey, CardAccessNumber
from edge.cards.active_authentication import Challenge
from edge.cards.card_reader import CardReader, CardReadError, ReaderLostError
from edge.cards.pcsc_card_reader import PcscReaders, PcscSettings
from edge.cards.read_identity_card import CardReading, ReadPolicy, read_identity_card
from edge.cards.session_ciphers import AesCipher, TripleDesCipher
from edge.cards.trouble import trouble_of
from edge.cards.trust_directory import read_trust_directory
from models.admission import AdmissionJudgement, AdmissionQuestion, CardAnswer, judge_admission
from models.chip.passive_authentication import judge_chip
from models.chip.portrait import portrait_to_jpeg
from models.chip.tlv import ParseError
from models.chip.trust_store import TrustStore
from models.chip.verdict import CheckResult, ChipJudgement, ChipVerdict
from models.evidence import CardTrouble, FaceEvidence
from models.exams import RosterBundle
from provisioning.rehearsal.attacks.attack import LaidCard
from provisioning.rehearsal.people import Person
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip import CardGoneError, CardHangsError, SoftChip
from tests.builders.cards import NOW
from tests.builders.exams import bundle, candidate, face
from tests.builders.private_pcscd import PrivatePcscd
from tests.builders.virtual_card import VirtualCard

READER = "Virtual PCD 00 00"
GIVE_UP_SECONDS = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one reading came to: either `trouble`, or `reading` with its `judgement`.

    `keys` are the session keys that were still in reach when the reading broke off, `commands` what was sent.
    """

    commands: tuple[bytes, ...]
    trouble: CardTrouble | None = None
    error: Exception | None = None
    keys: tuple[bytes, ...] = ()
    reading: CardReading | None = None
    judgement: ChipJudgement | None = None
    portrait_shown: bool = False
    checks: Mapping[str, CheckResult] = field(default_factory=dict)

    @property
    def found(self) -> ChipVerdict | CardTrouble | None:
        """The verdict, or the trouble before there was one."""
        return self.judgement.verdict if self.judgement else self.trouble

    @property
    def keys_are_wiped(self) -> bool:
        """Whether all session keys in reach of the error are zeros."""
        return not any(any(key) for key in self.keys)

    def admission(
        self, bundle: RosterBundle, comparison: FaceEvidence | None = None, *, seated_before: bool = False
    ) -> AdmissionJudgement:
        """The desk's answer; without `comparison` the face matches."""
        card: CardAnswer | CardTrouble = self.trouble or CardTrouble.UNREADABLE
        if self.judgement is not None and self.reading is not None:
            card = CardAnswer(judgement=self.judgement, holder=self.reading.holder)
        return judge_admission(
            AdmissionQuestion(bundle=bundle, card=card, face=comparison or face(), seated_before=seated_before)
        )


class RefusalDesk:
    """One reader of a running pcscd, and the card on it."""

    def __init__(self, pcscd: PrivatePcscd, idle: Card) -> None:
        self.pcscd = pcscd
        self.readers = PcscReaders(PcscSettings(allowed_models=(), rehearsal=True))
        self.chip = SoftChip(idle)
        self.before_answer: Callable[[bytes], None] = lambda _: None
        self.hung = threading.Event()
        self.release = threading.Event()
        self._card = VirtualCard(pcscd.port, self._respond, self._reset)
        self._sent: list[bytes] = []

    def lay(self) -> None:
        """Lay the card, and wait until the reader has seen it."""
        self._wait(present=False)
        self._card.lay()
        self._wait(present=True)

    def lay_unseen(self) -> None:
        """Lay the card where somebody else waits for it to be seen."""
        self._card.lay()

    def take(self) -> None:
        """Take the card, also in the middle of a command."""
        self._card.take()

    def read(
        self,
        laid: LaidCard,
        *,
        key: AccessKey | None = None,
        policy: ReadPolicy | None = None,
        challenges: Callable[[], Challenge] | None = None,
        trust: TrustStore | None = None,
    ) -> Seen:
        """What the box makes of this card: real reader, evidence, judgement with the trust that comes with the card."""
        self.play(laid.card)
        opened_with = key or CardAccessNumber(digits=laid.access_number)
        try:
            connected = self.readers.connect(READER)
            try:
                reading = read_identity_card(
                    _heard(connected, self._sent), opened_with, policy or ReadPolicy(), lambda _: None,
                    challenges=challenges,
                )  # fmt: skip
            finally:
                connected.disconnect()
        except (CardReadError, ParseError) as error:
            trouble = trouble_of(error)
            return Seen(commands=tuple(self._sent), trouble=trouble, error=error, keys=_session_keys(error))
        judgement = judge_chip(reading.evidence, trust or trust_of(laid), NOW)
        return Seen(
            commands=tuple(self._sent),
            reading=reading,
            judgement=judgement,
            portrait_shown=_is_shown(reading.portrait),
            checks={check.name: check.result for check in judgement.checks},
        )

    def play(self, card: Card) -> None:
        """From now on the chip on the reader is this one, fresh from power-up."""
        self.chip = SoftChip(card)
        self._sent = []

    def _reset(self) -> None:
        self.chip.reset()

    def _respond(self, command: bytes) -> bytes:
        self.before_answer(command)
        try:
            return self.chip.respond(command)
        except CardGoneError:
            self.take()
        except CardHangsError:
            self.hung.set()
            self.release.wait(timeout=GIVE_UP_SECONDS)
        return b""

    def _wait(self, *, present: bool) -> None:
        give_up_at = time.monotonic() + GIVE_UP_SECONDS
        while time.monotonic() < give_up_at:
            try:
                states = {state.name: state for state in self.readers.wait(0.5)}
            except ReaderLostError:  # pcscd has been started and does not answer yet
                continue
            if READER in states and (states[READER].atr is not None) is present:
                return
        raise AssertionError("the reader never came to that state")


class _HeardReader:
    """Keeps what is sent."""

    def __init__(self, reader: CardReader, sent: list[bytes]) -> None:
        self._reader = reader
        self._sent = sent

    def transmit(self, command: bytes) -> bytes:
        self._sent.append(command)
        return self._reader.transmit(command)


def _heard(reader: CardReader, sent: list[bytes]) -> CardReader:
    return _HeardReader(reader, sent)


def trust_of(laid: LaidCard) -> TrustStore:
    """The trust directory that comes with an attack, read as the box reads one."""
    with TemporaryDirectory() as directory:
        for name, content in laid.trust.items():
            (Path(directory) / name).write_bytes(content)
        return read_trust_directory(Path(directory))


def _is_shown(portrait: bytes) -> bool:
    try:
        portrait_to_jpeg(portrait)
    except ParseError:
        return False
    return True


def _session_keys(error: Exception) -> tuple[bytes, ...]:
    """The keys of every cipher that the frames of the error, and those behind it, still hold."""
    ciphers: dict[int, object] = {}
    seen: BaseException | None = error
    while seen is not None:
        for frame, _ in traceback.walk_tb(seen.__traceback__):
            for value in frame.f_locals.values():
                held = [value, *vars(value).values()] if hasattr(value, "__dict__") else [value]
                ciphers |= {id(one): one for one in held if isinstance(one, AesCipher | TripleDesCipher)}
        seen = seen.__context__
    keys = (value for cipher in ciphers.values() for value in vars(cipher).values())
    return tuple(bytes(key) for key in keys if isinstance(key, bytearray))


def roster_of(person: Person) -> RosterBundle:
    """The roster of a room in which this person sits, for an exam that asks about lapsed cards."""
    listed = candidate(citizen_id=person.citizen_id, full_name=person.full_name)
    return bundle(candidates=(replace(listed, birth_date=person.birth_date),))
