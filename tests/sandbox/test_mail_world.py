"""The world as the command line meets it: found, written to, read, also after its end."""

import asyncio
import json
import os
import time
from datetime import UTC, datetime

import pytest

from sandbox.letter import Letter
from sandbox.mail import MailWorld
from sandbox.maildir import directory_name
from sandbox.world import (
    announced,
    find_mail,
    find_world,
    mail_directory,
    read_inbox,
    send,
    wait_for_world,
)
from tests.sandbox.clients import LETTER, PATIENCE, fetched, logged_in

QUESTION = Letter(
    sender="Zoë Quist <zoe@quist.example>",
    to="ejetglobal@ejet.com",
    subject="Schöne Grüße, 你好",
    text="Where is my parcel?\n",
)


@pytest.fixture
async def checkout(tmp_path):
    """A checkout with a running, announced world, and a folder deep within it."""
    data = tmp_path / "data"
    deep = tmp_path / "docs" / "adding"
    deep.mkdir(parents=True)
    async with MailWorld.open(mail_directory(data), imap_port=0, smtp_port=0) as mail:
        with announced(mail.whereabouts(data, bot_api="http://127.0.0.1:9")):
            yield deep, mail


async def test_it_is_found_from_any_folder_of_the_checkout(checkout):
    deep, mail = checkout

    world = find_world(deep)

    assert world is not None
    assert (world.host, world.smtp_port, world.imap_port, world.address, world.pid) == (
        "127.0.0.1",
        mail.smtp_port,
        mail.imap_port,
        "ejetglobal@ejet.com",
        os.getpid(),
    )
    assert world.places == {"bot_api": "http://127.0.0.1:9"}
    assert world.directory == mail.directory
    assert find_mail(deep) == mail.directory


def test_nothing_is_found_where_nothing_runs(tmp_path):
    assert find_world(tmp_path) is None
    assert find_mail(tmp_path) is None


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b'{"pid": 1}', id="another version"),
        pytest.param(b"[]", id="not a table"),
    ],
)
def test_an_unreadable_announcement_is_none(tmp_path, content):
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "world.json").write_bytes(content)

    assert find_world(tmp_path) is None


@pytest.mark.parametrize(
    "change",
    [
        pytest.param({"pid": 4_194_305}, id="the process is gone"),  # above the highest pid
        pytest.param({"smtp_port": 1}, id="its id is now another's"),
    ],
)
async def test_what_a_kill_left_behind_is_no_world(checkout, change):
    deep, mail = checkout
    path = mail.directory.parent / "world.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))

    assert find_world(deep) is None


async def test_the_announcement_ends_with_the_world(tmp_path):
    async with MailWorld.open(mail_directory(tmp_path), imap_port=0, smtp_port=0) as mail:
        with announced(mail.whereabouts(tmp_path)):
            assert (tmp_path / "world.json").exists()
        assert not (tmp_path / "world.json").exists()


async def test_one_can_wait_for_a_world_that_is_starting(tmp_path):
    async with MailWorld.open(mail_directory(tmp_path / "data"), imap_port=0, smtp_port=0) as mail:
        waiting = asyncio.create_task(asyncio.to_thread(wait_for_world, tmp_path, PATIENCE))
        await asyncio.sleep(0.2)
        assert not waiting.done()
        with announced(mail.whereabouts(tmp_path / "data")):
            world = await waiting

    assert world is not None
    assert world.smtp_port == mail.smtp_port


def test_waiting_ends(tmp_path):
    began = time.monotonic()

    assert wait_for_world(tmp_path, 0.3) is None
    assert 0.3 <= time.monotonic() - began < PATIENCE


async def test_a_letter_is_sent_and_passes(checkout):
    deep, mail = checkout

    await asyncio.to_thread(send, find_world(deep), QUESTION)

    async with logged_in(mail) as client:
        raw = await fetched(client, 1)
    assert b"Return-Path: <zoe@quist.example>\r\n" in raw
    assert b"; dmarc=pass header.from=quist.example\r\n" in raw
    assert raw.endswith(b"\r\n\r\nWhere is my parcel?\r\n")


async def test_a_letter_may_fail_its_checks(checkout):
    deep, mail = checkout

    await asyncio.to_thread(send, find_world(deep), QUESTION, verdict="fail")

    async with logged_in(mail) as client:
        assert b"; dmarc=fail header.from=quist.example\r\n" in await fetched(client, 1)


async def test_an_inbox_reads_the_same_while_it_runs_and_after(tmp_path):
    directory = mail_directory(tmp_path)
    async with MailWorld.open(directory, imap_port=0, smtp_port=0) as mail:
        letter = Letter(
            sender="EJET <ejetglobal@ejet.com>",
            to="zoe@quist.example",
            subject="[EJ-7K3F-9Q] Wir haben Ihre Nachricht – 收到",
            text="Liebe Zoë,\nIhr Zeichen ist EJ-7K3F-9Q.\n",
            html="<p>Liebe Zoë</p>",
            headers={
                "Auto-Submitted": "auto-replied",
                "In-Reply-To": "<1@quist.example>",
                "Message-ID": "<2@ejet.example>",
            },
        )
        for raw in (letter.encode(datetime(2026, 11, 22, 9, 30, tzinfo=UTC)), LETTER):
            await mail.deliver(raw, sender="ejetglobal@ejet.com", recipients=["zoe@quist.example"])
        running = mail.inbox("zoe@quist.example")

    after = read_inbox(directory, "ZOE@quist.example")
    assert after == running
    first, second = after
    assert (first.sender, first.to) == ("EJET <ejetglobal@ejet.com>", "zoe@quist.example")
    assert first.subject == "[EJ-7K3F-9Q] Wir haben Ihre Nachricht – 收到"
    assert first.text == "Liebe Zoë,\nIhr Zeichen ist EJ-7K3F-9Q.\n"
    assert first.html == "<p>Liebe Zoë</p>"
    assert first.date == datetime(2026, 11, 22, 9, 30, tzinfo=UTC)
    assert (first.message_id, first.in_reply_to) == ("<2@ejet.example>", "<1@quist.example>")
    assert (first.automatic, second.automatic) == (True, False)
    assert second.text == "Good day.\n"


@pytest.mark.parametrize(
    "address",
    ["../../etc@evil.example", "a/b@c.example", "..", "x" * 300 + "@long.example", "é@ü.example"],
)
async def test_no_address_leads_out_of_the_world(world, address):
    await world.deliver(LETTER, sender="", recipients=[address])

    assert len(world.inbox(address)) == 1
    written = [path for path in world.directory.rglob("*") if path.is_file()]
    assert len(list((world.directory / "people").iterdir())) == 1
    assert len([path for path in written if path.parent.name == "new"]) == 1


def test_two_long_addresses_are_two_people():
    names = {directory_name("x" * 300 + end) for end in ("a@long.example", "b@long.example")}

    assert len(names) == 2
