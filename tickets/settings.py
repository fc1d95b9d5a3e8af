"""What the desk must be told: who we are, our accounts, how far automatic letters may go."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Final, Literal, get_args
from zoneinfo import ZoneInfo, available_timezones

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from regimes.calendars import calendar
from regimes.calendars import codes as calendar_codes
from regimes.settings import Settings as LawSettings
from tickets.hours import Hours
from tickets.types import Channel, Company, Intent, Priority

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


Day = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
_DAYS: Final = get_args(Day)
_SPAN: Final = re.compile(r"^([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-4]):([0-5]\d)$")
_OFFICE: Final = ("09:00-12:00", "13:30-18:00")
_WORKDAYS: Final[dict[Day, tuple[str, ...]]] = {
    "mon": _OFFICE,
    "tue": _OFFICE,
    "wed": _OFFICE,
    "thu": _OFFICE,
    "fri": _OFFICE,
}


class CalendarSettings(BaseModel):
    """When the house works."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    zone: str = Field("Asia/Shanghai", description="The zone of the hours, whoever looks at them.")
    week: dict[Day, tuple[str, ...]] = Field(
        default=_WORKDAYS, description='Open hours of each day, such as ["09:00-12:00"].'
    )
    holidays: str = Field("CN", description="Whose public holidays: CN, DE, GB, or nothing.")
    closed_on: tuple[date, ...] = Field((), description="Further days on which nobody works.")

    @field_validator("week")
    @classmethod
    def _are_spans(cls, week: dict[Day, tuple[str, ...]]) -> dict[Day, tuple[str, ...]]:
        spans = [span for day in week.values() for span in day]
        if wrong := [span for span in spans if not _SPAN.match(span)]:
            raise ValueError(f"{wrong[0]!r} is not like 09:00-17:30")
        if not spans:
            raise ValueError("no day has open hours")
        return week

    @field_validator("zone")
    @classmethod
    def _is_zone(cls, zone: str) -> str:
        if zone not in available_timezones():
            raise ValueError("unknown time zone")
        return zone

    @field_validator("holidays")
    @classmethod
    def _is_calendar(cls, code: str) -> str:
        if code and code not in calendar_codes():
            raise ValueError(f"there are {', '.join(calendar_codes())}")
        return code

    def hours(self) -> Hours:
        """Return the calendar to count in."""
        week = {
            _DAYS.index(day): tuple(sorted(_minutes(span) for span in spans))
            for day, spans in self.week.items()
        }
        return Hours(
            ZoneInfo(self.zone), week, calendar(self.holidays or None), frozenset(self.closed_on)
        )


def _minutes(span: str) -> tuple[int, int]:
    first, last = ((int(one[:2]) * 60 + int(one[3:])) for one in span.split("-"))
    return first, last


class TargetSettings(BaseModel):
    """How soon the house wants to be, in open hours; the first entry that fits a ticket counts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    priorities: tuple[Priority, ...] = Field((), description="Only these priorities; all if empty.")
    intents: tuple[Intent, ...] = Field((), description="Only these intents; all if empty.")
    teams: tuple[str, ...] = Field((), description="Only these teams, by name; all if empty.")
    calendar: str = Field("office", description="The calendar that the hours are counted in.")
    acknowledge: float | None = Field(1, gt=0, description="Hours to the first sign of life.")
    first_response: float | None = Field(8, gt=0, description="Hours to a person's first answer.")
    next_response: float | None = Field(8, gt=0, description="Hours to each further answer.")
    resolve: float | None = Field(75, gt=0, description="Hours to the end; waiting does not count.")


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
    four_eyes: bool = Field(
        default=True, description="Whether a second agent approves what one fulfils or refuses."
    )
    ask_proof: Literal["at_once", "by_agent"] = Field(
        "at_once",
        description="Who asks a requester by mail for proof: the receipt does, or an agent later.",
    )
    promise: Literal["established", "earliest"] = Field(
        "established",
        description="The date that a receipt names: of the law that is established by residence or "
        "citation, else none; or the earliest of all that may apply.",
    )
    team_address: str = Field(
        "", description="Where reminders for agents go by mail; nowhere if empty."
    )
    calendars: dict[str, CalendarSettings] = Field(
        {"office": CalendarSettings()}, description="Calendars of open hours, by name."
    )
    targets: tuple[TargetSettings, ...] = Field(
        (TargetSettings(),), description="Service targets, the special before the general."
    )
    sample_a_day: int = Field(
        5,
        ge=0,
        description="Tickets read as no request that an agent checks each day, drawn by lot.",
    )
    batch: int = Field(20, ge=1, le=200, description="Messages taken in within one transaction.")
    senders: int = Field(2, ge=1, le=16, description="Connections that send side by side.")

    @field_validator("calendars")
    @classmethod
    def _has_office(cls, value: dict[str, CalendarSettings]) -> dict[str, CalendarSettings]:
        if "office" not in value:
            raise ValueError("a calendar of the name 'office' is needed")
        return value

    @field_validator("targets")
    @classmethod
    def _calendars_exist(
        cls, value: tuple[TargetSettings, ...], info: ValidationInfo
    ) -> tuple[TargetSettings, ...]:
        for target in value:
            if target.calendar not in info.data.get("calendars", {target.calendar}):
                raise ValueError(f"there is no calendar {target.calendar!r}")
        return value


@dataclass(frozen=True, slots=True)
class Account:
    """One mailbox or bot, as far as the desk must know it."""

    name: str
    channel: Channel
    address: str = ""
    authserv_id: str = ""  # whose Authentication-Results we trust
    received_by: str = ""  # our MX, whose Received line tells the day of receipt
    username: str = ""  # of a bot, for links that lead to it

    @property
    def domain(self) -> str:
        """The domain of the mailbox, for Message-IDs."""
        return self.address.rpartition("@")[2] or "localhost"


@dataclass(frozen=True)
class DeskConfig:
    """Everything above in one value, as the service hands it in."""

    company: Company
    accounts: tuple[Account, ...]
    settings: DeskSettings = field(default_factory=DeskSettings)
    law: LawSettings = field(default_factory=LawSettings)

    def account(self, name: str) -> Account:
        """Return the account of that name; one no longer configured still has its old mail."""
        for account in self.accounts:
            if account.name == name:
                return account
        return Account(name, Channel.EMAIL)

    @cached_property
    def own_addresses(self) -> frozenset[str]:
        """Every address of ours, in lower case."""
        return frozenset(a.address.lower() for a in self.accounts if a.address)

    @cached_property
    def law_key(self) -> str:
        """The law's settings in one word, by which what follows from them may be kept."""
        return self.law.model_dump_json()

    @cached_property
    def own_domains(self) -> frozenset[str]:
        """Every domain of ours, in lower case."""
        return frozenset(one.rpartition("@")[2] for one in self.own_addresses)
