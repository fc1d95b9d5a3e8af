"""Files that nobody else on the machine may read, and that are whole or not there."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


def make_private(path: Path, *, exists_ok: bool = False) -> None:
    """Create an empty file with mode 0600, or give an existing one that mode.

    A symbolic link is refused: it could lead to a file of someone else's choice.  An existing
    file is not opened: closing it again would release the locks that SQLite holds on it
    elsewhere in this process.
    """
    try:
        descriptor = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o600)
    except FileExistsError:
        if not exists_ok or path.is_symlink():
            raise
        path.chmod(0o600)
        return
    try:
        os.fchmod(descriptor, 0o600)  # whatever the umask
    finally:
        os.close(descriptor)


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Lend a private empty file to write to; it gets its name only when it is on the disk.

    Raise `FileExistsError` if something has that name already.
    """
    partial = path.with_name(f".{path.name}.{secrets.token_hex(4)}.partial")
    make_private(partial)
    try:
        yield partial
        _sync(partial)
        os.link(partial, path)  # unlike a rename, this never overwrites
    finally:
        partial.unlink()
    _sync(path.parent)


def _sync(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
