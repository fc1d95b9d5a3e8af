"""`helpdesk sandbox` says in a line what is wrong, never in a traceback."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import pytest

from sandbox.mail import MailWorld
from sandbox.world import mail_directory
from vault.master import generate_master_file

ROOT = Path(__file__).resolve().parents[2]


async def sandbox(data: Path) -> tuple[int | None, str]:
    """Run the command as another process; return its exit code and what it said."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "helpdesk", "sandbox", "--data", str(data)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    said, _ = await asyncio.wait_for(process.communicate(), 100)
    return process.returncode, said.decode()


async def test_a_second_one_in_the_same_place_is_refused(tmp_path):
    async with MailWorld.open(mail_directory(tmp_path), imap_port=0, smtp_port=0):
        code, said = await sandbox(tmp_path)

    where = mail_directory(tmp_path)
    assert (code, said) == (1, f"Error: another process runs the sandbox in {where}\n")


@pytest.mark.timeout(120, func_only=True)  # waiting for the ports does not count
async def test_what_it_writes_is_for_its_owner_alone(tmp_path, usual_ports):
    data = tmp_path / "data"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "helpdesk", "sandbox", "--data", str(data)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
    )
    await asyncio.wait_for(process.stdout.readline(), 100)
    process.terminate()
    await process.communicate()

    modes = {path.name: path.stat().st_mode & 0o077 for path in [data, *data.rglob("*")]}
    assert "helpdesk.db" in modes
    assert [name for name, others in modes.items() if others] == []


async def test_an_unusable_master_key_is_told(tmp_path):
    generate_master_file(tmp_path / "master.key")
    (tmp_path / "master.key").chmod(0o600)
    (tmp_path / "master.key").write_text("not a key")

    code, said = await sandbox(tmp_path)

    assert code == 3
    assert said.startswith("vault: ")
    assert "Traceback" not in said
