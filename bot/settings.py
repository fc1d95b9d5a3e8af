"""What the Telegram door must be told."""

from __future__ import annotations

import ipaddress
import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, SecretStr, field_validator, model_validator

Mirror = Literal["origin", "all", "none"]

_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{16,256}")
_WEBHOOK_PORTS: Final = (443, 80, 88, 8443)
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,31}$")]


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class TelegramDeskSettings(_Section):
    """One agents' forum."""

    chat_id: int = Field(
        lt=0, description="The forum's chat id; a supergroup with topics, the bot an admin there."
    )
    name: _Name = Field("desk", description="What this forum is called in logs and commands.")
    languages: tuple[str, ...] = Field(
        (), description="Only tickets in these languages come here; none named: all."
    )
    regimes: tuple[str, ...] = Field(
        (), description="Only tickets under these regimes come here; none named: all."
    )
    mirror: Mirror = Field(
        "origin",
        description="Whose words are shown here: origin (only those of people who wrote by "
        "Telegram), all, or none.",
    )
    language: str = Field("en", description="The language of cards and buttons.")


class TelegramWebhookSettings(_Section):
    """Updates posted to us; without a URL we ask for them."""

    url: str = Field(
        "",
        description="The public https address that Telegram posts to, on port 443, 80, 88 or 8443. "
        "TLS ends at a proxy before us. Empty: we ask for updates (long polling).",
    )
    secret: SecretStr = Field(
        default=SecretStr(""),
        description="What Telegram sends along: 16 to 256 characters of A-Z a-z 0-9 _ -.",
    )
    host: str = Field("127.0.0.1", description="Where we listen for the proxy.")
    port: int = Field(8082, ge=1, le=65535, description="The port we listen on.")
    path: str = Field(
        "", pattern=r"^(/\S*)?$", description="The path we listen on; empty: that of the URL."
    )

    @model_validator(mode="after")
    def _usable(self) -> Self:
        if not self.url:
            return self
        parts = urlsplit(self.url)
        if not _is_loopback(parts.hostname or ""):
            if parts.scheme != "https":
                raise ValueError("url must be https")
            if (parts.port or 443) not in _WEBHOOK_PORTS:
                raise ValueError("url must have port 443, 80, 88 or 8443")
        if not _SECRET.fullmatch(self.secret.get_secret_value()):
            raise ValueError("secret must be 16 to 256 characters of A-Z a-z 0-9 _ -")
        return self

    @property
    def route(self) -> str:
        """The path to listen on."""
        return self.path or urlsplit(self.url).path or "/"


class TelegramLimitSettings(_Section):
    """How much the bot sends; Telegram's own limits are a little higher or the same."""

    group_per_minute: int = Field(20, ge=1, description="Messages to one group, all its topics.")
    private_per_second: float = Field(1.0, gt=0, description="Messages to one person.")
    per_second: int = Field(25, ge=1, description="Messages in all.")


class TelegramSettings(_Section):
    """The bot, and the forums in which agents work."""

    token: SecretStr | None = Field(None, description="The bot's token; without one no bot runs.")
    name: _Name = Field("telegram", description="What this bot is called in logs and tables.")
    username: str = Field(
        "",
        pattern=r"^(\w{5,32})?$",
        description="The bot's user name without @: receipts by mail then carry a link that leads "
        "into the chat. Empty: they carry none.",
    )
    base_url: str = Field(
        "https://api.telegram.org/bot", description="The Bot API, up to the token."
    )
    base_file_url: str = Field(
        "https://api.telegram.org/file/bot", description="The Bot API's files, up to the token."
    )
    proxy: SecretStr = Field(
        default=SecretStr(""),
        description="An http(s) proxy on the way there; those of the environment are not used.",
    )
    ca_file: str = Field("", description="A PEM file to trust instead of the system's authorities.")
    poll_seconds: int = Field(
        30, ge=0, le=50, description="How long one question for updates waits for an answer."
    )
    set_menu: bool = Field(
        default=True,
        description="Whether commands and descriptions are set at start where they have changed.",
    )
    language: str = Field("en", description="The language for those whose own we do not have.")
    console_url: str = Field(
        "", description="The console's address, for links on cards; empty: there are none."
    )
    refuse_files: tuple[str, ...] = Field(
        ("application/x-msdownload", "application/x-executable"),
        description="Types of files, told by their bytes, that are not kept; their names are.",
    )
    webhook: TelegramWebhookSettings = Field(
        TelegramWebhookSettings(), description="Have updates posted instead of asking for them."
    )
    limits: TelegramLimitSettings = Field(
        TelegramLimitSettings(), description="How fast the bot may send."
    )
    desk: tuple[TelegramDeskSettings, ...] = Field(
        (), description="Forums in which agents work; each [[telegram.desk]] is one."
    )

    @field_validator("token")
    @classmethod
    def _none_is_none(cls, token: SecretStr | None) -> SecretStr | None:
        return token if token and token.get_secret_value() else None

    @field_validator("desk")
    @classmethod
    def _once(cls, desks: tuple[TelegramDeskSettings, ...]) -> tuple[TelegramDeskSettings, ...]:
        for key, values in (
            ("name", [desk.name for desk in desks]),
            ("chat_id", [desk.chat_id for desk in desks]),
        ):
            if len(set(values)) < len(values):
                raise ValueError(f"two desks have the same {key}")
        return desks


def _is_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
