"""A folder with everything that `python -m central` is told: keys, certificates, settings."""

from pathlib import Path

from tests.builders.transport_pki import RehearsalPki


def write_central_settings(folder: Path, pki: RehearsalPki, *, broker_port: int, http_port: int = 0) -> Path:
    """Settings of a central whose broker and pages are on this machine."""
    path = folder / "central.toml"
    path.write_text(
        f"""
[keys]
signing = "{pki.central_signing_key}"
evidence = "{pki.evidence_key}"
[broker]
host = "localhost"
port = {broker_port}
authority = "{pki.authority}"
certificate = "{pki.central.certificate}"
key = "{pki.central.key}"
[measurements]
certificate = "{pki.measuring.certificate}"
key = "{pki.measuring.key}"
[http]
port = {http_port}
""",
        encoding="utf-8",
    )
    return path
