"""Programs of others, that know the protocols from elsewhere, speak to our displays in software and read our frames."""

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import aiopjlink
import pypjlink
import pytest
import samsung_mdc
from nec_pd_sdk import nec_pd_sdk
from samsung_mdc import connection as samsung_frames

from firmware_bridge.displays.codec import Heard, Verdict
from firmware_bridge.displays.mdc import MdcCodec
from provisioning.rehearsal.soft_room.display_line import DisplayPort, DisplayTerminal, LineFault, MakeTalk
from provisioning.rehearsal.soft_room.soft_display import SoftDisplay
from provisioning.rehearsal.soft_room.soft_mdc import SoftMdc
from provisioning.rehearsal.soft_room.soft_nec import SoftNec
from provisioning.rehearsal.soft_room.soft_pjlink import SoftPjlink

SECONDS = 30.0


@contextmanager
def served(display: SoftDisplay, talk: MakeTalk, fault: LineFault = LineFault.NONE) -> Iterator[int]:
    port = DisplayPort(display, talk, fault)
    try:
        yield port.start()
    finally:
        port.stop()


def test_aiopjlink_reads_and_switches_our_projector() -> None:
    display = SoftDisplay(password="JBMIAProjectorLink", errors={"fan"}, is_on=False)

    async def talk(port: int) -> None:
        async with aiopjlink.PJLink("127.0.0.1", port, password=display.password, timeout=SECONDS) as link:
            power = aiopjlink.Power
            assert await link.power.get() == power.State.OFF
            await link.power.turn_on()
            assert await link.power.get() == power.State.ON
            sources = await link.sources.available()
            assert (aiopjlink.Sources.Mode.DIGITAL, "2") in sources
            await link.sources.set(aiopjlink.Sources.Mode.DIGITAL, "2")
            assert await link.sources.get() == (aiopjlink.Sources.Mode.DIGITAL, "2")
            assert await link.sources.resolution() == (1920, 1080)
            assert await link.info.manufacturer_name() == display.maker
            assert await link.info.serial_number() == display.serial
            assert await link.info.software_version() == display.firmware
            assert await link.info.pjlink_class() == aiopjlink.PJClass.TWO
            await link.mute.video(True)
            assert await link.mute.status() == (True, False)
            assert await link.lamps.hours() == 1200
            errors = await link.errors.query()
            assert {what.name: level.name for what, level in errors.items() if level.name != "OK"} == {"FAN": "ERROR"}

    with served(display, SoftPjlink) as port:
        asyncio.run(talk(port))
    assert (display.source, display.blanked) == ("digital2", True)


def test_pypjlink_is_kept_out_with_a_wrong_password() -> None:
    with served(SoftDisplay(password="right"), SoftPjlink) as port:
        projector = pypjlink.Projector.from_address("127.0.0.1", port)
        assert projector.authenticate("wrong") is False
        projector.f.close()


def test_pypjlink_reads_and_switches_our_projector() -> None:
    display = SoftDisplay(password="secret")
    with served(display, lambda shown: SoftPjlink(shown, pj_class=1, lamps=(1200, 300))) as port:
        projector = pypjlink.Projector.from_address("127.0.0.1", port)
        assert projector.authenticate("secret")
        assert projector.get_power() == "on"
        assert projector.get_lamps() == [(1200, True), (300, True)]
        projector.set_input("DIGITAL", 2)
        assert projector.get_input() == ("DIGITAL", 2)
        projector.set_mute(pypjlink.MUTE_VIDEO, True)
        assert projector.get_mute() == (True, False)
        assert set(projector.get_errors().values()) == {"ok"}
        projector.set_power("off")
        projector.f.close()
    assert not display.is_on


def _over_tcp(display: SoftDisplay, talk: Callable[[str], None]) -> None:
    with served(display, SoftMdc) as port:
        talk(f"127.0.0.1:{port}")


def _over_a_cable(display: SoftDisplay, talk: Callable[[str], None]) -> None:
    terminal = DisplayTerminal(display, SoftMdc)
    try:
        talk(terminal.start())
    finally:
        terminal.stop()


@pytest.mark.parametrize(("over", "mode"), [(_over_tcp, "tcp"), (_over_a_cable, "serial")])
def test_samsung_mdc_reads_and_switches_our_display(
    over: Callable[[SoftDisplay, Callable[[str], None]], None], mode: str
) -> None:
    display = SoftDisplay(errors={"lamp"}, hours=20_000, celsius=41)

    async def talk(where: str) -> None:
        async with samsung_mdc.MDC(where, mode=mode, timeout=SECONDS) as mdc:
            assert [state.name for state in await mdc.power(1)] == ["ON"]
            assert [state.name for state in await mdc.input_source(1)] == ["HDMI1"]
            await mdc.input_source(1, ["HDMI2"])
            assert (await mdc.serial_number(1), await mdc.model_name(1)) == ((display.serial,), (display.model,))
            assert await mdc.software_version(1) == (display.firmware,)
            lamp, hot, *_, celsius, _ = await mdc.error_status(1)
            assert (lamp.name, hot.name, celsius) == ("ERROR", "NORMAL", 41)
            assert await mdc.panel_on_time(1) == (120_000,)
            assert (await mdc.status(1))[1] == display.volume
            await mdc.volume(1, [33])
            await mdc.power(1, ["OFF"])

    over(display, lambda where: asyncio.run(talk(where)))
    assert (display.source, display.volume, display.is_on) == ("hdmi2", 33, False)


def test_samsung_mdc_sees_that_our_display_refuses() -> None:
    async def talk(port: int) -> None:
        async with samsung_mdc.MDC(f"127.0.0.1:{port}", timeout=SECONDS) as mdc:
            await mdc.power(1)

    with served(SoftDisplay(), SoftMdc, LineFault.REFUSED) as port, pytest.raises(samsung_mdc.exceptions.NAKError):
        asyncio.run(talk(port))


def test_samsung_mdc_makes_the_frames_that_we_make_and_answers_that_we_read() -> None:
    codec = MdcCodec()
    for command, values in ((0x11, b""), (0x11, b"\x01"), (0x14, b"\x23"), (0x83, b"")):
        words = f"{command:02X} {values.hex()}"
        assert codec.frame(7, words) == samsung_frames.pack_payload(command, 7, values)
    said = samsung_frames.pack_response(0x14, 7, ack=True, data=b"\x21")
    assert codec.take(said) == [Heard(verdict=Verdict.ANSWER, unit=7, key="14", payload="21")]
    refused = samsung_frames.pack_response(0x14, 7, ack=False, data=b"\x01")
    assert codec.take(refused) == [Heard(verdict=Verdict.REFUSED, unit=7, key="14", payload="01")]


def test_the_makers_client_reads_and_switches_our_nec_panel() -> None:
    display = SoftDisplay(errors={"fan", "temperature"}, celsius=25.0, hours=500)
    with served(display, SoftNec) as port:
        panel = nec_pd_sdk.NECPD.from_ip_address("127.0.0.1", port)
        try:
            panel.helper_set_destination_monitor_id(1)
            assert panel.command_power_status_read() == 1
            assert panel.command_model_name_read() == display.model
            assert panel.command_serial_number_read() == display.serial
            assert panel.command_firmware_version_read(0) == display.firmware
            assert panel.command_self_diagnosis_status_read() == [0x80, 0xA0]
            assert panel.helper_get_temperature_sensor_values() == [25.0]
            assert panel.helper_get_power_on_hours() == 500
            assert panel.command_set_parameter(0x0060, 0x12).current_value == 0x12
            assert panel.command_get_parameter(0x0060).current_value == 0x12
            assert panel.command_get_parameter(0x1234).result == 1
            panel.command_power_status_set(4)
        finally:
            panel.close()
    assert (display.source, display.is_on) == ("hdmi2", False)
