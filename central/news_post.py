"""Wakes the caretakers of boxes for which something new waits at the authority. Losing it costs only time."""

from collections.abc import Iterable
from typing import Protocol

import msgspec

from models.identifiers import BoxId
from models.messages import News, encode
from models.wire.broker_session import BrokerSession
from models.wire.topics import DownLane, down_topic


class NewsPost(Protocol):
    """Whoever changed something at the authority tells the boxes concerned."""

    def tell(self, box_ids: Iterable[BoxId], about: str) -> None:
        """These boxes should ask for their orders soon; `about` says why in a word or two."""


class BrokerNewsPost(msgspec.Struct, frozen=True, kw_only=True):
    """Over central's session with the broker."""

    session: BrokerSession

    def tell(self, box_ids: Iterable[BoxId], about: str) -> None:
        """Publish one `News` for each."""
        news = encode(News(about=about))
        for box_id in box_ids:
            self.session.publish(down_topic(box_id, DownLane.NEWS), news)


class NoNewsPost(msgspec.Struct, frozen=True, kw_only=True):
    """Where there is no broker; boxes ask by themselves every few minutes."""

    def tell(self, box_ids: Iterable[BoxId], about: str) -> None:
        """Nothing."""
