"""What servers say, reduced to what an outbox needs."""

from __future__ import annotations

import re
import ssl

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mail.sender import _asked_wait, _cause, _refused, _relay_id, _xtext


@pytest.mark.parametrize(
    ("stage", "code", "text", "expected"),
    [
        ("rcpt", 550, "5.1.1 <ada@example.org> unknown", ("PermanentDeliveryError", "550 5.1.1")),
        ("rcpt", 550, "no such user ada", ("PermanentDeliveryError", "550")),
        ("rcpt", 450, "4.2.0 busy", ("TemporaryDeliveryError", "450 4.2.0")),
        ("data", 554, "5.7.1 spam", ("PermanentDeliveryError", "554 5.7.1")),
        ("mail", 552, "too large", ("PermanentDeliveryError", "552")),
        ("mail", 550, "5.7.1 not yours", ("TemporaryDeliveryError", "mail: 550 5.7.1")),
        ("auth", 535, "5.7.8 no", ("TemporaryDeliveryError", "auth: 535 5.7.8")),
        ("connect", 554, "5.7.1 listed", ("TemporaryDeliveryError", "connect: 554 5.7.1")),
        ("connect", -1, "Malformed", ("TemporaryDeliveryError", "connect: -1")),
    ],
)
def test_answers_are_judged_by_stage_and_code(stage, code, text, expected):
    error = _refused(stage, code, text)

    assert (type(error).__name__, error.reason) == expected


@given(
    st.sampled_from(["connect", "auth", "mail", "rcpt", "data"]), st.integers(400, 599), st.text()
)
def test_no_reason_repeats_what_the_server_said(stage, code, text):
    assert re.fullmatch(
        r"(\w+: )?\d{3}( \d\.\d{1,3}\.\d{1,3})?", _refused(stage, code, text).reason
    )


@given(st.text())
def test_any_text_gives_a_sane_wait_or_none(text):
    wait = _asked_wait(text)

    assert wait is None or 0 < wait <= 6 * 3600


@pytest.mark.parametrize(
    ("host", "answer", "expected"),
    [
        ("email-smtp.eu-west-1.amazonaws.com", "Ok 0102-ab", "0102-ab@eu-west-1.amazonses.com"),
        ("email-smtp.us-east-1.amazonaws.com", "Ok 0100-cd", "0100-cd@email.amazonses.com"),
        ("smtp.example.org", "2.0.0 Ok: queued as 4F5A", ""),
        ("email-smtp.eu-west-1.amazonaws.com", "", ""),
    ],
)  # fmt: skip
def test_only_ses_puts_its_own_id_in_place_of_ours(host, answer, expected):
    assert _relay_id(host, answer) == expected


@given(st.text(max_size=300))
def test_envelope_ids_stay_one_word(text):
    assert re.fullmatch(r"(?:[!-*,-<>-~]|\+[0-9A-F]{2})*", _xtext(text))


@pytest.mark.parametrize(
    ("error", "expected"),
    [
        (ssl.SSLCertVerificationError("x"), "certificate"),
        (ssl.SSLError("x"), "tls"),
        (ConnectionRefusedError("to 192.0.2.1"), "ConnectionRefusedError"),
        (ValueError("ada@example.org"), "ValueError"),
    ],
)
def test_causes_are_named_in_a_word(error, expected):
    assert _cause(error) == expected


def test_a_cause_behind_a_cause_is_found():
    outer = ConnectionError("wrapped")
    outer.__cause__ = ssl.SSLCertVerificationError("x")

    assert _cause(outer) == "certificate"
