"""Conversations with headsets in software: the key, the allow-list, and what a headset may do wrong."""

import pytest

from firmware_bridge.cart.headset_link import HeadsetLinkError, KeyNotAcceptedError, ReadCommand
from firmware_bridge.cart.headset_poll import KEY_FAULT, poll
from models.room_messages import Reach
from provisioning.rehearsal.soft_room.headset_shell import HeadsetShell
from provisioning.rehearsal.soft_room.soft_headset import HeadsetFault, SoftHeadset
from tests.builders.soft_cart import headsets, key_of, planned, soft_cart, word_of

ALLOWED = {f"shell:{command.value}" for command in ReadCommand}


def test_a_headset_tells_what_it_is_and_how_it_is() -> None:
    with soft_cart(headsets(1)) as cart:
        said = poll(planned(1), cart.docked(1), cart.link_to(1), None).said
    assert said.about is not None
    assert said.state is not None
    assert (said.about.model, said.about.serial, said.about.firmware) == (
        "Quest 3",
        "1WMHHV0000001",
        "51503260079800510",
    )
    assert said.state.reach is Reach.OK
    assert said.state.values == {
        "present": True,
        "battery": 83.0,
        "charging": True,
        "device_temperature": 30.1,
        "storage_free_megabytes": 94192,
        "screen": False,
        "foreground_app": "com.oculus.vrshell",
    }


def test_nothing_but_the_read_commands_is_ever_sent_and_each_once() -> None:
    with soft_cart(headsets(1)) as cart:
        first = poll(planned(1), cart.docked(1), cart.link_to(1), None)
        poll(planned(1), cart.docked(1), cart.link_to(1), first.said.about)
        asked = cart.soft.headsets[0].asked
    assert set(asked) == ALLOWED
    assert sorted(asked[:8]) == sorted(ALLOWED), "all of them at the first reading"
    assert set(asked[8:]) == ALLOWED - {
        "shell:getprop ro.serialno",
        "shell:getprop ro.product.model",
        "shell:getprop ro.build.version.incremental",
    }


def test_versions_of_apps_are_asked_by_plain_names_only() -> None:
    with soft_cart(headsets(1)) as cart:
        said = poll(planned(1), cart.docked(1), cart.link_to(1), None, ("vn.edu.thinghiem.vr", "vn.edu.khac")).said
        link = cart.link_to(1)
        link.open()
        for name in ("vn.edu; reboot", "-f", "vn..edu", "package", "vn.edu\nreboot", "vn.edu\n"):
            with pytest.raises(ValueError, match="name"):
                link.read_package(name)
        link.close()
        asked = set(cart.soft.headsets[0].asked) - ALLOWED
    assert asked == {"shell:dumpsys package vn.edu.thinghiem.vr", "shell:dumpsys package vn.edu.khac"}
    assert said.state is not None
    assert said.state.values["app:vn.edu.thinghiem.vr"] == "2.4.1"
    assert said.state.values["app:vn.edu.khac"] == "none"


def test_an_app_that_a_headset_says_too_much_of_costs_no_other_value() -> None:
    headset = headsets(1)[0]
    headset.shell.other["dumpsys package vn.edu.lon"] = "x" * 4_100_000
    with soft_cart([headset]) as cart:
        polled = poll(planned(1), cart.docked(1), cart.link_to(1), None, ("vn.edu.lon",))
    assert not polled.trouble
    assert polled.said.state is not None
    assert (polled.said.state.values["battery"], "app:vn.edu.lon" in polled.said.state.values) == (83.0, False)


def test_no_command_can_change_a_headset() -> None:
    for command in ReadCommand:
        assert command.value.split()[0] in ("getprop", "dumpsys", "df")
        assert not set(command.value) & set(";&|<>$`\n\\*()'\"")


def test_a_command_outside_the_list_is_not_sent() -> None:
    with soft_cart(headsets(1)) as cart:
        link = cart.link_to(1)
        link.open()
        with pytest.raises(ValueError, match="reboot"):
            link.read("reboot")  # type: ignore[arg-type] # what must not be possible
        link.close()
        assert cart.soft.headsets[0].asked == []


def test_a_key_that_the_headset_does_not_know_gets_nothing_and_is_not_offered_unasked() -> None:
    with soft_cart(headsets(1)) as cart:
        cart.key = key_of("another box")
        polled = poll(planned(1), cart.docked(1), cart.link_to(1), None)
        (headset,) = cart.soft.headsets
    assert polled.said.state is not None
    assert (polled.said.state.reach, polled.said.state.faults) == (Reach.FAULT, (KEY_FAULT,))
    assert "inside it" in polled.said.state.sentence
    assert (headset.asked, headset.offers, len(headset.accepted)) == ([], 0, 1)


def test_an_offered_key_that_nobody_accepts_is_told_in_a_moment() -> None:
    with soft_cart(headsets(1, {1: HeadsetFault.REFUSES_KEY})) as cart:
        link = cart.link_to(1, lambda: True)
        with pytest.raises(KeyNotAcceptedError):
            link.open()
        link.close()
        assert cart.soft.headsets[0].offers == 1


def test_once_the_wearer_has_agreed_the_key_is_enough() -> None:
    headset = SoftHeadset(HeadsetShell(serial="1WMHHV0000001"), set(), wearer_agrees=True)
    with soft_cart([headset]) as cart:
        assert not poll(planned(1), cart.docked(1), cart.link_to(1, lambda: True), None).trouble
        assert not poll(planned(1), cart.docked(1), cart.link_to(1), None).trouble
    assert (headset.offers, headset.accepted) == (1, {word_of(key_of())})


def test_a_thousand_wrong_signatures_open_nothing() -> None:
    """The check in software is a real one: a signature of another token, or with another key, is no entrance."""
    with soft_cart(headsets(1)) as cart:
        (headset,) = cart.soft.headsets
        right, wrong = key_of().sign(b"t" * 20), key_of("another box").sign(b"t" * 20)
        assert headset._is_signed(b"t" * 20, right)
        assert not headset._is_signed(b"u" * 20, right)
        assert not headset._is_signed(b"t" * 20, wrong)
        assert not any(headset._is_signed(b"t" * 20, bytes((number % 256,)) * 256) for number in range(1000))


@pytest.mark.parametrize("fault", [HeadsetFault.DEAD, HeadsetFault.GARBAGE, HeadsetFault.LEAVES, HeadsetFault.ENDLESS])
def test_what_goes_wrong_is_said_and_ends(fault: HeadsetFault) -> None:
    with soft_cart(headsets(1, {1: fault}), silence_seconds=0.3) as cart:
        cart.talk_seconds = 1.0
        polled = poll(planned(1), cart.docked(1), cart.link_to(1), None)
    assert polled.trouble
    assert polled.said.state is not None
    assert polled.said.state.reach is Reach.UNREACHABLE
    assert polled.said.state.values == {"present": True}


def test_a_headset_that_answers_for_another_is_not_believed() -> None:
    headset = SoftHeadset(HeadsetShell(serial="1WMHHV0000001"), {word_of(key_of())})
    headset.shell.other["getprop ro.serialno"] = "ANOTHER\n"
    with soft_cart([headset]) as cart:
        polled = poll(planned(1), cart.docked(1), cart.link_to(1), None)
    assert "another serial number" in polled.trouble
    assert polled.said.about is None


def test_an_answer_in_many_pieces_is_read_whole() -> None:
    headset = headsets(1)[0]
    long = "x" * 300_000 + "\n    mResumedActivity: ActivityRecord{1 u0 vn.edu.lop/.A t1}\n"
    headset.shell.other["dumpsys activity activities"] = long
    with soft_cart([headset]) as cart:
        said = poll(planned(1), cart.docked(1), cart.link_to(1), None).said
    assert said.state is not None
    assert said.state.values["foreground_app"] == "vn.edu.lop"


def test_a_headset_that_says_too_much_is_cut_off() -> None:
    headset = headsets(1)[0]
    headset.shell.other["dumpsys power"] = "x" * 600_000
    with soft_cart([headset]) as cart:
        assert "too much" in poll(planned(1), cart.docked(1), cart.link_to(1), None).trouble


def test_a_headset_in_software_that_is_not_there_is_gone() -> None:
    with soft_cart(headsets(1)) as cart:
        link = cart.link_to(1)
    with pytest.raises(HeadsetLinkError):
        link.open()
    link.close()
