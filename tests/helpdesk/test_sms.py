"""A text message is one signed request; its outcome is told as any door tells it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import httpx
import pytest
from pydantic import SecretStr, ValidationError

from helpdesk.config import SmsSettings
from helpdesk.signing import sign
from helpdesk.sms import SmsSender
from tickets.errors import PermanentDeliveryError, TemporaryDeliveryError, UnknownDeliveryError
from tickets.types import Channel, Letter, Outbound, Sender, Sent

SETTINGS = SmsSettings(url="https://sms.test/send", token=SecretStr("shared"))
LETTER = Outbound(
    Channel.SMS,
    "sms",
    Sender("+49 30 901-820"),
    "ej.1@desk.test",
    Letter("Your code", "123456 is your code.\n"),
    datetime(2026, 11, 2, tzinfo=UTC),
)


async def send(answer, *letters) -> list:
    outcomes = {}

    async def report(index, outcome):
        outcomes[index] = outcome

    sender = SmsSender(SETTINGS, transport=httpx.MockTransport(answer), now=lambda: 1700000000.5)
    await sender(letters or (LETTER,), report)
    return [outcomes[i] for i in range(len(outcomes))]


async def test_a_message_is_one_signed_request():
    seen = []

    def answer(request):
        seen.append(request)
        return httpx.Response(202, json={"id": "g-1"})

    assert await send(answer, LETTER, LETTER) == [Sent("g-1"), Sent("g-1")]
    first = seen[0]
    assert json.loads(first.content) == {
        "id": "ej.1@desk.test",
        "to": "+4930901820",
        "text": "123456 is your code.",
    }
    assert first.headers["X-Helpdesk-Time"] == "1700000000"
    assert first.headers["X-Helpdesk-Signature"] == sign(b"shared", 1700000000, first.content)
    assert [json.loads(one.content)["id"] for one in seen] == ["ej.1@desk.test"] * 2


def raising(error):
    def answer(request):
        raise error

    return answer


@pytest.mark.parametrize(
    ("answer", "kind", "after"),
    [
        (lambda _: httpx.Response(429, headers={"Retry-After": "30"}), TemporaryDeliveryError, 30),
        (lambda _: httpx.Response(503, headers={"Retry-After": "x"}), TemporaryDeliveryError, None),
        (lambda _: httpx.Response(400, text="no such number"), PermanentDeliveryError, None),
        (lambda _: httpx.Response(302), PermanentDeliveryError, None),
        (raising(httpx.ConnectError("x")), TemporaryDeliveryError, None),
        (raising(httpx.ReadTimeout("x")), UnknownDeliveryError, None),
    ],
)
async def test_an_outcome_is_told_as_any_door_tells_it(answer, kind, after):
    (outcome,) = await send(answer)

    assert type(outcome) is kind
    assert getattr(outcome, "retry_after", None) == after
    assert "901" not in outcome.reason


@pytest.mark.parametrize("text", ["", "[]", "7", '{"id": 7}'])
async def test_an_answer_without_an_id_is_enough(text):
    assert await send(lambda _: httpx.Response(200, text=text)) == [Sent("")]


@pytest.mark.parametrize("url", ["http://sms.test/send", "ftp://x"])
def test_a_gateway_is_reached_by_tls_or_on_this_machine(url):
    with pytest.raises(ValidationError):
        SmsSettings(url=url)
    assert SmsSettings(url="http://127.0.0.1:8001/send").url
