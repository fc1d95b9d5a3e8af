"""Buttons: data that comes back whole, labels and links that Telegram takes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.buttons import Button, Press, is_link, keyboard, new_nonce, read_data, write_data
from sandbox.telegram.keyboards import checked_keyboard


def test_data_comes_back():
    data = write_data("confirm", "EJ-7K3F-9Q", "deletion_request", nonce="a1b2c3")

    assert data == "v1:confirm:EJ-7K3F-9Q:deletion_request:a1b2c3"
    assert read_data(data) == Press("confirm", ("EJ-7K3F-9Q", "deletion_request"), "a1b2c3")


@pytest.mark.parametrize("words", [("",), ("a:b",), ("a", "é"), ("a", "x" * 62), ("a\n",)])
def test_data_that_would_not_come_back_is_not_written(words):
    with pytest.raises(ValueError, match="callback data"):
        write_data(*words)


@pytest.mark.parametrize(
    "data", ["", "v1", "v1:", "v1:x", "v2:x:y", "v1::n", "v1:x:é", "v1:x:" + "y" * 60, "v1:x:y\n"]
)
def test_what_we_never_wrote_is_no_press(data):
    assert read_data(data) is None


@given(st.text(max_size=80))
def test_any_data_is_read(data):
    press = read_data(data)

    assert press is None or write_data(press.step, *press.args, nonce=press.nonce) == data


def test_a_nonce_differs():
    assert len({new_nonce() for _ in range(50)}) == 50


def test_a_keyboard():
    rows = [
        [Button("Delete my data", "v1:a:n", style="danger"), Button("Al\n<b>_*[" * 20, "v1:b:n")],
        [Button("Console", url="http://localhost:8080/x")],
        [Button("\u202e", url="https://desk.example.org/x")],
    ]

    markup = keyboard(rows)

    assert checked_keyboard(markup) == markup
    assert [[one["text"] for one in row] for row in markup["inline_keyboard"]] == [
        ["Delete my data", ("Al <b>_*[" * 20)[:59] + "…"],
        ["·"],
    ]


@pytest.mark.parametrize(
    "button",
    [Button("x"), Button("x", "v1:a:n", "https://a.example"), Button("x", "v1:a:n", style="red")],
)
def test_a_button_does_one_thing(button):
    with pytest.raises(ValueError, match="a button has"):
        keyboard([[button]])


@pytest.mark.parametrize(
    ("url", "fits"),
    [
        ("https://t.me/desk_bot?start=x", True),
        ("http://localhost:8080", False),
        ("http://[::1", False),
        ("ftp://a.example", False),
        ("tg://user?id=5", True),
        ("", False),
    ],
)
def test_links(url, fits):
    assert is_link(url) is fits
