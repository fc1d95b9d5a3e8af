"""Speak `helpdesk deadlines`: JSON lines of requests in, JSON lines of dates out.

Needs no config and never fails on input: a line that cannot be understood gives null dates and a
`why` that says what is wrong.  The arithmetic is in `deadlines.py`.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import date, datetime
from typing import Any, TextIO
from zoneinfo import ZoneInfo

from regimes.calendars import calendar, codes
from regimes.deadlines import Deadlines, Event, EventType, Settings, Step, deadlines
from regimes.regime import RegimeError, Right, load

ZONE = "Asia/Shanghai"
"""Where the controller sits, if neither the line nor a config says otherwise."""

DATES = ("acknowledge_due", "respond_due", "internal_due", "extendable_until")


class _Bad(ValueError):
    """A line is not what the contract says; the message is for whoever wrote it."""


def main(  # noqa: PLR0913  - every argument by keyword
    *,
    batch: bool,
    explain: bool,
    stdin: TextIO,
    stdout: TextIO,
    zone: str = ZONE,
    config: Settings | None = None,
) -> int:
    """Answer every request on `stdin`; returns the exit code, which is always 0.

    With `batch` each line is answered and flushed before the next is read.  Without, the input
    may also be one JSON object over several lines.  `explain` writes for people instead of JSON.
    """
    for text in _requests(stdin, batch=batch):
        answer, steps = respond(text, zone=zone, config=config)
        stdout.write(_for_people(answer, steps) if explain else json.dumps(answer) + "\n")
        stdout.flush()
    return 0


def _requests(stdin: TextIO, *, batch: bool) -> Iterator[str]:
    if not batch:
        whole = stdin.read()
        try:
            json.loads(whole)
        except ValueError:
            yield from filter(str.strip, whole.splitlines())
        else:
            yield whole
        return
    for line in iter(stdin.readline, ""):
        if line.strip():
            yield line


def respond(
    text: str, *, zone: str = ZONE, config: Settings | None = None
) -> tuple[dict[str, Any], tuple[Step, ...]]:
    """Return the answer to one request as JSON values, and its steps; never raises on any text."""
    identifier: object = None
    try:
        request = _object(text)
        identifier = request.get("id")
        found = _derive(request, zone, config)
    except (_Bad, RegimeError) as exc:
        return _answer(identifier, None, (f"bad input: {exc}",)), ()
    except OverflowError:
        return _answer(identifier, None, ("bad input: a date lies past the year 9999",)), ()
    why = tuple(f"{step.article}: {step.sentence}" for step in found.why)
    return _answer(identifier, found, why), found.why


def _answer(identifier: object, found: Deadlines | None, why: tuple[str, ...]) -> dict[str, Any]:
    dates = {name: getattr(found, name, None) for name in DATES}
    return {
        "id": identifier,
        **{name: day.isoformat() if day else None for name, day in dates.items()},
        "why": list(why),
    }


def _object(text: str) -> dict[str, Any]:
    try:
        request = json.loads(text)
    except (ValueError, RecursionError) as exc:
        raise _Bad(f"not JSON ({exc})") from exc
    if not isinstance(request, dict):
        raise _Bad("not a JSON object")
    return request


def _derive(request: Mapping[str, Any], zone: str, config: Settings | None) -> Deadlines:
    where = _zone(request.get("tz") or zone)
    return deadlines(
        load(_text(request, "regime")),
        _right(_text(request, "right")),
        _events(request),
        zone=where,
        calendar=_calendar(request.get("calendar")),
        config=config,
    )


def _text(request: Mapping[str, Any], key: str) -> str:
    value = request.get(key)
    if not isinstance(value, str) or not value:
        raise _Bad(f"{key}: text is missing")
    return value


def _right(value: str) -> Right:
    try:
        return Right(value)
    except ValueError as exc:
        raise _Bad(f"right: {value!r} is none of {', '.join(Right)}") from exc


def _zone(value: object) -> ZoneInfo:
    try:
        return ZoneInfo(str(value))
    except (OSError, ValueError, KeyError) as exc:
        raise _Bad(f"tz: {value!r} is no time zone") from exc


def _calendar(code: object) -> Any:  # noqa: ANN401
    if code is not None and code not in codes():
        raise _Bad(f"calendar: {code!r} is none of {', '.join(codes())}, null")
    return calendar(code)


def _events(request: Mapping[str, Any]) -> list[Event]:
    given = request.get("events") or []
    if not isinstance(given, list):
        raise _Bad("events: not a list")
    events = [_event(item, f"events[{index}]") for index, item in enumerate(given)]
    if request.get("received") is not None:
        events.append(Event(EventType.RECEIVED, on=_day(request["received"], "received")))
    elif request.get("received_at") is not None:
        at = _moment(request["received_at"], "received_at")
        events.append(Event(EventType.RECEIVED, at=at))
    elif not any(event.type is EventType.RECEIVED for event in events):
        raise _Bad("received or received_at: one of them is needed")
    return events


def _event(item: object, where: str) -> Event:
    if not isinstance(item, dict):
        raise _Bad(f"{where}: not an object")
    try:
        kind = EventType(str(item.get("type")))
    except ValueError as exc:
        raise _Bad(f"{where}.type: {item.get('type')!r} is none of {', '.join(EventType)}") from exc
    until = item.get("until")
    until = None if until is None else _day(until, f"{where}.until")
    if item.get("at") is not None:
        return Event(kind, at=_moment(item["at"], f"{where}.at"), until=until)
    return Event(kind, on=_day(item.get("on"), f"{where}.on"), until=until)


def _day(value: object, where: str) -> date:
    try:
        return date.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as exc:
        raise _Bad(f"{where}: {value!r} is no date (YYYY-MM-DD)") from exc


def _moment(value: object, where: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value if isinstance(value, str) else "")
    except ValueError as exc:
        raise _Bad(f"{where}: {value!r} is no moment (YYYY-MM-DDThh:mm:ssZ)") from exc
    if moment.utcoffset() is None:
        raise _Bad(f"{where}: {value!r} has no offset from UTC")
    return moment


def _for_people(answer: Mapping[str, Any], steps: tuple[Step, ...]) -> str:
    lines = [f"{answer['id']}"]
    lines += [f"  {name.replace('_', ' '):17} {answer[name] or '-'}" for name in DATES]
    lines += [f"    {step.article}\n        {step.sentence}" for step in steps]
    if not steps:
        lines += [f"    {sentence}" for sentence in answer["why"]]
    return "\n".join(lines) + "\n\n"
