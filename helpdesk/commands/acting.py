"""What the commands of `helpdesk act` share: who acts, on which request, and how it is told."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final

import click

from helpdesk.commands.running import find_config, run, visiting
from helpdesk.config import Config
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.errors import Taken
from tickets.types import Right

RIGHTS: Final = click.Choice([right.value for right in Right])

agent_option = click.option("--agent", required=True, help="Who acts, by name.")
right_option = click.option(
    "--right", type=RIGHTS, help="Which request, where the ticket has several."
)


def perform(
    config_path: Path | None, reference: str, work: Callable[[Actions], Awaitable[None]]
) -> None:
    """Do an act in a house opened for it, and say so."""

    async def whole(config: Config) -> None:
        async with visiting(config) as house:
            try:
                await work(Actions(house.desk, house.proof))
            except Taken as taken:
                name = await Agents(house.vault).name(taken.agent_id)
                since = f" since {taken.since:%F %H:%M} UTC" if taken.since else ""
                raise click.ClickException(f"{name} has it{since}; take it --over") from taken

    run(whole(find_config(config_path)))
    click.echo(f"{reference.upper()}: done.")


def chosen_right(value: str | None) -> Right | None:
    """Return the right that was named, if one was."""
    return Right(value) if value else None
