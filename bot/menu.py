"""The bot's menus and descriptions: for each language, and for requesters, groups and desks apart.

They are set at start, and only where they differ from what was set last: a digest of it is kept.
"""

from __future__ import annotations

import hashlib
import json
import logging
from collections.abc import Iterator, Sequence
from typing import Any, Final

from bot.client import Client
from bot.refusals import Refused
from bot.settings import TelegramSettings
from bot.turn import Phrases
from tickets.forums import Forum
from tickets.models import Stamp

REQUESTERS: Final = (
    *("start", "ask", "access", "delete", "status"),
    *("feedback", "settings", "privacy", "cancel", "help"),
)
GROUPS: Final = ("ask", "help")
AGENTS: Final = (
    *("queue", "mine", "due", "claim", "reply", "note", "template", "extend", "type"),
    *("verify", "close", "reopen", "undo", "ban", "settings", "help"),
)

_DESCRIPTION: Final = 512  # characters, as the Bot API takes them
_SHORT: Final = 120
_COMMAND: Final = 256

Call = tuple[str, dict[str, Any]]

_log = logging.getLogger(__name__)


class Menu:
    """One bot's menus."""

    def __init__(
        self,
        client: Client,
        phrases: Phrases,
        settings: TelegramSettings,
        *,
        company: str,
        forums: Sequence[Forum] = (),
    ) -> None:
        self._client = client
        self._phrases = phrases
        self._settings = settings
        self._company = company
        self._forums = forums
        self._done = 0  # calls that went well, where one after them did not

    async def run_once(self) -> int:
        """Set what has changed since it was set last; return how many calls that took.

        Raises as `Client.call` does; then the next run goes on with what failed.  A desk that does
        not have the bot yet is passed over until the next start.
        """
        calls, desks = list(self._calls()), [self._desk(forum) for forum in self._forums]
        stamp = f"menu:{self._settings.name}"[:32]
        digest = hashlib.sha256(json.dumps([calls, desks], sort_keys=True).encode()).hexdigest()
        known = await Stamp.get_or_none(name=stamp)
        if known is not None and known.value == digest:
            return 0
        for method, params in calls[self._done :]:
            await self._client.call(method, params)
            self._done += 1
        self._done = 0
        if all([await self._set_desk(params) for params in desks]):
            await Stamp.update_or_create(defaults={"value": digest}, name=stamp)
        return len(calls) + len(desks)

    def _calls(self) -> Iterator[Call]:
        """Return every call but those for desks, which may fail by themselves."""
        for code, language in self._languages():
            yield (
                "setMyDescription",
                {
                    "description": self._about("description", language, _DESCRIPTION),
                    "language_code": code,
                },
            )
            yield (
                "setMyShortDescription",
                {
                    "short_description": self._about("short_description", language, _SHORT),
                    "language_code": code,
                },
            )
            for scope, table, names in (
                ("all_private_chats", "commands", REQUESTERS),
                ("all_group_chats", "commands.group", GROUPS),
            ):
                yield (
                    "setMyCommands",
                    {
                        "commands": self._commands(language, table, names),
                        "scope": {"type": scope},
                        "language_code": code,
                    },
                )
        yield "setChatMenuButton", {"menu_button": {"type": "commands"}}

    async def _set_desk(self, params: dict[str, Any]) -> bool:
        try:
            await self._client.call("setMyCommands", params)
        except Refused as error:
            _log.warning(
                "a desk's menu was not set", extra={"action": "menu_refused", "error": error.reason}
            )
            return False
        return True

    def _desk(self, forum: Forum) -> dict[str, Any]:
        desk = next((one for one in self._settings.desk if one.name == forum.name), None)
        language = desk.language if desk else self._settings.language
        return {
            "commands": self._commands(language, "commands.desk", AGENTS),
            "scope": {"type": "chat", "chat_id": forum.chat},
        }

    def _languages(self) -> Iterator[tuple[str, str]]:
        """Return (Telegram's code, our language); the empty code is for everybody else.

        Telegram knows languages by two letters, so the first of two scripts stands for both.
        """
        yield "", self._settings.language
        codes: set[str] = set()
        for language in sorted(self._phrases.languages):
            code = language.partition("-")[0].lower()
            if len(code) == 2 and code not in codes:  # noqa: PLR2004  - ISO 639-1
                codes.add(code)
                yield code, language

    def _about(self, key: str, language: str, limit: int) -> str:
        return self._phrases.text(language, f"bot.{key}", company=self._company)[:limit]

    def _commands(self, language: str, table: str, names: Sequence[str]) -> list[dict[str, str]]:
        return [
            {
                "command": name,
                "description": self._phrases.text(language, f"{table}.{name}")[:_COMMAND],
            }
            for name in names
        ]
