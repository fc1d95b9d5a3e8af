"""Several desks, reminders, digests, and a burst under Telegram's limits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from sandbox.telegram.people import Someone
from tests.bot.bench import open_bench
from tests.bot.test_forum_topics import seen, texts, topics
from tickets.clock import Clock
from tickets.models import DeskTopic, Stamp, Ticket


async def look_at_clocks(bench):
    await Clock(bench.desk).run_once(bench.clock())
    await bench.settle()


async def test_a_desk_is_reminded_by_day_and_once(bench):
    await bench.link(bench.ann, "Ann Agent")
    bench.mia.types("Please delete my data")
    await bench.pass_time(5)
    ticket = await Ticket.get()
    await bench.actions.take(ticket.reference, "Ann Agent")
    bench.clock.forward(days=7, hours=12)  # 14 days are left; it is night
    await look_at_clocks(bench)
    night = [t for t in texts(bench) if "is due" in t]
    bench.clock.forward(hours=6)
    await bench.pass_time(70, 10)
    told = [m for m in seen(bench) if "is due on" in m.text]
    await look_at_clocks(bench)
    await bench.pass_time(30, 10)

    assert night == []
    assert len(told) == 1
    assert told[0].text.startswith("Ann Agent ")
    assert len([m for m in seen(bench) if "is due on" in m.text]) == 1

    Someone(bench.telegram, bench.ann.person, bench.group, topics(bench)[0].id).presses(
        "Remind me tomorrow", told[0]
    )
    await bench.pass_time(3)
    bench.clock.forward(days=1)
    await bench.pass_time(100, 10)
    assert len([m for m in seen(bench) if "is due on" in m.text]) == 2


async def test_many_reminders_are_one_digest(bench):
    people = [Someone.new(bench.telegram, bench.our_bot, f"P{n}") for n in range(7)]
    for person in people:
        person.types("Please delete my data")
    await bench.pass_time(180, 10)
    bench.clock.forward(days=8)
    bench.clock.at = bench.clock.at.replace(hour=6)
    await look_at_clocks(bench)
    await bench.pass_time(120, 10)

    general = [m.text for m in bench.group.messages.values() if m.topic is None and m.text]
    assert len(topics(bench)) == 7
    assert len([t for t in general if t.startswith("New: 7.")]) == 1
    assert not any("is due on" in t for n in range(7) for t in texts(bench, n))


@pytest.fixture
async def two_desks(database_file, tmp_path):
    EXECUTOR_CACHE.clear()
    async with open_bench(database_file, tmp_path) as bench:
        chinese = bench.telegram.add_group(
            "Chinese desk", admins=(bench.our_bot, bench.ann.person), is_forum=True
        )
        desks = [
            {"chat_id": chinese.id, "name": "chinese", "languages": ["zh"], "mirror": "none"},
            {"chat_id": bench.group.id, "name": "desk"},
        ]
        kinds = type(bench.door.settings.desk[0])
        bench.door.settings = bench.door.settings.model_copy(
            update={"desk": tuple(kinds(**one) for one in desks)}
        )
        await bench.door.forums.load([(one["name"], one["chat_id"]) for one in desks])
        mirror = type(bench.door.mirror)
        bench.door.mirror = mirror(
            bench.desk, bench.door.forums, bench.door._wiring.phrases, bench.door.settings
        )
        yield bench, chinese


async def test_a_ticket_goes_to_the_desk_of_its_language(two_desks):
    bench, chinese = two_desks
    wei = Someone.new(bench.telegram, bench.our_bot, "Wei", language="zh-hans")
    wei.types("请删除我的数据")
    bench.mia.types("Please delete my data")
    await bench.pass_time(20)
    languages = {t.language for t in await Ticket.all()}

    assert languages == {"en", "zh-Hans"}
    assert len(chinese.topics) == len(bench.group.topics) == 1
    card = next(m for m in chinese.messages.values() if m.text and m.topic)
    assert "请删除" not in card.text


async def test_thirty_tickets_in_a_minute(bench):
    """Telegram's real limits: the desk is complete within six minutes, requesters within ten s."""
    begun = bench.clock()
    people = [Someone.new(bench.telegram, bench.our_bot, f"P{n}") for n in range(30)]
    answered = {}

    def note():
        for person in people:
            if person.person.id not in answered and len(person.reads()) > 1:
                answered[person.person.id] = bench.clock()

    asked = {}
    for person in people:
        person.types("Please delete my data")
        asked[person.person.id] = bench.clock()
        await bench.pass_time(2, 1)
        note()
    done_at = None
    while done_at is None and bench.clock() - begun < timedelta(minutes=8):
        await bench.pass_time(5, 2.5)
        note()
        cards = await DeskTopic.filter(card__isnull=False).count()
        if cards == 30 and len(bench.group.pinned) == 30:
            done_at = bench.clock()

    waits = [answered[key] - at for key, at in asked.items()]
    assert max(waits) <= timedelta(seconds=10)
    assert isinstance(done_at, datetime)
    assert done_at - begun <= timedelta(minutes=6)
    assert not [c for c in bench.telegram.calls if c.status == 429]


async def test_a_flood_is_told_by_a_digest_and_shown_as_it_can_be(bench, monkeypatch):
    monkeypatch.setattr("bot.forum.mirror.FULL", 9)
    for n in range(12):
        Someone.new(bench.telegram, bench.our_bot, f"P{n}").types("Please delete my data")
    await bench.pass_time(30, 5)
    soon, waiting = len(topics(bench)), await Ticket.all().count()
    await bench.pass_time(240, 10)
    general = [m.text for m in bench.group.messages.values() if m.topic is None and m.text]

    assert waiting == 12
    assert soon < 12
    assert len(topics(bench)) == 12
    assert len([t for t in general if t.startswith("New: ")]) == 1


async def test_a_restart_shows_nothing_twice(bench):
    bench.mia.types("Please delete my data")
    await bench.pass_time(20)
    before = [m.text for m in bench.group.messages.values()]
    door = bench.door
    kind = type(door.mirror)
    for _ in range(2):
        door.mirror = kind(bench.desk, door.forums, door._wiring.phrases, door.settings)
        await bench.pass_time(15)

    assert [m.text for m in bench.group.messages.values()] == before
    assert await Stamp.filter(name__startswith="forums:").exists()
