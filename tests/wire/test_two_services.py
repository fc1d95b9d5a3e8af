"""Two services on one PostgreSQL that goes away: one watches, the other takes over."""

from __future__ import annotations

import asyncio
import signal
import smtplib
from uuid import uuid4

import asyncpg
import pytest

from sandbox.mail import MailWorld
from tests.wire.service import PATIENCE, Deployment, wait_until


@pytest.fixture
async def databases(postgres_url):
    """(database URL, key store), empty, and a way to have them gone for some seconds."""
    admin = await asyncpg.connect(postgres_url)
    names = [f"two{uuid4().hex}", f"keys{uuid4().hex}"]
    for name in names:
        await admin.execute(f"CREATE DATABASE {name}")

    async def vanish(seconds: float) -> None:
        """As when the server starts anew: connections are cut, and refused for a while."""
        backends = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = $1"
        for name in names:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            await admin.execute(backends, name)
        await asyncio.sleep(seconds)
        for name in names:
            await admin.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")

    yield tuple(postgres_url.replace("/postgres?", f"/{name}?") for name in names), vanish
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
@pytest.mark.timeout(600)
async def test_one_watches_and_the_other_takes_over(tmp_path, databases):
    urls, vanish = databases
    loop = asyncio.get_running_loop()
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world, *urls)

        def answered(name: str) -> bool:
            """Wait for the letter and the note that it left: cut off before, it may be unknown."""
            return wait_until(lambda: bool(world.inbox(f"{name}@{name}.test")), PATIENCE) and (
                wait_until(lambda: all(state == ["sent"] for state in states()), PATIENCE)
            )

        def states() -> list[list[str]]:
            return [[letter["state"] for letter in one["letters"]] for one in desk.tickets()]

        def story() -> None:
            with desk.running(log="first.log") as first, desk.running(log="second.log") as second:
                write_in(world, "ann")
                assert answered("ann")
                asyncio.run_coroutine_threadsafe(vanish(6), loop).result()
                before = (tmp_path / "first.log").read_text().count("mail_kept")
                write_in(world, "bob")
                assert answered("bob")
                assert (first.poll(), second.poll()) == (None, None)
                after = (tmp_path / "first.log").read_text().count("mail_kept")
                (first if after > before else second).send_signal(signal.SIGKILL)
                write_in(world, "cleo")
                assert answered("cleo")

        await asyncio.to_thread(story)
        told = await asyncio.to_thread(states)
        verdict = await asyncio.to_thread(desk.command, "audit", "verify")

    assert told == [["sent"]] * 3
    assert "sound" in verdict
