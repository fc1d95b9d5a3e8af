"""A provider of access tokens, over HTTP on loopback."""

from __future__ import annotations

import asyncio
import json
from urllib.parse import parse_qs

from mail.oauth import TokenSource
from mail.settings import OAuth2Settings


class Provider:
    """A token endpoint on loopback that answers what it is told and remembers what it was asked."""

    def __init__(self, *answers):
        self.answers = list(answers)
        self.asked = []

    async def __aenter__(self):
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}/token"
        return self

    async def __aexit__(self, *_):
        self._server.close()

    def consent(self, **more):
        """Return what an operator would write into the config."""
        return {"client_id": "desk", "refresh_token": "first", "token_url": self.url} | more

    def source(self, clock=lambda: 0.0, **more):
        settings = OAuth2Settings.model_validate(self.consent(**more))
        return TokenSource(settings, clock=clock, timeout=60)

    async def _serve(self, reader, writer):
        head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
        length = int(head.partition("content-length: ")[2].split()[0])
        form = parse_qs((await reader.readexactly(length)).decode())
        self.asked.append({key: values[0] for key, values in form.items()})
        status, said = self.answers.pop(0)
        body = said if isinstance(said, str) else json.dumps(said)
        writer.write(
            f"HTTP/1.1 {status} X\r\ncontent-length: {len(body)}\r\n"
            f"connection: close\r\n\r\n{body}".encode()
        )
        await writer.drain()
        writer.close()


def token(name, **more):
    return 200, {"access_token": name, "expires_in": 3600, **more}
