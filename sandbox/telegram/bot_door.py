"""The bots' door: `/bot<token>/<method>` and `/file/bot<token>/<path>`, as ASGI routes.

Long polling waits here, and what goes wrong on the wire goes wrong here: calls that are never
answered, connections that break.  `InProcess` lets httpx feel these without a socket.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import httpx
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from sandbox.telegram.api import Answer, Telegram
from sandbox.telegram.multipart import read_body
from sandbox.telegram.network import Event
from sandbox.telegram.nouns import Bot
from sandbox.telegram.parameters import Upload
from sandbox.telegram.refusals import ApiError

_PATIENCE = 120.0  # seconds that a call without an answer stays open
_QUARREL = 3.0  # seconds after a conflict in which further polls wait
_CONFLICT = (
    "Conflict: terminated by other getUpdates request; "
    "make sure that only one bot instance is running"
)


class _CutShort(Response):
    """A response that promises a body and breaks off."""

    async def __call__(self, _scope: Scope, _receive: Receive, send: Send) -> None:
        headers = [(b"content-type", b"application/json"), (b"content-length", b"100")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": b'{"ok":', "more_body": False})


class BotDoor:
    """Routes for bots."""

    def __init__(self, telegram: Telegram) -> None:
        self.telegram = telegram
        self._polls: dict[int, asyncio.Future[None]] = {}
        self._wakes: dict[int, asyncio.Event] = {}
        self._quarrels: dict[int, float] = {}
        telegram.listeners.append(self._notice)

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at the root."""
        return [
            Route("/bot{token}/{method}", self._call, methods=["GET", "POST"]),
            Route("/file/bot{token}/{path:path}", self._download),
        ]

    async def _call(self, request: Request) -> Response:
        token, method = request.path_params["token"], request.path_params["method"]
        body = await request.body()
        try:
            params, files = read_body(request.headers.get("content-type", ""), body)
        except ApiError as error:
            self.telegram.blame(method, error.description, {})
            return JSONResponse(error.body(), error.code)
        params = {**request.query_params, **params}
        if method == "getUpdates" and token in self.telegram.bots:
            return await self._poll(request, self.telegram.bots[token], params)
        return await self._answer(request, self._try(token, method, params, files))

    def _try(
        self, token: str, method: str, params: Mapping[str, Any], files: Mapping[str, Upload]
    ) -> Answer:
        return self.telegram.call(token, method, params, files)

    async def _answer(self, request: Request, answer: Answer) -> Response:
        if answer.broken == "timeout":
            with suppress(TimeoutError):
                await asyncio.wait_for(_gone(request), _PATIENCE)
        if answer.broken:
            return _CutShort()
        headers = {}
        if "parameters" in answer.body and "retry_after" in answer.body["parameters"]:
            headers["retry-after"] = str(answer.body["parameters"]["retry_after"])
        return JSONResponse(answer.body, answer.status, headers)

    # Long polling

    async def _poll(self, request: Request, bot: Bot, params: Mapping[str, Any]) -> Response:
        """Answer at once if something waits, else hold the line; the older of two polls loses."""
        clock = asyncio.get_running_loop().time
        if clock() - self._quarrels.get(bot.id, -_QUARREL) < _QUARREL:
            await asyncio.sleep(_QUARREL)
        if (older := self._polls.pop(bot.id, None)) is not None and not older.done():
            older.set_result(None)
            self._quarrels[bot.id] = clock()
        answer = self._try(bot.token, "getUpdates", params, {})
        limit, timeout = bot.updates.planned
        if not answer.body.get("ok") or answer.result or not timeout:
            return await self._answer(request, answer)
        ousted = self._polls[bot.id] = asyncio.get_running_loop().create_future()
        gone = asyncio.create_task(_gone(request))
        try:
            return await self._wait(bot, limit, clock() + timeout, ousted, gone)
        finally:
            gone.cancel()
            if self._polls.get(bot.id) is ousted:
                del self._polls[bot.id]

    async def _wait(
        self,
        bot: Bot,
        limit: int,
        until: float,
        ousted: asyncio.Future[None],
        gone: asyncio.Task[None],
    ) -> Response:
        clock = asyncio.get_running_loop().time
        wake = self._wakes.setdefault(bot.id, asyncio.Event())
        while True:
            wake.clear()
            news = bot.updates.waiting(self.telegram.now(), limit)
            is_over = self.telegram.is_closing or bot.hook is not None or clock() >= until
            if news or is_over or gone.done():
                return JSONResponse({"ok": True, "result": [u.public() for u in news]})
            noticed = asyncio.create_task(wake.wait())
            waits: set[asyncio.Future[Any]] = {noticed, ousted, gone}
            await asyncio.wait(waits, timeout=until - clock(), return_when=asyncio.FIRST_COMPLETED)
            noticed.cancel()
            if ousted.done():
                return JSONResponse(ApiError(409, _CONFLICT).body(), 409)

    def _notice(self, events: tuple[Event, ...]) -> None:
        for event in events:
            if event.kind in ("webhook", "closing"):
                for wake in self._wakes.values():
                    wake.set()
            elif event.kind == "update" and event.data["bot"] in self._wakes:
                self._wakes[event.data["bot"]].set()

    # Files

    async def _download(self, request: Request) -> Response:
        net, path = self.telegram, request.path_params["path"]
        if request.path_params["token"] not in net.bots:
            return JSONResponse(ApiError(401, "Unauthorized").body(), 401)
        for file in net.files.values():
            if file.path == path and file.path_until and net.now() < file.path_until:
                return Response(file.data, media_type="application/octet-stream")
        return JSONResponse(ApiError(404, "Not Found").body(), 404)


async def _gone(request: Request) -> None:
    """Return once the client has hung up."""
    while (await request.receive())["type"] != "http.disconnect":
        pass


class InProcess(httpx.ASGITransport):
    """httpx without a socket that still knows read timeouts and broken connections."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        """Answer from the application, or fail as a socket would."""
        seconds = request.extensions.get("timeout", {}).get("read")
        try:
            response = await asyncio.wait_for(super().handle_async_request(request), seconds)
        except TimeoutError:
            raise httpx.ReadTimeout("no answer in time", request=request) from None
        body = await response.aread()
        if len(body) < int(response.headers.get("content-length", 0)):
            raise httpx.RemoteProtocolError("the connection was cut", request=request)
        return httpx.Response(response.status_code, headers=response.headers, content=body)
