"""Fetches the files that people sent: at once, for a link to one is good for an hour only.

The type of a file is told by its bytes, never by its name or what its sender said.
"""

from __future__ import annotations

import logging
from collections.abc import Collection
from typing import Final

import filetype

from bot.client import Client
from bot.refusals import Refused, Why
from tickets.attachments import Attachments, Remote
from tickets.errors import DeliveryError

LIMIT: Final = 20 << 20
"""Bytes that the Bot API gives out."""

_TOO_LARGE: Final = "too_large"
_KIND: Final = "kind"
_PLAIN: Final = "text/plain"
_UNKNOWN: Final = "application/octet-stream"

_log = logging.getLogger(__name__)


class Files:
    """One bot's way to the files of its chats."""

    def __init__(
        self, client: Client, attachments: Attachments, *, refused_types: Collection[str]
    ) -> None:
        self._client = client
        self._attachments = attachments
        self._refused = frozenset(refused_types)

    async def run_once(self) -> int:
        """Fetch a few files; return how many were due."""
        due = await self._attachments.due()
        for file in due:
            try:
                await self._fetch(file)
            except Refused as error:
                code = _TOO_LARGE if error.code is Why.TOO_LARGE else "gone"
                if error.code in {Why.UNAUTHORIZED, Why.CONFLICT}:  # our fault, not the file's
                    await self._attachments.put_off(file)
                else:
                    await self._attachments.refuse(file.id, code)
            except DeliveryError as error:
                _log.info(
                    "a file was not fetched", extra={"action": "file_waits", "error": error.reason}
                )
                await self._attachments.put_off(file)
        return len(due)

    async def _fetch(self, file: Remote) -> None:
        if file.size > LIMIT:
            return await self._attachments.refuse(file.id, _TOO_LARGE)
        told = await self._client.call("getFile", {"file_id": file.remote})
        data = await self._client.download(told["file_path"])
        found = kind_of(data)
        if found in self._refused:
            return await self._attachments.refuse(file.id, _KIND)
        return await self._attachments.keep(file, data, found)


def kind_of(data: bytes) -> str:
    """Return the type that a file's bytes show."""
    if found := filetype.guess_mime(data):
        return str(found)
    if b"\x00" in data:
        return _UNKNOWN
    try:
        data.decode()
    except UnicodeDecodeError:
        return _UNKNOWN
    return _PLAIN
