"""A tour of every command and every button a requester can meet, in every language.

Names and texts are as bad as they get; the bench asserts that nothing we sent was refused and that
every button was answered.
"""

from __future__ import annotations

import asyncio
import re

import pytest

from bot.requesters.flow import ANSWERS, ANYTIME, COMMANDS
from sandbox.telegram.nouns import Message
from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.bench import BotBench
from tests.bot.test_requesters_scope import having
from tickets.models import (
    InboundRecord,
    InboundState,
    OutboxEntry,
    Post,
    Role,
    Ticket,
)
from tickets.models import (
    Message as Written,
)
from tickets.types import Delivery, Direction, RequestState

NAME = "Al<b>_*[ &amp; \u202egnp.exe"
LONG = ('Al<b>_*[`~ & "quoted" 🙂 é\u0301 ' * 500)[:10_000]
PHRASES = Phrases()


class Tourist:
    """Somebody who tries everything, and remembers what was tried."""

    def __init__(self, bench: BotBench, language: str) -> None:
        self.bench = bench
        self.me = Someone.new(bench.telegram, bench.our_bot, NAME, language=language.lower())
        self.pressed: set[str] = set()
        self.typed: set[str] = set()

    async def goes_on(self) -> None:
        """Let the bot answer while time goes by: a long letter waits between its parts."""
        ticking = asyncio.create_task(self._tick())
        try:
            await self._settle()
        finally:
            ticking.cancel()

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(0.5)
            self.bench.clock.forward(seconds=1)

    async def _settle(self) -> None:
        await self.bench.settle()
        for _ in range(60):
            queued = Post.filter(state=Delivery.QUEUED)
            letters = OutboxEntry.filter(state=Delivery.QUEUED)
            if not await queued.exists() and not await letters.exists():
                return
            self.bench.clock.forward(seconds=2)
            await self.bench.settle()

    async def types(self, text: str) -> None:
        if text.startswith("/"):
            self.typed.add(text.split(maxsplit=1)[0][1:])
        self.me.types(text)
        await self.goes_on()

    async def presses(self, step: str, *args: str) -> None:
        """Press the newest button of a step."""
        start = ":".join(("v1", step, *args)) + ":"
        message, data = next(
            (message, data)
            for message in reversed(self.me.sees())
            for data in buttons(message)
            if data.startswith(start)
        )
        self.pressed.add(step)
        self.me.act("press", message_id=message.id, button=data)
        await self.goes_on()

    def code(self) -> str:
        return re.search(r"(?<!\d)\d{6}(?!\d)", self.bench.post.sent[-1].letter.text)[0]

    async def newest(self) -> Ticket:
        return await Ticket.all().order_by("-id").first()

    async def talked_about(self) -> Ticket:
        last = await Written.filter(direction=Direction.INBOUND).order_by("-id").first()
        return await Ticket.get(id=last.ticket_id)


def buttons(message: Message) -> list[str]:
    rows = (message.markup or {}).get("inline_keyboard", [])
    return [button.get("callback_data", "") for row in rows for button in row]


async def commands(tour: Tourist, language: str) -> None:
    await tour.types("/start")
    await tour.presses("language", language)
    for command in ("help", "privacy", "settings", "cancel", "status", "frobnicate"):
        await tour.types(f"/{command}")
    for which in ("fewer", "all"):
        await tour.types("/settings")
        await tour.presses("notices", which)


async def questions(tour: Tourist) -> None:
    await tour.types("/ask")
    await tour.presses("stop")
    await tour.presses("ask")
    await tour.presses("section", "4")
    await tour.presses("helped")
    await tour.types("/ask")
    await tour.presses("section", "1")
    await tour.presses("not_helped")
    await tour.types("/ask which kinds of cookies do you set")
    await tour.presses("closer", "cookie_blocking")
    await tour.types("/feedback")
    await tour.presses("kind", "praise")
    await tour.types(LONG)
    await tour.presses("may")
    await tour.presses("feedback")
    await tour.types("It could be <b>better</b>.")
    await tour.presses("need_not")


async def free_text(tour: Tourist) -> None:
    await tour.types(LONG)
    tour.bench.clock.forward(hours=2)
    await tour.types("Where is my lamp?")
    await tour.presses("new")
    await tour.presses("mean", "other")
    tour.me.edits(tour.me.types("<i>"), LONG[:2000])
    tour.me.sends("voice", b"hum")
    tour.me.sends("document", b"MZ", name="<b>_*[.exe", caption=LONG[:900])
    await tour.goes_on()


async def access(tour: Tourist) -> None:
    await tour.types("/access")
    await tour.presses("product", "0")
    await tour.types("nonsense")
    await tour.presses("later")
    await tour.types("/status")
    reference = (await tour.newest()).reference
    await tour.presses("card", reference)
    await tour.presses("prove", reference)
    await tour.types("mia@person.test")
    await tour.presses("other_address")
    await tour.types("me is al.b@person.test")
    await tour.types("000000")
    await tour.presses("new_code")
    await tour.types("12")
    await tour.presses("no_code")
    await tour.presses("status")
    await tour.presses("card", reference)
    await tour.presses("add", reference)
    await tour.types(LONG)
    await tour.presses("person", reference)
    await tour.presses("withdraw", reference)
    await tour.presses("keep_request")
    await tour.presses("withdraw", reference)
    await tour.presses("withdraw_now")
    await tour.presses("access")


async def deletion(tour: Tourist) -> None:
    await tour.types("/delete")
    await tour.presses("product", "all_products")
    for last in ("delete_now", "keep_data"):
        await tour.types("del@person.test")
        await tour.types(tour.code())
        await tour.presses(last)
        await tour.types("/cancel")
        if last == "delete_now":
            tour.bench.clock.forward(hours=2)
            await tour.types("/status")
            reference = (await tour.newest()).reference
            await tour.presses("card", reference)
            await tour.presses("withdraw", reference)
            await tour.presses("withdraw_now")
            await tour.presses("delete")
            await tour.presses("product", "not_sure")


async def the_end(tour: Tourist) -> None:
    await tour.types("Please delete my account.")
    ticket = await tour.talked_about()
    actions = tour.bench.actions
    await tour.bench.agents.add("Ann", Role.AGENT, tour.bench.clock())
    await actions.reply(ticket.reference, "Ann", LONG)
    await tour.goes_on()
    await actions.close(ticket.reference, "Ann", outcome=RequestState.LAPSED)
    await tour.goes_on()
    await tour.presses("reopen", ticket.reference)
    await tour.types("/feedback thanks <b>")
    await tour.presses("need_not")
    ticket = await tour.talked_about()
    await actions.reply(ticket.reference, "Ann", "You are welcome.")
    await actions.close(ticket.reference, "Ann")
    await tour.goes_on()
    await tour.presses("rate", ticket.reference, "1")
    await tour.presses("skip")


@pytest.mark.parametrize("language", PHRASES.languages)
@pytest.mark.timeout(300)
async def test_everything_in_every_language(bench, language):
    having(bench, "Shop", NAME)
    tour = Tourist(bench, language)
    for part in (questions, free_text, access, deletion, the_end):
        if part is questions:
            await commands(tour, language)
        await part(tour)

    assert tour.pressed == {*ANYTIME, *ANSWERS}
    assert tour.typed >= set(COMMANDS)
    assert await InboundRecord.filter(state=InboundState.SHUNTED).count() == 0
    assert await Post.filter(state__in=(Delivery.FAILED, Delivery.UNKNOWN)).count() == 0
    assert await OutboxEntry.exclude(state=Delivery.SENT).count() == 0
    assert await Written.filter(kind="reply").count() == 2
    assert len(tour.me.reads()) > 60
