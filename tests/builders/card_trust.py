"""Signed bundles of card trust for tests."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from models.chip.trust_policy import TrustPolicy
from models.wire.card_trust import CardTrust, InstalledPiece, sign_card_trust
from tests.builders.chip_evidence import AT, der, issuer


def card_trust(
    version: int = 1, certificates: tuple[bytes, ...] | None = None, lists: tuple[bytes, ...] = ()
) -> CardTrust:
    """A bundle that trusts the tests' issuer, unless others are named."""
    trusted = (der(issuer().country_signer),) if certificates is None else certificates
    return CardTrust(
        version=version,
        made_at=AT,
        policy=TrustPolicy(codes={"D": "DEU"}),
        certificates=tuple(InstalledPiece(encoded=one, source=0) for one in trusted),
        revocation_lists=tuple(InstalledPiece(encoded=one, source=0) for one in lists),
        sources=("a test",),
    )


def signed_trust(key: Ed25519PrivateKey, version: int = 1, certificates: tuple[bytes, ...] | None = None) -> bytes:
    """The same, signed."""
    return sign_card_trust(card_trust(version, certificates), key)
