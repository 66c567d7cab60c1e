"""Rows B07, B08 and B09 on a real Mosquitto: who is refused, how a revoked box is cut off, and when the list ends."""

import socket
import ssl
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from pathlib import Path

import pytest

from models.enrollment import CertificateRole
from models.wire.broker_session import Connected, Refused
from provisioning.brokers.broker_log import Refusal
from provisioning.brokers.keeper_files import Trouble
from provisioning.brokers.revocation_list import ListHealth
from tests.builders.broker_host import ONE, TWO, BrokerHost, broker_host, is_still_served
from tests.builders.needed_programs import need
from tests.builders.transport_authority import DAY, TransportAuthority
from tests.fakes.running_mosquitto import mosquitto_program

BAR_SECONDS = 60


@pytest.fixture
def host(tmp_path: Path) -> Iterator[BrokerHost]:
    need("mosquitto", mosquitto_program())
    with broker_host(tmp_path) as running:
        yield running


def test_b07_expired_self_signed_foreign_or_no_certificate_is_refused_and_counted(
    host: BrokerHost, tmp_path: Path
) -> None:
    stranger = TransportAuthority(folder=tmp_path / "other", name="Test authority")
    self_signed = TransportAuthority(folder=tmp_path / "self", name=ONE)
    knocking = [
        host.certificates.issue(ONE, good=(-2 * DAY, -DAY), file_name="expired"),
        host.certificates.issue(ONE, good=(DAY, 2 * DAY), file_name="early"),
        stranger.issue(ONE),
        self_signed.issue(ONE),
        host.certificates.issue("localhost", CertificateRole.SERVER, file_name="a-server"),
    ]
    for identity in knocking:
        knocker = host.client(ONE, identity=identity)
        assert isinstance(knocker.next_state(), Refused)
        knocker.session.stop()
    knock_without_certificate(host)
    status = host.keeper().round()
    assert status.refused[Refusal.BAD_CERTIFICATE] >= len(knocking)
    assert status.refused[Refusal.NO_CERTIFICATE] == 1
    assert host.authority.reports[-1].refused["bad certificate"] == status.refused[Refusal.BAD_CERTIFICATE]


def knock_without_certificate(host: BrokerHost) -> None:
    context = ssl.create_default_context(cafile=str(host.certificates.authority))
    with (
        suppress(OSError),
        socket.create_connection(("127.0.0.1", host.broker.port), timeout=30) as raw,
        context.wrap_socket(raw, server_hostname="localhost") as link,
    ):
        assert link.recv(1) == b"", "the refusal arrives as an alert or as a bare end"


def test_b08_a_revoked_box_is_cut_off_while_connected_and_cannot_return(
    host: BrokerHost, capsys: pytest.CaptureFixture[str]
) -> None:
    central = host.client("central", "up/#").wait_until_in()
    revoked, other = host.client(ONE, f"down/{ONE}/#").wait_until_in(), host.client(TWO).wait_until_in()
    keeper = host.keeper()
    thread = threading.Thread(target=keeper.run, args=(0.5,))
    thread.start()
    try:
        host.authority.revoke(ONE, host.identities[ONE])
        seconds = revoked.seconds_until_out()
        for _ in range(5):
            assert isinstance(revoked.next_state(), Refused), "it tries again and again, and never gets in"
        deadline = time.monotonic() + 30
        while not any(ONE in report.kicked for report in host.authority.reports):
            assert time.monotonic() < deadline
            time.sleep(0.05)
    finally:
        keeper.stop()
        thread.join()
    assert is_still_served(other, central)
    assert seconds <= BAR_SECONDS
    assert host.authority.kicks == [ONE], "once is enough"
    with capsys.disabled():
        sys.stdout.write(
            f"\nB08: cut off {seconds:.1f} s after the revocation (bar {BAR_SECONDS} s, asked every 0.5 s)\n"
        )


def test_b08_without_the_list_in_force_the_box_comes_back_and_the_keeper_notices(host: BrokerHost) -> None:
    """The order matters: a broker that still works with the old list lets the box straight back in."""
    box = host.client(ONE).wait_until_in()
    keeper = host.keeper(hold_seconds=30)
    keeper.round()
    host.authority.boxes.append(ONE)
    keeper.round()
    box.wait_until_in()
    assert any(Trouble.BOX_CAME_BACK in keeper.round().troubles for _ in range(100))


def test_b08_a_keeper_killed_between_reload_and_kick_kicks_when_it_is_back(host: BrokerHost) -> None:
    box = host.client(ONE).wait_until_in()
    host.authority.refuses_kicks = True
    host.authority.revoke(ONE, host.identities[ONE])
    status = host.keeper().round()
    assert Trouble.BOX_NOT_CUT_OFF in status.troubles
    assert box.states.empty(), "the list alone does not end an open session"
    host.authority.refuses_kicks = False
    host.keeper().round()
    assert box.seconds_until_out() < BAR_SECONDS
    assert isinstance(box.next_state(), Refused)


def test_b08_a_broken_broker_certificate_never_makes_the_broker_forget_the_list(host: BrokerHost) -> None:
    """Mosquitto 2.0.11 that cannot read its certificate at SIGHUP goes on without any list; so it is not asked to."""
    host.authority.revoke(ONE, host.identities[ONE])
    host.keeper().round()
    served = host.certificates.server.certificate
    good = served.read_bytes()
    served.write_bytes(b"half a file")
    assert Trouble.BROKER_FILES_BROKEN in host.keeper().round().troubles
    assert isinstance(host.client(ONE).next_state(), Refused)
    served.write_bytes(good)
    assert not host.keeper().round().troubles


def test_b08_a_damaged_list_on_the_disk_is_put_right_before_the_broker_reads_it(host: BrokerHost) -> None:
    host.authority.revoke(ONE, host.identities[ONE])
    keeper = host.keeper()
    keeper.round()
    host.broker.files.revoked.write_bytes(b"half a list")
    assert Trouble.LIST_WAS_CHANGED in keeper.round().troubles
    assert isinstance(host.client(ONE).next_state(), Refused)


def test_b08_the_keepers_own_certificate_may_connect_and_neither_say_nor_hear(host: BrokerHost) -> None:
    central = host.client("central", "up/#").wait_until_in()
    keeper = host.client("broker-keeper", "#", "down/broker-keeper/#", identity=host.own).wait_until_in()
    keeper.session.publish("up/0/broker-keeper/ev", b"forged")
    central.session.publish("down/broker-keeper/ack", b"not for it")
    box = host.client(TWO).wait_until_in()
    assert is_still_served(box, central)
    assert keeper.messages.empty()


def test_b09_a_list_that_ended_locks_everybody_out_loudly_and_a_carried_list_opens_again(host: BrokerHost) -> None:
    box = host.client(ONE).wait_until_in()
    host.broker.files.revoked.write_bytes(host.certificates.sign_list(good=(-40 * DAY, timedelta(seconds=-1))))
    host.authority.silent = True
    keeper = host.keeper()
    status = keeper.round()
    assert status.health is ListHealth.ENDED
    assert {Trouble.LIST_ENDED, Trouble.AUTHORITY_SILENT} <= set(status.troubles)
    assert box.states.empty(), "open sessions live on"
    assert isinstance(host.client(TWO).next_state(), Refused), "whoever knocks is refused"
    host.broker.files.revoked.write_bytes(host.certificates.sign_list(2))
    status = keeper.round()
    assert status.health is ListHealth.GOOD
    assert host.client(TWO).next_state() == Connected()
