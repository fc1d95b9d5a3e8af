"""`helpdesk agents`: who works at the desk."""

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
from tickets.agents import Agents
from tickets.models import Role


@click.group()
def agents() -> None:
    """Add, list and disable agents."""


@agents.command()
@click.argument("name")
@click.option("--role", type=click.Choice([role.value for role in Role]), default="agent")
@click.option("--team", default="", help="The team, made if there is none of that name.")
@config_option
@json_option
def add(config_path: Path | None, name: str, role: str, team: str, *, as_json: bool) -> None:
    """Add the agent NAME; prints a code that links their chat once, within 24 hours."""
    code = run(_add(find_config(config_path), name, Role(role), team))
    if as_json:
        echo_json({"name": name, "role": role, "link_code": code})
    else:
        click.echo(f"{name} is added as {role}. Link code, valid 24 hours, once: {code}")


async def _add(config: Config, name: str, role: Role, team: str) -> str:
    async with visiting(config) as house:
        return await Agents(house.vault).add(name, role, house.desk.now(), team=team)


@agents.command("list")
@config_option
@json_option
def list_(config_path: Path | None, *, as_json: bool) -> None:
    """List every agent, oldest first."""
    run(_list(find_config(config_path), as_json=as_json))


async def _list(config: Config, *, as_json: bool) -> None:
    async with visiting(config) as house:
        for view in await Agents(house.vault).all():
            if as_json:
                echo_json(asdict(view))
            else:
                state = f"disabled {view.disabled_at:%F}" if view.disabled_at else "active"
                click.echo(f"{view.name:24} {view.role:8} {view.team:16} {state}")


@agents.command()
@click.argument("name")
@config_option
def disable(config_path: Path | None, name: str) -> None:
    """Let the agent NAME act no more."""
    run(_disable(find_config(config_path), name))
    click.echo(f"{name} may act no more.")


async def _disable(config: Config, name: str) -> None:
    async with visiting(config) as house:
        await Agents(house.vault).disable(name, house.desk.now())
