"""However a server's bytes are cut on their way, the same answer is read."""

from __future__ import annotations

import asyncio

import aioimaplib
from hypothesis import given, settings
from hypothesis import strategies as st

from mail.imap_client import Protocol
from mail.imap_text import read_fetch, read_search

NASTY = [
    b"\r\n", b")", b"(", b"{3}", b"{3}\r\n", b"A1 OK done\r\n", b"* 5 EXISTS\r\n", b"* ", b"+ ",
    b"UID 9", b" BODY[] ", b'"', b"\\", b"\x00", b"\xff", b"\r", b"\n", b"text",
]  # fmt: skip
bodies = st.lists(st.sampled_from(NASTY), max_size=8).map(b"".join)


class Wire:
    """A transport that only remembers what was written."""

    def __init__(self):
        self.written = b""

    def write(self, data):
        self.written += data


async def answer(call, make, cuts):
    """Run `call` against the bytes of `make(tag)`, cut at `cuts`; return the lines."""
    protocol = Protocol(asyncio.get_running_loop(), lambda: None, lambda _: None)
    protocol.state = aioimaplib.SELECTED
    protocol.transport = Wire()
    running = asyncio.ensure_future(call(protocol))
    await asyncio.sleep(0)
    data = make(protocol.transport.written.split()[0])
    at = 0
    for cut in [*sorted({c % (len(data) + 1) for c in cuts}), len(data)]:
        protocol.data_received(data[at:cut])
        at = cut
    response = await asyncio.wait_for(running, 60)
    return response.lines


@settings(max_examples=300, deadline=None)
@given(st.lists(bodies, min_size=1, max_size=5), st.lists(st.integers(0, 5000), max_size=12))
def test_a_fetch_answer_cut_anywhere(raws, cuts):
    def make(tag):
        items = b"".join(
            b"* %d FETCH (UID %d BODY[] {%d}\r\n%s)\r\n* %d FETCH (FLAGS (\\Seen))\r\n"
            % (n, n, len(raw), raw, n)
            for n, raw in enumerate(raws, 1)
        )
        return items + tag + b" OK Fetch completed\r\n"

    async def run():
        return await answer(lambda p: p.fetch("1:9", "(UID BODY[])", by_uid=True), make, cuts)

    found = read_fetch(asyncio.run(run()))

    assert {uid: item.raw for uid, item in found.items()} == dict(enumerate(raws, 1))


@settings(max_examples=100, deadline=None)
@given(st.sets(st.integers(1, 2**32 - 1), max_size=300), st.lists(st.integers(0, 4000), max_size=8))
def test_a_search_answer_cut_anywhere(uids, cuts):
    def make(tag):
        numbers = b" ".join(str(uid).encode() for uid in sorted(uids))
        return b"* SEARCH %s\r\n%s OK done\r\n" % (numbers, tag)

    async def run():
        return await answer(lambda p: p.search("ALL", by_uid=True, charset=None), make, cuts)

    assert read_search(asyncio.run(run())) == sorted(uids)


async def test_thousands_of_lines_in_one_read():
    # Upstream recurses once a line and dies of about a thousand (issue #118).
    def make(tag):
        return b"".join(b"* %d EXPUNGE\r\n" % n for n in range(5000)) + tag + b" OK moved\r\n"

    def move(protocol):
        protocol.capabilities = {"MOVE"}
        return protocol.move("1:5000", "Processed", by_uid=True)

    assert len(await answer(move, make, [])) == 5001


async def test_a_literal_of_megabytes_in_small_pieces():
    raw = b"0123456789abcdef\r\n" * 200_000

    def make(tag):
        return b"* 1 FETCH (UID 1 BODY[] {%d}\r\n%s)\r\n%s OK\r\n" % (len(raw), raw, tag)

    def fetch(protocol):
        return protocol.fetch("1", "(UID BODY[])", by_uid=True)

    lines = await answer(fetch, make, range(0, len(raw), 16_384))

    assert read_fetch(lines)[1].raw == raw
