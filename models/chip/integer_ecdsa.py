"""ECDSA on the curves that the cryptographic library does not know (BSI TR-03111 section 4.2.1.2), in integers.

Only verifying: nothing secret goes through here, so that the running time may depend on the numbers.
"""

from models.chip.curve_points import BadPublicKeyError, Point, add, base_multiple, multiple
from models.chip.curves import Curve


def integer_ecdsa_is_good(curve: Curve, key: Point, digest: bytes, signature: tuple[int, int]) -> bool:
    """Whether r and s of `signature` over the hash `digest` were made with the private half of `key`.

    `key` must lie on the curve (`decode_point`). The one chance in n of a case that the sums leave out counts as bad.
    """
    r, s = signature
    if not (0 < r < curve.n and 0 < s < curve.n):
        return False
    number = int.from_bytes(digest)
    excess = 8 * len(digest) - curve.n.bit_length()
    if excess > 0:
        number >>= excess
    inverse = pow(s, -1, curve.n)
    try:
        of_base = base_multiple(curve, number * inverse % curve.n)
        of_key = multiple(curve, r * inverse % curve.n, key)
        return add(curve, of_base, of_key)[0] % curve.n == r
    except BadPublicKeyError:
        return False
