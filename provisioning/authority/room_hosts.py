"""The name under which a room's devices find the broker of their room: one name for one room, and nobody else's.

Host names know no capitals and no `_`, room codes do. Where that makes a difference, or the label grows too long, a
hash of the exact code follows. Not here: which certificate holds the name (`ledger`).
"""

import hashlib
import re
from typing import Final

from models.errors import SettingsError

PLACE: Final = "{room}"
LONGEST_LABEL: Final = 63
"""RFC 1035 section 2.3.4."""

_HASH_LETTERS: Final = 10
_LIKE_A_HASH: Final = re.compile(rf"-[0-9a-f]{{{_HASH_LETTERS}}}$")
_LABELS: Final = re.compile(r"(?!-)[a-z0-9-]{1,63}(?<!-)(\.(?!-)[a-z0-9-]{1,63}(?<!-))*")


class RoomHostError(SettingsError):
    """A room's broker would have the name of another server. Change room_broker.host in authority.toml."""


def host_of(template: str, room_id: str, taken: frozenset[str]) -> str:
    """The host name of a room's broker (lower case). `taken` are the names of other servers.

    Raises RoomHostError when it is one of them.
    """
    before, place, after = template.lower().partition(PLACE)
    host = before + (_label(room_id, LONGEST_LABEL - _beside(before, after)) + after if place else "")
    if host in {name.lower() for name in taken}:
        raise RoomHostError(f"The broker of room {room_id} may not be called {host}: another server has that name.")
    return host


def check_template(template: str, taken: frozenset[str]) -> None:
    """Raises RoomHostError when names made from it are no host names, or could be one of `taken`."""
    before, place, after = template.lower().partition(PLACE)
    if PLACE in after or not _LABELS.fullmatch(f"{before}{'r' * 12 if place else ''}{after}"):
        raise RoomHostError(f"room_broker.host = {template!r} must be a host name with {{room}} in it once.")
    if place and _beside(before, after) > LONGEST_LABEL // 2:
        raise RoomHostError(f"room_broker.host = {template!r} leaves too few letters for {{room}}.")
    names = re.compile(re.escape(before) + ("[a-z0-9-]+" if place else "") + re.escape(after))
    for name in taken:
        if names.fullmatch(name.lower()):
            raise RoomHostError(
                f"room_broker.host = {template!r}: a room could have the name {name} of another server."
                " Choose for example room-{room}.local."
            )


def _label(room_id: str, longest: int) -> str:
    folded = re.sub("[-_]+", "-", room_id.lower()).strip("-")
    if folded == room_id and len(folded) <= longest and not _LIKE_A_HASH.search(folded):
        return folded
    digest = hashlib.sha256(room_id.encode()).hexdigest()[:_HASH_LETTERS]
    return f"{folded[: longest - _HASH_LETTERS - 1].rstrip('-')}-{digest}"


def _beside(before: str, after: str) -> int:
    """Letters that share the label with the room's."""
    return len(before.rpartition(".")[2]) + len(after.partition(".")[0])
