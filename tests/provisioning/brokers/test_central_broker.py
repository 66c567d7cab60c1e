"""The configuration's text: deny by default, and no way to smuggle a line into it."""

from pathlib import Path

import msgspec
import pytest

from models.errors import SettingsError
from provisioning.brokers.central_broker import BrokerFiles, write_broker_configuration

FILES = BrokerFiles(
    authority=Path("/a/ca.pem"), certificate=Path("/a/s.pem"), key=Path("/a/s.key"), revoked=Path("/a/crl.pem")
)


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines()


def test_the_rules_that_safety_rests_on_are_written(tmp_path: Path) -> None:
    written = lines(write_broker_configuration(tmp_path, FILES, 8883))
    assert {
        "listener 8883 127.0.0.1",
        "tls_version tlsv1.3",
        "require_certificate true",
        "use_identity_as_username true",
        "use_username_as_clientid true",
        "allow_anonymous false",
        "set_tcp_nodelay true",
        "persistence false",
        "retain_available false",
        "crlfile /a/crl.pem",
        "max_qos 1",
        "log_type subscribe",
        f"acl_file {tmp_path / 'rights.acl'}",
    } <= set(written)
    assert sum(line.startswith("listener") for line in written) == 1
    assert not any(line.startswith(("pid_file", "log_dest file", "user ")) for line in written)


def test_rights_follow_the_certificates_name(tmp_path: Path) -> None:
    write_broker_configuration(tmp_path, FILES, 8883, central_name="centre-7")
    assert lines(tmp_path / "rights.acl") == [
        "pattern write up/+/%u/#",
        "pattern read down/%u/#",
        "user centre-7",
        "topic read up/#",
        "topic write down/#",
        "user central-measurements",
        "topic deny up/+/central-measurements/#",
        "topic deny down/central-measurements/#",
        "topic read up/+/+/tm",
        "topic read up/+/+/hello",
        "topic write down/+/mark",
        "user broker-keeper",
        "topic deny #",
    ]


def test_what_the_keeper_reads_and_an_account_are_written_when_given(tmp_path: Path) -> None:
    files = msgspec.structs.replace(FILES, log=Path("/a/broker.log"), pid_file=Path("/a/broker.pid"))
    written = lines(write_broker_configuration(tmp_path, files, 8883, run_as="school"))
    assert {"log_dest file /a/broker.log", "pid_file /a/broker.pid", "user school"} <= set(written)


@pytest.mark.parametrize("name", ["central\ntopic write #", "", "a\rb"])
def test_a_name_with_a_line_break_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(SettingsError):
        write_broker_configuration(tmp_path, FILES, 8883, central_name=name)
