"""A house around the caretaker that remembers what it was asked for."""

from models.enrollment import RoomDevice
from provisioning.device import room_broker_files
from provisioning.device.box_folder import BoxFolder


class RememberingHouse:
    """Writes the room's passwords as the real one does; counts restarts."""

    def __init__(self) -> None:
        self.restarts = 0
        self.devices: tuple[RoomDevice, ...] = ()

    def admit_devices(self, box: BoxFolder, devices: tuple[RoomDevice, ...]) -> None:
        self.devices = devices
        room_broker_files.admit(box, devices)

    def programs_are_well(self) -> bool:
        return True

    def restart_programs(self, box: BoxFolder) -> None:
        assert box.path.is_dir()
        self.restarts += 1
