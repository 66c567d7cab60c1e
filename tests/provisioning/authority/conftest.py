from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.builders.founded_authority import FoundedAuthority


@pytest.fixture
def house(tmp_path: Path) -> Iterator[FoundedAuthority]:
    founded = FoundedAuthority(tmp_path / "authority")
    yield founded
    founded.stop()
