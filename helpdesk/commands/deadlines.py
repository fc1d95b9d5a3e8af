"""`helpdesk deadlines`: what the law says by when; a config is read where there is one."""

from __future__ import annotations

import io
import sys
from pathlib import Path
from typing import Any

import click

from regimes.contract import main


@click.command()
@click.option("--batch", is_flag=True, help="Answer each line as it comes.")
@click.option("--explain", is_flag=True, help="For people: each step with its article.")
@click.option(
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    help="Whose zone and [regimes] count; else ./config.toml, or Asia/Shanghai and no wishes.",
)
def deadlines(config_path: Path | None, *, batch: bool, explain: bool) -> None:
    """Derive the dates of requests given as JSON lines on standard input."""
    stdin = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    main(batch=batch, explain=explain, stdin=stdin, stdout=sys.stdout, **_house(config_path))


def _house(path: Path | None) -> dict[str, Any]:
    """Return zone and settings of a config; nothing, and nothing imported, without one."""
    if path is None and not Path("config.toml").exists():
        return {}
    from helpdesk.commands.running import find_config  # noqa: PLC0415  - half a second

    config = find_config(path)
    return {"zone": config.company.zone, "config": config.regimes}
