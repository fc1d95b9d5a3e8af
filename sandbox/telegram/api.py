"""The pure core: people act, bots call, both return what came of it and the events.

    telegram = Telegram(now)
    desk_bot = telegram.add_bot("7000000001:secret", "Privacy desk", "desk_bot")
    mia = telegram.add_person("Mia")
    telegram.act(mia, "write", chat=telegram.private_chat(desk_bot, mia), text="Hello")
    telegram.call(desk_bot.token, "getUpdates", {}).result

It does no I/O and knows no web: `bot_door` and `people_door` are its two doors.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal

from sandbox.telegram.acts import ACTS
from sandbox.telegram.formatting import Json
from sandbox.telegram.methods import METHODS, paced_messages
from sandbox.telegram.network import Event, Network, Query
from sandbox.telegram.nouns import Chat, Person
from sandbox.telegram.parameters import Upload, checked
from sandbox.telegram.refusals import ActError, ApiError, too_many
from sandbox.telegram.sending import Call

FaultKind = Literal["flood", "error", "timeout", "cut"]


@dataclass
class Fault:
    """Something that goes wrong with the next fitting call.

    `flood` answers 429, `error` 500; `timeout` never answers, `cut` breaks the connection.  With
    `after`, the call takes effect all the same.
    """

    kind: FaultKind
    method: str | None = None  # any
    chat_id: int | None = None  # any
    after: bool = False
    seconds: int = 3  # of a flood

    def fits(self, method: str, params: Mapping[str, Any]) -> bool:
        """Whether a call is the one; polls are only when named."""
        if self.method is None and method == "getUpdates":
            return False
        is_method = self.method in (None, method)
        return is_method and self.chat_id in (None, _number(params.get("chat_id")))


@dataclass(frozen=True)
class Answer:
    """What a call came to; `broken` instead of any answer, `events` what it changed."""

    body: Json
    events: tuple[Event, ...] = ()
    status: int = 200
    broken: Literal["timeout", "cut"] | None = None

    @property
    def result(self) -> Any:  # noqa: ANN401 - each method has its own
        """The result of a call that went well."""
        return self.body["result"]


@dataclass(frozen=True)
class Called:
    """A line in the record of calls."""

    at: datetime
    bot: int
    method: str
    chat_id: int | None
    status: int
    description: str = ""


@dataclass(frozen=True)
class ProtocolError:
    """A call that a well-written bot does not make."""

    at: datetime
    method: str
    description: str
    params: Json = field(default_factory=dict)


class Telegram(Network):
    """The Bot API and its world, without a wire.

    Attributes: `protocol_errors` (what tests assert to be empty), `calls` (the record, newest
    last), `faults` (to come), `listeners` (told after each change, with its events).
    """

    def __init__(self, now: Callable[[], datetime], **wishes: Any) -> None:  # noqa: ANN401
        super().__init__(now, **wishes)
        self.protocol_errors: list[ProtocolError] = []
        self.calls: deque[Called] = deque(maxlen=50_000)
        self.faults: list[Fault] = []
        self.listeners: list[Callable[[tuple[Event, ...]], None]] = []
        self.is_closing = False

    def close(self) -> None:
        """Tell the doors to let go of whoever waits."""
        self.is_closing = True
        self.tell("closing")
        self._drain()

    def act(
        self,
        person: Person,
        verb: str,
        chat: Chat,
        **details: Any,  # noqa: ANN401 - each act has its own
    ) -> tuple[Any, tuple[Event, ...]]:
        """Let a person do something; return its result and the events.

        The verbs and their details are those of `acts.ACTS`.  Raises ActError.
        """
        if verb not in ACTS:
            raise ActError(f"Nobody can {verb}.")
        result = ACTS[verb](self, person, chat, **details)
        return result, self._drain()

    def call(
        self,
        token: str,
        method: str,
        params: Mapping[str, Any] | None = None,
        files: Mapping[str, Upload] | None = None,
    ) -> Answer:
        """Call a method as a bot does."""
        params, files = params or {}, files or {}
        line = _line(method, params)
        fault = next((f for f in self.faults if f.fits(method, params)), None)
        if fault is not None:
            self.faults.remove(fault)
        try:
            if fault is not None and not fault.after:
                self._fail(fault, line)
            result = self._run(token, method, params, files)
            if fault is not None:
                self._fail(fault, line)
        except ApiError as error:
            if error.is_fault:
                self.blame(method, error.description, params)
            answer = Answer(error.body(), self._drain(), error.code)
        except _BrokenError as broken:
            kind: Literal["timeout", "cut"] = "cut" if broken.args[0] == "cut" else "timeout"
            answer = Answer({"description": kind}, self._drain(), 0, kind)
        else:
            answer = Answer({"ok": True, "result": result}, self._drain())
        self._record(token, method, params, answer)
        return answer

    def _run(
        self,
        token: str,
        method: str,
        params: Mapping[str, Any],
        files: Mapping[str, Upload],
    ) -> object:
        bot = self.bots.get(token)
        if bot is None:
            raise ApiError(401, "Unauthorized", is_fault=True)
        if method not in METHODS:
            raise ApiError(404, "Not Found: method not found", is_fault=True)
        given, unknown = checked(method, params, files)
        if unknown:
            self.blame(method, f"unknown parameters: {', '.join(unknown)}", params)
        call = Call(self, bot, method, given, dict(files))
        self._pace(call)
        return METHODS[method](call)

    def _pace(self, call: Call) -> None:
        pacer, now = self.pacers[call.bot.id], self.now()
        if pacer.must_wait(_line(call.method, call.given), now):
            self.blame(call.method, "called before retry_after had passed", call.given)
        messages = paced_messages(call)
        if not messages:
            return
        chat = call.chat()
        if wait := pacer.admit(chat.id, messages, now, is_private=chat.is_private):
            raise too_many(wait)

    def _fail(self, fault: Fault, line: int | str) -> None:
        if fault.kind == "flood":
            for pacer in self.pacers.values():
                pacer.hold(line, fault.seconds, self.now())
            raise too_many(fault.seconds)
        if fault.kind == "error":
            raise ApiError(500, "Internal Server Error")
        raise _BrokenError(fault.kind)

    def blame(self, method: str, description: str, params: Mapping[str, Any]) -> None:
        """List a protocol error."""
        self.protocol_errors.append(ProtocolError(self.now(), method, description, dict(params)))

    def unanswered(self) -> list[Query]:
        """Return the pressed buttons that no bot has answered."""
        return [query for query in self.queries.values() if query.answer is None]

    def _drain(self) -> tuple[Event, ...]:
        events = tuple(self.events)
        self.events.clear()
        for listener in [*self.listeners] if events else ():
            listener(events)
        return events

    def _record(self, token: str, method: str, params: Mapping[str, Any], answer: Answer) -> None:
        bot = self.bots.get(token)
        said = "" if answer.body.get("ok") else str(answer.body.get("description"))
        chat_id = _number(params.get("chat_id"))
        line = Called(self.now(), bot.id if bot else 0, method, chat_id, answer.status, said)
        self.calls.append(line)


class _BrokenError(Exception):
    """No answer at all."""


def _line(method: str, params: Mapping[str, Any]) -> int | str:
    """Return what a `retry_after` holds for: the chat, else the query, else the method."""
    chat = _number(params.get("chat_id"))
    return str(params.get("callback_query_id") or method) if chat is None else chat


def _number(value: object) -> int | None:
    try:
        return int(str(value))
    except ValueError:
        return None
