"""Our own corpus: mails of many languages and programs, with what is expected of them.

`tests/corpus/manifest.jsonl` has the form of the judge of mail parsers, so that either can read it.
"""

import json
import unicodedata
from pathlib import Path

import pytest

from mail.contract import to_contract
from mail.parse import parse

CORPUS = Path(__file__).parent.parent / "corpus"
ROWS = [json.loads(line) for line in (CORPUS / "manifest.jsonl").read_text("utf-8").splitlines()]


def flat(text):
    return " ".join(unicodedata.normalize("NFC", text or "").split())


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_reads_as_expected(row):
    expected = row["expect"]
    raw = (CORPUS / row["path"]).read_bytes()

    found = to_contract(parse(raw))

    if "auto" in expected:
        assert found["auto_submitted"] in expected["auto"], found["auto_why"]
    _compare_texts(found, expected)
    if "from" in expected:
        assert [found["from"]["address"]] == expected["from"]
    if "to" in expected:
        assert [one["address"] for one in found["to"]] == expected["to"]
    for key in ("subject", "message_id", "in_reply_to", "references"):
        if key in expected:
            assert found[key] == expected[key]
    assert _files(found["attachments"], expected) == _files(expected.get("attachments"), expected)
    assert set(expected.get("bounce_recipients", [])) <= set(found["bounce_recipients"])
    if "bounce_status" in expected:
        assert set(expected["bounce_status"]) & set(found["bounce_status"])
    assert not [problem for problem in found["problems"] if problem.startswith("parser_")]


def _compare_texts(found, expected):
    for key, name in (("text", "text"), ("html", "html"), ("reply_text", "reply")):
        if key in expected:
            assert flat(found[key]) == flat(expected[key])
        for needle in expected.get(f"{name}_contains", []):
            assert flat(needle) in flat(found[key])
        for needle in expected.get(f"{name}_lacks", []):
            assert flat(needle) not in flat(found[key])


def _files(files, expected):
    """Name what the manifest says of files: names, and sizes where it has them."""
    if "attachments" not in expected:
        return None
    sized = {one["filename"] for one in expected["attachments"] if "size" in one}
    return [(one["filename"], one["size"] if one["filename"] in sized else None) for one in files]
