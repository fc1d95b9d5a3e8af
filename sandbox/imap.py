"""The IMAP server of the sandbox: pymap's protocol, one account, loopback only.

What it serves is kept by `folders`; here is the login, and the end of a connection.
"""

from __future__ import annotations

import asyncio
import hmac
import ssl
from argparse import Namespace
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NoReturn

from proxyprotocol.sock import SocketInfo
from pymap.backend.session import BaseSession
from pymap.concurrent import Event, Subsystem
from pymap.config import BackendCapability, IMAPConfig
from pymap.exceptions import InvalidAuth, MailboxNotFound, NotSupportedError, UserNotFound
from pymap.imap import IMAPServer
from pymap.interfaces.login import IdentityInterface, LoginInterface
from pymap.selected import SelectedMailbox
from pymap.token import AllTokens
from pymap.user import UserMetadata
from pysasl.creds.server import ServerCredentials
from pysasl.hashing import Cleartext

from sandbox.folders import Account, Folder, Mail


class _Config(IMAPConfig):
    """pymap's settings for one account on loopback, in clear."""

    def __init__(self) -> None:
        super().__init__(
            Namespace(passlib_cfg=None, proxy_protocol=None),
            host=None,
            port=0,
            ssl_context=ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER),  # unused; the default is dear
            tls_enabled=False,
            hash_context=Cleartext(),
            cpu_subsystem=Subsystem.for_asyncio(),
            bad_command_limit=None,
        )

    @property
    def backend_capability(self) -> BackendCapability:
        """What the folders can do beyond the plain protocol."""
        return BackendCapability(idle=True, object_id=True, multi_append=True)

    @property
    def greeting(self) -> bytes:
        """Greet without asking the resolver for this machine's name."""
        return b"EJET Helpdesk sandbox"


class _Session(BaseSession[Mail]):
    def __init__(self, owner: str, config: IMAPConfig, account: Account) -> None:
        super().__init__(owner)
        self._config = config
        self._account = account

    @property
    def config(self) -> IMAPConfig:
        return self._config

    @property
    def mailbox_set(self) -> Account:
        return self._account

    async def _get_selected(self, selected: SelectedMailbox) -> Folder:
        """Know the newest mails before a command looks at them, not only after it."""
        folder = await self._folder(selected)
        await folder.update_selected(selected)
        return folder

    async def check_mailbox(
        self,
        selected: SelectedMailbox,
        *,
        wait_on: Event | None = None,
        housekeeping: bool = False,  # noqa: ARG002
    ) -> SelectedMailbox:
        folder = await self._folder(selected)
        return await folder.update_selected(selected, wait_on=wait_on)

    async def _folder(self, selected: SelectedMailbox) -> Folder:
        try:
            return await self._account.get_mailbox(selected.lookup)
        except KeyError as exc:
            raise MailboxNotFound(selected.lookup) from exc


class _Owner(IdentityInterface):
    """The one user, once authenticated."""

    def __init__(self, name: str, config: IMAPConfig, account: Account) -> None:
        self._name = name
        self._config = config
        self._account = account

    @property
    def name(self) -> str:
        return self._name

    @property
    def roles(self) -> frozenset[str]:
        return frozenset()

    @asynccontextmanager
    async def new_session(self) -> AsyncIterator[_Session]:
        yield _Session(self._name, self._config, self._account)

    async def new_token(self, *, expiration: datetime | None = None) -> None:  # noqa: ARG002
        return None

    async def get(self) -> UserMetadata:
        return UserMetadata(self._config, self._name)

    async def set(self, metadata: UserMetadata) -> NoReturn:
        raise NotSupportedError(metadata.name)

    async def delete(self) -> NoReturn:
        raise NotSupportedError(self._name)


class _Login(LoginInterface):
    def __init__(self, username: str, password: str, config: IMAPConfig, account: Account) -> None:
        self._user = UserMetadata(config, username, password=password)
        self._owner = _Owner(username, config, account)
        self._tokens = AllTokens(config)

    @property
    def tokens(self) -> AllTokens:
        return self._tokens

    async def authenticate(self, credentials: ServerCredentials) -> _Owner:
        if not credentials.verify(self._user):
            raise InvalidAuth
        return self._owner

    async def authorize(self, authenticated: IdentityInterface, authzid: str) -> _Owner:
        if not hmac.compare_digest(authenticated.name.encode(), authzid.encode()):
            raise UserNotFound(authzid)
        return self._owner


class ImapServer:
    """Serves one account to any number of clients in the running event loop."""

    def __init__(self, account: Account, username: str, password: str) -> None:
        config = _Config()
        self._protocol = IMAPServer(_Login(username, password, config, account), config)
        self._clients: set[asyncio.Task[None]] = set()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Talk to one client until it leaves or the server is closed."""
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 (a coroutine always runs in one)
        self._clients.add(task)
        try:
            await self._protocol(reader, writer, SocketInfo.get(writer, None))
        finally:
            self._clients.discard(task)

    async def hang_up(self) -> None:
        """Say BYE to every client, also to those that idle."""
        clients = list(self._clients)
        for client in clients:
            client.cancel()
        await asyncio.gather(*clients, return_exceptions=True)
