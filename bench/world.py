"""The sandbox's mail world in a process of its own, where there is no Dovecot.

`python -m bench.world DIRECTORY` prints the IMAP port, the user and the password; then, for each
line on standard input that names a folder of mails, delivers them all and prints a line.
"""

from __future__ import annotations

import asyncio
import sys
from datetime import UTC, datetime
from pathlib import Path

from bench.mails import SUPPORT
from sandbox.mail import MailWorld


async def _run(directory: Path) -> None:
    loop = asyncio.get_running_loop()
    async with MailWorld.open(directory, address=SUPPORT, imap_port=0, smtp_port=0) as world:
        sys.stdout.write(f"{world.imap_port} {world.username} {world.password}\n")
        sys.stdout.flush()
        while folder := (await loop.run_in_executor(None, sys.stdin.readline)).strip():
            for path in await asyncio.to_thread(_files, Path(folder)):
                await world.account.inbox.store(path.read_bytes(), datetime.now(UTC))
            sys.stdout.write("delivered\n")
            sys.stdout.flush()


def _files(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


if __name__ == "__main__":
    asyncio.run(_run(Path(sys.argv[1])))
