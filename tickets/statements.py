"""Asks and changes rows by statements that are put together once, in our own words.

For the questions that every batch of mails asks: tortoise puts each together anew, which costs
half a millisecond.  Whatever is asked more seldom is better said in tortoise's way.

A condition is SQL with a mark for each value: `"state" = ? AND "id" IN ?`; a list of values, which
must not be empty, becomes as many marks as it has.  Values of enums and ids are converted.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import Enum
from functools import lru_cache
from itertools import count
from typing import Any, TypeVar
from uuid import UUID

from tortoise.backends.base.client import BaseDBAsyncClient
from tortoise.models import Model

from tickets.models.row import reader

Record = TypeVar("Record", bound=Model)


async def rows(model: type[Record], condition: str, *values: object) -> list[Record]:
    """Return the rows of a table for which a condition holds."""
    columns = tuple(model._meta.fields_db_projection.values())  # noqa: SLF001
    found = await _select(model, columns, condition, values)
    return [model._init_from_db(**record) for record in found]  # noqa: SLF001


async def columns_of(
    model: type[Model], columns: Sequence[str], condition: str, *values: object
) -> list[tuple[Any, ...]]:
    """Return some columns of the rows for which a condition holds."""
    convert = [(column, reader(model, column)) for column in columns]
    found = await _select(model, tuple(columns), condition, values)
    return [tuple(read(record[name]) for name, read in convert) for record in found]


async def change(
    model: type[Model], news: Mapping[str, object], condition: str, *values: object
) -> int:
    """Set columns of the rows for which a condition holds; return how many there were."""
    connection = model._choose_db(for_write=True)  # noqa: SLF001
    given, sizes = _flat((*news.values(), *values))
    sets = ", ".join(f'"{name}" = ?' for name in news)
    text = f'UPDATE "{model._meta.db_table}" SET {sets} WHERE {condition}'  # noqa: S608, SLF001
    changed, _ = await connection.execute_query(_marked(text, sizes, _dialect(connection)), given)
    return changed


async def _select(
    model: type[Model], columns: tuple[str, ...], condition: str, values: Sequence[object]
) -> list[dict[str, Any]]:
    connection = model._choose_db()  # noqa: SLF001
    given, sizes = _flat(values)
    statement = _selection(model, columns, condition, sizes, _dialect(connection))
    return await connection.execute_query_dict(statement, given)


def _dialect(connection: BaseDBAsyncClient) -> str:
    return connection.capabilities.dialect


def _flat(values: Sequence[object]) -> tuple[list[object], tuple[int, ...]]:
    """Return all values one after the other, and how many marks each takes: 0 for a bare one."""
    flat: list[object] = []
    sizes: list[int] = []
    for value in values:
        if isinstance(value, (list, tuple, set, frozenset)):
            if not value:
                raise ValueError("an empty list holds for nothing: do not ask")
            flat += map(_plain, value)
            sizes.append(len(value))
        else:
            flat.append(_plain(value))
            sizes.append(0)
    return flat, tuple(sizes)


def _plain(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    return str(value) if isinstance(value, UUID) else value


@lru_cache(maxsize=512)
def _selection(
    model: type[Model],
    columns: tuple[str, ...],
    condition: str,
    sizes: tuple[int, ...],
    dialect: str,
) -> str:
    wanted = ", ".join(f'"{column}"' for column in columns)
    text = f'SELECT {wanted} FROM "{model._meta.db_table}" WHERE {condition}'  # noqa: S608, SLF001
    return _marked(text, sizes, dialect)


@lru_cache(maxsize=512)
def _marked(text: str, sizes: tuple[int, ...], dialect: str) -> str:
    """Put the dialect's marks into a statement."""
    marks = (f"${number}" if dialect == "postgres" else "?" for number in count(1))
    first, *rest = text.split("?")
    pieces = zip(rest, sizes, strict=True)
    return first + "".join(f"{_mark(marks, size)}{piece}" for piece, size in pieces)


def _mark(marks: Iterator[str], size: int) -> str:
    return f"({', '.join(next(marks) for _ in range(size))})" if size else next(marks)
