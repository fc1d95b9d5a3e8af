"""The reader in its own process: it dies, it is restarted, it never outlives its parent."""

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from dataclasses import asdict
from pathlib import Path

import pytest

from classifier import worker
from classifier.stages import SPENT
from classifier.worker import open_reader
from tickets.types import Intent, Text

ROOT = Path(__file__).parents[2]

FAKE = """
import json, os, struct, sys
head = struct.Struct("!I")
while len(size := sys.stdin.buffer.read(4)) == 4:
    rows = json.loads(sys.stdin.buffer.read(head.unpack(size)[0]))
    if any(row["newest"] == "deadly" for row in rows):
        os._exit(9)
    reading = dict(intent="feedback", also=[], rights=[], topic=None, policy_section=None,
                   questions=[], language="en", confidence=1.0, needs_human=False, suspected=False,
                   marks=[str(os.getpid())], why=[])
    spent = dict(first=(len(rows), 0.5), second=(0, 0.0), further=(0, 0.0))
    body = json.dumps(dict(readings=[reading] * len(rows), spent=spent)).encode()
    sys.stdout.buffer.write(head.pack(len(body)) + body)
    sys.stdout.buffer.flush()
"""

SILENT = (sys.executable, "-c", "import time; time.sleep(3600)")


def fake():
    return open_reader((sys.executable, "-c", FAKE))


async def test_the_real_one_reads():
    async with open_reader() as classify:
        (reading,) = await classify([Text("Please delete my account \ud800")])

    assert reading.intent is Intent.DELETION


async def test_what_each_stage_cost_comes_back_with_the_answer():
    before = asdict(SPENT["first"])
    async with fake() as classify:
        await classify([Text("fine"), Text("fine too")])

    assert SPENT["first"].messages == before["messages"] + 2
    assert SPENT["first"].seconds == pytest.approx(before["seconds"] + 0.5)


async def test_opening_waits_for_nothing():
    async with asyncio.timeout(50), open_reader(SILENT) as classify:  # it never says that it is up
        assert classify


async def test_a_deadly_text_is_handed_to_a_human_and_the_others_are_read():
    async with fake() as classify:
        readings = await classify([Text("fine"), Text("deadly"), Text("fine too")])

    assert [one.intent for one in readings] == [Intent.FEEDBACK, Intent.OTHER, Intent.FEEDBACK]
    assert (readings[1].needs_human, readings[1].suspected) == (True, True)


async def test_a_killed_worker_is_replaced():
    async with fake() as classify:
        (first,) = await classify([Text("a")])
        os.kill(int(first.marks[0]), signal.SIGKILL)
        (second,) = await classify([Text("b")])

    assert first.marks != second.marks


async def test_a_silent_worker_is_given_up(monkeypatch):
    monkeypatch.setattr(worker, "_ANSWER_WITHIN", 0.2)
    async with open_reader(SILENT) as classify:
        (reading,) = await classify([Text("a")])

    assert (reading.intent, reading.needs_human) == (Intent.OTHER, True)


async def test_callers_share_it():
    async with fake() as classify:
        many = await asyncio.gather(*(classify([Text(str(n))] * 40) for n in range(5)))

    assert [len(one) for one in many] == [40] * 5


async def test_a_call_given_up_does_not_disturb_the_next():
    async with fake() as classify:
        await classify([Text("a")])
        call = asyncio.create_task(classify([Text("b")] * 64))
        await asyncio.sleep(0)
        call.cancel()
        with pytest.raises(asyncio.CancelledError):
            await call

        assert len(await classify([Text("c")] * 3)) == 3


def test_it_ends_with_its_parent():
    script = textwrap.dedent(
        f"""
        import asyncio, sys
        sys.path.insert(0, {str(ROOT)!r})
        from classifier.worker import open_reader
        from tickets.types import Text
        async def main():
            async with open_reader((sys.executable, "-c", {FAKE!r})) as classify:
                print((await classify([Text("a")]))[0].marks[0], flush=True)
                await asyncio.sleep(60)
        asyncio.run(main())
        """
    )
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        child = int(parent.stdout.readline())
        parent.kill()

    deadline = time.monotonic() + 60
    while Path(f"/proc/{child}").exists() and time.monotonic() < deadline:
        time.sleep(0.05)
    status = Path(f"/proc/{child}/stat")
    assert not status.exists() or ") Z " in status.read_text(encoding="utf-8")
