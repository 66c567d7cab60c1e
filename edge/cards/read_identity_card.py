"""The reading of a citizen card from the first command to the evidence (ICAO Doc 9303-11 section 4.2).

Gathering only: what the evidence is worth is judged by `models.chip.passive_authentication`. DG3 and DG13 are never
read. Every failure escapes as a named error, and there is no partial result; only that a chip did not prove itself is
an answer and goes into the evidence.
"""

import secrets
from collections.abc import Callable, Collection
from contextlib import AbstractContextManager, suppress
from dataclasses import dataclass, field

from msgspec import structs

from edge.cards.access_key import AccessKey
from edge.cards.active_authentication import Challenge, authenticate_actively, own_challenge
from edge.cards.apdu import LONGEST_ANSWER, LONGEST_CONTENT, SHORT_ANSWER, PlainChannel, UnexpectedStatusError
from edge.cards.card_files import (
    CARD_SECURITY,
    DATA_GROUPS,
    SECURITY_OBJECT,
    CardFile,
    FileMissingError,
    read_card_access,
    read_file,
)
from edge.cards.card_reader import CardReader
from edge.cards.chip_authentication import authenticate_chip
from edge.cards.chip_opening import OpenedChip, open_chip, select_identity_application
from edge.cards.read_trace import CountingCardReader, ReadTrace, TraceRecorder
from edge.cards.secure_messaging import ChannelBrokenError, SecureChannel
from models.chip.active_authentication import answer_length
from models.chip.chip_authentication import ChipKeyOffer, answer_proves_chip, chip_key_offers
from models.chip.data_groups import read_mrz, read_portrait
from models.chip.mrz import holder_of
from models.chip.security_infos import infos_of_dg14, parse_security_infos
from models.chip.security_object import digest_of, parse_security_object
from models.chip.signatures import UnsupportedKeyError
from models.chip.tlv import ParseError
from models.clock import Clock, SystemClock
from models.evidence import (
    AccessProtocol,
    ActiveAuthentication,
    CardEvidence,
    CardHolder,
    ChipAuthentication,
    ChipMapping,
)

_SYSTEM_CLOCK = SystemClock()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadPolicy:
    """What is allowed while a card is read.

    `allow_bac` opens chips without PACE the older way. `read_size` is how many bytes a read asks for (None: as many as
    fit into a short answer); more than 256 need a card and a reader with extended length. A reader that owes an answer
    for `hung_after_seconds` counts as hung.
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
    """All that a check-in needs of a card. `portrait` is the JPEG or JPEG 2000 file of DG2, not yet decoded.

    `holder` is None where the zone names a day that is in no calendar: that is for the judgement to say (refusal 12).
    """

    evidence: CardEvidence = field(repr=False)
    holder: CardHolder | None = field(repr=False)
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
    challenges: Callable[[], Challenge] | None = None,
) -> CardReading:
    """Open the chip on `reader` with `key` and read what a check-in needs.

    Raises `CardReadError` in one of its kinds, or `ParseError`; `trouble_of` sorts them. `random_bytes` and `clock` are
    given by those who repeat a recorded conversation; `challenges` gives one for active authentication (None: the box's
    own), and is asked once at most.
    """
    draw_challenge = challenges or (lambda: own_challenge(random_bytes))
    return _Reading(reader, key, policy, progress, clock, random_bytes, draw_challenge).run()


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
        challenges: Callable[[], Challenge],
    ) -> None:
        self._reader = CountingCardReader(reader)
        self._key = key
        self._policy = policy
        self._progress = progress
        self._clock = clock
        self._random_bytes = random_bytes
        self._challenges = challenges
        self._recorder = TraceRecorder(self._reader)
        self._card_access = b""
        self._files: dict[int, bytes] = {}
        self._digest_name = "sha256"
        self._chip_mapping: ChipMapping | None = None
        self._chip_authentication: ChipAuthentication | None = None
        self._active_authentication: ActiveAuthentication | None = None
        self._least_apdus = 1 + 1  # EF.CardAccess and the application; the rest is added as it comes

    def run(self) -> CardReading:
        plain = PlainChannel(self._reader)
        with self._step("EF.CardAccess", 0.0):
            self._card_access = read_card_access(plain)
        opened = self._open(plain)
        self._chip_mapping = opened.chip_mapping
        self._least_apdus += opened.apdus
        channel = SecureChannel(self._reader, opened.cipher)
        try:
            self._read_card_security(channel)
            channel = self._prove_chip(self._enter(opened, channel))
            self._read_groups(channel)
            self._prove_actively(channel)
        finally:
            channel.close()
        self._progress(ReadStep(name="the end", share=1.0))
        return self._reading(opened.access)

    def _open(self, plain: PlainChannel) -> OpenedChip:
        with self._step("secure channel", 0.05):
            infos = parse_security_infos(self._card_access) if self._card_access else ()
            return open_chip(plain, self._key, infos, self._random_bytes, allow_bac=self._policy.allow_bac)

    def _enter(self, opened: OpenedChip, channel: SecureChannel) -> SecureChannel:
        if opened.access is not AccessProtocol.BAC:
            with self._step("application", 0.2):
                select_identity_application(channel)
        return channel

    def _read_card_security(self, channel: SecureChannel) -> None:
        """The signed file with the key of chip authentication mapping, from the master file, where that was run."""
        if self._chip_mapping is None:
            return
        try:
            content = self._read(channel, CARD_SECURITY, 0.15, 0.2)
        except FileMissingError:  # judged from the evidence: the mapping proves nothing without it
            content = b""
        self._chip_mapping = structs.replace(self._chip_mapping, ef_card_security=content)

    def _prove_chip(self, channel: SecureChannel) -> SecureChannel:
        """EF.SOD and DG14, then chip authentication with its key, and DG1 as the first file under the new keys.

        A chip that refuses, or cannot go on under the new keys, is read to the end all the same, if it lets itself be
        opened once more: the judgement needs the evidence. What failed is in there and cannot be made good.
        """
        self._files[0] = self._read(channel, SECURITY_OBJECT, 0.22, 0.3)
        listed = self._listed()
        if 14 in listed:
            self._read_if_there(channel, 14, 0.3, 0.34)
        offer = self._offer()
        if offer is None:
            self._read_group(channel, 1, 0.34, 0.36)
            return channel
        try:
            return self._restart(channel, offer)
        except ChannelBrokenError as error:
            channel.close()
            if self._chip_is_proven():
                raise  # what broke afterwards is no longer about its key
            channel = self._open_again(error)
        self._read_group(channel, 1, 0.34, 0.36)
        return channel

    def _restart(self, channel: SecureChannel, offer: ChipKeyOffer) -> SecureChannel:
        """The channel in force afterwards: a new one whose first answer is kept, or the old one after a refusal."""
        refused = ChipAuthentication(protocol=offer.protocol, key_id=offer.key_id, private_key=b"", answer=b"")
        self._chip_authentication = refused  # stands if the channel breaks within
        with self._step("chip authentication", 0.34):
            longest = channel.short_content if self._size(channel) <= SHORT_ANSWER else LONGEST_CONTENT
            run = authenticate_chip(channel, offer, longest, self._random_bytes)
        self._chip_authentication = run.evidence
        if run.cipher is None:
            self._read_group(channel, 1, 0.34, 0.36)
            return channel
        channel.close()
        self._least_apdus += run.apdus
        renewed = SecureChannel(self._reader, run.cipher)
        try:
            self._read_group(renewed, 1, 0.34, 0.36)
        finally:
            self._chip_authentication = structs.replace(run.evidence, answer=renewed.first_answer)
        return renewed

    def _open_again(self, broken: ChannelBrokenError) -> SecureChannel:
        """A session for the rest of the evidence; a chip that does not open again has broken the channel."""
        try:
            opened = self._open(PlainChannel(self._reader))
            return self._enter(opened, SecureChannel(self._reader, opened.cipher))
        except UnexpectedStatusError:
            raise broken from None

    def _chip_is_proven(self) -> bool:
        run = self._chip_authentication
        return run is not None and answer_proves_chip(infos_of_dg14(self._files[14]), run)

    def _listed(self) -> Collection[int]:
        """Which files there are: the security object says so, signed."""
        try:
            security_object = parse_security_object(self._files[0])
        except ParseError:  # judged later from the evidence; holder and portrait are still shown to the proctor
            return ()
        self._digest_name = security_object.digest_name
        return security_object.digests.keys()

    def _offer(self) -> ChipKeyOffer | None:
        """The way to authenticate the chip, also where PACE mapped with a key already; None without a usable one."""
        if 14 not in self._files:
            return None
        try:
            offers = chip_key_offers(infos_of_dg14(self._files[14]))
        except (ParseError, UnsupportedKeyError):  # the judgement says which
            return None
        return offers[0] if offers else None

    def _read_groups(self, channel: SecureChannel) -> None:
        self._read_group(channel, 2, 0.36, 0.96)
        if 15 in self._listed():
            self._read_if_there(channel, 15, 0.96, 0.98)

    def _prove_actively(self, channel: SecureChannel) -> None:
        """Active authentication with the key in DG15.

        Where no answer of the key's length fits through card and reader, a refusal for its length is not held against
        the chip: then it was not tried.
        """
        if 15 not in self._files:
            return
        try:
            length = answer_length(self._files[15])
        except ParseError:  # the judgement says so
            return
        longest = self._size(channel)
        with self._step("active authentication", 0.98):
            challenge = self._challenges()
            expected = LONGEST_ANSWER if min(length, longest) > channel.read_size else SHORT_ANSWER
            answer = authenticate_actively(channel, challenge, expected)
        self._least_apdus += 1
        if length > longest and answer.status == 0x6700:
            return
        self._active_authentication = ActiveAuthentication(
            challenge=challenge.value,
            challenge_by=challenge.by,
            response=answer.content if answer.status == 0x9000 else b"",
        )

    def _read_if_there(self, channel: SecureChannel, number: int, start: float, end: float) -> None:
        """A file whose absence is judged from the evidence."""
        with suppress(FileMissingError):
            self._read_group(channel, number, start, end)

    def _read_group(self, channel: SecureChannel, number: int, start: float, end: float) -> None:
        self._files[number] = self._read(channel, DATA_GROUPS[number], start, end)

    def _read(self, channel: SecureChannel, file: CardFile, start: float, end: float) -> bytes:
        def advance(share: float) -> None:
            self._progress(ReadStep(name=file.name, share=start + (end - start) * share))

        size = self._size(channel)
        with self._recorder.step(file.name):
            content = read_file(channel, file, size, advance)
        self._least_apdus += -(-len(content) // max(size, channel.read_size))
        return content

    def _size(self, channel: SecureChannel) -> int:
        """Bytes per read: as many as fit into a short answer, fewer or, in extended form, more where so wanted."""
        wanted = self._policy.read_size or channel.read_size
        return wanted if wanted > SHORT_ANSWER else min(wanted, channel.read_size)

    def _step(self, name: str, share: float) -> AbstractContextManager[None]:
        self._progress(ReadStep(name=name, share=share))
        return self._recorder.step(name)

    def _reading(self, access: AccessProtocol) -> CardReading:
        files = self._files
        evidence = CardEvidence(
            access=access,
            ef_card_access=self._card_access,
            security_object=files[0],
            data_groups={number: files[number] for number in (1, 14, 15) if number in files},
            digests={2: digest_of(files[2], self._digest_name)},
            read_at=self._clock.now(),
            chip_authentication=self._chip_authentication,
            chip_mapping=self._chip_mapping,
            active_authentication=self._active_authentication,
        )
        return CardReading(
            evidence=evidence,
            holder=_holder(files[1]),
            portrait=read_portrait(files[2]),
            trace=self._recorder.finish(self._least_apdus),
        )


def _holder(dg1: bytes) -> CardHolder | None:
    """Whom DG1 names. Raises `ParseError` when it holds no zone."""
    zone = read_mrz(dg1)
    try:
        return holder_of(zone)
    except ParseError:
        return None
