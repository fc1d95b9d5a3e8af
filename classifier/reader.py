"""Reads what a message asks: intents, rights, topic, language, how sure, and why.

One view of the text decides, seen by both vector models, or by the first alone where the second
is not installed; further views are asked only of a long text.  Plain rules
(`classifier/rules.py`) speak before and after.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Final

from classifier import cues, language, questions, rules, stages, vectors, views
from classifier.kernel import Floats
from classifier.model import (
    INTENTS,
    OTHER_PLACES,
    RIGHTS,
    RIGHTS_INTENTS,
    RIGHTS_PLACES,
    SECTIONS,
    TOPICS,
    Model,
    Opinion,
    chosen,
    trained,
)
from classifier.questions import Questions
from tickets.types import RIGHTS_OF, Intent, Reading, Right, Text, Topic

Embed = Callable[[Sequence[str]], Floats]

_SENTENCES: Final = 4
_EARLIEST: Final = (  # rights by their clocks, the shortest first
    Right.WITHDRAW_CONSENT,
    Right.OBJECTION,
    Right.OPT_OUT,
    Right.LIMIT_SENSITIVE_USE,
    Right.ACCOUNT_CANCEL,
    Right.RESTRICTION,
    Right.DELETION,
    Right.ACCESS,
    Right.RECTIFICATION,
    Right.PORTABILITY,
    Right.EXPLANATION,
    Right.AUTOMATED_DECISION,
    Right.COMPLAINT,
)


def read(text: Text) -> Reading:
    """Read one text; total on any text."""
    return read_many([text])[0]


def read_many(texts: Sequence[Text]) -> list[Reading]:
    """Read several texts at once, which costs less than one by one."""
    return _reader().read_many(texts)


def warm() -> None:
    """Load everything that the first message would otherwise wait for."""
    language.warm()
    read_many([Text("Please delete my account.")])


@cache
def _reader() -> Reader:
    second = vectors.second if vectors.has_second() else None
    return Reader(trained(), vectors.first, second)


@dataclass(frozen=True, slots=True)
class _Seen:
    """One message on its way to a reading."""

    text: Text
    view: str
    language: str
    findings: rules.Findings


@dataclass(frozen=True, slots=True)
class _Policy:
    """What the policy has to say to a message."""

    topic: Topic | None = None
    section: int | None = None
    questions: tuple[str, ...] = ()
    is_silent: bool = False  # asked, and no answer


@dataclass(frozen=True, slots=True)
class Judgement:
    """A reading before anyone asked whether it is sure enough."""

    intent: Intent
    also: tuple[Intent, ...] = ()
    rights: tuple[Right, ...] = ()
    topic: Topic | None = None
    policy_section: int | None = None
    questions: tuple[str, ...] = ()
    language: str = language.UNKNOWN
    confidence: float = 0.0
    any_right: float = 0.0  # chance that a right is there though none was read
    needs_human: bool = False  # whatever the thresholds say
    heard: str = "both"  # both models, or the first "alone"
    marks: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    is_final: bool = False  # a rule decided

    @property
    def has_right(self) -> bool:
        """Tell whether a right is among the intents."""
        return not RIGHTS_INTENTS.isdisjoint((self.intent, *self.also))


@dataclass(frozen=True, slots=True)
class Reader:
    """A model with the vectors it was trained on; `second` is None where it is not installed."""

    model: Model
    first: Embed
    second: Embed | None
    asking: Questions = field(default_factory=questions.trained)

    def read_many(self, texts: Sequence[Text]) -> list[Reading]:
        """Read texts, in their order."""
        return [conclude(judged, self.model.settings) for judged in self.judge(texts)]

    def judge(self, texts: Sequence[Text]) -> list[Judgement]:
        """Return what the texts ask and how sure that is."""
        with stages.measured("first", len(texts)):
            seen = [self._see(text) for text in texts]
            shown, spoken = [one.view for one in seen], [one.language for one in seen]
            first, second = self.first(shown), None
            found = cues.of_all(texts, shown)
        if self.second is not None:
            with stages.measured("second", len(texts)):
                second = self.second(shown)
        with stages.measured("first", 0):  # whichever models were asked, one comparison follows
            opinions = self.model.opinions(first, found, spoken, second)
        return [
            self._judged(one, opinions[at], (first[at], None if second is None else second[at]))
            for at, one in enumerate(seen)
        ]

    def _see(self, text: Text) -> _Seen:
        view = views.whole(text)
        spoken = f"{views.subject_of(text)}\n{text.newest}" if text.newest.strip() else view
        return _Seen(text, view, language.detect(spoken, text.hints), rules.look(text, view))

    def _judged(
        self, seen: _Seen, opinion: Opinion, vector: tuple[Floats, Floats | None]
    ) -> Judgement:
        verdict = seen.findings.verdict
        if verdict is not None:
            return _decided(verdict, seen)
        chances = rules.weigh(opinion, seen.findings)
        intent = self._primary(chances)
        also = self._also(intent, opinion, seen)
        policy = self._policy(opinion, vector) if Intent.QUESTION in (intent, *also) else _Policy()
        marks = rules.marks(intent, seen.findings)
        is_machine = intent is Intent.OTHER and seen.findings.says_machine
        right = float(chances[RIGHTS_PLACES].sum())
        doubt = 0.0
        if intent not in RIGHTS_INTENTS and not is_machine:
            doubt = max(right, self._in_sentences(seen))
        return Judgement(
            intent=intent,
            also=also,
            rights=self._rights((intent, *also), opinion, seen),
            topic=policy.topic,
            policy_section=policy.section,
            questions=policy.questions,
            language=seen.language,
            confidence=float(chances[INTENTS.index(intent)]),
            any_right=doubt,
            needs_human=policy.is_silent or bool(marks),
            marks=marks,
            heard="alone" if self.second is None else "both",
            why=(*seen.findings.why, *cues.found(seen.text, seen.view)),
        )

    def _primary(self, chances: Floats) -> Intent:
        """Return the primary intent: first whether it is a right at all, then which."""
        is_right = float(chances[RIGHTS_PLACES].sum()) > self.model.settings["right_from"]
        among = chances.copy()
        among[OTHER_PLACES if is_right else RIGHTS_PLACES] = -1
        primary: Intent = chosen(among, INTENTS)
        return primary

    def _also(self, intent: Intent, opinion: Opinion, seen: _Seen) -> tuple[Intent, ...]:
        """Return the further intents; a right beside none would have come first."""
        if intent in {Intent.SPAM, Intent.OTHER}:
            return ()
        possible: list[Intent] = [
            other
            for other in INTENTS
            if other not in {intent, Intent.SPAM, Intent.OTHER}
            and (intent in RIGHTS_INTENTS or other not in RIGHTS_INTENTS)
        ]
        floor = self.model.settings["also"]
        found = [other for other in possible if opinion.label(other) > floor]
        found += [other for other in seen.findings.also if other not in {intent, *found}]
        return tuple(sorted(found, key=INTENTS.index))

    def _in_sentences(self, seen: _Seen) -> float:
        """Return the highest chance of a right in any sentence of a long text."""
        if views.width(seen.text.newest[: views.LOOKED_AT]) <= views.ROOM:
            return 0.0
        parts = views.sentences(seen.text, _SENTENCES)
        if not parts:
            return 0.0
        with stages.measured("further", 1):
            found = cues.of_all([Text(part) for part in parts], parts)
            spoken = [seen.language] * len(parts)
            opinions = self.model.opinions(self.first(parts), found, spoken)
            return max(part.any_right for part in opinions)

    def _policy(self, opinion: Opinion, vector: tuple[Floats, Floats | None]) -> _Policy:
        asked = self.asking.ask(*vector)
        topic: Topic = chosen(opinion.topics + questions.TOPIC_SAYS * asked.topics, TOPICS)
        if asked.answerable(opinion.answerable) < self.model.settings["answerable"]:
            return _Policy(topic, is_silent=True)
        sections = opinion.sections + questions.SECTION_SAYS * asked.sections
        sections[1:] += opinion.topics  # sections 1 to 5 are the topics
        section: int = chosen(sections, SECTIONS)
        finer = self.asking.finer(asked, section, has_second=vector[1] is not None)
        return _Policy(topic, section, finer)

    def _rights(
        self, intents: tuple[Intent, ...], opinion: Opinion, seen: _Seen
    ) -> tuple[Right, ...]:
        floor = self.model.settings["right"]
        found: list[Right] = []
        for intent in intents:
            possible = RIGHTS_OF.get(intent, ())
            if not possible:
                continue
            likely = [right for right in possible if opinion.rights[RIGHTS.index(right)] > floor]
            cited = [right for right in possible if right in seen.findings.cited]
            best = max(possible, key=lambda right: float(opinion.rights[RIGHTS.index(right)]))
            found += [*cited, *likely] or [best]
        return tuple(dict.fromkeys(found))


def _decided(verdict: rules.Verdict, seen: _Seen) -> Judgement:
    return Judgement(
        intent=verdict.intent,
        language=seen.language,
        confidence=verdict.confidence,
        needs_human=verdict.needs_human,
        marks=verdict.marks,
        why=seen.findings.why,
        is_final=True,
    )


def conclude(judged: Judgement, settings: Mapping[str, float]) -> Reading:
    """Return the reading: where to act, where to ask, and which clock runs meanwhile."""
    may_be_right = not judged.has_right and judged.any_right > settings[f"ask_{judged.heard}"]
    unsure = not judged.is_final and judged.confidence < settings[f"act_{judged.heard}"]
    doubted = not judged.is_final and may_be_right
    rights = judged.rights
    if unsure:
        rights = tuple(sorted(rights, key=_EARLIEST.index))
    return Reading(
        intent=judged.intent,
        also=judged.also,
        rights=rights,
        topic=judged.topic,
        policy_section=judged.policy_section,
        questions=judged.questions,
        language=judged.language,
        confidence=round(judged.confidence, 4),
        needs_human=judged.needs_human or unsure or doubted,
        suspected=(unsure and judged.has_right) or doubted,
        marks=judged.marks,
        why=judged.why,
    )
