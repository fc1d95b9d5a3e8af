import io
import json

from classifier.contract import main
from tickets.quotes import split_reply


def run(stdin, stdout, *, batch):
    return main(batch=batch, explain=False, cut=split_reply, stdin=stdin, stdout=stdout)


def answers(lines, **options):
    out = io.StringIO()
    code = main(
        batch=True,
        explain=options.get("explain", False),
        cut=split_reply,
        stdin=io.StringIO(lines),
        stdout=out,
    )
    assert code == 0
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_every_line_is_answered_in_order():
    rows = [{"id": f"m{n}", "channel": "telegram", "text": "delete my account"} for n in range(70)]

    told = answers("".join(json.dumps(row) + "\n" for row in rows))

    assert [row["id"] for row in told] == [row["id"] for row in rows]
    assert set(told[0]) == {
        "id", "intent", "also", "rights", "topic", "policy_section", "confidence", "lang",
        "needs_human",
    }  # fmt: skip
    assert told[0]["intent"] == "deletion_request"


def test_a_bad_line_goes_before_a_human():
    told = answers('no json\n{"id": 7, "text": 5}\n[]\n{"id": 8, "text": "stop the newsletter"}\n')

    assert [(row["id"], row["intent"], row["needs_human"]) for row in told[:3]] == [
        (None, "other", True),
        (7, "other", True),
        (None, "other", True),
    ]
    assert told[3]["intent"] == "objection_request"


def test_quoted_history_does_not_count():
    own = "Thanks, the vacuum works again since the update. Great support, greetings from Cork!"
    text = f"{own}\n\nOn Mon, EJET wrote:\n> Please delete my account and all my data\n"

    (told,) = answers(json.dumps({"id": 1, "text": text}) + "\n")

    assert told["rights"] == []


def test_explaining_names_the_article():
    line = json.dumps({"id": 1, "text": "I request a copy of my data under Art. 15 GDPR."})

    (told,) = answers(line + "\n", explain=True)

    assert told["why"] == ["GDPR 15", "copy of"]
    assert told["suspected"] is False


def test_one_message_may_span_lines():
    out = io.StringIO()
    row = json.dumps({"id": 1, "text": "delete me"}, indent=1)

    assert run(io.StringIO(row), out, batch=False) == 0
    assert json.loads(out.getvalue())["id"] == 1


def test_bytes_that_are_no_text_are_survived():
    raw = io.TextIOWrapper(io.BytesIO(b'{"id": 1, "text": "delete \xff me"}\n'), encoding="utf-8")
    out = io.StringIO()

    assert run(raw, out, batch=True) == 0
    assert json.loads(out.getvalue())["id"] == 1
