"""Both doors over real sockets: polling, webhooks, the demo page and its stream."""

import asyncio
import base64
import json
import shutil
from datetime import UTC, datetime, timedelta
from time import monotonic

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import Response
from starlette.routing import Route
from telegram import Bot
from telegram.error import NetworkError, TimedOut
from telegram.request import HTTPXRequest

from sandbox.telegram.api import Fault, Telegram
from sandbox.telegram.people import Someone
from sandbox.telegram.server import TOKEN, open_telegram, set_stage
from sandbox.telegram.webhook import Webhooks


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch):
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


PATIENCE = 60  # seconds: a busy machine is slow, never wrong


class Clock:
    def __init__(self):
        self.shift = timedelta()

    def __call__(self):
        return datetime.now(UTC) + self.shift

    async def forward(self, by):
        self.shift += by


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
async def running(clock):
    async with open_telegram(clock, port=0, forward=clock.forward) as running:
        yield running


@pytest.fixture
async def bot(running):
    async with Bot(
        TOKEN,
        running.base_url,
        running.base_file_url,
        request=HTTPXRequest(read_timeout=PATIENCE, connect_timeout=PATIENCE),
        get_updates_request=HTTPXRequest(read_timeout=PATIENCE, connect_timeout=PATIENCE),
    ) as bot:
        yield bot


@pytest.fixture
def mia(running):
    stage = running.stage
    person = stage.requesters[0]
    chat = running.telegram.private_chat(stage.bot, person)
    return Someone(running.telegram, person, chat)


@pytest.fixture
async def page(running):
    async with httpx.AsyncClient(base_url=running.root, trust_env=False, timeout=PATIENCE) as page:
        yield page


async def test_a_conversation_over_a_socket(bot, mia, running):
    polling = asyncio.create_task(bot.get_updates(timeout=2 * PATIENCE))
    await asyncio.sleep(0.2)
    mia.starts("from_mail")
    (update,) = await asyncio.wait_for(polling, PATIENCE)  # long before the poll's own end
    await bot.send_document(mia.chat.id, b"\x00\r\n\xff" * 999, filename="letter.pdf")
    file = await bot.get_file(mia.sees()[-1].content["document"]["file_id"])

    assert update.message.text == "/start from_mail"
    assert bytes(await file.download_as_bytearray()) == b"\x00\r\n\xff" * 999
    assert running.telegram.protocol_errors == []


async def test_links_to_files_last_an_hour(bot, mia, clock, page):
    mia.starts()
    mia.sends("document", b"1", name="a.txt")
    file = await bot.get_file(mia.sees()[-1].content["document"]["file_id"])
    await clock.forward(timedelta(hours=1))

    assert (await page.get(file.file_path)).status_code == 404


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize(("kind", "error"), [("cut", NetworkError), ("timeout", TimedOut)])
async def test_the_wire_breaks(bot, mia, kind, error, after):
    mia.starts()
    mia.telegram.faults.append(Fault(kind, "sendMessage", after=after))
    with pytest.raises(error):
        await bot.send_message(mia.chat.id, "code", read_timeout=1)
    await bot.send_message(mia.chat.id, "next")

    assert mia.reads() == ["/start", *["code"][:after], "next"]


async def test_it_ends_at_once_although_a_bot_polls(clock):
    async with open_telegram(clock, port=0) as running:
        async with httpx.AsyncClient(trust_env=False, timeout=3 * PATIENCE) as client:
            url = f"{running.base_url}{TOKEN}/getUpdates"
            polling = asyncio.create_task(client.post(url, json={"timeout": 2 * PATIENCE}))
            await asyncio.sleep(0.2)
            running.telegram.close()
            answer = await asyncio.wait_for(polling, PATIENCE)
        started = monotonic()

    assert answer.json() == {"ok": True, "result": []}
    assert monotonic() - started < PATIENCE


async def test_a_poll_whose_client_is_gone_quarrels_with_nobody(running, mia):
    url = f"{running.base_url}{TOKEN}/getUpdates"
    brief = httpx.Timeout(PATIENCE, read=0.2)
    async with httpx.AsyncClient(trust_env=False, timeout=brief) as killed:
        with pytest.raises(httpx.ReadTimeout):
            await killed.post(url, json={"timeout": 20})
    await asyncio.sleep(0.1)
    async with httpx.AsyncClient(trust_env=False, timeout=PATIENCE) as restarted:
        polling = asyncio.create_task(restarted.post(url, json={"timeout": 20}))
        await asyncio.sleep(0.2)
        mia.starts()
        first = await polling
        again = await restarted.post(url, json={"offset": first.json()["result"][0]["update_id"]})

    assert first.status_code == 200
    assert again.json() == first.json()  # not confirmed, so it comes again


async def test_two_of_them_find_two_ports(clock):
    async with open_telegram(clock, port=0) as one:
        port = int(one.root.rpartition(":")[2])
        async with open_telegram(clock, port=port) as two:
            assert one.root != two.root


async def test_it_listens_on_loopback_only(clock):
    with pytest.raises(ValueError, match="loopback"):
        async with open_telegram(clock, host="0.0.0.0", port=0):  # noqa: S104
            pass


async def test_webhooks_retry_and_keep_the_order_of_a_chat(clock):
    telegram = Telegram(clock)
    stage = set_stage(telegram)
    got, pauses = [], []

    async def hook(request):
        got.append((request.headers.get("x-telegram-bot-api-secret-token"), await request.json()))
        return Response(status_code=500 if len(got) in (1, 2, 3) else 200)

    async def sleep(seconds):
        pauses.append(seconds)

    app = Starlette(routes=[Route("/hook", hook, methods=["POST"])])
    client = httpx.AsyncClient(transport=httpx.ASGITransport(app))
    hooks = asyncio.create_task(Webhooks(telegram, client, sleep).run())
    url = {"url": "http://127.0.0.1:8080/hook", "secret_token": "s3cret"}
    assert telegram.call(TOKEN, "setWebhook", url).body["ok"]
    mia = Someone(
        telegram,
        stage.requesters[0],
        telegram.private_chat(stage.bot, stage.requesters[0]),
    )
    for text in ("one", "two", "three"):
        mia.types(text)
    async with asyncio.timeout(PATIENCE):
        while telegram.bots[TOKEN].updates.waiting(clock()):
            await asyncio.sleep(0.01)
    hooks.cancel()
    await asyncio.gather(hooks, return_exceptions=True)

    texts = [update["message"]["text"] for _, update in got]
    assert texts == ["one", "one", "one", "one", "two", "three"]
    assert {secret for secret, _ in got} == {"s3cret"}
    assert pauses == [0.0, 1.0, 2.0]
    assert "500" in telegram.call(TOKEN, "getWebhookInfo").result["last_error_message"]


# The people's door


async def test_the_page_is_whole_and_needs_nothing_from_elsewhere(page):
    index = await page.get("/")
    style, script = await page.get("/page.css"), await page.get("/page.js")

    assert "Demo" in index.text
    for text in (index.text, style.text):
        assert "//" not in text.replace("/*", "")
    assert script.text.count("http://") == script.text.count("http://www.w3.org/2000/svg")


async def test_people_act_through_the_page(page, running):
    person = running.stage.requesters[0].id
    wrong = await page.post("/act", json={"person": person, "verb": "press", "message_id": 9})
    told = await page.post("/act", json={"person": person, "verb": "write", "text": "/start"})
    data = base64.b64encode(b"\x89PNG").decode()
    part = {"kind": "photo", "name": "a.png", "mime": "image/png", "data": data}
    parts = {"person": person, "verb": "send_album", "parts": [part, part]}
    await page.post("/act", json=parts)
    state = (await page.get("/state")).json()
    phone = state["phones"][0]
    file_id = phone["messages"][1]["photo"][0]["file_id"]

    assert wrong.status_code in (400, 409)
    assert told.json() == {"result": {"id": 1}}
    assert len(phone["messages"]) == 3
    assert (await page.get(f"/attachment/{file_id}")).content == b"\x89PNG"
    assert len(running.telegram.call(TOKEN, "getUpdates").result) == 3


async def test_agents_act_in_the_desk(page, running):
    stage, telegram = running.stage, running.telegram
    ann = {"person": stage.agents[0].id, "chat": stage.desk.id}
    topic = await page.post("/act", json={**ann, "verb": "open_topic", "name": "EJ-1"})
    number = topic.json()["result"]["id"]
    await page.post("/act", json={**ann, "verb": "write", "text": "note", "topic": number})
    menu = [{"command": "queue", "description": "Unclaimed"}]
    scope = {"type": "chat", "chat_id": stage.desk.id}
    telegram.call(TOKEN, "setMyCommands", {"commands": menu, "scope": scope})
    desk = (await page.get("/state")).json()["desk"]

    assert [t["name"] for t in desk["topics"]] == ["EJ-1"]
    assert desk["messages"][-1]["is_plain"]
    assert desk["commands"] == menu


async def test_newcomers_come_and_the_clock_goes_forward_only(page, running):
    before = running.telegram.now()
    told = await page.post("/people", json={"name": "Noa", "language": "fr"})
    back = await page.post("/clock", json={"seconds": -60})
    await page.post("/clock", json={"seconds": 27 * 86400})

    assert running.telegram.people[told.json()["id"]].language == "fr"
    assert back.status_code == 409
    assert running.telegram.now() - before >= timedelta(days=27)


async def test_strangers_are_kept_out(page, running):
    rebound = await page.get("/state", headers={"host": "evil.example.org"})
    body = json.dumps({"person": running.stage.requesters[0].id, "verb": "write", "text": "x"})
    posted = await page.post("/act", content=body, headers={"content-type": "text/plain"})

    assert rebound.status_code == 400
    assert posted.status_code == 400
    assert not running.telegram.calls


async def test_changes_are_streamed(page, mia):
    kinds = []
    async with asyncio.timeout(PATIENCE), page.stream("GET", "/events") as stream:
        async for line in stream.aiter_lines():
            if line == "event: hello":
                mia.starts()
                mia.telegram.call(
                    TOKEN, "sendChatAction", {"chat_id": mia.chat.id, "action": "typing"}
                )
            if line.startswith("event: "):
                kinds.append(line.removeprefix("event: "))
            if "action" in kinds:
                break

    assert kinds == ["hello", "change", "action"]


CHROMIUM = shutil.which("chromium")
QUIET = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--no-first-run", "--dump-dom"),
    *("--disable-background-networking", "--virtual-time-budget=2500"),
)


@pytest.mark.wire
@pytest.mark.timeout(300)
@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here")
async def test_a_browser_shows_what_people_write_as_text(mia, running, tmp_path):
    call = running.telegram.call
    mia.starts()
    mia.types("<img src=x onerror=alert(1)> Al<b>_*[")
    keys = {"inline_keyboard": [[{"text": "<i>Yes", "callback_data": "y"}]]}
    said = {"text": "👋 <b>bold</b> &lt;u&gt;", "parse_mode": "HTML", "reply_markup": keys}
    call(TOKEN, "sendMessage", {"chat_id": mia.chat.id, **said})
    call(TOKEN, "createForumTopic", {"chat_id": running.stage.desk.id, "name": "<s>EJ-1"})
    call(TOKEN, "sendMessage", {"chat_id": mia.chat.id, "text": "<b>", "parse_mode": "HTML"})
    browser = await asyncio.create_subprocess_exec(
        *(CHROMIUM, *QUIET, f"--user-data-dir={tmp_path}", f"{running.root}/?still"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    page = (await asyncio.wait_for(browser.communicate(), 240))[0].decode()

    assert "&lt;img src=x onerror=alert(1)&gt; Al&lt;b&gt;_*[" in page
    assert "👋 <b>bold</b> &lt;u&gt;" in page
    assert "&lt;i&gt;Yes</button>" in page
    assert "&lt;s&gt;EJ-1" in page
    assert "<img src=" not in page
    assert ">1 protocol error</span>" in page
