"""The sandbox: the real service against a world on loopback, with data of its own in `./data`.

Mail is kept there; the demo chat lives as long as the process does.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from helpdesk.config import Config, parse_config
from helpdesk.demo import begin_chats
from helpdesk.house import House, open_house
from helpdesk.service import Service, stop_on_signals
from helpdesk.turning import SandboxClock
from sandbox.drip import drip
from sandbox.exchange import MX
from sandbox.mail import MailWorld
from sandbox.sms import Gateway, open_gateway
from sandbox.telegram.server import Running, open_telegram
from sandbox.world import World, announced, mail_directory, texts_directory
from vault.master import generate_master_file

_DRIP_SECONDS: Final = 6.0
_POLL_SECONDS: Final = 20


def sandbox_config(
    data: Path,
    world: MailWorld | World | None = None,
    chats: Running | None = None,
    texts: Gateway | None = None,
) -> Config:
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
    if chats is not None:
        raw["telegram"] = {
            "token": {"file": str(_token(data, chats))},
            "base_url": chats.base_url,
            "base_file_url": chats.base_file_url,
            "poll_seconds": _POLL_SECONDS,
            "desk": [{"chat_id": chats.stage.desk.id, "mirror": "all"}],
        }
    if texts is not None:
        raw["sms"] = {"url": texts.url, "token": {"file": str(texts.secret_path)}}
    return parse_config(raw, Path()).in_sandbox(data)


def _token(data: Path, chats: Running) -> Path:
    """Write the demo bot's token where a secret is looked for; it opens nothing but the demo."""
    path = (data / "telegram-token").absolute()
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.write_text(chats.stage.bot.token, encoding="utf-8")
    return path


async def run_sandbox(data: Path, say: Callable[[str], None]) -> None:
    """Run world and service until SIGINT or SIGTERM."""
    stop = asyncio.Event()
    stop_on_signals(stop)
    clock = SandboxClock(data)
    async with (
        MailWorld.open(mail_directory(data), now=clock) as world,
        open_telegram(clock, forward=clock.forward) as chats,
        open_gateway(texts_directory(data)) as texts,
        open_house(sandbox_config(data, world, chats, texts), now=clock) as house,
    ):
        await begin_chats(house.vault, chats, clock())
        with announced(_announcement(data, world, chats, texts)):
            await _live(house, world, chats, stop, say)
    say("Stopped; everything is kept in data/. Start again to go on.")


async def _live(
    house: House,
    world: MailWorld,
    chats: Running,
    stop: asyncio.Event,
    say: Callable[[str], None],
) -> None:
    for line in _welcome(world, chats):
        say(line)
    dripping = asyncio.create_task(drip(world, _DRIP_SECONDS))
    try:
        await Service(house).run(stop)
    finally:
        dripping.cancel()
        await asyncio.gather(dripping, return_exceptions=True)


def _announcement(data: Path, world: MailWorld, chats: Running, texts: Gateway) -> World:
    return World(
        data=data,
        pid=os.getpid(),
        host=world.host,
        smtp_port=world.smtp_port,
        imap_port=world.imap_port,
        address=world.address,
        places={"chat": chats.root, "sms": texts.url},
    )


def _welcome(world: MailWorld, chats: Running) -> list[str]:
    mail = f"{world.host}:{world.smtp_port}"
    user = f"user {world.username}, password in {world.directory}/password"
    command = ".venv/bin/helpdesk sandbox send --from ann@example.org"
    return [
        "EJET Helpdesk, sandbox: the real service, and a world on this machine only.",
        *world.notes,
        f"  mail in    SMTP {mail} (write to {world.address})",
        f"  mailbox    IMAP {world.host}:{world.imap_port} ({user})",
        f"  demo chat  {chats.root}/ (a requester's phone, the agents' forum, a clock)",
        "  data       ./data (SQLite, keys, mail); remove it to begin anew",
        "Try, in another terminal, in this folder:",
        f'  {command} --subject "My data" --body "Please delete my account."',
        "  .venv/bin/helpdesk sandbox inbox ann@example.org (or +49…: text messages)",
        "  .venv/bin/helpdesk tickets list",
        "Ctrl-C ends it. A dozen sample mails arrive in the first seconds.",
    ]
