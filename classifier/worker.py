"""The reader in a process of its own, so that reading never holds up the mail.

    async with open_reader() as classify:
        readings = await classify(texts)

The process is started at once and nobody waits for it: the first call does.  It is restarted
when it dies or does not answer; a text that brings it down twice is handed to a human.  It ends
with its parent, however that ends, because its standard input ends then.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import signal
import struct
import sys
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, replace
from typing import BinaryIO, Final

from classifier import stages
from classifier.views import LOOKED_AT
from tickets.types import Channel, Classify, Intent, Reading, Right, Text, Topic

CHUNK: Final = 16  # texts in one question, so that others get their turn
_ANSWER_WITHIN: Final = 60.0  # seconds for one question, the start of the process included
_HEAD: Final = struct.Struct("!I")
_UNREADABLE: Final = Reading(Intent.OTHER, suspected=True, why=("unreadable",))
# The worker needs no secrets, so it is given none of the service's environment but this.
_ENVIRONMENT: Final = ("PATH", "LD_LIBRARY_PATH", "LANG", "LC_ALL", "TMPDIR", "SYSTEMROOT")


@asynccontextmanager
async def open_reader(command: Sequence[str] = ()) -> AsyncIterator[Classify]:
    """Start the worker and return what reads; the worker is stopped at the end."""
    worker = _Worker(tuple(command) or (sys.executable, "-P", "-m", __name__))
    starting = asyncio.create_task(worker.start())
    try:
        yield worker.classify
    finally:
        starting.cancel()
        with contextlib.suppress(asyncio.CancelledError, OSError):
            await starting
        await worker.stop()


class _Worker:
    """One process and the questions to it, one at a time."""

    def __init__(self, command: tuple[str, ...]) -> None:
        self._command = command
        self._process: asyncio.subprocess.Process | None = None
        self._turn = asyncio.Lock()
        self._asked = 0

    async def classify(self, texts: Sequence[Text]) -> Sequence[Reading]:
        """Return a reading for every text; never raises on any text."""
        readings: list[Reading] = []
        for at in range(0, len(texts), CHUNK):
            chunk = [_bounded(text) for text in texts[at : at + CHUNK]]
            readings += await self._read(chunk)
        return readings

    async def start(self) -> None:
        """Start the process unless it runs."""
        async with self._turn:
            await self._running()

    async def stop(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        if process is None:
            return
        with contextlib.suppress(ProcessLookupError):
            process.kill()
        await process.communicate()

    async def _read(self, chunk: list[Text]) -> list[Reading]:
        readings = await self._ask(chunk)
        if readings is not None:
            return readings
        # Something in the chunk brought the worker down: alone, each text gets two tries.
        return [await self._read_alone(text) for text in chunk]

    async def _read_alone(self, text: Text) -> Reading:
        for _ in range(2):
            readings = await self._ask([text])
            if readings is not None:
                return readings[0]
        return _UNREADABLE

    async def _ask(self, chunk: list[Text]) -> list[Reading] | None:
        """Return the answer, or None where the process died or kept silent."""
        async with self._turn:
            try:
                async with asyncio.timeout(_ANSWER_WITHIN):
                    process = await self._running()
                    return await self._exchange(process, chunk)
            except (OSError, EOFError, TimeoutError, ValueError):
                await self.stop()
                return None
            except asyncio.CancelledError:
                await self.stop()  # its answer would be taken for that to the next question
                raise

    async def _exchange(
        self, process: asyncio.subprocess.Process, chunk: list[Text]
    ) -> list[Reading]:
        into, out = process.stdin, process.stdout
        if into is None or out is None:
            raise EOFError
        into.write(_frame([asdict(text) for text in chunk]))
        await into.drain()
        (size,) = _HEAD.unpack(await out.readexactly(_HEAD.size))
        answer = json.loads(await out.readexactly(size))
        readings = [_reading(row) for row in answer["readings"]]
        stages.received(answer["spent"])
        if len(readings) != len(chunk):
            raise EOFError
        return readings

    async def _running(self) -> asyncio.subprocess.Process:
        if self._process is None or self._process.returncode is not None:
            await self.stop()
            self._process = await asyncio.create_subprocess_exec(
                *self._command,
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                stderr=asyncio.subprocess.DEVNULL,
                env=_environment(),
                start_new_session=True,
            )
        return self._process


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _ENVIRONMENT if name in os.environ}
    threads = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    places = (os.path.abspath(place) for place in sys.path)  # noqa: PTH100  - "" is a place too
    return {**kept, **threads, "PYTHONPATH": os.pathsep.join(places), "PYTHONUTF8": "1"}


def _bounded(text: Text) -> Text:
    """Return the text without what the reader would not look at."""
    half = LOOKED_AT // 2
    newest, quoted = text.newest, text.quoted
    if len(newest) > LOOKED_AT:
        newest = f"{newest[:half]}\n{newest[-half:]}"
    return replace(text, newest=newest, quoted=quoted[:LOOKED_AT], subject=text.subject[:half])


def _frame(value: object) -> bytes:
    # Lone surrogates survive as escapes, so any text crosses the pipe.
    body = json.dumps(value).encode("ascii")
    return _HEAD.pack(len(body)) + body


def _text(row: dict[str, object]) -> Text:
    return Text(
        newest=str(row["newest"]),
        quoted=str(row["quoted"]),
        subject=str(row["subject"]),
        channel=Channel(str(row["channel"])),
        hints=tuple(_strings(row["hints"])),
    )


def _reading(row: dict[str, object]) -> Reading:
    section, topic = row["policy_section"], row["topic"]
    return Reading(
        intent=Intent(str(row["intent"])),
        also=tuple(Intent(name) for name in _strings(row["also"])),
        rights=tuple(Right(name) for name in _strings(row["rights"])),
        topic=Topic(str(topic)) if topic else None,
        policy_section=section if isinstance(section, int) else None,
        questions=tuple(_strings(row["questions"])),
        language=str(row["language"]),
        confidence=float(str(row["confidence"])),
        needs_human=bool(row["needs_human"]),
        suspected=bool(row["suspected"]),
        marks=tuple(_strings(row["marks"])),
        why=tuple(_strings(row["why"])),
    )


def _strings(value: object) -> list[str]:
    return [str(item) for item in value] if isinstance(value, list) else []


def serve(into: BinaryIO, out: BinaryIO) -> None:
    """Answer questions until the input ends."""
    from classifier.reader import read_many, warm  # noqa: PLC0415  - only the worker pays for it

    warm()
    stages.taken()  # what warming cost is nobody's message
    while len(head := into.read(_HEAD.size)) == _HEAD.size:
        rows = json.loads(into.read(_HEAD.unpack(head)[0]))
        readings = [asdict(reading) for reading in read_many([_text(row) for row in rows])]
        out.write(_frame({"readings": readings, "spent": stages.taken()}))
        out.flush()


def main() -> int:
    """Serve on standard input and output; the entry of the worker process."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    out = os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever a library prints must not reach the pipe
    with contextlib.suppress(BrokenPipeError):
        serve(sys.stdin.buffer, out)
    return 0


if __name__ == "__main__":
    sys.exit(main())
