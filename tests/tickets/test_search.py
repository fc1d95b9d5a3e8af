"""Words are found in sealed text, newest first, and not beside it."""

from __future__ import annotations

import pytest
from tortoise.connection import get_connection

from tests.tickets.conftest import mail
from tickets.models import Message, Ticket
from tickets.search import find


@pytest.fixture
async def indexed(bench):
    await bench.take_in(
        mail("a <a@one.test>", "Luftreiniger", "Bitte löschen Sie mein Konto, Bestellung A-4711."),
        mail("b <b@two.test>", "删除请求", "请删除我的个人信息，谢谢。"),
        mail("c <c@three.test>", "purifier", "The purifier hums; my order was A-4711 too."),
    )
    while await bench.indexer.run_once():
        pass
    return bench


async def subjects(bench, query: str) -> list[str]:
    ids = await find(bench.vault, get_connection("reader"), query)
    order = {message.id: message.ticket_id for message in await Message.filter(id__in=ids)}
    tickets = {
        t.id: t for t in await Ticket.filter(id__in=order.values()).prefetch_related("requester")
    }
    senders = {t.id: t.requester_id for t in tickets.values()}
    names = {t.requester_id: i for i, t in enumerate(await Ticket.all().order_by("id"))}
    return ["abc"[names[senders[order[i]]]] for i in ids]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Konto", ["a"]),
        ("konto löschen", ["a"]),
        ("A-4711", ["c", "a"]),
        ("purifier order", ["c"]),
        ("purifier konto", []),
        ("删除", ["b"]),
        ("个人信息", ["b"]),
        ("nothing here", []),
        ("", []),
    ],
)
async def test_words_are_found(indexed, query, expected):
    assert await subjects(indexed, query) == expected


async def test_no_word_stands_in_the_index(indexed):
    connection = get_connection("default")
    if connection.capabilities.dialect == "postgres":
        rows = await connection.execute_query_dict("SELECT tokens::text AS t FROM search_document")
        text = " ".join(row["t"] for row in rows)
        assert text
    else:
        rows = await connection.execute_query_dict("SELECT block FROM search_token_data")
        text = " ".join(bytes(row["block"]).decode("latin-1") for row in rows)
        assert text

    assert "konto" not in text.lower()
    assert "4711" not in text
