"""Who is banned: no new tickets by talk, and every request of law as ever."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.chatting import alerts, goes_on, presses, says, told
from tickets.models import Identity, InboundRecord, InboundState, Message, Request, Ticket
from tickets.types import Direction, Right

PHRASES = Phrases()


async def ban(bench, days=7):
    await Identity.all().update(banned_until=bench.clock() + timedelta(days=days))


@pytest.fixture
async def banned(bench):
    await says(bench, "/start")
    await ban(bench)


async def heard():
    return await Message.filter(direction=Direction.INBOUND).count()


@pytest.mark.parametrize("talk", ["you idiots", "/ask who are you", "/feedback bad", "x" * 10_000])
async def test_talk_opens_nothing_and_is_told_once_an_hour(bench, banned, talk):
    await says(bench, talk)
    notice = told(bench)[-1]
    assert notice.startswith("Until 9 November 2026 we take in from this account only requests")
    before = told(bench)
    for _ in range(3):
        await says(bench, talk)

    assert told(bench) == before
    assert await Ticket.all().count() == 0
    assert await InboundRecord.filter(outcome="banned").count() >= 4
    bench.clock.forward(minutes=61)
    await says(bench, talk)
    assert told(bench) == [*before, notice]


async def test_the_notice_leads_to_what_is_taken_in(bench, banned):
    await says(bench, "you idiots")

    assert bench.mia.buttons() == ["Get my data", "Delete my data", "My requests"]


@pytest.mark.parametrize("button", ["Ask a question", "Give feedback"])
async def test_buttons_that_begin_talk_are_answered(bench, banned, button):
    assert "we take in" in await presses(bench, button)
    assert await Ticket.all().count() == 0


@pytest.mark.parametrize(
    ("words", "right"),
    [
        ("Please delete my account.", Right.DELETION),
        ("I want a copy of my data", Right.ACCESS),
        ("you idiots, I complain about you", Right.COMPLAINT),
        ("/ask delete my data, idiots", Right.DELETION),
    ],
)
async def test_words_that_name_a_right_are_taken_in(bench, banned, words, right):
    await says(bench, words)

    assert (await Request.get()).right is right


async def test_a_right_is_exercised_to_its_end(bench, banned):
    await says(bench, "you idiots")
    assert "which e-mail address" in await presses(bench, "Delete my data")
    assert "a 6-digit code is on its way" in await says(bench, "mia@person.test")
    heard_before = await heard()
    await says(
        bench, "Before I type it: my customer number with you is 4711."
    )  # belongs to the request that is open

    assert await heard() == heard_before + 1
    assert await Ticket.all().count() == 1


@pytest.mark.parametrize(
    ("kind", "is_heard"), [("voice", True), ("document", True), ("photo", True), ("video", True)]
)
async def test_what_may_hold_a_request_goes_to_a_person(bench, banned, kind, is_heard):
    bench.mia.sends(kind, b"data", name="x.bin")
    await goes_on(bench)

    assert bool(await Ticket.all().count()) is is_heard


async def test_a_sticker_holds_none(bench, banned):
    bench.mia.sends("sticker", b"data", name="x.webp")
    await goes_on(bench)

    assert await Ticket.all().count() == 0


async def test_it_ends_by_itself(bench, banned):
    bench.clock.forward(days=7)
    await says(bench, "you idiots")

    assert await Ticket.all().count() == 1


async def test_status_and_settings_work_as_ever(bench, banned):
    assert "no requests here yet" in await says(bench, "/status")
    assert "Which language" in await says(bench, "/settings")
    assert "runs this bot" in await says(bench, "/privacy")


async def test_in_a_group_they_are_led_and_nothing_is_kept(bench, banned):
    group = bench.telegram.add_group("Friends", bench.our_bot, bench.mia.person)
    there = bench.mia.in_chat(group)
    there.types("@desk_bot you idiots")
    await goes_on(bench)
    assert await Ticket.all().count() == 0
    assert there.presses("Write to me privately") == "https://t.me/desk_bot?start=g"

    there.types("@desk_bot please delete my account")
    await goes_on(bench)
    assert await Ticket.all().count() == 1


async def test_nobody_else_is_kept_away(bench, banned):
    eve = Someone.new(bench.telegram, bench.our_bot, "Eve")
    eve.types("hello there")
    await goes_on(bench)

    assert await Ticket.all().count() == 1


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_the_notice_in_every_language(bench, language):
    al = Someone.new(bench.telegram, bench.our_bot, "Al<b>_*[", language=language.lower())
    al.starts()
    await goes_on(bench)
    await ban(bench)
    al.types("Al<b>_*[ " * 1000)
    await goes_on(bench)
    until = (bench.clock() + timedelta(days=7)).date()

    notice = PHRASES.text(language, "ban.notice", until=until)
    assert [text for text in al.reads() if text == notice] == [notice]
    assert await InboundRecord.filter(state=InboundState.SHUNTED).count() == 0
    assert alerts(bench) == []


async def test_talk_that_is_edited_into_a_request_is_heard_once(bench, banned):
    typed = bench.mia.types("you idiots")
    await goes_on(bench)
    assert await Ticket.all().count() == 0
    for text in ("Please delete my account and all my data.", "Please delete my account now."):
        bench.mia.edits(typed, text)
        await goes_on(bench)

    assert await Ticket.all().count() == 1
    assert await Request.filter(right=Right.DELETION).count() == 1
    assert await heard() == 2
