"""`helpdesk policy`: whether our answers still say what the privacy policy says."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from helpdesk.commands.running import config_option, find_config
from templates.policy import WRITTEN_FROM, digest, to_review
from templates.rendering import Templates


@click.group()
def policy() -> None:
    """Compare the answers with the policy."""


@policy.command()
@click.argument(
    "text", type=click.Path(exists=True, dir_okay=False, path_type=Path), required=False
)
@config_option
def check(text: Path | None, config_path: Path | None) -> None:
    """Compare with TEXT, or with `[company] policy`; exit with 1 and list what to review."""
    named = find_config(config_path).company.policy
    path = text or (Path(named) if named else None)
    if path is None:
        raise click.UsageError("give the policy's text file, or set [company] policy")
    try:
        found = digest(path.read_text("utf-8"))
    except (OSError, UnicodeDecodeError) as exc:
        raise click.ClickException(f"{path} cannot be read: {type(exc).__name__}") from exc
    answers = to_review(Templates())
    if found == WRITTEN_FROM:
        click.echo(f"All {len(answers)} answers were written from this policy (SHA-256 {found}).")
        return
    click.echo(f"The policy has changed: the answers were written from {WRITTEN_FROM},")
    click.echo(f"this one is {found}. Read these answers against it:")
    for name in answers:
        click.echo(f"  {name}")
    sys.exit(1)
