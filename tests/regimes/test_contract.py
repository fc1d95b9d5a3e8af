"""The JSON lines of `helpdesk deadlines`, good and bad."""

import io
import json
import os
import resource
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regimes.contract import main, respond

GOOD = {"id": "a", "regime": "eu_gdpr", "right": "access", "received": "2026-01-31"}
NULLS = dict.fromkeys(("acknowledge_due", "respond_due", "internal_due", "extendable_until"))
UNHURRIED = settings(deadline=None)
ROOT = Path(__file__).parents[2]


def run(text, *, batch=True, explain=False):
    out = io.StringIO()
    code = main(batch=batch, explain=explain, stdin=io.StringIO(text), stdout=out)
    assert code == 0
    return out.getvalue()


def test_a_line_in_a_line_out():
    lines = run(json.dumps(GOOD) + "\n\n" + json.dumps(GOOD | {"id": 2}) + "\n").splitlines()

    first, second = map(json.loads, lines)
    assert {**first, "why": []} == {
        "id": "a",
        "acknowledge_due": None,
        "respond_due": "2026-03-02",
        "internal_due": "2026-02-25",
        "extendable_until": "2026-04-30",
        "why": [],
    }
    assert all(isinstance(sentence, str) for sentence in first["why"])
    assert second["id"] == 2


def test_each_line_is_answered_before_the_next_is_read():
    out = io.StringIO()

    class Lines(io.StringIO):
        def readline(self, *size):
            line = super().readline(*size)
            asked.append(out.getvalue().count("\n"))
            return line

    asked = []
    lines = Lines((json.dumps(GOOD) + "\n") * 3)
    main(batch=True, explain=False, stdin=lines, stdout=out)

    assert asked == [0, 1, 2, 3]


def test_one_object_over_several_lines_without_batch():
    assert json.loads(run(json.dumps(GOOD, indent=2), batch=False))["respond_due"] == "2026-03-02"


def test_lines_without_batch_too():
    both = run((json.dumps(GOOD) + "\n") * 2, batch=False)

    assert len(both.splitlines()) == 2


def test_a_moment_with_its_zone_and_without():
    moment = {k: v for k, v in GOOD.items() if k != "received"}
    moment["received_at"] = "2026-01-30T23:30:00Z"
    shanghai, _ = respond(json.dumps(moment))
    berlin, _ = respond(json.dumps(moment | {"tz": "Europe/Berlin"}))
    utc, _ = respond(json.dumps(moment | {"tz": "UTC"}))

    assert shanghai["extendable_until"] == "2026-04-30"  # received on the 31st
    assert berlin["extendable_until"] == "2026-04-30"
    assert utc["respond_due"] == "2026-03-02"  # 28 February is a Saturday
    assert "2026-01-30" in utc["why"][0]


def test_the_zone_of_a_config_is_the_default():
    moment = {k: v for k, v in GOOD.items() if k != "received"}
    moment["received_at"] = "2026-01-30T23:30:00Z"
    answer, _ = respond(json.dumps(moment), zone="UTC")

    assert "Received on 2026-01-30" in answer["why"][0]


def test_received_may_be_an_event():
    request = {k: v for k, v in GOOD.items() if k != "received"}
    request["events"] = [{"type": "received", "on": "2026-01-31"}]

    assert respond(json.dumps(request))[0]["respond_due"] == "2026-03-02"


BAD = [
    ({"regime": "mars_law"}, "no such regime"),
    ({"regime": None}, "regime: text is missing"),
    ({"right": "deletion_request"}, "right: 'deletion_request' is none of access"),
    ({"right": ["access"]}, "right: text is missing"),
    ({"received": None}, "received or received_at: one of them is needed"),
    ({"received": "31.01.2026"}, "received: '31.01.2026' is no date"),
    ({"received": 20260131}, "received: 20260131 is no date"),
    ({"received": None, "received_at": "2026-01-31T10:00:00"}, "has no offset from UTC"),
    ({"received": None, "received_at": "yesterday"}, "received_at: 'yesterday' is no moment"),
    ({"tz": "Europe/Atlantis"}, "tz: 'Europe/Atlantis' is no time zone"),
    ({"tz": "../../etc/passwd"}, "is no time zone"),
    ({"tz": ["x"]}, "is no time zone"),
    ({"calendar": "FR"}, "calendar: 'FR' is none of GB, DE, CN, null"),
    ({"calendar": {}}, "calendar: {} is none of"),
    ({"events": "none"}, "events: not a list"),
    ({"events": [1]}, "events[0]: not an object"),
    ({"events": [{"type": "sneezed", "on": "2026-01-31"}]}, "events[0].type: 'sneezed'"),
    ({"events": [{"type": "answered"}]}, "events[0].on: None is no date"),
    ({"received": "9999-12-31"}, "year 9999"),
]


@pytest.mark.parametrize(("change", "says"), BAD, ids=[says for _, says in BAD])
def test_bad_input_keeps_its_id_and_says_what_is_wrong(change, says):
    answer, steps = respond(json.dumps(GOOD | change))

    assert answer == {"id": "a", **NULLS, "why": answer["why"]}
    assert len(answer["why"]) == 1
    assert answer["why"][0].startswith("bad input: ")
    assert says in answer["why"][0]
    assert steps == ()


@pytest.mark.parametrize("text", ["nonsense", "[1]", "null", "{", "[" * 100_000, '"\\ud800"'])
def test_what_is_no_request_is_answered_too(text):
    answer = json.loads(run(text + "\n"))

    assert answer["id"] is None
    assert answer["why"][0].startswith("bad input: not ")


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=8,
)
keys = st.sampled_from(
    ["id", "regime", "right", "received", "received_at", "tz", "calendar", "events"]
)


@UNHURRIED
@given(st.dictionaries(keys, json_values))
def test_no_input_raises(change):
    answer, _ = respond(json.dumps(GOOD | change))

    assert set(answer) == {"id", *NULLS, "why"}
    assert answer["why"]
    json.dumps(answer)


@UNHURRIED
@given(st.dates(), st.sampled_from(["GB", "DE", "CN", None]))
def test_no_date_raises(day, calendar):
    for regime in ("eu_gdpr", "uk_gdpr", "cn_app_rules"):
        request = GOOD | {"regime": regime, "received": day.isoformat(), "calendar": calendar}
        answer, _ = respond(json.dumps(request | {"right": "deletion"}))

        assert answer["why"]


def test_explain_is_for_people():
    text = run(json.dumps(GOOD) + "\n" + json.dumps(GOOD | {"tz": "nowhere"}), explain=True)

    assert "respond due       2026-03-02" in text
    assert "    Reg. 1182/71 Art. 3(4)\n" in text
    assert "acknowledge due   -" in text
    assert "bad input: tz: 'nowhere' is no time zone" in text


def test_the_first_answer_comes_before_the_next_question_and_costs_little():
    program = (
        "import sys; from regimes.contract import main; "
        "main(batch=True, explain=False, stdin=sys.stdin, stdout=sys.stdout)"
    )
    env = os.environ | {"PYTHONPATH": str(ROOT)}
    command = [sys.executable, "-c", program]
    before = spent_by_children()
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=env, cwd="/", text=True
    ) as process:
        process.stdin.write(json.dumps(GOOD | {"calendar": "DE"}) + "\n")
        process.stdin.flush()
        line = process.stdout.readline()
        process.stdin.close()

    assert json.loads(line)["respond_due"] == "2026-03-02"
    assert spent_by_children() - before < 3  # a second of work, whatever others do meanwhile


def spent_by_children():
    """Return the seconds of work of all children that have ended."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
