"""One IMAP connection that always answers or ends.

What aioimaplib cannot do is worked around here and in `mail.imap_client`, each time with the reason
beside it; the rule for all else is: any timeout, any surprise, and the connection is thrown away.
What a mailbox is for is not known here.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Awaitable, Iterable, Sequence
from typing import Any, Self, TypeVar

from mail.errors import CommandRefused, ConnectionGone, ImapError, LoginRefused
from mail.imap_client import Client, Protocol
from mail.imap_text import (
    CopyUid,
    Fetched,
    Line,
    ListedFolder,
    Selected,
    encode_folder,
    quoted,
    read_code,
    read_copyuid,
    read_fetch,
    read_list,
    read_search,
    read_select,
    uid_set,
)
from mail.oauth import TokenError, TokenSource
from mail.pace import Patience
from mail.settings import MailboxSettings

_TRY_LATER = {"UNAVAILABLE", "INUSE", "LIMIT", "SERVERBUG"}  # RFC 5530 3
PIECE = 1 << 20  # bytes of one partial fetch

T = TypeVar("T")


class ImapConnection:
    """A logged-in connection; one command at a time, each with an end."""

    def __init__(self, settings: MailboxSettings, patience: Patience) -> None:
        self._settings = settings
        self._patience = patience
        self._loop = asyncio.get_running_loop()
        self._gone: asyncio.Future[str] = self._loop.create_future()
        self._turn = asyncio.Lock()
        self._silence: asyncio.Timeout | None = None
        self._idling: asyncio.Future[Any] | None = None
        self._protocol = Protocol(self._loop, self._heard, self._lost)
        self._client: Any = Client(settings, self._protocol)

    @classmethod
    async def open(
        cls, settings: MailboxSettings, *, token: TokenSource | None = None, patience: Patience
    ) -> Self:
        """Connect, log in, introduce ourselves; raise `LoginRefused` or `ConnectionGone`."""
        try:
            connection = cls(settings, patience)
        except OSError as exc:  # the file of authorities is missing or is none
            raise ConnectionGone(f"ca_file: {type(exc).__name__}") from exc
        try:
            await connection._call(
                connection._client.wait_hello_from_server(), quiet=patience.connect
            )
            await connection._login(token)
        except BaseException:
            connection.abort("opening")
            raise
        return connection

    @property
    def is_gone(self) -> bool:
        """Tell whether this connection is of no more use."""
        return self._gone.done()

    @property
    def capabilities(self) -> frozenset[str]:
        """What the server said it can do, after login."""
        return frozenset(name.upper() for name in self._protocol.capabilities)

    def can(self, capability: str) -> bool:
        """Tell whether the server announced `capability` after login."""
        return capability in self.capabilities

    async def select(self, folder: str) -> Selected:
        """Open `folder` for reading and marking."""
        return read_select(await self._run("SELECT", self._client.select(_name(folder))))

    async def search(self, criteria: str = "ALL") -> list[int]:
        """Return the UIDs that match, ascending.  ASCII criteria only.

        No charset is sent: Exchange refuses UTF-8 with BADCHARSET.
        """
        return read_search(
            await self._run("SEARCH", self._client.uid_search(criteria, charset=None))
        )

    async def fetch_heads(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Fetch size and date of mails, without their bytes."""
        return await self._fetch(uids, "(UID RFC822.SIZE)")

    async def fetch(self, uids: Sequence[int]) -> dict[int, Fetched]:
        """Fetch whole mails without marking them read.

        What is missing in the answer is not there any more.  At most 200 at a time.
        """
        return await self._fetch(uids, f"({self._facts} BODY.PEEK[])")

    async def fetch_in_pieces(self, uid: int) -> Fetched | None:
        """Fetch one large mail piece by piece; None if it is not there any more.

        The end is where the server gives nothing more: announced sizes may be wrong.
        """
        first: Fetched | None = None
        raw = bytearray()
        while True:
            answer = await self._fetch([uid], f"({self._facts} BODY.PEEK[]<{len(raw)}.{PIECE}>)")
            piece = answer.get(uid)
            if piece is None:
                return None
            first = first or piece
            part = piece.raw or b""
            raw += part
            if not part or (len(part) < PIECE and len(raw) >= first.size):
                return Fetched(uid, first.internal_at, first.size, bytes(raw), first.email_id)

    async def add_flags(self, uids: Iterable[int], flags: str) -> None:
        """Set `flags` (written with spaces between) and leave all others as they are."""
        await self._run(
            "STORE", self._client.uid("STORE", uid_set(uids), "+FLAGS.SILENT", f"({flags})")
        )

    async def copy(self, uids: Iterable[int], folder: str) -> CopyUid | None:
        """Copy mails; return where they went, if the server tells."""
        return read_copyuid(
            await self._run("COPY", self._client.uid("COPY", uid_set(uids), _name(folder)))
        )

    async def move(self, uids: Iterable[int], folder: str) -> CopyUid | None:
        """Move mails (RFC 6851); return where they went, if the server tells."""
        return read_copyuid(
            await self._run("MOVE", self._client.uid("MOVE", uid_set(uids), _name(folder)))
        )

    async def expunge(self, uids: Iterable[int]) -> None:
        """Remove exactly these mails (RFC 4315); never a bare EXPUNGE."""
        await self._run("EXPUNGE", self._client.uid("EXPUNGE", uid_set(uids)))

    async def create(self, folder: str) -> None:
        """Make a folder."""
        await self._run("CREATE", self._client.create(_name(folder)))

    async def folders(self) -> list[ListedFolder]:
        """List all folders."""
        return read_list(await self._run("LIST", self._client.list('""', '"*"')))

    async def idle_begin(self) -> None:
        """Enter IDLE (RFC 2177); return when the server has said yes.

        Upstream's `idle_start` waits for ever if the server says BYE instead (issue #110).
        """
        self._idling = asyncio.ensure_future(self._protocol.idle())
        await self._call(self._idle_agreed(self._idling))
        if self._idling.done():
            self._idling = None
            raise CommandRefused("IDLE")

    async def idle_wait(self, seconds: float) -> bool:
        """Wait up to `seconds` for the server to speak; tell whether mail may have come."""
        push = self._protocol.idle_queue.get()
        try:
            lines: list[bytes] = await self._call(push, quiet=seconds, is_patient=True)
        except TimeoutError:
            return False
        if any(line.upper().startswith(b"BYE") for line in lines):
            self.abort("BYE")
            raise ConnectionGone("BYE")
        return any(b"EXISTS" in line or b"RECENT" in line for line in lines)

    async def idle_end(self) -> None:
        """Leave IDLE."""
        if self._idling is not None:
            idling, self._idling = self._idling, None
            self._client.idle_done()
            await self._run("IDLE", idling)

    def abort(self, why: str = "thrown away") -> None:
        """Throw the connection away, at once and without a word to the server."""
        self._lost(why)
        if self._protocol.transport is not None:
            self._protocol.transport.abort()
        pending = (self._client._client_task, self._idling)  # noqa: SLF001
        for task in (*self._client.tasks, *self._protocol.tasks, *pending):
            if task is not None:
                task.cancel()

    async def close(self) -> None:
        """Say goodbye if the server listens; then end."""
        if not self.is_gone and self._idling is None:
            with contextlib.suppress(ImapError):
                await self._call(self._client.logout(), quiet=min(1, self._patience.quiet))
        self.abort("closed")

    @property
    def _facts(self) -> str:
        facts = "UID INTERNALDATE RFC822.SIZE"
        if self.can("OBJECTID"):
            return facts + " EMAILID"
        return facts + " X-GM-MSGID" if self.can("X-GM-EXT-1") else facts

    async def _login(self, token: TokenSource | None) -> None:
        if self._protocol.is_logged_in:
            return
        if self.can("LOGINDISABLED"):
            raise LoginRefused("LOGINDISABLED")
        user = self._settings.username
        if token is not None:
            call: Any = self._client.xoauth2(user, await _access(token))
        else:
            # Upstream quotes the password and sends the user's name raw.
            call = self._client.login(quoted(user), self._settings.password.get_secret_value())
        response = await self._call(call)
        if response.result != "OK":
            if token is not None:
                token.forget()
            code = read_code(response.lines)
            if code in _TRY_LATER:
                raise ConnectionGone(f"login {code}")
            raise LoginRefused(f"login {response.result} {code}".rstrip())
        # Servers announce more after login than before, and upstream asks only before.
        await self._call(self._protocol.capability())
        if self.can("ID"):  # 163 and 126 refuse SELECT without it; QQ hangs up if it is unknown
            await self._call(self._protocol.introduce())

    async def _fetch(self, uids: Sequence[int], items: str) -> dict[int, Fetched]:
        answer = read_fetch(
            await self._run("FETCH", self._client.uid("FETCH", uid_set(uids), items))
        )
        asked = set(uids)
        return {uid: item for uid, item in answer.items() if uid in asked}

    async def _run(self, name: str, call: Awaitable[Any]) -> list[Line]:
        """Run a command to its tagged answer; raise `CommandRefused` unless that is OK."""
        response = await self._call(call)
        lines: list[Line] = list(response.lines)
        if response.result != "OK":
            raise CommandRefused(f"{name} {response.result} {read_code(lines)}".rstrip())
        return lines

    async def _idle_agreed(self, idling: asyncio.Future[Any]) -> None:
        protocol: Any = self._protocol
        agreed = asyncio.ensure_future(protocol.wait_for_idle_response())
        try:
            await asyncio.wait((idling, agreed), return_when=asyncio.FIRST_COMPLETED)
        finally:
            agreed.cancel()

    async def _call(
        self, call: Awaitable[T], *, quiet: float | None = None, is_patient: bool = False
    ) -> T:
        """Await `call` until it answers, the connection ends or silence lasts too long.

        Upstream wakes nobody when the server hangs up, has no timeout in IDLE, and after a
        timeout of its own lets every later command wait for ever: so the end of the connection
        is raced, and after anything but an answer the connection is thrown away.
        `is_patient` makes silence an ordinary outcome (`TimeoutError`).
        """
        async with self._turn:
            work = asyncio.ensure_future(call)
            try:
                self._quiet = self._patience.quiet if quiet is None else quiet
                self._deadline = self._loop.time() + max(self._patience.whole, self._quiet)
                async with asyncio.timeout(self._quiet) as self._silence:
                    ends: list[asyncio.Future[Any]] = [work, self._gone]
                    await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
                if work.done():
                    return work.result()
            except TimeoutError:
                if not is_patient:
                    self.abort("no answer")
                    raise ConnectionGone("no answer") from None
                raise
            except asyncio.CancelledError:
                self.abort("cancelled")
                raise
            except Exception as exc:  # whatever a library makes of a server's surprise
                self.abort(type(exc).__name__)
                raise ConnectionGone(type(exc).__name__) from exc
            finally:
                self._silence = None
                if not work.done():
                    work.cancel()
            raise ConnectionGone(self._gone.result())

    def _heard(self) -> None:
        silence = self._silence
        if silence is not None and not silence.expired():
            silence.reschedule(min(self._loop.time() + self._quiet, self._deadline))

    def _lost(self, why: str) -> None:
        if not self._gone.done():
            self._gone.set_result(why)


async def _access(token: TokenSource) -> str:
    try:
        return await token()
    except TokenError as exc:
        raise (LoginRefused if exc.is_final else ConnectionGone)(str(exc)) from exc


def _name(folder: str) -> str:
    return quoted(encode_folder(folder))
