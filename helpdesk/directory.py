"""Asks the company's own records who is a customer: a file of keyed hashes, a service, a command.

Each answers `tickets.directory.Directory` with an opaque account key, equal for every address of
one customer.  Nothing is kept here; an address never stands in a log or on a command line.

- csv: two columns, `address_hash,account`; the hash is HMAC-SHA256 of the normalised address with
  the token, in hex (`hash_address`), so the file names nobody.
- http: POST {"address": …} as JSON, signed; answers {"account": "…"} or {"account": null}.
- command: the address on standard input, the account on standard output; nothing means none.
"""

from __future__ import annotations

import asyncio
import csv
import hmac
import json
import shlex
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

import httpx

from helpdesk.config import DirectorySettings
from helpdesk.signing import sign
from tickets.directory import Account, Directory, DirectoryError
from vault.addresses import normalise_address

_SECONDS: Final = 10.0
_LONGEST: Final = 4096  # bytes of an answer


def open_directory(settings: DirectorySettings) -> Directory | None:
    """Return what the configuration names, or None."""
    token = settings.token.get_secret_value().encode()
    match settings.kind:
        case "csv":
            return CsvDirectory(Path(settings.source), token)
        case "http":
            return HttpDirectory(settings.source, token)
        case "command":
            return CommandDirectory(shlex.split(settings.source))
        case _:
            return None


def hash_address(address: str, token: bytes) -> str:
    """Return what stands for an address in the file."""
    return hmac.digest(token, normalise_address(address).encode(), "sha256").hex()


class CsvDirectory:
    """A file that is read anew when it changes."""

    def __init__(self, path: Path, token: bytes) -> None:
        self._path = path
        self._token = token
        self._read_at: tuple[int, int] | None = None
        self._accounts: dict[str, str] = {}

    async def look_up(self, address: str) -> Account | None:
        """Return the account of an address."""
        try:
            await asyncio.to_thread(self._refresh)
        except (OSError, ValueError, csv.Error) as exc:
            raise DirectoryError("the directory's file cannot be read") from exc
        account = self._accounts.get(hash_address(address, self._token))
        return Account(account) if account else None

    def _refresh(self) -> None:
        state = self._path.stat()
        seen = (state.st_mtime_ns, state.st_size)
        if seen == self._read_at:
            return
        with self._path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            if not {"address_hash", "account"} <= set(rows.fieldnames or ()):
                raise ValueError("no columns address_hash and account")
            accounts = {row["address_hash"].strip().lower(): row["account"] for row in rows}
        self._accounts, self._read_at = accounts, seen


class HttpDirectory:
    """A service of the company's; every request carries its time and a signature."""

    def __init__(
        self,
        url: str,
        token: bytes,
        *,
        transport: httpx.AsyncBaseTransport | None = None,
        now: Callable[[], float] = time.time,
    ) -> None:
        self._url = url
        self._token = token
        self._transport = transport
        self._now = now

    async def look_up(self, address: str) -> Account | None:
        """Return the account of an address."""
        body = json.dumps({"address": normalise_address(address)}, ensure_ascii=False).encode()
        moment = int(self._now())
        headers = {
            "Content-Type": "application/json",
            "X-Helpdesk-Time": str(moment),
            "X-Helpdesk-Signature": sign(self._token, moment, body),
        }
        try:
            async with httpx.AsyncClient(timeout=_SECONDS, transport=self._transport) as client:
                answer = await client.post(self._url, content=body, headers=headers)
            answer.raise_for_status()
            account = answer.json()["account"]
        except (httpx.HTTPError, httpx.InvalidURL, ValueError, KeyError, TypeError):
            # Its words may hold the address: they are dropped with their cause.
            raise DirectoryError("the directory's service did not answer as agreed") from None
        return _account(account)


class CommandDirectory:
    """A program of the company's, such as a query of its database."""

    def __init__(self, command: Sequence[str]) -> None:
        self._command = tuple(command)

    async def look_up(self, address: str) -> Account | None:
        """Return the account of an address."""
        pipe = asyncio.subprocess.PIPE
        try:
            process = await asyncio.create_subprocess_exec(
                *self._command, stdin=pipe, stdout=pipe, stderr=asyncio.subprocess.DEVNULL
            )
        except OSError as exc:
            raise DirectoryError("the directory's command does not start") from exc
        try:
            async with asyncio.timeout(_SECONDS):
                told, _ = await process.communicate(normalise_address(address).encode())
        except TimeoutError:
            process.kill()
            await process.wait()
            raise DirectoryError("the directory's command took too long") from None
        if process.returncode != 0 or len(told) > _LONGEST:
            raise DirectoryError("the directory's command failed")
        return _account(told.decode("utf-8", "replace").strip())


def _account(key: object) -> Account | None:
    if key is None or key == "":
        return None
    if not isinstance(key, str) or len(key) > _LONGEST:
        raise DirectoryError("the directory named an account in a way that is not agreed")
    return Account(key)
