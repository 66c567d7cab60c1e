"""A program that is missing never makes the build machine green."""

import pytest

from tests.builders.needed_programs import need


def test_without_its_program_a_test_is_skipped_at_a_desk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="strace"):
        need("strace", None)


def test_without_its_program_a_test_fails_on_the_build_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    with pytest.raises(pytest.fail.Exception, match="strace"):
        need("strace", None)


def test_with_its_program_a_test_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CI", "true")
    need("strace", "/usr/bin/strace")
