"""The card's end of Basic Access Control (ICAO Doc 9303-11 section 4.3)."""

import hashlib
import hmac
from collections.abc import Callable

from provisioning.rehearsal.soft_chip.ciphers import TripleDesSuite, derive_key, pad

_COUNTER = bytes(8)


def bac_suite(secret: bytes) -> TripleDesSuite:
    """Encryption and MAC key from sixteen octets of secret."""
    return TripleDesSuite(encryption_key=derive_key(secret, 1), mac_key=derive_key(secret, 2))


def answer_mutual_authentication(
    body: bytes, *, mrz_key_text: str, challenge: bytes, draw: Callable[[int], bytes]
) -> tuple[bytes, TripleDesSuite, int] | None:
    """The forty octets of answer, keys and counter of the session, or None when the reader's forty octets are wrong."""
    access = bac_suite(hashlib.sha1(mrz_key_text.encode("ascii")).digest()[:16])  # noqa: S324 - the standard's hash
    cryptogram, mac = body[:32], body[32:]
    if len(body) != 40 or not hmac.compare_digest(access.mac(pad(cryptogram, 8)), mac):
        return None
    content = access.decrypt(_COUNTER, cryptogram)
    theirs, echoed, their_part = content[:8], content[8:16], content[16:]
    if echoed != challenge:
        return None
    own_part = draw(16)
    answer = access.encrypt(_COUNTER, challenge + theirs + own_part)
    secret = bytes(a ^ b for a, b in zip(their_part, own_part, strict=True))
    counter = int.from_bytes(challenge[-4:] + theirs[-4:], "big")
    return answer + access.mac(pad(answer, 8)), bac_suite(secret), counter
