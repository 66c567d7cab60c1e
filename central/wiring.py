"""The one place that chooses real parts: database, broker session, keys, web server.

Everything else is handed what it needs.
"""

import logging
from dataclasses import dataclass
from typing import Final

from central.admission_entry import AdmissionOffice
from central.authority_office import OnlineAuthorityOffice
from central.authority_post import AuthorityHealth, AuthorityPost
from central.command_post import CommandPost
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
from central.measuring.store import STEPS as MEASUREMENT_STEPS
from central.news_post import BrokerNewsPost
from central.pages.rendering import Pages
from central.plan_post import PlanPost
from central.roster_post import RosterPost
from central.settings import (
    AuthoritySettings,
    Settings,
    read_anchors,
    read_card_trust,
    read_evidence_key,
    read_metrics_token,
    read_signing_key,
    root_fingerprint,
)
from central.upgrade import upgrade_database
from models.chip.trust_store import TrustStore
from models.clock import SystemClock
from models.errors import StorageError
from models.wire.authority_line import mutual_tls
from models.wire.mqtt_session import BrokerAddress, MqttSession
from models.wire.topics import UpLane, every_box

log = logging.getLogger(__name__)

LANES_READ: Final = (UpLane.EVENTS, UpLane.HELLO, UpLane.GONE, UpLane.RESULT)
"""Telemetry is read by `central.measuring`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Central:
    """The whole service. `start` opens the store, upgrades it, and then listens; `stop` ends in the other order."""

    database: Database
    measurements: Database
    ingest: Ingest
    web_server: WebServer
    authority_post: AuthorityPost | None = None

    @property
    def address(self) -> str:
        """Where the pages are."""
        return self.web_server.address

    def start(self) -> None:
        """Open, upgrade, listen."""
        self.database.start()
        upgrade_database(self.database)
        self._open_measurements()
        self.web_server.start()
        self.ingest.start()
        if self.authority_post is not None:
            self.authority_post.start()

    def stop(self) -> None:
        """Finish what was begun and close."""
        if self.authority_post is not None:
            self.authority_post.stop()
        self.web_server.stop()
        self.ingest.stop()
        self.measurements.stop()
        self.database.stop()

    def _open_measurements(self) -> None:
        """No exam waits for the measurement store: without it the pages about devices say so, all else works."""
        try:
            self.measurements.start()
            upgrade_database(self.measurements, MEASUREMENT_STEPS)
        except StorageError:
            log.exception("The measurement store does not open. Pages about devices stay closed until it does.")


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
    card_trust, trust = b"", TrustStore.of(anchors)
    if settings.card_trust is not None:
        card_trust, bundle = read_card_trust(settings.card_trust)
        anchors, trust = (), bundle.store()
    admissions = AdmissionOffice(evidence_key=evidence_key, trust=trust)
    office = BundleOffice(
        signing_key=signing_key,
        evidence_key=evidence_key.public_key().public_bytes_raw(),
        trust_anchors=anchors,
        card_trust=card_trust,
    )
    session = MqttSession(address, broker.name, [every_box(lane) for lane in LANES_READ])
    ingest = Ingest(
        database=database,
        session=session,
        mail_room=MailRoom(
            EventIntake(signing_key=signing_key, admissions=admissions),
            RosterPost(office=office),
            PlanPost(signing_key=signing_key),
            clock,
            broker.shards,
        ),
        live_feed=live_feed,
        clock=clock,
    )
    authority = None if settings.authority is None else _authority(settings.authority)
    news = BrokerNewsPost(session=session)
    post = None
    if authority is not None:
        post = AuthorityPost(
            office=authority,
            database=database,
            live_feed=live_feed,
            news=news,
            clock=clock,
            hear_again=ingest.hear_again,
        )
    measurements = Database(settings.measurements.address)
    desk = FrontDesk(
        database=database,
        measurements=measurements,
        clock=clock,
        pages=Pages(),
        visitors=Visitors(database, clock),
        passwords=Passwords(),
        attempts=Attempts(clock),
        live_feed=live_feed,
        health=ingest.health,
        commands=CommandPost(signing_key=signing_key),
        authority=authority,
        authority_health=post.health if post else AuthorityHealth(),
        news=news,
        metrics_token=read_metrics_token(settings.metrics.token_file),
        root_fingerprint=root_fingerprint(settings.authority.authorities) if settings.authority else "",
    )
    http = settings.http
    tls = None if http.certificate is None or http.key is None else (http.certificate, http.key)
    web_server = WebServer(build_application(desk), live_feed, http.host, http.port, tls)
    return Central(
        database=database, measurements=measurements, ingest=ingest, web_server=web_server, authority_post=post
    )


def _authority(said: AuthoritySettings) -> OnlineAuthorityOffice:
    """The certificate is read at each new connection, so that a renewed one is used."""
    return OnlineAuthorityOffice(said.address, lambda: mutual_tls(said.authorities, said.certificate, said.key))
