"""`helpdesk parse`: every answer has every field, whatever the question was."""

import io
import json
import resource
import subprocess
import sys
from pathlib import Path

import pytest

from mail.contract import main

FIELDS = {
    "message_id",
    "from",
    "to",
    "subject",
    "date",
    "text",
    "html",
    "reply_text",
    "attachments",
    "auto_submitted",
    "in_reply_to",
    "references",
    "bounce_recipients",
    "bounce_status",
}
ROOT = Path(__file__).parent.parent.parent


def ask(data, *, batch=False):
    out = io.BytesIO()
    assert main(batch=batch, stdin=io.BytesIO(data), stdout=out) == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_single():
    (answer,) = ask(b"From: =?utf-8?Q?Ann_L=C3=A9?= <a@example.org>\nSubject: s\n\nwords\n")

    assert set(answer) >= FIELDS
    assert answer["from"] == {"name": "Ann Lé", "address": "a@example.org"}
    assert (answer["text"], answer["auto_submitted"]) == ("words\n", "no")


@pytest.mark.parametrize("data", [b"", b"\0", b"\xff" * 9])
def test_single_answers_anything(data):
    (answer,) = ask(data)

    assert set(answer) >= FIELDS


def test_batch_answers_each_line(tmp_path):
    path = tmp_path / "m.eml"
    path.write_bytes(b"Subject: s\n\nx")
    lines = [
        json.dumps({"id": "a", "path": str(path)}),
        json.dumps({"id": "b", "path": str(tmp_path / "missing")}),
        json.dumps({"id": "c"}),
        json.dumps({"id": "d", "path": str(tmp_path)}),
        "no json",
        "[1]",
        "",
        json.dumps({"id": "e", "path": "a\0b"}),
    ]

    answers = ask("\n".join(lines).encode(), batch=True)

    assert [answer["id"] for answer in answers] == ["a", "b", "c", "d", None, None, "e"]
    assert answers[0]["subject"] == "s"
    for answer in answers:
        assert set(answer) >= FIELDS
        assert "error" not in answer


def test_process_answers_before_it_reads_on_and_costs_little(tmp_path):
    path = tmp_path / "m.eml"
    path.write_bytes(b"Subject: s\n\nx")
    before = spent_by_children()
    with subprocess.Popen(
        [sys.executable, "-m", "mail.contract", "--batch"],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        process.stdin.write(json.dumps({"id": 1, "path": str(path)}).encode() + b"\n")
        process.stdin.flush()
        answer = json.loads(process.stdout.readline())
        process.stdin.close()

        assert answer["id"] == 1
        assert process.wait(60) == 0
        assert process.stderr.read() == b""
    assert spent_by_children() - before < 5  # a second of work, whatever others do meanwhile


def spent_by_children():
    """Return the seconds of work of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def test_import_is_lean():
    code = "import sys, mail.contract; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, capture_output=True, check=True, text=True
    ).stdout.split()

    assert not {"pydantic", "tortoise", "selectolax", "tnefparse", "aiosmtplib"} & set(loaded)
