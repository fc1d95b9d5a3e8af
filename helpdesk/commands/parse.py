"""`helpdesk parse`: a raw mail in, what we understand of it out; no config, no database."""

from __future__ import annotations

import sys

import click

from mail.contract import main


@click.command()
@click.option("--batch", is_flag=True, help='Read lines {"id", "path"}, answer each with one.')
def parse(*, batch: bool) -> None:
    """Parse a raw mail from standard input and print it as one JSON line."""
    main(batch=batch, stdin=sys.stdin.buffer, stdout=sys.stdout.buffer)
