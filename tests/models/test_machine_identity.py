"""A board has one name for every account, another board another one."""

from pathlib import Path

from models.machine_identity import machine_identity


def _write(path: Path, text: str, mode: int = 0o644) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    path.chmod(mode)


def test_another_board_is_another_machine_also_with_the_same_card(tmp_path: Path) -> None:
    _write(tmp_path / "etc/machine-id", "0123456789abcdef\n")
    _write(tmp_path / "proc/device-tree/serial-number", "100000001\x00")
    one = machine_identity(tmp_path)
    assert one == machine_identity(tmp_path)
    assert len(one) == 64
    _write(tmp_path / "proc/device-tree/serial-number", "100000002\x00")
    assert machine_identity(tmp_path) != one


def test_root_and_the_room_agent_get_the_same_answer(tmp_path: Path) -> None:
    _write(tmp_path / "sys/class/net/eth0/address", "02:00:00:00:00:01\n")
    (tmp_path / "sys/class/net/eth0/device").mkdir()
    one = machine_identity(tmp_path)
    _write(tmp_path / "sys/class/dmi/id/product_uuid", "secret of root\n", 0o400)
    assert machine_identity(tmp_path) == one


def test_a_network_card_on_usb_does_not_count(tmp_path: Path) -> None:
    _write(tmp_path / "sys/class/net/eth0/address", "02:00:00:00:00:01\n")
    (tmp_path / "sys/class/net/eth0/device").mkdir()
    one = machine_identity(tmp_path)
    _write(tmp_path / "sys/class/net/usb0/address", "02:00:00:00:00:02\n")
    stick = tmp_path / "devices/usb1/1-1"
    stick.mkdir(parents=True)
    (tmp_path / "sys/class/net/usb0/device").symlink_to(stick)
    assert machine_identity(tmp_path) == one


def test_a_container_is_named_by_its_machine_id(tmp_path: Path) -> None:
    _write(tmp_path / "etc/machine-id", "0123456789abcdef\n")
    one = machine_identity(tmp_path)
    _write(tmp_path / "etc/machine-id", "another\n")
    assert machine_identity(tmp_path) != one
