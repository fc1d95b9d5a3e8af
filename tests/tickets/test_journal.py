"""What the journal keeps, and what it only finds again."""

from dataclasses import replace
from datetime import UTC, datetime

from tickets.journal import Arrival
from tickets.models import InboundRecord

AT = datetime(2026, 3, 2, 9, tzinfo=UTC)
MAIL = Arrival("support", b"Subject: one\r\n\r\nbody\r\n", AT, "INBOX", 1, 7)


async def test_a_mail_that_moved_gets_its_new_place_and_a_strange_one_is_left(bench):
    await bench.journal.keep([MAIL])
    there = replace(MAIL, folder="Processed", uidvalidity=4, uid=2)
    strange = replace(there, raw=b"Subject: older than we are\r\n\r\n", uid=1)

    kept = await bench.journal.keep([strange, there], only_known=True)

    assert kept == [None, None]
    assert await InboundRecord.all().count() == 1
    assert await bench.journal.held("support", "Processed", 4) == {2}
