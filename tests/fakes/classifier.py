"""A classifier for tests: script and a few plain words, quick and always unsure of itself."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Final

from tickets.types import RIGHTS_OF, Intent, Reading, Text

_WORDS: Final[Mapping[Intent, str]] = {
    Intent.DELETION: (
        r"delet|eras(e|ure)|lösch|supprim|borrar|eliminar|удал|删除|刪除|注销|削除|삭제"
    ),
    Intent.ACCESS: (
        r"copy of my data|data you (hold|have)|auskunft|access request|访问我的|提供我的"
    ),
    Intent.PORTABILITY: r"portab|machine[- ]readable|可携带|可攜",
    Intent.RECTIFICATION: r"correct my|rectif|berichtig|更正",
    Intent.OBJECTION: r"unsubscribe|opt[- ]out|object to|widerspr|撤回同意|退订",
    Intent.COMPLAINT: r"complain|beschwer|投诉|投訴",
    Intent.QUESTION: r"privacy policy|datenschutzerkl|隐私政策|cookies?\b",
}
_KINDS: Final = re.compile(r"kinds of cookies")
"""The one question that is read to its end."""

_SCRIPTS: Final = (
    ("ja", re.compile(r"[\u3040-\u30ff]")),
    ("ko", re.compile(r"[\uac00-\ud7af]")),
    ("zh-Hant", re.compile(r"[們個這說請寫帳號資訊錄]")),
    ("zh-Hans", re.compile(r"[\u4e00-\u9fff]")),
    ("ru", re.compile(r"[\u0400-\u04ff]")),
    ("ar", re.compile(r"[\u0600-\u06ff]")),
)
_CONFIDENCE: Final = 0.2
_LONGEST: Final = 20_000  # characters looked at


def read(text: Text) -> Reading:
    """Return a guess; never raises."""
    whole = f"{text.subject}\n{text.newest or text.quoted}"[:_LONGEST]
    lowered = whole.lower()
    for intent, words in _WORDS.items():
        found = re.search(words, lowered)
        if found:
            return Reading(
                intent=intent,
                rights=RIGHTS_OF.get(intent, ())[:1],
                policy_section=4 if _KINDS.search(lowered) else None,
                questions=("cookie_kinds", "cookie_blocking") if _KINDS.search(lowered) else (),
                language=_language(whole, text.hints),
                confidence=_CONFIDENCE,
                suspected=intent in RIGHTS_OF,
                why=(found[0],),
            )
    return Reading(
        Intent.OTHER,
        language=_language(whole, text.hints),
        confidence=_CONFIDENCE,
        why=("no word",),
    )


async def read_all(texts: Sequence[Text]) -> list[Reading]:
    """Read a batch (`tickets.types.Classify`)."""
    return [read(text) for text in texts]


def _language(whole: str, hints: Sequence[str]) -> str:
    for language, script in _SCRIPTS:
        if script.search(whole):
            return language
    return hints[0] if hints else "en"
