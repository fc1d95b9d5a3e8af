"""Every mistake is told at once, with its key, and with the nearest known key."""

from __future__ import annotations

import tomllib
from itertools import pairwise
from pathlib import Path

import pytest

from helpdesk.config import Config, load_config, parse_config
from helpdesk.example import example
from tickets.errors import ConfigError

ROOT = Path(__file__).resolve().parents[2]


def problems(text: str) -> dict[str, str]:
    with pytest.raises(ConfigError) as caught:
        parse_config(tomllib.loads(text), ROOT)
    return dict(caught.value.problems)


def test_nothing_at_all_is_a_configuration():
    config = parse_config({}, ROOT)

    assert config.company.mailbox == "ejetglobal@ejet.com"
    assert config.company.hotline == "+86 150 8821 0909"
    assert config.company.zone == "Asia/Shanghai"
    assert config == Config()


def test_every_problem_is_told_with_its_key():
    found = problems(
        """
        [company]
        zonne = "Asia/Shanghai"
        zone = "Asia/Shanghia"
        [database]
        url = "mysql://x"
        [[mailbox]]
        name = "a"
        hosst = "imap.example.org"
        username = "a"
        [smtp]
        port = 99999
        """
    )

    assert found["company.zonne"] == "unknown key, do you mean 'zone'?"
    assert "Asia/Shanghai" in found["company.zone"]
    assert "database.url" in found
    assert found["mailbox[0].hosst"] == "unknown key, do you mean 'host'?"
    assert found["mailbox[0].address"] == "is missing"
    assert found["mailbox[0].host"] == "is missing"
    assert "smtp.port" in found


def test_a_secret_in_clear_is_refused_and_not_repeated():
    found = problems('[smtp]\npassword = "hunter2"')

    assert "env" in found["smtp.password"]
    assert "hunter2" not in str(found)


def test_a_secret_comes_from_the_environment_or_a_file(tmp_path, monkeypatch):
    monkeypatch.setenv("SMTP_SECRET", "from env")
    (tmp_path / "secret").write_text("from file\n")
    raw = tomllib.loads(
        """
        [smtp]
        username = "u"
        password = { env = "SMTP_SECRET" }
        [telegram]
        token = { file = "secret" }
        """
    )

    config = parse_config(raw, tmp_path)

    assert config.smtp.password.get_secret_value() == "from env"
    assert config.telegram.token.get_secret_value() == "from file"
    assert "from env" not in repr(config)


def test_a_missing_secret_is_told():
    found = problems(
        '[smtp]\npassword = { env = "NO_SUCH_VARIABLE" }\n[telegram]\ntoken = { file = "none" }'
    )

    assert "NO_SUCH_VARIABLE" in found["smtp.password"]
    assert "cannot read none" in found["telegram.token"]


def test_a_database_password_may_be_a_secret(monkeypatch):
    monkeypatch.setenv("DATABASE", "postgres://u:p@db.example.org/x")

    config = parse_config({"database": {"url": {"env": "DATABASE"}}}, ROOT)

    assert config.database.url == "postgres://u:p@db.example.org/x"


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ('[smtp]\nhost = "mail.example.org"\nsecurity = "none"', "smtp"),
        ("[console]\nport = 'x'", "console.port"),
        ("[vault]\nkey = { fiel = 'x' }", "vault.key"),
        ("[[telegram.desk]]\nchat = 1", "telegram.desk[0].chat"),
        ("[directory]\nkind = 'ldap'", "directory.kind"),
    ],
)
def test_a_wrong_value_names_its_key(text, key):
    assert any(found.startswith(key) for found in problems(text))


def test_two_mailboxes_of_one_name_are_refused():
    one = '[[mailbox]]\nname="a"\naddress="a@x.test"\nhost="h"\nusername="u"\n'

    assert "name" in problems(one + one)["mailbox"]


def test_what_is_not_toml_is_told(tmp_path):
    path = tmp_path / "config.toml"
    path.write_text("= nonsense")

    with pytest.raises(ConfigError, match="is not TOML"):
        load_config(path)
    with pytest.raises(ConfigError, match="no such file"):
        load_config(tmp_path / "none.toml")


def test_the_example_is_the_settings_and_loads(monkeypatch):
    monkeypatch.setenv("HELPDESK_IMAP_PASSWORD", "x")
    monkeypatch.setenv("HELPDESK_SMTP_PASSWORD", "x")
    path = ROOT / "config.example.toml"

    assert path.read_text("utf-8") == example()
    assert load_config(path).mailbox[0].address == "ejetglobal@ejet.com"


def test_every_key_of_the_example_has_a_comment_above_it():
    lines = example().splitlines()
    for above, line in pairwise(lines):
        if line and not line.startswith(("#", "[")):
            assert above.startswith("#"), line
