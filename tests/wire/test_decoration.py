"""Marks on the server: what people see in their own mail program afterwards."""

from __future__ import annotations

import asyncio

import pytest

from mail.pace import Pace
from tests.wire.conftest import QUICK, mail, until

pytestmark = pytest.mark.wire

NO_MOVE = "IMAP4rev1 LITERAL+ UIDPLUS IDLE"
NO_UIDPLUS = "IMAP4rev1 LITERAL+ MOVE IDLE"


async def taken_and_finished(server, user, ledger, watch_of, **settings):
    """Take one mail in, let the desk finish with it, and let it be marked."""
    server.deliver(user, mail("one"))
    watch = watch_of(server.settings(user, **settings))
    await watch.run_once()
    ledger.finish()
    await watch.run_once()
    return watch


def content(server, user, folder):
    with server.webmail(user) as person:
        status, _ = person.select(folder)
        return len(person.search(None, "ALL")[1][0].split()) if status == "OK" else None


async def test_seen_is_the_mark_that_needs_nothing(dovecot, user, ledger, watch_of):
    await taken_and_finished(dovecot, user, ledger, watch_of)

    assert dovecot.flags(user) == {1: {r"\Seen"}}


async def test_a_keyword_leaves_unread_what_people_have_not_read(dovecot, user, ledger, watch_of):
    await taken_and_finished(dovecot, user, ledger, watch_of, decorate="keyword")

    assert {flag.lower() for flag in dovecot.flags(user)[1]} == {"$ejethelpdesk"}


async def test_off_marks_nothing(dovecot, user, ledger, watch_of):
    await taken_and_finished(dovecot, user, ledger, watch_of, decorate="off")

    assert dovecot.flags(user) == {1: set()}


async def test_a_move_is_written_down_with_its_new_place(dovecot, user, ledger, watch_of):
    # The folder does not exist; it is made.
    await taken_and_finished(dovecot, user, ledger, watch_of, decorate="move")

    here = [place[1:] for place in ledger.places(mail("one"))]
    assert (content(dovecot, user, "INBOX"), content(dovecot, user, "Processed")) == (0, 1)
    assert [(folder, uid) for folder, _, uid in here] == [("INBOX", 1), ("Processed", 1)]
    assert here[1][1] > 0


async def test_without_move_a_mail_is_copied_and_only_it_is_expunged(
    make_dovecot, user, ledger, watch_of
):
    server = make_dovecot(capabilities=NO_MOVE)
    server.start()
    server.deliver(user, mail("deleted by a person, not yet expunged"))
    with server.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
    watch = watch_of(server.settings(user, decorate="move"))
    await watch.run_once()  # nothing is finished yet
    server.deliver(user, mail("one"))
    await watch.run_once()
    ledger.finish_one(mail("one"))
    await watch.run_once()

    assert list(server.flags(user)) == [1]
    assert content(server, user, "Processed") == 1
    assert [place[1] for place in ledger.places(mail("one"))] == ["INBOX", "Processed"]


async def test_without_uidplus_nothing_is_moved_and_nothing_expunged(
    make_dovecot, user, ledger, watch_of, caplog
):
    server = make_dovecot(capabilities=NO_UIDPLUS)
    server.start()
    await taken_and_finished(server, user, ledger, watch_of, decorate="move")

    assert server.flags(user) == {1: {r"\Seen"}}
    assert "cannot mark mails as asked: move" in caplog.text


async def test_many_mails_are_marked_with_few_commands(dovecot, user, ledger, watch_of):
    for n in range(450):
        dovecot.deliver(user, mail(f"number {n}"))
    watch = watch_of(dovecot.settings(user, decorate="move"))
    await watch.run_once()
    ledger.finish()
    await watch.run_once()

    assert (content(dovecot, user, "INBOX"), content(dovecot, user, "Processed")) == (0, 450)
    assert all(len(record.places) == 2 for record in ledger.records.values())


async def test_a_mail_that_a_person_took_away_first_holds_up_nothing(
    dovecot, user, ledger, watch_of
):
    dovecot.deliver(user, mail("one"))
    dovecot.deliver(user, mail("two"))
    watch = watch_of(dovecot.settings(user, decorate="move"))
    await watch.run_once()
    ledger.finish()
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        person.expunge()
    await watch.run_once()

    assert content(dovecot, user, "Processed") == 1
    assert not await ledger.undecorated(user, "INBOX", ledger.places(mail("two"))[0][2])


class Died(BaseException):
    """Stands for a killed process."""


@pytest.mark.parametrize("mode", ["seen", "move"])
@pytest.mark.parametrize(
    "point", ["mail.fetched", "mail.kept", "mail.decorating", "mail.decorated"]
)
async def test_killed_anywhere_the_next_run_makes_it_good(  # noqa: PLR0917
    dovecot, user, ledger, watch_of, point, mode
):
    raws = [mail(f"number {n}") for n in range(3)]
    for raw in raws:
        dovecot.deliver(user, raw)

    def die(at: str) -> None:
        if at == point:
            raise Died

    settings = dovecot.settings(user, decorate=mode)
    dying = watch_of(settings, kill=die)
    with pytest.raises(Died):  # noqa: PT012
        await dying.run_once()
        ledger.finish()
        await dying.run_once()
    watch = watch_of(settings)
    await watch.run_once()
    ledger.finish()
    await watch.run_once()

    assert sorted(ledger.raws) == sorted(raws)
    if mode == "seen":
        assert dovecot.flags(user) == {n: {r"\Seen"} for n in (1, 2, 3)}
    else:
        assert content(dovecot, user, "Processed") == 3


async def test_killed_between_the_move_and_the_ledger_the_place_is_found_again(
    dovecot, user, ledger, watch_of
):
    settings = dovecot.settings(user, decorate="move")
    watch = await taken_and_finished(dovecot, user, ledger, watch_of, decorate="move")
    raws = [mail(f"number {n}") for n in range(3)]
    for raw in raws:
        dovecot.deliver(user, raw)
    await watch.run_once()
    ledger.finish()
    moved = ledger.moved

    async def die(*_):
        raise Died

    ledger.moved = die
    with pytest.raises(Died):
        await watch.run_once()
    ledger.moved = moved
    raws.append(mail("comes in between"))
    dovecot.deliver(user, raws[-1])
    later = watch_of(settings, pace=Pace(patience=QUICK.patience))
    await later.run_once()
    ledger.finish()
    await later.run_once()

    assert [[p[1] for p in ledger.places(raw)] for raw in raws] == [["INBOX", "Processed"]] * 4
    assert len(ledger.records) == 5


async def test_killed_at_the_very_first_move_the_place_is_found_again(
    dovecot, user, ledger, watch_of
):
    dovecot.deliver(user, mail("old, answered long ago"), "Processed")
    raws = [mail(f"number {n}") for n in range(3)]
    for raw in raws:
        dovecot.deliver(user, raw)
    settings = dovecot.settings(user, decorate="move")
    watch = watch_of(settings)
    await watch.run_once()
    # As if we had died after the server had moved two of them.
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("MOVE", "2:3", "Processed")
    ledger.finish()
    await watch_of(settings).run_once()

    assert [[p[1] for p in ledger.places(raw)] for raw in raws] == [["INBOX", "Processed"]] * 3
    assert len(ledger.records) == 3


async def test_found_again_also_beside_mails_that_move_in_the_same_portion(
    dovecot, user, ledger, watch_of
):
    settings = dovecot.settings(user, decorate="move")
    watch = await taken_and_finished(dovecot, user, ledger, watch_of, decorate="move")
    raws = [mail(f"number {n}") for n in range(4)]
    for raw in raws:
        dovecot.deliver(user, raw)
    await watch.run_once()
    # As if we had died after the server had moved two of them.
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("MOVE", "2:3", "Processed")
    ledger.finish()
    await watch_of(settings).run_once()

    assert [[p[1] for p in ledger.places(raw)] for raw in raws] == [["INBOX", "Processed"]] * 4
    assert len(ledger.records) == 5


async def test_what_lay_in_the_processed_folder_before_us_is_not_taken_in(
    dovecot, user, ledger, watch_of
):
    dovecot.deliver(user, mail("old, answered long ago"), "Processed")
    dovecot.deliver(user, mail("one"))
    settings = dovecot.settings(user, decorate="move")
    watch = watch_of(settings)
    await watch.run_once()
    ledger.finish()
    with dovecot.webmail(user, "INBOX") as person:
        person.uid("STORE", "1", "+FLAGS", r"(\Deleted)")
        person.expunge()
    await watch.run_once()

    assert ledger.raws == [mail("one")]


async def test_a_folder_that_cannot_be_opened_keeps_no_other_from_its_marks(
    dovecot, user, ledger, watch_of
):
    await taken_and_finished(dovecot, user, ledger, watch_of, folders=["INBOX", "Missing"])

    assert dovecot.flags(user) == {1: {r"\Seen"}}


async def test_a_ledger_that_forgets_its_marks_does_not_keep_us_busy(
    dovecot, user, ledger, watch_of
):
    async def forget(*_):
        return None

    ledger.decorated = forget

    await asyncio.wait_for(taken_and_finished(dovecot, user, ledger, watch_of), 60)

    assert dovecot.flags(user) == {1: {r"\Seen"}}


async def test_a_mail_that_comes_while_thousands_are_marked_does_not_wait(
    dovecot, user, ledger, watch_of
):
    for n in range(1000):
        dovecot.deliver(user, mail(f"number {n}"))
    watch = watch_of(dovecot.settings(user, decorate="move", sweep_seconds=0.01))
    await watch.run_once()
    ledger.finish()
    kept_while = []
    decorated = ledger.decorated

    async def noting(*about):
        if len(about[3]) and not kept_while:
            dovecot.deliver(user, mail("in between"))
        kept_while.append(len(ledger.records))
        await decorated(*about)

    ledger.decorated = noting
    stop = asyncio.Event()
    running = asyncio.create_task(watch.run(stop))
    await until(lambda: len(kept_while) >= 10)
    stop.set()
    await running

    # It was taken in long before the last portion of marks.
    assert kept_while.index(1001) < 8
