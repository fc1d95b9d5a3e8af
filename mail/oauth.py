"""Access tokens for servers that want no password (XOAUTH2).

A refresh token becomes short-lived access tokens (RFC 6749 6).  Nothing is written down: a
refresh token that the provider replaces is used until the process ends; the configured one stays
valid at the large providers.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from mail.settings import OAuth2Settings
from tickets.errors import DeskError

if TYPE_CHECKING:
    import httpx

_EARLY = 120  # seconds before its end in which a token is not used any more
_FATAL = {"invalid_grant", "invalid_client", "unauthorized_client", "invalid_scope"}


class TokenError(DeskError):
    """No access token could be had; `is_final` if a person must renew the consent."""

    def __init__(self, reason: str, *, is_final: bool = False) -> None:
        super().__init__(reason)
        self.is_final = is_final


class TokenSource:
    """Gives access tokens, each used until shortly before its end."""

    def __init__(
        self,
        settings: OAuth2Settings,
        *,
        clock: Callable[[], float] = time.monotonic,
        timeout: float = 20,
    ) -> None:
        self._settings = settings
        self._clock = clock
        self._timeout = timeout
        self._refresh_token = settings.refresh_token.get_secret_value()
        self._token = ""
        self._until = 0.0
        self._turn = asyncio.Lock()

    async def __call__(self) -> str:
        """Return a valid access token; raises `TokenError`."""
        async with self._turn:
            if not self._token or self._clock() >= self._until:
                await self._refresh()
            return self._token

    def forget(self) -> None:
        """Do not use the present token again: a server refused it."""
        self._token = ""

    async def _refresh(self) -> None:
        import httpx  # noqa: PLC0415  - an HTTP client, for those who have such a server

        settings = self._settings
        form = {
            "grant_type": "refresh_token",
            "refresh_token": self._refresh_token,
            "client_id": settings.client_id,
            "client_secret": settings.client_secret.get_secret_value(),
            "scope": settings.scope,
        }
        begun = self._clock()
        try:
            async with httpx.AsyncClient(timeout=self._timeout) as client:
                answer = await client.post(
                    settings.token_url, data={key: value for key, value in form.items() if value}
                )
        except httpx.HTTPError as exc:
            raise TokenError(f"token: {type(exc).__name__}") from exc
        said = _json(answer)
        if answer.status_code != httpx.codes.OK or not isinstance(said.get("access_token"), str):
            error = str(said.get("error", ""))
            known = error if error in _FATAL else ""
            raise TokenError(f"token: {answer.status_code} {known}".rstrip(), is_final=bool(known))
        self._token = said["access_token"]
        lifetime = said.get("expires_in", 3600)
        seconds = float(lifetime) if str(lifetime).isdigit() else 3600.0
        self._until = begun + max(seconds - _EARLY, seconds / 2)
        if isinstance(said.get("refresh_token"), str):
            self._refresh_token = said["refresh_token"]


def _json(answer: httpx.Response) -> dict[str, Any]:
    try:
        said = answer.json()
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}
