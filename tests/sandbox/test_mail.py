"""The doors of the world: what a mail is like when it has come through them."""

import asyncio
import smtplib
import socket
import time
from datetime import UTC, datetime

import aioimaplib
import pytest

from sandbox.exchange import greeting_for
from sandbox.mail import MailWorld, WorldInUseError
from tests.fakes.ports import free_port
from tests.sandbox.clients import (
    LETTER,
    PATIENCE,
    connected_and_idling,
    fetched,
    hand_in,
    logged_in,
    state,
    uids,
)


async def test_mail_to_the_support_address_comes_as_from_an_exchanger(world):
    await asyncio.to_thread(hand_in, world)

    async with logged_in(world) as client:
        raw = await fetched(client, 1)

    trace, _, rest = raw.partition(b"From: Anna")
    assert b"From: Anna" + rest == LETTER
    lines = trace.decode().splitlines()
    assert lines[0] == "Return-Path: <anna@example.org>"
    assert lines[1] == "Delivered-To: ejetglobal@ejet.com"
    assert lines[2] == "Received: from laptop.example.org (localhost [127.0.0.1])"
    assert lines[3].startswith("\tby mx.sandbox.test with ESMTP id ")
    assert lines[4].startswith("\tfor <ejetglobal@ejet.com>; ")
    assert len(lines) == 5


async def test_every_mail_has_its_own_trace_id(world):
    for _ in range(2):
        await asyncio.to_thread(hand_in, world)

    async with logged_in(world) as client:
        traces = [(await fetched(client, uid)).split(b"ESMTP id ")[1][:12] for uid in (1, 2)]

    assert traces[0] != traces[1]


@pytest.mark.parametrize("verdict", ["pass", "fail", "none"])
async def test_the_greeting_chooses_the_verdict(world, verdict):
    await asyncio.to_thread(hand_in, world, greeting=greeting_for(verdict))

    async with logged_in(world) as client:
        raw = await fetched(client, 1)

    expected = (
        f"Authentication-Results: mx.sandbox.test; dmarc={verdict} header.from=example.org\r\n"
    )
    assert expected.encode() in raw


async def test_a_forged_verdict_is_removed_and_a_foreign_one_stays(world):
    forged = (
        b"Authentication-Results:\r\n mx.sandbox.test; dmarc=pass\r\n\theader.from=example.org\r\n"
        b"authentication-results: MX.sandbox.test; spf=pass\r\n"
        b"Authentication-Results: mx.elsewhere.test; dmarc=pass\r\n"
    )
    body_too = LETTER + b"Authentication-Results: mx.sandbox.test; quoted=yes\r\n"

    await asyncio.to_thread(hand_in, world, forged + body_too)

    async with logged_in(world) as client:
        raw = await fetched(client, 1)
    assert raw.endswith(b"Authentication-Results: mx.elsewhere.test; dmarc=pass\r\n" + body_too)
    assert raw.count(b"mx.sandbox.test") == 2  # Received, and the body


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(LETTER + b"\x00\xff\xfe 8 bit\r\n", id="eight bits and NUL"),
        pytest.param(LETTER + b".\r\n..\r\n.end\r\n", id="dots"),
        pytest.param(LETTER + b"long " * 4000 + b"\r\n", id="a line of 20 kB"),
        pytest.param(LETTER.removesuffix(b"\r\n") + b" no end" + b"\r\n", id="plain"),
        pytest.param(LETTER + (b"x" * 76 + b"\r\n") * 40_000, id="three megabytes"),
        pytest.param(b"\r\nno header at all\r\n", id="no header"),
        pytest.param(b"no header, no blank line\r\n", id="body alone"),
    ],
)
async def test_bytes_arrive_as_they_were_sent(world, raw):
    await asyncio.to_thread(hand_in, world, raw)

    async with logged_in(world) as client:
        assert (await fetched(client, 1)).endswith(raw)


@pytest.mark.parametrize("raw", [b"Subject: header alone\r\n", b"Subject: cut", b"x", b""])
async def test_stored_bytes_are_fetched_whole(world, raw):
    await world.account.inbox.store(raw, datetime.now(UTC))

    async with logged_in(world) as client:
        assert await fetched(client, 1) == raw


async def test_an_empty_mail_is_a_mail(world):
    await asyncio.to_thread(hand_in, world, b"")

    async with logged_in(world) as client:
        assert await uids(client) == [1]


async def test_mail_to_others_goes_to_their_inboxes(world):
    await asyncio.to_thread(hand_in, world, to="Bob@Example.ORG", sender="")

    mails = world.inbox("bob@example.org")
    assert [(mail.sender, mail.subject, mail.text) for mail in mails] == [
        ("Anna <anna@example.org>", "hello", "Good day.\n")
    ]
    assert mails[0].raw.startswith(b"Return-Path: <>\r\nDelivered-To: Bob@Example.ORG\r\n")
    assert world.inbox("carol@example.org") == []
    async with logged_in(world) as client:
        assert await uids(client) == []


async def test_many_may_write_to_one_person_at_once(world):
    await asyncio.gather(
        *(world.deliver(LETTER, sender="", recipients=["bob@example.org"]) for _ in range(40))
    )

    assert len(world.inbox("bob@example.org")) == 40


async def test_a_plus_address_reaches_the_mailbox(world):
    await asyncio.to_thread(hand_in, world, to="EJETglobal+EJ-7K3F@ejet.com")

    async with logged_in(world) as client:
        assert b"Delivered-To: EJETglobal+EJ-7K3F@ejet.com" in await fetched(client, 1)


async def test_a_domain_that_cannot_exist_is_refused(world):
    with pytest.raises(smtplib.SMTPRecipientsRefused) as refused:
        await asyncio.to_thread(hand_in, world, to="bob@nowhere.invalid")

    assert refused.value.recipients["bob@nowhere.invalid"][0] == 550


async def test_trouble_of_ours_is_temporary(world, monkeypatch):
    monkeypatch.setattr("os.fsync", lambda _: 1 / 0)

    with pytest.raises(smtplib.SMTPDataError) as refused:
        await asyncio.to_thread(hand_in, world)

    assert refused.value.smtp_code == 451


async def test_an_idling_client_is_woken_by_what_comes(world):
    async with logged_in(world) as client:
        idle = await client.idle_start()  # nobody looks by the clock: news alone wakes it
        for exists in (1, 2):
            await asyncio.to_thread(hand_in, world)
            news = await client.wait_server_push(timeout=PATIENCE)
            assert f"{exists} EXISTS".encode() in news
        client.idle_done()
        await idle


async def test_news_from_before_the_idle_is_told_when_it_begins(world):
    async with logged_in(world) as client:
        await asyncio.to_thread(hand_in, world)
        idle = await client.idle_start()

        news = await client.wait_server_push(timeout=PATIENCE)

        assert b"1 EXISTS" in news
        client.idle_done()
        await idle


async def test_a_search_knows_what_came_since_the_last_command(world):
    async with logged_in(world) as client, logged_in(world) as other:
        for uid in (1, 2):
            await asyncio.to_thread(hand_in, world)
            assert await uids(client) == list(range(1, uid + 1))
        await asyncio.to_thread(hand_in, world)
        assert (await fetched(client, 3)).endswith(LETTER)
        await other.uid("move", "2", "Junk")
        assert await uids(client) == [1, 3]


async def test_a_thousand_new_mails_are_told_in_one_line(world):
    async with logged_in(world) as client:
        for _ in range(1000):
            await world.account.inbox.store(LETTER, datetime.now(UTC))

        answer = await client.noop()

        assert [line for line in answer.lines if b"FETCH" in line] == []
        assert await uids(client) == list(range(1, 1001))


async def test_a_taken_port_is_said_and_another_used(open_world):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        async with open_world(smtp_port=port) as world:
            assert world.notes == [
                f"Port {port} is taken; SMTP listens on {world.smtp_port} instead."
            ]
            await asyncio.to_thread(hand_in, world)


async def test_a_wished_port_is_used(open_world):
    port = free_port()

    async with open_world(imap_port=port) as world:
        assert (world.imap_port, world.notes) == (port, [])


@pytest.mark.parametrize("host", ["0.0.0.0", "192.0.2.7"])  # noqa: S104 (must be refused)
async def test_it_listens_on_loopback_only(open_world, host):
    with pytest.raises(ValueError, match="loopback"):
        async with open_world(host=host):
            pass


async def test_a_second_world_on_the_same_mail_is_refused(world):
    with pytest.raises(WorldInUseError):
        async with MailWorld.open(world.directory, imap_port=0, smtp_port=0):
            pass


async def test_it_ends_although_clients_are_connected(open_world):
    async with open_world() as world:
        idling = [await connected_and_idling(world) for _ in range(3)]
        where = world.host, world.smtp_port
        waiting = await asyncio.to_thread(smtplib.SMTP, *where, timeout=PATIENCE)
        began = time.perf_counter()

    assert time.perf_counter() - began < PATIENCE / 2  # before any client's own patience is over
    for client, idle in idling:
        assert await client.wait_server_push(timeout=PATIENCE)  # BYE
        idle.cancel()
    assert waiting.sock.recv(1) == b""
    waiting.close()
    with pytest.raises(ConnectionRefusedError):
        await asyncio.open_connection(world.host, world.smtp_port)


async def test_nothing_runs_on_after_its_end(open_world):
    before = asyncio.all_tasks()
    async with open_world() as world:
        clients = [await connected_and_idling(world) for _ in range(3)]
        where = world.host, world.smtp_port
        waiting = await asyncio.to_thread(smtplib.SMTP, *where, timeout=PATIENCE)

    for client, idle in clients:
        await client.wait_server_push(timeout=PATIENCE)
        idle.cancel()
        client.protocol.transport.close()
    waiting.close()
    async with asyncio.timeout(PATIENCE):
        while asyncio.all_tasks() != before:
            await asyncio.sleep(0.01)


async def test_the_wrong_password_is_refused(world):
    client = aioimaplib.IMAP4(world.host, world.imap_port, timeout=PATIENCE)
    await client.wait_hello_from_server()

    assert (await client.login(world.username, "wrong")).result == "NO"
    assert (await client.login(world.username, world.password)).result == "OK"
    await client.logout()


async def test_a_move_leaves_the_mail_in_one_folder(world):
    await asyncio.to_thread(hand_in, world)
    async with logged_in(world) as client:
        raw = await fetched(client, 1)
        moved = await client.uid("move", "1", "Processed")

        assert b"COPYUID" in moved.lines[0]
        assert await uids(client) == []
        assert b"MESSAGES 1 UIDNEXT 2" in await state(client, "Processed")
    async with logged_in(world, "Processed") as client:
        assert await fetched(client, 1) == raw
