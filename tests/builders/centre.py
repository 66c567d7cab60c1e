"""A centre without a network for tests: a store with one sitting, its parts wired as in the program, a fake broker."""

from datetime import timedelta

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from sqlalchemy import text

from central.admission_entry import AdmissionOffice
from central.database import Database
from central.event_intake import EventIntake
from central.exam_office.bundles import BundleOffice
from central.ingest import Ingest
from central.live_feed import LiveFeed
from central.mail_room import MailRoom
from central.plan_post import PlanPost
from central.registers import box_register, roster_register
from central.registers.roster_register import Sitting, SittingRoom
from central.roster_post import RosterPost
from models.chip.trust_store import TrustStore
from models.exams import Candidate
from models.identifiers import BoxId, CitizenId, ExamId, RoomId, SessionId
from models.messages import Ack, EventBatch, Gone, Hello, RosterMessage, decode, encode
from models.wire.receipts import HeadStatement, Receipt, open_receipt, open_statement
from models.wire.topics import DownLane, UpLane, down_topic, up_topic
from tests.builders.box_chain import BoxChain
from tests.builders.exams import SEVEN_O_CLOCK, candidate, profile
from tests.fakes.in_memory_broker import InMemoryBroker
from tests.fakes.manual_clock import ManualClock

SITTING = SessionId("thi-thu-ca-1")
EXAM = ExamId("thi-thu")
BINH = CitizenId("001308000002")
CHI = CitizenId("001308000003")


class Centre:
    """`say` is a box speaking; the writer takes it at once, on the test's own thread."""

    def __init__(self, database: Database, shards: int = 1, trust: TrustStore | None = None) -> None:
        self.database = database
        self.clock = ManualClock()
        self.broker = InMemoryBroker()
        self.live_feed = LiveFeed()
        self.signing_key = Ed25519PrivateKey.generate()
        self.evidence_key = X25519PrivateKey.generate()
        self.office = BundleOffice(
            signing_key=self.signing_key,
            evidence_key=self.evidence_key.public_key().public_bytes_raw(),
            trust_anchors=(),
        )
        admissions = AdmissionOffice(evidence_key=self.evidence_key, trust=trust or TrustStore.of(()))
        intake = EventIntake(signing_key=self.signing_key, admissions=admissions)
        self.session = self.broker.session("central", ["up/#"])
        self.ingest = Ingest(
            database=database,
            session=self.session,
            mail_room=MailRoom(
                intake, RosterPost(office=self.office), PlanPost(signing_key=self.signing_key), self.clock, shards
            ),
            live_feed=self.live_feed,
            clock=self.clock,
        )
        self.session.start(lambda topic, payload: self.ingest.take([(topic, payload)]), lambda _state: None)
        self.heard: list[tuple[str, bytes]] = []
        listener = self.broker.session("listener", ["down/#"])
        listener.start(lambda topic, payload: self.heard.append((topic, payload)), lambda _state: None)
        self._boxes = self.broker.session("boxes")
        self._boxes.start(lambda _topic, _payload: None, lambda _state: None)

    def seat(self, session_id: SessionId = SITTING, starts_in: timedelta = timedelta(minutes=30)) -> None:
        """Enter a sitting of two rooms: An and Binh in P101, Chi in P102."""
        starts_at = SEVEN_O_CLOCK + starts_in
        with self.database.writing() as connection:
            roster_register.put_sitting(
                connection,
                Sitting(
                    exam_id=EXAM,
                    exam_name="Thi thử",
                    profile=profile(),
                    session_id=session_id,
                    session_name="Ca 1",
                    starts_at=starts_at,
                    ends_at=starts_at + timedelta(minutes=90),
                    elsewhere_key=bytes(32),
                ),
            )
            for room_id, name in (("P101", "Phòng 101"), ("P102", "Phòng 102")):
                roster_register.put_room(
                    connection,
                    SittingRoom(
                        session_id=session_id,
                        room_id=RoomId(room_id),
                        room_name=name,
                        version=1,
                        digest=f"{session_id} {room_id}",
                        door_code_hash="",
                    ),
                )
            everybody: list[tuple[RoomId, Candidate]] = [
                (RoomId("P101"), candidate(0)),
                (RoomId("P101"), candidate(1, BINH, "Trần Thị Bình")),
                (RoomId("P102"), candidate(2, CHI, "Lê Thị Chi")),
            ]
            roster_register.put_candidates(connection, session_id, everybody)

    def box(self, name: str = "box-101", room: str = "P101", session_id: SessionId = SITTING) -> BoxChain:
        """A registered box that has said hello and got its roster."""
        box = BoxChain(name, room, EXAM, session_id, self.clock.now())
        with self.database.writing() as connection:
            box_register.register_box(connection, box.box_id, RoomId(room), box.public_key, self.clock.now())
        self.say(box, box.hello())
        return box

    def say(self, box: BoxChain, message: EventBatch | Hello | Gone, shard: int = 0) -> None:
        lanes = {EventBatch: UpLane.EVENTS, Hello: UpLane.HELLO, Gone: UpLane.GONE}
        self._boxes.publish(up_topic(shard, box.box_id, lanes[type(message)]), encode(message))

    def shout(self, topic: str, payload: bytes) -> None:
        """Anything on any topic."""
        self._boxes.publish(topic, payload)

    def answers(self, box_id: BoxId) -> list[tuple[list[Receipt], HeadStatement]]:
        """Every acknowledgement that this box got so far, opened with central's key."""
        key = self.signing_key.public_key()
        acks = [decode(payload, Ack) for topic, payload in self.heard if topic == down_topic(box_id, DownLane.ACK)]
        return [([open_receipt(one, key) for one in ack.receipts], open_statement(ack.statement, key)) for ack in acks]

    def rosters(self, box_id: BoxId) -> list[RosterMessage]:
        topic = down_topic(box_id, DownLane.ROSTER)
        return [decode(payload, RosterMessage) for heard, payload in self.heard if heard == topic]

    def rows(self, table: str, columns: str = "*") -> list[tuple[object, ...]]:
        with self.database.reading() as connection:
            found = connection.execute(text(f"SELECT {columns} FROM {table} ORDER BY 1"))  # noqa: S608 names of our own
            return [tuple(row) for row in found]
