"""A 429 on any call: nothing goes to that chat before its time, and the same call leaves once."""

from __future__ import annotations

import asyncio

import pytest

from sandbox.telegram.api import Fault
from sandbox.telegram.people import Someone
from tests.bot.chatting import goes_on, last, says

MENU = {"set_menu": True}


def short(language: str) -> str:
    return language.partition("-")[0]


def calls(bench, method):
    return [one for one in bench.telegram.calls if one.method == method]


@pytest.mark.parametrize("method", ["setMessageReaction", "deleteMessage", "sendMessage"])
async def test_whatever_was_refused_the_whole_chat_waits(bench, method):
    await says(bench, "/access")
    bench.telegram.faults.append(Fault("flood", method, bench.mia.chat.id, seconds=7))
    typed = "mia@person.test" if method == "deleteMessage" else "Please correct my name"
    bench.mia.types(typed)
    await bench.pass_time(2)
    assert not bench.telegram.faults
    bench.mia.types("/help")
    await bench.pass_time(4)
    assert "/privacy" not in last(bench)

    await bench.pass_time(10)

    assert any("/privacy" in text for text in bench.mia.reads())  # goes on in its order


async def test_the_answer_to_a_button_that_was_refused_comes_once_and_in_time(bench):
    await says(bench, "/settings")
    bench.telegram.faults.append(Fault("flood", "answerCallbackQuery", seconds=4))
    bench.mia.presses("Only what is necessary")
    await bench.door.polling.run_once()
    await bench.door.conversation.run_once()

    for _ in range(5):  # the call is on its way while the next is looked for
        await bench.door.dispatch.run_once()
    await bench.door.dispatch.settle()
    await bench.pass_time(10)

    assert len(calls(bench, "answerCallbackQuery")) == 2
    assert bench.telegram.unanswered() == []


async def test_menus_that_were_refused_are_set_later_from_where_they_stopped(bench, monkeypatch):
    async def waits(_over, *, seconds):
        bench.clock.forward(seconds=seconds)

    monkeypatch.setattr("bot.door.first_of", waits)
    monkeypatch.setattr(bench.door, "settings", bench.door.settings.model_copy(update=MENU))
    bench.telegram.faults.append(Fault("flood", "setMyShortDescription", seconds=30))

    await bench.door.set_menu(asyncio.Event())

    descriptions = len(calls(bench, "setMyDescription"))
    assert descriptions == len({*map(short, bench.wiring.phrases.languages)}) + 1
    assert len(calls(bench, "setMyShortDescription")) == descriptions + 1
    assert len(calls(bench, "setChatMenuButton")) == 1


async def test_a_restart_forgets_nothing_that_went_to_a_group(bench):
    for number in range(9):
        if number == 6:
            await bench.restart()
        person = Someone.new(bench.telegram, bench.our_bot, f"P{number}", language="en")
        person.types("Please delete my account")
        await bench.pass_time(3)
    await bench.pass_time(70)

    assert len(calls(bench, "createForumTopic")) == 9
    assert [one for one in bench.telegram.calls if one.status == 429] == []


async def test_another_chat_does_not_wait(bench):
    otto = Someone.new(bench.telegram, bench.our_bot, "Otto", language="en")
    bench.telegram.faults.append(
        Fault("flood", "setMessageReaction", bench.mia.chat.id, seconds=60)
    )
    bench.mia.types("Please delete my account")
    otto.types("Please delete my account")

    await goes_on(bench)

    assert "What is it about?" in otto.reads()[-1]
