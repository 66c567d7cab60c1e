"""MAXHUB V6 boards: `3A id id S|G command value value value CR`; answers `3A id id r ...` and `34 id id + CR`.

Words of the table are the type, the command in hex and the value ("G 30 000"). Some sets put a second 3A before an
answer. Not here: what they mean (`tables/maxhub.toml`).
"""

import re
from collections.abc import Sequence
from typing import Final

from firmware_bridge.displays.codec import LONGEST, Heard, Noise, Skipped, Sound, Verdict

FRAME: Final = re.compile(
    rb"(?:4(?P<taken>\d\d)(?P<sign>[+\-])|:{1,2}(?P<unit>\d\d)(?P<kind>[rSG])(?P<command>.)(?P<value>\d{3}))\r",
    re.DOTALL,
)


class MaxhubCodec:
    """Frames of one board, over RS-232 and over TCP 4664."""

    def __init__(self, password: str = "") -> None:
        self._password = password
        self._heard = b""
        self.ready = True

    def begin(self) -> None:
        """A new line owes nothing to the last."""
        self._heard = b""

    def forget(self) -> None:
        """Half a frame is dropped."""
        self._heard = b""

    def frame(self, unit: int, words: str) -> bytes:
        """A question or command to the board with this id."""
        kind, command, value = words.split()
        return b":" + f"{unit:02d}{kind}".encode("ascii") + bytes.fromhex(command) + value.encode("ascii") + b"\r"

    def key(self, words: str) -> str:
        """The command, in hex."""
        return words.split()[1].upper()

    def take(self, data: bytes) -> Sequence[Sound]:
        """Frames; what stands between them is noise."""
        self._heard += data
        sounds: list[Sound] = []
        while (found := FRAME.search(self._heard)) is not None:
            if self._heard[: found.start()].strip():
                sounds.append(Noise())
            self._heard = self._heard[found.end() :]
            sounds.append(_heard(found))
        if len(self._heard) > LONGEST:
            self._heard = b""
            sounds.append(Noise())
        return sounds


def _heard(found: re.Match[bytes]) -> Sound:
    if found["taken"]:
        verdict = Verdict.TAKEN if found["sign"] == b"+" else Verdict.REFUSED
        return Heard(verdict=verdict, unit=int(found["taken"]))
    if found["kind"] != b"r":
        return Skipped()
    return Heard(
        verdict=Verdict.ANSWER,
        unit=int(found["unit"]),
        key=found["command"].hex().upper(),
        payload=found["value"].decode("ascii"),
    )
