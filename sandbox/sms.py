"""A gateway for text messages on loopback: takes what is signed, keeps it for its reader.

POST {"id": …, "to": "+49…", "text": …} with `X-Helpdesk-Time` (seconds since 1970) and
`X-Helpdesk-Signature` (HMAC-SHA-256 over the seconds, a dot and the body, in hex).  A wrong or old
signature is refused with 401, a message that cannot be sent with 400 or 404; an id that came before
is taken once.  Numbers that begin with +999 belong to nobody, so that a failure can be tried.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Literal

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from sandbox.serving import serving
from sandbox.texts import NUMBER, TextMessage, keep_text

PORT: Final = 8082
_FILE: Final = "secret"
NOBODY: Final = "+999"
"""How numbers begin that nobody has."""

_OLD: Final = 300  # seconds: what is signed longer ago is not taken
_LONGEST: Final = 1600  # characters, ten parts
_LARGEST: Final = 64 * 1024  # bytes of a request

Fault = int | Literal["cut"]
"""What the gateway does instead: a status, or it takes the message and never says so."""


@dataclass
class Gateway:
    """Takes messages and keeps them, a file for each number."""

    directory: Path
    secret: bytes
    clock: Callable[[], float] = time.time
    faults: deque[Fault] = field(default_factory=deque)
    url: str = ""
    _taken: dict[str, str] = field(default_factory=dict)  # their id → ours

    @property
    def secret_path(self) -> Path:
        """Where the secret lies that requests are signed with."""
        return (self.directory / _FILE).absolute()

    def application(self) -> Starlette:
        """Return the gateway's door."""
        return Starlette(routes=[Route("/send", self._send, methods=["POST"])])

    async def _send(self, request: Request) -> Response:
        body = await request.body()
        if len(body) > _LARGEST or not self._is_signed(request, body):
            return _refused(401, "not signed, or too large")
        fault = self.faults.popleft() if self.faults else None
        if isinstance(fault, int):
            headers = {"Retry-After": "1"} if fault in {429, 503} else None
            return _refused(fault, "as told", headers)
        try:
            ours = await self._take(*_read(body))
        except LookupError as exc:
            return _refused(404, str(exc))
        except ValueError as exc:
            return _refused(400, str(exc))
        if fault == "cut":
            return StreamingResponse(_cut(), status_code=200, headers={"Content-Length": "100"})
        return JSONResponse({"id": ours}, status_code=202)

    async def _take(self, identifier: str, number: str, text: str) -> str:
        """Keep a message unless it came before; return our id for it."""
        if number.startswith(NOBODY):
            raise LookupError("nobody has this number")
        if identifier not in self._taken:
            ours = self._taken[identifier] = secrets.token_hex(8)
            moment = datetime.fromtimestamp(self.clock(), UTC).isoformat()
            message = TextMessage(ours, number, text, moment)
            await asyncio.to_thread(keep_text, self.directory, message)
        return self._taken[identifier]

    def _is_signed(self, request: Request, body: bytes) -> bool:
        stamp = request.headers.get("X-Helpdesk-Time", "")
        if not (stamp.isascii() and stamp.isdigit()) or len(stamp) > len("9999999999"):
            return False
        told = stamp.encode() + b"." + body
        signed = hmac.new(self.secret, told, hashlib.sha256).hexdigest()
        given = request.headers.get("X-Helpdesk-Signature", "")
        is_ours = hmac.compare_digest(signed.encode(), given.encode())
        return is_ours and abs(self.clock() - int(stamp)) <= _OLD


def _read(body: bytes) -> tuple[str, str, str]:
    """Return id, number and text of a request, or raise `ValueError`."""
    try:
        told = json.loads(body)
        identifier, number, text = (str(told[name]) for name in ("id", "to", "text"))
    except (KeyError, TypeError) as exc:
        raise ValueError("id, to and text are needed") from exc
    if not NUMBER.fullmatch(number) or not text or len(text) > _LONGEST:
        raise ValueError("not a number, or no text that can be sent")
    return identifier, number, text


async def _cut() -> AsyncIterator[bytes]:
    """Begin an answer and never end it."""
    yield b"{"
    raise ConnectionAbortedError


def _secret(path: Path) -> bytes:
    """Return the secret that lies at `path`, made where there is none."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_hex(16), encoding="utf-8")
    return path.read_text("utf-8").strip().encode()


def _refused(status: int, why: str, headers: dict[str, str] | None = None) -> Response:
    return JSONResponse({"error": why}, status_code=status, headers=headers)


@asynccontextmanager
async def open_gateway(
    directory: Path,
    *,
    host: str = "127.0.0.1",
    port: int = PORT,
    clock: Callable[[], float] = time.time,
) -> AsyncIterator[Gateway]:
    """Serve a gateway for as long as the block runs; its secret lies in `directory`."""
    gateway = Gateway(directory, _secret(directory / _FILE), clock)
    async with serving(gateway.application(), host=host, port=port) as root:
        gateway.url = f"{root}/send"
        yield gateway
