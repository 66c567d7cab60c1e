"""The live feed: many changes become one word, others' sittings stay silent, the end is told."""

import asyncio

import pytest

from central.live_feed import MOST_LISTENERS, Listener, LiveFeed, TooManyListenersError

_PATIENCE = 5.0


async def _after(feed: LiveFeed, *changes: tuple[str | None, str]) -> set[str] | None:
    async with feed.listening("ca-1") as listener:
        for session, room in changes:
            await asyncio.to_thread(feed.room_changed, session, room)
        await asyncio.sleep(0)
        return await listener.changed_rooms(_PATIENCE)


def test_changes_from_another_thread_are_gathered() -> None:
    assert asyncio.run(_after(LiveFeed(), ("ca-1", "P101"), ("ca-1", "P102"), ("ca-1", "P101"))) == {"P101", "P102"}


def test_a_change_without_a_sitting_reaches_everybody_and_another_sitting_nobody() -> None:
    assert asyncio.run(_after(LiveFeed(), ("ca-2", "P101"), (None, "P102"))) == {"P102"}


def test_silence_is_an_empty_answer() -> None:
    async def listen() -> set[str] | None:
        async with LiveFeed().listening("ca-1") as listener:
            return await listener.changed_rooms(0.001)

    assert asyncio.run(listen()) == set()


def test_the_end_of_the_service_is_told() -> None:
    async def listen() -> set[str] | None:
        feed = LiveFeed()
        async with feed.listening("ca-1") as listener:
            feed.close()
            return await listener.changed_rooms(_PATIENCE)

    assert asyncio.run(listen()) is None


def test_one_page_too_many_is_refused_and_room_is_made_when_one_leaves() -> None:
    async def crowd() -> None:
        feed = LiveFeed()
        pages = [feed.listening("ca-1") for _ in range(MOST_LISTENERS)]
        listeners: list[Listener] = [await page.__aenter__() for page in pages]
        assert len(listeners) == MOST_LISTENERS
        with pytest.raises(TooManyListenersError):
            await feed.listening("ca-1").__aenter__()
        await pages[0].__aexit__(None, None, None)
        async with feed.listening("ca-1"):
            pass
        for page in pages[1:]:
            await page.__aexit__(None, None, None)

    asyncio.run(crowd())
