"""Every device in software by the name that `python -m provisioning soft-device` knows. A new one is a row here."""

import argparse
from collections.abc import Callable
from typing import Final

import msgspec

from provisioning.rehearsal.soft_room import display_program, headset_program, mqtt_program, sensor_program
from provisioning.rehearsal.soft_room.soft_lg import SoftLg
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_nec import SoftNec


class SoftDeviceRow(msgspec.Struct, frozen=True, kw_only=True):
    """One device. `run` takes the parsed arguments, works until it is told to stop and gives the exit status."""

    title: str
    add_arguments: Callable[[argparse.ArgumentParser], None]
    run: Callable[[argparse.Namespace], int]


SOFT_DEVICES: Final[dict[str, SoftDeviceRow]] = {
    "pjlink": SoftDeviceRow(
        title="a projector that speaks PJLink",
        add_arguments=display_program.add_projector_arguments,
        run=display_program.run_projector,
    ),
    "mdc": SoftDeviceRow(
        title="a Samsung display (MDC)",
        add_arguments=display_program.arguments_of(1515),
        run=display_program.runner_of(SoftMdc),
    ),
    "lg": SoftDeviceRow(
        title="an LG display",
        add_arguments=display_program.arguments_of(9761),
        run=display_program.runner_of(SoftLg),
    ),
    "nec": SoftDeviceRow(
        title="a NEC panel",
        add_arguments=display_program.arguments_of(7142),
        run=display_program.runner_of(SoftNec),
    ),
    "headset": SoftDeviceRow(
        title="a charging cart of headsets (ADB)",
        add_arguments=headset_program.add_arguments,
        run=headset_program.run,
    ),
    **{
        name: SoftDeviceRow(
            title=title, add_arguments=sensor_program.arguments_of(name), run=sensor_program.runner_of(name)
        )
        for name, title in sensor_program.TITLES.items()
    },
    **{
        name: SoftDeviceRow(
            title=title, add_arguments=mqtt_program.arguments_of(name), run=mqtt_program.runner_of(name)
        )
        for name, title in mqtt_program.TITLES.items()
    },
}
