"""Access tokens: used while they last, renewed in time, never written down."""

from __future__ import annotations

import asyncio

import pytest

from mail.oauth import TokenError
from tests.fakes.tokens import Provider, token


async def test_a_token_is_used_until_shortly_before_its_end():
    clock = [0.0]
    async with Provider(token("one"), token("two")) as provider:
        source = provider.source(clock=lambda: clock[0])
        got = [await source()]
        clock[0] = 3400
        got.append(await source())
        clock[0] = 3500
        got.append(await source())

    assert got == ["one", "one", "two"]


async def test_callers_at_once_ask_once():
    async with Provider(token("one")) as provider:
        source = provider.source()

        assert await asyncio.gather(*(source() for _ in range(5))) == ["one"] * 5
    assert len(provider.asked) == 1


async def test_a_refused_token_is_forgotten():
    async with Provider(token("one"), token("two")) as provider:
        source = provider.source()
        await source()
        source.forget()

        assert await source() == "two"


async def test_a_new_refresh_token_replaces_the_old():
    async with Provider(token("one", refresh_token="second"), token("two")) as provider:
        source = provider.source()
        await source()
        source.forget()
        await source()

    assert [asked["refresh_token"] for asked in provider.asked] == ["first", "second"]


async def test_what_is_asked_for():
    async with Provider(token("one")) as provider:
        await provider.source(client_secret="hush", scope="mail.read offline")()

    assert provider.asked == [
        {
            "grant_type": "refresh_token",
            "refresh_token": "first",
            "client_id": "desk",
            "client_secret": "hush",
            "scope": "mail.read offline",
        }
    ]


@pytest.mark.parametrize(
    ("answer", "reason", "is_final"),
    [
        ((400, {"error": "invalid_grant"}), "token: 400 invalid_grant", True),
        ((401, {"error": "invalid_client"}), "token: 401 invalid_client", True),
        ((400, {"error": "ada@example.org must log in"}), "token: 400", False),
        ((500, "<html>"), "token: 500", False),
        ((200, "not json"), "token: 200", False),
        ((200, ["a list"]), "token: 200", False),
        ((200, {"access_token": None}), "token: 200", False),
    ],
)
async def test_answers_without_a_token(answer, reason, is_final):
    async with Provider(answer) as provider:
        with pytest.raises(TokenError) as caught:
            await provider.source()()

    assert (str(caught.value), caught.value.is_final) == (reason, is_final)


async def test_nobody_there():
    async with Provider() as provider:
        source = provider.source()
    with pytest.raises(TokenError, match="token: ConnectError") as caught:
        await source()

    assert not caught.value.is_final
