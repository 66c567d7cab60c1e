"""What the world's country certificates cost a box: opening the bundle at its start, the first card of a state, all.

`python -m benchmarks.trust_load --list FILE` takes a published CMS master list; without it as many made-up
certificates stand in. Process CPU time. Not here: reading a card (`benchmarks.chip_read`).
"""

import argparse
import statistics
import sys
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import NameOID

from models.chip.master_list import parse_master_list
from models.chip.trust_policy import shipped_policy
from models.chip.trust_store import TrustStore
from models.wire.card_trust import CardTrust, InstalledPiece, open_card_trust, sign_card_trust

_START_BAR_MS = 100.0
_CARD_BAR_MS = 100.0
_MADE_UP = 588
_MADE_UP_STATES = ("VN", "LA", "KH", "CN", "TH", "FR", "DE", "US", "JP", "KR", "AU", "GB")


def _made_up() -> tuple[bytes, ...]:
    now = datetime.now(UTC)
    made = []
    for place in range(_MADE_UP):
        key = ec.generate_private_key(ec.BrainpoolP384R1())
        country = x509.NameAttribute(NameOID.COUNTRY_NAME, _MADE_UP_STATES[place % len(_MADE_UP_STATES)])
        name = x509.Name([country, x509.NameAttribute(NameOID.COMMON_NAME, f"CSCA {place}")])
        builder = x509.CertificateBuilder(subject_name=name, issuer_name=name, public_key=key.public_key())
        builder = builder.serial_number(place + 1).not_valid_before(now).not_valid_after(now + timedelta(days=3650))
        builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
        made.append(builder.add_extension(identifier, critical=False).sign(key, hashes.SHA256()))
    return tuple(one.public_bytes(Encoding.DER) for one in made)


def _milliseconds(work: Callable[[], object], rounds: int) -> float:
    """The median over so many rounds, in ms of CPU."""
    taken = []
    for _ in range(rounds):
        began = time.process_time()
        work()
        taken.append((time.process_time() - began) * 1000)
    return statistics.median(taken)


def main() -> int:
    """Print the figures; 1 when a bar is missed."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.trust_load", description="Loading country certificates")
    parser.add_argument("--list", type=Path, metavar="FILE", help="a CMS master list")
    parser.add_argument("--rounds", type=int, default=5)
    arguments = parser.parse_args()
    if arguments.list is not None:
        content = arguments.list.read_bytes()
        certificates = parse_master_list(content).certificates
        print(f"master list, signature and {len(certificates)} certificates cut out: "
              f"{_milliseconds(lambda: parse_master_list(content), arguments.rounds):.1f} ms")  # fmt: skip
    else:
        certificates = _made_up()
    key = Ed25519PrivateKey.generate()
    trust = CardTrust(
        version=1,
        made_at=datetime.now(UTC),
        policy=shipped_policy(),
        certificates=tuple(InstalledPiece(encoded=one, source=0) for one in certificates),
        revocation_lists=(),
        sources=("benchmark",),
    )
    signed = sign_card_trust(trust, key)

    def start() -> TrustStore:
        opened = open_card_trust(signed, key.public_key())
        assert isinstance(opened, CardTrust)  # noqa: S101 - narrows the type; we signed it a line above
        return opened.store()

    started = _milliseconds(start, arguments.rounds)
    states = start().states()
    cards = {state: _milliseconds(partial(_first_card, start, state), 1) - started for state in states}
    slowest = max(cards, key=lambda state: cards[state])
    whole = _milliseconds(lambda: start().anchors, 1)
    print(f"bundle of {len(signed)} octets opened at the box's start: {started:.1f} ms, bar {_START_BAR_MS:.0f}")
    print(f"first card of VNM: {cards.get('VNM', 0.0):.1f} ms more; of {slowest}, the slowest state: "
          f"{cards[slowest]:.1f} ms, bar {_CARD_BAR_MS:.0f}")  # fmt: skip
    store = start()
    print(f"every certificate of {len(cards)} states read: {whole:.0f} ms; "
          f"{len(store.anchors)} anchors, {len(store.passed_over)} named")  # fmt: skip
    return 0 if started <= _START_BAR_MS and cards[slowest] <= _CARD_BAR_MS else 1


def _first_card(start: Callable[[], TrustStore], state: str) -> None:
    start().of_state(state)


if __name__ == "__main__":
    sys.exit(main())
