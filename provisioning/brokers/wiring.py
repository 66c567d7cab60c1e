"""Puts a keeper together from its settings: the real authority, the real broker, the machine's clock.

Not here: what it does (`keeper`).
"""

from pathlib import Path

from models.clock import SystemClock
from models.wire.authority_line import AuthorityLine, mutual_tls
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.keeper import Keeper, KeptBroker
from provisioning.brokers.name_holding import NameHolder
from provisioning.brokers.settings import Settings, read_certificates


def make_keeper(settings: Settings) -> Keeper:
    """A keeper that has not started. Raises SettingsError."""
    authority, broker, keeper = settings.authority, settings.broker, settings.keeper

    def make_line() -> AuthorityLine:
        return AuthorityLine(
            authority.address, lambda: mutual_tls(authority.authorities, authority.certificate, authority.key)
        )

    def make_address(certificate: Path, key: Path) -> BrokerAddress:
        return BrokerAddress(
            host=broker.host, port=broker.port, authority=broker.authorities, certificate=certificate, key=key
        )

    kept = KeptBroker(
        files=settings.broker_files,
        issuers=read_certificates(authority.authorities),
        process=settings.running_broker,
        settle_seconds=keeper.settle_seconds,
        central_name=broker.central_name,
    )
    names = NameHolder(make_address, keeper.state / "names", keeper.hold_seconds)
    return Keeper(kept, make_line, names, keeper.state, SystemClock())
