"""What nobody could read has dates too, and somebody is told of each once."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from tests.tickets.conftest import mail
from tickets.agents import STAFF
from tickets.audit import open_payload, verify
from tickets.clock import Clock
from tickets.models import Event, InboundRecord, InboundState
from tickets.types import Channel
from tickets.unread import warn_unread
from tickets.views import shunted


@pytest.fixture
async def desk(bench):
    """A desk that cannot read one mail of 2 November 2026."""

    async def die(raw: bytes):
        raise RuntimeError("unreadable")

    bench.readers = bench.intake._readers
    bench.intake._readers = {Channel.EMAIL: die}
    await bench.take_in(mail())
    return bench


async def told(desk) -> list[tuple[str, str, str]]:
    key = (await desk.vault.load_keys([STAFF])).get(STAFF)
    found = []
    for event in await Event.filter(kind__startswith="shunted_").order_by("id"):
        said = open_payload(event, key)
        found.append((event.kind, said["code"], said["happened_at"]))
    return found


async def test_each_warning_is_an_event_once_with_its_moment(desk):
    (view,) = await shunted(desk.vault, desk.desk.config)
    end = datetime(view.due_on.year, view.due_on.month, view.due_on.day, 16, tzinfo=UTC)
    clock = Clock(desk.desk)

    await clock.run_once(desk.clock[0])
    first = await told(desk)
    now = end - timedelta(days=2)
    await clock.run_once(now)
    await clock.run_once(now)
    before = await told(desk)
    await clock.run_once(end + timedelta(hours=5))
    await clock.run_once(end + timedelta(days=30))

    assert first == []
    assert before[-1] == ("shunted_warning", "3d", (end - timedelta(days=3)).isoformat())
    later = (await told(desk))[len(before) :]
    assert later == [
        ("shunted_warning", "1d", (end - timedelta(days=1)).isoformat()),
        ("shunted_breach", "breach", end.isoformat()),
    ]
    while await desk.sealer.run_once():
        pass
    assert (await verify(desk.vault)).problems == []


async def test_two_who_look_at_once_tell_it_once(desk):
    now = desk.clock[0] + timedelta(days=60)

    counts = await asyncio.gather(*(warn_unread(desk.desk, now) for _ in range(3)))

    assert sorted(counts) == [0, 0, 1]
    codes = [code for _, code, _ in await told(desk)]
    assert len(codes) == len(set(codes))


async def test_what_was_read_at_last_warns_no_more(desk):
    desk.intake._readers = desk.readers
    desk.later(minutes=2)
    await desk.intake.run_once()

    assert (await InboundRecord.get()).state is InboundState.DONE
    assert await warn_unread(desk.desk, desk.clock[0] + timedelta(days=60)) == 0
