"""The configuration: TOML, composed of each room's settings; every mistake is told at once.

Secrets are written as `{ env = "NAME" }` or `{ file = "PATH" }`, never in clear.
"""

from __future__ import annotations

import difflib
import os
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final, Literal, Self, get_args
from zoneinfo import available_timezones

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    PrivateAttr,
    SecretStr,
    ValidationError,
    field_validator,
)

from bot.settings import TelegramSettings
from console.settings import ConsoleSettings
from mail.settings import MailboxSettings, SmtpSettings
from regimes.settings import Settings as LawSettings
from tickets.errors import ConfigError
from tickets.settings import Account, DeskConfig, DeskSettings
from tickets.types import Channel, Company


class _Section(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class CompanySettings(_Section):
    """Who we are, as letters say it."""

    name: str = Field("EJET Co., Ltd.", description="The company's name.")
    mailbox: str = Field("ejetglobal@ejet.com", description="The address that people are told.")
    hotline: str = Field("+86 150 8821 0909", description="The hotline that people are told.")
    zone: str = Field(
        "Asia/Shanghai", description="The controller's time zone: it fixes the day of receipt."
    )
    policy: str = Field("", description="The privacy policy's text file, to notice its changes.")
    products: tuple[str, ...] = Field(
        (),
        description="Products that keep data apart, by the names that people know; with several, "
        "a chat asks which one a request for a copy or a deletion is about.",
    )

    @field_validator("zone")
    @classmethod
    def _known_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            near = difflib.get_close_matches(zone, available_timezones(), 1)
            raise ValueError(f"unknown time zone{f', do you mean {near[0]}?' if near else ''}")
        return zone


class DatabaseSettings(_Section):
    """Where everything but keys is kept."""

    url: str = Field(
        "sqlite://data/helpdesk.db",
        pattern=r"^(sqlite|postgres|postgresql)://",
        description="sqlite://PATH or postgres://USER@HOST:PORT/NAME; with a password: a secret.",
    )


class KeyFile(_Section):
    """A master key in a file of mode 0600."""

    file: str


class KeyVariable(_Section):
    """A master key in an environment variable."""

    env: str


class KeyCommand(_Section):
    """A master key printed by a command, such as a secret manager's client."""

    command: tuple[str, ...]


KeySource = KeyFile | KeyVariable | KeyCommand


class VaultSettings(_Section):
    """The master key and the store of the keys that it wraps."""

    key: KeySource = Field(
        KeyFile(file="data/master.key"),
        description="The master key: a file, a variable, or a command.",
    )
    retired: tuple[KeySource, ...] = Field(
        (), description="Former master keys, until all is wrapped anew."
    )
    store: str = Field(
        "data/keys.db", description="The key store: a file, or a PostgreSQL URL of its own."
    )


class DirectorySettings(_Section):
    """Who is a customer, and which addresses may prove it."""

    kind: Literal["none", "csv", "http", "command"] = Field(
        "none", description="How the directory is asked: none, csv, http or command."
    )
    source: str = Field("", description="The file, the URL or the command.")
    token: SecretStr = Field(
        default=SecretStr(""),
        description="A secret shared with it: the key of the file's hashes, or of signed requests.",
    )


class SmsSettings(_Section):
    """The gateway for text messages; without a URL none is sent."""

    url: str = Field(
        "", pattern=r"^(https://|http://(127\.0\.0\.1|localhost)\b|$)", description="Its address."
    )
    token: SecretStr = Field(
        default=SecretStr(""), description="The secret that requests are signed with."
    )
    timeout_seconds: float = Field(20.0, gt=0, description="How long its answer may take.")


class Config(_Section):
    """The whole configuration."""

    company: CompanySettings = Field(CompanySettings(), description="Who we are.")
    database: DatabaseSettings = Field(DatabaseSettings(), description="Where we keep it.")
    vault: VaultSettings = Field(VaultSettings(), description="How we keep it secret.")
    desk: DeskSettings = Field(DeskSettings(), description="How the desk behaves.")
    mailbox: tuple[MailboxSettings, ...] = Field((), description="Mailboxes to watch.")
    smtp: SmtpSettings = Field(SmtpSettings(), description="How mail leaves.")
    telegram: TelegramSettings = Field(TelegramSettings(), description="The bot.")
    console: ConsoleSettings = Field(ConsoleSettings(), description="The web console.")
    regimes: LawSettings = Field(LawSettings(), description="How careful we are with the law.")
    directory: DirectorySettings = Field(DirectorySettings(), description="The directory.")
    sms: SmsSettings = Field(SmsSettings(), description="Text messages.")

    _sandbox: Path | None = PrivateAttr(None)

    @property
    def sandbox(self) -> Path | None:
        """The data directory of the sandbox that this is the configuration of."""
        return self._sandbox

    def in_sandbox(self, data: Path) -> Self:
        """Return the same as the sandbox's: it goes by a clock that people may turn."""
        copy = self.model_copy()
        copy._sandbox = data  # noqa: SLF001  - ours
        return copy

    @field_validator("mailbox")
    @classmethod
    def _names_once(cls, mailboxes: tuple[MailboxSettings, ...]) -> tuple[MailboxSettings, ...]:
        names = [mailbox.name for mailbox in mailboxes]
        doubled = sorted({name for name in names if names.count(name) > 1})
        if doubled:
            raise ValueError(f"two mailboxes have the name {doubled[0]!r}")
        return mailboxes

    def desk_config(self) -> DeskConfig:
        """Return what the desk must know, free of secrets."""
        company = self.company
        return DeskConfig(
            company=Company(
                company.name, company.mailbox, company.hotline, company.zone, company.products
            ),
            accounts=(
                *(
                    Account(m.name, Channel.EMAIL, m.address, m.authserv_id, m.received_by)
                    for m in self.mailbox
                ),
                Account(
                    self.telegram.name,
                    Channel.TELEGRAM,
                    username=self.telegram.username if self.telegram.token else "",
                ),
            ),
            settings=self.desk,
            law=self.regimes,
        )


_SECRETS: Final = frozenset(
    {"password", "client_secret", "refresh_token", "token", "secret", "proxy"}
)
_MAYBE_SECRET: Final = frozenset({"url", "store"})
"""Addresses that may hold a password, and then are written as a secret."""


def load_config(path: Path) -> Config:
    """Read and check a configuration file; raise `ConfigError` with every problem found."""
    try:
        raw = tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError as exc:
        raise ConfigError([(str(path), "there is no such file")]) from exc
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as exc:
        raise ConfigError([(str(path), f"is not TOML: {exc}")]) from exc
    return parse_config(raw, path.parent)


def parse_config(raw: Mapping[str, Any], base: Path) -> Config:
    """Check a configuration; paths of secrets are relative to `base`."""
    problems: list[tuple[str, str]] = []
    resolved = _resolve(raw, base, "", problems)
    try:
        config = Config.model_validate(resolved)
    except ValidationError as exc:
        problems += _problems(exc)
    if problems:
        raise ConfigError(sorted(dict.fromkeys(problems)))
    return config


def _resolve(value: Any, base: Path, path: str, problems: list[tuple[str, str]]) -> Any:  # noqa: ANN401  - TOML's values
    """Put the secrets in their places."""
    if isinstance(value, Mapping):
        return {
            key: _secret(inner, base, f"{path}{key}", problems)
            if key in _SECRETS or (key in _MAYBE_SECRET and isinstance(inner, Mapping))
            else _resolve(inner, base, f"{path}{key}.", problems)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [
            _resolve(inner, base, f"{path[:-1]}[{i}].", problems) for i, inner in enumerate(value)
        ]
    return value


def _secret(value: Any, base: Path, path: str, problems: list[tuple[str, str]]) -> Any:  # noqa: ANN401  - TOML's values
    match value:
        case {"env": str(name), **rest} if not rest:
            if name not in os.environ:
                problems.append((path, f"the environment variable {name} is not set"))
            return os.environ.get(name, "")
        case {"file": str(name), **rest} if not rest:
            try:
                return (base / name).read_text("utf-8").strip()
            except OSError as exc:
                problems.append((path, f"cannot read {name}: {exc.strerror}"))
                return ""
        case str():
            problems.append((path, 'a secret is written as { env = "NAME" } or { file = "PATH" }'))
            return ""
        case _:
            problems.append((path, 'takes { env = "NAME" } or { file = "PATH" }'))
            return ""


def _problems(error: ValidationError) -> Iterator[tuple[str, str]]:
    for one in error.errors(include_input=False, include_url=False):
        where = [part for part in one["loc"] if not str(part).startswith("Key")]
        key = _key_path(where)
        if one["type"] == "extra_forbidden":
            near = _nearest(where)
            yield key, f"unknown key{f', do you mean {near!r}?' if near else ''}"
        elif one["type"] == "missing":
            yield key, "is missing"
        else:
            yield key, one["msg"].removeprefix("Value error, ")


def _key_path(where: list[int | str]) -> str:
    path = ""
    for part in where:
        path += f"[{part}]" if isinstance(part, int) else f".{part}" if path else part
    return path


def _nearest(where: list[int | str]) -> str | None:
    """Return the known key of the same section that looks most like the unknown one."""
    model: Any = Config
    for part in where[:-1]:
        if isinstance(part, int):
            continue
        model = _model_of(model, part)
        if model is None:
            return None
    names = [field.alias or name for name, field in model.model_fields.items()]
    near = difflib.get_close_matches(str(where[-1]), names, 1, 0.5)
    return near[0] if near else None


def _model_of(model: type[BaseModel], name: str) -> type[BaseModel] | None:
    field = next((f for key, f in model.model_fields.items() if name in {key, f.alias}), None)
    if field is None:
        return None
    found = [field.annotation, *get_args(field.annotation)]
    return next((t for t in found if isinstance(t, type) and issubclass(t, BaseModel)), None)
