"""Questions in our own words, on both databases: the same answers as tortoise's."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from tortoise.models import Model

from tests.tickets.conftest import mail
from tickets.ids import new_id
from tickets.models import (
    Clock,
    GuardCounter,
    Identity,
    InboundRecord,
    Message,
    OutboxEntry,
    Ticket,
)
from tickets.statements import change, columns_of, rows
from tickets.types import Channel, Delivery

HOUR = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture
async def counters(bench):
    made = [
        GuardCounter(id=new_id(), scope="sender", key_blind=key, hour_at=at, letters=letters)
        for key, letters, at in (
            ("a", 1, HOUR),
            ("b", 2, HOUR + timedelta(hours=1)),
            ("c", 3, HOUR.astimezone(timezone(timedelta(hours=8))) + timedelta(hours=2)),
        )
    ]
    await GuardCounter.bulk_create(made)
    return made


async def test_a_condition_takes_values_and_lists_of_them(counters):
    condition = '"scope" = ? AND "key_blind" IN ? AND "hour_at" > ? ORDER BY "key_blind" LIMIT ?'
    found = await rows(GuardCounter, condition, "sender", {"a", "b", "c"}, HOUR, 5)

    assert [(one.key_blind, one.letters) for one in found] == [("b", 2), ("c", 3)]
    assert await rows(GuardCounter, '"id" IN ?', [counters[0].id, new_id()]) == [counters[0]]


async def test_one_statement_serves_lists_of_any_length(counters):
    ids = [one.id for one in counters]
    found = [len(await rows(GuardCounter, '"id" IN ?', ids[:size])) for size in (1, 2, 3, 2)]

    assert found == [1, 2, 3, 2]


async def test_an_empty_list_is_refused_and_not_taken_for_everything(counters):
    with pytest.raises(ValueError, match="empty"):
        await rows(GuardCounter, '"id" IN ?', [])
    with pytest.raises(ValueError, match="empty"):
        await change(GuardCounter, {"letters": 9}, '"id" IN ?', [])

    assert sorted([one.letters for one in await GuardCounter.all()]) == [1, 2, 3]


async def test_a_change_tells_how_many_rows_it_changed(counters):
    ids = [counters[0].id, counters[1].id, new_id()]

    assert await change(GuardCounter, {"letters": 9, "hour_at": HOUR}, '"id" IN ?', ids) == 2
    assert await change(GuardCounter, {"letters": 9}, '"key_blind" = ?', "nobody") == 0
    kept = await GuardCounter.all().order_by("key_blind").values_list("letters", "hour_at")
    assert kept == [(9, HOUR), (9, HOUR), (3, HOUR + timedelta(hours=2))]


async def test_columns_have_the_types_that_tortoise_gives_them(bench):
    await bench.take_in(mail("Ada <ada@example.org>"))
    columns = ("id", "channel", "state", "is_automatic", "due_at", "expires_at", "route", "lane")

    ours = await columns_of(OutboxEntry, columns, '"state" = ?', Delivery.QUEUED)
    theirs = await OutboxEntry.filter(state=Delivery.QUEUED).values_list(*columns)

    assert ours == theirs
    assert [type(value) for value in ours[0]] == [type(value) for value in theirs[0]]
    assert ours[0][1] is Channel.EMAIL


@pytest.mark.parametrize(
    "model", [Clock, GuardCounter, Identity, InboundRecord, Message, OutboxEntry, Ticket]
)
async def test_a_row_is_read_as_tortoise_would_read_it(bench, model):
    await bench.take_in(mail("Ada <ada@example.org>", subject="Delete my account"))
    found = await model._meta.db.execute_query_dict(
        f'SELECT * FROM "{model._meta.db_table}"'  # noqa: S608  - our own words
    )
    assert found

    for record in found:
        ours = vars(model._init_from_db(**record))
        theirs = vars(Model._init_from_db.__func__(model, **record))
        assert ours == theirs
        assert {n: type(v) for n, v in ours.items()} == {n: type(v) for n, v in theirs.items()}


async def test_some_columns_of_a_row_are_read_as_ever(bench):
    await bench.take_in(mail("Ada <ada@example.org>"))

    (ticket,) = await Ticket.all().only("id", "work")

    assert ticket.work == ["confirm_rights"]
    with pytest.raises(AttributeError):
        _ = ticket.subject
