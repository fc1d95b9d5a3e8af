"""What the Telegram door must be told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field, SecretStr


class TelegramDeskSettings(BaseModel):
    """One agents' forum."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    chat_id: int = Field(description="The forum's chat id; a supergroup with topics.")


class TelegramSettings(BaseModel):
    """The bot, and the forums in which agents work."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    token: SecretStr | None = Field(None, description="The bot's token; without one no bot runs.")
    base_url: str = Field(
        "https://api.telegram.org/bot", description="The Bot API, up to the token."
    )
    base_file_url: str = Field(
        "https://api.telegram.org/file/bot", description="The Bot API's files, up to the token."
    )
    desk: tuple[TelegramDeskSettings, ...] = Field(
        (), description="Forums in which agents work; each [[telegram.desk]] is one."
    )
