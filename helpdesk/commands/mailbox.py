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
from helpdesk.plus import letter_to, remember
from mail.errors import ImapError
from mail.plus import PlusProbe, probe_plus
from mail.probe import probe as probe_mailbox
from mail.reconcile import FolderBalance
from mail.reconcile import reconcile as reconcile_mailbox
from mail.sender import SmtpSender


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
@click.option("--plus", is_flag=True, help="Send a mail to each mailbox's plus-address, too.")
@click.option("--wait", default=60.0, show_default=True, help="Seconds to wait for that mail.")
def probe(config_path: Path | None, *, as_json: bool, plus: bool, wait: float) -> None:
    """Log in, list folders and capabilities, and say what is missing; exit with 1 on errors.

    With --plus a mail is sent to the plus-address of each mailbox.  If it arrives, letters go out
    from the service's next start on with a sender that names them, so that reports of failure
    are matched whatever they leave out.
    """
    config = find_config(config_path)
    healthy = run(_probe(config, as_json=as_json))
    if plus:
        healthy &= run(_probe_plus(config, wait, as_json=as_json))
    sys.exit(0 if healthy else 1)


async def _probe_plus(config: Config, wait: float, *, as_json: bool) -> bool:
    healthy = True
    async with visiting(config) as house:
        for mailbox in config.mailbox:
            smtp = config.smtp.overridden_by(mailbox.smtp)
            sender = SmtpSender(smtp, mailbox.address, company=config.company.name, is_plus=True)
            letter = letter_to(mailbox, house.vault, house.desk.now())
            try:
                found = await probe_plus(mailbox, sender, letter, seconds=wait)
            except ImapError as exc:
                found = PlusProbe(trouble=str(exc))
            await remember(mailbox, found, house.desk.now())
            healthy &= not found.trouble
            if as_json:
                echo_json({"mailbox": mailbox.name, **asdict(found), "usable": found.is_usable})
            else:
                click.echo(f"{mailbox.name}: {_said(found)}")
    return healthy


def _said(found: PlusProbe) -> str:
    if found.trouble:
        return f"the plus-address could not be tried: {found.trouble}; it stays off"
    if not found.arrived_in:
        return "mail to the plus-address did not arrive; it stays off"
    if not found.keeps_sender:
        return f"the plus-address arrives ({found.arrived_in}), its sender does not; it stays off"
    return f"the plus-address arrives ({found.arrived_in}); used from the next start on"


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
