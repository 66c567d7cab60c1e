"""New private keys for cards: random numbers in the groups that the chip computes in."""

import secrets

from cryptography.hazmat.primitives.asymmetric import rsa

from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, CurveSigningKey, RsaSigningKey, SignatureForm
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from provisioning.rehearsal.soft_chip.groups import GROUPS


def new_agreement_key(
    parameter: int = 13, suite: SuiteKind = SuiteKind.AES_128, key_id: int | None = None
) -> AgreementKey:
    """A key of chip authentication in a numbered group."""
    return AgreementKey(parameter=parameter, private=_private(parameter), suite=suite, key_id=key_id)


def new_curve_signing_key(
    parameter: int = 13, digest: str = "sha256", form: SignatureForm = SignatureForm.PLAIN
) -> CurveSigningKey:
    """A key of active authentication on a numbered curve."""
    return CurveSigningKey(parameter=parameter, private=_private(parameter), digest=digest, form=form)


def new_rsa_signing_key(bits: int = 2048, digest: str = "sha256") -> RsaSigningKey:
    """A key of active authentication with the exponent 65537."""
    numbers = rsa.generate_private_key(65_537, bits).private_numbers()
    modulus, private = numbers.public_numbers.n, numbers.d
    return RsaSigningKey(
        modulus=modulus.to_bytes(bits // 8, "big"),
        exponent=b"\x01\x00\x01",
        private_exponent=private.to_bytes(bits // 8, "big"),
        digest=digest,
    )


def _private(parameter: int) -> bytes:
    order = GROUPS[parameter].order
    return (secrets.randbelow(order - 1) + 1).to_bytes((order.bit_length() + 7) // 8, "big")


def weak_rsa_signing_key() -> RsaSigningKey:
    """RSA of 512 bits, which no library makes any more."""
    halves: list[int] = []
    while len(halves) < 2:
        prime = _prime_of(256)
        if prime not in halves and (prime - 1) % 65_537:
            halves.append(prime)
    modulus = halves[0] * halves[1]
    private = pow(65_537, -1, (halves[0] - 1) * (halves[1] - 1))
    return RsaSigningKey(
        modulus=modulus.to_bytes(64, "big"),
        exponent=b"\x01\x00\x01",
        private_exponent=private.to_bytes(64, "big"),
    )


def _prime_of(bits: int) -> int:
    """Most likely a prime, with its two highest bits set; good enough for a key that is to be refused."""
    while True:
        number = secrets.randbits(bits) | 3 << bits - 2 | 1
        if all(pow(base, number - 1, number) == 1 for base in (2, 3, 5, 7)):
            return number
