"""A changed, removed, reordered or cut-off event is found."""

from __future__ import annotations

import pytest

from tests.tickets.conftest import mail
from tickets.audit import digest_of, verify
from tickets.models import AuditBatch, Event


@pytest.fixture
async def sealed(bench):
    """Three sealed batches."""
    for i in range(3):
        await bench.take_in(mail(f"p{i} <p{i}@d{i}.test>"))
        assert await bench.sealer.run_once()
        bench.later(seconds=5)
    return bench


async def test_an_untouched_chain_is_sound(sealed):
    await sealed.take_in(mail("late <late@d.test>"))

    found = await verify(sealed.vault)

    assert found.problems == []
    assert found.batches == 3
    assert found.unsealed == 3  # of the late mail: taken in, request opened, letter queued


async def test_a_changed_event_is_found(sealed):
    event = await Event.all().order_by("id").first()
    await Event.filter(id=event.id).update(kind="message_forged")

    assert "was changed" in (await verify(sealed.vault)).problems[0]


async def test_a_changed_event_with_a_fitting_digest_is_found(sealed):
    event = await Event.all().order_by("id").first()
    event.kind = "message_forged"
    await Event.filter(id=event.id).update(kind=event.kind, digest=digest_of(event))

    assert "does not follow" in (await verify(sealed.vault)).problems[0]


async def test_a_removed_event_is_found(sealed):
    event = await Event.all().order_by("-id").first()
    await Event.filter(id=event.id).delete()

    assert "is missing" in (await verify(sealed.vault)).problems[0]


async def test_an_event_put_into_a_batch_is_found(sealed):
    batch = await AuditBatch.all().order_by("id").first()
    await sealed.take_in(mail("late <late@d.test>"))
    await Event.filter(batch_id=None).update(batch_id=batch.id)

    assert any("was put in" in problem for problem in (await verify(sealed.vault)).problems)


async def test_reordered_events_are_found(sealed):
    batch = await AuditBatch.all().order_by("id").first()
    swapped = batch.events[16:32] + batch.events[:16] + batch.events[32:]
    await AuditBatch.filter(id=batch.id).update(events=swapped)

    assert "does not follow" in (await verify(sealed.vault)).problems[0]


async def test_reordered_batches_are_found(sealed):
    first, second, _ = await AuditBatch.all().order_by("id")
    await AuditBatch.filter(id=first.id).update(number=99)
    await AuditBatch.filter(id=second.id).update(number=1)
    await AuditBatch.filter(id=first.id).update(number=2)

    assert (await verify(sealed.vault)).problems


@pytest.mark.parametrize("with_events", [True, False])
async def test_a_cut_off_end_is_found(sealed, with_events):
    last = await AuditBatch.all().order_by("-id").first()
    if with_events:
        await Event.filter(batch_id=last.id).delete()
    await AuditBatch.filter(id=last.id).delete()

    assert any("cut off" in problem for problem in (await verify(sealed.vault)).problems)


async def test_a_missing_batch_in_the_middle_is_found(sealed):
    _, second, _ = await AuditBatch.all().order_by("id")
    await AuditBatch.filter(id=second.id).delete()

    assert (await verify(sealed.vault)).problems


async def test_a_foreign_signature_is_found(sealed):
    batch = await AuditBatch.all().order_by("id").first()
    await AuditBatch.filter(id=batch.id).update(signature="00" * 64)

    assert "signature" in (await verify(sealed.vault)).problems[0]


async def test_months_are_chains_of_their_own(sealed):
    sealed.later(days=40)
    await sealed.take_in(mail("late <late@d.test>"))
    await sealed.sealer.run_once()

    last = await AuditBatch.all().order_by("-id").first()
    assert (last.month, last.number) == ("2026-12", 1)
    assert (await verify(sealed.vault)).problems == []
