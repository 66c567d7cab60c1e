"""Makes an authority's keys and certificates on the first day, and certificates for its programs later.

Whatever is there stays: every function may be called again. Not here: boxes' certificates (the desks).
"""

from pathlib import Path

from models.clock import Clock
from models.enrollment import CertificateRole
from provisioning.authority.settings import Settings


def found(settings: Settings, clock: Clock) -> None:
    """Makes root, issuing key, trust-list key, server certificate and register where they are missing.

    The server's certificate is renewed 30 days before its end under the same key, so that boxes' pins hold.
    """
    raise NotImplementedError


def certify_program(
    settings: Settings, clock: Clock, role: CertificateRole, name: str, folder: Path, hosts: tuple[str, ...] = ()
) -> None:
    """A key and certificate for central, the broker's keeper, or a server (`hosts` are its names and addresses).

    Writes `certificate.pem` (with issuers), `key.pem` (0600) and `authorities.pem` below `folder`.
    """
    raise NotImplementedError
