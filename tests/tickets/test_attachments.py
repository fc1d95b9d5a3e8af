"""Files that come apart from their message: what is due, what was kept, and what never will be."""

from __future__ import annotations

import pytest

from tests.tickets.conftest import mail
from tickets.attachments import Attachments
from tickets.content import identity_owner, open_content
from tickets.ids import new_id
from tickets.models import Attachment, Blob, Message
from tickets.types import Channel, Direction
from vault.sealing import Place, seal_text


@pytest.fixture
async def message(bench):
    await bench.take_in(mail())
    return await Message.get(direction=Direction.INBOUND)


@pytest.fixture
async def row(bench, message):
    owner, row_id = identity_owner(message.identity_id), new_id()
    key = (await bench.vault.load_keys([owner]))[owner]
    return await Attachment.create(
        id=row_id,
        message_id=message.id,
        part="file:u1",
        filename=seal_text(key, Place("attachment", row_id, "filename"), "card.png"),
        content_type="image/png",
        size=5,
        remote=seal_text(key, Place("attachment", row_id, "remote"), "AgAD-1"),
        fetch_at=bench.clock[0],
    )


@pytest.fixture
def files(bench):
    return Attachments(bench.vault, Channel.EMAIL, now=bench.desk.now)


async def test_a_file_is_kept_sealed_for_its_sender(bench, files, row, message):
    data = bytes(range(256)) * 9000
    [due] = await files.due()
    await files.keep(due, data, "application/pdf")
    await files.keep(due, data, "application/pdf")

    kept = await Attachment.get(id=row.id)
    blob = await Blob.get(id=kept.blob_id)
    assert due.remote == "AgAD-1"
    assert await open_content(bench.vault, blob) == data
    assert blob.wrapped_for == identity_owner(message.identity_id)
    assert (kept.content_type, kept.size, kept.refused) == ("application/pdf", len(data), "")
    assert len(kept.digest) == 32
    assert await files.due() == []
    assert await Blob.filter(wrapped_for=blob.wrapped_for).count() == 2  # its mail, and this


async def test_a_refused_file_is_not_asked_for_again(files, row):
    await files.refuse(row.id, "kind")

    assert await files.due() == []
    assert (await Attachment.get(id=row.id)).refused == "kind"


async def test_what_cannot_be_had_is_tried_for_a_day(bench, files, row):
    tries = 0
    begun = bench.clock[0]
    while found := await files.due():
        tries += 1
        await files.put_off(found[0])
        again = (await Attachment.get(id=row.id)).fetch_at
        bench.clock[0] = again or bench.clock[0]

    assert tries == 9
    assert 12 <= (bench.clock[0] - begun).total_seconds() / 3600 <= 24
    assert (await Attachment.get(id=row.id)).refused == "gone"


async def test_the_files_of_the_erased_are_not_fetched(bench, files, row, message):
    [due] = await files.due()
    await bench.vault.destroy_keys([identity_owner(message.identity_id)])
    await files.keep(due, b"data", "text/plain")

    assert await files.due() == []
    kept = await Attachment.get(id=row.id)
    assert (kept.refused, kept.blob_id) == ("erased", None)


async def test_the_files_of_another_door_are_its_own(bench, row):
    assert await Attachments(bench.vault, Channel.TELEGRAM, now=bench.desk.now).due() == []
