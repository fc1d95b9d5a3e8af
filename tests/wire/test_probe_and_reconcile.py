"""What an operator is told: of a mailbox before it is used, of a ledger that must agree with it."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from mail.pace import Patience
from mail.probe import probe
from mail.reconcile import FolderBalance, reconcile
from mail.settings import SmtpSettings
from tests.fakes.ports import free_port
from tests.wire.conftest import mail
from tests.wire.scripted import Scripted
from tests.wire.smtp import Sink, serving, settings
from tickets.journal import Arrival

pytestmark = pytest.mark.wire


async def findings(box, smtp=None):
    async with serving(Sink()) as port:
        found = await probe(box, smtp or settings(port), patience=Patience(30, 30, 60))
    return found, {finding.code: str(finding.severity) for finding in found.findings}


async def test_a_good_mailbox_has_nothing_to_say(dovecot, user):
    found, codes = await findings(dovecot.settings(user))

    assert (codes, found.is_usable) == ({}, True)
    assert [folder.name for folder in found.folders] == ["INBOX"]
    assert {"IDLE", "UIDPLUS", "MOVE"} <= set(found.capabilities)
    assert "SIZE" in found.smtp_extensions


async def test_what_is_missing_is_named(make_dovecot, user):
    server = make_dovecot(capabilities="IMAP4rev1 LITERAL+")
    server.start()
    box = server.settings(user, folders=["INBOX", "Kunden"], decorate="move")

    found, codes = await findings(box)

    assert codes == {
        "folder_missing": "error",
        "no_idle": "warning",
        "no_uidplus": "warning",
        "processed_missing": "note",
    }
    assert not found.is_usable


async def test_a_refused_login_and_a_closed_way_out(dovecot, user):
    found, codes = await findings(
        dovecot.settings(user, password="wrong"),
        SmtpSettings(host="127.0.0.1", port=free_port(), security="none"),
    )

    assert codes == {"imap_login": "error", "smtp": "error"}
    assert "AUTHENTICATIONFAILED" in found.findings[0].text
    assert "ConnectionRefusedError" in found.findings[1].text


async def test_a_server_that_is_not_there(dovecot, user):
    _, codes = await findings(dovecot.settings(user, port=free_port()))

    assert codes == {"imap": "error"}


@pytest.mark.parametrize(
    ("flags", "decorate", "code"),
    [
        (r"(\Answered)", "seen", "no_seen"),
        (r"(\Seen)", "keyword", "no_keywords"),
        (r"(\Seen)", "seen", None),
        (r"(\Seen \*)", "keyword", None),
        (r"(\Answered)", "off", None),
    ],
)
async def test_marks_that_cannot_be_made(flags, decorate, code):
    class Marked(Scripted):
        async def on_list(self, tag, rest, send):
            await send(r'* LIST (\Junk) "/" "Bulk Mail"', f"{tag} OK")

    Marked.flags = flags
    async with Marked() as server:
        _, codes = await findings(server.settings(decorate=decorate))

    assert set(codes) == {code, "junk_unwatched"} - {None}


async def test_a_probe_takes_marks_and_sends_nothing(dovecot, user):
    dovecot.deliver(user, mail("one"))
    sink = Sink()
    async with serving(sink) as port:
        await probe(dovecot.settings(user), settings(port))

    assert (dovecot.flags(user), sink.letters) == ({1: set()}, [])


async def test_the_books_balance(dovecot, user, ledger, watch_of):
    for n in range(5):
        dovecot.deliver(user, mail(f"number {n}"))
    box = dovecot.settings(user, folders=["INBOX", "Missing"])
    await watch_of(box).run_once()

    inbox, missing = await reconcile(box, ledger)

    assert (inbox.on_server, inbox.held, inbox.reasons) == (5, 5, {})
    assert inbox.is_balanced
    assert missing == FolderBalance("Missing", trouble="SELECT NO")


async def test_every_difference_has_its_reason(dovecot, user, ledger, watch_of):
    raws = [mail(f"number {n}") for n in range(5)]
    for raw in raws:
        dovecot.deliver(user, raw)
    box = dovecot.settings(user)
    await watch_of(box).run_once()
    ledger.forget(raws[1])
    dovecot.deliver(user, mail("just come"))
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        person.expunge()

    (inbox,) = await reconcile(box, ledger)

    assert (inbox.on_server, inbox.held) == (5, 3)
    assert inbox.reasons == {"arriving": 1, "missed": 1, "left": 1}
    assert not inbox.is_balanced


async def test_what_the_server_does_not_give_out(ledger, watch_of):
    class Broken(Scripted):
        async def on_uid_fetch(self, tag, rest, send):
            if (rest.startswith("2 ") and "BODY" in rest) or rest.startswith("1:3 ("):
                await send(f"{tag} NO [SERVERBUG]")
            else:
                await super().on_uid_fetch(tag, rest, send)

    async with Broken() as server:
        server.mails = {uid: mail(f"number {uid}") for uid in (1, 2, 3)}
        box = server.settings()
        for uid in (1, 3):
            await keep(ledger, box.name, uid, server.mails[uid])

        (inbox,) = await reconcile(box, ledger)

    assert (inbox.held, inbox.reasons) == (2, {"unfetchable": 1})


async def test_under_a_new_uidvalidity_the_old_book_is_named(ledger):
    async with Scripted() as server:
        server.mails = {1: mail("one"), 2: mail("two")}
        await keep(ledger, "scripted", 1, server.mails[1])
        server.uidvalidity = 2

        (inbox,) = await reconcile(server.settings(), ledger)

    assert (inbox.held, inbox.reasons) == (0, {"arriving": 2, "renumbered": 1})


async def keep(ledger, account, uid, raw):
    at = datetime.now(UTC)
    await ledger.keep([Arrival(account, raw, at, folder="INBOX", uidvalidity=1, uid=uid)])
