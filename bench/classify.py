"""How fast messages are read: `python bench/classify.py`.

Processor time of one process and one core, so that the figures mean the same on a busy machine;
start, memory and the longest single readings beside it.  With `--gate` the exit code is 1 where a
figure misses what docs/understanding.md promises.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import resource
import sys
import time
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
os.environ.setdefault("OMP_NUM_THREADS", "1")
sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

_CHAT = 90  # characters of a chat message at most
_BATCH = 32
_ODD = {
    "100 kB of text": "Please send me what you have about me. " * 2_600,
    "1 MB of one word": "x" * 1_000_000,
    "only emoji": "\N{THUMBS UP SIGN}" * 5_000,
    "mixed right to left": "שלום مرحبا hello \u202e" * 5_000,
    "long digits": "1234567890 " * 10_000,
}
_PROMISED = {"chat": 250.0, "mixed": 60.0, "start": 3.0, "memory": 350.0, "odd": 0.2, "lag": 0.1}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gate", action="store_true", help="fail where a promise is missed")
    options = parser.parse_args()
    began = time.process_time()
    from classifier import examples, reader, vectors  # noqa: PLC0415  - its loading is measured

    reader.warm()
    figures = {"start": time.process_time() - began}
    messages = [one for one in examples.load() if one.is_hard or len(one.text.newest) > 0]
    chosen = messages[:: max(1, len(messages) // 400)]
    chat = [one.text for one in chosen if len(one.text.newest) <= _CHAT and not one.text.subject]
    alone = reader.Reader(reader.trained(), vectors.first, None)
    figures["chat"] = len(chat) / _cost(alone, chat)
    figures["mixed"] = len(chosen) / _mixed([one.text for one in chosen])
    figures["odd"] = max(_odd(reader).values())
    figures["memory"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    figures["lag"] = asyncio.run(_lag([one.text for one in chosen]))
    for name, value in figures.items():
        sys.stdout.write(f"{name:8}{value:10.3f}   promised {_PROMISED[name]}\n")
    more = ("chat", "mixed")
    missed = [
        name
        for name, value in figures.items()
        if (value < _PROMISED[name] if name in more else value > _PROMISED[name])
    ]
    if missed:
        sys.stdout.write(f"missed: {', '.join(missed)}\n")
    return 1 if missed and options.gate else 0


def _mixed(texts) -> float:  # noqa: ANN001
    """Return seconds of processor time of the reader as a service runs it."""
    from classifier import reader, stages  # noqa: PLC0415

    stages.taken()
    cost = _cost(reader, texts)
    for name, spent in stages.SPENT.items():
        each = 1000 * spent.seconds / max(spent.messages, 1)
        sys.stdout.write(f"  {name:10}{spent.messages:6} messages{each:8.1f} ms each\n")
    return cost


def _cost(reader, texts) -> float:  # noqa: ANN001  - whatever has read_many
    """Return seconds of processor time."""
    began = time.process_time()
    for at in range(0, len(texts), _BATCH):
        reader.read_many(texts[at : at + _BATCH])
    return time.process_time() - began


def _odd(reader) -> dict[str, float]:  # noqa: ANN001
    """Return seconds of processor time for texts that nobody should write."""
    from tickets.types import Text  # noqa: PLC0415

    costs = {}
    for name, text in _ODD.items():
        began = time.process_time()
        reader.read_many([Text(text)])
        costs[name] = time.process_time() - began
        sys.stdout.write(f"  {name:22}{1000 * costs[name]:7.0f} ms\n")
    return costs


async def _lag(texts) -> float:  # noqa: ANN001
    """Return the 95th percentile of the event loop's lateness while the worker reads a burst."""
    from classifier.worker import open_reader  # noqa: PLC0415

    late = []
    async with open_reader() as classify:
        await classify(texts[:1])
        burst = asyncio.create_task(classify((texts * 3)[:1_000]))  # type: ignore[arg-type]
        while not burst.done():
            began = time.perf_counter()
            await asyncio.sleep(0.01)
            late.append(time.perf_counter() - began - 0.01)
        await burst
    return sorted(late)[int(len(late) * 0.95)]


if __name__ == "__main__":
    sys.exit(main())
