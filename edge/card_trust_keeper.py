"""By which country certificates this box judges chips: the newest signed bundle that a roster ever brought.

A bundle is never exchanged for an older one, and once one was held, plain certificates in a roster count no more. Not
here: the bundle's form (`models.wire.card_trust`).
"""

import logging
import threading
from functools import lru_cache
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from models.chip.trust_store import TrustStore
from models.durable_files import DurableFileError, write_whole
from models.exams import RosterBundle
from models.wire.card_trust import CardTrust, CardTrustRefusal, open_card_trust

log = logging.getLogger(__name__)


class CardTrustKeeper:
    """Keeps the bundle in the file `path`. `key` is the authority's; without it no bundle counts.

    Every method may be called from any thread.
    """

    def __init__(self, path: Path, key: Ed25519PublicKey | None) -> None:
        self._path = path
        self._key = key
        self._lock = threading.Lock()
        self._seen = b""
        self._held: CardTrust | None = None
        self._store: TrustStore | None = None

    def start(self) -> None:
        """Takes up what was held before."""
        try:
            kept = self._path.read_bytes()
        except FileNotFoundError:
            return
        except OSError as error:
            log.warning("The card trust held before cannot be read (%s); the next roster brings it.", error.strerror)
            return
        with self._lock:
            self._take(kept)

    def trust(self, roster: RosterBundle | None) -> TrustStore:
        """What to judge a chip by now, with this roster at the desk."""
        with self._lock:
            if (
                roster is not None
                and roster.card_trust
                and roster.card_trust != self._seen
                and self._take(roster.card_trust)
            ):
                self._keep(roster.card_trust)
            if self._store is not None:
                return self._store
        return _plain(roster.trust_anchors if roster is not None else ())

    def installed(self, roster: RosterBundle | None) -> int:
        """How many certificates are installed, whether or not they can vouch."""
        with self._lock:
            if self._held is not None:
                return len(self._held.certificates)
        return len(roster.trust_anchors) if roster is not None else 0

    def _take(self, content: bytes) -> bool:
        """Whether the bundle is held from now on."""
        self._seen = content
        if self._key is None:
            log.error("A roster brings signed card trust, and this box knows no key of its authority. Enrol it again.")
            return False
        opened = open_card_trust(content, self._key, self._held.version if self._held is not None else None)
        if isinstance(opened, CardTrustRefusal):
            log.error("Card trust is not taken (%s); the box goes on with what it holds.", opened.value)
            return False
        self._held, self._store = opened, opened.store()
        return True

    def _keep(self, content: bytes) -> None:
        try:
            write_whole(self._path, content)
        except DurableFileError:
            log.exception("Card trust was not stored; it counts until the room agent ends")


@lru_cache(maxsize=1)
def _plain(anchors: tuple[bytes, ...]) -> TrustStore:
    return TrustStore.of(anchors)
