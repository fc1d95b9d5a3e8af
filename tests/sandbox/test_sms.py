"""The gateway takes what is signed, once; the desk's sender tells each of its moods as it is."""

from __future__ import annotations

import json
import time
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr

from helpdesk.config import SmsSettings
from helpdesk.signing import sign
from helpdesk.sms import SmsSender
from sandbox.sms import open_gateway
from sandbox.texts import read_texts
from tickets.errors import PermanentDeliveryError, TemporaryDeliveryError, UnknownDeliveryError
from tickets.types import Channel, Letter, Outbound, Sender, Sent

NUMBER = "+4930901820"
NOW = datetime(2026, 11, 2, tzinfo=UTC)


@pytest.fixture
async def gateway(tmp_path):
    async with open_gateway(tmp_path, port=0) as found:
        yield found


def letter(number=NUMBER, text="493027 is your code.", identifier="ej.1@desk.test") -> Outbound:
    words = Letter("", f"{text}\n")
    return Outbound(Channel.SMS, "sms", Sender(number), identifier, words, NOW)


async def send(gateway, *letters, secret="", now=time.time) -> list:
    token = SecretStr(secret or gateway.secret.decode())
    sender = SmsSender(SmsSettings(url=gateway.url, token=token, timeout_seconds=60), now=now)
    outcomes = {}

    async def report(index, outcome):
        outcomes[index] = outcome

    await sender(letters or (letter(),), report)
    return [outcomes[index] for index in range(len(outcomes))]


async def test_a_message_reaches_its_reader(gateway):
    (sent,) = await send(gateway, letter("+49 30 901-820"))

    (message,) = read_texts(gateway.directory, NUMBER)
    assert sent == Sent(message.id)
    assert (message.to, message.text) == (NUMBER, "493027 is your code.")


async def test_messages_outlive_the_gateway(tmp_path):
    async with open_gateway(tmp_path, port=0) as first:
        await send(first)
    async with open_gateway(tmp_path, port=0) as again:
        await send(again, letter(identifier="ej.2@desk.test"))
        assert again.secret == first.secret

    assert len(read_texts(tmp_path, NUMBER)) == 2


@pytest.mark.parametrize(
    ("fault", "kind", "after"),
    [
        (500, TemporaryDeliveryError, None),
        (503, TemporaryDeliveryError, 1),
        (429, TemporaryDeliveryError, 1),
        (403, PermanentDeliveryError, None),
    ],
)
async def test_what_the_gateway_refuses_is_told_and_not_kept(gateway, fault, kind, after):
    gateway.faults.append(fault)

    (outcome,) = await send(gateway)

    assert type(outcome) is kind
    assert getattr(outcome, "retry_after", None) == after
    assert read_texts(gateway.directory, NUMBER) == []
    assert isinstance((await send(gateway))[0], Sent)


async def test_a_cut_answer_is_unknown_and_sending_again_makes_no_double(gateway):
    gateway.faults.append("cut")

    (first,) = await send(gateway)
    (second,) = await send(gateway)

    assert type(first) is UnknownDeliveryError
    assert isinstance(second, Sent)
    assert len(read_texts(gateway.directory, NUMBER)) == 1


async def test_a_number_that_nobody_has_fails_for_good(gateway):
    (outcome,) = await send(gateway, letter("+999 555 0100"))

    assert type(outcome) is PermanentDeliveryError


async def test_another_secret_is_refused(gateway):
    (outcome,) = await send(gateway, secret="guessed")

    assert type(outcome) is PermanentDeliveryError
    assert read_texts(gateway.directory, NUMBER) == []


@pytest.mark.parametrize("seconds", [-301, 301 + 60])  # the gateway may look a while later
async def test_what_was_signed_too_long_ago_is_refused(gateway, seconds):
    (outcome,) = await send(gateway, now=lambda: time.time() + seconds)

    assert type(outcome) is PermanentDeliveryError


async def test_a_recorded_request_is_worth_nothing(gateway):
    body = json.dumps({"id": "1", "to": NUMBER, "text": "493027"}).encode()
    other = json.dumps({"id": "1", "to": "+4930901821", "text": "493027"}).encode()
    moment = int(time.time())
    signature = sign(gateway.secret, moment, body)

    async def post(content: bytes, stamp: object, by: str) -> int:
        headers = {"X-Helpdesk-Time": str(stamp), "X-Helpdesk-Signature": by}
        async with httpx.AsyncClient(timeout=60) as client:
            return (await client.post(gateway.url, content=content, headers=headers)).status_code

    assert await post(body, moment, signature) == 202
    assert await post(body, moment, signature) == 202  # the same again: taken once
    assert await post(other, moment, signature) == 401
    assert await post(body, moment + 1, signature) == 401
    assert await post(body, "", signature) == 401
    assert len(read_texts(gateway.directory, NUMBER)) == 1
    assert read_texts(gateway.directory, "+4930901821") == []


@pytest.mark.parametrize(
    "told",
    [b"", b"[]", b"7", b"{}", b'{"id": 1, "to": "030 1", "text": "x"}', b"\xff", b"null"],
)
async def test_garbage_is_refused(gateway, told):
    moment = int(time.time())
    headers = {
        "X-Helpdesk-Time": str(moment),
        "X-Helpdesk-Signature": sign(gateway.secret, moment, told),
    }
    async with httpx.AsyncClient(timeout=60) as client:
        answer = await client.post(gateway.url, content=told, headers=headers)

    assert answer.status_code == 400


def test_no_number_leads_out_of_the_folder(tmp_path):
    assert read_texts(tmp_path, "../secret") == []
