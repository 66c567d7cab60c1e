"""What an attack is: a card with something wrong on purpose, and what the box that meets it may trust.

Which attacks there are: `ATTACKS` in `attack_list`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from cryptography.hazmat.primitives.serialization import Encoding
from msgspec.structs import replace

from models.identifiers import access_number_of
from provisioning.rehearsal.card_files import CardBuild, signed_card
from provisioning.rehearsal.people import Person
from provisioning.rehearsal.security_object import sign_security_object
from provisioning.rehearsal.soft_chip.card import Card, ShortFile
from provisioning.rehearsal.soft_chip.faults import Fault
from provisioning.rehearsal.test_pki import CardIssuer, CardIssuers

TRUSTED_FILE = "rehearsal-csca.der"
DATA_GROUPS = frozenset(
    {ShortFile.DG1, ShortFile.DG2, ShortFile.DG11, ShortFile.DG12, ShortFile.DG13, ShortFile.DG14, ShortFile.DG15}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class LaidCard:
    """A card to lay, and the files (name to content) of the trust directory with which the box is to judge it.

    `access_number` is what a person at the desk would type: the end of the citizen number.
    """

    card: Card
    access_number: str
    trust: Mapping[str, bytes]


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What a forger has: somebody's card data, other portraits, and the rehearsal's issuers.

    `now` is aware, in UTC. Each call makes new keys.
    """

    issuers: CardIssuers
    person: Person
    portrait: bytes = field(repr=False)
    other_portrait: bytes = field(repr=False)
    now: datetime

    @property
    def today(self) -> date:
        """The day of `now`."""
        return self.now.date()

    @property
    def trusted_file(self) -> bytes:
        """The country signer that boxes of the rehearsal trust."""
        return self.issuers.trusted.country_signer.public_bytes(Encoding.DER)

    def genuine(self, build: CardBuild | None = None, issuer: CardIssuer | None = None) -> Card:
        """A card without fault, of the trusted issuer unless another is given."""
        signer = issuer or self.issuers.trusted
        return signed_card(self.person, self.portrait, signer, self.person.card_expires_on, build)

    def laid(self, card: Card, more_trust: Mapping[str, bytes] | None = None) -> LaidCard:
        """The card before a box that trusts the rehearsal's issuer, and what is given besides."""
        return self.laid_before(card, {TRUSTED_FILE: self.trusted_file, **(more_trust or {})})

    def laid_before(self, card: Card, trust: Mapping[str, bytes]) -> LaidCard:
        """The card before a box that trusts these files and nothing else."""
        return LaidCard(card=card, access_number=access_number_of(self.person.citizen_id), trust=trust)

    def with_fault(self, fault: Fault, build: CardBuild | None = None) -> LaidCard:
        """A genuine card that misbehaves."""
        return self.laid(replace(self.genuine(build), fault=fault))

    def with_files(self, card: Card, files: Mapping[ShortFile, bytes]) -> LaidCard:
        """The card with some files exchanged, and nothing signed anew."""
        return self.laid(replace(card, files=card.files | dict(files)))

    def signed_anew(
        self,
        card: Card,
        files: Mapping[ShortFile, bytes],
        *,
        issuer: CardIssuer | None = None,
        signed_on: date | None = None,
    ) -> Card:
        """The card with some files exchanged and its list of hashes signed over them."""
        groups = {number: file for number, file in (card.files | dict(files)).items() if number in DATA_GROUPS}
        signed = sign_security_object(groups, issuer or self.issuers.trusted, signed_on or self.person.card_issued_on)
        return replace(card, files=card.files | dict(files) | {ShortFile.SOD: signed})


@dataclass(frozen=True, slots=True, kw_only=True)
class Attack:
    """One row, or part of a row, of the refusal matrix; `story` is one sentence for engineers."""

    row: int
    story: str
    make: Callable[[Workshop], LaidCard]


def days(count: int) -> timedelta:
    """So many days."""
    return timedelta(days=count)
