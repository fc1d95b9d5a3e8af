"""The sandbox: the real service against a world on loopback, with data of its own in `./data`."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from helpdesk.config import Config, parse_config
from helpdesk.house import House, open_house
from helpdesk.service import Service, stop_on_signals
from sandbox.drip import drip
from sandbox.exchange import MX
from sandbox.mail import MailWorld
from sandbox.world import World, announced, mail_directory
from vault.master import generate_master_file

_DRIP_SECONDS: Final = 6.0


def sandbox_config(data: Path, world: MailWorld | World | None = None) -> Config:
    """Return the configuration of the sandbox; without a world its mailbox leads nowhere."""
    key = data / "master.key"
    if not key.exists():
        data.mkdir(parents=True, exist_ok=True, mode=0o700)
        generate_master_file(key)
    raw: dict[str, Any] = {
        "database": {"url": f"sqlite://{data}/helpdesk.db"},
        "vault": {"key": {"file": str(key)}, "store": str(data / "keys.db")},
    }
    if world is not None:
        secret = {"file": str((world.directory / "password").absolute())}
        raw["mailbox"] = [
            {
                "name": "support",
                "address": world.address,
                "host": world.host,
                "port": world.imap_port,
                "security": "none",
                "username": world.address,
                "password": secret,
                "folders": ["INBOX", "Junk"],
                "authserv_id": MX,
                "received_by": MX,
            }
        ]
        raw["smtp"] = {"host": world.host, "port": world.smtp_port, "security": "none"}
    return parse_config(raw, Path())


async def run_sandbox(data: Path, say: Callable[[str], None]) -> None:
    """Run world and service until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with (
        MailWorld.open(mail_directory(data)) as world,
        open_house(sandbox_config(data, world)) as house,
    ):
        with announced(_announcement(data, world)):
            await _live(house, world, stop, say)
    say("Stopped; everything is kept in data/. Start again to go on.")


async def _live(
    house: House, world: MailWorld, stop: asyncio.Event, say: Callable[[str], None]
) -> None:
    for line in _welcome(world):
        say(line)
    dripping = asyncio.create_task(drip(world, _DRIP_SECONDS))
    try:
        await Service(house).run(stop)
    finally:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


def _announcement(data: Path, world: MailWorld) -> World:

    return World(
        data=data,
        pid=os.getpid(),
        host=world.host,
        smtp_port=world.smtp_port,
        imap_port=world.imap_port,
        address=world.address,
    )


def _welcome(world: MailWorld) -> list[str]:
    mail = f"{world.host}:{world.smtp_port}"
    user = f"user {world.username}, password in {world.directory}/password"
    command = ".venv/bin/helpdesk sandbox send --from ann@example.org"
    return [
        "EJET Helpdesk, sandbox: the real service, and a world on this machine only.",
        *world.notes,
        f"  mail in    SMTP {mail} (write to {world.address})",
        f"  mailbox    IMAP {world.host}:{world.imap_port} ({user})",
        "  data       ./data (SQLite, keys, mail); remove it to begin anew",
        "Try, in another terminal, in this folder:",
        f'  {command} --subject "My data" --body "Please delete my account."',
        "  .venv/bin/helpdesk sandbox inbox ann@example.org",
        "  .venv/bin/helpdesk tickets list",
        "Ctrl-C ends it. A dozen sample mails arrive in the first seconds.",
    ]
