"""The whole service in a process of its own: what people would do with it, and to it."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from sandbox.mail import MailWorld
from tests.wire.service import PATIENCE, ROOT, Deployment, wait_until
from tests.wire.test_kill import write_in

pytestmark = [pytest.mark.wire, pytest.mark.timeout(400)]

HELPDESK = [sys.executable, "-m", "helpdesk"]
ENVIRONMENT = {**os.environ, "PYTHONPATH": str(ROOT)}


def helpdesk(directory: Path, *words: str) -> str:
    done = subprocess.run(
        [*HELPDESK, *words],
        cwd=directory,
        env=ENVIRONMENT,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


class Sandbox:
    """`helpdesk sandbox` in the background of a shell that ignores SIGINT."""

    def __init__(self, directory: Path) -> None:
        self.out = directory / f"out-{time.monotonic_ns()}.txt"
        self._file = self.out.open("w")
        self.process = subprocess.Popen(
            [*HELPDESK, "sandbox"],
            cwd=directory,
            env=ENVIRONMENT,
            stdout=self._file,
            stderr=self._file,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
        )

    def said(self) -> str:
        return self.out.read_text()

    def listens(self) -> bool:
        return wait_until(lambda: "SMTP 127.0.0.1:" in self.said(), PATIENCE)

    def end(self, number: signal.Signals) -> None:
        self.process.send_signal(number)
        assert self.process.wait(PATIENCE) == 0, self.said()
        self._file.close()


@pytest.mark.timeout(600, func_only=True)  # waiting for the ports does not count
def test_the_sandbox_answers_keeps_its_data_and_ends_on_signals(tmp_path, usual_ports):
    sandbox = Sandbox(tmp_path)
    assert sandbox.listens()
    helpdesk(
        tmp_path,
        *("sandbox", "send", "--from", "Ann <ann@example.org>", "--subject", "Hi"),
        *("--body", "Please delete my account."),
    )
    assert wait_until(
        lambda: "EJ-" in helpdesk(tmp_path, "sandbox", "inbox", "ann@example.org"), PATIENCE
    )
    samples = [p for p in (ROOT / "sandbox" / "samples").iterdir() if p.suffix in {".toml", ".eml"}]
    assert wait_until(lambda: len(list_tickets(tmp_path)) == len(samples) + 1, PATIENCE)  # and Ann
    before = list_tickets(tmp_path)
    sandbox.end(signal.SIGINT)

    again = Sandbox(tmp_path)
    assert again.listens()
    time.sleep(2)
    after = list_tickets(tmp_path)
    assert [one["reference"] for one in after] == [one["reference"] for one in before]
    again.end(signal.SIGTERM)


def list_tickets(directory: Path) -> list[dict]:
    return [
        json.loads(line) for line in helpdesk(directory, "tickets", "list", "--json").splitlines()
    ]


@pytest.mark.timeout(600, func_only=True)  # as above
def test_a_second_sandbox_takes_other_ports_and_says_so(tmp_path, usual_ports):
    one, other = tmp_path / "one", tmp_path / "other"
    one.mkdir()
    other.mkdir()
    first, second = Sandbox(one), None
    try:
        assert first.listens()
        second = Sandbox(other)
        assert second.listens()
        assert "is taken" in second.said()
    finally:
        first.end(signal.SIGTERM)
        if second is not None:
            second.end(signal.SIGTERM)


async def test_nothing_identifiable_stands_in_clear_anywhere(tmp_path):
    data = tmp_path / "service"
    data.mkdir()
    marks = [b"zaphodmark", b"beeblemark", b"subjectmark", b"bodymark", b"filemark", b"idmark"]
    raw = (
        b"From: Beeblemark Person <zaphodmark@markdomain.test>\r\nTo: {to}\r\n"
        b"Subject: Subjectmark please\r\nMessage-ID: <idmark@markdomain.test>\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/plain\r\n\r\nBodymark: delete my account.\r\n"
        b"--b\r\nContent-Type: text/plain; name=filemark.txt\r\n"
        b"Content-Disposition: attachment; filename=filemark.txt\r\n\r\nx\r\n--b--\r\n"
    )
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(data, world)

        def live() -> None:
            with desk.running():
                asyncio.run_coroutine_threadsafe(
                    world.deliver(
                        raw.replace(b"{to}", world.address.encode()),
                        sender="zaphodmark@markdomain.test",
                        recipients=[world.address],
                    ),
                    loop,
                ).result()
                assert wait_until(lambda: world.inbox("zaphodmark@markdomain.test"), PATIENCE)
                time.sleep(3)
                grep(data, marks)
            (ticket,) = desk.tickets()
            assert ticket["subject"] == "Subjectmark please"
            assert ticket["messages"][0]["external_id"] == "idmark@markdomain.test"
            grep(data, marks)

        loop = asyncio.get_running_loop()
        await asyncio.to_thread(live)


def grep(directory: Path, marks: list[bytes]) -> None:
    files = [path for path in directory.rglob("*") if path.is_file()]
    assert {"helpdesk.db", "keys.db", "service.log"} <= {path.name for path in files}
    for path in files:
        content = path.read_bytes().lower()
        for mark in [*marks, b"markdomain"]:
            assert mark not in content, (path.name, mark)


async def test_commands_work_beside_a_busy_service(tmp_path):
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world)

        def work() -> None:
            with desk.running():
                write_in(world, range(120))
                for _ in range(4):
                    desk.command("outbox", "retry", "failed")
                    desk.command("shunted", "retry")
                    desk.command("tickets", "list")
                assert wait_until(lambda: len(desk.tickets()) == 120, PATIENCE, 0.5)
                copy = desk.command("backup", str(tmp_path / "copy")).strip()
                assert Path(copy).stat().st_size > 0
            assert "sound" in desk.command("audit", "verify")

        await asyncio.to_thread(work)


async def test_a_backup_and_its_keys_bring_everything_back(tmp_path):
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world)

        def work() -> None:
            with desk.running():
                write_in(world, range(3))
                assert wait_until(
                    lambda: [o for t in desk.tickets() for o in t["letters"] if o["sent_at"]][2:],
                    PATIENCE,
                )
                folders = str(tmp_path / "copy"), str(tmp_path / "keycopy")
                lines = desk.command("backup", folders[0], "--keys", folders[1]).splitlines()
            before = desk.tickets()
            database, keys = lines[0], lines[1].partition(" (")[0]
            for path in tmp_path.glob("helpdesk.db*"):
                path.unlink()
            for path in tmp_path.glob("keys.db*"):
                path.unlink()
            desk.command("restore", database, "--keys", keys)
            assert desk.tickets() == before
            with desk.running():
                time.sleep(4)
            assert [t["reference"] for t in desk.tickets()] == [t["reference"] for t in before]

        await asyncio.to_thread(work)


async def test_a_wrong_master_key_and_a_foreign_key_store_are_refused(tmp_path):
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        desk = Deployment.make(tmp_path, world)
        await asyncio.to_thread(desk.command, "migrate")
        await asyncio.to_thread(desk.command, "tickets", "list")
        for path in tmp_path.glob("keys.db*"):
            path.unlink()

        def refused() -> subprocess.CompletedProcess:
            return subprocess.run(
                [*HELPDESK, "tickets", "list", "--config", str(desk.config)],
                cwd=ROOT,
                capture_output=True,
                text=True,
                check=False,
            )

        done = await asyncio.to_thread(refused)
        assert done.returncode == 3
        assert "vault.store" in done.stderr

        (tmp_path / "master.key").unlink()
        await asyncio.to_thread(desk.command, "check-config", check=False)
        done = await asyncio.to_thread(refused)
        assert done.returncode == 3
        assert "master.key" in done.stderr
