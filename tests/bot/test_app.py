"""What arrives is committed before it is confirmed, whatever goes wrong in between."""

from __future__ import annotations

import asyncio
import json
import socket
from datetime import UTC, datetime

import httpx
import pytest
from starlette.applications import Starlette

from bot.app import Polling, arrivals, introduce
from bot.client import Client
from bot.updates import ALLOWED_UPDATES, Me
from bot.webhook import Webhook
from sandbox.telegram.api import Fault
from sandbox.telegram.webhook import Webhooks
from tests.bot.conftest import settings
from tests.fakes.ports import free_port
from tickets.errors import ConfigError, DeliveryError, TemporaryDeliveryError

SECRET = "s3cret-of-the-webhook"
HOOK = {"url": "https://desk.example.org/telegram/x1", "secret": SECRET}


PATIENCE = 60  # seconds: a busy machine is slow, never wrong


async def until(holds):
    async with asyncio.timeout(PATIENCE):
        while not holds():
            await asyncio.sleep(0.01)


class Kept:
    """A journal in memory; it may fail, and looks at what the server still holds."""

    def __init__(self, bot=None):
        self.arrivals = {}
        self.failures = 0
        self.bot = bot
        self.unconfirmed = []

    async def keep(self, arrivals):
        if self.failures:
            self.failures -= 1
            raise OSError("disk full")
        if self.bot:
            self.unconfirmed.append(len(self.bot.updates._waiting))
        fresh = [a.key not in self.arrivals for a in arrivals]
        self.arrivals.update({a.key: a for a in arrivals})
        return ["id" if is_fresh else None for is_fresh in fresh]

    def texts(self):
        bodies = [json.loads(a.raw) for a in self.arrivals.values()]
        return [body["message"]["text"] for body in bodies]


@pytest.fixture
def kept(our_bot):
    return Kept(our_bot)


@pytest.fixture
def polling(client, kept, clock):
    return Polling(client, kept, settings(), now=clock)


async def test_we_know_who_we_are(client, our_bot):
    assert await introduce(client) == Me(our_bot.id, "desk_bot")


async def test_what_was_committed_is_confirmed_by_the_next_question(
    polling, kept, mia, our_bot, clock
):
    mia.types("one")
    assert await polling.run_once() == 2
    assert len(our_bot.updates._waiting) == 2  # still the server's

    mia.types("two")
    clock.forward(seconds=5)
    assert await polling.run_once() == 1
    assert kept.texts() == ["/start", "one", "two"]
    assert our_bot.updates.allowed == frozenset(ALLOWED_UPDATES)
    assert mia.telegram.protocol_errors == []


async def test_what_was_not_committed_comes_again(polling, kept, mia, clock):
    kept.failures = 1
    with pytest.raises(OSError, match="disk full"):
        await polling.run_once()
    polling._asked_at -= 10
    clock.forward(seconds=10)

    assert await polling.run_once() == 1
    assert kept.texts() == ["/start"]


async def test_a_restart_asks_for_everything_that_was_not_confirmed(client, kept, mia, clock):
    await Polling(client, kept, settings(), now=clock).run_once()
    clock.forward(seconds=10)
    await Polling(client, kept, settings(), now=clock).run_once()

    assert kept.texts() == ["/start"]


async def test_a_webhook_that_was_left_is_taken_back(polling, mia, our_bot, telegram, client):
    await client.call("setWebhook", {"url": "https://old.example.org/x"})

    assert await polling.run_once() == 1
    assert our_bot.hook is None
    assert telegram.protocol_errors == []


async def test_the_same_offset_is_not_asked_again_at_once(client, kept, our_bot, clock):
    polling = Polling(client, kept, settings(), now=clock)
    await polling.run_once()
    over = polling._over = asyncio.Event()
    asking = asyncio.create_task(polling.run_once())
    await asyncio.sleep(0.1)
    waited = not asking.done()
    over.set()
    await asking

    assert waited


async def test_the_loop_hears_and_ends_at_once(client, kept, mia, clock):
    polling = Polling(client, kept, settings(poll_seconds=30), now=clock)
    over = asyncio.Event()
    running = asyncio.create_task(polling.run(over))
    await until(lambda: kept.arrivals)
    clock.forward(seconds=5)
    mia.types("later")
    await until(lambda: len(kept.arrivals) == 2)
    begun = asyncio.get_running_loop().time()
    over.set()

    await asyncio.wait_for(running, PATIENCE)
    assert asyncio.get_running_loop().time() - begun < 25  # not after the thirty of its question
    assert kept.texts() == ["/start", "later"]


async def troubled(client, kept, clock, rounds):
    polling = Polling(client, kept, settings(), now=clock)
    polling._heard_from_now_on()
    pauses = []
    for _ in range(rounds):
        polling._asked_at = None
        with pytest.raises(DeliveryError) as error:
            await polling.run_once()
        pauses.append(polling._pause(error.value))
    return polling, pauses


async def test_another_copy_is_told_once_and_left_room(kept, clock, caplog):
    def conflict(request):
        status = 409 if request.url.path.endswith("getUpdates") else 200
        return httpx.Response(status, json={"ok": status == 200, "result": {}})

    async with Client(settings(), transport=httpx.MockTransport(conflict)) as client:
        polling, pauses = await troubled(client, kept, clock, 5)

    assert pauses == [3, 3, 30, 30, 30]
    assert [r.action for r in caplog.records] == ["telegram_conflict"]
    assert polling.status.trouble == "telegram_conflict"


async def test_a_refused_token_is_told_once(kept, clock, caplog):
    def refuse(request):
        return httpx.Response(401, json={"ok": False, "description": "Unauthorized"})

    async with Client(settings(), transport=httpx.MockTransport(refuse)) as client:
        _, pauses = await troubled(client, kept, clock, 3)

    assert pauses == [60, 60, 60]
    assert [r.action for r in caplog.records] == ["telegram_unauthorized"]


async def test_half_a_day_of_silence_is_an_alarm(kept, clock, caplog):
    def down(request):
        raise httpx.ConnectError("no route", request=request)

    async with Client(settings(), transport=httpx.MockTransport(down)) as client:
        polling = Polling(client, kept, settings(), now=clock)
        polling._heard_from_now_on()
        pauses = [polling._pause(TemporaryDeliveryError("ConnectError")) for _ in range(6)]
        assert caplog.records == []
        clock.forward(hours=13)
        polling._pause(TemporaryDeliveryError("ConnectError"))
        polling._pause(TemporaryDeliveryError("ConnectError"))

    assert pauses[0] < pauses[2] < pauses[4]
    assert max(pauses) <= 30
    assert [r.action for r in caplog.records] == ["telegram_outage"]


async def test_the_loop_outlives_faults(client, kept, mia, clock, monkeypatch):
    monkeypatch.setattr("bot.app._SAME_OFFSET", 0.0)
    mia.telegram.faults.append(Fault("cut", "getUpdates"))
    polling = Polling(client, kept, settings(), now=clock)
    over = asyncio.Event()
    running = asyncio.create_task(polling.run(over))
    async with asyncio.timeout(PATIENCE):
        while not kept.arrivals:
            clock.forward(seconds=5)
            await asyncio.sleep(0.01)
    over.set()

    await asyncio.wait_for(running, PATIENCE)
    assert kept.texts() == ["/start"]


# Webhook


@pytest.fixture
def posting(kept, clock):
    hook = Webhook(kept, settings(webhook=HOOK), now=clock)
    transport = httpx.ASGITransport(Starlette(routes=[hook.route()]))
    return httpx.AsyncClient(transport=transport, base_url="https://desk.example.org")


def post(client, update, secret=SECRET, **more):
    headers = {"X-Telegram-Bot-Api-Secret-Token": secret} if secret is not None else {}
    return client.post("/telegram/x1", json=update, headers=headers, **more)


UPDATE = {
    "update_id": 7,
    "message": {
        "message_id": 1,
        "date": 1_800_000_000,
        "chat": {"id": 5, "type": "private"},
        "text": "hi",
    },
}


async def test_an_update_is_kept_and_then_taken(posting, kept):
    first, again = await post(posting, UPDATE), await post(posting, UPDATE)

    assert (first.status_code, again.status_code) == (200, 200)
    assert kept.texts() == ["hi"]


@pytest.mark.parametrize("secret", [None, "", "wrong", SECRET[:-1], "é"])
async def test_nobody_else_may_post(posting, kept, secret):
    headers = {} if secret is None else {"X-Telegram-Bot-Api-Secret-Token": secret.encode()}
    answer = await posting.post("/telegram/x1", json=UPDATE, headers=headers)

    assert answer.status_code == 403
    assert kept.arrivals == {}


async def test_what_cannot_be_kept_is_brought_again(posting, kept, caplog):
    kept.failures = 1

    assert (await post(posting, UPDATE)).status_code == 503
    assert (await post(posting, UPDATE)).status_code == 200
    assert kept.texts() == ["hi"]
    assert [r.action for r in caplog.records] == ["update_not_kept"]


async def test_nonsense_is_refused(posting, kept):
    headers = {"X-Telegram-Bot-Api-Secret-Token": SECRET}
    bad = await posting.post("/telegram/x1", content=b"{", headers=headers)
    huge = await posting.post("/telegram/x1", content=b" " * (1 << 21), headers=headers)
    deep = await posting.post("/telegram/x1", content=b"[" * 100_000, headers=headers)
    got = await posting.get("/telegram/x1", headers=headers)

    assert (bad.status_code, huge.status_code, got.status_code) == (400, 413, 405)
    assert deep.status_code == 400
    assert kept.arrivals == {}


def test_without_a_secret_there_is_no_webhook(kept, clock):
    with pytest.raises(ValueError, match="anybody could post"):
        Webhook(kept, settings(), now=clock)


async def test_telegram_is_told_where_we_listen(client, kept, mia, clock, our_bot):
    wish = settings(webhook=HOOK | {"port": 1, "url": "http://127.0.0.1:1/hook"})
    webhook = wish.webhook.model_copy(update={"port": free_port()})
    wish = wish.model_copy(update={"webhook": webhook})
    hook, over = Webhook(kept, wish, now=clock), asyncio.Event()
    running = asyncio.create_task(hook.run(client, over))
    await until(lambda: our_bot.hook)
    our_bot.hook.url = f"http://127.0.0.1:{webhook.port}/hook"
    delivering = asyncio.create_task(Webhooks(mia.telegram).run())
    mia.types("by post")
    await until(lambda: len(kept.arrivals) == 2)
    delivering.cancel()
    over.set()

    await asyncio.wait_for(running, PATIENCE)
    assert kept.texts() == ["/start", "by post"]
    assert our_bot.hook.secret == SECRET
    assert mia.telegram.protocol_errors == []


async def test_a_port_that_is_taken_is_told_in_words(client, kept, clock, monkeypatch):
    monkeypatch.setattr("bot.webhook._PATIENCE", 0.0)
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        hook = Webhook(kept, settings(webhook=HOOK | {"port": port}), now=clock)
        with pytest.raises(ConfigError, match=f"webhook.port: 127.0.0.1:{port} is taken"):
            await hook.run(client, asyncio.Event())


async def test_who_stops_us_while_the_port_is_taken_is_obeyed(client, kept, clock):
    with socket.create_server(("127.0.0.1", 0)) as other:
        hook = settings(webhook=HOOK | {"port": other.getsockname()[1]})
        over = asyncio.Event()
        asyncio.get_running_loop().call_later(0.05, over.set)
        await asyncio.wait_for(Webhook(kept, hook, now=clock).run(client, over), PATIENCE)


async def test_a_port_may_be_given_back_a_moment_later(client, kept, clock, our_bot):
    port = free_port()
    other = socket.create_server(("127.0.0.1", port))
    hook = Webhook(kept, settings(webhook=HOOK | {"port": port}), now=clock)
    over = asyncio.Event()
    running = asyncio.create_task(hook.run(client, over))
    await asyncio.sleep(0.05)
    other.close()
    await until(lambda: our_bot.hook)
    over.set()
    await asyncio.wait_for(running, PATIENCE)


def test_half_a_surrogate_pair_is_kept_as_it_came():
    update = {"update_id": 1, "message": {"text": "a\ud800b 好"}}

    [arrival] = arrivals([update], "telegram", datetime(2026, 3, 3, tzinfo=UTC))

    assert json.loads(arrival.raw) == update
