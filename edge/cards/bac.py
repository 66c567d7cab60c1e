"""Basic access control (ICAO Doc 9303-11 section 4.3): the older way in, for chips without PACE and by policy only.

Not here: the decision to use it (`read_identity_card`).
"""

import hashlib
import hmac
from collections.abc import Callable

from edge.cards.access_key import MrzKey, WrongKeyError
from edge.cards.apdu import Channel, Command, UnexpectedStatusError
from edge.cards.secure_messaging import ChannelBrokenError, pad
from edge.cards.session_ciphers import TripleDesCipher, retail_mac, triple_des_decrypt, triple_des_encrypt
from models.chip.session_keys import CHECKSUM, ENCRYPTION, SessionSuite, derive_session_key

APDUS = 2
"""Commands that BAC takes."""


def establish_bac(channel: Channel, key: MrzKey, random_bytes: Callable[[int], bytes]) -> TripleDesCipher:
    """Open the chip with BAC; the session's cipher.

    Raises `WrongKeyError` when the chip refuses the key, `ChannelBrokenError` when it does not prove that it knows it,
    and the reader's errors.
    """
    seed = hashlib.sha1(key.information, usedforsecurity=False).digest()[:16]
    encryption_key, checksum_key = _keys(seed)
    challenge = channel.send(Command(ins=0x84, expected=8))
    if challenge.status != 0x9000 or len(challenge.content) != 8:
        raise UnexpectedStatusError("GET CHALLENGE", challenge.status)
    own_challenge, own_half = random_bytes(8), random_bytes(16)
    token = triple_des_encrypt(encryption_key, own_challenge + challenge.content + own_half)
    content = token + retail_mac(checksum_key, pad(token, 8))
    answer = channel.send(Command(ins=0x82, content=content, expected=40))
    if answer.status in {0x6300, 0x6982, 0x6983, 0x6985, 0x6988} or answer.status >> 4 == 0x63C:
        message = "The card does not open with this machine readable zone. Compare it with the card."
        raise WrongKeyError(message, status=answer.status)
    if answer.status != 0x9000:
        raise UnexpectedStatusError("EXTERNAL AUTHENTICATE", answer.status)
    cryptogram, checksum = answer.content[:32], answer.content[32:]
    if len(answer.content) != 40 or not hmac.compare_digest(retail_mac(checksum_key, pad(cryptogram, 8)), checksum):
        raise ChannelBrokenError("The card did not prove that it knows the key. Do not accept it.")
    plain = triple_des_decrypt(encryption_key, cryptogram)
    if plain[:16] != challenge.content + own_challenge:
        raise ChannelBrokenError("The card answered another challenge. Do not accept it.")
    session = bytes(own ^ theirs for own, theirs in zip(own_half, plain[16:], strict=True))
    counter = int.from_bytes(challenge.content[4:] + own_challenge[4:])
    return TripleDesCipher(*_keys(session), counter)


def _keys(seed: bytes) -> tuple[bytes, bytes]:
    suite = SessionSuite.TRIPLE_DES
    return derive_session_key(suite, seed, ENCRYPTION), derive_session_key(suite, seed, CHECKSUM)
