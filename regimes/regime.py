"""The law as data: what one regime grants, by when it is answered, and what a letter must say.

Each `data/<code>.toml` is one regime; this module reads it into frozen values and says plainly
what is wrong with a file.  It counts no days (`deadlines.py`) and chooses no regime
(`candidates.py`).
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from datetime import date
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

LETTERS = "letters.toml"
"""The house's own blocks and grounds, which every regime adds to."""


class RegimeError(ValueError):
    """A regime is unknown, or its file does not say what it must; `code` names the regime."""

    def __init__(self, code: str, problem: str) -> None:
        super().__init__(f"{code}: {problem}")
        self.code = code


class Standing(StrEnum):
    """How sure we are of a figure (the marks S, K and D of the specification)."""

    SEEN = "seen"  # read in a source consulted
    UNCONFIRMED = "unconfirmed"  # general knowledge: a lawyer has to look
    OURS = "ours"  # no law says so; the house chose


class Unit(StrEnum):
    """What a period is counted in."""

    MONTH = "month"
    DAY = "day"
    WORKING_DAY = "working_day"  # not a rest day, not a public holiday; adjusted days count
    BUSINESS_DAY = "business_day"  # Monday to Friday, holidays too (California)


class AnnounceBy(StrEnum):
    """Until when the notice of an extension is in time; every regime that we know says the same."""

    FIRST_PERIOD = "first_period"  # its last day, moved where the regime moves it


class Right(StrEnum):
    """The rights that a regime can grant; the same values as the desk's own."""

    ACCESS = "access"
    EXPLANATION = "explanation"
    DELETION = "deletion"
    ACCOUNT_CANCEL = "account_cancel"
    RECTIFICATION = "rectification"
    PORTABILITY = "portability"
    OBJECTION = "objection"
    RESTRICTION = "restriction"
    OPT_OUT = "opt_out"
    LIMIT_SENSITIVE_USE = "limit_sensitive_use"
    WITHDRAW_CONSENT = "withdraw_consent"
    AUTOMATED_DECISION = "automated_decision"
    COMPLAINT = "complaint"


class LetterKind(StrEnum):
    """The letters whose content the law has a word in."""

    ACKNOWLEDGEMENT = "acknowledgement"
    IDENTITY_REQUEST = "identity_request"
    CLARIFICATION = "clarification"
    EXTENSION = "extension"
    REFUSAL = "refusal"
    COMPLETED_ACCESS = "completed_access"
    COMPLETED_DELETION = "completed_deletion"
    COMPLAINT_RECEIVED = "complaint_received"
    COMPLAINT_OUTCOME = "complaint_outcome"


Code = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]


class _Law(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Cited(_Law):
    """Anything that stands on an article."""

    article: str = Field(min_length=1)
    says: str = ""
    standing: Standing = Standing.SEEN
    sources: tuple[str, ...] = ()


class Period(Cited):
    """A number of days or months; `valid_from` is compared with the day of receipt."""

    count: int = Field(gt=0)
    unit: Unit
    valid_from: date


class Extension(Cited):
    """How far the first period may be stretched.

    `count` is the whole length from the start of the clock, not the part added.  Without a count
    the regime puts no number on it: the notice itself must name the new date.
    """

    count: int | None = Field(default=None, gt=0)
    unit: Unit | None = None
    valid_from: date
    announce_by: AnnounceBy
    notice: tuple[Code, ...] = Field(min_length=1)  # what the notice must contain

    @model_validator(mode="after")
    def _count_has_unit(self) -> Self:
        if (self.count is None) != (self.unit is None):
            raise ValueError("count and unit go together: give both or neither")
        return self


class Clock(_Law):
    """The periods of some rights; the clock without `rights` is for all that no other names.

    `target` is what the house works to where the law gives no number.
    """

    rights: tuple[Right, ...] = ()
    acknowledge: Period | None = None
    answer: Period | None = None
    extension: Extension | None = None
    target: Period | None = None
    own_period: bool = False  # the controller publishes its own (config)
    says: str = ""  # why there is no number, where there is none


class Roll(Cited):
    """A last day that falls on a rest day moves to the next day that is none."""

    rest_days: frozenset[int]  # 0 is Monday
    public_holidays: bool = True


class StartRule(Cited):
    """The clock starts later than the receipt if something was asked for and had to come first.

    `optional` marks what a config must switch on by `code`.
    """

    code: Code
    asked: Code
    arrived: tuple[Code, ...] = ()
    days_after: int = Field(default=0, ge=0)  # with no `arrived`: so many days after asking
    optional: bool = False


class PauseRule(Cited):
    """Days that do not count, from a question to its answer."""

    code: Code
    asked: Code
    answered: Code
    rights: tuple[Right, ...] = ()  # empty: all
    both_days: bool = True  # the day of asking and that of the answer are left out too
    optional: bool = False


class Granted(Cited):
    """A right as the regime grants it."""

    valid_from: date | None = None


class Ground(Cited):
    """A reason for which a request may be refused."""

    code: Code
    rights: tuple[Right, ...] = ()  # empty: all


class Block(_Law):
    """A piece that a letter must contain, and who says so."""

    code: Code
    article: str = Field(min_length=1)
    facts: tuple[Code, ...] = ()  # keys of `Facts` that its wording needs


class Authority(_Law):
    """Whom a person may complain to."""

    name: str = Field(min_length=1)
    address: str = Field(min_length=1)  # web or postal


class Facts(_Law):
    """What letters name: the law, where to complain, which court, how to ask for a review."""

    law: str = Field(min_length=1)
    authority: str = Field(min_length=1)
    authority_address: str = Field(min_length=1)
    court: str = Field(min_length=1)
    review: str = Field(min_length=1)
    standing: Standing = Standing.UNCONFIRMED
    by_country: Mapping[str, Authority] = {}


class Record(Cited):
    """What must be kept of a request, and how long."""

    months: int | None = Field(default=None, gt=0)


class Hints(_Law):
    """What makes us think of this regime; `clues.py` and `candidates.py` read it."""

    citations: tuple[str, ...] = ()  # names of the law, as people write them
    countries: tuple[str, ...] = ()  # ISO 3166, with a subdivision where it matters (US-CA)
    places: tuple[str, ...] = ()  # names as people write them
    languages: tuple[str, ...] = ()  # BCP 47, matched by prefix
    phones: tuple[str, ...] = ()  # "+49"
    domains: tuple[str, ...] = ()  # endings of mail domains


class Regime(_Law):
    """One body of law and everything the desk must know of it."""

    code: Code
    name: str = Field(min_length=1)
    valid_from: date
    calendar: str | None = None  # the holidays of its own place, if it is one place
    rest_days: frozenset[int] = frozenset({5, 6})  # for working days; 0 is Monday
    starts_with: str = Field(min_length=1)  # what starts the clock, in words, with its article
    rights: Mapping[Right, Granted]
    clocks: tuple[Clock, ...] = Field(min_length=1)
    roll: Roll | None = None
    starts: tuple[StartRule, ...] = ()
    pauses: tuple[PauseRule, ...] = ()
    grounds: tuple[Ground, ...] = Field(min_length=1)
    letters: Mapping[LetterKind, tuple[Block, ...]]
    facts: Facts
    fees: tuple[Cited, ...] = Field(min_length=1)
    records: tuple[Record, ...] = Field(min_length=1)
    notes: tuple[Cited, ...] = ()
    hints: Hints = Hints()

    @model_validator(mode="after")
    def _each_right_has_one_clock(self) -> Self:
        named = [right for clock in self.clocks for right in clock.rights]
        twice = sorted({right for right in named if named.count(right) > 1})
        if twice:
            raise ValueError(f"rights with two clocks: {', '.join(twice)}")
        if sum(not clock.rights for clock in self.clocks) != 1:
            raise ValueError("exactly one clock must have no `rights`: the one for all others")
        return self

    def clock(self, right: Right) -> Clock:
        """Return the clock of a right, also of one that the regime does not grant.

        A request for what the law does not grant still wants its answer, if only a refusal.
        """
        general = next(clock for clock in self.clocks if not clock.rights)
        return next((clock for clock in self.clocks if right in clock.rights), general)

    def grounds_for(self, right: Right) -> tuple[Ground, ...]:
        """Return the grounds on which a request for this right may be refused."""
        return tuple(g for g in self.grounds if not g.rights or right in g.rights)

    def blocks(self, kind: LetterKind) -> tuple[Block, ...]:
        """Return the blocks that a letter of this kind must have, in order."""
        return self.letters.get(kind, ())

    def facts_for(self, country: str = "") -> dict[str, str]:
        """Return the facts that blocks name, with the authority of a country where known."""
        facts = self.facts.model_dump(exclude={"standing", "by_country"})
        local = self.facts.by_country.get(country.upper())
        if local:
            facts |= {"authority": local.name, "authority_address": local.address}
        return facts


def parse(text: str, *, house: str) -> Regime:
    """Read a regime from TOML and add the house's own blocks and grounds.

    Raises `RegimeError` that names every key that is wrong.
    """
    code = "?"
    try:
        data = tomllib.loads(text)
        code = str(data.get("code", code))
        ours = tomllib.loads(house)
        data["grounds"] = [*data.get("grounds", ()), *ours["grounds"]]
        theirs = data.get("letters", {})
        kinds = [*ours["letters"], *(kind for kind in theirs if kind not in ours["letters"])]
        data["letters"] = {
            kind: _merge(ours["letters"].get(kind, ()), theirs.get(kind, ())) for kind in kinds
        }
        return Regime.model_validate(data)
    except tomllib.TOMLDecodeError as exc:
        raise RegimeError(code, f"not TOML: {exc}") from exc
    except ValidationError as exc:
        problems = (
            f"{'.'.join(map(str, error['loc'])) or 'the whole'}: {error['msg']}"
            for error in exc.errors()
        )
        raise RegimeError(code, "; ".join(problems)) from exc


def _merge(
    ours: list[dict[str, object]], theirs: list[dict[str, object]]
) -> list[dict[str, object]]:
    """Join blocks; where both name a block, the statute's article stands, at our place."""
    named = {str(block.get("code")): block for block in theirs}
    merged = [named.pop(str(block["code"]), block) for block in ours]
    return [*merged, *named.values()]


@cache
def codes() -> tuple[str, ...]:
    """Return the codes of all regimes, sorted, without reading their files."""
    folder = files("regimes") / "data"
    return tuple(
        sorted(
            item.name.removesuffix(".toml") for item in folder.iterdir() if _is_regime(item.name)
        )
    )


def _is_regime(name: str) -> bool:
    return name.endswith(".toml")


@cache
def load(code: str) -> Regime:
    """Return the regime of this code; raises `RegimeError` if there is none or it is unsound."""
    if code not in codes():
        raise RegimeError(code, f"no such regime; there are {', '.join(codes())}")
    room = files("regimes")
    text = (room / "data" / f"{code}.toml").read_text(encoding="utf-8")
    regime = parse(text, house=(room / LETTERS).read_text(encoding="utf-8"))
    if regime.code != code:
        raise RegimeError(code, f"the file says code = {regime.code!r}")
    return regime


def all_regimes() -> tuple[Regime, ...]:
    """Return every regime, sorted by code."""
    return tuple(load(code) for code in codes())
