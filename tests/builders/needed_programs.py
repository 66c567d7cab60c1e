"""A test without a program that it needs: at a desk it is skipped, on the build machine it fails."""

import os

import pytest


def need(program: str, found: object) -> None:
    """Go on when `found` is true; else skip, or fail where CI is set. `program` names what is missing for people."""
    if found:
        return
    sentence = f"{program} is not installed here; `make test` installs it"
    if os.environ.get("CI"):
        pytest.fail(sentence)
    pytest.skip(sentence)
