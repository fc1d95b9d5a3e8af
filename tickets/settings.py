"""What the desk must be told: who we are, our accounts, how far automatic letters may go."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Final

from pydantic import BaseModel, ConfigDict, Field

from tickets.types import Channel, Company

FREE_PROVIDERS: Final = frozenset(
    (
        "126.com",
        "139.com",
        "163.com",
        "aol.com",
        "daum.net",
        "foxmail.com",
        "free.fr",
        "gmail.com",
        "gmx.at",
        "gmx.ch",
        "gmx.de",
        "gmx.net",
        "googlemail.com",
        "hanmail.net",
        "hotmail.co.uk",
        "hotmail.com",
        "hotmail.de",
        "hotmail.fr",
        "hotmail.it",
        "icloud.com",
        "laposte.net",
        "libero.it",
        "live.com",
        "mac.com",
        "mail.com",
        "mail.ru",
        "me.com",
        "msn.com",
        "naver.com",
        "orange.fr",
        "outlook.com",
        "outlook.de",
        "outlook.fr",
        "proton.me",
        "protonmail.com",
        "qq.com",
        "rambler.ru",
        "sina.cn",
        "sina.com",
        "sohu.com",
        "t-online.de",
        "ukr.net",
        "web.de",
        "wp.pl",
        "yahoo.co.jp",
        "yahoo.co.uk",
        "yahoo.com",
        "yahoo.de",
        "yahoo.fr",
        "yandex.com",
        "yandex.ru",
        "yeah.net",
        "ymail.com",
        "zoho.com",
    )
)
"""Domains of many unconnected people: only the sender's own counter holds for them."""


class GuardSettings(BaseModel):
    """How many automatic letters one correspondent may cause (RFC 5230 4.2, RFC 3834 2)."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    sender_hour: int = Field(5, ge=1, description="Automatic letters to one address an hour.")
    sender_day: int = Field(50, ge=1, description="Automatic letters to one address a day.")
    domain_hour: int = Field(
        60, ge=1, description="Automatic letters to one domain an hour; free mail providers apart."
    )
    domain_day: int = Field(
        500, ge=1, description="Automatic letters to one domain a day; free mail providers apart."
    )


class DeskSettings(BaseModel):
    """How the desk behaves, whatever the door."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    reopen_days: int = Field(
        30,
        ge=0,
        description="Days after closing in which a reply reopens; later it opens a linked one.",
    )
    letter_languages: tuple[str, ...] = Field(
        ("en",), description="Languages to fall back on, in order, where ours has no letter."
    )
    guards: GuardSettings = Field(
        default_factory=GuardSettings, description="Counters that stop mail loops."
    )
    send_attempts_days: float = Field(
        5.0, gt=0, description="How many days a letter is tried before it has failed."
    )
    batch: int = Field(20, ge=1, le=200, description="Messages taken in within one transaction.")
    senders: int = Field(2, ge=1, le=16, description="Connections that send side by side.")


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox or bot, as far as the desk must know it."""

    name: str
    channel: Channel
    address: str = ""
    authserv_id: str = ""  # whose Authentication-Results we trust
    received_by: str = ""  # our MX, whose Received line tells the day of receipt

    @property
    def domain(self) -> str:
        """The domain of the mailbox, for Message-IDs."""
        return self.address.rpartition("@")[2] or "localhost"


@dataclass(frozen=True, slots=True)
class DeskConfig:
    """Everything above in one value, as the service hands it in."""

    company: Company
    accounts: tuple[Account, ...]
    settings: DeskSettings = field(default_factory=DeskSettings)

    def account(self, name: str) -> Account:
        """Return the account of that name; one no longer configured still has its old mail."""
        for account in self.accounts:
            if account.name == name:
                return account
        return Account(name, Channel.EMAIL)

    @property
    def own_addresses(self) -> frozenset[str]:
        """Every address of ours, in lower case."""
        return frozenset(a.address.lower() for a in self.accounts if a.address)
