"""Deterministic CBOR (RFC 8949 section 4.2.1): one value has one encoding, so that it can be hashed and signed.

The keys of one map are all texts or all numbers; for these the library's shortest-first order is the order of the RFC.
Not here: what is encoded (`event_chain`, `receipts`, `evidence_seal`, `signed_bundle`), and the JSON of broker messages
(`models.messages`).
"""

from typing import TypeVar

import cbor2
import msgspec

from models.errors import BadInputError

T = TypeVar("T")

DEEPEST_NESTING = 12
"""Levels of arrays and maps; a roster needs seven."""


class CodecError(BadInputError):
    """Bytes that should be deterministic CBOR are not, or hold another shape than the one expected."""


def encode(value: object) -> bytes:
    """The deterministic CBOR of a struct or plain value; instants as RFC 3339 text, bytes as they are."""
    return cbor2.dumps(msgspec.to_builtins(value, builtin_types=(bytes,)), canonical=True)


def decode(content: bytes, shape: type[T]) -> T:
    """The value of `shape` whose one encoding is exactly `content`.

    Raises CodecError on anything else: broken CBOR, trailing bytes, a longer encoding of the same value, tags, wrong
    types. The error never repeats a value, because it may be personal.
    """
    try:
        plain = cbor2.loads(content, max_depth=DEEPEST_NESTING, allow_indefinite=False)
        again = cbor2.dumps(plain, canonical=True)
    except (cbor2.CBORError, ValueError, TypeError, OverflowError, RecursionError, ArithmeticError) as error:
        raise CodecError(f"Not CBOR that we write ({type(error).__name__}). Keep the bytes for IT.") from None
    if again != content:
        raise CodecError("These CBOR bytes are not the one deterministic encoding. Keep the bytes for IT.")
    try:
        return msgspec.convert(plain, shape, builtin_types=(bytes,))
    except (msgspec.ValidationError, UnicodeError) as error:
        where = str(error).partition(" - at ")[2] or "its top"
        raise CodecError(f"CBOR of another shape than {shape.__name__}, at {where}. Keep the bytes for IT.") from None
