"""Numbers and secrets are hidden where they are surely such; all other text stays as it was."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tickets.answers import new_token
from tickets.masking import SEEN, Kind, _apart, _find, mask, mask_letter


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        # Card numbers: published test numbers.
        ("my card 4111 1111 1111 1111 was charged", "my card [card …1111] was charged"),
        ("5500-0055-5555-5559.", "[card …5559]."),
        ("卡号6200000000000005。", "卡号[card …0005]。"),
        ("amex 378282246310005", "amex [card …0005]"),
        # Identity numbers: published examples.
        ("身份证号360426199101010071谢谢", "身份证号[id …0071]谢谢"),
        ("cf RCCMNL83S18D969H", "cf [id …969H]"),
        ("CPF 390.533.447-05", "CPF [id …4705]"),
        ("my SSN is 536-90-4399", "my SSN is [id …4399]"),
        ("NIE X-2482300W", "NIE [id …300W]"),
        ("meine Steuer-ID lautet 36 574 261 809", "meine Steuer-ID lautet [id …1809]"),
        ("BSN 111222333", "BSN [id …2333]"),
        ("DNI: 54362315K", "DNI: [id …315K]"),
        ("Aadhaar number 2341 2341 2346", "Aadhaar number [id …2346]"),
        ("National Insurance number QQ 12 34 56 C", "National Insurance number QQ 12 34 56 C"),
        ("National Insurance number AB 12 34 56 C", "National Insurance number [id …456C]"),
        ("Passport no. C01X00T47", "Passport no. [id …0T47]"),
        ("护照号码：E12345678", "护照号码：[id …5678]"),
        # Passwords.
        ("My password is hunter2!", "My password is [password]"),
        ("password: Tr0ub4dor&3, thanks", "password: [password], thanks"),
        ("我的密码是abc12345，请帮我", "我的密码是[password]，请帮我"),
        ("Mein Passwort lautet geheim99", "Mein Passwort lautet [password]"),
        ("PIN: 4821", "PIN: [password]"),
        # Tokens.
        ("key ghp_" + "a1B2" * 9, "key [token]"),
        ("AKIAIOSFODNN7EXAMPLE", "[token]"),
        ("api_key = 0123456789abcdef0123", "api_key = [token]"),
        ("Authorization: Bearer abcdefghijklmnopqrstuvwx", "Authorization: Bearer [token]"),
        ("bot 123456789:AAabcdefghijklmnopqrstuvwxyz0123456", "bot [token]"),
        ("-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nok", "[token]\nok"),
    ],
)
def test_what_is_hidden(text, shown):
    assert mask(text).text == shown


@pytest.mark.parametrize(
    "text",
    [
        "Order 4111 1111 1111 1112 has not arrived",  # fails Luhn
        "Order 1234567890123452 has not arrived",  # passes Luhn, no card begins so
        "0000 0000 0000 0000",
        "tracking 9400111899223197428490",
        "call +86 150 8821 0909 or +49 30 901820",
        "my password is wrong",
        "The password is not accepted",
        "I forgot my password. Please reset it",
        "我忘记密码了",
        "invoice 111222333 of 2026-11-02",
        "user 54362315K",
        "EJ-7K3F-9Q",
        "https://shop.test/p/123456789012345?id=42",
        "2026-11-02 09:00:00",
        "My passport has expired",
        "version 1.2.3.4, build 20261102153000",
    ],
)
def test_what_stays(text):
    assert mask(text).text == text


def test_our_own_token_is_hidden_from_agents():
    assert mask(f"> {new_token()}\nCONFIRM").text == "> [token]\nCONFIRM"


def test_a_code_in_our_letter_is_hidden_and_in_a_message_not():
    text = "Your code is:\n\n493027\n\nwritten 123456 times"

    assert mask_letter("identity_code", text).text == (
        "Your code is:\n\n[code]\n\nwritten 123456 times"
    )
    assert mask_letter("reply", text).text == text
    sms = "EJET Co., Ltd.: 493027 is your code, valid for 30 minutes."
    assert mask_letter("identity_sms", sms).text == sms.replace("493027", "[code]")


def test_hidden_places_name_the_original():
    text = "a 4111111111111111 b password: geheim99"
    masked = mask(text)

    assert [(text[h.start : h.end], h.kind) for h in masked.hidden] == [
        ("4111111111111111", Kind.CARD),
        ("geheim99", Kind.PASSWORD),
    ]


def test_what_is_too_long_to_look_at_is_not_shown():
    text = "x" * SEEN + " 4111111111111111"

    assert mask(text).text == "x" * SEEN + "…"


@given(st.text(alphabet="0123456789 -.XYZabcdefghEJPpin=:", max_size=120))
def test_the_first_glance_misses_nothing(text):
    places = list(_apart(_find(text)))

    assert list(mask(text).hidden) == places


@given(st.text())
def test_any_text_is_taken_and_places_are_apart(text):
    places = mask(text).hidden

    assert all(a.end <= b.start for a, b in pairwise(places))
    assert all(0 <= one.start < one.end <= len(text) for one in places)


@given(st.text(alphabet=st.characters(categories=["L", "P", "Z"]), max_size=200))
def test_text_without_digits_loses_no_number(text):
    assert not {Kind.CARD, Kind.IDENTITY} & {one.kind for one in mask(text).hidden}
