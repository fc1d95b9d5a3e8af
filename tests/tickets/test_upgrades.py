"""Every migration finds rows in the tables that it changes, and leaves them there."""

from __future__ import annotations

import inspect
import pkgutil
import sqlite3
from collections.abc import AsyncIterator, Sequence
from contextlib import closing
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from uuid import UUID

import asyncpg
import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor, MigrationTarget
from tortoise.migrations.operations import AddField
from tortoise.models import Model

from helpdesk.database import migrate, open_database, tortoise_config
from tests.tickets.conftest import NO_POWER_CUT
from tickets import migrations, models

MODELS = {
    model._meta.db_table: model
    for _, model in inspect.getmembers(models, inspect.isclass)
    if issubclass(model, Model)
}
NAMES = sorted(module.name for module in pkgutil.iter_modules(migrations.__path__))
DAY = datetime(2026, 1, 1, 9, tzinfo=UTC)
VALUES = {
    "char(36)": lambda n: str(UUID(int=n)),
    "uuid": lambda n: UUID(int=n),
    "varchar": str,
    "character varying": str,
    "blob": lambda n: bytes([n]),
    "bytea": lambda n: bytes([n]),
    "timestamp with time zone": lambda n: DAY + timedelta(n),
    "timestamp": lambda n: (DAY + timedelta(n)).isoformat(" "),
    "date": lambda n: (DAY + timedelta(n)).date(),
    "json": lambda n: "[]",
    "array": lambda n: [str(n)],
    "bool": lambda n: True,
    "double": float,
    "real": float,
    "int": int,
    "smallint": int,
    "bigint": int,
}
"""What row `n` holds, by how a column's type begins: an id of it names row `n` anywhere."""


def insertion(table: str, row: dict, marks: Sequence[str]) -> str:
    names = ", ".join(f'"{name}"' for name in row)
    return f'INSERT INTO "{table}" ({names}) VALUES ({", ".join(marks)})'  # noqa: S608


class File:
    """An SQLite database, past tortoise and with no key of another table checked."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.url = f"sqlite://{path}?{NO_POWER_CUT}"

    async def fetch(self, query: str, *values: object) -> list[dict]:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            connection.row_factory = sqlite3.Row
            return [dict(row) for row in connection.execute(query, values)]

    async def columns(self) -> list[tuple[str, str, str, bool]]:
        """Table, column, type and whether it may be empty; the full text index has no rows."""
        found = await self.fetch(
            "SELECT t.name AS tab, c.name AS col, lower(c.type) AS type,"
            ' c."notnull" OR c.pk AS must'
            " FROM pragma_table_list t JOIN pragma_table_info(t.name) c"
            " WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%'"
        )
        return [(row["tab"], row["col"], row["type"], not row["must"]) for row in found]

    async def insert(self, rows: list[tuple[str, dict]]) -> None:
        with closing(sqlite3.connect(self.path)) as connection, connection:
            for table, row in rows:
                connection.execute(insertion(table, row, "?" * len(row)), list(row.values()))

    async def schema(self) -> list[dict]:
        return await self.fetch("SELECT type, name, sql FROM sqlite_master ORDER BY type, name")


class Server:
    """The same of a PostgreSQL database."""

    def __init__(self, url: str) -> None:
        self.url = url

    async def fetch(self, query: str, *values: object) -> list[dict]:
        connection = await asyncpg.connect(self.url)
        try:
            return [dict(row) for row in await connection.fetch(query, *values)]
        finally:
            await connection.close()

    async def columns(self) -> list[tuple[str, str, str, bool]]:
        found = await self.fetch(
            "SELECT table_name, column_name, lower(data_type) AS type, is_nullable"
            " FROM information_schema.columns WHERE table_schema = 'public'"
        )
        return [
            (row["table_name"], row["column_name"], row["type"], row["is_nullable"] == "YES")
            for row in found
        ]

    async def insert(self, rows: list[tuple[str, dict]]) -> None:
        connection = await asyncpg.connect(self.url)
        await connection.execute("SET session_replication_role = replica")  # checks no keys
        for table, row in rows:
            marks = [f"${n}" for n in range(1, len(row) + 1)]
            await connection.execute(insertion(table, row, marks), *row.values())
        await connection.close()

    async def schema(self) -> list[dict]:
        return [
            *await self.fetch(
                "SELECT table_name, column_name, column_default, is_nullable, data_type,"
                " character_maximum_length FROM information_schema.columns"
                " WHERE table_schema = 'public' ORDER BY table_name, ordinal_position"
            ),
            *await self.fetch(
                "SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY indexname"
            ),
            *await self.fetch(
                "SELECT conname, pg_get_constraintdef(oid) AS constraint FROM pg_constraint"
                " WHERE connamespace = 'public'::regnamespace ORDER BY conname"
            ),
        ]


@pytest.fixture
async def old(database_template, tmp_path: Path) -> AsyncIterator[File | Server]:
    """A database without any table."""
    EXECUTOR_CACHE.clear()
    if isinstance(database_template, Path):
        yield File(tmp_path / "old.db")
        return
    server = Server(database_template)
    await server.fetch("CREATE DATABASE old")
    yield Server(database_template.replace("/desk?", "/old?"))
    await server.fetch("DROP DATABASE old WITH (FORCE)")
    EXECUTOR_CACHE.clear()


async def grow_old(database: File | Server) -> list[tuple[str, dict]]:
    """Apply every migration but the last, and put rows in after each."""
    filled: list[tuple[str, dict]] = []
    async with TortoiseContext() as context:
        config = tortoise_config(database.url)
        await context.init(config=config)
        executor = MigrationExecutor(context.connections.get("default"), config["apps"])
        record = executor.recorder.record_applied

        async def record_and_fill(app: str, name: str) -> None:
            await record(app, name)
            filled.extend(await fill(database, 2 * NAMES.index(name) + 1))

        executor.recorder.record_applied = record_and_fill  # asked for all at once: a third as long
        await executor.migrate([MigrationTarget("tickets", NAMES[-2])])
    return filled


def value(table: str, column: str, kind: str, n: int) -> object:
    field = MODELS[table]._meta.fields_map.get(column) if table in MODELS else None
    if enum := getattr(field, "enum_type", None):
        return next(iter(enum)).value
    return next(make(n) for start, make in VALUES.items() if kind.startswith(start))


async def fill(database: File | Server, n: int) -> list[tuple[str, dict]]:
    """Put two rows into each table: `n` with no more than it must have, `n + 1` with all."""
    tables: dict[str, list[tuple[str, str, bool]]] = {}
    for table, *column in await database.columns():
        if table != "tortoise_migrations":
            tables.setdefault(table, []).append(column)
    rows = [
        (table, {name: value(table, name, kind, row) for name, kind, _ in columns})
        for table, all_columns in tables.items()
        for row, columns in ((n, [c for c in all_columns if not c[2]]), (n + 1, all_columns))
    ]
    await database.insert(rows)
    return rows


def default(table: str, column: str) -> object:
    """Tell what the model gives a column that nobody names."""
    if table not in MODELS:
        return None
    field = MODELS[table]._meta.fields_map[column]
    made = field.default() if callable(field.default) else field.default
    return field.to_db_value(made, MODELS[table])


async def test_rows_of_every_age_are_kept_and_the_schema_is_that_of_a_new_database(
    old, database_template
):
    filled = await grow_old(old)
    await migrate(old.url)
    filled += await fill(old, 2 * len(NAMES) - 1)

    new = type(old)(database_template)
    assert await old.schema() == await new.schema()
    tables = {table for table, _ in filled}
    found = {table: await old.fetch(f'SELECT * FROM "{table}"') for table in tables}  # noqa: S608
    for table, row in filled:  # SQLite tells a date as text
        (now,) = (r for r in found[table] if all(str(r[name]) == str(row[name]) for name in row))
        added = {name: now[name] for name in now if name not in row}
        assert added == {name: default(table, name) for name in added}, table
    async with open_database(old.url):
        for table, model in MODELS.items():
            assert len(await model.all()) == sum(name == table for name, _ in filled)


@pytest.mark.parametrize("name", NAMES)
def test_a_column_added_to_rows_may_be_empty_or_has_a_default_in_the_database(name):
    operations = import_module(f"tickets.migrations.{name}").Migration.operations
    added = [operation for operation in operations if isinstance(operation, AddField)]

    assert [
        f"{operation.model_name}.{operation.name}"
        for operation in added
        if not operation.field.null and not operation.field.has_db_default()
    ] == []


def test_a_default_in_the_database_is_the_models_too():
    """So that every row names its value, and a column made without the default does as well."""
    fields = [field for model in MODELS.values() for field in model._meta.fields_map.values()]
    ours = [field for field in fields if field.has_db_default()]

    assert [field.default for field in ours] == [field.db_default for field in ours]
    assert ours
