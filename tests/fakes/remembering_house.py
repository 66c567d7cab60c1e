"""A house around the caretaker that remembers what it was asked for."""

from models.clock import Clock
from models.enrollment import RoomDevice
from models.wire.authority_line import AuthorityLine
from provisioning.device import room_broker_files
from provisioning.device.box_folder import BoxFolder


class RememberingHouse:
    """Writes the room's passwords as the real one does; counts restarts."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.restarts = 0
        self.devices: tuple[RoomDevice, ...] = ()

    def certify_room_broker(self, box: BoxFolder, line: AuthorityLine) -> None:
        if room_broker_files.wants_certificate(box, self.clock.now()):
            room_broker_files.certify(box, line)

    def admit_devices(self, box: BoxFolder, devices: tuple[RoomDevice, ...]) -> None:
        self.devices = devices
        room_broker_files.admit(box, devices)

    def follow_room_plan(self, box: BoxFolder) -> None:
        room_broker_files.follow_plan(box)

    def programs_are_well(self) -> bool:
        return True

    def restart_programs(self, box: BoxFolder) -> None:
        assert box.path.is_dir()
        self.restarts += 1
