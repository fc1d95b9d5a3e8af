"""Text as Telegram takes it: one escape, lengths in UTF-16 units, long texts in numbered parts.

HTML is the only parse mode that we use.  Tags are `b i u s a code pre blockquote tg-spoiler`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from html import escape as _escape
from html import unescape
from typing import Final, NamedTuple

from tickets.types import Letter

LIMIT: Final = 4000
"""UTF-16 units in a message: under Telegram's 4,096 whichever way it counts."""

_NUMBER: Final = 20  # units kept free for "(12/34)" and the line before it
_TOKEN: Final = re.compile(r"<[^<>]*>|&(?:#\d+|#x[0-9A-Fa-f]+|lt|gt|amp|quot);|.", re.DOTALL)
_TAG: Final = re.compile(r"<(/?)([A-Za-z-]+)")
_ENDS: Final = frozenset(".!?…。！？؟।")
_WIDE_ENDS: Final = frozenset("。！？")  # no space follows them
_JOINERS: Final = re.compile(
    "[\u0300-\u036f\u200d\ufe00-\ufe0f\u20d0-\u20ff\U0001f3fb-\U0001f3ff\U000e0020-\U000e007f]"
)


def escape(text: str) -> str:
    """Return a text in which nothing is markup."""
    return _escape(text, quote=False)


def attribute(text: str) -> str:
    """Return a text as it may stand between the quotes of an attribute."""
    return _escape(text, quote=True)


def utf16_length(text: str) -> int:
    """Return the length as Telegram counts it."""
    return len(text) + sum(1 for letter in text if letter > "\uffff")


def cut_to(text: str, limit: int) -> str:
    """Return a text of at most `limit` UTF-16 units, and "…" where something was left out."""
    if utf16_length(text) <= limit:
        return text
    return text.encode("utf-16-le")[: 2 * limit].decode("utf-16-le", "ignore") + "…"


def bold(text: str) -> str:
    """Return a text, escaped, in bold."""
    return f"<b>{escape(text)}</b>"


def plain(html: str) -> str:
    """Return what HTML shows, without its markup."""
    return "".join(token.shown for token in _tokens(html))


def letter_parts(letter: Letter, limit: int = LIMIT) -> list[str]:
    """Return a letter as messages in HTML: its subject in bold, then its words."""
    subject = " ".join(letter.subject.split())
    lines = (f"• {line[2:]}" if line.startswith("- ") else line for line in letter.text.split("\n"))
    head = f"{bold(subject)}\n\n" if subject else ""
    return split(head + escape("\n".join(lines).strip()), limit)


def split(html: str, limit: int = LIMIT) -> list[str]:
    """Return HTML as parts that fit, numbered "(1/3)" where there are several.

    It breaks between paragraphs, else lines, sentences, words; never inside a tag, an entity or a
    character, and where it can not inside a link.  Tags that are open at a break are closed and
    opened again.  Nothing but space makes no part at all.
    """
    tokens = list(_tokens(html))
    if sum(token.width for token in tokens) <= limit:
        whole = "".join(token.source for token in tokens).strip()
        return [whole] if _is_seen(tokens) else []
    pieces = [piece for piece in _pieces(tokens, limit - _NUMBER) if piece]
    return [f"{piece}\n\n({i}/{len(pieces)})" for i, piece in enumerate(pieces, 1)]


class _Token(NamedTuple):
    source: str
    shown: str  # "" for a tag
    width: int  # UTF-16 units after parsing


def _tokens(html: str) -> Iterator[_Token]:
    for found in _TOKEN.finditer(html):
        source = found[0]
        if len(source) > 1 and source[0] == "<":
            yield _Token(source, "", 0)
        else:
            shown = unescape(source) if len(source) > 1 else source
            yield _Token(source, shown, utf16_length(shown))


def _is_seen(tokens: Sequence[_Token]) -> bool:
    return any(token.shown.strip() for token in tokens)


def _pieces(tokens: Sequence[_Token], limit: int) -> Iterator[str]:
    """Yield the parts in turn, each with its tags closed."""
    at, open_tags = 0, list[str]()
    while at < len(tokens):
        end = _end(tokens, at, limit, open_tags)
        piece = tokens[at:end]
        body = "".join(token.source for token in piece).strip()
        opened = "".join(open_tags)
        open_tags = _open_after(piece, open_tags)
        closing = "".join(f"</{_name(tag)}>" for tag in reversed(open_tags))
        if _is_seen(piece):
            yield f"{opened}{body}{closing}"
        at = end


def _end(tokens: Sequence[_Token], at: int, limit: int, open_tags: Sequence[str]) -> int:
    """Return where the part that begins at `at` ends: the best break that fits."""
    width, stop = 0, at
    best: dict[int, int] = {}
    in_link = any(_name(tag) == "a" for tag in open_tags)
    while stop < len(tokens) and width + tokens[stop].width <= limit:
        token = tokens[stop]
        width += token.width
        stop += 1
        if not token.shown:
            in_link = _name(token.source) == "a" and token.source[1] != "/"
        elif not in_link and width > limit // 4:
            # A break that leaves most of a part empty is worse than one between words.
            best[_rank(tokens, stop)] = stop
    if stop == len(tokens):
        return stop
    for rank in (4, 3, 2, 1):
        if rank in best:
            return best[rank]
    # A break between two tags would end nothing; at least one character goes.
    return max(best.get(0, stop), at + 1)


def _rank(tokens: Sequence[_Token], after: int) -> int:
    """Return how good a break before `tokens[after]` is: 4 paragraph … 1 word, 0, −1 never."""
    last = tokens[after - 1].shown
    before = tokens[after - 2].shown if after > 1 else ""
    following = tokens[after].shown if after < len(tokens) else ""
    if following and (_JOINERS.match(following) or last == "\u200d"):
        return -1
    if last == "\n":
        return 4 if before == "\n" else 3
    if last in _WIDE_ENDS or (last.isspace() and before in _ENDS):
        return 2
    return 1 if last.isspace() else 0


def _open_after(piece: Sequence[_Token], open_tags: Sequence[str]) -> list[str]:
    still = list(open_tags)
    for token in piece:
        if token.shown or not token.source.startswith("<"):
            continue
        if token.source.startswith("</"):
            if still and _name(still[-1]) == _name(token.source):
                still.pop()
        else:
            still.append(token.source)
    return still


def _name(tag: str) -> str:
    found = _TAG.match(tag)
    return found[2].lower() if found else ""
