"""The settings with which a room's box runs, as enrolment and the rehearsal write them: what is the same in every box.

Not here: the camera, which the caller adds, and what a person adds (edge/README.md).
"""

import json

from provisioning.brokers.room_broker import RoomPlaces


def room_settings(
    broker_host: str,
    broker_port: int,
    broker_shards: int,
    own_port: int = RoomPlaces().own_port,
    guest_port: int = RoomPlaces().guest_own_port,
) -> str:
    """The TOML that `python -m edge run` reads, up to and with its brokers. Paths are those of the box's folder.

    `own_port` and `guest_port` are the ports of the room's two brokers for the box's own programs.
    """
    return f"""state = "state"
chain_key = "chain.key"
central_key = "central.public.pem"
trust_list = "trust-list.json"
trust_key = "trust.public.pem"
news_file = "news"

[broker]
host = {json.dumps(broker_host)}
port = {broker_port}
shards = {broker_shards}
authority = "identity/current/authorities.pem"
certificate = "identity/current/certificate.pem"
key = "identity/current/key.pem"

[room_broker]
port = {own_port}
guest_port = {guest_port}
password_file = "room-broker/edge.password"
"""
