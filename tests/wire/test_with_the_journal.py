"""The watch and the desk's own journal together: the ledger's promises are kept by the real one."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from helpdesk.database import migrate, open_database
from mail.reconcile import reconcile
from mail.watch import ImapWatch
from tests.wire.conftest import QUICK, mail
from tickets.journal import Journal
from tickets.models import InboundRecord, InboundState, Location
from vault.keys import MemoryKeyStore
from vault.vault import Vault

pytestmark = pytest.mark.wire


def now() -> datetime:
    return datetime.now(UTC)


@pytest.fixture
async def journal(tmp_path) -> AsyncIterator[Journal]:
    EXECUTOR_CACHE.clear()  # tortoise 1.1.9 caches SQL by connection name, not by dialect
    url = f"sqlite://{tmp_path}/desk.db"
    await migrate(url)
    async with open_database(url):
        yield Journal(await Vault.open(MemoryKeyStore(), b"m" * 32), now=now)
    EXECUTOR_CACHE.clear()


@pytest.fixture
async def watch(dovecot, user, journal):
    settings = dovecot.settings(user, decorate="move")
    watch = ImapWatch(settings, journal, now=now, on_kept=lambda: None, pace=QUICK)
    yield watch
    await watch.close()


async def finish() -> None:
    await InboundRecord.all().update(state=InboundState.DONE)


async def places() -> list[tuple[str, int, bool]]:
    rows = await Location.all().order_by("folder", "uid")
    return [(row.folder, row.uid, row.left_at is None) for row in rows]


async def test_a_life_of_mails(dovecot, user, journal, watch):
    for n in range(30):
        dovecot.deliver(user, mail(f"number {n}"))

    assert await watch.run_once() == 30
    assert await watch.run_once() == 0
    assert dovecot.flags(user).keys() == set(range(1, 31))
    await finish()
    await watch.run_once()

    assert await InboundRecord.all().count() == 30
    expected = [("INBOX", n, False) for n in range(1, 31)]
    assert await places() == expected + [("Processed", n, True) for n in range(1, 31)]
    assert dovecot.flags(user) == {}


async def test_renumbered_mails_are_known_again(make_dovecot, user, journal):
    server = make_dovecot()
    server.start()
    for n in range(25):
        server.deliver(user, mail(f"number {n}"))
    for _ in range(2):
        watch = ImapWatch(server.settings(user), journal, now=now, on_kept=lambda: None, pace=QUICK)
        await watch.run_once()
        await watch.close()
        server.revalidate(user)

    balance = await reconcile(server.settings(user), journal)

    assert await InboundRecord.all().count() == 25
    assert await Location.all().count() == 50
    assert balance[0].reasons == {"arriving": 25, "renumbered": 25}


async def test_mails_that_people_take_away_are_noted(dovecot, user, journal, watch):
    dovecot.deliver(user, mail("one"))
    dovecot.deliver(user, mail("two"))
    await watch.run_once()
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        person.expunge()
    again = ImapWatch(watch._settings, journal, now=now, on_kept=lambda: None, pace=QUICK)
    await again.run_once()
    await again.close()

    assert await places() == [("INBOX", 1, False), ("INBOX", 2, True)]
    (balance,) = await reconcile(watch._settings, journal)
    assert (balance.on_server, balance.held, balance.reasons) == (1, 1, {"left": 1})
