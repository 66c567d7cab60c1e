"""The settings files of a rehearsal: what authority, keeper, central and box of one machine are told.

Written anew at every start, so that a changed port or camera needs no editing. Not here: keys and rosters.
"""

from pathlib import Path
from typing import Final

from provisioning.device.room_settings import room_settings
from provisioning.rehearsal.school_files import SchoolFiles, SchoolPorts

_SHARDS: Final = 16
WRITTEN = "# Written by the rehearsal; changes are lost.\n"


def authority_settings(ports: SchoolPorts, receipt_key: Path) -> str:
    """What `python -m provisioning authority` reads (TOML). Every certificate will say that it is a rehearsal's."""
    return f"""{WRITTEN}address = "localhost:{ports.authority}"
name = "Trường diễn tập"
rehearsal = true
state = "state"
root = "root"

[listen]
host = "127.0.0.1"
port = {ports.authority}

[broker]
host = "localhost"
port = {ports.broker}

[central]
receipt_keys = ["{receipt_key}"]

[room_broker]
host = "localhost"
port = {ports.room_broker}
"""


def keeper_settings(files: SchoolFiles, ports: SchoolPorts) -> str:
    """What `python -m provisioning broker` reads (TOML)."""
    keeper, broker = files.authority / "broker-keeper", files.authority / "broker"
    return f"""{WRITTEN}[authority]
address = "localhost:{ports.authority}"
authorities = "{keeper / "authorities.pem"}"
certificate = "{keeper / "certificate.pem"}"
key = "{keeper / "key.pem"}"

[broker]
host = "localhost"
port = {ports.broker}
bind = "127.0.0.1"
directory = "."
authorities = "{broker / "authorities.pem"}"
certificate = "{broker / "certificate.pem"}"
key = "{broker / "key.pem"}"
revoked = "revoked.pem"
log = "mosquitto.log"
pid_file = "mosquitto.pid"
run_as = "{files.state.owner()}"
"""


def central_settings(files: SchoolFiles, ports: SchoolPorts) -> str:
    """What `python -m central` reads (TOML)."""
    own, measuring = files.authority / "central", files.authority / "central-measurements"
    return f"""{WRITTEN}anchors = "{files.cards / "trust"}"

[database]
file = "central.db"

[keys]
signing = "central-signing.key"
evidence = "central-evidence.key"

[broker]
host = "localhost"
port = {ports.broker}
authority = "{own / "authorities.pem"}"
certificate = "{own / "certificate.pem"}"
key = "{own / "key.pem"}"

[authority]
address = "localhost:{ports.authority}"
authorities = "{own / "authorities.pem"}"
certificate = "{own / "certificate.pem"}"
key = "{own / "key.pem"}"

[measurements]
certificate = "{measuring / "certificate.pem"}"
key = "{measuring / "key.pem"}"

[http]
port = {ports.central}
"""


def box_settings(ports: SchoolPorts, camera: str, weights: str) -> str:
    """What `python -m edge run` reads (TOML); the box's own folder is as enrolment made it."""
    return f"""{WRITTEN}{room_settings("localhost", ports.broker, _SHARDS, ports.room_broker_own, ports.guests_own)}
[camera]
source = "{camera}"
weights = "{weights}"

[scanner]
source = "socket://127.0.0.1:{ports.scanner}"

[station]
port = {ports.proctor}
"""


def room_broker_places(ports: SchoolPorts) -> str:
    """Where the room's broker listens, as enrolment reads it from the box's folder (TOML)."""
    return f"""{WRITTEN}bind = "127.0.0.1"
port = {ports.room_broker}
own_port = {ports.room_broker_own}
guest_port = {ports.guests}
guest_own_port = {ports.guests_own}
"""


def bridge_settings(ports: SchoolPorts) -> str:
    """What `python -m firmware_bridge run` reads (TOML). Ports of this machine that nobody named are left alone."""
    headsets = ", ".join(f'"{serial}" = {port}' for serial, port in ports.headsets.items())
    return f"""{WRITTEN}[broker]
port = {ports.room_broker_own}

[finding]
look = false

[cart]
every_seconds = 10
apps = ["vn.edu.thinghiem.vr"]
soft_ports = {{{headsets}}}
"""
