"""Files are fetched whole, told by their bytes, and refused by policy."""

from __future__ import annotations

from uuid import uuid4

import pytest

from bot.files import LIMIT, Files, kind_of
from sandbox.telegram.api import Fault
from tests.bot.conftest import settings
from tickets.attachments import Remote

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)
EXE = b"MZ" + bytes(300)


class Desk:
    """What the desk is told of files."""

    def __init__(self):
        self.files = []
        self.kept = {}
        self.refused = {}
        self.waiting = []

    async def due(self):
        due, self.files = self.files, []
        return due

    async def keep(self, file, data, content_type):
        self.kept[file.id] = (data, content_type)

    async def refuse(self, file_id, code):
        self.refused[file_id] = code

    async def put_off(self, file):
        self.waiting.append(file.id)


@pytest.fixture
def desk():
    return Desk()


@pytest.fixture
def files(client, desk):
    return Files(client, desk, refused_types=settings().refuse_files)


def add(desk, message, kind="document", size=None):
    file = message.content[kind]
    given = file["file_size"] if size is None else size
    one = Remote(uuid4(), file["file_id"], given, "image/png", 0, "identity:x")
    desk.files.append(one)
    return one.id


async def test_a_file_is_fetched_and_told_by_its_bytes(files, desk, mia):
    card = add(desk, mia.sends("document", PNG, name="card.pdf", mime="application/pdf"))

    assert await files.run_once() == 1
    assert desk.kept == {card: (PNG, "image/png")}
    assert await files.run_once() == 0


async def test_programs_are_refused_whatever_they_are_called(files, desk, mia):
    photo = add(desk, mia.sends("document", EXE, name="holiday.png", mime="image/png"))
    await files.run_once()

    assert (desk.kept, desk.refused) == ({}, {photo: "kind"})


async def test_what_the_server_does_not_give_out_is_refused(files, desk, mia, telegram):
    told = add(desk, mia.sends("document", PNG, name="film.mkv"), size=LIMIT + 1)
    untold = add(desk, mia.sends("document", bytes(LIMIT + 1), name="film.mkv"), size=0)
    await files.run_once()

    assert desk.refused == {told: "too_large", untold: "too_large"}
    assert telegram.protocol_errors == []


@pytest.mark.parametrize("kind", ["cut", "flood", "error"])
async def test_a_server_in_trouble_is_asked_again_later(files, desk, mia, kind):
    mia.telegram.faults.append(Fault(kind, "getFile"))
    file = add(desk, mia.sends("document", PNG, name="card.png"))
    await files.run_once()

    assert (desk.kept, desk.refused, desk.waiting) == ({}, {}, [file])


@pytest.mark.parametrize(
    ("data", "kind"),
    [
        (b"hello", "text/plain"),
        (b"", "text/plain"),
        ("grüß".encode(), "text/plain"),
        (b"\xff\xfe\xfd", "application/octet-stream"),
        (b"a\x00b", "application/octet-stream"),
        (b"%PDF-1.7 \n", "application/pdf"),
    ],
)
def test_a_kind_is_what_the_bytes_show(data, kind):
    assert kind_of(data) == kind
