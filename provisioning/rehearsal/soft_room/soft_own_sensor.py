"""A sensor in software that speaks the room's own words, `dev/<user>/...`, from their description, not our code."""

import json
import math
import secrets
import time

from provisioning.rehearsal.soft_room.mqtt_line import Say


class SoftOwnSensor:
    """`user` is its name on the broker."""

    def __init__(self, user: str) -> None:
        self._user = user
        self._session = secrets.token_hex(4)

    def filters(self) -> list[str]:
        """Its commands."""
        return [f"dev/{self._user}/cmd"]

    def will(self) -> Say:
        """This session is over."""
        return self._online(on=False)

    def greeting(self) -> list[Say]:
        """It is there, and what it is."""
        about = {
            "v": 1,
            "kind": "sensor board",
            "maker": "Trường",
            "model": "soft",
            "firmware": "1.0.0",
            "metrics": {"temperature": {"unit": "Cel"}, "humidity": {"unit": "%RH"}, "co2": {"unit": "ppm"}},
        }
        return [self._online(on=True), self._say("about", about, retained=True)]

    def words(self, seconds: float) -> list[Say]:
        """Readings of a classroom that move slowly."""
        wave = math.sin(seconds / 120)
        entries = [
            {"n": "temperature", "u": "Cel", "x": round(28 + wave, 2)},
            {"n": "humidity", "u": "%RH", "x": round(65 - 5 * wave, 1)},
            {"n": "co2", "u": "ppm", "x": round(700 + 150 * wave)},
        ]
        return [self._say("tm", {"v": 1, "bn": self._user, "bt": _now_ms(), "q": "ntp", "e": entries})]

    def take(self, _topic: str, payload: bytes) -> list[Say]:
        """It can do nothing, and says so."""
        try:
            command = json.loads(payload)["id"]
        except (ValueError, KeyError, TypeError):
            return []
        answer = {"v": 1, "id": command, "outcome": "refused", "sentence": "A sensor in software.", "at": _now_ms()}
        return [self._say("cmd/res", answer)]

    def _online(self, *, on: bool) -> Say:
        return self._say("online", {"on": on, "session": self._session}, retained=True)

    def _say(self, lane: str, words: dict[str, object], *, retained: bool = False) -> Say:
        return Say(f"dev/{self._user}/{lane}", json.dumps(words).encode(), retained)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
