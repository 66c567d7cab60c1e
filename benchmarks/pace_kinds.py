"""What each kind of PACE costs the box's processor, beside the bar for the kind that Vietnamese cards offer.

`python -m benchmarks.pace_kinds` runs PACE against the rehearsal's chip in this process and counts only what passes
between the chip's answers and the next commands. Exit status 1 when brainpoolP256r1 with generic mapping and AES-128
misses its bar, or a kind fails. Not here: the reading that follows (`benchmarks.chip_read`), radio and chip time.
"""

import os
import secrets
import statistics
import sys
import time
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from msgspec import structs

from edge.cards.access_key import CardAccessNumber
from edge.cards.apdu import PlainChannel
from edge.cards.pace import establish_pace
from edge.cards.pace_choice import choose_pace
from models.chip.key_agreement import standard_group
from models.chip.security_infos import parse_security_infos
from models.chip.tlv import encode
from provisioning.rehearsal.soft_chip.card import Card
from provisioning.rehearsal.soft_chip.chip import SoftChip
from provisioning.rehearsal.soft_chip.chip_keys import AgreementKey, PaceMapping, PaceOffer
from provisioning.rehearsal.soft_chip.ciphers import SuiteKind
from tests.builders.cards import make_card

_ROUNDS = 15
_BAR_MS = 15.0
_BARRED = PaceOffer()
_OFFERS = (
    *(PaceOffer(parameter=parameter) for parameter in range(8, 19)),
    *(
        PaceOffer(mapping=PaceMapping.ECDH_INTEGRATED, suite=SuiteKind.AES_256, parameter=parameter)
        for parameter in (12, 13, 17)
    ),
    *(PaceOffer(mapping=PaceMapping.ECDH_CHIP, parameter=parameter) for parameter in (12, 13, 17)),
    *(PaceOffer(mapping=PaceMapping.DH_GENERIC, parameter=parameter) for parameter in (0, 1, 2)),
    *(PaceOffer(mapping=PaceMapping.DH_INTEGRATED, parameter=parameter) for parameter in (0, 1, 2)),
)


class _CountingChip:
    """The chip in this process; counts the processor time of this thread outside it."""

    def __init__(self, card: Card) -> None:
        self._chip = SoftChip(card)
        self.spent_ms = 0.0
        self._since = time.thread_time()

    def transmit(self, command: bytes) -> bytes:
        """Answer one command."""
        self.note()
        answer = self._chip.respond(command)
        self._since = time.thread_time()
        return answer

    def note(self) -> None:
        """Count what passed since the last answer."""
        now = time.thread_time()
        self.spent_ms += (now - self._since) * 1000
        self._since = now


def _cost_ms(card: Card, offer: PaceOffer) -> float:
    """The processor time of one run, from choosing the kind to the session's cipher."""
    numbers = bytes((2, 1, 2)) + encode(0x02, bytes((offer.parameter,)))
    infos = parse_security_infos(encode(0x31, encode(0x30, encode(0x06, offer.oid) + numbers)))
    chip = _CountingChip(card)
    key = CardAccessNumber(digits=card.access_number)
    establish_pace(PlainChannel(chip), key, choose_pace(infos), secrets.token_bytes)
    chip.note()
    return chip.spent_ms


def main() -> int:
    """Print one line per kind; 1 when the bar is missed."""
    met = True
    with TemporaryDirectory() as name:
        card = make_card(Path(name))
    print(f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC, {os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}")
    print(f"{'mapping':18} {'suite':11} {'group':16} {'p50 ms':>7} {'most ms':>8}")
    for offer in _OFFERS:
        mapping_key = AgreementKey(parameter=offer.parameter, private=b"\x5a" * 16)
        opened = structs.replace(card, pace=(offer,), mapping_key=mapping_key)
        _cost_ms(opened, offer)  # the library loads its algorithms at first use
        costs = [_cost_ms(opened, offer) for _ in range(_ROUNDS)]
        line = f"{offer.mapping.name:18} {offer.suite.name:11} {standard_group(offer.parameter).name:16}"
        line += f" {statistics.median(costs):7.2f} {max(costs):8.2f}"
        if offer == _BARRED:
            good = statistics.median(costs) <= _BAR_MS
            line += f"  bar <= {_BAR_MS:g} ms  {'ok' if good else 'MISSED'}"
            met &= good
        print(line)
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
