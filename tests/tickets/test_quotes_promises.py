"""What `split_reply` promises for any input: nothing lost, nothing raised, linear time."""

import json
import random
import time
from collections import Counter

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tests.tickets.test_quotes import SAMPLES, load
from tickets.quotes import split_reply
from tickets.quotes.heads import INVISIBLE

PIECES = [
    "Please delete my data.",
    "> We have it.",
    ">",
    "",
    "-- ",
    "--",
    "________________________________",
    "Best regards,",
    "Max Example",
    "Sent from my iPhone",
    "On Mon, Jan 15, 2024 at 10:05 AM Anna <anna@example.org> wrote:",
    "<anna@example.org> wrote:",
    "Am 15.01.2024 um 10:05 schrieb Anna:",
    "From: Anna <anna@example.org>",
    "Sent: Monday",
    "To: Max",
    "Subject: Hi",
    "-----Original Message-----",
    "---------- Forwarded message ---------",
    "在 2024年1月15日 10:05，Anna 写道：",
    "\ufeff",
    "PS: one more thing",
    "This e-mail is confidential, intended for the addressee; please notify us and delete it.",
]
LETTERS = st.lists(st.one_of(st.sampled_from(PIECES), st.text(max_size=40)), max_size=25).map(
    "\n".join
)
HTML = st.lists(
    st.sampled_from(
        [
            "<div>",
            "</div>",
            "<blockquote type=cite>",
            "</blockquote>",
            "<div class=gmail_quote>",
            "<div id=divRplyFwdMsg>",
            "<br>",
            "<p>Please delete my data.",
            "We have it.",
            "<",
            "\x00",
            "On 15 Jan 2024 10:05, Anna wrote:",
        ]
    ),
    max_size=25,
).map("".join)


def letters_of(*texts):
    return Counter("".join("".join(texts).split()))


@settings(max_examples=400, deadline=None)
@given(LETTERS, HTML)
@example("-- \nMax", "")
def test_nothing_is_lost(text, html):
    found = split_reply(text, html)
    if text.strip(INVISIBLE + "\r\n"):  # or else the HTML is the source
        whole = letters_of(text)
        assert letters_of(found.newest, found.quoted, found.signature) == whole


@settings(max_examples=400, deadline=None)
@given(LETTERS)
def test_words_are_left_where_there_are_any(text):
    found = split_reply(text)
    assert found.newest or found.quoted or found.signature or not text.strip()
    assert found.newest or found.quoted or "--" in text or "Sent from" in text or not text.strip()


@settings(max_examples=200, deadline=None)
@given(st.text(), st.text())
def test_never_raises(text, html):
    split_reply(text, html)


def test_splitting_again_changes_nothing():
    for letter in load("letters")["letter"]:
        once = split_reply(letter["text"], letter.get("html", "")).newest
        assert split_reply(once).newest == once, letter["name"]


HOSTILE = {
    "marks": ">" * 1_000_000,
    "marked lines": ">\n" * 500_000,
    "openers": "On " * 333_333,
    "opener lines": "On \n" * 250_000,
    "attributions": "On 1 Jan 2020 10:00 <a@b.test> wrote\n" * 26_000,
    "lead-ins": "wrote:\n" * 140_000,
    "labels": "From: x\nTo: y\n" * 70_000,
    "one label": "From: x\n" * 125_000,
    "dashes": "-" * 1_000_000,
    "dash lines": "--\n" * 330_000,
    "spaced dashes": ("- " * 190 + "\n") * 2_600,
    "blank lines": "\n" * 1_000_000,
    "addresses": ("a@" * 190 + ":\n") * 2_600,
    "brackets": ("<a" * 190 + ":\n") * 2_600,
    "digits": ("1:1 " * 90 + ":\n") * 2_700,
    "closings": "Best regards\n" * 77_000,
    "devices": "Sent from my iPhone\n" * 50_000,
    "returns": "\r" * 1_000_000,
    "CJK": ("从" * 150 + "\n") * 6_600,
}


@pytest.mark.parametrize("text", [pytest.param(v, id=k) for k, v in HOSTILE.items()])
def test_a_megabyte_of_anything_is_quick(text):
    best = min(_seconds(text) for _ in range(3))
    assert best < 0.2


HOSTILE_HTML = {
    "deep quotes": "<blockquote type=cite>" * 40_000,
    "deep blocks": "<div>" * 19_000 + "x",
    "many quotes": "<blockquote type=cite>a</blockquote>" * 9_000,
    "open tags": "<div class=gmail_quote " * 20_000,
}


@pytest.mark.parametrize("html", [pytest.param(v, id=k) for k, v in HOSTILE_HTML.items()])
def test_hostile_html_is_quick(html):
    assert min(_seconds("Hello\n" * 100, html) for _ in range(2)) < 0.5
    assert min(_seconds("", html) for _ in range(2)) < 0.5


def _seconds(text, html=""):
    begin = time.thread_time()
    split_reply(text, html)
    return time.thread_time() - begin


def test_the_samples_are_there():
    assert {p.stem for p in SAMPLES.glob("*.toml")} >= {"attributions", "blocks", "letters"}


def ordinary_letters():
    for path in sorted((SAMPLES.parents[2] / "classifier" / "corpus").glob("*.jsonl")):
        for line in path.read_text(encoding="utf-8").splitlines():
            yield json.loads(line)["text"]


def test_ordinary_letters_of_thirty_languages_are_new_but_for_their_closings():
    letters = list(ordinary_letters())
    quoted = [text for text in letters if split_reply(text).quoted]
    assert len(quoted) <= len(letters) // 500, quoted


def test_any_letter_survives_any_program():
    """Every letter above another one, quoted in a random program's way, comes back whole."""
    chance = random.Random(7)  # noqa: S311 - a table, shuffled
    heads = [line for rows in load("attributions").values() for line in rows.values()]
    heads += [
        block.strip() for block in load("blocks")["whole"].values() if block.strip()[0] != ">"
    ]
    devices = [line for rows in load("devices")["lines"].values() for line in rows]
    letters = list(ordinary_letters())[::5]
    lost = []
    for text in letters:
        head, device, old = chance.choice(heads), chance.choice(devices), chance.choice(letters)
        got = split_reply(f"{text}\n\n{device}\n\n{head}\n\n{old}").newest
        if got.split() != split_reply(text).newest.split():
            lost.append((text, head, device))
    assert len(lost) <= len(letters) // 500, lost
