"""What files would change in the bundle: worked out before anything is signed, each refusal with its reason.

Not here: files and signatures (`bundle_file`), how it is told (`report`).
"""

import hashlib
from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

import msgspec

from models.chip.certificates import country_of
from models.chip.master_list import MasterList
from models.chip.revocation import country_of_list, parse_revocation_list
from models.chip.tlv import ParseError
from models.chip.trust_files import TrustFile, parse_trust_file
from models.chip.trust_policy import TrustPolicy, shipped_policy
from models.chip.trust_store import TrustStore
from models.wire.card_trust import CardTrust, InstalledPiece


class Outcome(StrEnum):
    """What becomes of one certificate or list."""

    NEW = "new"
    ALREADY_THERE = "already there"
    REFUSED = "refused"
    TAKEN_OUT = "taken out"


class PieceKind(StrEnum):
    """Which of both it is."""

    CERTIFICATE = "certificate"
    REVOCATION_LIST = "revocation list"


class PieceNews(msgspec.Struct, frozen=True, kw_only=True):
    """One line of what would change. `reason` is an English sentence where the outcome needs one."""

    kind: PieceKind
    outcome: Outcome
    encoded: bytes
    state: str
    reason: str = ""


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked: files (name, content), only these states (none: all), another policy, fingerprints to take out."""

    files: tuple[tuple[str, bytes], ...]
    states: frozenset[str]
    policy: TrustPolicy | None
    removed: frozenset[str]


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """`trust` is the bundle that would be signed. `other_states` counts what was left aside for its state.

    `unread` says what in the files is nothing of this, `unknown` which fingerprints to take out were not there.
    """

    trust: CardTrust
    news: tuple[PieceNews, ...]
    other_states: int
    unread: tuple[str, ...]
    unknown: frozenset[str]
    master_lists: tuple[MasterList, ...]
    changes_anything: bool


def work_out(held: CardTrust | None, wish: Wish, now: datetime) -> Change:
    """What would become of `held` (None: the first bundle). Raises `ParseError` for files that hold too much."""
    return _Work(held, wish, now).change()


class _Work:
    """Sources, certificates and lists as they come together; the first source of a piece stays its source."""

    def __init__(self, held: CardTrust | None, wish: Wish, now: datetime) -> None:
        self._held = held
        self._wish = wish
        self._now = now
        self._policy = wish.policy or (held.policy if held is not None else shipped_policy())
        self._sources: list[str] = []
        self._other_states = 0
        self._unread: list[str] = []
        self._master_lists: list[MasterList] = []

    def change(self) -> Change:
        certificates, lists = self._held_pieces()
        old = certificates.keys() | lists.keys()
        gone = {one: _fingerprint(one) for one in old if _fingerprint(one) in self._wish.removed}
        for one in gone:
            certificates.pop(one, None)
            lists.pop(one, None)
        for name, content in self._wish.files:
            found = parse_trust_file(content)
            self._unread += [f"{name}: {sentence}" for sentence in found.refused]
            self._master_lists += found.master_lists
            source = self._source(_source_name(name, found))
            self._gather(found.certificates, country_of, certificates, source)
            self._gather(found.revocation_lists, country_of_list, lists, source)
        refused = self._refused(certificates, lists)
        refused |= _superseded([one for one in lists if one not in refused])
        news = [
            *(self._news(PieceKind.CERTIFICATE, one, old, refused) for one in certificates),
            *(self._news(PieceKind.REVOCATION_LIST, one, old, refused) for one in lists),
            *(self._taken_out(one) for one in gone),
        ]
        trust = CardTrust(
            version=1 if self._held is None else self._held.version + 1,
            made_at=self._now,
            policy=self._policy,
            certificates=_pieces(certificates, refused),
            revocation_lists=_pieces(lists, refused),
            sources=tuple(self._sources),
        )
        return Change(
            trust=trust,
            news=tuple(news),
            other_states=self._other_states,
            unread=tuple(self._unread),
            unknown=self._wish.removed - set(gone.values()),
            master_lists=tuple(self._master_lists),
            changes_anything=self._differs(trust),
        )

    def _held_pieces(self) -> tuple[dict[bytes, int], dict[bytes, int]]:
        if self._held is None:
            return {}, {}
        self._sources += self._held.sources
        return (
            {one.encoded: one.source for one in self._held.certificates},
            {one.encoded: one.source for one in self._held.revocation_lists},
        )

    def _source(self, name: str) -> int:
        if name not in self._sources:
            self._sources.append(name)
        return self._sources.index(name)

    def _gather(
        self, found: tuple[bytes, ...], glance: Callable[[bytes], str], pieces: dict[bytes, int], source: int
    ) -> None:
        for one in found:
            if _fingerprint(one) in self._wish.removed:
                continue
            if self._wish.states and self._state(glance, one) not in self._wish.states:
                self._other_states += 1
            else:
                pieces.setdefault(one, source)

    def _state(self, glance: Callable[[bytes], str], encoded: bytes) -> str:
        try:
            return self._policy.state(glance(encoded))
        except ParseError:
            return ""

    def _refused(self, certificates: dict[bytes, int], lists: dict[bytes, int]) -> dict[bytes, str]:
        store = TrustStore.of(certificates, lists, self._policy)
        in_order, lists_in_order = list(certificates), list(lists)
        refused: dict[bytes, str] = {}
        for state in store.states():
            found = store.of_state(state)
            refused |= {in_order[place - 1]: why for place, why in found.refused.items()}
            refused |= {lists_in_order[place - 1]: why for place, why in found.refused_lists.items()}
        return refused

    def _news(self, kind: PieceKind, encoded: bytes, old: set[bytes], refused: dict[bytes, str]) -> PieceNews:
        glance = country_of if kind is PieceKind.CERTIFICATE else country_of_list
        outcome = Outcome.ALREADY_THERE if encoded in old else Outcome.NEW
        if encoded in refused:
            outcome = Outcome.REFUSED
        return PieceNews(
            kind=kind,
            outcome=outcome,
            encoded=encoded,
            state=self._state(glance, encoded),
            reason=refused.get(encoded, ""),
        )

    def _taken_out(self, encoded: bytes) -> PieceNews:
        was_list = self._held is not None and any(one.encoded == encoded for one in self._held.revocation_lists)
        kind, glance = (PieceKind.REVOCATION_LIST, country_of_list) if was_list else (PieceKind.CERTIFICATE, country_of)
        return PieceNews(kind=kind, outcome=Outcome.TAKEN_OUT, encoded=encoded, state=self._state(glance, encoded))

    def _differs(self, trust: CardTrust) -> bool:
        if self._held is None:
            return bool(trust.certificates or trust.revocation_lists)
        return (trust.certificates, trust.revocation_lists, trust.policy) != (
            self._held.certificates,
            self._held.revocation_lists,
            self._held.policy,
        )


def _source_name(name: str, found: TrustFile) -> str:
    """The file, and of a master list which state's signer made it when."""
    for one in found.master_lists:
        day = f" {one.signed_at:%Y-%m-%d}" if one.signed_at else ""
        name = f"{name} ({one.signer.country}{day})"
    return "".join(letter for letter in name if letter.isprintable())[:300]


def _superseded(believed: list[bytes]) -> dict[bytes, str]:
    """Of an issuer's lists only the newest is of use. A forged one displaces nothing: it is refused before."""
    found = sorted(map(parse_revocation_list, believed), key=lambda one: one.issued_at)
    newest = {one.issuer: one.encoded for one in found}
    return {
        one.encoded: "A newer list of the same issuer is there." for one in found if newest[one.issuer] != one.encoded
    }


def _pieces(found: dict[bytes, int], refused: dict[bytes, str]) -> tuple[InstalledPiece, ...]:
    return tuple(InstalledPiece(encoded=one, source=source) for one, source in found.items() if one not in refused)


def _fingerprint(encoded: bytes) -> str:
    return hashlib.sha256(encoded).hexdigest()
