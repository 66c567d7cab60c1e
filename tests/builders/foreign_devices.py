"""What devices of others say on MQTT, written after their makers' pages: Tasmota, ESPHome, Zigbee2MQTT, FreeKiosk."""

import json
from collections.abc import Mapping
from typing import Final

from models.equipment import EquipmentKind
from models.room_messages import DeviceCommandName
from models.room_plan import MqttDialect, MqttLink, PlannedDevice

PLUG, BOARD, DOOR, STICK, KIOSK = "dev-plug", "dev-esp", "dev-door", "dev-stick", "dev-kiosk"
SWITCHING = (DeviceCommandName.SWITCH_ON, DeviceCommandName.SWITCH_OFF)

GUESTS = tuple(
    PlannedDevice(
        device_id=device_id,
        kind=kind,
        link=MqttLink(dialect=MqttDialect.HOME_ASSISTANT, name=name),
        commands=SWITCHING if device_id == PLUG else (),
    )
    for device_id, kind, name in (
        (PLUG, EquipmentKind.OTHER, "plug-1"),
        (BOARD, EquipmentKind.SENSOR_BOARD, "garden"),
        (STICK, EquipmentKind.OTHER, "zigbee2mqtt"),
        (DOOR, EquipmentKind.OTHER, "zigbee2mqtt/Cửa tủ"),
    )
)
TABLET = PlannedDevice(
    device_id=KIOSK,
    kind=EquipmentKind.TABLET,
    link=MqttLink(dialect=MqttDialect.FREEKIOSK, name="Tablet 01"),
    commands=(DeviceCommandName.SCREEN_OFF,),
)

Said = tuple[str, Mapping[str, object]]
_TASMOTA_DEVICE = {"ids": ["4C75AA"], "name": "Ổ cắm", "mdl": "Sonoff S31", "sw": "8.5.1(tasmota)", "mf": "Tasmota"}


def tasmota(name: str = "plug-1") -> list[Said]:
    """A metering plug with SetOption19: abbreviated, `~`, its relay and the sensors of its counter."""
    there = {"avty_t": f"tele/{name}/LWT", "pl_avail": "Online", "pl_not_avail": "Offline"}
    relay = {
        "name": "Ổ cắm",
        "stat_t": f"tele/{name}/STATE",
        "val_tpl": "{{value_json.POWER}}",
        "cmd_t": f"cmnd/{name}/POWER",
        "pl_off": "OFF",
        "pl_on": "ON",
        "uniq_id": "4C75AA_RL_1",
        "dev": {"ids": ["4C75AA"]},
        **there,
    }
    power = {
        "name": "Ổ cắm ENERGY Power",
        "stat_t": f"tele/{name}/SENSOR",
        "val_tpl": "{{value_json['ENERGY'].Power}}",
        "unit_of_meas": "W",
        "dev_cla": "power",
        "uniq_id": "4C75AA_ENERGY_Power",
        "dev": {"ids": ["4C75AA"]},
        **there,
    }
    status = {
        "name": "Ổ cắm status",
        "stat_t": f"tele/{name}/HASS_STATE",
        "json_attr_t": f"tele/{name}/HASS_STATE",
        "unit_of_meas": "%",
        "val_tpl": "{{value_json['RSSI']}}",
        "ent_cat": "diagnostic",
        "uniq_id": "4C75AA_status",
        "dev": _TASMOTA_DEVICE,
        **there,
    }
    return [
        ("homeassistant/switch/4C75AA_RL_1/config", relay),
        ("homeassistant/sensor/4C75AA_ENERGY_Power/config", power),
        ("homeassistant/sensor/4C75AA_status/config", status),
    ]


def esphome(name: str = "garden") -> list[Said]:
    """A board with a thermometer and a text that is nobody's business."""
    device = {"ids": "dc4f22", "name": name, "sw": "esphome v2025.2.0", "mdl": "esp32dev", "mf": "espressif"}
    shared = {"avty_t": f"{name}/status", "dev": device}
    warm = {
        "dev_cla": "temperature",
        "unit_of_meas": "°C",
        "stat_cla": "measurement",
        "name": "Nhiệt độ",
        "stat_t": f"{name}/sensor/air/state",
        "uniq_id": "dc4f22-sensor-1",
        **shared,
    }
    address = {"name": "SSID", "stat_t": f"{name}/sensor/ssid/state", "ent_cat": "diagnostic", "uniq_id": "x", **shared}
    return [
        (f"homeassistant/sensor/{name}/air/config", warm),
        (f"homeassistant/sensor/{name}/ssid/config", address),
        (f"homeassistant/button/{name}/restart/config", {"cmd_t": f"{name}/button/restart/command", **shared}),
    ]


def zigbee(friendly: str = "Cửa tủ", address: str = "0x00158d0001") -> list[Said]:
    """A door contact as Zigbee2MQTT announces it."""
    shared: dict[str, object] = {
        "availability": [{"topic": "zigbee2mqtt/bridge/state", "value_template": "{{ value_json.state }}"}],
        "availability_mode": "all",
        "device": {
            "identifiers": [f"zigbee2mqtt_{address}"],
            "manufacturer": "Aqara",
            "model": "Door and window sensor",
            "name": friendly,
            "via_device": "zigbee2mqtt_bridge_0x00",
        },
        "origin": {"name": "Zigbee2MQTT", "sw": "2.1.1", "url": "https://www.zigbee2mqtt.example"},
        "state_topic": f"zigbee2mqtt/{friendly}",
    }
    contact = {
        "device_class": "door",
        "payload_on": False,
        "payload_off": True,
        "value_template": "{{ value_json.contact }}",
        "unique_id": f"{address}_contact",
        **shared,
    }
    battery = {
        "device_class": "battery",
        "unit_of_measurement": "%",
        "state_class": "measurement",
        "entity_category": "diagnostic",
        "value_template": "{{ value_json.battery }}",
        "unique_id": f"{address}_battery",
        **shared,
    }
    return [
        (f"homeassistant/binary_sensor/{address}/contact/config", contact),
        (f"homeassistant/sensor/{address}/battery/config", battery),
    ]


def whole_device(name: str = "garden") -> Said:
    """The form with components below one device."""
    return (
        "homeassistant/device/dc4f22/config",
        {
            "~": name,
            "dev": {"ids": "dc4f22", "name": "Vườn", "mf": "Bla electronics", "sn": "ea334450945afc"},
            "o": {"name": "bla2mqtt", "sw": "2.1"},
            "cmps": {
                "one": {
                    "p": "sensor",
                    "device_class": "temperature",
                    "unit_of_measurement": "°F",
                    "value_template": "{{ value_json.temperature | float | round(1) }}",
                    "unique_id": "t",
                },
                "two": {
                    "p": "sensor",
                    "device_class": "humidity",
                    "unit_of_measurement": "%",
                    "value_template": "{{ value_json['humidity'] }}",
                    "unique_id": "h",
                },
            },
            "state_topic": "~/state",
            "qos": 1,
        },
    )


def tasmota_itself(topic: str = "plug-1") -> list[Said]:
    """The same plug by Tasmota's own announcement."""
    config = {
        "ip": "192.0.2.9", "dn": "Ổ cắm", "fn": ["Ổ cắm", None], "hn": topic, "mac": "DC4F220756C6", "md": "Sonoff S31",
        "ty": 0, "if": 0, "ofln": "Offline", "onln": "Online", "state": ["OFF", "ON", "TOGGLE", "HOLD"],
        "sw": "13.4.0", "t": topic, "ft": "%prefix%/%topic%/", "tp": ["cmnd", "stat", "tele"],
        "rl": [1, 0, 0, 0], "swc": [-1, -1], "swn": [None, None], "btn": [0, 0], "lk": 0, "lt_st": 0, "bat": 0,
        "so": {"4": 0, "11": 0, "13": 0, "17": 0, "20": 0, "30": 0, "68": 0, "73": 0, "82": 0, "114": 0, "117": 0},
        "dslp": 0, "sho": [], "sht": [], "ver": 1,
    }  # fmt: skip
    energy = {"Total": 261.244, "Today": 1.7, "Power": 76.2, "Factor": 0.58, "Voltage": 231, "Current": 0.568}
    warm = {"Id": "3CCCE3810022", "Temperature": 68.0}
    sensors = {"sn": {"Time": "2026-11-22T07:00:00", "ENERGY": energy, "DS18B20": warm, "TempUnit": "F"}, "ver": 1}
    return [
        ("tasmota/discovery/DC4F220756C6/config", config),
        ("tasmota/discovery/DC4F220756C6/sensors", sensors),
    ]


FREEKIOSK_STATE: Final = json.dumps(
    {
        "battery": {"level": 85, "charging": True},
        "screen": {"on": True, "brightness": 75, "screensaverActive": False},
        "wifi": {"ssid": "Truong-Wifi", "signalLevel": 83, "ip": "192.168.1.50"},
        "device": {"ip": "192.168.1.50", "version": "1.2.12", "kioskMode": True, "isDeviceOwner": True},
        "sensors": {"light": 150.5},
        "memory": {"usedPercent": 41},
        "storage": {"availableMB": 27685},
        "audio": {"volume": 50},
        "webview": {"currentUrl": "https://hoc.example/em-an", "motionDetected": True},
    }
).encode()


def payload_of(words: Mapping[str, object]) -> bytes:
    return json.dumps(words).encode()
