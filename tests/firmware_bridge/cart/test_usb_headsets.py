"""What the kernel has read of USB descriptors, and the door to a device's node. No hardware: a tree as sysfs has it."""

from pathlib import Path

import pytest

from firmware_bridge.cart.docks import UsbDock
from firmware_bridge.cart.headset_link import DockedHeadset, HeadsetGoneError
from firmware_bridge.cart.usb_cable import BULK, CLAIM, RELEASE, UsbCable
from firmware_bridge.cart.usb_headsets import UsbPlace, usb_headsets


def plug(
    devices: Path, port: str, number: int, serial: str, interface: tuple[str, str, str] = ("ff", "42", "01")
) -> Path:
    device, adb = devices / port, devices / f"{port}:1.1"
    words = {"busnum": "1", "devnum": str(number), "serial": serial, "manufacturer": "Oculus", "product": "Quest 3"}
    for place, content in (
        (device, words),
        (devices / f"{port}:1.0", dict(zip(CLASSES, ("06", "01", "01"), strict=True)) | {"bInterfaceNumber": "00"}),
        (adb, dict(zip(CLASSES, interface, strict=True)) | {"bInterfaceNumber": "01"}),
        (adb / "ep_81", endpoint("81", "in", "Bulk")),
        (adb / "ep_01", endpoint("01", "out", "Bulk")),
        (adb / "ep_82", endpoint("82", "in", "Interrupt")),
    ):
        place.mkdir(parents=True)
        for name, word in content.items():
            (place / name).write_text(f"{word}\n")
    return device


CLASSES = ("bInterfaceClass", "bInterfaceSubClass", "bInterfaceProtocol")


def endpoint(address: str, way: str, kind: str) -> dict[str, str]:
    return {"bEndpointAddress": address, "direction": way, "type": kind, "wMaxPacketSize": "0200"}


def test_what_offers_adb_is_found_by_its_descriptors_alone(tmp_path: Path) -> None:
    plug(tmp_path, "1-1.2", 7, "1WMHH000000000")
    plug(tmp_path, "1-1.3", 8, "PRINTER", ("07", "01", "02"))
    docked = DockedHeadset(serial="1WMHH000000000", where="usb 1-1.2 #7", maker="Oculus", model="Quest 3")
    place = UsbPlace(node=Path("/dev/bus/usb/001/007"), interface=1, read_from=0x81, write_to=1, packet_bytes=512)
    assert usb_headsets(tmp_path) == {docked: place}


def test_what_has_no_serial_number_or_was_just_pulled_out_is_not_there(tmp_path: Path) -> None:
    plug(tmp_path, "1-1", 3, "")
    (plug(tmp_path, "1-2", 4, "A") / "devnum").unlink()
    (tmp_path / "1-3:1.0").mkdir()
    assert usb_headsets(tmp_path) == {}
    assert usb_headsets(tmp_path / "no USB here") == {}


def test_what_a_descriptor_says_is_cut_to_printable_words(tmp_path: Path) -> None:
    device = plug(tmp_path, "1-1", 3, "A\x1b[2J" + "B" * 300)
    (device / "product").write_bytes(b"\xff\xfe\x00Q\n")
    (docked,) = usb_headsets(tmp_path)
    assert docked.serial.isprintable()
    assert docked.model.isprintable()
    assert len(docked.serial) == 100


def test_plugged_in_again_is_another_docking(tmp_path: Path) -> None:
    (first,) = usb_headsets(plug(tmp_path / "a", "1-1", 3, "A").parent)
    (second,) = usb_headsets(plug(tmp_path / "b", "1-1", 4, "A").parent)
    assert first != second


def test_a_headset_that_is_no_longer_there_has_no_cable(tmp_path: Path) -> None:
    dock = UsbDock(tmp_path)
    assert dock.docked() == ()
    with pytest.raises(HeadsetGoneError):
        dock.cable(DockedHeadset(serial="A", where="usb 1-1 #3"))


def test_the_kernels_words_are_those_of_its_header() -> None:
    """As `gcc -E` gives USBDEVFS_BULK, _CLAIMINTERFACE and _RELEASEINTERFACE on 64-bit Linux."""
    assert (BULK, CLAIM, RELEASE) == (0xC0185502, 0x8004550F, 0x80045510)


def test_a_node_that_is_gone_or_no_usb_device_is_an_answer(tmp_path: Path) -> None:
    (tmp_path / "node").write_bytes(b"")
    for name in ("missing", "node"):
        cable = UsbCable(UsbPlace(node=tmp_path / name, interface=0, read_from=0x81, write_to=1, packet_bytes=512))
        with pytest.raises(HeadsetGoneError):
            cable.open()
        with pytest.raises(HeadsetGoneError):
            cable.read(24, 0.1)
        cable.close()
