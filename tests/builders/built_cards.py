"""Rehearsal cards with chosen keys, habits and faults, all of one issuer that is kept nowhere."""

from datetime import date
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory

from models.chip.trust_store import TrustStore
from provisioning.rehearsal.card_files import CardBuild, signed_card
from provisioning.rehearsal.silhouette import silhouette
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.test_pki import CardIssuers, open_issuers
from tests.builders.cards import NOW, some_person
from tests.builders.chip_evidence import der


@cache
def issuers() -> CardIssuers:
    with TemporaryDirectory() as directory:
        return open_issuers(Path(directory), NOW)


def trust() -> TrustStore:
    """The rehearsal's own country signer."""
    return TrustStore.of([der(issuers().trusted.country_signer)])


def built_card(build: CardBuild | None = None) -> Card:
    """A card without fault."""
    return signed_card(some_person(), silhouette(), issuers().trusted, date(2033, 9, 3), build)
