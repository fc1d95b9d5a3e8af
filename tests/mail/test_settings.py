"""What may stand in the config, and what may not."""

from __future__ import annotations

import pytest
from pydantic import SecretStr, ValidationError

from mail.settings import (
    MailboxSettings,
    OAuth2Settings,
    SmtpOverrides,
    SmtpSettings,
    is_loopback,
)

BOX = {
    "name": "support",
    "address": "support@example.test",
    "host": "imap.example.test",
    "username": "support",
    "password": "secret",
}
CONSENT = {"client_id": "c", "refresh_token": "r", "token_url": "https://login.example.test/t"}


@pytest.mark.parametrize(
    "model",
    [MailboxSettings, SmtpSettings, SmtpOverrides, OAuth2Settings],
    ids=lambda m: m.__name__,
)
def test_every_key_is_described(model):
    assert [name for name, field in model.model_fields.items() if not field.description] == []


@pytest.mark.parametrize(
    "wrong",
    [
        {"security": "none"},
        {"security": "starttls"},
        {"hots": "x"},
        {"port": 0},
        {"folders": []},
        {"folders": ["INBOX", "INBOX"]},
        {"oauth2": CONSENT},
        {"address": "not an address"},
        {"sweep_seconds": 0},
        {"decorate": "delete"},
        {"keyword": "two words"},
        {"decorate": "move", "processed_folder": "INBOX"},
        {"smtp": {"hots": "x"}},
    ],
)
def test_what_is_refused(wrong):
    with pytest.raises(ValidationError):
        MailboxSettings.model_validate(BOX | wrong)


def test_plain_text_is_for_loopback_alone():
    MailboxSettings.model_validate(BOX | {"host": "127.0.0.1", "security": "none"})
    SmtpSettings(host="localhost", security="none")
    with pytest.raises(ValidationError):
        SmtpSettings(host="smtp.example.test", security="none")
    with pytest.raises(ValidationError):
        OAuth2Settings.model_validate(CONSENT | {"token_url": "http://login.example.test/t"})


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("localhost", True),
        ("127.0.0.1", True),
        ("127.9.9.9", True),
        ("::1", True),
        ("[::1]", True),
        ("localhost.example.test", False),
        ("127.0.0.1.example.test", False),
        ("0.0.0.0", False),  # noqa: S104
        ("192.168.1.1", False),
    ],
)
def test_loopback(host, expected):
    assert is_loopback(host) is expected


def test_secrets_do_not_show():
    box = MailboxSettings.model_validate(BOX)

    assert "secret" not in f"{box!r} {box.model_dump()}"


def test_a_mailbox_overrides_what_it_names_and_nothing_else():
    common = SmtpSettings.model_validate(
        {"host": "smtp.example.test", "username": "u", "password": "p", "from": "Desk <d@x.test>"}
    )
    box = MailboxSettings.model_validate(BOX | {"smtp": {"username": "other", "port": 465}})

    mine = common.overridden_by(box.smtp)

    assert mine == common.model_copy(update={"username": "other", "port": 465})
    assert common.overridden_by(SmtpOverrides()) is common


def test_one_secret_replaces_the_other():
    with_password = SmtpSettings(host="smtp.example.test", username="u", password=SecretStr("p"))
    consent = OAuth2Settings.model_validate(CONSENT)

    with_consent = with_password.overridden_by(SmtpOverrides(oauth2=consent))

    assert with_consent.oauth2 == consent
    assert with_consent.password.get_secret_value() == ""
    back = with_consent.overridden_by(SmtpOverrides(password=SecretStr("q")))
    assert (back.oauth2, back.password.get_secret_value()) == (None, "q")


def test_an_override_may_not_go_in_clear_either():
    with pytest.raises(ValidationError):
        SmtpSettings(host="smtp.example.test").overridden_by(SmtpOverrides(security="none"))
