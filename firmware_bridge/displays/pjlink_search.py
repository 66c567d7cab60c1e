"""Projectors on the LAN: the search of PJLink class 2, one UDP question that everyone hears and each answers.

It changes nothing on a projector, and a person asks for it. Clause: "PJLink Specifications" 2.07, SRCH and ACKN. Not
here: talking to what was found (`pjlink`).
"""

import re
import socket
import time
from datetime import datetime
from typing import Final

import msgspec

from models.room_plan import LanLink, SerialLink
from models.telemetry import Found

PORT: Final = 4352
EVERYONE: Final = "255.255.255.255"
QUESTION: Final = b"%2SRCH\r"
ANSWER: Final = re.compile(rb"%2ACKN=([0-9A-Fa-f]{2}(?::[0-9A-Fa-f]{2}){5})\r?")
MOST_FOUND: Final = 100
CONFIDENCE: Final = 0.9


class FoundProjector(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """A projector that answered: its IP address, and its hardware address (lower case, with colons)."""

    host: str
    hardware_address: str


def hear_found(host: str, answer: bytes) -> FoundProjector | None:
    """What one datagram says; None when it is no answer to the search."""
    found = ANSWER.fullmatch(answer)
    return None if found is None else FoundProjector(host=host, hardware_address=found[1].decode("ascii").lower())


def found_projector(projector: FoundProjector, at: datetime) -> Found:
    """What IT staff are told; `link` is what a plan would say."""
    link: SerialLink | LanLink = LanLink(host=projector.host, driver="pjlink", port=PORT)
    return Found(
        where=f"{projector.host}:{PORT}",
        what=f"projector, PJLink class 2, hardware address {projector.hardware_address}",
        confidence=CONFIDENCE,
        link=msgspec.json.encode(link).decode(),
        at=at,
    )


def search_projectors(
    seconds: float = 3.0, everyone: str = EVERYONE, port: int = PORT, enough: int = MOST_FOUND
) -> tuple[FoundProjector, ...]:
    """The projectors that answer within so many seconds, each once. Raises OSError when there is no network."""
    found: set[FoundProjector] = set()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as line:
        line.setsockopt(socket.SOL_SOCKET, socket.SO_BROADCAST, 1)
        line.sendto(QUESTION, (everyone, port))
        until = time.monotonic() + seconds
        while (left := until - time.monotonic()) > 0 and len(found) < enough:
            line.settimeout(left)
            try:
                answer, (host, _) = line.recvfrom(256)
            except TimeoutError:
                break
            projector = hear_found(host, answer)
            if projector is not None:
                found.add(projector)
    return tuple(sorted(found))
