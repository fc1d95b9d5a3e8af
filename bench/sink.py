"""An SMTP server that takes every mail and says when: `python -m bench.sink`.

Prints its port, then a line a mail: the monotonic clock (one for the whole machine) and the
recipient.  Nothing is kept.
"""

from __future__ import annotations

import asyncio
import sys
import time

from aiosmtpd.smtp import SMTP, Envelope, Session


class _Taker:
    async def handle_EHLO(  # noqa: N802  - as aiosmtpd calls it
        self, _server: SMTP, session: Session, _envelope: Envelope, name: str, offered: list[str]
    ) -> list[str]:
        """Offer PIPELINING as Postfix and Exim do; aiosmtpd can do it, but does not say so."""
        session.host_name = name
        return [*offered[:-1], "250-PIPELINING", offered[-1]]

    async def handle_DATA(  # noqa: N802  - aiosmtpd finds it by this name
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        sys.stdout.write(f"{time.monotonic():.6f} {envelope.rcpt_tos[0]}\n")
        sys.stdout.flush()
        return "250 2.0.0 Taken"


async def _run() -> None:
    loop = asyncio.get_running_loop()
    server = await loop.create_server(
        lambda: SMTP(_Taker(), hostname="sink.test", enable_SMTPUTF8=True, loop=loop),
        "127.0.0.1",
        0,
    )
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_run())
