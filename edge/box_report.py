"""What the box says of itself: with every hello, and when IT asks for a support bundle. Nobody's name stands in either.

Not here: looking at the machine (`vitals`), the log's lines (`recent_lines`), what is taken out of them (`redaction`).
"""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from edge.agent import Agent
from edge.box_condition import Notice, TimeSourceTold
from edge.card_trust_keeper import CardTrustKeeper
from edge.central_conversation import BoxHealth
from edge.clock_watch import ClockWatch
from edge.outbox import Outbox
from edge.recent_lines import RecentLines
from edge.settings import Settings
from edge.support_bundle import BundleText, pack
from edge.trust_word import TrustWord, read_trust_word
from edge.vitals import VitalSigns
from models import VERSION
from models.errors import StorageError
from models.identifiers import BoxId
from models.messages import Vitals


@dataclass(slots=True, kw_only=True)
class BoxReport:
    """Reads the other parts; every method may be called from any thread and returns soon.

    `agent` and `signs` are asked late, because they are made after this. `trust` is the newest trust list seen.
    """

    box_id: BoxId
    settings: Settings
    trust_key: Ed25519PublicKey | None
    card_trust: CardTrustKeeper
    outbox: Outbox
    watch: ClockWatch
    recent: RecentLines
    agent: Callable[[], Agent]
    signs: Callable[[], VitalSigns]
    follows_nts: Callable[[], bool]
    tell: Callable[[Notice], None]
    trust: TrustWord | None = None

    def look(self) -> None:
        """The slow questions, asked on the thread of the vital signs: the trust list on disk, the time service."""
        path = self.settings.trust_list
        if path is not None and self.trust_key is not None:
            word = read_trust_word(path, self.trust_key)
            if word is not None:
                self.trust = word
                self.watch.raise_to(word.issued_at)
        self.tell(TimeSourceTold(nts=self.follows_nts()))

    def health(self) -> BoxHealth:
        """What the next hello says."""
        condition = self.agent().condition
        return BoxHealth(
            software=VERSION,
            time_quality=condition.time_quality,
            reader="ok" if condition.reader else "absent",
            camera="ok" if condition.camera_works else "absent",
            rehearsal=condition.rehearsal,
            vitals=self._vitals(),
        )

    def _vitals(self) -> Vitals | None:
        seen = self.signs().latest
        if seen is None:
            return None
        agent = self.agent()
        condition, bundle = agent.condition, agent.desk.bundle
        off = condition.clock_off_by.total_seconds()
        profile = bundle.profile if bundle else None
        return msgspec.structs.replace(
            seen,
            clock_off_seconds=None if condition.central_word_at is None else round(off, 3),
            below_floor=self.watch.below_floor,
            trust_list_version=self.trust.version if self.trust else None,
            profiles=(f"{profile.id} {profile.version}",) if profile else (),
            anchors=self.card_trust.installed(bundle),
        )

    def bundle(self) -> bytes:
        """The support bundle, packed."""
        condition = self.agent().condition
        try:
            counts = msgspec.structs.asdict(self.outbox.counts())
        except StorageError as error:
            counts = {"outbox": str(error)}
        vitals = self._vitals()
        text = BundleText(
            sections={
                "box": {"name": self.box_id, "software": VERSION, "rehearsal": condition.rehearsal},
                "condition": asdict(condition),
                "clock": {"now": self.watch.now(), "floor": self.watch.floor(), "right": self.watch.is_right},
                "machine": msgspec.structs.asdict(vitals) if vitals else {},
                "outbox": counts,
                "settings": _without_secrets(self.settings),
            },
            log_lines=self.recent.lines(),
            keep=(self.box_id, VERSION, *(("reader",) if condition.reader is None else (condition.reader,))),
        )
        return pack(text)


def _without_secrets(settings: Settings) -> dict[str, object]:
    """Names, numbers and whether files are there; no path, no key."""
    files: dict[str, Path | None] = {
        "chain_key": settings.chain_key,
        "central_key": settings.central_key,
        "broker.authority": settings.broker.authority,
        "broker.certificate": settings.broker.certificate,
        "broker.key": settings.broker.key,
        "camera.weights": settings.camera.weights,
        "trust_list": settings.trust_list,
        "trust_key": settings.trust_key,
        "news_file": settings.news_file,
        "plan_file": settings.plan_file,
    }
    room = settings.room_broker
    return {
        **{name: _presence(path) for name, path in files.items()},
        "broker": f"{settings.broker.host} port {settings.broker.port}, {settings.broker.shards} shards",
        "station": f"{settings.station.host} port {settings.station.port}",
        "room_broker": "not set" if room is None else f"ports {room.port} and {room.guest_port}",
        "camera.source": settings.camera.source,
        "scanner.source": settings.scanner.source or "types like a keyboard",
    }


def _presence(path: Path | None) -> str:
    if path is None:
        return "not set"
    return "there" if path.exists() else "missing"
