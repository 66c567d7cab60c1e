"""The three real programs of a province on loopback: authority, central broker, keeper. Boxes enrol and connect."""

import getpass
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from models.fleet import BoxRecord, RevocationRequest
from models.wire.mqtt_session import BrokerAddress
from tests.builders.broker_client import BrokerClient
from tests.builders.enrolling_box import EnrollingBox
from tests.builders.running_authority import ERRAND, RunningProgram, room, running_authority
from tests.fakes.running_mosquitto import MosquittoProcess, free_port


class KeptBrokerHouse:
    """Everything below one folder. The keeper asks every `ask_every_seconds`, as in a province, unless told else."""

    def __init__(self, folder: Path, authority: RunningProgram, port: int, ask_every_seconds: float) -> None:
        self.folder, self.authority, self.port = folder, authority, port
        self.settings = folder / "broker.toml"
        keeper, served = authority.keeper_folder, authority.broker_folder
        self.settings.write_text(
            f"""
            [authority]
            address = "{authority.address}"
            authorities = "{authority.authorities}"
            certificate = "{keeper / "certificate.pem"}"
            key = "{keeper / "key.pem"}"
            [broker]
            host = "localhost"
            bind = "127.0.0.1"
            port = {port}
            authorities = "{authority.authorities}"
            certificate = "{served / "certificate.pem"}"
            key = "{served / "key.pem"}"
            pid_file = "broker/mosquitto.pid"
            run_as = "{getpass.getuser()}"
            [keeper]
            ask_every_seconds = {ask_every_seconds}
            """
        )

    def command(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "provisioning", "broker", *words, "--settings", str(self.settings)]

    def prepare(self) -> MosquittoProcess:
        """What IT staff do on the broker's first day."""
        subprocess.run(self.command("write"), check=True, capture_output=True, timeout=60)
        subprocess.run(self.command("keep", "--once"), check=True, capture_output=True, timeout=60)
        return MosquittoProcess(self.folder / "broker/mosquitto.conf")

    @property
    def keeper_log(self) -> Path:
        return self.folder / "keeper.log"

    def enroll(self, count: int) -> list[EnrollingBox]:
        made = self.authority.make_codes(*(room(f"A-{number}") for number in range(count)))
        boxes = []
        for code in made.codes:
            box = EnrollingBox(self.authority.address, self.folder / "boxes" / code.room_id)
            box.enroll(code.code)
            box.report()
            boxes.append(box)
        return boxes

    def connect(self, box: EnrollingBox) -> BrokerClient:
        assert box.answer is not None
        address = BrokerAddress(
            host="localhost",
            port=self.port,
            authority=box.folder / "authorities.pem",
            certificate=box.folder / "certificate.pem",
            key=box.folder / "key.pem",
        )
        return BrokerClient(address, box.answer.box_id)

    def revoke(self, box: EnrollingBox) -> None:
        assert box.answer is not None
        with self.authority.central() as central:
            central.post("/v1/revocations", RevocationRequest(errand=ERRAND, box_id=box.answer.box_id), BoxRecord)


@contextmanager
def kept_broker(folder: Path, ask_every_seconds: float = 5.0) -> Iterator[KeptBrokerHouse]:
    port = free_port()
    with ExitStack() as stack:
        authority = stack.enter_context(running_authority(folder / "authority", broker_port=port))
        house = KeptBrokerHouse(folder, authority, port, ask_every_seconds)
        broker = house.prepare()
        stack.callback(broker.kill)
        broker.start()
        with house.keeper_log.open("wb") as log:
            keeper = stack.enter_context(subprocess.Popen(house.command("keep"), stdout=log, stderr=log))
            stack.callback(keeper.terminate)
            yield house
