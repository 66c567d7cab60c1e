"""Every device in software by the name that `python -m provisioning soft-device` knows. A new one is a row here."""

import argparse
from collections.abc import Callable
from functools import partial
from typing import Final

import msgspec

from provisioning.rehearsal.soft_room import display_program, headset_program, mqtt_program, sensor_program
from provisioning.rehearsal.soft_room.display_line import MakeTalk
from provisioning.rehearsal.soft_room.soft_aabbcc import SoftAabbcc
from provisioning.rehearsal.soft_room.soft_benq_board import SoftBenqBoard
from provisioning.rehearsal.soft_room.soft_benq_projector import SoftBenqProjector
from provisioning.rehearsal.soft_room.soft_hisense import SoftHisense, SoftHisenseLan
from provisioning.rehearsal.soft_room.soft_lg import SoftLg
from provisioning.rehearsal.soft_room.soft_maxhub import SoftMaxhub
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_nec import SoftNec
from provisioning.rehearsal.soft_room.soft_nec_projector import SoftNecProjector
from provisioning.rehearsal.soft_room.soft_sicp import SoftSicp
from provisioning.rehearsal.soft_room.soft_viewsonic import Dialect, SoftViewsonic
from provisioning.rehearsal.soft_room.soft_viewsonic_projector import SoftViewsonicProjector

OTHER_DISPLAYS: Final[dict[str, tuple[str, int, MakeTalk]]] = {
    "viewsonic": ("a ViewSonic ViewBoard, protocol 3.2", 5000, SoftViewsonic),
    "viewsonic-3.1": ("a ViewSonic ViewBoard, protocol 3.1", 5000, partial(SoftViewsonic, dialect=Dialect.NUMBERED)),
    "benq-board": ("a BenQ board", 4660, SoftBenqBoard),
    "benq-projector": ("a BenQ projector", 8000, SoftBenqProjector),
    "oem-aabbcc": ("a board with AA BB CC frames", 5010, SoftAabbcc),
    "sicp": ("a Philips display (SICP)", 5000, SoftSicp),
    "sicp-iiyama": ("an iiyama display (SICP that begins with A6)", 5000, partial(SoftSicp, iiyama=True)),
    "maxhub": ("a MAXHUB board (V6)", 4664, SoftMaxhub),
    "hisense": ("a Hisense set with RS-232, its letters are 5FA", 5011, SoftHisense),
    "hisense-bm": ("a Hisense BM board", 8088, SoftHisenseLan),
    "hisense-dm": ("a Hisense DM board", 8000, partial(SoftHisenseLan, digits=True)),
    "nec-projector": ("an NEC projector", 7142, SoftNecProjector),
    "viewsonic-projector": ("a ViewSonic projector", 4661, SoftViewsonicProjector),
}
"""By name: what it is, the usual TCP port (one of ours where it has none), how it talks."""


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
            title=title, add_arguments=display_program.arguments_of(port), run=display_program.runner_of(talk)
        )
        for name, (title, port, talk) in OTHER_DISPLAYS.items()
    },
    **{
        name: SoftDeviceRow(
            title=title, add_arguments=sensor_program.arguments_of(name), run=sensor_program.runner_of(name)
        )
        for name, title in sensor_program.TITLES.items()
    },
    **{
        name: SoftDeviceRow(
            title=title, add_arguments=display_program.arguments_of(port), run=display_program.runner_of(talk)
        )
        for name, (title, port, talk) in OTHER_DISPLAYS.items()
    },
    **{
        name: SoftDeviceRow(
            title=title, add_arguments=mqtt_program.arguments_of(name), run=mqtt_program.runner_of(name)
        )
        for name, title in mqtt_program.TITLES.items()
    },
}
