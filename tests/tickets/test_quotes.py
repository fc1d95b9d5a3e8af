"""Newest words apart from quote and signature: tables by program and language."""

import tomllib
from html import escape
from pathlib import Path

import pytest

from tickets.quotes import split_reply

SAMPLES = Path(__file__).parents[1] / "corpus" / "replies"
OWN = "Please delete my data.\nIt was last used in 2019."
QUOTE = "We have it.\n\nAnna"


def load(name):
    return tomllib.loads((SAMPLES / f"{name}.toml").read_text(encoding="utf-8"))


def marked(text):
    return "\n".join(f"> {line}" for line in text.split("\n"))


def wrapped(text, width):
    lines = [""]
    for word in text.split(" "):
        if lines[-1] and len(lines[-1]) + len(word) >= width:
            lines.append("")
        lines[-1] = f"{lines[-1]} {word}".strip()
    return "\n".join(lines)


ATTRIBUTIONS = [
    pytest.param(line, id=f"{program}-{language}")
    for program, rows in load("attributions").items()
    for language, line in rows.items()
]


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_words_above_an_attribution_are_new(line):
    for text in (
        f"{OWN}\n\n{line}\n\n{marked(QUOTE)}\n",
        f"{OWN}\n\n{line}\n\n{QUOTE}\n",
        f"{OWN}\n{line}\n{QUOTE}\n",
        f"{OWN}\r\n\r\n{line}\r\n\r\n{QUOTE}\r\n",
        f"{OWN}\n\n{marked(line)}\n>\n{marked(QUOTE)}",
    ):
        assert split_reply(text).newest == OWN, text


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_an_attribution_may_be_wrapped(line):
    for width in (50, 60, 76):
        for quote in (QUOTE, marked(QUOTE)):
            text = f"{OWN}\n\n{wrapped(line, width)}\n{quote}"
            assert split_reply(text).newest == OWN, text


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_words_below_a_marked_quote_are_new(line):
    assert split_reply(f"{line}\n{marked(QUOTE)}\n\n{OWN}").newest == OWN


GMAIL = (
    '<div dir="ltr">{own}</div><br><div class="gmail_quote"><div dir="ltr" class="gmail_attr">'
    '{line}<br></div><blockquote class="gmail_quote" style="border-left:1px #ccc solid">'
    "<div>We have it.</div></blockquote></div>"
)
APPLE = (
    '<html><body>{own}<br><div><blockquote type="cite"><div>{line}</div><br><div>We have it.</div>'
    "</blockquote></div></body></html>"
)
THUNDERBIRD = (
    '<div class="moz-cite-prefix">{line}<br></div><blockquote type="cite" cite="mid:1@example.org">'
    "<p>We have it.</p></blockquote><p>{own}</p>"
)


@pytest.mark.parametrize("line", ATTRIBUTIONS)
def test_html_alone_shows_what_is_new(line):
    for page in (GMAIL, APPLE, THUNDERBIRD):
        own = OWN.replace("\n", "<br>")
        body = page.format(own=own, line=escape(line))
        assert split_reply("", body).newest.split() == OWN.split(), body


OUTLOOK = (
    '<div class="WordSection1"><p class="MsoNormal">{own}</p><div><div style="border:none;'
    'border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in"><p class="MsoNormal">{block}</p>'
    '</div></div><p class="MsoNormal">We have it.</p></div>'
)
WEB = (
    '<div>{own}</div><hr style="display:inline-block;width:98%"><div id="divRplyFwdMsg" dir="ltr">'
    "{block}</div><div>We have it.</div>"
)
ROWS = "<div>{own}</div><div>{block}</div><div>We have it.</div>"


@pytest.mark.parametrize("labels", load("blocks")["outlook"].values(), ids=" ".join)
def test_html_alone_shows_header_blocks(labels):
    rows = zip(labels, BLOCK_VALUES[0], strict=True)
    block = "<br>".join(f"<b>{label}</b> {escape(value)}" for label, value in rows)
    for page in (OUTLOOK, WEB, ROWS):
        body = page.format(own=OWN.replace("\n", "<br>"), block=block)
        assert split_reply("", body).newest.split() == OWN.split(), body


BLOCK_VALUES = (
    ("Anna Example <anna@example.org>", "Monday, 15 January 2024 10:05", "max@example.org", "Hi"),
    ("Anna Example", "15.01.2024", "Max Example", "Re: Hi"),
)


@pytest.mark.parametrize("values", BLOCK_VALUES, ids=["addressed", "names"])
@pytest.mark.parametrize(
    "labels", [pytest.param(v, id=k) for k, v in load("blocks")["outlook"].items()]
)
def test_words_above_a_header_block_are_new(labels, values):
    rows = [f"{label.rstrip()} {value}" for label, value in zip(labels, values, strict=True)]
    block = "\n".join(rows)
    for text in (
        f"{OWN}\n\n{block}\n\n{QUOTE}",
        f"{OWN}\n{'_' * 32}\n{block}\n{QUOTE}",
        f"{OWN}\n\n{block}\n\n{QUOTE}\n\n{block}\n\nolder",
        f"{OWN}\n\n" + "\n\n".join(rows) + f"\n\n{QUOTE}",
    ):
        assert split_reply(text).newest == OWN, text


@pytest.mark.parametrize(
    "block", [pytest.param(v.strip(), id=k) for k, v in load("blocks")["whole"].items()]
)
def test_words_above_a_titled_block_are_new(block):
    texts = [f"{OWN}\n\n{block}\n{marked(QUOTE)}", f"{OWN}\n\n{marked(block)}\n>\n{marked(QUOTE)}"]
    if not block.startswith(">"):
        texts.append(f"{OWN}\n\n{block}\n\n{QUOTE}")
    for text in texts:
        assert split_reply(text).newest == OWN, text


def rows_of(name, table):
    return [
        pytest.param(row, id=f"{language}-{number}")
        for language, rows in load(name)[table].items()
        for number, row in enumerate(rows)
    ]


ENDS = [*rows_of("devices", "lines"), *rows_of("closings", "closings")]


@pytest.mark.parametrize("end", ENDS)
def test_the_end_of_a_letter_is_its_signature(end):
    history = f"On Mon, Jan 15, 2024 at 10:05 AM Anna <anna@example.org> wrote:\n\n{marked(QUOTE)}"
    for text in (f"{OWN}\n\n{end}", f"{OWN}\n\n{end}\n\n{history}\n"):
        found = split_reply(text)
        assert (found.newest, found.signature) == (OWN, end.strip()), text


@pytest.mark.parametrize("end", [end for end in ENDS if not end.values[0].startswith("--")])
def test_the_end_of_a_letter_alone_does_not_hide_what_follows(end):
    goes_on = f"{end}\n\nPlease tell me also, as soon as you can, where you got my address from."
    assert "where you got my address from." in split_reply(f"{OWN}\n\n{goes_on}").newest


@pytest.mark.parametrize(
    "letter", [pytest.param(x, id=x["name"]) for x in load("letters")["letter"]]
)
def test_whole_letters(letter):
    found = split_reply(letter["text"].strip("\n") + "\n", letter.get("html", ""))
    got, want = found.newest, letter["newest"].strip("\n")
    if letter.get("loose"):
        got, want = got.split(), want.split()
    assert got == want
    assert found.signature == letter.get("signature", found.signature)


def test_nothing_is_nothing():
    found = split_reply("")
    assert (found.newest, found.quoted, found.signature) == ("", "", "")


def test_quoted_holds_the_header_of_the_quote():
    found = split_reply("Yes.\n\nOn 15/01/2024 10:05, Anna wrote:\n> Really?\n")
    assert found.quoted == "On 15/01/2024 10:05, Anna wrote:\n> Really?"
