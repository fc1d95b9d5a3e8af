"""Makes letters: collects what a letter must say, has it rendered, refuses an incomplete one.

The blocks that the law or the house demands are put in here, so that nobody who orders a letter can
forget one; what orders them names only what they have to say besides.  Rendering happens when a
letter is queued, not when it is sent: what was approved, what is kept and what went out are one
text.  docs/letters.md lists every letter with the facts that its writer must bring.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from regimes.regime import LetterKind, Regime, load
from regimes.regime import Right as LegalRight
from tickets.errors import DeskError
from tickets.settings import DeskConfig
from tickets.types import NEEDS_NO_PROOF, Letter, LetterOrder, Render, Right

HOUSE: Final[Mapping[str, tuple[str, ...]]] = {
    "acknowledgement": ("reference", "received_on", "human_contact"),
    "chat_receipt": ("reference",),
    "authority_receipt": ("reference", "received_on", "says_nothing", "documents", "human_contact"),
    "authority_request": (
        "reference",
        "what_is_asked",
        "authority",
        "subject_confirms",
        "cover_up",
        "nothing_before",
        "effect_on_clock",
        "human_contact",
    ),
    "completed_explanation": ("reference", "explanation", "complaint_route", "human_contact"),
    "completed_objection": ("reference", "what_was_stopped", "what_goes_on", "complaint_route"),
    "completed_portability": (
        "reference",
        "package_contents",
        "link_lifetime",
        "package_format",
        "missing_parts",
        "complaint_route",
    ),
    "completed_rectification": (
        "reference",
        "what_was_corrected",
        "recipients_told",
        "complaint_route",
    ),
    "directory_mismatch": ("reference", "not_matched", "how_to_go_on", "human_contact"),
    "identity_code": ("code", "what_it_authorises", "expiry", "not_me"),
    "identity_sms": ("code",),
    "not_proven": ("reference", "not_proven", "ask_again", "complaint_route", "human_contact"),
    "proof_received": ("reference", "proof_is_received", "expected_date", "human_contact"),
    "reply": ("text", "human_contact"),
    "withdrawn": ("reference", "is_withdrawn", "ask_again", "human_contact"),
}
"""Letters that no law shapes, and the receipt of a message that exercises no right."""

CHAT_RECEIPT: Final = "chat_receipt"
"""The receipt of a chat message: as short as a chat's answers are; a person can be asked there."""

FACTS: Final[Mapping[str, object]] = {
    "acting_as": "agent",
    "chat_url": "[chat_url]",
    "code": "[code]",
    "contents": ("[contents]",),
    "controller": "[controller]",
    "corrected": ("[corrected]",),
    "deleted": ("[deleted]",),
    "details": "[details]",
    "expected_on": "[expected_on]",
    "expires_on": "[expires_on]",
    "explanation": "[explanation]",
    "format": "[format]",
    "goes_on": ("[goes_on]",),
    "ground": "other",
    "instead": "[instead]",
    "is_partial": False,
    "kept": ("[kept]",),
    "link": "[link]",
    "link_expires_on": "[link_expires_on]",
    "minutes": 30,
    "missing": ("[missing]",),
    "new_on": "[new_on]",
    "outcome": "[outcome]",
    "processing": "[processing]",
    "question": "[question]",
    "reason": "complexity",
    "reasons": "[reasons]",
    "recipients": ("[recipients]",),
    "refused": "[refused]",
    "stopped": ("[stopped]",),
    "text": "[text]",
    "token": "[token]",
}
"""Every fact that a writer brings, with what `preview` puts where it is not known yet."""

COMPUTED: Final = frozenset(
    (
        "asks_here",
        "clock_effect",
        "company",
        "grounds",
        "needs_proof",
        "received_on",
        "reference",
        "regimes_of",
        "rights",
    )
)
"""The facts that are worked out here."""

MAY_BE_EMPTY: Final = frozenset(
    (
        "controller",
        "details",
        "expected_on",
        "goes_on",
        "instead",
        "kept",
        "link",
        "link_expires_on",
        "missing",
        "recipients",
        "token",
    )
)
"""Facts whose absence is a statement of its own; any other that is empty counts as missing."""

_AFTER: Final[Mapping[str, str]] = {
    "link_lifetime": "package_contents",
    "reasonable_doubt": "reference",
    "processing_information": "missing_parts",
    "origin_criteria_purpose": "missing_parts",
}
"""Where a block reads best; without a word here it stands where the regime names it."""

_OF_THE_LAW: Final = frozenset(LetterKind)

_LAST: Final = ("human_contact", "language_switch")


class IncompleteLetter(DeskError):
    """A letter lacks a block, or a fact that a block must state; nothing was written."""

    def __init__(self, kind: str, problem: str) -> None:
        super().__init__(f"letter {kind!r} is not complete: {problem}")
        self.kind = kind
        self.problem = problem


def mandatory(
    kind: str, regimes: Sequence[str] = (), rights: Sequence[Right] = ()
) -> tuple[str, ...]:
    """Return the blocks without which a letter of this kind may not leave, in reading order.

    Several candidate regimes: the union of what each demands.  A receipt that exercises no right is
    no matter of the law.
    """
    if kind == CHAT_RECEIPT and rights:
        return "reference", "understood_rights", "expected_date"
    if kind not in _OF_THE_LAW or (kind == LetterKind.ACKNOWLEDGEMENT and not rights):
        return HOUSE.get(kind, ("reference",))
    return _demanded(kind, tuple(regimes))


@lru_cache(maxsize=256)
def _demanded(kind: str, regimes: tuple[str, ...]) -> tuple[str, ...]:
    """Return the blocks that the laws demand of a letter of theirs, in reading order."""
    blocks: list[str] = []
    for regime in _load(regimes):
        for block in regime.blocks(LetterKind(kind)):
            if block.code in blocks:
                continue
            after = _AFTER.get(block.code)
            place = blocks.index(after) + 1 if after in blocks else len(blocks)
            blocks.insert(place, block.code)
    return tuple(blocks)


class Letters:
    """Letters of one company."""

    def __init__(self, render: Render, config: DeskConfig) -> None:
        self._render = render
        self._config = config
        self._zone = ZoneInfo(config.company.zone)

    def write(  # noqa: PLR0913  - what any letter is about
        self,
        order: LetterOrder,
        *,
        reference: str,
        language: str,
        received_at: datetime,
        rights: Sequence[Right] = (),
        regimes: Sequence[str] = (),
        country: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> Letter:
        """Return the letter that an order asks for, complete, in the best language we have.

        `regimes` are the candidates (none: the house's own promise), `country` an ISO 3166 code
        where the authority depends on it.  `facts` holds what the blocks state besides; name
        `expected_on` only where the regime is established.
        """
        blocks = _complete(mandatory(order.kind, regimes, rights), order.blocks)
        given = _given(facts or {})
        # A receipt may ask for proof as well (`tickets.asking`).
        asks_here = any(block.startswith("identity_request.") for block in blocks)
        asks = "identity_request" if asks_here else order.kind
        values: dict[str, object] = {
            "reference": reference,
            "company": self._config.company,
            "received_on": received_at.astimezone(self._zone).date(),
            "rights": tuple(str(right) for right in rights),
            "regimes_of": _facts_of(order.kind, tuple(regimes), country),
            "clock_effect": _clock_effect(asks, tuple(regimes), tuple(rights)),
            "needs_proof": not NEEDS_NO_PROOF.issuperset(rights),
            "expected_on": None,
            "asks_here": asks_here,
            **given,
        }
        if "ground" in values:
            values["grounds"] = _grounds(regimes, rights, str(values["ground"]))
        try:
            done = self._render(order.kind, blocks, self.languages(language), values)
        except LookupError as exc:
            raise IncompleteLetter(order.kind, str(exc)) from exc
        return Letter(done.subject, done.text, done.html, done.language)

    def preview(  # noqa: PLR0913  - as `write`
        self,
        order: LetterOrder,
        *,
        reference: str,
        language: str,
        received_at: datetime,
        rights: Sequence[Right] = (),
        regimes: Sequence[str] = (),
        country: str = "",
        facts: Mapping[str, object] | None = None,
    ) -> Letter:
        """Return the letter as it would read now; a fact that is still missing stands as `[name]`.

        It is for an agent's eyes: what `preview` returns is never queued.
        """
        return self.write(
            order,
            reference=reference,
            language=language,
            received_at=received_at,
            rights=rights,
            regimes=regimes,
            country=country,
            facts={**FACTS, **(facts or {})},
        )

    def policy(self, section: int, language: str) -> Letter:
        """Return what a section of the privacy policy says: words for a reply, no letter yet."""
        block = f"question.section_{section}"
        values = {"company": self._config.company, "reference": ""}
        # The frame of a text message is nothing but its words.
        done = self._render("identity_sms", (block,), self.languages(language), values)
        return Letter(done.subject, done.text.strip(), "", done.language)

    def languages(self, language: str) -> list[str]:
        """Return the languages to try, best first: theirs, its base, then the configured chain."""
        base = language.partition("-")[0]
        wanted = [language, base, *self._config.settings.letter_languages, "en"]
        return list(dict.fromkeys(one for one in wanted if one and one != "und"))


def _given(facts: Mapping[str, object]) -> dict[str, object]:
    """Return the facts that say something; one line given for a list is a list of one."""
    given: dict[str, object] = {}
    for name, value in facts.items():
        is_empty = value is None or value in ("", (), [])
        if isinstance(value, str) and isinstance(FACTS.get(name), tuple):
            given[name] = (value,) if value else ()
        else:
            given[name] = value
        if is_empty and name not in MAY_BE_EMPTY:
            del given[name]
    return given


def _load(regimes: Sequence[str]) -> list[Regime]:
    return [load(code) for code in regimes or ("default",)]


def _complete(wanted: Sequence[str], ordered: Sequence[str]) -> tuple[str, ...]:
    """Join the blocks that a letter must have with those that were ordered besides.

    What was ordered stands before the closing blocks; `desk.reference` is the block `reference`.
    """
    plain = (block.removeprefix("desk.") for block in ordered)
    extra = [block for block in plain if block not in wanted]
    body = [block for block in wanted if block not in _LAST]
    return tuple(dict.fromkeys([*body, *extra, *(b for b in wanted if b in _LAST)]))


@lru_cache(maxsize=256)
def _facts_of(
    kind: str, regimes: tuple[str, ...], country: str
) -> Mapping[str, tuple[Mapping[str, str], ...]]:
    """Return, for each block, the facts of the regimes that ask for it, each once.

    A letter that no law shapes names every candidate.
    """
    found: dict[str, dict[tuple[str, ...], dict[str, str]]] = {}
    for regime in _load(regimes):
        local = country.upper() if country.upper() in regime.facts.by_country else ""
        facts = {"code": regime.code, "country": local, **regime.facts_for(country)}
        if kind in _OF_THE_LAW:
            named = {block.code: block.facts for block in regime.blocks(LetterKind(kind))}
        else:
            named = {"complaint_route": ("authority", "authority_address")}
        for block, keys in named.items():
            same = tuple(facts[key] for key in keys or ("law",))
            found.setdefault(block, {}).setdefault(same, facts)
    return {block: tuple(each.values()) for block, each in found.items()}


_ASKED: Final = {
    "identity_request": "identity_requested",
    "authority_request": "agent_authority_requested",
    "clarification": "clarification_requested",
}


@lru_cache(maxsize=256)
def _clock_effect(kind: str, regimes: tuple[str, ...], rights: tuple[Right, ...]) -> str:
    """Return what asking does to our time: `starts` (only with the answer), `pauses` or `runs`.

    Of several candidates the least favourable to us holds: we work to the earliest date.
    """
    asked = _ASKED.get(kind)
    effects = {_effect_of(regime, asked, rights) for regime in _load(regimes)}
    return effects.pop() if len(effects) == 1 else "runs"


def _effect_of(regime: Regime, asked: str | None, rights: Sequence[Right]) -> str:
    if any(rule.asked == asked and not rule.optional for rule in regime.starts):
        return "starts"
    legal = {LegalRight(right) for right in rights}
    for rule in regime.pauses:
        if (
            rule.asked == asked
            and not rule.optional
            and (not rule.rights or legal <= {*rule.rights})
        ):
            return "pauses"
    return "runs"


def _grounds(
    regimes: Sequence[str], rights: Iterable[Right], ground: str
) -> tuple[dict[str, str], ...]:
    """Return where each regime has this ground: its law and article, ours without one."""
    found: dict[tuple[str, str], dict[str, str]] = {}
    legal = [LegalRight(right) for right in rights]
    for regime in _load(regimes):
        known = [one for right in legal for one in regime.grounds_for(right)]
        for one in known or regime.grounds:
            if one.code == ground:
                article = "" if one.article == "ours" else one.article
                facts = {"code": regime.code, "country": "", "law": regime.facts.law}
                found.setdefault((facts["law"], article), {**facts, "article": article})
    return tuple(found.values())
