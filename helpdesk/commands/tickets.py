"""`helpdesk tickets`: what the desk holds."""

from __future__ import annotations

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
from tickets.views import TicketView
from tickets.views import ticket as one_ticket
from tickets.views import tickets as all_tickets
from tickets.worklist import said


@click.group()
def tickets() -> None:
    """List and show tickets."""


@tickets.command("list")
@config_option
@json_option
def list_(config_path: Path | None, *, as_json: bool) -> None:
    """List every ticket, oldest first; with --json one line a ticket."""
    run(_list(find_config(config_path), as_json=as_json))


async def _list(config: Config, *, as_json: bool) -> None:
    async with visiting(config) as house:
        async for view in all_tickets(house.vault):
            if as_json:
                echo_json(_without_texts(view))
            else:
                letters = ", ".join(f"{one.kind} {one.state}" for one in view.letters)
                click.echo(
                    f"{view.reference}  {view.status:8} {view.intent:22} {view.language:8}"
                    f" {view.received_at:%Y-%m-%d %H:%M}  {view.subject[:48]}  [{letters}]"
                )


@tickets.command()
@click.argument("reference")
@config_option
@json_option
def show(reference: str, config_path: Path | None, *, as_json: bool) -> None:
    """Show the ticket with REFERENCE, its messages with their texts."""
    run(_show(find_config(config_path), reference, as_json=as_json))


async def _show(config: Config, reference: str, *, as_json: bool) -> None:
    async with visiting(config) as house:
        view = await one_ticket(house.vault, reference)
        if as_json:
            echo_json(asdict(view))
            return
        for name, value in asdict(view).items():
            if name not in {"messages", "letters", "work"}:
                click.echo(f"{name:16} {value}")
        for code in view.work:
            click.echo(f"work             {code}: {said(code)}")
        for letter in view.letters:
            click.echo(f"letter           {letter.kind}: {letter.state} {letter.error}")
        for number, message in enumerate(view.messages, 1):
            click.echo(
                f"\n--- {number}: {message.direction} {message.kind} {message.created_at:%F %T}"
            )
            click.echo(message.text)


def _without_texts(view: TicketView) -> dict[str, object]:
    shown = asdict(view)
    for message in shown["messages"]:
        del message["text"]
    return shown
