"""`helpdesk outbox`: what is still to be sent."""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

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
from tickets.models import OutboxEntry
from tickets.outbox import retry as retry_entries
from tickets.types import Delivery

_FIELDS = ("id", "state", "attempts", "due_at", "created_at", "sent_at", "error", "account")


@click.group()
def outbox() -> None:
    """List what is on its way, and try failed letters again."""


@outbox.command("list")
@click.option("--all", "everything", is_flag=True, help="Also what was sent.")
@config_option
@json_option
def list_(config_path: Path | None, *, everything: bool, as_json: bool) -> None:
    """List entries that are not sent yet, oldest first."""
    run(_list(find_config(config_path), everything=everything, as_json=as_json))


async def _list(config: Config, *, everything: bool, as_json: bool) -> None:
    async with visiting(config):
        rows = OutboxEntry.all() if everything else OutboxEntry.exclude(state=Delivery.SENT)
        async for row in rows.order_by("id").values(
            *_FIELDS, reference="ticket__reference", kind="message__letter"
        ):
            if as_json:
                echo_json(row)
            else:
                click.echo(
                    f"{row['id'].hex}  {row['reference']}  {row['kind']:16} {row['state']:8}"
                    f" {row['attempts']}x  due {row['due_at']:%F %T}  {row['error']}"
                )


@outbox.command()
@click.argument("entries", nargs=-1, required=True)
@config_option
def retry(entries: tuple[str, ...], config_path: Path | None) -> None:
    """Queue ENTRIES (ids, or `failed` for all that failed) again, at once."""
    count = run(_retry(find_config(config_path), entries))
    click.echo(f"{count} letter(s) queued again.")


async def _retry(config: Config, entries: tuple[str, ...]) -> int:
    async with visiting(config) as house:
        if entries == ("failed",):
            rows = await OutboxEntry.filter(state=Delivery.FAILED).values("id")
            ids = [row["id"] for row in rows]
        else:
            try:
                ids = [UUID(hex=entry) for entry in entries]
            except ValueError as exc:
                raise click.ClickException("an entry is named by 32 hex digits") from exc
        return await retry_entries(ids, house.desk.now())
