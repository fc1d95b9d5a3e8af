"""Where the master key comes from: a file, the environment, or a command's output.

32 random bytes, written as base64 or hex.  The key never stands in the configuration, beside
the key store, or in a backup that holds one; without it nothing sealed can ever be read again.
"""

from __future__ import annotations

import base64
import binascii
import os
import re
import secrets
import stat
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Final

from vault.errors import MasterKeyUnusable
from vault.files import written_whole
from vault.sealing import KEY_BYTES

_COMMAND_SECONDS: Final = 30
_FILE_BYTES: Final = 4096


def load_master(
    *,
    file: str | Path | None = None,
    env: str | None = None,
    command: Sequence[str] | None = None,
) -> bytes:
    """Return the 32 bytes from exactly one of the sources, or raise `MasterKeyUnusable`.

    A file must be ours or root's and closed to group and others, as for ssh.  A command is run
    without a shell and has half a minute: it may ask a hardware module or a secrets service.
    """
    if sum(source is not None for source in (file, env, command)) != 1:
        raise MasterKeyUnusable("name one source of the master key: file, env or command")
    if file is not None:
        return parse_master(_read(Path(file)), f"file {file}")
    if env is not None:
        if env not in os.environ:
            raise MasterKeyUnusable(f"the environment has no variable {env}")
        return parse_master(os.environ[env], f"environment variable {env}")
    return parse_master(_run(command or ()), "the command's output")


def parse_master(text: str, source: str = "the value") -> bytes:
    """Decode 32 bytes from hex or base64 (either alphabet, with or without padding)."""
    text = text.strip()
    try:
        if re.fullmatch(r"[0-9a-fA-F]{64}", text):
            key = bytes.fromhex(text)
        else:
            plain = text.translate(str.maketrans("-_", "+/")).rstrip("=")
            key = base64.b64decode(plain + "=" * (-len(plain) % 4), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != KEY_BYTES:
        # The cause is not chained: it could quote the key.
        raise MasterKeyUnusable(f"{source} is not 32 bytes in base64 or hex") from None
    return key


def generate_master_file(path: str | Path) -> None:
    """Write a new random master key to a file with mode 0600; never overwrite one."""
    text = base64.b64encode(secrets.token_bytes(KEY_BYTES)).decode()
    with written_whole(Path(path)) as partial:
        partial.write_text(f"{text}\n", encoding="ascii")


def _read(path: Path) -> str:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
    except OSError as exc:
        raise MasterKeyUnusable(f"file {path}: {exc.strerror}") from exc
    try:
        status = os.fstat(descriptor)  # of what was opened, not of what the name says by now
        if not stat.S_ISREG(status.st_mode):
            raise MasterKeyUnusable(f"file {path}: not a regular file")
        if status.st_mode & 0o077:
            mode = stat.S_IMODE(status.st_mode)
            raise MasterKeyUnusable(f"file {path}: mode {mode:04o} is open to others, set 0600")
        if status.st_uid not in {0, os.geteuid()}:
            raise MasterKeyUnusable(f"file {path}: belongs to another user")
        return os.read(descriptor, _FILE_BYTES).decode("ascii", "replace")
    finally:
        os.close(descriptor)


def _run(command: Sequence[str]) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - the operator's own command, without a shell
            command, capture_output=True, check=True, timeout=_COMMAND_SECONDS
        )
    except (OSError, ValueError, IndexError, subprocess.SubprocessError) as exc:
        # Not chained either: a failed command's error carries its output.
        raise MasterKeyUnusable(f"the command failed: {type(exc).__name__}") from None
    return done.stdout.decode("ascii", "replace")
