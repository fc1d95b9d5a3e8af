"""Many rows written by one statement, on both databases."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from tortoise.exceptions import ValidationError

from tickets.ids import new_id
from tickets.models import GuardCounter, Identity
from tickets.transactions import transaction
from tickets.types import Channel
from tickets.written import insert, take, update_each, write_back

HOUR = datetime(2026, 3, 1, 9, tzinfo=UTC)


def counter(key, letters=1):
    return GuardCounter(id=new_id(), scope="sender", key_blind=key, hour_at=HOUR, letters=letters)


async def test_rows_are_written_back_and_their_neighbours_stay(bench):
    rows = [counter("a"), counter("b"), counter("c")]
    await GuardCounter.bulk_create(rows)
    rows[0].letters, rows[1].letters = 5, 7
    rows[1].key_blind = "not asked for"

    async with transaction() as connection:
        await write_back(connection, rows[:2], ("letters",))

    kept = await GuardCounter.all().order_by("letters").values_list("key_blind", "letters")
    assert kept == [("c", 1), ("a", 5), ("b", 7)]


async def test_new_rows_are_written_as_tortoise_would(bench):
    whole = {"language": "de", "name": b"sealed", "undeliverable_at": HOUR}
    one, other = (
        Identity(
            id=new_id(),
            channel=Channel.EMAIL,
            address_blind=name,
            address=b"sealed",
            created_at=HOUR.astimezone(timezone(timedelta(hours=8))),
            **whole,
        )
        for name in ("theirs", "ours")
    )
    await Identity.bulk_create([one])
    async with transaction() as connection:
        await insert(connection, [other])

    columns = [name for name in Identity._meta.db_fields if name not in {"id", "address_blind"}]
    theirs, ours = await Identity.all().order_by("id").values_list(*columns)
    assert theirs == ours
    async with transaction() as connection:
        _, rows = await connection.execute_query("SELECT * FROM identity ORDER BY id")
    theirs, ours = ({**row} for row in rows)
    assert {name: theirs[name] for name in columns} == {name: ours[name] for name in columns}


@pytest.mark.parametrize("value", ["x" * 33, None])
async def test_a_value_that_does_not_fit_is_refused(bench, value):
    row = counter("a")
    row.key_blind = value

    with pytest.raises(ValidationError):
        async with transaction() as connection:
            await insert(connection, [row])

    assert await GuardCounter.all().count() == 0


async def test_what_is_taken_comes_back_as_it_is_now_and_only_once(bench):
    rows = [counter("a"), counter("b"), counter("c"), counter("not asked for")]
    rows[1].letters, rows[2].letters = 2, 3
    async with transaction() as connection:
        await insert(connection, rows)
    ids = [row.id for row in reversed(rows[:3])]

    taken = await take(GuardCounter, ids, {"letters": 7}, letters=(1, 3))

    assert [(row.id, row.key_blind, row.letters, row.hour_at) for row in taken] == [
        (row.id, row.key_blind, 7, HOUR) for row in (rows[0], rows[2])
    ]
    assert await take(GuardCounter, ids, {"letters": 8}, letters=(1, 3)) == []
    kept = await GuardCounter.all().order_by("id").values_list("letters", flat=True)
    assert kept == [7, 2, 7, 1]


async def test_nothing_is_written_of_nothing(bench):
    async with transaction() as connection:
        await insert(connection, [])
        await write_back(connection, [], ("letters",))

    assert await GuardCounter.all().count() == 0


async def test_what_somebody_else_has_set_stays(bench):
    held, free = (
        Identity(
            id=new_id(),
            channel=Channel.EMAIL,
            address_blind=name,
            address=b"sealed",
            undeliverable_at=since,
            created_at=HOUR,
        )
        for name, since in (("held", HOUR), ("free", None))
    )
    await Identity.bulk_create([held, free])
    later = HOUR + timedelta(days=1)

    async with transaction() as connection:
        values = {held.id: (later,), free.id: (later,)}
        columns = ("undeliverable_at",)
        await update_each(connection, Identity, columns, values, unless="undeliverable_at")

    kept = {row.address_blind: row.undeliverable_at async for row in Identity.all()}
    assert kept == {"held": HOUR, "free": later}
