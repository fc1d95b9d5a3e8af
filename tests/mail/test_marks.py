"""Our marker in quoted mail, as mail programs leave it."""

import pytest

from mail.marks import find_marker
from mail.parse import parse

TOKEN = "k7f3q9abcdefghij"


@pytest.mark.parametrize(
    "body",
    [
        f'<a name="ejet-mark-{TOKEN}"></a>',
        f'<div id="m_-8812ejet-mark-{TOKEN}">',
        f'<a href="https://desk.example/t#ejet-mark-{TOKEN}">',
        f"> Ref: ejet-mark-{TOKEN}",
        f'<div data-ejet="{TOKEN}">',
        f"<div data-ejet={TOKEN}>",
    ],
)
def test_found(body):
    assert find_marker("", body) == TOKEN


@pytest.mark.parametrize("body", ["", "ejet-mark-short", "our ejet-helpdesk", "ejet-mark-"])
def test_not_found(body):
    assert find_marker(body) == ""


def test_found_in_a_mail():
    raw = f"Content-Type: text/html\n\n<p>yes</p><a name='ejet-mark-{TOKEN}'></a>".encode()

    assert parse(raw).marker == TOKEN
