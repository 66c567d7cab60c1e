"""The three devices of the rehearsal stage as one written sequence of what was done to them."""

from dataclasses import dataclass, field

from models.errors import ClassroomError
from provisioning.rehearsal.soft_chip.card import Card


@dataclass
class StageProps:
    """Reader slot, camera and code line at once; `done` lists the acts in their order, `card` is what lies there.

    `reader_error` is raised when a card is laid.
    """

    done: list[str] = field(default_factory=list)
    card: Card | None = None
    scene: str = "nobody"
    codes: list[str] = field(default_factory=list)
    boxes: int = 1
    reader_error: ClassroomError | None = None

    @property
    def lying(self) -> bool:
        return self.card is not None

    def lay(self, card: Card) -> None:
        if self.reader_error is not None:
            raise self.reader_error
        self.done.append("lay")
        self.card = card

    def take(self) -> None:
        self.done.append("take")
        self.card = None

    def wait_until_noticed(self) -> None:
        self.done.append("wait")

    def set_scene(self, scene: str) -> None:
        self.done.append("camera")
        self.scene = scene

    def scan(self, text: str) -> int:
        self.done.append("scan")
        self.codes.append(text)
        return self.boxes
