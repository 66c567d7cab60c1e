"""The one place that chooses real parts: database, broker session, keys, web server.

Everything else is handed what it needs.
"""

from dataclasses import dataclass

from central.admission_entry import AdmissionOffice
from central.database import Database
from central.event_intake import EventIntake
from central.exam_office.bundles import BundleOffice
from central.http.application import build_application
from central.http.attempts import Attempts
from central.http.front_desk import FrontDesk
from central.http.passwords import Passwords
from central.http.server import WebServer
from central.http.visitors import Visitors
from central.ingest import Ingest
from central.live_feed import LiveFeed
from central.mail_room import MailRoom
from central.pages.rendering import Pages
from central.roster_post import RosterPost
from central.settings import Settings, read_anchors, read_evidence_key, read_signing_key
from central.upgrade import upgrade_database
from models.chip.trust_store import TrustStore
from models.clock import SystemClock
from models.wire.mqtt_session import BrokerAddress, MqttSession
from models.wire.topics import EVERY_UP


@dataclass(frozen=True, slots=True, kw_only=True)
class Central:
    """The whole service. `start` opens the store, upgrades it, and then listens; `stop` ends in the other order."""

    database: Database
    ingest: Ingest
    web_server: WebServer

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self.web_server.address

    def start(self) -> None:
        """Open, upgrade, listen."""
        self.database.start()
        upgrade_database(self.database)
        self.web_server.start()
        self.ingest.start()

    def stop(self) -> None:
        """Finish what was begun and close."""
        self.web_server.stop()
        self.ingest.stop()
        self.database.stop()


def build_central(settings: Settings) -> Central:
    """The service as the settings say. Raises `SettingsError`; opens no connection yet."""
    clock = SystemClock()
    signing_key, evidence_key = read_signing_key(settings.keys.signing), read_evidence_key(settings.keys.evidence)
    anchors = read_anchors(settings.anchors)
    database = Database(settings.database.address)
    live_feed = LiveFeed()
    broker = settings.broker
    address = BrokerAddress(
        host=broker.host,
        port=broker.port,
        authority=broker.authority,
        certificate=broker.certificate,
        key=broker.key,
    )
    admissions = AdmissionOffice(evidence_key=evidence_key, trust=TrustStore.of(anchors))
    office = BundleOffice(
        signing_key=signing_key,
        evidence_key=evidence_key.public_key().public_bytes_raw(),
        trust_anchors=anchors,
    )
    ingest = Ingest(
        database=database,
        session=MqttSession(address, broker.name, [EVERY_UP]),
        mail_room=MailRoom(
            EventIntake(signing_key=signing_key, admissions=admissions), RosterPost(office=office), clock, broker.shards
        ),
        live_feed=live_feed,
        clock=clock,
    )
    desk = FrontDesk(
        database=database,
        clock=clock,
        pages=Pages(),
        visitors=Visitors(database, clock),
        passwords=Passwords(),
        attempts=Attempts(clock),
        live_feed=live_feed,
        health=ingest.health,
    )
    http = settings.http
    tls = None if http.certificate is None or http.key is None else (http.certificate, http.key)
    web_server = WebServer(build_application(desk), live_feed, http.host, http.port, tls)
    return Central(database=database, ingest=ingest, web_server=web_server)
