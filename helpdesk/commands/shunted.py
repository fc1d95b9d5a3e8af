"""`helpdesk shunted`: messages that are held but could not be taken in."""

from __future__ import annotations

import sys
from dataclasses import asdict
from pathlib import Path

import click

from helpdesk.commands.running import (
    config_option,
    echo_json,
    find_config,
    json_option,
    run,
    visiting,
)
from helpdesk.config import Config
from tickets.views import raw_message, retry_shunted
from tickets.views import shunted as all_shunted


@click.group()
def shunted() -> None:
    """List, show, retry and export messages that were set aside."""


@shunted.command("list")
@config_option
@json_option
def list_(config_path: Path | None, *, as_json: bool) -> None:
    """List them, oldest first: their legal clocks run."""
    run(_list(find_config(config_path), "", as_json=as_json))


@shunted.command()
@click.argument("record")
@config_option
@json_option
def show(record: str, config_path: Path | None, *, as_json: bool) -> None:
    """Show one of them with its error in full."""
    run(_list(find_config(config_path), record, as_json=as_json))


async def _list(config: Config, record: str, *, as_json: bool) -> None:
    async with visiting(config) as house:
        views = [
            v
            for v in await all_shunted(house.vault, house.desk.config)
            if v.record.startswith(record)
        ]
        for view in views:
            if as_json:
                echo_json(asdict(view))
            elif record:
                for name, value in asdict(view).items():
                    click.echo(f"{name:12} {value}")
            else:
                click.echo(
                    f"{view.record}  {view.account}  {view.received_at:%F %T}"
                    f"  {view.attempts}x  due {view.due_on}  {view.error} at {view.place}"
                )
        if record and not views:
            raise click.ClickException(f"no shunted message {record}")


@shunted.command()
@click.argument("records", nargs=-1)
@config_option
def retry(records: tuple[str, ...], config_path: Path | None) -> None:
    """Have RECORDS, or all, tried again by the running service."""
    count = run(_retry(find_config(config_path), records))
    click.echo(f"{count} message(s) will be tried again.")


async def _retry(config: Config, records: tuple[str, ...]) -> int:
    async with visiting(config) as house:
        try:
            return await retry_shunted(records, house.desk.now())
        except ValueError as exc:
            raise click.ClickException("a record is named by 32 hex digits") from exc


@shunted.command()
@click.argument("record")
@config_option
def export(record: str, config_path: Path | None) -> None:
    """Write the raw message RECORD to standard output, exactly as it came."""
    raw = run(_export(find_config(config_path), record))
    sys.stdout.buffer.write(raw)


async def _export(config: Config, record: str) -> bytes:
    async with visiting(config) as house:
        return await raw_message(house.vault, record)
