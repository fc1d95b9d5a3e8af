"""Every mail once, whatever lies in the folders: sweeps of a real Dovecot."""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta

import pytest

from mail.errors import ConnectionGone
from mail.pace import Pace
from tests.wire.conftest import QUICK, mail

pytestmark = pytest.mark.wire


async def test_the_first_sweep_takes_everything_in_order_and_in_batches(
    dovecot, user, ledger, watch_of
):
    raws = [mail(f"number {n}") for n in range(50)]
    for raw in raws:
        dovecot.deliver(user, raw)

    kept = await watch_of(dovecot.settings(user)).run_once()

    assert (kept, ledger.raws, ledger.commits) == (50, raws, [20, 20, 10])


async def test_a_second_sweep_takes_nothing_twice(dovecot, user, ledger, watch_of):
    # `UID SEARCH UID 3:*` answers 2 when 2 is the highest.
    watch = watch_of(dovecot.settings(user))
    dovecot.deliver(user, mail("one"))
    dovecot.deliver(user, mail("two"))

    kept = [await watch.run_once(), await watch.run_once()]
    dovecot.deliver(user, mail("three"))
    kept.append(await watch.run_once())

    assert (kept, ledger.commits) == ([2, 0, 1], [2, 1])


async def test_a_restart_takes_nothing_twice(dovecot, user, ledger, watch_of):
    dovecot.deliver(user, mail("one"))
    await watch_of(dovecot.settings(user)).run_once()

    kept = await watch_of(dovecot.settings(user)).run_once()

    assert (kept, ledger.commits) == (0, [1])


async def test_a_mail_that_a_person_has_read_is_taken_too(dovecot, user, ledger, watch_of):
    raw = mail("read in webmail")
    dovecot.deliver(user, raw)
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Seen \Flagged)")

    await watch_of(dovecot.settings(user)).run_once()

    assert ledger.raws == [raw]


async def test_taking_in_marks_nothing_read_before_the_desk_is_done(
    dovecot, user, ledger, watch_of
):
    watch = watch_of(dovecot.settings(user))
    dovecot.deliver(user, mail("one"))
    await watch.run_once()
    before = dovecot.flags(user)
    ledger.finish()
    await watch.run_once()

    assert r"\Seen" not in before[1]
    assert r"\Seen" in dovecot.flags(user)[1]


async def test_a_mail_that_a_person_moves_is_one_mail_in_two_places(
    dovecot, user, ledger, watch_of
):
    raw = mail("moved by hand")
    dovecot.deliver(user, raw)
    with dovecot.webmail(user, "INBOX") as person:
        person.create("Junk")
    watch = watch_of(dovecot.settings(user, folders=["INBOX", "Junk"]))
    await watch.run_once()
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("MOVE", "1", "Junk")

    kept = await watch.run_once()

    assert kept == 0
    assert [place[1] for place in ledger.places(raw)] == ["INBOX", "Junk"]


async def test_a_mail_that_left_a_folder_is_written_down_as_left(dovecot, user, ledger, watch_of):
    dovecot.deliver(user, mail("deleted by hand"))
    dovecot.deliver(user, mail("stays"))
    watch = watch_of(dovecot.settings(user), pace=Pace(compare=0))
    await watch.run_once()
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        person.expunge()

    await watch.run_once()

    assert {place[3] for place in ledger.gone} == {1}


async def test_every_byte_is_kept_as_it_lay_there(dovecot, user, ledger, watch_of):
    raws = [
        b"Subject: \xc4\xe3\xba\xc3\r\n\r\n\xff\xfe raw octets \x80\r\n",
        b"\r\nno header at all (\r\n",
        b"Subject: brackets ((( {12}\r\n\r\n)))\r\nA1 OK not an answer\r\n* 5 EXISTS\r\n{3}\r\n",
        b"Subject: no end of line",
    ]
    for raw in raws:
        dovecot.deliver(user, raw)

    await watch_of(dovecot.settings(user)).run_once()

    assert ledger.raws == raws


async def test_the_servers_date_comes_along_in_utc(dovecot, user, ledger, watch_of):
    dovecot.deliver(user, mail("one"))

    arrivals = []
    keep = ledger.keep

    async def noting(batch, **how):
        arrivals.extend(batch)
        return await keep(batch, **how)

    ledger.keep = noting
    await watch_of(dovecot.settings(user)).run_once()

    assert arrivals[0].internal_at.tzinfo is UTC
    assert abs(datetime.now(UTC) - arrivals[0].internal_at) < timedelta(minutes=10)


async def test_25_megabytes_come_whole_and_in_pieces(dovecot, user, ledger, watch_of):
    big = mail("big") + os.urandom(18_000_000).hex().encode()[:25_500_000] + b"\r\n"
    small = mail("small")
    dovecot.deliver(user, big)
    dovecot.deliver(user, small)

    # Over the limit of 25,000,000 bytes it is fetched in pieces of 1 MiB.
    await watch_of(dovecot.settings(user)).run_once()

    assert ledger.raws == [big, small]


async def test_under_a_higher_limit_a_large_mail_comes_at_once(dovecot, user, ledger, watch_of):
    big = mail("big") + b"x" * 70 + b"\r\n" + b"0123456789abcdef\r\n" * 400_000
    dovecot.deliver(user, big)

    await watch_of(dovecot.settings(user, max_bytes=50_000_000)).run_once()

    assert ledger.raws == [big]


@pytest.mark.parametrize(
    "folder", ["Two words", "客户来信", "Entwürfe & mehr", 'quote " and \\', "Kunden/Anfragen"]
)
async def test_folders_are_called_as_people_call_them(dovecot, user, ledger, watch_of, folder):
    raw = mail("in a folder")
    dovecot.deliver(user, raw, folder)

    await watch_of(dovecot.settings(user, folders=["INBOX", folder])).run_once()

    assert [place[1] for place in ledger.places(raw)] == [folder]


async def test_a_missing_folder_is_named_and_does_not_hold_up_the_others(
    dovecot, user, ledger, watch_of
):
    dovecot.deliver(user, mail("one"))
    watch = watch_of(dovecot.settings(user, folders=["Missing", "INBOX"]))

    first = await watch.run_once()
    trouble = dict(watch.status.folder_trouble)
    dovecot.deliver(user, mail("two"), "Missing")
    second = await watch.run_once()

    assert (first, trouble) == (1, {"Missing": "SELECT NO"})
    assert (second, watch.status.folder_trouble) == (1, {})


async def test_a_mail_that_became_visible_late_is_found_by_comparing(
    dovecot, user, ledger, watch_of
):
    raws = [mail(f"number {n}") for n in range(3)]
    for raw in raws:
        dovecot.deliver(user, raw)
    watch = watch_of(dovecot.settings(user), pace=Pace(compare=0))
    await watch.run_once()
    ledger.forget(raws[1])  # as if UID 2 had come to light after UID 3

    await watch.run_once()

    assert sorted(ledger.raws) == raws


async def test_a_new_uidvalidity_brings_new_places_and_no_new_mails(
    make_dovecot, user, ledger, watch_of
):
    server = make_dovecot()
    server.start()
    raws = [mail(f"number {n}") for n in range(5)]
    for raw in raws:
        server.deliver(user, raw)
    watch = watch_of(server.settings(user))
    await watch.run_once()

    server.revalidate(user)
    server.deliver(user, mail("after"))
    with pytest.raises(ConnectionGone):
        await watch.run_once()
    kept = await watch.run_once()

    assert (kept, len(ledger.records)) == (1, 6)
    assert [len(ledger.places(raw)) for raw in raws] == [2] * 5


async def test_a_new_uidvalidity_in_mid_sweep_loses_and_doubles_nothing(
    make_dovecot, user, ledger, watch_of
):
    server = make_dovecot()
    server.start()
    raws = [mail(f"number {n}") for n in range(45)]
    for raw in raws:
        server.deliver(user, raw)
    points = []

    def revalidate_once(point: str) -> None:
        points.append(point)
        if points.count("mail.kept") == 1 and point == "mail.kept":
            server.revalidate(user)

    watch = watch_of(server.settings(user), kill=revalidate_once)
    with pytest.raises(ConnectionGone):
        await watch.run_once()
    held = len(ledger.records)
    await watch.run_once()

    assert held == 20
    assert sorted(ledger.raws) == sorted(raws)


async def test_a_backlog_of_10_000_mails(dovecot, user, ledger, watch_of):
    for n in range(10_000):
        dovecot.deliver(user, mail(f"number {n}"))
    watch = watch_of(dovecot.settings(user), pace=Pace(patience=QUICK.patience))

    kept = await watch.run_once()
    ledger.finish()
    await watch.run_once()

    assert (kept, len(ledger.records), max(ledger.commits)) == (10_000, 10_000, 20)
    assert await ledger.undecorated(user, "INBOX", ledger.places(mail("number 1"))[0][2]) == []
