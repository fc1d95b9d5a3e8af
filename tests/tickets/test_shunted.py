"""What crashes us is kept, listed, retried; the rest of its batch goes on."""

from __future__ import annotations

from dataclasses import replace

import pytest
from tortoise.exceptions import OperationalError

from tests.tickets.conftest import mail
from tickets.models import InboundRecord, InboundState, Ticket
from tickets.types import Channel, Text
from tickets.views import raw_message, retry_shunted, shunted


@pytest.fixture
def poisoned(bench):
    """A reader that dies on one mail, as a bug of ours would."""
    read = bench.intake._readers[Channel.EMAIL]
    healthy = [False]

    async def read_or_die(raw: bytes):
        if b"POISON" in raw and not healthy[0]:
            raise RuntimeError("secret words of the mail")
        return await read(raw)

    bench.intake._readers = {Channel.EMAIL: read_or_die}
    return bench, healthy


async def test_a_message_that_crashes_us_is_set_aside(poisoned):
    bench, _ = poisoned
    raw = mail("eve <eve@d.test>", body="POISON")

    await bench.take_in(mail("a <a@d.test>"), raw, mail("b <b@d.test>"))

    (view,) = await shunted(bench.vault, bench.desk.config)
    assert await Ticket.all().count() == 2
    assert view.error == "RuntimeError"
    assert "test_shunted.py" in view.place
    assert "secret words" in view.detail
    assert await raw_message(bench.vault, view.record) == raw
    record = await InboundRecord.get(state=InboundState.SHUNTED)
    assert b"secret words" not in record.error_detail


async def test_it_is_retried_with_growing_pauses(poisoned):
    bench, healthy = poisoned
    await bench.take_in(mail(body="POISON"))

    assert await bench.intake.run_once() == 0
    bench.later(minutes=2)
    assert await bench.intake.run_once() == 1
    bench.later(minutes=2)
    assert await bench.intake.run_once() == 0
    healthy[0] = True
    bench.later(minutes=10)
    assert await bench.intake.run_once() == 1

    assert await Ticket.all().count() == 1
    assert await shunted(bench.vault, bench.desk.config) == []


async def test_an_agent_may_have_it_retried_at_once(poisoned):
    bench, healthy = poisoned
    await bench.take_in(mail(body="POISON"))
    healthy[0] = True

    assert await retry_shunted([], bench.clock[0]) == 1
    await bench.intake.run_once()

    assert await Ticket.all().count() == 1


async def test_a_mail_that_breaks_the_batch_is_found_alone(bench):
    decide = bench.desk.decide

    def decide_or_die(case):
        if "POISON" in case.reading.why:
            raise ZeroDivisionError
        return decide(case)

    async def classify(texts: list[Text]):
        readings = await bench.desk.classify(texts)
        return [
            replace(reading, why=("POISON",)) if "POISON" in text.newest else reading
            for text, reading in zip(texts, readings, strict=True)
        ]

    bench.intake._desk = replace(bench.desk, decide=decide_or_die, classify=classify)

    await bench.take_in(
        *(mail(f"p{i} <p{i}@d.test>", body="POISON" if i == 3 else "x") for i in range(6))
    )

    assert await Ticket.all().count() == 5
    assert len(await shunted(bench.vault, bench.desk.config)) == 1


async def test_a_failing_database_shunts_nothing(bench):
    async def classify(_texts):
        raise OperationalError("database is locked")

    bench.intake._desk = replace(bench.desk, classify=classify)
    await bench.deliver(mail())

    with pytest.raises(OperationalError):
        await bench.intake.run_once()

    assert await shunted(bench.vault, bench.desk.config) == []
    assert await bench.intake.release_orphans() == 1
    bench.intake._desk = bench.desk
    assert await bench.intake.run_once() == 1
    assert await Ticket.all().count() == 1
