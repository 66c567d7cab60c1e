"""Small changes to an input, for machines on which no guided fuzzer runs: the same each time for the same start."""

import random
from collections.abc import Iterator, Sequence

_ODD = (0x00, 0x01, 0x7F, 0x80, 0x81, 0x82, 0x84, 0xFE, 0xFF, 0x30, 0x31, 0x5F, 0x1F)
_LONGEST = 8192


def mutated(inputs: Sequence[bytes], start: str) -> Iterator[bytes]:
    """Endlessly: one of `inputs` with one to four bytes, runs or pieces changed."""
    chance = random.Random(start)
    while True:
        content = bytearray(chance.choice(inputs))
        for _ in range(chance.randint(1, 4)):
            _change(content, inputs, chance)
        yield bytes(content[:_LONGEST])


def _change(content: bytearray, inputs: Sequence[bytes], chance: random.Random) -> None:
    at = chance.randrange(len(content) + 1)
    match chance.randrange(6):
        case 0 if at < len(content):
            content[at] ^= 1 << chance.randrange(8)
        case 1 if at < len(content):
            content[at] = chance.choice(_ODD)
        case 2:
            del content[at : at + chance.randint(1, 16)]
        case 3:
            content[at:at] = bytes(chance.choices(_ODD, k=chance.randint(1, 4)))
        case 4:
            other = chance.choice(inputs)
            start = chance.randrange(len(other) + 1)
            content[at : at + 8] = other[start : start + chance.randint(1, 64)]
        case _:
            del content[at:]
