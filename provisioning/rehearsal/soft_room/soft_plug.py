"""A metering plug with Tasmota in software: announces itself, tells its power, is switched."""

import json
import math
from typing import Final
from zlib import crc32

from provisioning.rehearsal.soft_room.mqtt_line import Say

_WATTS: Final = 62.0


class SoftPlug:
    """`topic` is Tasmota's topic. It announces itself in its own form, or in Home Assistant's (SetOption19)."""

    def __init__(self, topic: str, announces: str = "tasmota") -> None:
        self._topic = topic
        self._announces = announces
        self._address = f"DC4F{crc32(topic.encode()):08X}"
        self._is_on = True
        self._kilowatt_hours = 0.0
        self._metered_at = 0.0

    def filters(self) -> list[str]:
        """All of its commands."""
        return [f"cmnd/{self._topic}/#"]

    def will(self) -> Say:
        """Offline."""
        return Say(f"tele/{self._topic}/LWT", b"Offline", retained=True)

    def greeting(self) -> list[Say]:
        """Online; then what it is."""
        announced = self._own_form() if self._announces == "tasmota" else self._home_assistant_form()
        return [Say(f"tele/{self._topic}/LWT", b"Online", retained=True), *announced, self._state()]

    def _own_form(self) -> list[Say]:
        config = {
            "ip": "192.0.2.9",
            "dn": self._topic,
            "fn": [self._topic],
            "hn": self._topic,
            "mac": self._address,
            "md": "Sonoff S31",
            "ty": 0,
            "if": 0,
            "ofln": "Offline",
            "onln": "Online",
            "state": ["OFF", "ON", "TOGGLE", "HOLD"],
            "sw": "13.4.0",
            "t": self._topic,
            "ft": "%prefix%/%topic%/",
            "tp": ["cmnd", "stat", "tele"],
            "rl": [1] + [0] * 31,
            "ver": 1,
        }
        sensors = {
            "sn": {"Time": "2026-11-22T07:00:00", "ENERGY": {"Total": 0.0, "Power": 0, "Voltage": 229}},
            "ver": 1,
        }
        return [
            Say(f"tasmota/discovery/{self._address}/config", json.dumps(config).encode(), retained=True),
            Say(f"tasmota/discovery/{self._address}/sensors", json.dumps(sensors).encode(), retained=True),
        ]

    def _home_assistant_form(self) -> list[Say]:
        relay = {
            "name": "Relay",
            "stat_t": f"tele/{self._topic}/STATE",
            "val_tpl": "{{value_json.POWER}}",
            "cmd_t": f"cmnd/{self._topic}/POWER",
            "pl_on": "ON",
            "pl_off": "OFF",
        }
        announced = [self._announced("switch", "RL_1", relay)]
        for reading, unit, kind in (("Power", "W", "power"), ("Total", "kWh", "energy"), ("Voltage", "V", "voltage")):
            sensor = {
                "name": f"ENERGY {reading}",
                "stat_t": f"tele/{self._topic}/SENSOR",
                "val_tpl": f"{{{{value_json['ENERGY'].{reading}}}}}",
                "unit_of_meas": unit,
                "dev_cla": kind,
            }
            announced.append(self._announced("sensor", f"ENERGY_{reading}", sensor))
        return announced

    def words(self, seconds: float) -> list[Say]:
        """Its state and its meter."""
        watts = round(_WATTS + 5 * math.sin(seconds / 20), 1) if self._is_on else 0.0
        self._kilowatt_hours += watts * max(0.0, seconds - self._metered_at) / 3_600_000
        self._metered_at = seconds
        meter = {"ENERGY": {"Total": round(self._kilowatt_hours, 6), "Power": watts, "Voltage": 229}}
        return [self._state(), Say(f"tele/{self._topic}/SENSOR", json.dumps(meter).encode())]

    def take(self, topic: str, payload: bytes) -> list[Say]:
        """POWER with ON, OFF or TOGGLE; everything else is an unknown command."""
        word = payload.upper()
        if topic != f"cmnd/{self._topic}/POWER" or word not in (b"ON", b"OFF", b"TOGGLE", b"1", b"0"):
            return [Say(f"stat/{self._topic}/RESULT", b'{"Command":"Unknown"}')]
        self._is_on = not self._is_on if word == b"TOGGLE" else word in (b"ON", b"1")
        shown = "ON" if self._is_on else "OFF"
        return [
            Say(f"stat/{self._topic}/RESULT", json.dumps({"POWER": shown}).encode()),
            Say(f"stat/{self._topic}/POWER", shown.encode()),
            self._state(),
        ]

    def _state(self) -> Say:
        state = {"POWER": "ON" if self._is_on else "OFF", "Wifi": {"SSId": "Truong-Thiet-Bi", "RSSI": 78}}
        return Say(f"tele/{self._topic}/STATE", json.dumps(state).encode())

    def _announced(self, component: str, key: str, words: dict[str, str]) -> Say:
        shared = {
            "avty_t": f"tele/{self._topic}/LWT",
            "pl_avail": "Online",
            "pl_not_avail": "Offline",
            "uniq_id": f"{self._topic}_{key}",
            "dev": {
                "ids": [self._address[-6:]],
                "name": self._topic,
                "mf": "Tasmota",
                "mdl": "Sonoff S31",
                "sw": "9.5.0",
            },
        }
        topic = f"homeassistant/{component}/{self._topic}_{key}/config"
        return Say(topic, json.dumps(words | shared).encode(), retained=True)
