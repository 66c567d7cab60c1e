"""A broker, its keeper and an authority on loopback, and whoever knocks."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from models.clock import SystemClock
from models.enrollment import CertificateRole
from models.identifiers import BoxId
from models.wire.authority_line import AuthorityLine, mutual_tls
from models.wire.mqtt_session import BrokerAddress
from provisioning.brokers.central_broker import BrokerLimits
from provisioning.brokers.keeper import Keeper, KeptBroker
from provisioning.brokers.name_holding import NameHolder
from provisioning.brokers.running_broker import BrokerByPidFile
from tests.builders.broker_client import BrokerClient
from tests.builders.transport_authority import TransportAuthority
from tests.builders.transport_pki import Identity
from tests.fakes.running_mosquitto import RunningMosquitto
from tests.fakes.small_authority import SmallAuthority, small_authority

ONE, TWO = BoxId("box-1"), BoxId("box-2")


class BrokerHost:
    """A broker, its keeper, an authority, and whoever knocks."""

    def __init__(self, folder: Path, stack: ExitStack, limits: BrokerLimits | None = None) -> None:
        self.certificates = TransportAuthority(folder=folder / "pki")
        self.authority: SmallAuthority = stack.enter_context(small_authority(self.certificates))
        self.broker = RunningMosquitto(folder / "broker", self.certificates, limits)
        self.identities = {name: self.certificates.issue(name) for name in (ONE, TWO)}
        self.central = self.certificates.issue("central", CertificateRole.CENTRAL)
        self.own = self.certificates.issue("broker-keeper", CertificateRole.BROKER_KEEPER)
        self._folder, self._stack = folder, stack

    def keeper(self, hold_seconds: float = 1.0) -> Keeper:
        kept = KeptBroker(
            files=self.broker.files,
            issuers=(self.certificates.certificate,),
            process=BrokerByPidFile(pid_file=self._folder / "broker/mosquitto.pid"),
            settle_seconds=0.3,
        )
        names = NameHolder(self._address, self._folder / "names", hold_seconds)
        keeper = Keeper(kept, self._line, names, self._folder / "keeper", SystemClock())
        keeper.start()
        self._stack.callback(names.release_all)
        return keeper

    def client(self, name: str, *filters: str, identity: Identity | None = None) -> BrokerClient:
        papers = identity or (self.central if name == "central" else self.identities[BoxId(name)])
        client = BrokerClient(self.broker.address(papers), name, *filters)
        self._stack.callback(client.session.stop)
        return client

    def _line(self) -> AuthorityLine:
        context = mutual_tls(self.certificates.authority, self.own.certificate, self.own.key)
        return AuthorityLine(self.authority.address, lambda: context)

    def _address(self, certificate: Path, key: Path) -> BrokerAddress:
        return self.broker.address(Identity(certificate=certificate, key=key))


@contextmanager
def broker_host(folder: Path, limits: BrokerLimits | None = None) -> Iterator[BrokerHost]:
    with ExitStack() as stack:
        host = BrokerHost(folder, stack, limits)
        stack.callback(host.broker.kill)
        host.broker.start()
        yield host


def is_still_served(box: BrokerClient, central: BrokerClient) -> bool:
    """Whether box TWO is heard by central, and was never away."""
    box.session.publish(f"up/0/{TWO}/ev", b"still here")
    return central.heard() == (f"up/0/{TWO}/ev", b"still here") and box.states.empty()
