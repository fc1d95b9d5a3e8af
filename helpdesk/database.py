"""Opens the database: one URL chooses SQLite or PostgreSQL; migrations run first, by one process.

SQLite has two connections: `default` writes, `reader` (`query_only`) serves reads beside a running
transaction (docs/decisions/0006-two-connections.md).  PostgreSQL has a pool of each.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Final
from urllib.parse import parse_qsl, unquote, urlsplit

import asyncpg
from tortoise.context import TortoiseContext
from tortoise.migrations.executor import MigrationExecutor

MODELS: Final = ["tickets.models"]
_MIGRATION_LOCK: Final = 0x454A4554  # "EJET": PostgreSQL's advisory lock for migrations


def connections(url: str) -> dict[str, Any]:
    """Return tortoise's connections for `sqlite://PATH` or `postgres://…`."""
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        file_path = sqlite_path(url)
        pragmas = {"journal_mode": "WAL", "synchronous": "FULL", "busy_timeout": 10_000}
        # In KiB.  Beside a million tickets a batch changes more than the default of 2 MB holds.
        pragmas["cache_size"] = -16_000
        pragmas |= dict(parse_qsl(parts.query))
        shared = {"file_path": str(file_path), **pragmas, "secure_delete": "ON"}
        engine = "tortoise.backends.sqlite"
        return {
            "default": {"engine": engine, "credentials": shared},
            "reader": {"engine": engine, "credentials": {**shared, "query_only": "ON"}},
        }
    pool = {
        "host": parts.hostname,
        "port": parts.port or 5432,
        "user": unquote(parts.username or "postgres"),
        "password": unquote(parts.password) if parts.password else None,
        "database": parts.path.lstrip("/") or "postgres",
        "minsize": 1,
        "maxsize": 8,
        **dict(parse_qsl(parts.query)),
    }
    engine = "tortoise.backends.asyncpg"
    return {
        "default": {"engine": engine, "credentials": pool},
        "reader": {"engine": engine, "credentials": dict(pool)},
    }


def sqlite_path(url: str) -> Path | None:
    """Return the file of an SQLite URL, None for PostgreSQL.

    `sqlite://data/x.db` is relative to the working directory, `sqlite:///srv/x.db` absolute.
    """
    if not url.startswith("sqlite://"):
        return None
    return Path(url.removeprefix("sqlite://").partition("?")[0])


def tortoise_config(url: str) -> dict[str, Any]:
    """Return the whole of tortoise's configuration."""
    return {
        "connections": connections(url),
        "apps": {
            "tickets": {
                "models": MODELS,
                "default_connection": "default",
                "migrations": "tickets.migrations",
            }
        },
        "use_tz": True,
        "timezone": "UTC",
    }


TORTOISE_ORM: Final = tortoise_config(os.environ.get("HELPDESK_DATABASE", "sqlite://:memory:"))
"""For the `tortoise` command line; the service reads its own configuration."""


async def migrate(url: str) -> None:
    """Bring the schema up to date; other processes wait until it is.

    It runs in a context of its own: after migrating, tortoise's models are not ready for use.
    """
    async with _migrating(url), TortoiseContext() as context:
        config = tortoise_config(url)
        await context.init(config=config)
        executor = MigrationExecutor(context.connections.get("default"), config["apps"])
        await executor.migrate()


@asynccontextmanager
async def open_database(url: str) -> AsyncIterator[TortoiseContext]:
    """Open both connections for as long as the context lasts."""
    async with TortoiseContext() as context:
        await context.init(config=tortoise_config(url), _enable_global_fallback=True)
        yield context


@asynccontextmanager
async def _migrating(url: str) -> AsyncIterator[None]:
    path = sqlite_path(url)
    if path is None:
        connection = await asyncpg.connect(url)
        try:
            await connection.execute("SELECT pg_advisory_lock($1)", _MIGRATION_LOCK)
            yield
        finally:
            await connection.close()
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(path.with_name(f"{path.name}.migrating"), os.O_RDWR | os.O_CREAT, 0o600)
    try:
        await asyncio.to_thread(fcntl.flock, descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
