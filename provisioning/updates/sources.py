"""Where a box reads releases: the authority over mutual TLS, or a USB stick. Both are judged alike (`client`).

Not here: any check of what was read, but that it does not drip.
"""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Final, Protocol

from tuf.api.exceptions import DownloadHTTPError, SlowRetrievalError
from tuf.ngclient import FetcherInterface

from models.clock import Clock
from models.enrollment import RefusalCode
from models.wire.authority_line import RefusedByAuthorityError
from provisioning.stick_files import UnfitFileError, open_regular
from provisioning.updates.release_desk import CARRIED

NETWORK: Final = "network"
STICK: Final = "stick"

_PATIENCE_MS: Final = 20_000
_LEAST_BYTES_PER_SECOND: Final = 2048
_PIECE_BYTES: Final = 256 * 1024


class ReleaseLine(Protocol):
    """What is needed of `models.wire.authority_line.AuthorityLine`."""

    def pieces(self, path: str) -> Iterator[bytes]:
        """The bytes at `path` as they come; RefusedByAuthorityError when there are none."""


class NetworkSource(FetcherInterface):
    """The authority's `/v1/updates/`. `series` names the box's memory of what this kind of source showed."""

    series = NETWORK
    address = "/v1/updates/"

    def __init__(self, line: ReleaseLine, clock: Clock) -> None:
        self._line = line
        self._clock = clock

    def _fetch(self, url: str) -> Iterator[bytes]:
        try:
            yield from not_dripping(self._line.pieces(url), self._clock)
        except RefusedByAuthorityError as error:
            if error.refusal.code is not RefusalCode.REQUEST_BROKEN:
                raise
            raise DownloadHTTPError(error.refusal.sentence, 404) from None


class StickSource(FetcherInterface):
    """A copy of the repository: a folder with `metadata/` and `targets/`. Its stamp is the one made for sticks."""

    series = STICK
    address = "/"

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def _fetch(self, url: str) -> Iterator[bytes]:
        _, shelf, name = url.split("/", 2)
        if "/" in name:
            raise DownloadHTTPError(f"The stick has no {name}.", 404)
        try:
            stream = open_regular(self._folder, shelf, CARRIED if name == "timestamp.json" else name)
        except (OSError, UnfitFileError):
            raise DownloadHTTPError(f"The stick has no {name}.", 404) from None
        with stream:
            while piece := stream.read(_PIECE_BYTES):
                yield piece


Source = NetworkSource | StickSource


def not_dripping(pieces: Iterable[bytes], clock: Clock) -> Iterator[bytes]:
    """The same pieces, until they come more slowly than 2 KB/s on the whole. Raises SlowRetrievalError."""
    began_ms, received = clock.monotonic_ms(), 0
    for piece in pieces:
        received += len(piece)
        waited_ms = clock.monotonic_ms() - began_ms
        if waited_ms > _PATIENCE_MS and received * 1000 < waited_ms * _LEAST_BYTES_PER_SECOND:
            raise SlowRetrievalError(f"{received} bytes in {waited_ms} ms.")
        yield piece
