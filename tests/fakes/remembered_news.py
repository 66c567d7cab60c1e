"""News for boxes that go nowhere and are remembered."""

from collections.abc import Iterable

from models.identifiers import BoxId


class RememberedNews:
    """`told` holds (box, about) in order."""

    def __init__(self) -> None:
        self.told: list[tuple[BoxId, str]] = []

    def tell(self, box_ids: Iterable[BoxId], about: str) -> None:
        self.told += [(box_id, about) for box_id in box_ids]
