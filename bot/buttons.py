"""Buttons under messages, and what comes back when somebody presses one.

Callback data is `v1:<step>:<argument>…:<nonce>`, at most 64 bytes.  It comes from outside: anyone
may send any, so it names things and authorises nothing.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlsplit

from bot.content import one_line

_VERSION: Final = "v1"
_BYTES: Final = 64
_LABEL: Final = 60  # characters; longer ones are not shown whole on a phone
_MOST: Final = 100  # buttons under one message
_WORD: Final = re.compile(r"[A-Za-z0-9_.-]*\Z")
_STYLES: Final = frozenset(("", "primary", "success", "danger"))


@dataclass(frozen=True, slots=True)
class Button:
    """One button: it sends data back, or opens a link."""

    label: str
    data: str = ""
    url: str = ""
    style: str = ""  # "primary", "success", "danger"


@dataclass(frozen=True, slots=True)
class Press:
    """What a button's data says."""

    step: str
    args: tuple[str, ...] = ()
    nonce: str = ""


def new_nonce() -> str:
    """Return what tells the buttons of one message from those of an older one."""
    return secrets.token_hex(3)


def write_data(step: str, *args: str, nonce: str = "") -> str:
    """Return callback data; raise `ValueError` for a word that would not come back whole."""
    words = (step, *args, nonce)
    if not step or not all(_WORD.match(word) for word in words):
        raise ValueError(f"no callback data: {words!r}")
    data = ":".join((_VERSION, *words))
    if len(data.encode()) > _BYTES:
        raise ValueError(f"callback data over {_BYTES} bytes: {data}")
    return data


def read_data(data: str) -> Press | None:
    """Return what was written, or None for anything that we never wrote."""
    version, *words = data.split(":")
    if version != _VERSION or len(words) < 2 or len(data) > _BYTES:  # noqa: PLR2004
        return None
    if not words[0] or not all(_WORD.match(word) for word in words):
        return None
    return Press(words[0], tuple(words[1:-1]), words[-1])


def keyboard(rows: Iterable[Sequence[Button]]) -> dict[str, Any]:
    """Return `reply_markup`; a link that Telegram would refuse is left out (`is_link`)."""
    shown = [[_button(one) for one in row if not one.url or is_link(one.url)] for row in rows]
    kept = [row for row in shown if row]
    if sum(len(row) for row in kept) > _MOST:
        raise ValueError(f"over {_MOST} buttons")
    return {"inline_keyboard": kept}


def is_link(url: str) -> bool:
    """Tell whether Telegram takes an address in a button: its host must have a dot."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    if parts.scheme == "tg":
        return True
    return parts.scheme in {"http", "https"} and "." in host.strip(".")


def _button(button: Button) -> dict[str, str]:
    label = one_line(button.label) or "·"
    if len(label) > _LABEL:
        label = f"{label[: _LABEL - 1].rstrip()}…"
    if bool(button.data) is bool(button.url) or button.style not in _STYLES:
        raise ValueError(f"a button has data or a link, and a known style: {button!r}")
    told = {"text": label}
    told |= {"url": button.url} if button.url else {"callback_data": button.data}
    return told | ({"style": button.style} if button.style else {})
