import base64
import os
import stat
import sys

import pytest

from vault.errors import MasterKeyUnusable
from vault.master import generate_master_file, load_master, parse_master

KEY = bytes(range(224, 256))


@pytest.mark.parametrize(
    "text",
    [
        KEY.hex(),
        KEY.hex().upper(),
        base64.b64encode(KEY).decode(),
        base64.b64encode(KEY).decode().rstrip("="),
        base64.urlsafe_b64encode(KEY).decode(),
        f"  {KEY.hex()}\n",
    ],
)
def test_the_written_forms_of_a_key(text):
    assert parse_master(text) == KEY


@pytest.mark.parametrize(
    "text", ["", "secret", KEY.hex()[:-2], KEY.hex() + "00", "ä" * 64, "=" * 44]
)
def test_anything_else_is_refused_without_quoting_it(text):
    with pytest.raises(MasterKeyUnusable) as caught:
        parse_master(text)

    assert str(caught.value) == "the value is not 32 bytes in base64 or hex"
    assert caught.value.__cause__ is None
    assert caught.value.__suppress_context__


def test_a_generated_file_is_private_random_and_never_overwritten(tmp_path):
    path, other = tmp_path / "master.key", tmp_path / "other.key"
    generate_master_file(path)
    generate_master_file(other)

    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert load_master(file=path) != load_master(file=other)
    with pytest.raises(FileExistsError):
        generate_master_file(path)
    assert sorted(found.name for found in tmp_path.iterdir()) == ["master.key", "other.key"]


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o660, 0o620, 0o601])
def test_a_file_open_to_others_is_refused(tmp_path, mode):
    path = tmp_path / "master.key"
    generate_master_file(path)
    path.chmod(mode)

    with pytest.raises(MasterKeyUnusable, match=f"mode {mode:04o} is open to others"):
        load_master(file=path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_a_file_of_another_user_is_refused(tmp_path, monkeypatch):
    path = tmp_path / "master.key"
    generate_master_file(path)
    os.chown(path, 12345, 12345)

    with pytest.raises(MasterKeyUnusable, match="another user"):
        load_master(file=path)


def test_no_file_and_no_plain_file_are_refused(tmp_path):
    fifo = tmp_path / "fifo"
    os.mkfifo(fifo, 0o600)

    with pytest.raises(MasterKeyUnusable, match="No such file"):
        load_master(file=tmp_path / "none")
    with pytest.raises(MasterKeyUnusable, match="not a regular file"):
        load_master(file=tmp_path)
    with pytest.raises(MasterKeyUnusable, match="not a regular file"):
        load_master(file=fifo)


def test_the_environment(monkeypatch):
    monkeypatch.setenv("EJET_TEST_MASTER", KEY.hex())

    assert load_master(env="EJET_TEST_MASTER") == KEY
    with pytest.raises(MasterKeyUnusable, match="no variable EJET_TEST_NONE"):
        load_master(env="EJET_TEST_NONE")


def test_a_command(tmp_path):
    assert load_master(command=[sys.executable, "-c", f"print('{KEY.hex()}')"]) == KEY


@pytest.mark.parametrize(
    "command",
    [
        [],
        ["/nonexistent/command"],
        [sys.executable, "-c", f"print('{KEY.hex()}'); raise SystemExit(3)"],
    ],
)
def test_a_command_that_fails_does_not_tell_its_output(command):
    with pytest.raises(MasterKeyUnusable, match="the command failed") as caught:
        load_master(command=command)

    assert KEY.hex() not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("sources", [{}, {"file": "a", "env": "B"}])
def test_there_is_one_source(sources):
    with pytest.raises(MasterKeyUnusable, match="name one source"):
        load_master(**sources)
