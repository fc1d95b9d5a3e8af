"""What the mailbox promises across restarts and kills: nothing lost, nothing twice, UIDs hold."""

import asyncio
import contextlib
import os
import re
import signal
import smtplib
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import aioimaplib
import pytest

from sandbox.mail import MailWorld
from tests.sandbox.clients import LETTER, PATIENCE, fetched, hand_in, logged_in, state, uids

CHECKOUT = Path(__file__).parents[2]
SERVER = """
import asyncio, sys
from pathlib import Path
from sandbox.mail import MailWorld

async def main():
    async with MailWorld.open(Path(sys.argv[1]), imap_port=0, smtp_port=0) as world:
        print(world.smtp_port, world.imap_port, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


async def view(client):
    return {
        "state": {name: await state(client, name) for name in ("INBOX", "Junk", "Processed")},
        "mails": {uid: await fetched(client, uid) for uid in await uids(client)},
        "flags": (await client.uid("fetch", "1:*", "(FLAGS INTERNALDATE EMAILID)")).lines,
    }


async def test_a_restart_changes_nothing(open_world):
    async with open_world() as world:
        for _ in range(5):
            await asyncio.to_thread(hand_in, world)
        async with logged_in(world) as client:
            await client.uid("move", "5", "Processed")
            await client.uid("store", "2", "+FLAGS", r"(\Seen \Answered)")
            await client.uid("store", "3", "+FLAGS", r"(\Deleted)")
            await client.expunge()
        async with logged_in(world) as client:  # another session, so that nothing is recent
            before = await view(client)
    assert list(before["mails"]) == [1, 2, 4]

    async with open_world() as world, logged_in(world) as client:
        assert await view(client) == before


@pytest.mark.parametrize("go", ["move", "expunge"])
async def test_a_uid_is_never_given_out_again(open_world, go):
    async with open_world() as world:
        await asyncio.to_thread(hand_in, world)
        async with logged_in(world) as client:
            if go == "move":
                await client.uid("move", "1", "Processed")
            else:
                await client.uid("store", "1", "+FLAGS", r"(\Deleted)")
                await client.expunge()
            assert await uids(client) == []

    async with open_world() as world:
        await asyncio.to_thread(hand_in, world)
        async with logged_in(world) as client:
            assert await uids(client) == [2]


async def test_a_copy_and_its_original_live_apart(open_world):
    async with open_world() as world:
        await asyncio.to_thread(hand_in, world)
        async with logged_in(world) as client:
            raw = await fetched(client, 1)
            await client.create("Archive/2026")
            await client.uid("copy", "1", "Archive/2026")
            await client.uid("store", "1", "+FLAGS", r"(\Deleted)")
            await client.expunge()

    async with open_world() as world, logged_in(world, "Archive/2026") as client:
        assert await fetched(client, 1) == raw
        flags = await client.uid("fetch", "1", "(FLAGS)")
        assert b"Deleted" not in flags.lines[0]


async def test_a_folder_made_anew_has_another_uidvalidity(open_world):
    async with open_world() as world, logged_in(world) as client:
        await client.create("Later")
        first = await state(client, "Later")
        await client.delete("Later")
        await asyncio.sleep(1.1)  # UIDVALIDITY counts seconds
        await client.create("Later")

        assert await state(client, "Later") != first


async def test_the_date_of_arrival_stays_with_the_mail(open_world):
    arrived_at = datetime(2026, 3, 4, 5, 6, 7, tzinfo=UTC)
    async with open_world() as world:
        await world.account.inbox.store(LETTER, arrived_at)
        async with logged_in(world) as client:
            await client.uid("store", "1", "+FLAGS", r"(\Seen)")
            await client.uid("move", "1", "Processed")

    async with open_world() as world, logged_in(world, "Processed") as client:
        answer = await client.uid("fetch", "1", "(INTERNALDATE)")
    assert b'"04-Mar-2026 05:06:07 +0000"' in answer.lines[0]


@contextlib.asynccontextmanager
async def child_world(directory):
    """Run a world in a process of its own, which may be killed in the block."""
    child = await asyncio.create_subprocess_exec(
        sys.executable, "-c", SERVER, str(directory), cwd=CHECKOUT, stdout=asyncio.subprocess.PIPE
    )
    try:
        yield child, *map(int, (await child.stdout.readline()).split())
    finally:
        with contextlib.suppress(ProcessLookupError):
            child.kill()
        await child.wait()


def hand_in_until_cut(port, name, accepted):
    """Hand in mail after mail over one connection; note each that was answered with 250."""
    with (
        contextlib.suppress(smtplib.SMTPException, OSError),
        smtplib.SMTP(
            "127.0.0.1", port, local_hostname="laptop.example.org", timeout=PATIENCE
        ) as client,
    ):
        for number in range(1000):
            raw = f"From: a@example.org\r\nSubject: {name}-{number}\r\n\r\n{'x' * 20_000}\r\n"
            client.sendmail("a@example.org", ["ejetglobal@ejet.com", "bob@example.org"], raw)
            accepted.append(f"{name}-{number}")


async def test_a_kill_loses_nothing_and_doubles_nothing(tmp_path):
    accepted: list[str] = []
    uid_of: dict[str, int] = {}
    for turn in range(4):
        async with child_world(tmp_path) as (child, port, _):
            senders = [
                asyncio.create_task(
                    asyncio.to_thread(hand_in_until_cut, port, f"{turn}-{name}", accepted)
                )
                for name in range(3)
            ]
            await grown(accepted, 10 + 3 * turn)
            os.kill(child.pid, signal.SIGKILL)
            await asyncio.gather(*senders)

        async with MailWorld.open(tmp_path, imap_port=0, smtp_port=0) as world:
            assert list(tmp_path.glob("**/tmp/*")) == []
            seen, validity = await subjects(world)
            theirs = [mail.subject for mail in world.inbox("bob@example.org")]
        assert sorted(seen) == sorted(set(seen)), "none twice"
        assert set(accepted) <= set(seen), "each that was accepted"
        assert set(accepted) <= set(theirs)
        assert len(theirs) == len(set(theirs))
        assert {subject: seen[subject] for subject in uid_of} == uid_of, "UIDs hold"
        uid_of = seen

    assert validity


async def grown(collection, by):
    """Wait until a collection has so many more, so that a kill comes amid the work."""
    wanted = len(collection) + by
    async with asyncio.timeout(PATIENCE):
        while len(collection) < wanted:
            await asyncio.sleep(0.001)


async def subjects(world):
    """Tell each subject's UID; every mail is whole."""
    found: dict[str, int] = {}
    async with logged_in(world) as client:
        for uid in await uids(client):
            raw = await fetched(client, uid)
            assert raw.endswith(b"x" * 20_000 + b"\r\n")
            subject = re.search(rb"Subject: (\S+)", raw)[1].decode()
            assert subject not in found
            found[subject] = uid
        return found, await state(client, "INBOX")


async def move_until_cut(directory, port, moved):
    """Move mail after mail to Processed; note each answer that gave its new UID."""
    client = aioimaplib.IMAP4("127.0.0.1", port, timeout=PATIENCE)
    await client.wait_hello_from_server()
    await client.login("ejetglobal@ejet.com", (directory / "password").read_text())
    await client.select("INBOX")
    for uid in await uids(client):
        answer = await client.uid("move", str(uid), "Processed")
        old, new = re.search(rb"COPYUID \d+ (\d+) (\d+)\]", answer.lines[0]).groups()
        moved[int(old)] = int(new)


async def test_a_kill_amid_moves_leaves_each_mail_in_one_folder(tmp_path):
    moved: dict[int, int] = {}
    async with MailWorld.open(tmp_path, imap_port=0, smtp_port=0) as world:
        for number in range(1, 301):
            raw = f"Subject: {number}\r\n\r\n".encode()
            assert (await world.account.inbox.store(raw, datetime.now(UTC))).uid == number
    for _ in range(3):
        async with child_world(tmp_path) as (child, _, port):
            mover = asyncio.create_task(move_until_cut(tmp_path, port, moved))
            await grown(moved, 20)
            child.kill()
            await child.wait()
            mover.cancel()  # aioimaplib waits for ever on a connection that was cut
            await asyncio.gather(mover, return_exceptions=True)

        async with MailWorld.open(tmp_path, imap_port=0, smtp_port=0) as world:
            async with logged_in(world, "Processed") as client:
                there = {uid: int((await fetched(client, uid))[9:-4]) for uid in await uids(client)}
            async with logged_in(world) as client:
                here = await uids(client)

        assert sorted([*here, *there.values()]) == list(range(1, 301))
        assert {old: there[new] for old, new in moved.items()} == {old: old for old in moved}
    assert 0 < len(moved) < 300


async def test_a_thousand_mails_cost_well_under_a_second_of_work_to_open(open_world):
    async with open_world() as world:
        for _ in range(1000):
            await world.account.inbox.store(LETTER, datetime.now(UTC))

    began = time.process_time()  # what others do meanwhile on this machine does not count
    async with open_world():
        assert time.process_time() - began < 0.5
