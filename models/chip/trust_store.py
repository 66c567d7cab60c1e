"""The anchors that we trust: country signing certificates (CSCA), and their revocation lists (ICAO Doc 9303-12).

A list of the world's anchors is read country by country, when a card of that country comes. What cannot be used is
passed over and named, so that one odd certificate never hides the others. Not here: reading files (`trust_files`).
"""

from collections.abc import Callable, Iterable
from typing import Final, Self

import msgspec

from models.chip.certificates import Certificate, country_of, parse_certificate
from models.chip.revocation import RevocationList, country_of_list, parse_revocation_list
from models.chip.signatures import UnsupportedKeyError, check_public_key
from models.chip.tlv import ParseError
from models.chip.trust_policy import LinkRule, TrustPolicy, shipped_policy

MOST_CERTIFICATES: Final = 5_000
MOST_LISTS: Final = 500


class TooManyCertificatesError(ParseError):
    """More certificates or revocation lists than the world has. Take out what does not belong there."""


class CountryTrust(msgspec.Struct, frozen=True, kw_only=True):
    """What one state's installed certificates and lists are worth.

    `lists` were signed by one of `anchors`, the newest first. `refused` and `refused_lists` say of each certificate and
    list that cannot be used, by its place from 1 in what the store was made of, why (an English sentence).
    """

    anchors: tuple[Certificate, ...]
    lists: tuple[RevocationList, ...]
    refused: dict[int, str]
    refused_lists: dict[int, str]


class TrustStore:
    """Never changes once made; may be asked from any thread."""

    def __init__(
        self, certificates: tuple[bytes, ...], lists: tuple[bytes, ...], policy: TrustPolicy, unread: tuple[str, ...]
    ) -> None:
        self._certificates = certificates
        self._lists = lists
        self._policy = policy
        self._unread = unread
        self._places: tuple[dict[str, list[int]], dict[str, list[int]]] | None = None
        self._read: dict[str, CountryTrust] = {}

    @classmethod
    def of(
        cls,
        certificates: Iterable[bytes],
        revocation_lists: Iterable[bytes] = (),
        policy: TrustPolicy | None = None,
        unread: tuple[str, ...] = (),
    ) -> Self:
        """The store of these certificates and lists (DER); the same one twice counts once.

        Without `policy` the shipped one holds. `unread` says in sentences what lay beside them and could not be read.
        Raises `TooManyCertificatesError`.
        """
        certificates, lists = tuple(dict.fromkeys(certificates)), tuple(dict.fromkeys(revocation_lists))
        if len(certificates) > MOST_CERTIFICATES or len(lists) > MOST_LISTS:
            raise TooManyCertificatesError(
                f"At most {MOST_CERTIFICATES} certificates and {MOST_LISTS} revocation lists can be installed."
            )
        return cls(certificates, lists, shipped_policy() if policy is None else policy, unread)

    @property
    def policy(self) -> TrustPolicy:
        """How they are believed."""
        return self._policy

    @property
    def anchors(self) -> tuple[Certificate, ...]:
        """All that can vouch, state by state; reads every certificate."""
        return tuple(anchor for state in self.states() for anchor in self.of_state(state).anchors)

    @property
    def passed_over(self) -> tuple[str, ...]:
        """One English sentence for each certificate or list that cannot be used; reads every one."""
        states = [self.of_state(state) for state in self.states()]
        certificates = sorted(one for state in states for one in state.refused.items())
        lists = sorted(one for state in states for one in state.refused_lists.items())
        return (
            *self._unread,
            *(f"Certificate {place}: {why}" for place, why in certificates),
            *(f"Revocation list {place}: {why}" for place, why in lists),
        )

    def of_country(self, code: str) -> tuple[Certificate, ...]:
        """The anchors of a state, under any code that its documents or certificates write."""
        return self.of_state(self._policy.state(code)).anchors

    def of_state(self, state: str) -> CountryTrust:
        """What is installed for the state of these three letters, read now and then kept."""
        if state not in self._read:
            certificates, lists = self._found()
            self._read[state] = _read_state(
                state,
                {place: self._certificates[place - 1] for place in certificates.get(state, ())},
                {place: self._lists[place - 1] for place in lists.get(state, ())},
                self._policy,
            )
        return self._read[state]

    def states(self) -> list[str]:
        """The three letters of every state of which something is installed; "" for what names none."""
        certificates, lists = self._found()
        return sorted(certificates.keys() | lists.keys())

    def _found(self) -> tuple[dict[str, list[int]], dict[str, list[int]]]:
        """Places, counted from 1, by state: a glance at each certificate and list, without reading it."""
        if self._places is None:
            self._places = self._by_state(self._certificates, country_of), self._by_state(self._lists, country_of_list)
        return self._places

    def _by_state(self, encoded: tuple[bytes, ...], glance: Callable[[bytes], str]) -> dict[str, list[int]]:
        places: dict[str, list[int]] = {}
        for place, one in enumerate(encoded, start=1):
            try:
                state = self._policy.state(glance(one))
            except ParseError:
                state = ""
            places.setdefault(state, []).append(place)
        return places


def _read_state(
    state: str, certificates: dict[int, bytes], lists: dict[int, bytes], policy: TrustPolicy
) -> CountryTrust:
    refused: dict[int, str] = {}
    found: dict[int, Certificate] = {}
    for place, encoded in certificates.items():
        try:
            found[place] = _able_to_vouch(encoded, state, policy)
        except (ParseError, UnsupportedKeyError) as error:
            refused[place] = str(error)
    anchors = _anchors(found, policy.links)
    refused |= dict.fromkeys(found.keys() - anchors.keys(), f"It is a link certificate, {_LINK_REFUSED[policy.links]}")
    good, refused_lists = _believed_lists(lists, tuple(anchors.values()))
    return CountryTrust(
        anchors=tuple(anchors[place] for place in sorted(anchors)),
        lists=good,
        refused=refused,
        refused_lists=refused_lists,
    )


_LINK_REFUSED: Final = {
    LinkRule.CHAINED: "and no installed anchor of its country signed it.",
    LinkRule.NEVER: "which the policy does not take.",
    LinkRule.LISTED: "",
}


def _able_to_vouch(encoded: bytes, state: str, policy: TrustPolicy) -> Certificate:
    certificate = parse_certificate(encoded)
    check_public_key(certificate.public_key)
    if policy.state(certificate.country) != state:
        raise ParseError("What country it belongs to cannot be told.")
    if not certificate.is_authority:
        raise ParseError("It is not an authority's certificate.")
    if certificate.usage is not None and "key_cert_sign" not in certificate.usage:
        raise ParseError("It may not sign certificates.")
    if certificate.unknown_critical:
        raise ParseError("It has a critical extension that is not understood here.")
    return certificate


def _anchors(found: dict[int, Certificate], links: LinkRule) -> dict[int, Certificate]:
    """Those that stand by themselves, then link certificates as long as another of them hangs on an anchor."""
    anchors = {place: one for place, one in found.items() if links is LinkRule.LISTED or _stands_by_itself(one)}
    waiting = {} if links is LinkRule.NEVER else {place: one for place, one in found.items() if place not in anchors}
    while waiting:
        chained = {place: one for place, one in waiting.items() if _signed_by_any(one, tuple(anchors.values()))}
        if not chained:
            break
        anchors |= chained
        waiting = {place: one for place, one in waiting.items() if place not in chained}
    return anchors


def _stands_by_itself(certificate: Certificate) -> bool:
    """Whether its own key signed it; one that only bears the same name twice is a link by an unknown key."""
    return not certificate.is_link and _signed_by_any(certificate, (certificate,))


def _signed_by_any(link: Certificate | RevocationList, anchors: tuple[Certificate, ...]) -> bool:
    for anchor in anchors:
        if isinstance(link, Certificate) and not may_have_signed(anchor, link):
            continue
        try:
            if link.signed_by(anchor):
                return True
        except (UnsupportedKeyError, ParseError):
            continue
    return False


def may_have_signed(anchor: Certificate, certificate: Certificate) -> bool:
    """Whether name or key identifier point at `anchor`, so that the signature is worth computing."""
    same_key = bool(anchor.key_identifier) and certificate.authority_key_identifier == anchor.key_identifier
    return anchor.subject == certificate.issuer or same_key


def _believed_lists(
    lists: dict[int, bytes], anchors: tuple[Certificate, ...]
) -> tuple[tuple[RevocationList, ...], dict[int, str]]:
    good: list[RevocationList] = []
    refused: dict[int, str] = {}
    for place, encoded in lists.items():
        try:
            found = parse_revocation_list(encoded)
        except ParseError as error:
            refused[place] = str(error)
            continue
        if _signed_by_any(found, anchors):
            good.append(found)
        else:
            refused[place] = "No installed anchor of its country signed it."
    return tuple(sorted(good, key=lambda one: one.issued_at, reverse=True)), refused
