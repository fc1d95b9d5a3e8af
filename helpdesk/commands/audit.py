"""`helpdesk audit`: whether what happened is still what is written."""

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
from tickets.audit import Verification
from tickets.audit import verify as verify_chain


@click.group()
def audit() -> None:
    """Check the audit chain."""


@audit.command()
@config_option
@json_option
def verify(config_path: Path | None, *, as_json: bool) -> None:
    """Find changed, removed, reordered and cut-off events; exit with 1 if there are any."""
    found = run(_verify(find_config(config_path)))
    if as_json:
        echo_json(asdict(found))
    else:
        for problem in found.problems:
            click.echo(problem)
        verdict = "broken" if found.problems else "sound"
        click.echo(
            f"{found.events} events in {found.batches} batches: {verdict};"
            f" {found.unsealed} not sealed yet."
        )
    sys.exit(1 if found.problems else 0)


async def _verify(config: Config) -> Verification:
    async with visiting(config) as house:
        return await verify_chain(house.vault)
