"""What breaks between us and a mailbox, on a real Dovecot: each has its promise."""

from __future__ import annotations

import asyncio
import logging
import time

import pytest

from mail.errors import ConnectionGone, LoginRefused
from mail.imap import ImapConnection
from mail.pace import Pace, Patience
from tests.wire.conftest import QUICK, mail, until
from tests.wire.dovecot import Dovecot, make_certificate

pytestmark = pytest.mark.wire

POOR = "IMAP4rev1 LITERAL+ UIDPLUS"
PATIENCE = Pace().patience.connect  # seconds


async def test_under_idle_a_mail_is_seen_long_before_the_next_sweep(
    dovecot, user, ledger, watch_of
):
    watch = watch_of(dovecot.settings(user, sweep_seconds=600), is_running=True)
    await until(lambda: watch.status.idling)
    for n in range(3):
        dovecot.deliver(user, mail(f"number {n}"))
        await until(lambda n=n: len(ledger.records) == n + 1)


async def test_every_folder_is_listened_to(dovecot, user, ledger, watch_of):
    dovecot.deliver(user, mail("first"), "Junk")
    settings = dovecot.settings(user, folders=["INBOX", "Junk"], sweep_seconds=600)
    watch = watch_of(settings, is_running=True)
    await until(lambda: watch.status.idling == {"INBOX", "Junk"})
    dovecot.deliver(user, mail("second"), "Junk")

    await until(lambda: len(ledger.records) == 2)


async def test_without_idle_a_mail_is_seen_within_the_sweep_interval(
    make_dovecot, user, ledger, watch_of
):
    server = make_dovecot(capabilities=POOR)
    server.start()
    watch = watch_of(server.settings(user, sweep_seconds=0.5), is_running=True)
    await until(lambda: watch.status.swept_at)
    server.deliver(user, mail("one"))

    await until(lambda: ledger.records)
    assert watch.status.idling == set()


async def test_a_dropped_connection_is_replaced_at_once(dovecot, user, ledger, watch_of):
    watch = watch_of(dovecot.settings(user, sweep_seconds=600), is_running=True)
    await until(lambda: watch.status.idling)
    dovecot.kick()
    dovecot.deliver(user, mail("after the drop"))

    # The listener comes back and has the folder looked through; nothing waits for a timeout.
    await until(lambda: ledger.records)


async def test_a_drop_in_mid_sweep_loses_and_doubles_nothing(dovecot, user, ledger, watch_of):
    raws = [mail(f"number {n}") for n in range(50)]
    for raw in raws:
        dovecot.deliver(user, raw)
    drops = iter((True, True))

    def drop(point: str) -> None:
        if point == "mail.kept" and next(drops, False):
            dovecot.kick()

    watch_of(dovecot.settings(user), is_running=True, kill=drop)
    await until(lambda: len(ledger.records) == 50)

    assert sorted(ledger.raws) == sorted(raws)


async def test_a_frozen_server_is_left_after_the_quiet_time(
    dovecot, user, ledger, watch_of, monkeypatch
):
    watch = watch_of(dovecot.settings(user))
    await watch.run_once()
    dovecot.deliver(user, mail("one"))

    with dovecot.frozen(), monkeypatch.context() as meanwhile:
        brief = Pace(patience=Patience(connect=0.4, quiet=0.4))
        meanwhile.setattr(watch, "_pace", brief)
        meanwhile.setattr(watch._worker, "_patience", brief.patience)
        begun = time.monotonic()
        with pytest.raises(ConnectionGone, match="no answer"):
            await watch.run_once()
        with pytest.raises(ConnectionGone, match="no answer"):
            await watch.run_once()
        seconds = time.monotonic() - begun
    kept = await watch.run_once()

    assert 0.7 < seconds < PATIENCE
    assert kept == 1


async def test_freeze_and_thaw_under_idle(dovecot, user, ledger, watch_of):
    pace = Pace(patience=Patience(connect=2, quiet=2), renew=0.4, pause=0.05, longest_pause=0.2)
    watch = watch_of(dovecot.settings(user, sweep_seconds=600), pace=pace, is_running=True)
    await until(lambda: watch.status.idling)
    with dovecot.frozen():
        dovecot.deliver(user, mail("in the frost"))
        await until(lambda: not watch.status.idling)

    await until(lambda: ledger.records)


async def test_a_server_that_is_down_at_start_is_found_when_it_comes(
    make_dovecot, user, ledger, watch_of
):
    server: Dovecot = make_dovecot()
    watch = watch_of(server.settings(user), is_running=True)
    await until(lambda: watch.status.trouble)
    trouble = watch.status.trouble
    server.start()
    server.deliver(user, mail("one"))

    await until(lambda: ledger.records)

    assert trouble == "ConnectionRefusedError"
    assert watch.status.trouble == ""


async def test_a_restart_of_the_server_is_survived(make_dovecot, user, ledger, watch_of):
    server: Dovecot = make_dovecot()
    server.start()
    watch = watch_of(server.settings(user), is_running=True)
    await until(lambda: watch.status.idling)
    server.stop()
    await until(lambda: not watch.status.idling)
    server.start()
    server.deliver(user, mail("one"))

    await until(lambda: ledger.records)


async def test_a_wrong_password_is_said_plainly_and_tried_seldom(
    dovecot, user, ledger, watch_of, caplog
):
    settings = dovecot.settings(user, password="wrong", folders=["INBOX", "Junk"])
    with caplog.at_level(logging.DEBUG):
        watch = watch_of(settings, is_running=True)
        await until(lambda: watch.status.trouble)
        trouble = watch.status.trouble
        await asyncio.sleep(0.1)

    assert trouble == "login NO AUTHENTICATIONFAILED"
    assert [r.levelname for r in caplog.records if r.name == "mail.watch"] == ["ERROR"]
    assert "wrong" not in caplog.text
    assert settings.address not in caplog.text
    # One attempt, not one for each folder as well: accounts are locked after a few.
    lines = (dovecot.directory / "dovecot.log").read_text().splitlines()
    assert sum("auth failed" in line and f"user=<{user}>" in line for line in lines) == 1


async def test_the_password_is_tried_again_later(dovecot, user, ledger, watch_of):
    pace = Pace(refused_pause=0.1)
    watch = watch_of(dovecot.settings(user, password="wrong"), pace=pace)
    for _ in range(2):
        with pytest.raises(LoginRefused):
            await watch.run_once()


async def test_renewing_idle_loses_nothing(dovecot, user, ledger, watch_of):
    pace = Pace(patience=QUICK.patience, renew=0.1)
    watch = watch_of(dovecot.settings(user, sweep_seconds=600), pace=pace, is_running=True)
    await until(lambda: watch.status.idling)
    for n in range(10):
        dovecot.deliver(user, mail(f"number {n}"))
        await asyncio.sleep(0.07)

    await until(lambda: len(ledger.records) == 10)


async def test_a_watch_ends_at_once(dovecot, user, ledger, watch_of):
    watch = watch_of(dovecot.settings(user))
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    await until(lambda: watch.status.idling)
    begun = time.monotonic()
    stop.set()
    await running

    assert time.monotonic() - begun < PATIENCE


async def test_a_watch_of_a_frozen_server_ends_before_its_patience(dovecot, user, ledger, watch_of):
    watch = watch_of(dovecot.settings(user, sweep_seconds=0.2), pace=Pace())
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    await until(lambda: watch.status.idling)
    with dovecot.frozen():
        await asyncio.sleep(0.4)
        begun = time.monotonic()
        stop.set()
        await running
        seconds = time.monotonic() - begun

    assert seconds < PATIENCE


async def test_a_watch_that_cannot_connect_ends_before_its_patience(dovecot, user, watch_of):
    watch = watch_of(dovecot.settings(user), pace=Pace())
    stop = asyncio.Event()
    with dovecot.frozen():
        running = asyncio.create_task(watch.run(stop))
        await asyncio.sleep(0.2)
        begun = time.monotonic()
        stop.set()
        await running
        seconds = time.monotonic() - begun

    assert seconds < PATIENCE


async def test_tls_with_the_servers_own_certificate(dovecot, user, ledger, watch_of):
    dovecot.deliver(user, mail("one"))
    settings = dovecot.settings(
        user,
        host="localhost",
        port=dovecot.tls_port,
        security="tls",
        ca_file=str(dovecot.certificate),
    )

    assert await watch_of(settings).run_once() == 1


async def test_a_certificate_that_nobody_vouches_for_is_refused(dovecot, user, watch_of):
    watch = watch_of(dovecot.settings(user, port=dovecot.tls_port, security="tls"))

    with pytest.raises(ConnectionGone, match="SSLCertVerificationError"):
        await watch.run_once()


async def test_a_file_of_authorities_that_is_missing(dovecot, user, watch_of):
    settings = dovecot.settings(user, security="tls", ca_file="/nowhere/ca.pem")

    with pytest.raises(ConnectionGone, match="ca_file: FileNotFoundError"):
        await watch_of(settings).run_once()


async def test_a_certificate_for_another_name_is_refused(make_dovecot, directory, user, watch_of):
    server: Dovecot = make_dovecot()
    server.directory.mkdir()
    make_certificate(server.certificate, server.directory / "key.pem", "imap.example.org")
    server.start()
    settings = server.settings(
        user, port=server.tls_port, security="tls", ca_file=str(server.certificate)
    )

    with pytest.raises(ConnectionGone, match="SSLCertVerificationError"):
        await watch_of(settings).run_once()


async def test_thousands_of_lines_in_one_answer(dovecot, user):
    # aioimaplib recurses once a line and dies of a thousand (its issue #118).
    for n in range(1300):
        dovecot.deliver(user, mail(f"number {n}"))
    connection = await ImapConnection.open(dovecot.settings(user), patience=Patience())
    await connection.select("INBOX")

    heads = await connection.fetch_heads(range(1, 1301))
    await connection.close()

    assert len(heads) == 1300


async def test_two_callers_of_one_connection_take_turns(dovecot, user):
    dovecot.deliver(user, mail("one"))
    connection = await ImapConnection.open(dovecot.settings(user), patience=Patience())
    await connection.select("INBOX")

    answers = await asyncio.gather(*(connection.search("ALL") for _ in range(5)))
    await connection.close()

    assert answers == [[1]] * 5
