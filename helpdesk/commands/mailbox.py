"""`helpdesk reconcile` and `helpdesk mail probe`: what lies at the mail server."""

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
from mail.errors import ImapError
from mail.probe import probe as probe_mailbox
from mail.reconcile import FolderBalance
from mail.reconcile import reconcile as reconcile_mailbox


@click.command()
@config_option
@json_option
def reconcile(config_path: Path | None, *, as_json: bool) -> None:
    """Compare every watched folder with what is held; exit with 1 where a mail is missing."""
    balances = run(_reconcile(find_config(config_path)))
    for name, balance in balances:
        if as_json:
            echo_json({"mailbox": name, **asdict(balance), "balanced": balance.is_balanced})
        else:
            reasons = ", ".join(f"{n} {why}" for why, n in balance.reasons.items() if n)
            click.echo(
                f"{name}/{balance.folder}: server {balance.on_server}, held {balance.held}"
                f"{f' ({reasons})' if reasons else ''} {balance.trouble}".rstrip()
            )
    sys.exit(0 if all(balance.is_balanced for _, balance in balances) else 1)


async def _reconcile(config: Config) -> list[tuple[str, FolderBalance]]:
    found: list[tuple[str, FolderBalance]] = []
    async with visiting(config) as house:
        for mailbox in config.mailbox:
            try:
                balances = await reconcile_mailbox(mailbox, house.journal)
            except ImapError as exc:
                balances = [FolderBalance("*", trouble=str(exc))]
            found += [(mailbox.name, balance) for balance in balances]
    return found


@click.group()
def mail() -> None:
    """Look at the configured mailboxes."""


@mail.command()
@config_option
@json_option
def probe(config_path: Path | None, *, as_json: bool) -> None:
    """Log in, list folders and capabilities, and say what is missing; exit with 1 on errors."""
    config = find_config(config_path)
    healthy = run(_probe(config, as_json=as_json))
    sys.exit(0 if healthy else 1)


async def _probe(config: Config, *, as_json: bool) -> bool:
    healthy = True
    for mailbox in config.mailbox:
        found = await probe_mailbox(mailbox, config.smtp.overridden_by(mailbox.smtp))
        healthy &= found.is_usable
        if as_json:
            echo_json(asdict(found))
            continue
        click.echo(f"{found.name}: {mailbox.host}:{mailbox.port}")
        for folder in found.folders:
            click.echo(f"  folder     {folder.name}")
        click.echo(f"  IMAP       {' '.join(found.capabilities)}")
        click.echo(f"  SMTP       {' '.join(found.smtp_extensions)}")
        for finding in found.findings:
            click.echo(f"  {finding.severity:10} {finding.text}")
    return healthy
