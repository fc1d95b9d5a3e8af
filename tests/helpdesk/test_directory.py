"""Every kind of directory answers the same questions the same way, and fails in the same way."""

from __future__ import annotations

import json
import os
import sys

import httpx
import pytest

from helpdesk.config import DirectorySettings
from helpdesk.directory import (
    CommandDirectory,
    CsvDirectory,
    HttpDirectory,
    hash_address,
    open_directory,
)
from helpdesk.signing import sign
from tickets.directory import Account, DirectoryError, is_customer, may_prove

TOKEN = b"a shared secret"
BOOK = {"ann@person.test": "c1", "ann@work.test": "c1", "bob@person.test": "c2"}


def from_csv(tmp_path):
    rows = [f"{hash_address(address, TOKEN)},{account}" for address, account in BOOK.items()]
    path = tmp_path / "book.csv"
    path.write_text("\n".join(["address_hash,account", *rows]))
    return CsvDirectory(path, TOKEN)


def from_http(tmp_path):
    def answer(request: httpx.Request) -> httpx.Response:
        moment = int(request.headers["X-Helpdesk-Time"])
        assert request.headers["X-Helpdesk-Signature"] == sign(TOKEN, moment, request.content)
        address = json.loads(request.content)["address"]
        return httpx.Response(200, json={"account": BOOK.get(address)})

    return HttpDirectory("https://book.test/", TOKEN, transport=httpx.MockTransport(answer))


def from_command(tmp_path):
    script = f"import sys; print({BOOK!r}.get(sys.stdin.read(), ''))"
    return CommandDirectory([sys.executable, "-c", script])


@pytest.mark.parametrize("make", [from_csv, from_http, from_command])
async def test_a_directory_knows_accounts_by_address(make, tmp_path):
    book = make(tmp_path)

    assert await book.look_up("Ann@PERSON.test") == Account("c1")
    assert await book.look_up("eve@person.test") is None
    assert await is_customer(book, "bob@person.test") is True
    assert await is_customer(book, "eve@person.test") is False
    assert await may_prove(book, "ann@person.test", "ann@work.test")
    assert not await may_prove(book, "ann@person.test", "bob@person.test")
    assert not await may_prove(book, "eve@person.test", "eve@person.test")


def http(status=200, **content):
    def answer(request: httpx.Request) -> httpx.Response:
        return httpx.Response(status, **content)

    return HttpDirectory("https://book.test/", TOKEN, transport=httpx.MockTransport(answer))


@pytest.mark.parametrize(
    "broken",
    [
        http(500),
        http(200, text="<html>"),
        http(200, json=[]),
        http(200, json={"account": 7}),
        http(302, headers={"Location": "https://other.test/"}),
        CommandDirectory([sys.executable, "-c", "raise SystemExit(1)"]),
        CommandDirectory(["/no/such/command"]),
        CommandDirectory([sys.executable, "-c", "print('x' * 9999)"]),
    ],
)
async def test_a_directory_that_fails_says_so_without_the_address(broken):
    with pytest.raises(DirectoryError) as caught:
        await broken.look_up("ann@person.test")

    assert "ann" not in str(caught.value)
    assert await is_customer(broken, "ann@person.test") is None


async def test_a_file_is_read_anew_when_it_changes(tmp_path):
    book = from_csv(tmp_path)
    assert await book.look_up("ann@person.test")

    path = tmp_path / "book.csv"
    path.write_text("address_hash,account\n")
    os.utime(path, (1, 1))

    assert await book.look_up("ann@person.test") is None


@pytest.mark.parametrize("text", ["", "a,b\n1,2\n", "\x00"])
async def test_a_file_of_another_shape_is_a_failure(tmp_path, text):
    path = tmp_path / "book.csv"
    path.write_text(text)

    with pytest.raises(DirectoryError):
        await CsvDirectory(path, TOKEN).look_up("ann@person.test")


async def test_a_missing_file_is_a_failure(tmp_path):
    with pytest.raises(DirectoryError):
        await CsvDirectory(tmp_path / "none.csv", TOKEN).look_up("ann@person.test")


async def test_no_directory_knows_nothing():
    assert open_directory(DirectorySettings()) is None
    assert await is_customer(None, "ann@person.test") is None


@pytest.mark.parametrize(
    ("kind", "made"),
    [("csv", CsvDirectory), ("http", HttpDirectory), ("command", CommandDirectory)],
)
def test_the_configuration_chooses(kind, made):
    assert isinstance(open_directory(DirectorySettings(kind=kind, source="x")), made)
