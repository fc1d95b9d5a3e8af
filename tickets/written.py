"""Writes many rows by one prepared statement: new ones, and columns of old ones.

Tortoise's own `bulk_update` builds a CASE with a branch for each row and column, and `bulk_create`
its statement anew each time, and asks three methods about each value: a millisecond of each mail.
Nothing is decided here.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from functools import cache, lru_cache, partial
from itertools import islice
from typing import Any, TypeVar
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.fields import DatetimeField, Field
from tortoise.fields.data import CharEnumFieldInstance
from tortoise.models import Model

Row = TypeVar("Row", bound=Model)
Convert = Callable[[Any], object]


async def insert(connection: BaseDBAsyncClient, rows: Sequence[Row]) -> None:
    """Write new rows of one table; raise tortoise's `IntegrityError` and `ValidationError`."""
    if rows:
        model = type(rows[0])
        columns = _writers(model)
        values = [
            [
                value if type(value := row[name]) is kind else convert(value)
                for name, kind, convert in columns
            ]
            for row in map(vars, rows)
        ]
        await connection.execute_many(_insertion(model, _dialect(connection)), values)


async def write_back(
    connection: BaseDBAsyncClient, rows: Collection[Model], columns: Sequence[str]
) -> None:
    """Write some columns of one table's rows, which are in the database already."""
    if rows:
        model = type(next(iter(rows)))
        values = {row.pk: [getattr(row, column) for column in columns] for row in rows}
        await update_each(connection, model, columns, values)


async def update_each(
    connection: BaseDBAsyncClient,
    model: type[Model],
    columns: Sequence[str],
    values: Mapping[UUID, Sequence[object]],
    *,
    unless: str = "",
) -> None:
    """Set `columns` of the rows with these ids; only where column `unless` is still empty."""
    converters = [_converter(model, column) for column in (*columns, "id")]
    rows = [
        [convert(value) for convert, value in zip(converters, (*some, row_id), strict=True)]
        for row_id, some in values.items()
    ]
    if rows:
        statement = _update(model, tuple(columns), unless, _dialect(connection))
        await connection.execute_many(statement, rows)


async def take(
    model: type[Row], ids: Sequence[UUID], values: Mapping[str, object], **still: Collection[object]
) -> list[Row]:
    """Change those rows of `ids` whose columns are `still` among some; return them anew, by id.

    Of several who want a row, one gets it: a statement of its own, no transaction around it.
    """
    connection = model._choose_db(for_write=True)  # noqa: SLF001
    among = [(name, value) for name, some in still.items() for value in some]
    named = [*values.items(), *among, *(("id", row_id) for row_id in ids)]
    given = [_converter(model, name)(value) for name, value in named]
    counts = (*((name, len(some)) for name, some in still.items()), ("id", len(ids)))
    statement = _taking(model, tuple(values), counts, _dialect(connection))
    found = await connection.execute_query_dict(statement, given)
    rows = [model._init_from_db(**row) for row in found]  # noqa: SLF001
    return sorted(rows, key=lambda row: row.pk.int)


def _dialect(connection: BaseDBAsyncClient) -> str:
    return connection.capabilities.dialect


@cache
def _writers(model: type[Model]) -> list[tuple[str, object, Convert]]:
    """Return each column, the type whose values may be written as they are, and the conversion."""
    return [
        (name, _as_it_is(model._meta.fields_map[name]), _converter(model, name))  # noqa: SLF001
        for name in model._meta.fields_db_projection  # noqa: SLF001
    ]


def _as_it_is(field: Any) -> object:  # noqa: ANN401  - tortoise's own
    """Return the type of a column's values that need neither conversion nor a look."""
    is_plain = type(field).to_db_value is Field.to_db_value
    return None if field.validators or not is_plain else field.field_type


@cache
def _insertion(model: type[Model], dialect: str) -> str:
    columns = model._meta.fields_db_projection.values()  # noqa: SLF001
    names = ", ".join(f'"{column}"' for column in columns)
    table = model._meta.db_table  # noqa: SLF001
    marks = ", ".join(_marks(len(columns), dialect))
    return f'INSERT INTO "{table}" ({names}) VALUES ({marks})'  # noqa: S608  - our own words


@cache
def _update(model: type[Model], columns: tuple[str, ...], unless: str, dialect: str) -> str:
    marks = _marks(len(columns) + 1, dialect)
    sets = ", ".join(f'"{name}" = {mark}' for name, mark in zip(columns, marks, strict=False))
    only = f' AND "{unless}" IS NULL' if unless else ""
    table = model._meta.db_table  # noqa: SLF001
    return f'UPDATE "{table}" SET {sets} WHERE "id" = {marks[-1]}{only}'  # noqa: S608  - our own words


@lru_cache(maxsize=256)
def _taking(
    model: type[Model],
    columns: tuple[str, ...],
    among: tuple[tuple[str, int], ...],
    dialect: str,
) -> str:
    marks = iter(_marks(len(columns) + sum(count for _, count in among), dialect))
    sets = ", ".join(f'"{name}" = {next(marks)}' for name in columns)
    only = " AND ".join(f'"{name}" IN ({", ".join(islice(marks, count))})' for name, count in among)
    told = ", ".join(f'"{name}"' for name in model._meta.fields_db_projection.values())  # noqa: SLF001
    return (
        f'UPDATE "{model._meta.db_table}" SET {sets}'  # noqa: S608, SLF001  - our own words
        f" WHERE {only} RETURNING {told}"
    )


def _marks(count: int, dialect: str) -> list[str]:
    return [f"${n}" if dialect == "postgres" else "?" for n in range(1, count + 1)]


@cache
def _converter(model: type[Model], name: str) -> Convert:
    """Return what makes a column's value fit for the database.

    A value that is as it should be needs no more than a look; any other is left to tortoise, which
    converts or refuses it.
    """
    field: Any = model._meta.fields_map[name]  # noqa: SLF001
    other = partial(field.to_db_value, instance=model)
    if isinstance(field, CharEnumFieldInstance):
        enum = field.enum_type
        return lambda value: value.value if type(value) is enum else other(value)
    if isinstance(field, DatetimeField):
        return lambda value: value if value is None or value.tzinfo else other(value)
    if type(field).to_db_value is not Field.to_db_value:
        return other
    kind, longest = field.field_type, getattr(field, "max_length", None)
    if longest is not None:
        return lambda value: (
            value if type(value) is kind and len(value) <= longest else other(value)
        )
    return (
        other
        if field.validators
        else lambda value: value if value is None or type(value) is kind else other(value)
    )
