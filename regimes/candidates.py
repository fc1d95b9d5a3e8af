"""Which regimes may apply to a person of whom we know little, each with its reason.

Until an agent settles it, the desk works to the earliest date of all candidates, and names no
date to the person unless the regime is established: residence stated, or law cited.  It asks
nobody where they live.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, tzinfo
from enum import IntEnum
from functools import lru_cache

from regimes.calendars import calendar
from regimes.clues import cited, living_in, resident
from regimes.deadlines import Deadlines, Event, Settings, deadlines
from regimes.events import Step
from regimes.regime import Right, all_regimes, load

ELSEWHERE = "default"
CONTROLLER = ("cn_app_rules", "cn_pipl", "cn_gbt35273")
"""The controller sits in the PRC, whose law protects everybody whose data are handled there."""


_CITES, _STATED, _WRITES = "cites ", "residence stated: ", "writes: "


class Strength(IntEnum):
    """How much a clue is worth; the first two establish a regime."""

    CITED = 6
    RESIDENCE = 5
    PHONE = 4
    DOMAIN = 3
    LANGUAGE = 2
    CHANNEL = 1
    HOUSE = 0


@dataclass(frozen=True, slots=True)
class Clues:
    """What is known of a person before anyone asked.

    `text` is searched for cited laws and for a stated residence; `residence` is an ISO 3166 code
    (`DE`, `US-CA`) or a name, where an agent or the person has said it.
    """

    text: str = ""
    residence: str = ""
    languages: tuple[str, ...] = ()  # BCP 47, of what the person writes
    phone: str = ""  # +49…
    mail_domain: str = ""
    channel_languages: tuple[str, ...] = ()  # language_code, Content-Language


@dataclass(frozen=True, slots=True, order=True)
class Candidate:
    """A regime that may apply, and what made us think of it."""

    regime: str
    reason: str
    strength: Strength

    @property
    def is_established(self) -> bool:
        """Tell whether a date under this regime may be named to the person."""
        return self.strength >= Strength.RESIDENCE


def establishes(reason: str) -> bool:
    """Tell from a reason that was kept whether it established its regime."""
    return reason.startswith((_CITES, _STATED, _WRITES))


def candidates(clues: Clues) -> tuple[Candidate, ...]:
    """Return every regime that may apply, the best founded first, each once.

    A stated residence silences what is merely guessed from phone, domain and language.  The law
    of the controller's place is always there, the house's own promise while nothing is established.
    """
    found = [*_cited(clues.text), *_resident(clues)]
    if not any(c.strength is Strength.RESIDENCE for c in found):
        found += _guessed(clues)
    if not any(c.is_established for c in found):
        found.append(Candidate(ELSEWHERE, "no regime is established", Strength.HOUSE))
    found += [Candidate(code, "we sit in the PRC", Strength.HOUSE) for code in CONTROLLER]
    best: dict[str, Candidate] = {}
    for candidate in sorted(found, key=lambda c: -c.strength):
        best.setdefault(candidate.regime, candidate)
    return tuple(best.values())


def earliest(
    regimes: Sequence[str],
    right: Right,
    events: Iterable[Event],
    *,
    zone: tzinfo,
    config: Settings | None = None,
) -> Deadlines:
    """Return the earliest of each date over several regimes.

    Each regime takes the calendar that its file names.  `extendable_until` is how far all of them
    together allow, None where the tightest allows nothing.  Every step says whose it is.  Raises
    as `deadlines` does.
    """
    given = tuple(events)
    each = [
        (
            regime,
            deadlines(
                regime,
                right,
                given,
                zone=zone,
                calendar=calendar(regime.calendar),
                config=config,
            ),
        )
        for regime in map(load, regimes)
    ]
    found = [dates for _, dates in each]
    respond = _first(d.respond_due for d in found)
    reach = _first(d.extendable_until or d.respond_due for d in found)
    return Deadlines(
        acknowledge_due=_first(d.acknowledge_due for d in found),
        respond_due=respond,
        internal_due=_first(d.internal_due for d in found),
        extendable_until=reach if reach and respond and reach > respond else None,
        why=tuple(
            Step(step.article, f"[{regime.code}] {step.sentence}")
            for regime, dates in each
            for step in dates.why
        ),
        target_due=_first(d.target_due for d in found),
    )


def _first(days: Iterable[date | None]) -> date | None:
    return min((day for day in days if day), default=None)


def _cited(text: str) -> list[Candidate]:
    return [
        Candidate(code, f"{_CITES}{mention.name}", Strength.CITED)
        for mention in cited(text)
        for code in mention.regimes
    ]


def _resident(clues: Clues) -> list[Candidate]:
    said = clues.residence.strip()
    if said:
        reason = f"{_STATED}{said}"
        codes = _by_country(said.upper()) or living_in(said) or (ELSEWHERE,)
    elif mention := resident(clues.text):
        reason, codes = f"{_WRITES}{mention.name}", mention.regimes
    else:
        return []
    return [Candidate(code, reason, Strength.RESIDENCE) for code in codes]


def _by_country(code: str) -> tuple[str, ...]:
    """Return the regimes of a country or of its subdivision; a bare country takes in both."""
    if not re.fullmatch(r"[A-Z]{2}(-[A-Z0-9]{1,3})?", code):
        return ()
    country, _, part = code.partition("-")
    exact = tuple(r.code for r in all_regimes() if code in r.hints.countries)
    if not part:
        return exact or (ELSEWHERE,)
    # US-NY is not California; CA-ON is under the federal act, CA-QC under both.
    whole = (r for r in all_regimes() if country in r.hints.countries)
    federal = (r.code for r in whole if not any("-" in c for c in r.hints.countries))
    return (*exact, *(c for c in federal if c not in exact)) or (ELSEWHERE,)


def _guessed(clues: Clues) -> list[Candidate]:
    """Return what telephone, domain and languages suggest; of equal strength in regimes' order."""
    return [
        *_called(re.sub(r"[^\d+]", "", clues.phone)),
        *_at(clues.mail_domain.strip().rstrip(".").casefold()),
        *_speaks(clues.languages, "writes", Strength.LANGUAGE),
        *_speaks(clues.channel_languages, "channel says", Strength.CHANNEL),
    ]


def _called(phone: str) -> Iterator[Candidate]:
    if phone.startswith("00"):
        phone = f"+{phone[2:]}"
    for regime in all_regimes() if phone else ():
        prefix = next((p for p in regime.hints.phones if phone.startswith(p)), "")
        if prefix:
            yield Candidate(regime.code, f"telephone {prefix}", Strength.PHONE)


@lru_cache(maxsize=1024)
def _at(domain: str) -> tuple[Candidate, ...]:
    endings = (
        (regime.code, next((d for d in regime.hints.domains if f".{domain}".endswith(f".{d}")), ""))
        for regime in all_regimes()
    )
    return tuple(
        Candidate(code, f"mail domain .{ending}", Strength.DOMAIN)
        for code, ending in endings
        if domain and ending
    )


@lru_cache(maxsize=256)
def _speaks(tags: tuple[str, ...], says: str, strength: Strength) -> tuple[Candidate, ...]:
    return tuple(
        Candidate(regime.code, f"{says} {tag}", strength)
        for regime in all_regimes()
        for tag in tags
        if any(_covers(language, tag) for language in regime.hints.languages)
    )


def _covers(language: str, tag: str) -> bool:
    """Tell whether a tag is the language or a region of it: `de` covers `de-AT`."""
    return f"{tag.casefold()}-".startswith(f"{language.casefold()}-")
