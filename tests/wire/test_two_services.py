"""Two services on one PostgreSQL: one watches the mailbox, the other takes over."""

from __future__ import annotations

import asyncio
import signal
import smtplib
from uuid import uuid4

import asyncpg
import pytest

from sandbox.mail import MailWorld
from tests.wire.service import Deployment, wait_until


@pytest.fixture
async def databases(postgres_url):
    """(database URL, key store), empty, and a way to cut everybody's connection to them."""
    admin = await asyncpg.connect(postgres_url)
    names = [f"two{uuid4().hex}", f"keys{uuid4().hex}"]
    for name in names:
        await admin.execute(f"CREATE DATABASE {name}")

    async def cut() -> None:
        backends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
        for name in names:
            await admin.execute(backends, name)

    yield tuple(postgres_url.replace("/postgres?", f"/{name}?") for name in names), cut
    for name in names:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
    await admin.close()


def write_in(world: MailWorld, name: str) -> None:
    with smtplib.SMTP(world.host, world.smtp_port, local_hostname="mx.people.test") as client:
        sender = f"{name}@{name}.test"
        client.sendmail(
            sender,
            [world.address],
            f"From: {sender}\r\nTo: {world.address}\r\nSubject: {name}\r\n"
            f"Message-ID: <{name}@{name}.test>\r\n\r\nPlease delete my account.\r\n".encode(),
        )


@pytest.mark.wire
@pytest.mark.timeout(180)
async def test_one_watches_and_the_other_takes_over(tmp_path, databases):
    urls, cut = databases
    loop = asyncio.get_running_loop()
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world, *urls)

        def answered(name: str) -> bool:
            return wait_until(lambda: bool(world.inbox(f"{name}@{name}.test")), 60)

        def watchers() -> list[str]:
            logs = ("first.log", "second.log")
            return [log for log in logs if "mail_kept" in (tmp_path / log).read_text()]

        def story() -> None:
            with desk.running(log="first.log") as first, desk.running(log="second.log") as second:
                write_in(world, "ann")
                assert answered("ann")
                (watcher,) = watchers()
                one, other = (first, second) if watcher == "first.log" else (second, first)
                one.send_signal(signal.SIGKILL)
                write_in(world, "bob")
                assert answered("bob")
                asyncio.run_coroutine_threadsafe(cut(), loop).result()
                write_in(world, "cleo")
                assert answered("cleo")
                assert other.poll() is None

        await asyncio.to_thread(story)
        tickets = await asyncio.to_thread(desk.tickets)
        verdict = await asyncio.to_thread(desk.command, "audit", "verify")

    states = [[letter["state"] for letter in ticket["letters"]] for ticket in tickets]
    assert states == [["sent"]] * 3
    assert "sound" in verdict
