"""A file is a room that a line of code recognises: small enough to be read at one go."""

import statistics
import sys

import pytest

from tests.builders import checkout

SOURCES = (".py", ".js", ".mjs", ".css", ".html", ".sh", ".mako", ".sql", ".c", ".h")
LARGEST = 400
AIM_OF_NINE_IN_TEN = 250
AIM_OF_THE_MEDIAN = 150  # the house aims at 100; beyond this it has begun to sprawl


def _lines() -> dict[str, int]:
    return {str(path): len(checkout.text(path).splitlines()) for path in checkout.files_ending(*SOURCES)}


def test_no_source_file_has_more_than_400_lines() -> None:
    too_long = {name: count for name, count in _lines().items() if count > LARGEST}
    assert not too_long, f"split these files, each along one of its errands: {too_long}"


def test_nine_in_ten_files_have_at_most_250_lines_and_the_median_is_small(capsys: pytest.CaptureFixture[str]) -> None:
    counts = [count for name, count in _lines().items() if count and not name.endswith("__init__.py")]
    median = statistics.median(counts)
    small = sum(count <= AIM_OF_NINE_IN_TEN for count in counts) / len(counts)
    with capsys.disabled():
        sys.stdout.write(f"\n{len(counts)} source files: median {median:.0f} lines, {small:.0%} within 250\n")
    assert small >= 0.9
    assert median <= AIM_OF_THE_MEDIAN
