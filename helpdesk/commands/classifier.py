"""`helpdesk classifier`: what agents' verdicts say of the readings, and the examples they made."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

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
from tickets.agents import Act, Agents, actor_of, check
from tickets.examples import Learned, Share, export
from tickets.examples import report as make_report

_DAY = click.DateTime(["%Y-%m-%d"])


@click.group()
def classifier() -> None:
    """Learn how well messages are read."""


@classifier.command()
@click.option("--from", "first", type=_DAY, help="The first day of verdicts, at the controller.")
@click.option("--to", "last", type=_DAY, help="The last day of verdicts.")
@config_option
@json_option
def report(
    config_path: Path | None, first: datetime | None, last: datetime | None, *, as_json: bool
) -> None:
    """Print precision and recall from agents' verdicts, and what the daily sample says is missed.

    Corrections are made where somebody noticed, so precision and recall lean towards the bad; the
    daily sample is drawn by lot, and its share of missed requests stands with its interval.
    """
    config = find_config(config_path)
    zone = ZoneInfo(config.company.zone)
    since = first.replace(tzinfo=zone) if first else None
    until = (last + timedelta(days=1)).replace(tzinfo=zone) if last else None
    found = run(_report(config, since, until))
    if as_json:
        echo_json(
            {
                "verdicts": found.verdicts,
                "precision": {name: _told(share) for name, share in found.precision.items()},
                "recall": {name: _told(share) for name, share in found.recall.items()},
                "missed": _told(found.missed),
                "waiting": found.waiting,
            }
        )
        return
    for name, share in found.precision.items():
        click.echo(f"{name:22} precision {_said(share):28} recall {_said(found.recall[name])}")
    click.echo(
        f"missed in the daily sample: {_said(found.missed)}; {found.waiting} to be looked at"
    )


@classifier.command()
@click.option("--agent", required=True, help="Who takes the examples; needs the right to manage.")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
@config_option
def examples(config_path: Path | None, agent: str, path: Path) -> None:
    """Write agents' verdicts with their messages to PATH as JSON lines, redacted.

    Read them before you use them: what names somebody is taken out by rules, and rules miss.
    """
    found = run(_export(find_config(config_path), agent))
    with path.open("x", encoding="utf-8") as lines:
        path.chmod(0o600)
        for one in found:
            lines.write(json.dumps(one, ensure_ascii=False) + "\n")
    click.echo(f"{path}: {len(found)} examples.")


async def _report(config: Config, since: datetime | None, until: datetime | None) -> Learned:
    async with visiting(config) as house:
        return await make_report(house.desk, since, until)


async def _export(config: Config, name: str) -> list[dict[str, object]]:
    async with visiting(config) as house:
        agent = await Agents(house.vault).find(name)
        check(agent, Act.MANAGE)
        return await export(house.desk, actor_of(agent))


def _told(share: Share) -> dict[str, object]:
    low, high = share.interval
    return {"value": share.value, "hits": share.hits, "n": share.n, "low": low, "high": high}


def _said(share: Share) -> str:
    if share.value is None:
        return "none of 0"
    low, high = share.interval
    return f"{share.value:.0%} of {share.n} ({low:.0%} to {high:.0%})"
