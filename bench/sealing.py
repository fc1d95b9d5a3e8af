"""Measure what the vault costs: sealing, blind values, search terms, keys on the disk.

Run `python -m bench.sealing` in the checkout.  It is not called `vault`: a script beside it, run
by its path, would import it in place of the room.  Prints the median of many rounds, in
microseconds.
"""

from __future__ import annotations

import asyncio
import statistics
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from vault.keys import SqliteKeyStore
from vault.tokens import blind_tokens, tokens
from vault.vault import Key, Place, Vault

_LETTER = (
    "Dear Sir or Madam, please delete the account of Anna Example, anna@example.org, and every "
    "invoice that belongs to order EJ-7K3F-9Q of 12.03.2026. 请删除我的个人信息。 "
)
_PLACE = Place("message", "0" * 32, "body")


def _owners(start: int, count: int) -> list[str]:
    return [f"identity:{number:032x}" for number in range(start, start + count)]


def _measure(name: str, work: Callable[[], object], rounds: int) -> None:
    took = []
    for _ in range(rounds):
        begun = time.perf_counter()
        work()
        took.append(time.perf_counter() - begun)
    _print(name, took)


async def _measure_async(name: str, work: Callable[[int], Awaitable[object]], rounds: int) -> None:
    took = []
    for turn in range(rounds):
        begun = time.perf_counter()
        await work(turn)
        took.append(time.perf_counter() - begun)
    _print(name, took)


def _print(name: str, took: list[float]) -> None:
    print(f"{name:<44} {statistics.median(took) * 1e6:>10.1f} µs")


async def _run(path: Path) -> None:
    vault = await Vault.open(await SqliteKeyStore.open(path), b"m" * 32)
    key = Key("staff", b"k" * 32)
    ten_kilobytes = (_LETTER.encode() * 60)[:10_000]
    sealed = vault.seal(key, _PLACE, ten_kilobytes)
    text = ten_kilobytes.decode(errors="ignore")
    varied = " ".join(f"{text[n * 7 % 150 : n * 7 % 150 + 5]}{n}" for n in range(900))[:10_000]
    terms = tokens(varied)

    _measure("seal 10 kB", lambda: vault.seal(key, _PLACE, ten_kilobytes), 3000)
    _measure("unseal 10 kB", lambda: vault.unseal(key, _PLACE, sealed), 3000)
    _measure("seal 40 bytes", lambda: vault.seal(key, _PLACE, b"x" * 40), 3000)
    _measure("blind a value", lambda: vault.blind("address", "anna@example.org"), 3000)
    _measure("blind an address", lambda: vault.blind_address("Anna@EXAMPLE.org"), 3000)
    _measure(f"tokens of 10 kB ({len(terms)} terms)", lambda: tokens(varied), 200)
    _measure(f"blind_tokens of {len(terms)}", lambda: blind_tokens(vault, terms), 200)
    _measure("sign", lambda: vault.sign(b"h" * 32), 1000)

    await _measure_async(
        "create_keys(20), SQLite, synced", lambda n: vault.create_keys(_owners(n * 20, 20)), 200
    )
    hot = await vault.load_keys(_owners(0, 20))
    await _measure_async("load_keys(20), from memory", lambda _: vault.load_keys(hot), 200)
    await asyncio.sleep(1)
    await _measure_async(
        "load_keys(20), from SQLite", lambda n: vault.load_keys(_owners(n * 20, 20)), 100
    )
    await _measure_async(
        "destroy_keys(20), log emptied", lambda n: vault.destroy_keys(_owners(n * 20, 20)), 100
    )
    await vault.close()


def main() -> None:
    """Print every figure once."""
    with tempfile.TemporaryDirectory() as folder:
        asyncio.run(_run(Path(folder) / "keys.db"))


if __name__ == "__main__":
    main()
