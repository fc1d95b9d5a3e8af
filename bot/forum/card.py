"""The card of a ticket, its topic's title and icon, and how words are shown: pure.

A title never holds a name.  Whose words a card may show is decided by whoever calls.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, replace
from typing import Any, Final

from bot.buttons import Button, is_link, keyboard, read_data, write_data
from bot.content import one_line
from bot.text import bold, cut_to, escape
from bot.turn import Phrases
from tickets.board import Face, Look, Word
from tickets.types import Direction, Intent
from tickets.worklist import DECIDE_BAN

FIRST: Final = 3000
"""UTF-16 units of a requester's first words on a card."""

_TITLE: Final = 128
_WHY: Final = 200
_WORD: Final = 3500

ICONS: Final = {
    Look.NEW: "❗",
    Look.CLAIMED: "👀",
    Look.WAITING: "🗣",
    Look.DUE_SOON: "⚡",
    Look.OVERDUE: "🔥",
    Look.CLOSED: "✅",
}
"""Icons that Telegram has for topics; the list of topics is the desk's queue at a glance."""

_SHORT: Final = {
    Intent.QUESTION: "question",
    Intent.SUPPORT: "question",
    Intent.FEEDBACK: "feedback",
    Intent.COMPLAINT: "complaint",
}


@dataclass(frozen=True, slots=True)
class Card:
    """A card as the Bot API takes it."""

    text: str  # HTML
    markup: dict[str, Any]

    @property
    def version(self) -> str:
        """What tells this card from another."""
        whole = json.dumps([self.text, self.markup], sort_keys=True)
        return hashlib.sha256(whole.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Writer:
    """Writes for one desk, in its language."""

    phrases: Phrases
    language: str
    console_url: str = ""

    def phrase(self, key: str, **values: object) -> str:
        """Return a phrase, plain."""
        return self.phrases.text(self.language, key, **values)

    def what(self, face: Face) -> str:
        """Say in a word or two what is asked."""
        if face.rights:
            return ", ".join(self.phrase(f"short.{right}") for right in face.rights)
        return self.phrase(f"short.{_SHORT.get(face.intent, 'message')}")

    def title(self, face: Face) -> str:
        """Return a topic's title: reference, matter, law."""
        law = law_of(face)
        key = "desk.card.title" if law else "desk.card.title_no_law"
        return self.phrase(key, reference=face.reference, what=self.what(face), law=law)[:_TITLE]

    def card(self, face: Face, first: str | None) -> Card:
        """Return the card; `first` are the requester's first words, None where they are hidden."""
        head = [bold(self.title(face)), escape(language_name(self.phrases, face.language))]
        if face.rights:
            head.append(self.phrase("desk.card.proven" if face.is_proven else "desk.card.unproven"))
        dates = [escape(self.phrase("desk.card.received", received=face.received_on))]
        if (due := self._due(face)) and face.look is not Look.CLOSED:
            dates.append(bold(due))
        dates.append(escape(self._whose(face)))
        lines = [" · ".join(head), " · ".join(dates)]
        if first:
            cut = cut_to(first, FIRST)
            lines.append(f"<blockquote>{escape(cut)}</blockquote>")
        elif first is None and not face.is_erased:
            lines.append(escape(self.phrase("desk.card.elsewhere", channel=str(face.channel))))
        if first and (why := one_line(face.why.replace("\n", ", "))):
            lines.append(escape(self.phrase("desk.card.why", why=why[:_WHY])))
        if self.console_url and not is_link(self._link(face)):
            lines.append(escape(self.phrase("desk.card.link", url=self._link(face))))
        return Card("\n".join(lines), keyboard(self._buttons(face)))

    def word(self, word: Word) -> str:
        """Return what was said, as HTML: by the requester, or by an agent elsewhere."""
        text = cut_to(word.text, _WORD)
        if word.direction is Direction.INBOUND:
            return f"💬 {escape(text)}"
        mark = "→" if word.direction is Direction.OUTBOUND else "📝"
        return (
            f"{mark} {bold(word.agent)} {escape(text)}" if word.agent else f"{mark} {escape(text)}"
        )

    def line(self, face: Face) -> str:
        """Return a ticket as one line of a list."""
        due = self._due(face) or self._whose(face)
        return self.phrase(
            "desk.list.line", reference=face.reference, what=self.what(face), due=due
        )

    def _due(self, face: Face) -> str:
        if face.due_on is None or face.days_left is None:
            return ""
        if face.days_left < 0:
            return self.phrase("desk.card.overdue", due=face.due_on)
        if face.days_left == 0:
            return self.phrase("desk.card.due_today")
        return self.phrase("desk.card.due", due=face.due_on, days=face.days_left)

    def _whose(self, face: Face) -> str:
        if face.look is Look.CLOSED:
            return self.phrase("desk.card.closed")
        if not face.holder:
            return self.phrase("desk.card.nobody")
        holder = self.phrase("desk.card.holder", agent=face.holder)
        if face.look is Look.WAITING:
            return f"{holder} · {self.phrase('desk.card.waiting')}"
        return holder

    def _buttons(self, face: Face) -> list[list[Button]]:
        rows: list[list[Button]] = []
        if face.is_erased:
            return rows
        if face.look is Look.CLOSED:
            rows.append([self.button("reopen", "d.reopen", face.reference)])
        else:
            take = ("release", "d.release") if face.holder else ("claim", "d.claim")
            rows.append(
                [
                    self.button(*take, face.reference, style="" if face.holder else "primary"),
                    self.button("template", "d.template", face.reference),
                ]
            )
            if face.rights:
                rows.append(
                    [
                        self.button("ask_proof", "d.ask", face.reference)
                        if not face.is_proven
                        else self.button("change_type", "d.type", face.reference),
                        self.button("extend", "d.extend", face.reference),
                    ]
                )
            last = [self.button("close", "d.close", face.reference)]
            if not (face.rights and face.is_proven):
                last.insert(0, self.button("change_type", "d.type", face.reference))
            rows.append(last)
            if "approve" in face.work:
                rows.append([self.button("approve", "d.approve", face.reference, style="success")])
            if DECIDE_BAN in face.work:
                rows.append([self.button("decide_ban", "d.ban", face.reference)])
        if self.console_url:
            rows.append([Button(self.phrase("desk.button.console"), url=self._link(face))])
        return rows

    def button(self, key: str, step: str, *args: str, nonce: str = "", style: str = "") -> Button:
        """Return a button of the desk by its phrase."""
        label = self.phrase(f"desk.button.{key}")
        return Button(label, write_data(step, *args, nonce=nonce), style=style)

    @staticmethod
    def button_of(label: str, step: str, *args: str, style: str = "") -> Button:
        """Return a button with a label of its own."""
        return Button(label, write_data(step, *args), style=style)

    @staticmethod
    def with_nonce(button: Button, nonce: str) -> Button:
        """Return a button that holds for one question only."""
        press = read_data(button.data)
        if press is None:
            raise ValueError(f"not a button of ours: {button!r}")
        return replace(button, data=write_data(press.step, *press.args, nonce=nonce))

    def _link(self, face: Face) -> str:
        return f"{self.console_url.rstrip('/')}/tickets/{face.reference}"


def law_of(face: Face) -> str:
    """Return how the law is called in short; "" while several may apply, or none is known."""
    known = [one for one in face.regimes if one != "default"]
    return known[0].replace("_", " ").upper() if len(known) == 1 else ""


def language_name(phrases: Phrases, code: str) -> str:
    """Return what a language calls itself, or its code."""
    known = {one.lower(): one for one in phrases.languages}
    ours = known.get(code.lower()) or known.get(code.partition("-")[0].lower())
    return phrases.text(ours, "name") if ours else code
