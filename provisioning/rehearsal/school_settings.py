"""The settings files of a rehearsal: what the box and central of one machine are told.

Written anew at every start, so that a changed port or camera needs no editing. Not here: keys and rosters.
"""

from provisioning.rehearsal.school_files import BOX, SchoolFiles, SchoolPorts
from provisioning.rehearsal.transport_pki import RehearsalPki


def central_settings(files: SchoolFiles, ports: SchoolPorts, pki: RehearsalPki) -> str:
    """What `python -m central` reads (TOML)."""
    return f"""# Written by the rehearsal; changes are lost.
anchors = "{files.cards / "trust"}"

[database]
file = "{files.central / "central.db"}"

[keys]
signing = "{pki.central_signing_key}"
evidence = "{pki.evidence_key}"

[broker]
host = "localhost"
port = {ports.broker}
authority = "{pki.authority}"
certificate = "{pki.central.certificate}"
key = "{pki.central.key}"

[http]
port = {ports.central}
"""


def box_settings(files: SchoolFiles, ports: SchoolPorts, pki: RehearsalPki, camera: str, weights: str) -> str:
    """What `python -m edge run` reads (TOML)."""
    identity = pki.boxes[BOX]
    return f"""# Written by the rehearsal; changes are lost.
state = "{files.box / "state"}"
chain_key = "{pki.chain_keys[BOX]}"
central_key = "{pki.central_public_key}"

[broker]
host = "localhost"
port = {ports.broker}
authority = "{pki.authority}"
certificate = "{identity.certificate}"
key = "{identity.key}"

[camera]
source = "{camera}"
weights = "{weights}"

[scanner]
source = "socket://127.0.0.1:{ports.scanner}"

[station]
port = {ports.proctor}
"""
