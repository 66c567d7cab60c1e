"""Chooses the real parts of `keep-measurements`: both stores, broker session, writer, alert post."""

from dataclasses import dataclass
from typing import Final

from central.database import Database
from central.measuring.alert_carriers import Carrier, SmtpCarrier, WebhookCarrier
from central.measuring.alert_post import MAIL, WEBHOOK, AlertPost
from central.measuring.intake import Intake
from central.measuring.known_places import KnownPlaces
from central.measuring.retention import Retention
from central.measuring.store import STEPS, WRITER_SETTINGS
from central.measuring.writer import MeasurementWriter
from central.settings import AlertSettings, Settings, read_secret
from central.upgrade import upgrade_database
from models.clock import Clock, SystemClock
from models.errors import SettingsError
from models.wire.mqtt_reader import MqttReader
from models.wire.mqtt_session import BrokerAddress, Pace
from models.wire.topics import UpLane, every_box

LANES_READ: Final = (UpLane.TELEMETRY, UpLane.HELLO)
PACE: Final = Pace(longest_wait_seconds=5.0, most_queued=20_000, heard_quality=0)
"""One program, not a thousand boxes: it may come back soon, and has a mark for every box at once.

It hears at QoS 0: only a mark says that rows are held, so an acknowledgement to the broker would be work for nothing.
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measuring:
    """The whole program. `start` opens both stores, then listens; `stop` ends in the other order."""

    central: Database
    measurements: Database
    writer: MeasurementWriter
    alert_post: AlertPost

    def start(self) -> None:
        """Open, upgrade, listen. Raises StorageError."""
        self.central.start()
        upgrade_database(self.central)
        self.measurements.start()
        upgrade_database(self.measurements, STEPS)
        self.writer.start()
        self.alert_post.start()

    def stop(self) -> None:
        """Finish what was begun and close."""
        self.alert_post.stop()
        self.writer.stop()
        self.measurements.stop()
        self.central.stop()


def build_measuring(settings: Settings) -> Measuring:
    """The program as the settings say. Raises SettingsError; opens no connection yet."""
    broker, own = settings.broker, settings.measurements
    if own.certificate is None or own.key is None or own.name == broker.name:
        raise SettingsError(
            "keep-measurements needs a certificate of its own: name measurements.certificate and measurements.key."
        )
    clock = SystemClock()
    central = Database(settings.database.address)
    measurements = Database(own.address, sqlite_settings=WRITER_SETTINGS)
    address = BrokerAddress(
        host=broker.host, port=broker.port, authority=broker.authority, certificate=own.certificate, key=own.key
    )
    places = KnownPlaces(central, clock)
    writer = MeasurementWriter(
        database=measurements,
        session=MqttReader(address, own.name, [every_box(lane) for lane in LANES_READ], PACE),
        intake=Intake(places=places, clock=clock, shards=broker.shards),
        places=places,
        retention=Retention(clock),
        clock=clock,
    )
    post = AlertPost(
        measurements=measurements,
        central=central,
        carriers=_carriers(settings.alerts, clock),
        settings=settings.alerts,
        clock=clock,
    )
    return Measuring(central=central, measurements=measurements, writer=writer, alert_post=post)


def _carriers(said: AlertSettings, clock: Clock) -> dict[str, Carrier]:
    carriers: dict[str, Carrier] = {}
    if said.mail is not None:
        password = "" if said.mail.password_file is None else read_secret(said.mail.password_file)
        carriers[MAIL] = SmtpCarrier(said.mail, password)
    if said.webhook is not None:
        carriers[WEBHOOK] = WebhookCarrier(said.webhook.url, read_secret(said.webhook.secret_file), clock)
    return carriers
