"""The reading of a citizen card from the first command to the evidence (ICAO Doc 9303-11 section 4.2).

Gathering only: what the evidence is worth is judged by `models.chip.passive_authentication`. DG3 and DG13 are never
read.
Every failure escapes as a named error; there is no partial result.
"""

import secrets
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field

from msgspec import structs

from edge.cards import bac, pace
from edge.cards.access_key import AccessKey, CardAccessNumber, MrzKey, WrongKeyError
from edge.cards.apdu import PlainChannel, UnexpectedStatusError, select_application
from edge.cards.card_files import (
    CARD_SECURITY,
    DATA_GROUPS,
    SECURITY_OBJECT,
    CardFile,
    FileMissingError,
    read_card_access,
    read_file,
)
from edge.cards.card_reader import CardReader, CardReadError
from edge.cards.pace_choice import choose_pace
from edge.cards.read_trace import CountingCardReader, ReadTrace, TraceRecorder
from edge.cards.secure_messaging import SecureChannel
from edge.cards.session_ciphers import SessionCipher
from models.chip.data_groups import read_holder, read_portrait
from models.chip.security_infos import SecurityInfo, pace_infos, parse_security_infos
from models.chip.security_object import digest_of, parse_security_object
from models.chip.tlv import ParseError
from models.clock import Clock, SystemClock
from models.evidence import AccessProtocol, CardEvidence, CardHolder, ChipMapping

EMRTD_APPLICATION = bytes.fromhex("A0000002471001")
_SYSTEM_CLOCK = SystemClock()


class NoPaceError(CardReadError):
    """The chip has no PACE, and the rules in force do not allow the older way in. Check the person by hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPolicy:
    """What is allowed while a card is read.

    `allow_bac` opens chips without PACE the older way. `read_size` asks for fewer bytes per read than fit (None: as
    many as fit). A reader that owes an answer for `hung_after_seconds` counts as hung.
    """

    allow_bac: bool = False
    read_size: int | None = None
    hung_after_seconds: float = 8.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadStep:
    """Where a reading stands: an English name for logs and look-up, and a share of 0 to 1 for a progress bar."""

    name: str
    share: float


@dataclass(frozen=True, slots=True, kw_only=True)
class CardReading:
    """All that a check-in needs of a card. `portrait` is the JPEG or JPEG 2000 file of DG2, not yet decoded."""

    evidence: CardEvidence = field(repr=False)
    holder: CardHolder = field(repr=False)
    portrait: bytes = field(repr=False)
    trace: ReadTrace


def read_identity_card(
    reader: CardReader,
    key: AccessKey,
    policy: ReadPolicy,
    progress: Callable[[ReadStep], None],
    *,
    clock: Clock = _SYSTEM_CLOCK,
    random_bytes: Callable[[int], bytes] = secrets.token_bytes,
) -> CardReading:
    """Open the chip on `reader` with `key` and read what a check-in needs.

    Raises `CardReadError` in one of its kinds, or `ParseError`; `trouble_of` sorts them. `random_bytes` and `clock` are
    given by those who repeat a recorded conversation.
    """
    return _Reading(reader, key, policy, progress, clock, random_bytes).run()


class _Reading:
    """One conversation; lives for one call."""

    def __init__(
        self,
        reader: CardReader,
        key: AccessKey,
        policy: ReadPolicy,
        progress: Callable[[ReadStep], None],
        clock: Clock,
        random_bytes: Callable[[int], bytes],
    ) -> None:
        self._reader = CountingCardReader(reader)
        self._key = key
        self._policy = policy
        self._progress = progress
        self._clock = clock
        self._random_bytes = random_bytes
        self._recorder = TraceRecorder(self._reader)
        self._chip_mapping: ChipMapping | None = None

    def run(self) -> CardReading:
        plain = PlainChannel(self._reader)
        with self._step("EF.CardAccess", 0.0):
            card_access = read_card_access(plain)
            infos = parse_security_infos(card_access) if card_access else ()
        with self._step("secure channel", 0.05):
            access, cipher = self._open(plain, infos)
        channel = SecureChannel(self._reader, cipher)
        try:
            self._read_card_security(channel)
            if access is not AccessProtocol.BAC:
                with self._step("application", 0.2):
                    answer = channel.send(select_application(EMRTD_APPLICATION))
                    if answer.status != 0x9000:
                        raise UnexpectedStatusError("select the identity application", answer.status)
            files, digest_name = self._read_files(channel)
        finally:
            channel.close()
        return self._reading(access, card_access, files, digest_name)

    def _open(self, plain: PlainChannel, infos: tuple[SecurityInfo, ...]) -> tuple[AccessProtocol, SessionCipher]:
        """PACE where the chip offers it, and then nothing else (refusal 15); BAC only without PACE and if allowed."""
        key = self._key
        if pace_infos(infos):
            access = AccessProtocol.PACE_CAN if isinstance(key, CardAccessNumber) else AccessProtocol.PACE_MRZ
            session = pace.establish_pace(plain, key, choose_pace(infos), self._random_bytes)
            self._chip_mapping = session.chip_mapping
            return access, session.cipher
        if not self._policy.allow_bac:
            raise NoPaceError("The chip has no PACE, and the older way in is not allowed here. Check by hand.")
        if not isinstance(key, MrzKey):
            raise WrongKeyError("This card opens only with its machine readable zone, not with six digits.")
        answer = plain.send(select_application(EMRTD_APPLICATION))
        if answer.status != 0x9000:
            raise UnexpectedStatusError("select the identity application", answer.status)
        return AccessProtocol.BAC, bac.establish_bac(plain, key, self._random_bytes)

    def _read_card_security(self, channel: SecureChannel) -> None:
        """The signed file with the key of chip authentication mapping, from the master file, where that was run."""
        if self._chip_mapping is None:
            return
        try:
            content = self._read(channel, CARD_SECURITY, channel.read_size, 0.15, 0.2)
        except FileMissingError:  # judged from the evidence: the mapping proves nothing without it
            content = b""
        self._chip_mapping = structs.replace(self._chip_mapping, ef_card_security=content)

    def _read_files(self, channel: SecureChannel) -> tuple[dict[int, bytes], str]:
        """The security object first: it says, signed, which files there are. Files by number, EF.SOD as 0."""
        size = min(self._policy.read_size or channel.read_size, channel.read_size)
        files = {0: self._read(channel, SECURITY_OBJECT, size, 0.22, 0.3)}
        try:
            security_object = parse_security_object(files[0])
            listed, digest_name = security_object.digests.keys(), security_object.digest_name
        except ParseError:  # judged later from the evidence; holder and portrait are still shown to the proctor
            listed, digest_name = {1: b"", 2: b""}.keys(), "sha256"
        for number, start, end in ((14, 0.3, 0.34), (1, 0.34, 0.36), (2, 0.36, 0.97), (15, 0.97, 1.0)):
            if number not in listed and number not in {1, 2}:
                continue
            try:
                files[number] = self._read(channel, DATA_GROUPS[number], size, start, end)
            except FileMissingError:
                if number in {1, 2}:
                    raise
        return files, digest_name

    def _read(self, channel: SecureChannel, file: CardFile, size: int, start: float, end: float) -> bytes:
        def advance(share: float) -> None:
            self._progress(ReadStep(name=file.name, share=start + (end - start) * share))

        with self._recorder.step(file.name):
            return read_file(channel, file, size, advance)

    def _step(self, name: str, share: float) -> AbstractContextManager[None]:
        self._progress(ReadStep(name=name, share=share))
        return self._recorder.step(name)

    def _reading(
        self, access: AccessProtocol, card_access: bytes, files: dict[int, bytes], digest_name: str
    ) -> CardReading:
        opening = bac.APDUS if access is AccessProtocol.BAC else pace.APDUS
        size = 231 if access is AccessProtocol.BAC else 223
        read = [*files.values(), self._chip_mapping.ef_card_security if self._chip_mapping else b""]
        minimum = 1 + opening + 1 + sum(-(-len(content) // size) for content in read)
        evidence = CardEvidence(
            access=access,
            ef_card_access=card_access,
            security_object=files[0],
            data_groups={number: files[number] for number in (1, 14, 15) if number in files},
            digests={2: digest_of(files[2], digest_name)},
            read_at=self._clock.now(),
            chip_mapping=self._chip_mapping,
        )
        return CardReading(
            evidence=evidence,
            holder=read_holder(files[1]),
            portrait=read_portrait(files[2]),
            trace=self._recorder.finish(minimum),
        )
