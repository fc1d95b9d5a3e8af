"""How well readings meet labels, on messages that a model had not seen."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from classifier.examples import Example
from classifier.model import INTENTS, RIGHTS_INTENTS
from tickets.types import Intent, Reading

_FEWEST: Final = 8  # messages of a language before it counts as the worst
Pairs = Sequence[tuple[Example, Reading]]


def figures(messages: Sequence[Example], readings: Sequence[Reading]) -> dict[str, float]:
    """Return every figure, rounded."""
    pairs = list(zip(messages, readings, strict=True))
    told = {
        **_intents(pairs),
        **_rights(pairs),
        **_human(pairs),
        **_policy(pairs),
        "language": _share(
            [(m, r) for m, r in pairs if m.language != "und"],
            lambda m, r: m.language.split("-")[0] == r.language.split("-")[0],
        ),
    }
    return {name: round(value, 4) for name, value in told.items()} | {"messages": len(pairs)}


def _share(pairs: Pairs, holds: Callable[[Example, Reading], bool]) -> float:
    return sum(holds(m, r) for m, r in pairs) / len(pairs) if pairs else float("nan")


def _is_exact(message: Example, reading: Reading) -> bool:
    return message.intent is reading.intent


def _sees_right(_: Example, reading: Reading) -> bool:
    return not RIGHTS_INTENTS.isdisjoint(reading.intents)


def _intents(pairs: Pairs) -> dict[str, float]:
    per = per_intent(pairs)
    languages = [row for row in per_language(pairs) if row[1] >= _FEWEST]
    second = [(wanted, r) for m, r in pairs for wanted in m.also]
    return {
        "accuracy": _share(pairs, _is_exact),
        "macro_f1": sum(row[4] for row in per) / max(len(per), 1),
        "accuracy_easy": _share([(m, r) for m, r in pairs if not m.is_hard], _is_exact),
        "accuracy_hard": _share([(m, r) for m, r in pairs if m.is_hard], _is_exact),
        "worst_language": min((row[2] for row in languages), default=float("nan")),
        "second_intent": sum(wanted in r.intents for wanted, r in second) / max(len(second), 1),
    }


def _rights(pairs: Pairs) -> dict[str, float]:
    asked = [(m, r) for m, r in pairs if m.intent in RIGHTS_INTENTS]
    others = [(m, r) for m, r in pairs if m.intent not in RIGHTS_INTENTS]
    exact = [(m, r) for m, r in asked if _is_exact(m, r)]
    return {
        "rights_recall": _share(asked, _sees_right),
        "rights_recall_caught": _share(asked, lambda m, r: _sees_right(m, r) or r.needs_human),
        "rights_recall_exact": _share(asked, lambda m, r: m.intent in r.intents),
        "rights_false_alarm": _share(others, _sees_right),
        "right_within_intent": _share(exact, lambda m, r: not set(m.rights).isdisjoint(r.rights)),
    }


def _human(pairs: Pairs) -> dict[str, float]:
    return {
        "human_share": _share(pairs, lambda _, r: r.needs_human),
        "accuracy_unflagged": _share([(m, r) for m, r in pairs if not r.needs_human], _is_exact),
        "mean_confidence": sum(r.confidence for _, r in pairs) / max(len(pairs), 1),
    }


def _policy(pairs: Pairs) -> dict[str, float]:
    seen = [(m, r) for m, r in pairs if Intent.QUESTION in r.intents]
    topical = [(m, r) for m, r in pairs if m.topic is not None and m.intent is Intent.QUESTION]
    answered = [(m, r) for m, r in seen if m.section is not None]
    open_ended = [(m, r) for m, r in pairs if m.is_answerable is False]
    return {
        "topic": _share(topical, lambda m, r: m.topic is r.topic),
        "topic_if_question": _share(
            [(m, r) for m, r in seen if m.topic is not None], lambda m, r: m.topic is r.topic
        ),
        "section_if_question": _share(answered, lambda m, r: m.section == r.policy_section),
        "section_or_human": _share(
            answered, lambda m, r: m.section == r.policy_section or r.needs_human
        ),
        "unanswerable_to_human": _share(open_ended, lambda _, r: r.needs_human),
    }


def per_intent(pairs: Pairs) -> list[tuple[str, int, float, float, float]]:
    """Return name, count, precision, recall and F1 of every intent that occurs."""
    rows = []
    for intent in INTENTS:
        both = sum(m.intent is intent and r.intent is intent for m, r in pairs)
        there = sum(m.intent is intent for m, _ in pairs)
        said = sum(r.intent is intent for _, r in pairs)
        if there:
            precision, recall = both / max(said, 1), both / there
            f1 = 2 * both / (there + said)
            rows.append((str(intent), there, precision, recall, f1))
    return rows


def per_language(pairs: Pairs) -> list[tuple[str, int, float, float, float, float]]:
    """Return name, count, accuracy, rights seen, rights caught and language right."""
    of: dict[str, list[tuple[Example, Reading]]] = defaultdict(list)
    for message, reading in pairs:
        of[message.language].append((message, reading))
    rows = []
    for name, some in sorted(of.items()):
        asked = [(m, r) for m, r in some if m.intent in RIGHTS_INTENTS]
        rows.append(
            (
                name,
                len(some),
                _share(some, _is_exact),
                _share(asked, _sees_right),
                _share(asked, lambda m, r: _sees_right(m, r) or r.needs_human),
                _share(some, lambda m, r: m.language == r.language),
            )
        )
    return rows


def lines(name: str, told: Mapping[str, float]) -> str:
    """Return figures as text."""
    return f"\n{name}\n" + "".join(f"  {key:24}{value:9.3f}\n" for key, value in told.items())


def report(name: str, messages: Sequence[Example], readings: Sequence[Reading]) -> str:
    """Return tables per intent and language, and the commonest confusions, in Markdown."""
    pairs = list(zip(messages, readings, strict=True))
    confused = Counter((str(m.intent), str(r.intent)) for m, r in pairs if m.intent is not r.intent)
    rows = [f"\n## {name}\n\n| intent | n | precision | recall | F1 |\n|---|---|---|---|---|"]
    rows += [f"| {n} | {k} | {p:.2f} | {r:.2f} | {f:.2f} |" for n, k, p, r, f in per_intent(pairs)]
    rows.append(
        "\n| language | n | right | rights seen | caught | language |\n|---|---|---|---|---|---|"
    )
    rows += [
        f"| {n} | {k} | {a:.2f} | {s:.2f} | {c:.2f} | {g:.2f} |"
        for n, k, a, s, c, g in per_language(pairs)
    ]
    rows.append("\n| is | was read as | times |\n|---|---|---|")
    rows += [f"| {a} | {b} | {count} |" for (a, b), count in confused.most_common(12)]
    return "\n".join(rows) + "\n"
