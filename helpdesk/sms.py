"""Sends text messages through the company's gateway: one signed HTTP request each.

POST {"id": …, "to": …, "text": …} as JSON to the configured URL, with `X-Helpdesk-Time` and
`X-Helpdesk-Signature` as `helpdesk.signing.sign` makes it.  2xx: taken; `id` in the answer is the
gateway's own.  429 and 5xx: again later, after `Retry-After`; another 4xx: never.  The id stays the
same when a message is sent again, so a gateway can drop a double.
"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Awaitable, Callable, Sequence

import httpx

from helpdesk.config import SmsSettings
from helpdesk.signing import sign
from tickets.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)
from tickets.types import Outbound, Sent


class SmsSender:
    """A door's way out (`tickets.types.SendLetters`)."""

    def __init__(
        self,
        settings: SmsSettings,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._transport = transport
        self._now = now

    async def __call__(
        self,
        letters: Sequence[Outbound],
        report: Callable[[int, Sent | DeliveryError], Awaitable[None]],
    ) -> None:
        """Send each letter's text, one after another over one connection."""
        timeout = self._settings.timeout_seconds
        async with httpx.AsyncClient(timeout=timeout, transport=self._transport) as client:
            for index, letter in enumerate(letters):
                await report(index, await self._send(client, letter))

    async def _send(self, client: httpx.AsyncClient, letter: Outbound) -> Sent | DeliveryError:
        told = {
            "id": letter.external_id,
            "to": re.sub(r"[^\d+]", "", letter.recipient.address),
            "text": letter.letter.text.strip(),
        }
        body = json.dumps(told, ensure_ascii=False).encode()
        moment = int(self._now())
        token = self._settings.token.get_secret_value().encode()
        headers = {
            "Content-Type": "application/json",
            "X-Helpdesk-Time": str(moment),
            "X-Helpdesk-Signature": sign(token, moment, body),
        }
        try:
            answer = await client.post(self._settings.url, content=body, headers=headers)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return TemporaryDeliveryError("the gateway cannot be reached")
        except httpx.HTTPError:
            return UnknownDeliveryError("the gateway did not answer")
        return _outcome(answer)


def _outcome(answer: httpx.Response) -> Sent | DeliveryError:
    status = answer.status_code
    if answer.is_success:
        return Sent(_id_of(answer))
    if status == httpx.codes.TOO_MANY_REQUESTS or answer.is_server_error:
        after = answer.headers.get("Retry-After", "")
        seconds = float(after) if after.isascii() and after.isdigit() else None
        return TemporaryDeliveryError(f"gateway {status}", retry_after=seconds)
    return PermanentDeliveryError(f"gateway {status}")


def _id_of(answer: httpx.Response) -> str:
    try:
        told = answer.json()
    except ValueError:
        return ""
    found = told.get("id") if isinstance(told, dict) else None
    return found if isinstance(found, str) else ""
