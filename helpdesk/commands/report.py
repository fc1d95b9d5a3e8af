"""`helpdesk report`: the figures of docs/metrics.md."""

from __future__ import annotations

from dataclasses import asdict
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
from tickets.reports import By, Figures
from tickets.reports import report as make_report

_DAY = click.DateTime(["%Y-%m-%d"])


@click.command()
@click.option("--from", "first", type=_DAY, help="The first day of receipt, at the controller.")
@click.option("--to", "last", type=_DAY, help="The last day of receipt.")
@click.option("--by", type=click.Choice([one.value for one in By]), help="Split by this.")
@config_option
@json_option
def report(
    config_path: Path | None,
    first: datetime | None,
    last: datetime | None,
    by: str | None,
    *,
    as_json: bool,
) -> None:
    """Print how many requests were answered in time, how long things took, and what is open."""
    config = find_config(config_path)
    zone = ZoneInfo(config.company.zone)
    since = first.replace(tzinfo=zone) if first else None
    until = (last + timedelta(days=1)).replace(tzinfo=zone) if last else None
    for figures in run(_report(config, since, until, By(by) if by else None)):
        if as_json:
            told = asdict(figures)
            told["statute"]["share_on_time"] = figures.statute.share_on_time
            echo_json(told)
        else:
            _print(figures)


async def _report(
    config: Config, since: datetime | None, until: datetime | None, by: By | None
) -> list[Figures]:
    async with visiting(config) as house:
        desk = house.desk
        return await make_report(desk, desk.now(), since=since, until=until, by=by)


def _print(figures: Figures) -> None:
    statute, share = figures.statute, figures.statute.share_on_time
    click.echo(figures.group or "everything")
    told = "-" if share is None else f"{share:.1%}"
    click.echo(
        f"  requests {statute.n}: on time {statute.on_time}, late {statute.late} ({told} on time),"
        f" pending {statute.pending}, without date {statute.undated}, ended {statute.ended};"
        f" extended {statute.extended}, clock stands {statute.paused}"
    )
    for kind, lengths in figures.service.items():
        hours = ", ".join(
            f"{name} {'>=' if name in lengths.at_least else ''}{value} h"
            for name, value in lengths.hours.items()
        )
        click.echo(
            f"  {kind}: n={lengths.n}, open {lengths.open}, breached {lengths.breached}; {hours}"
        )
    ages = ", ".join(f"{name} d: {count}" for name, count in figures.ages.items())
    click.echo(f"  backlog {figures.backlog}, waiting {figures.waiting}; {ages}")
