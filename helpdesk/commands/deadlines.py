"""`helpdesk deadlines`: what the law says by when; no config, no database."""

from __future__ import annotations

import io
import sys

import click

from regimes.contract import main


@click.command()
@click.option("--batch", is_flag=True, help="Answer each line as it comes.")
@click.option("--explain", is_flag=True, help="For people: each step with its article.")
def deadlines(*, batch: bool, explain: bool) -> None:
    """Derive the dates of requests given as JSON lines on standard input."""
    stdin = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    main(batch=batch, explain=explain, stdin=stdin, stdout=sys.stdout)
