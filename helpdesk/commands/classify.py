"""`helpdesk classify`: what a message asks; no config, no database."""

from __future__ import annotations

import io
import sys

import click

from tickets.quotes import split_reply


@click.command()
@click.option("--batch", is_flag=True, help="Answer each line as it comes.")
@click.option("--explain", is_flag=True, help="Add the phrases and citations that decided.")
def classify(*, batch: bool, explain: bool) -> None:
    """Read messages given as JSON lines on standard input."""
    from classifier.contract import main  # noqa: PLC0415  - the reader, for those who read

    stdin = io.TextIOWrapper(sys.stdin.buffer, encoding="utf-8", errors="replace")
    main(batch=batch, explain=explain, cut=split_reply, stdin=stdin, stdout=sys.stdout)
