"""Releases side by side: `current` is what runs, `previous` what ran before, and a trial until the box says it is well.

A release's folder is there whole or not at all, the link is switched in one step, and the third start without a word of
health switches back. A power cut at any point leaves the old or the new release. Not here: what fills a folder
(`archive`), when to switch (`follow`), and restarting programs (systemd).
"""

import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Final, TypeVar

import msgspec

from models.durable_files import make_folder, switch_link, sync_folder, sync_tree, write_whole, writing
from models.errors import StorageError

T = TypeVar("T")

STARTS_WITHOUT_HEALTH: Final = 3


class ReleaseNote(msgspec.Struct, frozen=True, kw_only=True):
    """`release.json` in a release's folder."""

    target: str
    number: int


class Trial(msgspec.Struct, frozen=True, kw_only=True):
    """`trial.json`: the release that has not shown its health yet, and how often it was started."""

    name: str
    starts: int = 0


class ShelfMemory(msgspec.Struct, frozen=True, kw_only=True):
    """`memory.json`: the highest release number that was well here, and releases that were not, with the sentence."""

    highest: int = 0
    failed: dict[str, str] = msgspec.field(default_factory=dict)


class Shelf:
    """One kind of releases below `folder`. Raises StorageError when the card fails."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @property
    def current(self) -> str | None:
        """The name of the release that runs."""
        return self._led_to("current")

    @property
    def previous(self) -> str | None:
        """The name of the release that ran before."""
        return self._led_to("previous")

    @property
    def trial(self) -> Trial | None:
        """The release on trial, if it is the one that runs."""
        trial = self._read("trial.json", Trial)
        return trial if trial and trial.name == self.current else None

    @property
    def memory(self) -> ShelfMemory:
        """What this shelf has learnt."""
        return self._read("memory.json", ShelfMemory) or ShelfMemory()

    def adopt(self, name: str, folder: Path) -> None:
        """What the installation put elsewhere becomes the first release, and runs unless another one does already."""
        make_folder(self._folder)
        switch_link(self._folder / name, str(folder.absolute()))
        if self.current is None:
            switch_link(self._folder / "current", name)

    def place(self, name: str, note: ReleaseNote, fill: Callable[[Path], None]) -> None:
        """Puts a release on the shelf; `fill` is handed an empty folder. Nothing runs from it yet."""
        if (self._folder / name).is_dir():
            return
        part = self._folder / f".{name}.part"
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._clear_but(self.current, self.previous)
            part.mkdir()
            fill(part)
            (part / "release.json").write_bytes(msgspec.json.encode(note))
            sync_tree(part)
            part.rename(self._folder / name)
            sync_folder(self._folder)
        except OSError as error:
            raise StorageError(f"The release does not fit on the card ({error.strerror}). Free space.") from None

    def switch(self, name: str) -> None:
        """Makes the release the current one, on trial."""
        running = self.current
        if running == name:
            return
        self._write("trial.json", Trial(name=name))
        if running is not None:
            switch_link(self._folder / "previous", running)
        switch_link(self._folder / "current", name)

    def note_start(self) -> str | None:
        """Counts a start of a release on trial. After three without health: back to the previous one, and why."""
        trial = self.trial
        if trial is None:
            return None
        if trial.starts < STARTS_WITHOUT_HEALTH or self.previous is None:
            self._write("trial.json", Trial(name=trial.name, starts=trial.starts + 1))
            return None
        sentence = f"{trial.name} did not come up in {STARTS_WITHOUT_HEALTH} starts; {self.previous} runs again."
        memory = self.memory
        self._write("memory.json", msgspec.structs.replace(memory, failed={**memory.failed, trial.name: sentence}))
        switch_link(self._folder / "current", self.previous)
        return sentence

    def confirm(self) -> None:
        """The running release is well: the trial ends, and no lower release number is taken any more."""
        trial, running = self.trial, self.current
        if trial is None or running is None:
            return
        note = self._read(f"{running}/release.json", ReleaseNote)
        if note is not None:
            memory = self.memory
            self._write("memory.json", msgspec.structs.replace(memory, highest=max(memory.highest, note.number)))
        with writing(self._folder):
            (self._folder / "trial.json").unlink()
            sync_folder(self._folder)

    def _clear_but(self, *kept: str | None) -> None:
        for folder in self._folder.iterdir():
            if folder.is_dir() and not folder.is_symlink() and folder.name not in kept:
                shutil.rmtree(folder)

    def _led_to(self, link: str) -> str | None:
        path = self._folder / link
        return path.readlink().name if path.is_symlink() else None

    def _read(self, name: str, kind: type[T]) -> T | None:
        try:
            return msgspec.json.decode((self._folder / name).read_bytes(), type=kind)
        except (OSError, msgspec.DecodeError):
            return None

    def _write(self, name: str, content: msgspec.Struct) -> None:
        write_whole(self._folder / name, msgspec.json.encode(content))
