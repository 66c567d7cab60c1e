"""The machine around a box's folder: keys, the room's broker, systemd, the first word over a new certificate.

The real thing behind `enrollment.Surroundings` and `caretaker.House`; tests and the bench choose their own parts.
"""

import os
import re
import secrets
import subprocess
import sys
from collections.abc import Callable, Mapping
from typing import Final

from models.clock import SystemClock
from models.enrollment import RoomDevice
from models.errors import ClassroomError, SettingsError
from models.machine_identity import BENCH_PREFIX, machine_identity
from models.wire.authority_line import AuthorityLine
from provisioning.device import authority_talk, room_broker_files, units
from provisioning.device.box_folder import BoxFolder
from provisioning.device.keys import KeyKeeper
from provisioning.device.room_files import TLS_ENVIRONMENT
from provisioning.device.tpm_keys import CONFIGURATION

_SECONDS: Final = 120


_TLS_VALUES: Final = {
    # which file it is says the running release itself; what the box's account wrote there is not believed
    "OPENSSL_CONF": re.compile(rf"/[^\0]*/{re.escape(CONFIGURATION.name)}"),
    # a path for a name would be loaded as a library
    "TPM2OPENSSL_TCTI": re.compile(r"device:/dev/tpm(rm)?[0-9]+|(tabrmd|swtpm|mssim)(:[A-Za-z0-9_=,.:-]*)?"),
    "PKCS11_PROVIDER_MODULE": re.compile(r"/(usr|opt)(/[A-Za-z0-9_+-][A-Za-z0-9_+.-]*)+\.so[0-9.]*"),
}
"""All that `KeyKeeper.environment` ever asks for."""


class TlsEnvironmentError(SettingsError):
    """The file of the TLS environment is not what enrolment wrote. Enrol the box again."""


class FirstWordFailedError(ClassroomError):
    """The authority did not take the box's first word. Enrol again with the same code; it goes on from here."""


class ThisMachine:
    """`choose` makes the keeper of a new key when it is asked."""

    def __init__(self, choose: Callable[[], KeyKeeper], programs: units.Units) -> None:
        self._choose = choose
        self._programs = programs

    def choose_keys(self) -> KeyKeeper:
        """The keeper for a new key. Raises KeyFailedError."""
        return self._choose()

    def machine(self) -> str:
        """This board."""
        return machine_identity()

    def write_room_broker(self, box: BoxFolder) -> None:
        """The room's broker, with no devices yet. Raises ClassroomError."""
        room_broker_files.write(box)

    def start_units(self) -> None:
        """Raises UnitsFailedError."""
        self._programs.start()

    def say_first_word(self, box: BoxFolder, environment: Mapping[str, str]) -> None:
        """Reports over the certificate in use, and has the room's broker certified. Raises ClassroomError."""
        if any(os.environ.get(name) != value for name, value in environment.items()):
            _say_in_another_program(box, environment)
            return
        with authority_talk.line_with(box, authority_talk.speaking_identity(box, SystemClock().now())) as line:
            authority_talk.say(line, authority_talk.report_of(box))
            self.certify_room_broker(box, line)

    def certify_room_broker(self, box: BoxFolder, line: AuthorityLine) -> None:
        """A certificate of the authority for the room's broker. Raises ClassroomError."""
        if room_broker_files.wants_certificate(box, SystemClock().now()):
            room_broker_files.certify(box, line)

    def admit_devices(self, box: BoxFolder, devices: tuple[RoomDevice, ...]) -> None:
        """Exactly these may speak in the room. Raises ClassroomError."""
        room_broker_files.admit(box, devices)

    def follow_room_plan(self, box: BoxFolder) -> None:
        """The rights on the room's brokers are those of its plan. Raises ClassroomError."""
        room_broker_files.follow_plan(box)

    def programs_are_well(self) -> bool:
        """Whether systemd says that the room agent has run for some minutes; False where it cannot be asked."""
        return units.agent_is_well()

    def restart_programs(self, box: BoxFolder) -> None:
        """Raises DurableFileError."""
        units.wish_restart(box)


class Bench(ThisMachine):
    """A bench that writes cards for other boards: nothing starts here, and the box says its first word at home."""

    def machine(self) -> str:
        """Not known yet: the board that this card will be put into."""
        return f"{BENCH_PREFIX}{secrets.token_hex(16)}"

    def say_first_word(self, box: BoxFolder, environment: Mapping[str, str]) -> None:
        """Nothing."""


def missing_environment(box: BoxFolder) -> dict[str, str]:
    """What must be set before a program's first TLS connection and is not (a key in the TPM needs it).

    Raises TlsEnvironmentError.
    """
    try:
        lines = (box.path / TLS_ENVIRONMENT).read_text("utf-8").splitlines()
    except (OSError, UnicodeDecodeError):
        return {}
    wanted = dict(_allowed(line, box) for line in lines if line)
    return {name: value for name, value in wanted.items() if os.environ.get(name) != value}


def _allowed(line: str, box: BoxFolder) -> tuple[str, str]:
    name, _, value = line.partition("=")
    form = _TLS_VALUES.get(name)
    if form is None or not form.fullmatch(value):
        raise TlsEnvironmentError(
            f"{box.path / TLS_ENVIRONMENT} holds something that no enrolment writes. Enrol the box again."
        )
    return name, str(CONFIGURATION) if name == "OPENSSL_CONF" else value


def _say_in_another_program(box: BoxFolder, environment: Mapping[str, str]) -> None:
    """OpenSSL reads its configuration at the start of a program: this one has started without."""
    words = [sys.executable, "-m", "provisioning", "attend", "--once", "--box", str(box.path)]
    try:
        done = subprocess.run(  # noqa: S603 - our own program
            words, env={**os.environ, **environment}, capture_output=True, text=True, check=False, timeout=_SECONDS
        )
    except subprocess.TimeoutExpired:
        raise FirstWordFailedError("The authority did not answer in time. Enrol again with the same code.") from None
    if done.returncode:
        raise FirstWordFailedError(f"The first word failed: {done.stderr.strip()[-300:]} Enrol again with this code.")
