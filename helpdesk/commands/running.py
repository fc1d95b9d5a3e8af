"""What commands share: the configuration option, running a coroutine, plain errors."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn, TypeVar

import click
from tortoise.exceptions import BaseORMException

from helpdesk.config import Config, load_config
from helpdesk.house import House, open_house, utc_now
from helpdesk.logs import set_up
from helpdesk.turning import SandboxClock
from tickets.errors import ConfigError, DeskError
from tickets.intake import place_of

T = TypeVar("T")
F = TypeVar("F", bound=Callable[..., Any])

config_option = click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="The configuration; without it ./config.toml, or the sandbox's where there is none.",
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")


def find_config(path: Path | None) -> Config:
    """Return the configuration asked for, that of this folder, or the sandbox's."""
    try:
        if path is not None:
            return load_config(path)
        here = Path("config.toml")
        return load_config(here) if here.exists() else _sandbox()
    except ConfigError as exc:
        refuse_config(exc)


def _sandbox() -> Config:
    from helpdesk.sandbox import sandbox_config  # noqa: PLC0415  - servers, for the sandbox alone
    from sandbox.world import find_world  # noqa: PLC0415  - the same

    world = find_world(Path.cwd())
    return sandbox_config(world.data if world else Path("data"), world)


def refuse_config(error: ConfigError) -> NoReturn:
    """Tell every problem of a configuration and exit with 3."""
    for key, what in error.problems:
        click.echo(f"{key}: {what}", err=True)
    sys.exit(3)


def run(work: Coroutine[Any, Any, T]) -> T:
    """Run a command's coroutine; errors of ours are told in one line, without a traceback."""
    set_up()
    os.umask(0o077)  # whatever we write is for our own user alone
    try:
        return asyncio.run(work)
    except ConfigError as exc:
        refuse_config(exc)
    except DeskError as exc:
        raise click.ClickException(str(exc)) from exc
    except BrokenPipeError:
        raise  # the reader has gone (`… | head`): click ends quietly
    except (BaseORMException, OSError) as exc:
        # Their words may hold addresses and passwords; class and place tell enough here.
        raise click.ClickException(f"{type(exc).__name__} at {place_of(exc)}") from exc


@asynccontextmanager
async def visiting(config: Config) -> AsyncIterator[House]:
    """Open a house for a short visit beside a running service."""
    now = SandboxClock(config.sandbox) if config.sandbox else utc_now
    async with open_house(config, now=now, classify=_no_reading) as house:
        yield house


async def _no_reading(_texts: object) -> NoReturn:
    raise AssertionError("a visiting command classifies nothing")


def echo_json(value: dict[str, Any]) -> None:
    """Print one JSON line."""
    click.echo(json.dumps(value, ensure_ascii=False, default=_plain))


def _plain(value: object) -> str:
    return value.astimezone(UTC).isoformat() if isinstance(value, datetime) else str(value)
