"""A folder that belongs to another account than root, and proof that this account can run the checkout's programs."""

import os
import shutil
import subprocess
import sys
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

import pytest

from tests.builders.checkout import REPOSITORY

ACCOUNT = 65534
"""Debian's `nobody`."""


_LIBRARIES = f"{sysconfig.get_path('purelib')}:{REPOSITORY}"
_CHECK = f"""
import os
os.setgroups([]); os.setresgid(*[{ACCOUNT}] * 3); os.setresuid(*[{ACCOUNT}] * 3)
import encodings.ascii, provisioning.device.errands
"""


@cache
def _interpreter() -> str:
    """A Python that still works when it has become the account: ours, or Debian's where ours lies in root's home."""
    for program in (sys.executable, f"/usr/bin/python3.{sys.version_info.minor}"):
        words = [program, "-c", _CHECK]
        with suppress(OSError):
            if not subprocess.run(words, capture_output=True, check=False, timeout=60, env=_environment()).returncode:
                return program
    pytest.skip("the account can read no Python of this version, or not this checkout")


def _environment(**more: str) -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": _LIBRARIES, **more}


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder that every account may walk through, as pytest's own may not be."""
    folder = Path(tempfile.mkdtemp(prefix="box-account-"))
    folder.chmod(0o755)
    try:
        yield folder
    finally:
        shutil.rmtree(folder)


@contextmanager
def box_of_account() -> Iterator[Path]:
    """The account's own empty folder `box`; beside it root may lay what the account must not reach."""
    if os.geteuid() != 0:
        pytest.skip("only root can do something for another account")
    _interpreter()
    with open_folder() as folder:
        box = folder / "box"
        box.mkdir(mode=0o750)
        os.chown(box, ACCOUNT, ACCOUNT)
        yield box


def python(*words: str) -> list[str]:
    """The command of such a Python; run it in the checkout."""
    return [_interpreter(), *words]


def provisioning(*words: str, given: str = "", **environment: str) -> subprocess.CompletedProcess[str]:
    """`python -m provisioning` as a program of its own, which must end within a minute and a half."""
    return subprocess.run(
        [_interpreter(), "-m", "provisioning", *words],
        cwd=REPOSITORY,
        input=given,
        capture_output=True,
        text=True,
        check=False,
        timeout=90,
        env=_environment(**environment),
    )
