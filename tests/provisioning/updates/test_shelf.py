"""Two releases side by side: switching, trial, going back."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from provisioning.updates.shelf import ReleaseNote, Shelf


@pytest.fixture
def shelf(tmp_path: Path) -> Shelf:
    made = Shelf(tmp_path / "releases")
    _install(made, "one", 1)
    made.confirm()
    _install(made, "two", 2)
    return made


def test_a_new_release_runs_on_trial_beside_the_old_one(shelf: Shelf, tmp_path: Path) -> None:
    assert (shelf.current, shelf.previous) == ("two", "one")
    assert shelf.trial is not None
    assert (tmp_path / "releases/current/release").read_text() == "two"
    assert (tmp_path / "releases/previous/release").read_text() == "one"


def test_the_third_start_without_health_goes_back_and_says_so(shelf: Shelf) -> None:
    assert [shelf.note_start() for _ in range(3)] == [None, None, None]
    sentence = shelf.note_start()
    assert sentence == "two did not come up in 3 starts; one runs again."
    assert shelf.current == "one"
    assert shelf.memory.failed == {"two": sentence}
    assert shelf.note_start() is None


def test_a_word_of_health_ends_the_trial(shelf: Shelf) -> None:
    shelf.note_start()
    shelf.note_start()
    shelf.confirm()
    assert shelf.trial is None
    assert shelf.memory.highest == 2
    assert [shelf.note_start() for _ in range(9)] == [None] * 9
    assert shelf.current == "two"


def test_older_releases_make_room_before_a_new_one_is_placed(shelf: Shelf, tmp_path: Path) -> None:
    shelf.confirm()
    _install(shelf, "three", 3)
    shelf.confirm()
    _install(shelf, "four", 4)
    kept = {entry.name for entry in (tmp_path / "releases").iterdir() if entry.is_dir() and not entry.is_symlink()}
    assert kept == {"two", "three", "four"}
    shelf.confirm()
    _install(shelf, "five", 5)
    kept = {entry.name for entry in (tmp_path / "releases").iterdir() if entry.is_dir() and not entry.is_symlink()}
    assert kept == {"three", "four", "five"}


def test_what_the_installation_laid_down_is_what_a_bad_first_release_goes_back_to(tmp_path: Path) -> None:
    base = tmp_path / "installed"
    base.mkdir()
    shelf = Shelf(tmp_path / "releases")
    shelf.adopt("base", base)
    _install(shelf, "one", 1)
    for _ in range(4):
        shelf.note_start()
    assert (tmp_path / "releases/current").resolve() == base


def test_a_half_filled_release_is_thrown_away(tmp_path: Path) -> None:
    def breaks(folder: Path) -> None:
        (folder / "half").write_text("half")
        raise RuntimeError

    shelf = Shelf(tmp_path / "releases")
    with pytest.raises(RuntimeError):
        shelf.place("one", ReleaseNote(target="one.tar", number=1), breaks)
    assert not (tmp_path / "releases/one").exists()
    _install(shelf, "one", 1)
    assert not (tmp_path / "releases/one/half").exists()


@settings(max_examples=25, deadline=None)
@given(numbers=some.lists(some.tuples(some.integers(1, 20), some.booleans()), max_size=12))
def test_the_highest_number_only_rises_and_something_well_is_always_there(
    tmp_path_factory: pytest.TempPathFactory, numbers: list[tuple[int, bool]]
) -> None:
    shelf = Shelf(tmp_path_factory.mktemp("any") / "releases")
    _install(shelf, "first", 0)
    shelf.confirm()
    for step, (number, is_well) in enumerate(numbers):
        before, running = shelf.memory.highest, shelf.current
        _install(shelf, f"release-{step}", number)
        if is_well:
            shelf.confirm()
        else:
            for _ in range(4):
                shelf.note_start()
            assert shelf.current == running
        assert shelf.memory.highest >= before
        assert shelf.trial is None


def _install(shelf: Shelf, name: str, number: int) -> None:
    def fill(folder: Path) -> None:
        (folder / "release").write_text(name)

    shelf.place(name, ReleaseNote(target=f"{name}.tar", number=number), fill)
    shelf.switch(name)
