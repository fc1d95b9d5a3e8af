"""Clients of the sandbox's mail: one that hands mail in, one that reads the mailbox."""

import smtplib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import aioimaplib

from sandbox.mail import MailWorld

PATIENCE = 60  # seconds: a busy machine is slow, never wrong
LETTER = b"From: Anna <anna@example.org>\r\nSubject: hello\r\n\r\nGood day.\r\n"


def hand_in(
    world, raw=LETTER, *, to=None, greeting="laptop.example.org", sender="anna@example.org"
):
    with smtplib.SMTP(
        world.host, world.smtp_port, local_hostname=greeting, timeout=PATIENCE
    ) as client:
        client.sendmail(sender, [to or world.address], raw)


@asynccontextmanager
async def logged_in(world: MailWorld, folder: str = "INBOX") -> AsyncIterator[aioimaplib.IMAP4]:
    client = aioimaplib.IMAP4(world.host, world.imap_port, timeout=PATIENCE)
    await client.wait_hello_from_server()
    assert (await client.login(world.username, world.password)).result == "OK"
    assert (await client.select(folder)).result == "OK"
    try:
        yield client
    finally:
        await client.logout()


async def uids(client: aioimaplib.IMAP4) -> list[int]:
    answer = await client.uid_search("ALL", charset=None)
    return [int(word) for word in answer.lines[0].split()]


async def fetched(client: aioimaplib.IMAP4, uid: int) -> bytes:
    answer = await client.uid("fetch", str(uid), "(UID BODY.PEEK[])")
    return bytes(next(line for line in answer.lines if isinstance(line, bytearray)))


async def state(client: aioimaplib.IMAP4, folder: str) -> bytes:
    answer = await client.status(folder, "(MESSAGES UIDNEXT UIDVALIDITY)")
    return bytes(answer.lines[0])


async def connected_and_idling(world: MailWorld):
    client = aioimaplib.IMAP4(world.host, world.imap_port, timeout=PATIENCE)
    await client.wait_hello_from_server()
    await client.login(world.username, world.password)
    await client.select("INBOX")
    return client, await client.idle_start(timeout=PATIENCE)
