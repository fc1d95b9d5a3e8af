"""Split a message into what is new, what is quoted and what is a signature.

Every line of the input goes to exactly one of the three; on doubt it stays in what is new,
because words of the requester that nobody reads are the costly error and a quote too many
is the cheap one.  Linear in the length of the input; never raises.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from tickets.quotes import signature
from tickets.quotes.heads import (
    INVISIBLE,
    LONGEST,
    Head,
    Kind,
    groupwise_head,
    has_words,
    head_at,
    is_rule,
    label_of,
    points_below,
    sums_up,
)
from tickets.quotes.structure import Passages, passages, shows_quotes

OWN, QUOTED, SIGNATURE = 0, 1, 2
_POINTING = 12  # lines above a quote in which a pointer into it is looked for
_ATTRIBUTED = 6  # lines at the top of a marked quote that may hold its attribution
LINES = 2_000  # looked at one by one; what lies beyond is told by its marks alone …
LOOKED_AT = 150_000  # … and so many characters


@dataclass(frozen=True, slots=True)
class Newest:
    """A message taken apart; no character that is not white space is in none of the three."""

    newest: str
    quoted: str = ""  # history with its headers
    signature: str = ""


def split_reply(text: str, html: str = "") -> Newest:
    """Return `text` with the quoted history and the signature set apart.

    `html` is the same message's HTML body; it is looked at only where the plain text does
    not show its quotes, and is the source where there is no plain text.
    """
    shown = passages(html) if html and not text.strip(INVISIBLE + "\r\n") else None
    if shown is not None:
        text = shown.text
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    end = text.find("\n", LOOKED_AT)
    lines = (text[:end] if end >= 0 else text).split("\n")
    rest = "\n".join(lines[LINES:] + ([text[end + 1 :]] if end >= 0 else []))
    labels = _Labels(lines[:LINES])
    if ">" in text:
        _mark_initials(labels.bare)
    labels.mark(html, shown, is_whole=not rest)
    parts: tuple[list[str], list[str], list[str]] = ([], [], [])
    for line, label in zip(labels.lines, labels.of, strict=True):
        parts[label].append(line)
    if labels.is_cut:
        parts[QUOTED].append(rest)
    elif f"\n{rest}".find("\n>") < 0:
        parts[OWN].append(rest)
    else:
        for line in rest.split("\n"):
            parts[line[:1] == ">"].append(line)  # OWN is 0, QUOTED is 1
    new, quoted, sign = ("\n".join(part).strip() for part in parts)
    return Newest(new, quoted, sign)


_INITIALS = re.compile(r"([^\W\d_a-z]{1,3})>+(?=\s|$)")
_INITIALLED = 2  # lines with the same initials below a colon, and they are a quote


def _mark_initials(bare: list[str]) -> None:
    """Mark the lines that The Bat! marks by initials ("AE> text") as others do, in place."""
    found = [(i, line) for i, line in enumerate(bare) if ">" in line[1:4]]
    if len(found) < _INITIALLED:
        return
    lines = [(i, match) for i, line in found if (match := _INITIALS.match(line))]
    if len(lines) < _INITIALLED:
        return
    above = next((line for line in reversed(bare[: lines[0][0]]) if line), "")
    if above.endswith((":", "：")):
        for i, match in lines:
            if match[1] == lines[0][1][1]:
                bare[i] = bare[i][match.end(1) :]


class _Labels:
    """The lines of a message and what each of them is."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.lines = lines
        self.bare = [line.strip(INVISIBLE) for line in lines]
        self.of = bytearray(len(lines))
        self.is_cut = False  # all from some line on is quoted
        self.marked: set[int] = set()  # lines that the HTML shows as quoted
        self._words_from = 0  # heads that were kept end here
        self._is_pointed_at = False  # words above a head want it to be read

    def mark(self, html: str, shown: Passages | None, *, is_whole: bool) -> None:
        """Label every line; the HTML is asked where the text alone does not tell."""
        head = self._find_quotes()
        sure = head is not None and head.kind is not Kind.ATTRIBUTION
        is_open = not sure and not self._is_pointed_at and QUOTED not in self.of
        if is_open and html and shows_quotes(html):
            head = self._follow(shown or passages(html), head)
        if head is not None:
            self._cut(head)
        elif not self.marked and self._is_bare_quote():
            self._label(0, len(self.lines), OWN)
        self._reach_up()
        if is_whole or self.is_cut:
            self._sign()

    def _is_bare_quote(self) -> bool:
        """Tell whether all is marked and nothing says that another person wrote it."""
        said = [i for i, bare in enumerate(self.bare) if bare]
        if any(not self.of[i] or self.bare[i][0] != ">" for i in said):
            return False
        bare = [self.bare[i].lstrip(">" + INVISIBLE) for i in said[:_ATTRIBUTED]]
        return not any(line and head_at(bare, i, line) for i, line in enumerate(bare))

    def _follow(self, shown: Passages, head: Head | None) -> Head | None:
        """Look for quotes again with those lines known that the HTML shows as quoted."""
        self.marked = shown.locate(self.bare)
        above = [bare for bare in self.bare[: min(self.marked, default=0)] if bare]
        if len(above) <= _POINTING and points_below(" ".join(above)[: _POINTING * LONGEST]):
            self.marked = set()
        if not self.marked:
            return head
        self._words_from = 0
        again = self._find_quotes()
        end = again.start if again else len(self.lines)
        if self._says_something(end, from_top=True):
            return again
        self.marked = set()
        self._label(0, len(self.lines), OWN)
        return head

    def _find_quotes(self) -> Head | None:
        """Label marked lines with what introduces them; return the head that ends the new text."""
        i, lines, bare = 0, self.lines, self.bare
        while i < len(lines):
            line = bare[i]
            if not line:
                i += 1
                continue
            is_marked = line[0] == ">" or i in self.marked
            head = (groupwise_head if is_marked else head_at)(lines, i, line)
            if head is None:
                self.of[i] = QUOTED if is_marked else OWN
                i += 1
                continue
            below = self._next(head.end)
            if head.kind is Kind.FORWARDED and not self._says_something(head.start):
                i = self._words_from = self._end_of_marked(below)
            elif self._is_marked(below) and head.kind is not Kind.BLOCK:
                self._label(head.start, below, QUOTED)
                i = below
            elif head.kind is Kind.LEAD_IN:
                i += 1
            elif self._says_something(head.start):
                if not self._refers_to(head):
                    return head
                self._is_pointed_at = True
                i = max(head.end, i + 1)
            else:
                i = self._words_from = max(head.end, i + 1)
        return None

    def _is_marked(self, at: int) -> bool:
        return at < len(self.bare) and (self.bare[at][0] == ">" or at in self.marked)

    def _end_of_marked(self, at: int) -> int:
        """Return the line below the marked ones that begin at `at`."""
        while self._is_marked(at):
            at = self._next(at + 1)
        return at

    def _next(self, at: int) -> int:
        """Return the first line from `at` on that is not blank."""
        while at < len(self.bare) and not self.bare[at]:
            at += 1
        return at

    def _says_something(self, end: int, *, from_top: bool = False) -> bool:
        """Tell whether there are words of the writer above line `end`."""
        top = 0 if from_top else self._words_from
        own = [i for i in range(top, end) if not self.of[i] and self.bare[i]]
        if not own:
            return False
        if len(own) > signature.LONGEST:
            return True
        above = [self.bare[i][:LONGEST] for i in own]
        return any(map(has_words, above[: signature.start(above, may_take_all=True)]))

    def _refers_to(self, head: Head) -> bool:
        """Tell whether the words above want what follows to be read, so that it must stay.

        A header block below a colon is evidence that the writer shows; and answers may stand
        in an unmarked quote, where only she can tell them apart ("my answers in red").
        """
        above = [bare[:LONGEST] for bare in self.bare[self._words_from : head.start] if bare]
        if head.kind is Kind.BLOCK and above[-1][-1] in (":", "："):
            return signature.start(above[-signature.LONGEST :]) >= min(
                len(above), signature.LONGEST
            )
        if head.kind is Kind.ABOVE or len(above) > _POINTING:
            return False
        return points_below(" ".join(above)[: _POINTING * LONGEST])

    def _cut(self, head: Head) -> None:
        self._label(head.start, len(self.lines), QUOTED)
        self.is_cut = True

    def _reach_up(self) -> None:
        """Label what a program drew and wrote right above each quote as part of it."""
        own_then_quoted = bytes([OWN, QUOTED])
        at = self.of.find(own_then_quoted)
        while at >= 0:
            self._label(self._top(at + 1), at + 1, QUOTED)
            at = self.of.find(own_then_quoted, at + 1)

    def _top(self, at: int) -> int:
        """Return where rules, Notes' summary and header fields below a rule begin above `at`."""
        top = at
        while at and self.of[at - 1] == OWN:
            line = self.bare[at - 1]
            if not line:
                at -= 1
            elif is_rule(line) or sums_up(line):
                top = at = at - 1
            elif (field := self._fields_above(at)) < at:
                top = at = field
            else:
                break
        return top

    def _fields_above(self, at: int) -> int:
        """Return the first of the header fields above `at` if a rule is above them, or `at`."""
        field = at
        while field and ":" in self.bare[field - 1] and label_of(self.bare[field - 1]) is not None:
            field -= 1
        return field if field and is_rule(self.bare[field - 1]) else at

    def _label(self, start: int, end: int, label: int) -> None:
        self.of[start:end] = bytes([label]) * (end - start)

    def _sign(self) -> None:
        """Label signatures at the end of the first and of the last passage of own words."""
        runs = self._own_runs()
        has_words = False
        for run in runs[:1] + runs[1:][-1:]:
            texts = [self.bare[i][:LONGEST] for i in run]
            top = signature.start(texts, may_take_all=QUOTED in self.of, has_words_above=has_words)
            has_words = top > 0
            for i in run[top:]:
                self.of[i] = SIGNATURE

    def _own_runs(self) -> list[list[int]]:
        runs: list[list[int]] = []
        open_run = False
        for i, bare in enumerate(self.bare):
            if self.of[i]:
                open_run = False
            elif open_run:
                runs[-1].append(i)
            elif bare:
                runs.append([i])
                open_run = True
        return runs
