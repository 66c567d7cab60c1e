"""The scenes of the rehearsal panel as a table: what lies on the reader and who stands at the camera.

Not here: playing them (`stage`), nor what the proctor's screen must say of each (the journeys' tests).
"""

from dataclasses import dataclass
from enum import StrEnum

from provisioning.rehearsal.card_files import CardVariant


class SceneName(StrEnum):
    """The scenes in the order of the panel."""

    GOOD = "good"
    SOMEONE_ELSES_CARD = "someone-elses-card"
    WRONG_ROOM = "wrong-room"
    ALREADY_SEATED = "already-seated"
    EXPIRED_CARD = "expired-card"
    ALTERED_PORTRAIT = "altered-portrait"
    UNKNOWN_ISSUER = "unknown-issuer"
    DAMAGED_CHIP = "damaged-chip"
    PULLED_OUT = "pulled-out"
    NOBODY_AT_CAMERA = "nobody-at-camera"
    TWO_AT_CAMERA = "two-at-camera"


class Holder(StrEnum):
    """Whose card is laid."""

    NEXT = "next"
    """The next candidate of this room who has not been played."""

    LAST_GOOD = "last good"
    NEXT_DOOR = "next door"
    """A candidate of the other room."""


class Standing(StrEnum):
    """Who stands at the camera."""

    HOLDER = "holder"
    OTHER = "other"
    """Somebody with a really different face."""

    NOBODY = "nobody"
    TWO = "two"


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """One button of the panel. `drawing` lists the symbols of `drawings.html` that make its picture."""

    title_vi: str
    title_en: str
    drawing: tuple[str, ...]
    holder: Holder = Holder.NEXT
    variant: CardVariant = CardVariant.GOOD
    standing: Standing = Standing.HOLDER


SCENES = {
    SceneName.GOOD: Scene(
        title_vi="Thí sinh hợp lệ",
        title_en="Good candidate",
        drawing=("card", "person", "tick"),
    ),
    SceneName.SOMEONE_ELSES_CARD: Scene(
        title_vi="Thẻ của người khác",
        title_en="Someone else's card",
        drawing=("card", "other-person"),
        standing=Standing.OTHER,
    ),
    SceneName.WRONG_ROOM: Scene(
        title_vi="Nhầm phòng thi",
        title_en="Wrong room",
        drawing=("card", "door"),
        holder=Holder.NEXT_DOOR,
    ),
    SceneName.ALREADY_SEATED: Scene(
        title_vi="Đã vào chỗ rồi",
        title_en="Already seated",
        drawing=("card", "seat"),
        holder=Holder.LAST_GOOD,
    ),
    SceneName.EXPIRED_CARD: Scene(
        title_vi="Thẻ hết hạn",
        title_en="Expired card",
        drawing=("card", "clock"),
        variant=CardVariant.EXPIRED,
    ),
    SceneName.ALTERED_PORTRAIT: Scene(
        title_vi="Ảnh trong chip bị thay",
        title_en="Altered portrait",
        drawing=("card-swapped", "other-person"),
        variant=CardVariant.ALTERED_PORTRAIT,
        standing=Standing.OTHER,
    ),
    SceneName.UNKNOWN_ISSUER: Scene(
        title_vi="Không rõ nơi cấp",
        title_en="Unknown issuer",
        drawing=("card", "question"),
        variant=CardVariant.UNKNOWN_ISSUER,
    ),
    SceneName.DAMAGED_CHIP: Scene(
        title_vi="Chip bị hỏng",
        title_en="Damaged chip",
        drawing=("card", "crack"),
        variant=CardVariant.DAMAGED,
    ),
    SceneName.PULLED_OUT: Scene(
        title_vi="Rút thẻ giữa chừng",
        title_en="Card pulled out half way",
        drawing=("card", "arrow"),
        variant=CardVariant.PULLED_OUT,
    ),
    SceneName.NOBODY_AT_CAMERA: Scene(
        title_vi="Không có ai trước camera",
        title_en="Nobody at the camera",
        drawing=("card", "no-person"),
        standing=Standing.NOBODY,
    ),
    SceneName.TWO_AT_CAMERA: Scene(
        title_vi="Hai người trước camera",
        title_en="Two people at the camera",
        drawing=("card", "two-people"),
        standing=Standing.TWO,
    ),
}

VARIANT_TITLES = {
    CardVariant.GOOD: ("Thẻ tốt", "good card"),
    CardVariant.EXPIRED: ("Hết hạn", "expired"),
    CardVariant.ALTERED_PORTRAIT: ("Ảnh bị thay", "altered portrait"),
    CardVariant.UNKNOWN_ISSUER: ("Không rõ nơi cấp", "unknown issuer"),
    CardVariant.DAMAGED: ("Chip hỏng", "damaged chip"),
    CardVariant.PULLED_OUT: ("Rút giữa chừng", "pulled out half way"),
}
"""What is wrong with a card, for the free choice: Vietnamese, English."""
