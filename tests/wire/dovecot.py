"""A real Dovecot on loopback, for tests: one directory, any user, the password `secret`.

Nothing on the system is read or changed.  Needs Debian's dovecot-imapd and openssl; started as
root it runs as nobody.
"""

from __future__ import annotations

import contextlib
import grp
import imaplib
import itertools
import os
import pwd
import shutil
import signal
import socket
import ssl
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

from mail.imap_text import encode_folder, quoted
from mail.settings import MailboxSettings
from tests.fakes.ports import free_port

PASSWORD = "secret"
_SBIN = "/usr/sbin:/usr/local/sbin:/sbin"
_INDEXES = (
    "dovecot-uidlist*",
    "dovecot.index*",
    "dovecot-uidvalidity*",
    "dovecot.list.index*",
    "dovecot.mailbox.log*",
)
_numbers = itertools.count(1)
_LOOKS = 3000  # at what must come true, every 0.02 seconds: a busy machine is slow


def missing() -> str:
    """Say what this machine lacks for a Dovecot; empty when nothing."""
    path = f"{os.environ.get('PATH', '')}:{_SBIN}"
    for program, package in (("dovecot", "dovecot-imapd"), ("openssl", "openssl")):
        if shutil.which(program, path=path) is None:
            return f"no {program} on this machine (Debian package {package})"
    if not Path("/usr/lib/dovecot/imap").exists():
        return "no IMAP in this Dovecot (Debian package dovecot-imapd)"
    return ""


class Dovecot:
    """One server; `capabilities` imitates a poorer one."""

    def __init__(self, directory: Path, *, capabilities: str = "", port: int | None = None) -> None:
        self.directory = directory
        self.capabilities = capabilities
        ports = [free_port(), free_port()]
        self.port = port or ports[0]
        self.tls_port = ports[1]
        self.user_id, self.group_id = os.getuid(), os.getgid()
        if self.user_id == 0:
            nobody = pwd.getpwnam("nobody")
            self.user_id, self.group_id = nobody.pw_uid, nobody.pw_gid
        self.certificate = directory / "cert.pem"

    # Its life.

    def start(self) -> None:
        self._write_config()
        self._as_user([self._program(), "-c", str(self.directory / "dovecot.conf")])
        wait_for_port(self.port)
        for _ in range(_LOOKS):
            if self._pids():
                return
            time.sleep(0.02)
        raise TimeoutError((self.directory / "dovecot.log").read_text()[-500:])

    def stop(self) -> None:
        """End every process, as a power cut would; sessions would outlive their master."""
        pids = self._pids()
        for pid in pids:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        for pid in pids:
            _wait_until_gone(pid)
        (self.directory / "run" / "master.pid").unlink(missing_ok=True)

    def kick(self) -> None:
        """Drop every session; clients see the end of the connection."""
        for pid in self._sessions():
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        """Stop every process without ending it; clients see a hang."""
        pids = self._pids()
        for pid in pids:
            os.kill(pid, signal.SIGSTOP)
        try:
            yield
        finally:
            for pid in pids:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGCONT)

    def revalidate(self, user: str) -> None:
        """Give every folder of `user` a new UIDVALIDITY; the mails stay."""
        self.stop()
        for pattern in _INDEXES:
            for path in (self.directory / "mail" / user).rglob(pattern):
                path.unlink()
        time.sleep(1.01)  # a UIDVALIDITY is a time in seconds
        self.start()

    # Its mailboxes.

    def settings(self, user: str, **more: object) -> MailboxSettings:
        given: dict[str, object] = {
            "name": user,
            "address": f"{user}@example.test",
            "host": "127.0.0.1",
            "port": self.port,
            "security": "none",
            "username": user,
            "password": PASSWORD,
        }
        return MailboxSettings.model_validate(given | more)

    def deliver(self, user: str, raw: bytes, folder: str = "INBOX") -> None:
        """Put a mail into a folder as a delivery agent does: written aside, then renamed."""
        box = self.maildir(user, folder)
        for part in ("tmp", "new", "cur"):
            self._own_directory(box / part)
        name = f"{time.time():.6f}.{os.getpid()}_{next(_numbers)}.test"
        aside = box / "tmp" / name
        aside.write_bytes(raw)
        if os.getuid() == 0:
            os.chown(aside, self.user_id, self.group_id)
        aside.rename(box / "new" / name)

    def maildir(self, user: str, folder: str = "INBOX") -> Path:
        root = self.directory / "mail" / user / "Maildir"
        return root if folder == "INBOX" else root / f".{encode_folder(folder).replace('/', '.')}"

    @contextlib.contextmanager
    def webmail(self, user: str, folder: str | None = None) -> Iterator[imaplib.IMAP4]:
        """Log in as a person with another program."""
        client = imaplib.IMAP4("127.0.0.1", self.port, timeout=60)
        try:
            client.login(user, PASSWORD)
            if folder is not None:
                status, _ = client.select(quoted(encode_folder(folder)))
                assert status == "OK"
            yield client
        finally:
            with contextlib.suppress(OSError, imaplib.IMAP4.error):
                client.logout()

    def flags(self, user: str, folder: str = "INBOX") -> dict[int, set[str]]:
        """Tell the flags of every mail by UID."""
        with self.webmail(user, folder) as client:
            _, answer = client.uid("FETCH", "1:*", "(FLAGS)")
        found = {}
        for line in answer:
            if isinstance(line, bytes) and b"UID" in line:
                uid = int(line.partition(b"UID ")[2].split()[0].rstrip(b")"))
                found[uid] = {f.decode() for f in imaplib.ParseFlags(line)}
        return found

    # How it runs.

    def _program(self) -> str:
        return shutil.which("dovecot", path=f"{os.environ.get('PATH', '')}:{_SBIN}") or "dovecot"

    def _as_user(self, command: list[str]) -> None:
        if os.getuid() == 0:
            command = [
                "setpriv",
                f"--reuid={self.user_id}",
                f"--regid={self.group_id}",
                "--clear-groups",
                *command,
            ]
        # The daemon keeps what it is given, so a pipe would never end.
        with (self.directory / "start.log").open("w") as log:
            subprocess.run(command, check=True, stdin=subprocess.DEVNULL, stdout=log, stderr=log)

    def _pids(self) -> list[int]:
        """All processes of this server, the master first."""
        file = self.directory / "run" / "master.pid"
        if not file.exists():
            return []
        text = file.read_text().strip()
        if not text:
            return []  # being written
        master = int(text)
        command = Path(f"/proc/{master}/cmdline")
        if not command.exists() or str(self.directory).encode() not in command.read_bytes():
            return []  # process ids are used again
        return [master, *_children(master)]

    def _sessions(self) -> list[int]:
        names = {"imap", "imap-login"}
        return [p for p in self._pids()[1:] if _name(p) in names]

    def _own_directory(self, path: Path) -> None:
        missing_ones = [p for p in (path, *path.parents) if not p.exists()]
        path.mkdir(parents=True, exist_ok=True)
        if os.getuid() == 0:
            for made in missing_ones:
                os.chown(made, self.user_id, self.group_id)

    def _write_config(self) -> None:
        here = self.directory
        here.mkdir(parents=True, exist_ok=True)
        for name in ("run", "state", "mail"):
            self._own_directory(here / name)
        if not self.certificate.exists():
            make_certificate(self.certificate, here / "key.pem")
        user = pwd.getpwuid(self.user_id).pw_name
        capabilities = f"imap_capability = {self.capabilities}" if self.capabilities else ""
        (here / "dovecot.conf").write_text(f"""
base_dir = {here}/run
state_dir = {here}/state
log_path = {here}/dovecot.log
listen = 127.0.0.1
protocols = imap
default_internal_user = {user}
default_internal_group = {_group_name(self.group_id)}
default_login_user = {user}
first_valid_uid = 1
first_valid_gid = 1
mail_location = maildir:~/Maildir
mail_fsync = never
mail_max_userip_connections = 200
auth_mechanisms = plain login
disable_plaintext_auth = no
auth_failure_delay = 0
ssl = yes
ssl_cert = <{here}/cert.pem
ssl_key = <{here}/key.pem
passdb {{
  driver = static
  args = password={PASSWORD}
}}
userdb {{
  driver = static
  args = uid={self.user_id} gid={self.group_id} home={here}/mail/%n
}}
namespace inbox {{
  inbox = yes
  separator = /
}}
service anvil {{
  chroot =
  unix_listener anvil-auth-penalty {{
    mode = 0
  }}
}}
service imap-login {{
  chroot =
  inet_listener imap {{
    address = 127.0.0.1
    port = {self.port}
  }}
  inet_listener imaps {{
    address = 127.0.0.1
    port = {self.tls_port}
    ssl = yes
  }}
}}
protocol imap {{
  {capabilities}
}}
""")
        if os.getuid() == 0:
            for path in (here, *here.iterdir()):
                os.chown(path, self.user_id, self.group_id)
            here.chmod(0o755)


def make_certificate(certificate: Path, key: Path, name: str = "localhost") -> None:
    """Make a self-signed certificate for `name` and 127.0.0.1."""
    subject = ["-subj", f"/CN={name}", "-addext", f"subjectAltName=DNS:{name},IP:127.0.0.1"]
    if name != "localhost":
        subject[-1] = f"subjectAltName=DNS:{name}"
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256"]
    files = ["-nodes", "-days", "30", "-keyout", str(key), "-out", str(certificate)]
    subprocess.run([*command, *files, *subject], check=True, capture_output=True)


def trusting(certificate: Path) -> ssl.SSLContext:
    """Return a context that trusts this certificate only."""
    return ssl.create_default_context(cafile=str(certificate))


def wait_for_port(port: int) -> None:
    """Wait until somebody listens."""
    for _ in range(_LOOKS):
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.02)
    raise TimeoutError(f"nobody listens on {port}")


def _children(parent: int) -> list[int]:
    path = Path(f"/proc/{parent}/task/{parent}/children")
    return [int(pid) for pid in path.read_text().split()] if path.exists() else []


def _name(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/comm").read_text().strip()
    except OSError:
        return ""


def _wait_until_gone(pid: int) -> None:
    for _ in range(_LOOKS):
        if not _is_alive(pid):
            return
        time.sleep(0.02)


def _is_alive(pid: int) -> bool:
    """Tell whether a process runs; one that is dead and not yet buried does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _group_name(group_id: int) -> str:
    return grp.getgrgid(group_id).gr_name
