"""Ports of loopback that the system gives to nobody by itself.

A port that was free a moment ago, out of the range from which the system takes those of every
connection, may be another's by the time it is listened on.  These lie below that range.
"""

from __future__ import annotations

import itertools
import os
import socket
from typing import Final

_FIRST: Final = 20_000
_COUNT: Final = 12_000  # Linux begins its own at 32,768
_numbers = itertools.count(os.getpid() * 101)  # processes that test side by side begin apart


def free_port() -> int:
    """Return a port of loopback that nobody listens on, another one each time."""
    for number in itertools.islice(_numbers, _COUNT):
        port = _FIRST + number % _COUNT
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port
    raise OSError("no port is free")
