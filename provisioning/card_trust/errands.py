"""The errands of `python -m provisioning trust`: show, sign, list, check."""

import argparse
import re
import sys
from collections.abc import Callable, Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from models.chip.trust_policy import TrustPolicy, parse_policy
from models.errors import BadInputError
from models.wire.card_trust import CardTrust
from provisioning.authority.key_files import read_ed25519_key
from provisioning.card_trust.bundle_file import BundleFileError, read_bundle, read_files, write_bundle
from provisioning.card_trust.card_look import look_at_card
from provisioning.card_trust.change import Wish, work_out
from provisioning.card_trust.report import lines_of_bundle, lines_of_change, lines_of_trouble

_LOOK_AT_IT: Final = 1
_STATE: Final = re.compile(r"[A-Z]{1,3}")
_FINGERPRINT: Final = re.compile(r"[0-9a-f]{64}")


class WrongWordError(BadInputError):
    """A state or fingerprint on the command line is not one."""


def add(arguments: argparse.Namespace) -> int:
    """Show what would change; sign it where that was asked. Raises ClassroomError."""
    held = read_bundle(arguments.bundle)
    wish = Wish(
        files=tuple(read_files(arguments.files)),
        states=frozenset(_words(arguments.country, _STATE, str.upper)),
        policy=_policy(arguments.policy),
        removed=frozenset(_words(arguments.remove, _FINGERPRINT, lambda word: word.replace(":", "").lower())),
    )
    change = work_out(held, wish, datetime.now(UTC))
    _say(lines_of_change(change))
    if not change.changes_anything:
        _say(["\nKhông có gì thay đổi. · Nothing changes."])
    elif not arguments.sign:
        _say(["\nChưa ký. Chạy lại với --sign để ký. · Not signed. Run it again with --sign."])
    else:
        write_bundle(arguments.bundle, change.trust, read_ed25519_key(arguments.key))
        _say(
            (
                f"\nĐã ký phiên bản {change.trust.version}: {arguments.bundle}",
                "Chép gói cùng khoá công khai sang máy chủ trung tâm, rồi khởi động lại trung tâm.",
                "Signed. Copy the bundle with its public key to central, then restart central.",
            )
        )
    return 0


def show(arguments: argparse.Namespace) -> int:
    """Print the whole bundle. Raises ClassroomError."""
    _say(lines_of_bundle(_held(arguments.bundle), datetime.now(UTC)))
    return 0


def check(arguments: argparse.Namespace) -> int:
    """Print what somebody should look at, and who signed a card; 1 when there is something. Raises ClassroomError."""
    trust, now = _held(arguments.bundle), datetime.now(UTC)
    trouble = list(lines_of_trouble(trust, now))
    _say(
        [f"Chữ ký của gói đúng, phiên bản {trust.version}. · The bundle's signature is good, version {trust.version}."]
    )
    _say(trouble)
    fine = not trouble
    if arguments.card is not None:
        vouched, lines = look_at_card(_one_file(arguments.card), trust.store(), now)
        _say(lines)
        fine = fine and vouched
    return 0 if fine else _LOOK_AT_IT


def _one_file(place: Path) -> bytes:
    if place.is_dir():
        raise BundleFileError(f"{place} là thư mục, cần một tệp.\n{place} is a folder; one file is needed.")
    [(_, content)] = read_files([place])
    return content


def _held(bundle: Path) -> CardTrust:
    trust = read_bundle(bundle)
    if trust is None:
        raise BundleFileError(
            f"Chưa có gói nào ở {bundle}. Chạy: python -m provisioning trust add --sign\n"
            f"There is no bundle at {bundle} yet. Run: python -m provisioning trust add --sign"
        )
    return trust


def _policy(path: Path | None) -> TrustPolicy | None:
    if path is None:
        return None
    return parse_policy(_one_file(path))


def _words(words: Iterable[str], shape: re.Pattern[str], normal: Callable[[str], str]) -> list[str]:
    found = [normal(word) for word in words]
    for word in found:
        if not shape.fullmatch(word):
            raise WrongWordError(
                f"“{word}” không phải mã nước ba chữ hoặc SHA-256.\n“{word}” is no code of a state or SHA-256."
            )
    return found


def _say(lines: Iterable[str]) -> None:
    sys.stdout.writelines(f"{line}\n" for line in lines)


ERRANDS: Final[dict[str, Callable[[argparse.Namespace], int]]] = {"add": add, "list": show, "check": check}
