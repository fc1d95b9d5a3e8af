"""The people's door: a demo page, and what it needs: state, events, acts, files and the clock.

Whoever opens the page plays everybody: requesters on a phone, agents in the desk's forum.  So this
door answers on loopback names only, and takes only JSON, which no foreign page can post unasked.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from sandbox.telegram.acts import ACTS
from sandbox.telegram.api import Telegram
from sandbox.telegram.formatting import Json
from sandbox.telegram.network import Event
from sandbox.telegram.nouns import Bot, Chat, Message, Person, Topic
from sandbox.telegram.refusals import ActError
from sandbox.telegram.topics import ICONS

Forward = Callable[[timedelta], Awaitable[None]]

_PAGE = Path(__file__).with_name("page")
_BREATH = 15.0  # seconds between signs of life on an idle stream
_SHOWN = ("message", "edited", "deleted", "reaction", "topic", "pinned", "person", "member", "menu")
_ACTS = {verb: verb for verb in ACTS if verb not in ("place_bot", "migrate", "join", "leave")}


@dataclass(frozen=True)
class Stage:
    """Who plays: one bot, its desk, the requesters and the agents of that desk."""

    bot: Bot
    desk: Chat
    requesters: list[Person]
    agents: list[Person]


class PeopleDoor:
    """Routes for the page; `forward` turns the service's clock, where there is one to turn."""

    def __init__(self, telegram: Telegram, stage: Stage, forward: Forward | None = None) -> None:
        self.telegram = telegram
        self.stage = stage
        self._forward = forward
        self._streams: set[asyncio.Queue[tuple[Event, ...]]] = set()
        telegram.listeners.append(self._notice)

    def routes(self) -> list[BaseRoute]:
        """Return the routes to mount at the root."""
        return [
            Route("/state", self._state),
            Route("/events", self._events),
            Route("/act", self._act, methods=["POST"]),
            Route("/people", self._newcomer, methods=["POST"]),
            Route("/clock", self._clock, methods=["POST"]),
            Route("/attachment/{id}", self._attachment),
            Mount("/", StaticFiles(directory=_PAGE, html=True)),
        ]

    # Looking

    async def _state(self, _request: Request) -> Response:
        stage = self.stage
        people = [(person, "") for person in stage.requesters]
        people += [(person, "agent") for person in stage.agents]
        return JSONResponse(
            {
                "now": self.telegram.now().isoformat(),
                "can_turn_clock": self._forward is not None,
                "bot": stage.bot.public(),
                "agents": [person.public() for person in stage.agents],
                "phones": [
                    _phone(self.telegram.private_chat(stage.bot, person), stage.bot)
                    | {"person": person.public(), "role": role}
                    for person, role in people
                ],
                "desk": _desk(stage.desk, stage.bot),
                "protocol_errors": [
                    f"{error.method}: {error.description}"
                    for error in self.telegram.protocol_errors
                ],
            }
        )

    async def _events(self, _request: Request) -> Response:
        headers = {"cache-control": "no-store"}
        return StreamingResponse(self._stream(), media_type="text/event-stream", headers=headers)

    async def _stream(self) -> AsyncIterator[str]:
        queue: asyncio.Queue[tuple[Event, ...]] = asyncio.Queue()
        self._streams.add(queue)
        try:
            yield "event: hello\ndata: {}\n\n"
            while not self.telegram.is_closing:
                try:
                    events = await asyncio.wait_for(queue.get(), _BREATH)
                except TimeoutError:
                    yield ": still here\n\n"
                    continue
                for event in events:
                    said = json.dumps({"chat": event.chat_id, **event.data})
                    yield f"event: {event.kind}\ndata: {said}\n\n"
        finally:
            self._streams.discard(queue)

    def _notice(self, events: tuple[Event, ...]) -> None:
        shown = tuple(
            Event("change", event.chat_id, {"what": event.kind}) if event.kind in _SHOWN else event
            for event in events
            if event.kind in (*_SHOWN, "action", "answer", "closing")
        )
        for queue in self._streams if shown else ():
            queue.put_nowait(shown)

    async def _attachment(self, request: Request) -> Response:
        file = self.telegram.files.get(request.path_params["id"])
        if file is None:
            return Response(status_code=404)
        safe = file.mime if file.mime.startswith(("image/", "audio/")) else ""
        headers = {"x-content-type-options": "nosniff", "content-security-policy": "sandbox"}
        return Response(file.data, media_type=safe or "application/octet-stream", headers=headers)

    # Doing

    async def _act(self, request: Request) -> Response:
        asked = await _json(request)
        try:
            person = self.telegram.people[asked.pop("person")]
            chat = self._chat(person, asked.pop("chat", None))
            verb = asked.pop("verb")
            for part in [asked, *asked.get("parts", ())]:
                if "data" in part:
                    part["data"] = base64.b64decode(part["data"], validate=True)
            result, _ = self.telegram.act(person, _ACTS[verb], chat, **asked)
        except ActError as error:
            return JSONResponse({"error": str(error)}, 409)
        except (KeyError, TypeError, binascii.Error) as error:
            return JSONResponse({"error": f"That cannot be read: {error!r}"}, 400)
        return JSONResponse({"result": _told(result)})

    def _chat(self, person: Person, number: int | None) -> Chat:
        if number == self.stage.desk.id:
            return self.stage.desk
        return self.telegram.private_chat(self.stage.bot, person)

    async def _newcomer(self, request: Request) -> Response:
        asked = await _json(request)
        name = str(asked.get("name", "")).strip()[:64] or "Somebody"
        language = str(asked.get("language", "en"))[:2]
        person = self.telegram.add_person(name, language=language)
        self.stage.requesters.append(person)
        self._notice((Event("person"),))
        return JSONResponse({"id": person.id})

    async def _clock(self, request: Request) -> Response:
        seconds = (await _json(request)).get("seconds")
        if self._forward is None or not isinstance(seconds, int) or seconds <= 0:
            return JSONResponse({"error": "The clock only goes forward, and only here."}, 409)
        await self._forward(timedelta(seconds=seconds))
        self._notice((Event("person"),))
        return JSONResponse({"now": self.telegram.now().isoformat()})


async def _json(request: Request) -> dict[str, Any]:
    if request.headers.get("content-type", "").partition(";")[0] != "application/json":
        return {}
    try:
        read = await request.json()
    except ValueError:
        return {}
    return read if isinstance(read, dict) else {}


def _told(result: object) -> object:
    if isinstance(result, Message | Topic):
        return {"id": result.id}
    return result if isinstance(result, str) else None


def _shown(message: Message, bot: Bot) -> Json:
    """Return a message with what only clients see: reactions and whose it is."""
    emoji = [e for reactions in message.reactions.values() for e in reactions]
    extra: Json = {"from_bot": message.sender is bot, "reactions": emoji}
    if message.topic is not None and message.reply_to is not None:
        is_first = message.reply_to.id == message.topic.id
        extra["is_plain"] = is_first  # hangs on its topic, answers nothing
    return message.public() | extra


def _phone(chat: Chat, bot: Bot) -> Json:
    return {
        "is_started": chat.is_started,
        "is_blocked": chat.is_blocked,
        "keyboard": chat.keyboard,
        "commands": _menu(bot, chat.person.language if chat.person else "", "all_private_chats"),
        "pinned": chat.pinned,
        "messages": [_shown(message, bot) for message in chat.messages.values()],
    }


def _menu(bot: Bot, language: str, scope: str) -> list[Json]:
    """Return the menu that a client shows: the narrowest scope, then the person's language."""
    keys = ((s, lang) for s in (scope, "default") for lang in (language, ""))
    return next((bot.commands[key] for key in keys if bot.commands.get(key)), [])


def _desk(desk: Chat, bot: Bot) -> Json:
    return {
        "id": desk.id,
        "title": desk.title,
        "pinned": desk.pinned,
        "commands": _menu(bot, "", f"chat:{desk.id}"),
        "topics": [
            {
                "id": topic.id,
                "name": topic.name,
                "icon": ICONS.get(topic.icon, ""),
                "color": topic.icon_color,
                "is_closed": topic.is_closed,
            }
            for topic in desk.topics.values()
        ],
        "messages": [_shown(message, bot) for message in desk.messages.values()],
    }
