"""An IMAP server in a page, for what no good server does; its manners are overridden one by one.

It knows one folder, INBOX, one user and only the commands that the watch uses.  Mails are bytes
by UID.  Every command line that it was given is kept in `heard`.
"""

from __future__ import annotations

import asyncio
import contextlib
import re
from typing import Self

from mail.imap_text import read_uid_set
from mail.settings import MailboxSettings

SIZE = re.compile(r"BODY\.PEEK\[\](?:<(\d+)\.(\d+)>)?")


class Scripted:
    """The server; a test overrides what it wants to be otherwise."""

    before_login = "IMAP4rev1 SASL-IR AUTH=XOAUTH2"
    after_login = "IMAP4rev1 IDLE UIDPLUS MOVE"
    flags = r"(\Seen \Deleted \*)"

    def __init__(self) -> None:
        self.mails: dict[int, bytes] = {}
        self.marked: dict[int, str] = {}
        self.heard: list[str] = []
        self.uidvalidity = 1
        self.is_logged_in = False
        self._server: asyncio.Server | None = None
        self._sessions: set[asyncio.Task[None]] = set()
        self.writers: set[asyncio.StreamWriter] = set()

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._session, "127.0.0.1", 0)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._sessions:
            task.cancel()
        await asyncio.gather(*self._sessions, return_exceptions=True)

    @property
    def port(self) -> int:
        assert self._server is not None
        return int(self._server.sockets[0].getsockname()[1])

    def settings(self, **more: object) -> MailboxSettings:
        given: dict[str, object] = {
            "name": "scripted",
            "address": "support@example.test",
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "username": "support",
        }
        if "oauth2" not in more:
            given["password"] = "secret"
        return MailboxSettings.model_validate(given | more)

    def count(self, command: str) -> int:
        return sum(line.split(" ", 1)[1].startswith(command) for line in self.heard)

    # Its manners.

    async def greet(self, send) -> None:
        await send("* OK ready")

    async def on_login(self, tag: str, rest: str, send) -> None:
        self.is_logged_in = True
        await send(f"{tag} OK in")

    async def on_authenticate(self, tag: str, rest: str, send) -> None:
        await self.on_login(tag, rest, send)

    async def on_capability(self, tag: str, rest: str, send) -> None:
        words = self.after_login if self.is_logged_in else self.before_login
        await send(f"* CAPABILITY {words}", f"{tag} OK")

    async def on_id(self, tag: str, rest: str, send) -> None:
        await send('* ID ("name" "scripted")', f"{tag} OK")

    async def on_noop(self, tag: str, rest: str, send) -> None:
        await send(f"{tag} OK")

    async def on_logout(self, tag: str, rest: str, send) -> None:
        await send("* BYE", f"{tag} OK")

    async def on_select(self, tag: str, rest: str, send) -> None:
        await send(
            f"* {len(self.mails)} EXISTS",
            f"* OK [UIDVALIDITY {self.uidvalidity}] valid",
            f"* OK [UIDNEXT {max(self.mails, default=0) + 1}] next",
            f"* OK [PERMANENTFLAGS {self.flags}] limited",
            f"{tag} OK [READ-WRITE] selected",
        )

    async def on_uid_search(self, tag: str, rest: str, send) -> None:
        uids = sorted(self.mails)
        if match := re.search(r"UID (\d+):\*", rest):
            uids = [u for u in uids if u >= int(match[1])] or uids[-1:]
        await send(f"* SEARCH {' '.join(map(str, uids))}".rstrip(), f"{tag} OK done")

    async def on_uid_fetch(self, tag: str, rest: str, send) -> None:
        uids, _, items = rest.partition(" ")
        for number, uid in enumerate(sorted(self.mails), 1):
            if uid in read_uid_set(uids.encode()):
                await send(self.item(number, uid, items))
        await send(f"{tag} OK done")

    def item(self, number: int, uid: int, items: str) -> bytes:
        raw = self.mails[uid]
        head = f'* {number} FETCH (UID {uid} INTERNALDATE " 1-Nov-2026 08:00:00 +0800"'
        head += f" RFC822.SIZE {len(raw)}"
        if match := SIZE.search(items):
            start, length = int(match[1] or 0), int(match[2] or len(raw))
            part = raw[start : start + length]
            place = f"<{start}>" if match[1] else ""
            return f"{head} BODY[]{place} {{{len(part)}}}\r\n".encode() + part + b")"
        return f"{head})".encode()

    async def on_uid_store(self, tag: str, rest: str, send) -> None:
        uids, _, what = rest.partition(" ")
        self.marked |= dict.fromkeys(read_uid_set(uids.encode()), what)
        await send(f"{tag} OK done")

    async def on_idle(self, tag: str, rest: str, send) -> None:
        await send("+ idling")

    async def on_done(self, tag: str, send) -> None:
        await send(f"{tag} OK idled")

    async def push(self, *lines: str) -> None:
        """Say something to every session."""
        for writer in list(self.writers):
            writer.write("".join(f"{line}\r\n" for line in lines).encode())

    # How it runs.

    async def _session(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._sessions.add(task)
        self.writers.add(writer)

        async def send(*lines: str | bytes) -> None:
            for line in lines:
                writer.write((line if isinstance(line, bytes) else line.encode()) + b"\r\n")
            await writer.drain()

        try:
            await self.greet(send)
            idle_tag = ""
            while data := await reader.readline():
                line = data.decode().rstrip("\r\n")
                if line == "DONE":
                    await self.on_done(idle_tag, send)
                    continue
                self.heard.append(line)
                tag, _, rest = line.partition(" ")
                name, _, rest = rest.partition(" ")
                if name == "UID":
                    second, _, rest = rest.partition(" ")
                    name = f"uid_{second}"
                idle_tag = tag
                await getattr(self, f"on_{name.lower()}")(tag, rest, send)
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self.writers.discard(writer)
            writer.close()
            with contextlib.suppress(ConnectionError, asyncio.CancelledError):
                await writer.wait_closed()
            self._sessions.discard(task)
