"""What the shell of a headset in software answers, after the documented forms. Not here: ADB (`soft_headset`)."""

from dataclasses import dataclass, field
from typing import Final

_BATTERY: Final = """Current Battery Service state:
  AC powered: false
  USB powered: {charging}
  Wireless powered: false
  Max charging current: 500000
  status: {status}
  health: 2
  present: true
  level: {level}
  scale: 100
  voltage: 4171
  temperature: {tenths}
  technology: Li-ion
"""
_STORAGE: Final = """Filesystem     1K-blocks     Used Available Use% Mounted on
/dev/fuse      114319312 {used} {free}  20% /storage/emulated
"""
_POWER: Final = """POWER MANAGER (dumpsys power)

Power Manager State:
  mDirty=0x0
  mWakefulness={wakefulness}
  mWakefulnessChanging=false
  mIsPowered=true
"""
_ACTIVITY: Final = """ACTIVITY MANAGER ACTIVITIES (dumpsys activity activities)
Display #0 (activities from top to bottom):
  Stack #1: type=standard mode=fullscreen
    mResumedActivity: ActivityRecord{{4d5f8a u0 {app}/.MainActivity t4}}
"""
_APP: Final = """Activity Resolver Table:
  Non-Data Actions:
      android.intent.action.MAIN:
        5d1c {package}/.MainActivity filter 8a01

Packages:
  Package [{package}] (1c2d3e4):
    userId=10123
    pkg=Package{{5f6a7b8 {package}}}
    codePath=/data/app/{package}-1
    versionCode=20401 minSdk=29 targetSdk=32
    versionName={version}
    User 0: ceDataInode=1234 installed=true hidden=false suspended=false
"""
_HEAT: Final = """IsStatusOverride: false
ThermalEventListeners:
Thermal Status: {throttled}
Cached temperatures:
\tTemperature{{mValue={celsius}, mType=2, mName=battery, mStatus=0}}
\tTemperature{{mValue=61.0, mType=0, mName=CPU0, mStatus=0}}
"""


@dataclass(slots=True, kw_only=True)
class HeadsetShell:
    """What can be seen of one headset; may be changed at any time."""

    serial: str
    model: str = "Quest 3"
    build: str = "51503260079800510"
    level: int = 83
    charging: bool = True
    celsius: float = 30.1
    free_kilobytes: int = 91984857
    wakefulness: str = "Asleep"
    app: str = "com.oculus.vrshell"
    throttled: int = 0
    apps: dict[str, str] = field(default_factory=lambda: {"vn.edu.thinghiem.vr": "2.4.1"})
    """Versions by package."""
    other: dict[str, str] = field(default_factory=dict)
    """Answers that stand for the usual ones, by command."""

    @property
    def banner(self) -> str:
        """What it says of itself when somebody connects."""
        return f"device::ro.product.name=soft;ro.product.model={self.model};ro.product.device=soft;"

    def answer(self, command: str) -> str:
        """The output of a command; of one that it does not know, a shell's complaint."""
        package = command.removeprefix("dumpsys package ")
        said = self._package(package) if package != command else self._usual().get(command)
        return self.other.get(command) or said or f"/system/bin/sh: {command}: not found\n"

    def _package(self, package: str) -> str:
        if package not in self.apps:
            return f"Dexopt state:\n  Unable to find package: {package}\n"
        return _APP.format(package=package, version=self.apps[package])

    def _usual(self) -> dict[str, str]:
        return {
            "getprop ro.serialno": f"{self.serial}\n",
            "getprop ro.product.model": f"{self.model}\n",
            "getprop ro.build.version.incremental": f"{self.build}\n",
            "dumpsys battery": _BATTERY.format(
                charging=str(self.charging).lower(),
                status=2 if self.charging else 3,
                level=self.level,
                tenths=round(self.celsius * 10),
            ),
            "df /sdcard": _STORAGE.format(used=114319312 - self.free_kilobytes, free=self.free_kilobytes),
            "dumpsys power": _POWER.format(wakefulness=self.wakefulness),
            "dumpsys activity activities": _ACTIVITY.format(app=self.app),
            "dumpsys thermalservice": _HEAT.format(throttled=self.throttled, celsius=self.celsius),
        }
