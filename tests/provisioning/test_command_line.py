"""`python -m provisioning`: quick to start, and every errand that it offers is there."""

import argparse
import subprocess
import sys
from collections.abc import Iterator

from provisioning import authority_command, broker_command, device_command, soft_chip_command, update_command
from provisioning.authority import daily_errands, emergency_errands, founding_errands
from provisioning.brokers import errands as broker_errands
from provisioning.device import errands as device_errands
from provisioning.rehearsal.card_files import CardVariant
from provisioning.rehearsal.soft_chip.vpcd_socket import VPCD_PORT
from provisioning.updates import errands as update_errands
from provisioning.updates.release_keys import KeyHolder

HEAVY = ("cryptography", "httpx", "numpy", "sqlite_utils", "tuf", "uvicorn", "cv2")


def test_what_is_offered_is_listed_without_loading_any_errand() -> None:
    asking = (
        "import sys\n"
        "from provisioning.__main__ import main\n"
        "main(['--help'])\n"
        f"print(*set({HEAVY}) & set(sys.modules), file=sys.stderr)"
    )
    told = subprocess.run([sys.executable, "-c", asking], capture_output=True, text=True, check=True, timeout=60)
    assert told.stderr.split() == []
    assert "authority" in told.stdout


def test_every_errand_that_is_offered_can_be_done() -> None:
    authority = {**founding_errands.ERRANDS, **daily_errands.ERRANDS, **emergency_errands.ERRANDS}
    for command, errands in (
        (authority_command, authority),
        (broker_command, broker_errands.ERRANDS),
        (update_command, update_errands.ERRANDS),
        (device_command, device_errands.ERRANDS),
    ):
        parser = argparse.ArgumentParser()
        command.add_parser(parser.add_subparsers())
        assert set(_offered(parser)) == set(errands)


def test_words_that_the_parsers_repeat_are_those_of_the_errands() -> None:
    assert set(update_command.HOLDERS) == {holder.value for holder in KeyHolder}
    assert set(soft_chip_command.VARIANTS) == {variant.value for variant in CardVariant}
    assert soft_chip_command.VPCD_PORT == VPCD_PORT


def _offered(parser: argparse.ArgumentParser) -> Iterator[str]:
    """The errands of all commands below a parser."""
    errand = parser.get_default("errand")
    if errand is not None:
        yield str(errand)
    for action in parser._subparsers._group_actions if parser._subparsers else ():
        below = action.choices
        assert isinstance(below, dict)
        for one in below.values():
            yield from _offered(one)
