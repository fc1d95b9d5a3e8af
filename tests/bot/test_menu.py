"""Menus fit the Bot API in every language, and are set again only when they have changed."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bot.menu import AGENTS, REQUESTERS, Menu
from templates.phrases import Phrases
from tests.bot.conftest import settings
from tickets.forums import Forum

pytestmark = pytest.mark.usefixtures("database")


@pytest.fixture
def make(client, ann):
    def make(company="Example Ltd", forums=None):
        desk = Forum(uuid4(), "desk", ann.chat.id, "blind")
        wishes = settings(desk=[{"chat_id": ann.chat.id, "language": "en"}])
        where = [desk] if forums is None else forums
        return Menu(client, Phrases(), wishes, company=company, forums=where)

    return make


async def test_everybody_has_a_menu_in_their_language(make, our_bot, telegram, client, ann):
    await make().run_once()
    everyone = await client.call("getMyCommands", {"scope": {"type": "all_private_chats"}})
    scope = {"type": "chat", "chat_id": ann.chat.id}
    agents = await client.call("getMyCommands", {"scope": scope})
    german = await client.call(
        "getMyCommands", {"scope": {"type": "all_private_chats"}, "language_code": "de"}
    )

    assert [one["command"] for one in everyone] == list(REQUESTERS)
    assert [one["command"] for one in agents] == list(AGENTS)
    if "de" in Phrases().languages:
        assert len(german) == len(REQUESTERS)
    assert telegram.protocol_errors == []


async def test_menus_are_set_only_when_they_have_changed(make):
    first, second = await make().run_once(), await make().run_once()
    changed = await make("Another Ltd").run_once()

    assert first > 5
    assert (second, changed) == (0, first)


async def test_a_desk_that_is_not_there_is_tried_again_at_the_next_start(make, telegram, caplog):
    gone = Forum(uuid4(), "desk", -1009999, "blind")
    first = await make(forums=[gone]).run_once()
    second = await make(forums=[gone]).run_once()

    assert first == second > 0
    assert {record.action for record in caplog.records} == {"menu_refused"}


@pytest.mark.parametrize("language", Phrases().languages)
def test_texts_fit_without_being_cut(language):
    phrases = Phrases()
    company = {"company": "EJET Global Trading and Services Co., Ltd."}

    assert len(phrases.text(language, "bot.description", **company)) <= 512
    assert len(phrases.text(language, "bot.short_description", **company)) <= 120
    for table, names in (("commands", REQUESTERS), ("commands.desk", AGENTS)):
        assert all(0 < len(phrases.text(language, f"{table}.{name}")) <= 256 for name in names)
