"""One call out, one result or one of the desk's errors back; the token nowhere else."""

from __future__ import annotations

import json
import logging
import traceback

import httpx
import pytest

from bot.client import Client, Upload
from bot.refusals import Answered, Refused, Why, translate
from helpdesk.logs import Line, set_up
from sandbox.telegram.api import Fault
from tests.bot.conftest import TOKEN, settings
from tickets.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)


async def say(client, chat, text="hello", **more):
    return await client.call("sendMessage", {"chat_id": chat.id, "text": text, **more})


async def test_a_call_returns_the_servers_json(client, mia, telegram):
    me = await client.call("getMe")
    sent = await say(client, mia.chat, "<b>hi</b>", parse_mode="HTML", reply_markup=None)

    assert me["username"] == "desk_bot"
    assert (sent["text"], sent["chat"]["id"]) == ("hi", mia.chat.id)
    assert telegram.protocol_errors == []


async def test_files_go_out_and_come_in_whole(client, mia, telegram):
    data = bytes(range(256)) * 50
    upload = {"document": Upload("letter ü.pdf", data)}
    sent = await client.call(
        "sendDocument", {"chat_id": mia.chat.id, "caption": "see there"}, files=upload
    )
    told = await client.call("getFile", {"file_id": sent["document"]["file_id"]})

    assert await client.download(told["file_path"]) == data
    assert telegram.protocol_errors == []


@pytest.mark.parametrize(
    ("status", "description", "code"),
    [
        (403, "Forbidden: bot was blocked by the user", Why.BLOCKED),
        (403, "Forbidden: user is deactivated", Why.DEACTIVATED),
        (403, "Forbidden: bot can't initiate conversation with a user", Why.NOT_STARTED),
        (403, "Forbidden: bot was kicked from the supergroup chat", Why.KICKED),
        (403, "Forbidden: bot is not a member of the supergroup chat", Why.KICKED),
        (400, "Bad Request: message thread not found", Why.NO_TOPIC),
        (400, "Bad Request: TOPIC_ID_INVALID", Why.NO_TOPIC),
        (400, "Bad Request: TOPIC_CLOSED", Why.TOPIC_CLOSED),
        (400, "Bad Request: the chat is not a forum", Why.NOT_FORUM),
        (400, "Bad Request: message to edit not found", Why.GONE),
        (400, "Bad Request: message to be replied not found", Why.GONE),
        (400, "Bad Request: message to delete not found", Why.GONE),
        (400, "Bad Request: message can't be deleted for everyone", Why.GONE),
        (400, "Bad Request: message can't be edited", Why.GONE),
        (400, "Bad Request: MESSAGE_ID_INVALID", Why.GONE),
        (400, "Bad Request: can't parse entities: unsupported start tag", Why.BAD_MARKUP),
        (400, "Bad Request: query is too old and response timeout expired", Why.QUERY_OLD),
        (400, "Bad Request: message is too long", Why.TOO_LARGE),
        (400, "Bad Request: file is too big", Why.TOO_LARGE),
        (413, "Request Entity Too Large", Why.TOO_LARGE),
        (400, "Bad Request: not enough rights to create a topic", Why.NO_RIGHTS),
        (400, "Bad Request: chat not found", Why.NO_CHAT),
        (401, "Unauthorized", Why.UNAUTHORIZED),
        (404, "Not Found", Why.UNAUTHORIZED),
        (409, "Conflict: terminated by other getUpdates request", Why.CONFLICT),
        (400, "Bad Request: message is not modified: specified new text", Why.NOT_MODIFIED),
        (400, "Bad Request: TOPIC_NOT_MODIFIED", Why.NOT_MODIFIED),
        (400, "Bad Request: wrong file_id or the file is temporarily unavailable", Why.GONE),
        (400, "Bad Request: something new", Why.REFUSED),
    ],
)
def test_a_refusal_has_a_code_and_none_of_the_servers_words(status, description, code):
    body = {"ok": False, "error_code": status, "description": description}
    error = translate(Answered(status, json.dumps(body).encode()))

    assert isinstance(error, Refused)
    assert isinstance(error, PermanentDeliveryError)
    assert error.code is code
    assert error.reason in (code, f"refused {status}")


@pytest.mark.parametrize(
    ("status", "payload", "kind", "after"),
    [
        (429, b'{"parameters":{"retry_after":7}}', TemporaryDeliveryError, 7),
        (429, b"slow down", TemporaryDeliveryError, 1),
        (502, b"<html>Bad Gateway</html>", TemporaryDeliveryError, None),
        (503, b"", TemporaryDeliveryError, None),
        (500, b'{"description":"Internal Server Error"}', UnknownDeliveryError, None),
        (504, b"<html>", UnknownDeliveryError, None),
    ],
)
def test_a_server_in_trouble_is_tried_again_only_where_that_does_no_harm(
    status, payload, kind, after
):
    error = translate(Answered(status, payload))

    assert type(error) is kind
    assert getattr(error, "retry_after", None) == after


def test_a_group_that_moved_says_where_to():
    body = {"description": "x", "parameters": {"migrate_to_chat_id": -1001}}
    error = translate(Answered(400, json.dumps(body).encode()))

    assert (error.code, error.migrated_to) == (Why.MIGRATED, -1001)


async def test_people_can_refuse_us(client, mia, ann):
    mia.blocks()
    with pytest.raises(Refused, match="blocked"):
        await say(client, mia.chat)
    with pytest.raises(Refused, match="no_topic"):
        await say(client, ann.chat, message_thread_id=999)
    ann.act("migrate")
    with pytest.raises(Refused) as moved:
        await say(client, ann.chat)

    assert moved.value.migrated_to == ann.chat.migrated_to


async def test_what_is_as_it_should_be_is_a_success(client, mia):
    sent = await say(client, mia.chat)
    again = {"chat_id": mia.chat.id, "message_id": sent["message_id"], "text": "hello"}

    assert await client.call("editMessageText", again) is True


@pytest.mark.parametrize("after", [False, True])
@pytest.mark.parametrize("kind", ["cut", "timeout"])
async def test_a_call_that_was_on_its_way_is_unknown(client, mia, kind, after):
    mia.telegram.faults.append(Fault(kind, "sendMessage", after=after))
    with pytest.raises(UnknownDeliveryError):
        await client.call("sendMessage", {"chat_id": mia.chat.id, "text": "x"}, timeout=1)

    assert mia.reads() == ["/start", "x"][: 1 + after]


def failing(error):
    async def handle(request):
        raise error(f"cannot reach {request.url}", request=request)

    return httpx.MockTransport(handle)


def answering(status, body):
    async def handle(request):
        return httpx.Response(status, content=body.replace("TOKEN", TOKEN))

    return httpx.MockTransport(handle)


@pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
async def test_what_never_left_may_be_tried_again(error):
    async with Client(settings(), transport=failing(error)) as client:
        with pytest.raises(TemporaryDeliveryError):
            await client.call("getMe")


TROUBLES = {
    "connect": failing(httpx.ConnectError),
    "timeout": failing(httpx.ReadTimeout),
    "write": failing(httpx.WriteError),
    "protocol": failing(httpx.RemoteProtocolError),
    "proxy": failing(httpx.ProxyError),
    "bug": failing(lambda text, request: ValueError(text)),
    "unauthorized": answering(401, '{"description":"Unauthorized: TOKEN"}'),
    "conflict": answering(409, '{"description":"Conflict: TOKEN"}'),
    "flood": answering(429, '{"description":"TOKEN","parameters":{"retry_after":3}}'),
    "refused": answering(400, '{"description":"Bad Request: TOKEN"}'),
    "markup": answering(400, '{"description":"can\'t parse entities: TOKEN"}'),
    "blocked": answering(403, '{"description":"bot was blocked: TOKEN"}'),
    "server": answering(500, "TOKEN"),
    "gateway": answering(502, "<html>TOKEN"),
    "nonsense": answering(200, "TOKEN"),
    "no result": answering(200, '{"ok":true,"TOKEN":1}'),
    "a list": answering(200, '["TOKEN"]'),
    "moved": answering(301, "TOKEN"),
}


@pytest.mark.parametrize("trouble", TROUBLES)
async def test_the_token_is_in_no_error_log_or_traceback(trouble, caplog, capsys):
    caplog.set_level(logging.DEBUG)
    handler = logging.StreamHandler(stream := _Stream())
    handler.setFormatter(Line())
    told = [str(settings()), repr(settings())]
    root = logging.getLogger()
    before = root.level, root.handlers[:]
    set_up(logging.DEBUG)
    root.addHandler(handler)
    try:
        async with Client(settings(), transport=TROUBLES[trouble]) as client:
            told += [repr(client), str(client)]
            for attempt in (client.call("getMe"), client.download("photos/1.jpg")):
                try:
                    await attempt
                except DeliveryError as error:
                    logging.getLogger("bot").exception("it failed")
                    told += traceback.format_exception(error)
                    told += [repr(error), repr(error.__context__), repr(error.__cause__)]
    finally:
        root.level, root.handlers = before
    told += [stream.text, capsys.readouterr().err]

    assert "it failed" in stream.text or trouble in {"nonsense", "no result", "a list"}
    assert [one for one in told if "Secret_0123" in one] == []


class _Stream:
    text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass


def test_a_line_that_names_a_token_is_redacted():
    record = logging.LogRecord("x", logging.INFO, "f", 1, "see %s", (f"bot{TOKEN}/getMe",), None)

    line = Line().format(record)
    assert TOKEN not in line
    assert "/getMe" in line


async def test_a_proxy_of_the_environment_is_not_used(monkeypatch):
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("HTTPS_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    async with Client(settings()) as client:
        assert client._request[0]._client._mounts == {}
        assert client._request[1]._client._mounts == {}
    async with Client(settings(proxy="http://127.0.0.1:9")) as client:
        assert client._request[1]._client._mounts != {}
