"""The dates worked out by hand from the text, against the command's own contract."""

import json
import tomllib
from datetime import date
from pathlib import Path

import pytest

from regimes.contract import respond
from regimes.regime import codes

TABLES = Path(__file__).parent
KEYS = {"right", "on", "at", "tz", "cal", "events", "ack", "answer", "extend", "inside", "says"}


def rows(code):
    return tomllib.loads((TABLES / f"{code}.toml").read_text(encoding="utf-8"))["rows"]


def cases():
    for code in codes():
        for number, row in enumerate(rows(code), start=1):
            when = row.get("on", row.get("at"))
            yield pytest.param(code, row, id=f"{code}-{number}-{row['right']}-{when}")


def ask(code, row):
    request = {"id": "row", "regime": code, "right": row["right"], "calendar": row.get("cal")}
    request |= {"tz": row["tz"]} if "tz" in row else {}
    request |= {"received": str(row["on"])} if "on" in row else {"received_at": row["at"]}
    request["events"] = [{"type": kind, "on": str(on)} for kind, on in row.get("events", ())]
    answer, _ = respond(json.dumps(request))
    return answer


def iso(day):
    return day.isoformat() if day else None


@pytest.mark.parametrize(("code", "row"), list(cases()))
def test_dates(code, row):
    answer = ask(code, row)

    actual = {k: answer[k] for k in ("acknowledge_due", "respond_due", "extendable_until")}
    assert actual == {
        "acknowledge_due": iso(row.get("ack")),
        "respond_due": iso(row.get("answer")),
        "extendable_until": iso(row.get("extend")),
    }
    assert row.get("says", "") in " ".join(answer["why"])


@pytest.mark.parametrize(("code", "row"), list(cases()))
def test_internal_date_is_never_late(code, row):
    answer = ask(code, row)

    latest = row.get("inside", row.get("answer"))
    if latest:
        assert date.fromisoformat(answer["internal_due"]) <= latest


def test_tables_are_whole():
    every = [row for code in codes() for row in rows(code)]
    dates = sum(key in row for row in every for key in ("ack", "answer", "extend"))

    assert {path.stem for path in TABLES.glob("*.toml")} == set(codes())
    assert not [row for row in every if set(row) - KEYS]
    assert dates >= 200
