"""A tablet with FreeKiosk in software, after FreeKiosk's page on MQTT (1.2), also what nobody may keep of it."""

import json
from typing import Final

from provisioning.rehearsal.soft_room.mqtt_line import Say

_EMPTY_AFTER_SECONDS: Final = 4 * 3600.0


class SoftTablet:
    """`name` is its device name in FreeKiosk; `number` makes tablets differ."""

    def __init__(self, name: str, number: int = 0) -> None:
        self._root = "freekiosk/" + name.lower().replace(" ", "_")
        self._number = number
        self._is_on = True
        self._volume = 50
        self._seconds = 0.0

    def filters(self) -> list[str]:
        """All of its orders."""
        return [f"{self._root}/set/#"]

    def will(self) -> Say:
        """Offline."""
        return Say(f"{self._root}/availability", b"offline", retained=True)

    def greeting(self) -> list[Say]:
        """Online."""
        return [Say(f"{self._root}/availability", b"online", retained=True)]

    def words(self, seconds: float) -> list[Say]:
        """Its state."""
        self._seconds = seconds
        used = min(1.0, seconds / _EMPTY_AFTER_SECONDS)
        state = {
            "battery": {"level": round((100 - self._number % 60) * (1 - used)), "charging": self._number % 7 == 0},
            "screen": {"on": self._is_on, "brightness": 75, "screensaverActive": False},
            "wifi": {"ssid": "Truong-Hoc-Sinh", "signalLevel": 60 + self._number % 40, "ip": "192.0.2.7"},
            "device": {"ip": "192.0.2.7", "version": "1.2.12", "kioskMode": True, "isDeviceOwner": True},
            "sensors": {"light": 150.5},
            "memory": {"usedPercent": 41},
            "storage": {"availableMB": 20_000 + self._number},
            "audio": {"volume": self._volume},
            "webview": {"currentUrl": "https://page.example/of-a-pupil", "motionDetected": True},
        }
        return [Say(f"{self._root}/state", json.dumps(state).encode(), retained=True)]

    def take(self, topic: str, payload: bytes) -> list[Say]:
        """Screen and volume; what else a real one does (scripts, pages, keys) is nobody's here either."""
        if topic.endswith("/screen"):
            self._is_on = payload == b"ON"
        elif topic.endswith("/volume") and payload.isdigit():
            self._volume = int(payload)
        else:
            return []
        return self.words(self._seconds)
