"""Render HTML mail as plain text, for reading and for the classifier.

selectolax (lexbor) makes the tree, as a browser would; this module only walks it.  It is imported
late: mail with a plain body never needs it.
"""

# ruff: noqa: SIM905 - element names read best as words

from __future__ import annotations

import re
from html import unescape
from typing import TYPE_CHECKING

from mail.charsets import clean

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LIMIT = 500_000  # characters of HTML that are rendered, pictures written into it not counted
_LONGEST_LINK = 300  # characters: a longer one is tracking, not reading
DEPTH = 256  # open elements: lexbor looks through all of them at every further one

_BLOCKS = frozenset(
    "address article aside blockquote body center dd details dialog div dl dt fieldset figcaption "
    "figure footer form h1 h2 h3 h4 h5 h6 header hgroup hr li main nav ol pre section summary "
    "table tbody tfoot thead tr ul title caption".split()
)
_SPACED = frozenset("p h1 h2 h3 h4 h5 h6 ul ol pre blockquote dl".split())
_SILENT = frozenset(
    "head style script title template noscript meta link object applet svg math select textarea "
    "button iframe audio video".split()
)
_HIDDEN = re.compile(
    r"display\s*:\s*none|visibility\s*:\s*hidden|mso-hide\s*:\s*all", re.IGNORECASE
)
_BLANKS = re.compile(r"[ \t\n\r\f]+")
_MANY_LINES = re.compile(r"\n{3,}")
_NESTING = re.compile(
    r"<(/?)(?:div|span|font|b|i|u|a|em|strong|center|blockquote|table|ul|ol|dl|section|article"
    r"|small|big|tt|code|pre|form|h[1-6]|main|header|footer|details|address|s|strike|sub|sup"
    r"|del|ins|label|fieldset|button|nav|aside|o:p|[a-z]{1,10}:[a-z]{1,10})\b",
    re.IGNORECASE,
)
_DATA_URI = re.compile(r"data:[a-z/+.-]{3,40};base64,[A-Za-z0-9+/=\s]+")
_UNSEEN = re.compile(r"<(style|script|title)\b[^>]*>[^<]*", re.IGNORECASE)
_BREAKING_TAG = re.compile(
    r"</?(?:div|p|br|tr|li|h[1-6]|table|blockquote|ul|ol)\b[^<>]*>", re.IGNORECASE
)
_ANY_TAG = re.compile(r"<[^<>]*>")
_INVISIBLE = {ord(c): None for c in "\u200b\u200c\u2060\ufeff\u00ad\u034f"}


def html_to_text(html: str) -> str:
    """Return what a reader sees: paragraphs, lists, links, tables and preformatted text."""
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - 30 ms, seldom needed

    if len(html) > LIMIT:
        html = without_pictures(html)[:LIMIT]
    if is_too_deep(html):
        return _flattened(html)
    try:
        body = LexborHTMLParser(html).body
    except (ValueError, RuntimeError, TypeError):
        body = None
    if body is None:
        return ""
    text = "".join(_Renderer().render(body)).replace("\xa0", " ").translate(_INVISIBLE)
    text = "\n".join(line.rstrip(" \t") for line in text.split("\n"))
    return clean(_MANY_LINES.sub("\n\n", text).strip())


def without_pictures(html: str) -> str:
    """Return HTML without the files that are written into it; they can outweigh any words."""
    return _DATA_URI.sub("data:", html)


def is_too_deep(html: str) -> bool:
    """Tell whether elements are nested as no mail program nests them.

    Counted without a tree, because building the tree takes time with the square of its depth:
    40,000 open `div` cost 3 s, as many `ul` with `li` 20 s.  Elements that close themselves
    (`p`, `li`, `td`) are not counted.
    """
    depth = 0
    for closing in _NESTING.findall(html):
        depth += -1 if closing and depth else not closing
        if depth > DEPTH:
            return True
    return False


def _flattened(html: str) -> str:
    """Return text without building a tree: every element ends a line or nothing."""
    html = _UNSEEN.sub(" ", html)
    text = unescape(_ANY_TAG.sub("", _BREAKING_TAG.sub("\n", html)))
    lines = (_BLANKS.sub(" ", line).strip() for line in text.split("\n"))
    return clean("\n".join(filter(None, lines)))


class _Renderer:
    """Walks the tree without recursion: hostile mail nests deeper than Python's stack."""

    def __init__(self) -> None:
        self.out: list[str] = []
        self.breaks = 2  # line ends that already stand at the end of `out`
        self.needs_blank = False
        self.pre = 0
        self.lists: list[int] = []  # next number; -1 for bullets

    def render(self, root: LexborNode) -> list[str]:
        node: LexborNode | None = root
        depth = 0
        while node is not None:
            child = self._enter(node)
            if child is not None:
                node = child
                depth += 1
                continue
            while node is not None:
                self._leave(node)
                if depth == 0:
                    return self.out
                if node.next is not None:
                    node = node.next
                    break
                node = node.parent
                depth -= 1
        return self.out

    def _enter(self, node: LexborNode) -> LexborNode | None:
        """Put out what a node begins with; return its first child where it has one to visit."""
        tag = node.tag or ""
        if tag == "-text":
            self._text(node.text_content or "")
        elif tag == "br":
            self._newline()
        elif tag == "img":
            self._text((node.attributes.get("alt") or "").strip())
        elif tag not in _SILENT and not tag.startswith("-") and not _is_hidden(node.attributes):
            self._open(tag)
            return node.child
        return None

    def _open(self, tag: str) -> None:
        if tag in _SPACED:
            self._break(2)
        elif tag in _BLOCKS:
            self._break(1)
        if tag in {"ul", "ol"}:
            self.lists.append(1 if tag == "ol" else -1)
        elif tag == "li":
            self._bullet()
        elif tag == "pre":
            self.pre += 1
        elif tag == "hr":
            self._put("-" * 20)

    def _leave(self, node: LexborNode) -> None:
        tag = node.tag or ""
        if tag == "a" and not _is_hidden(node.attributes):
            self._link(node)
        elif tag in {"td", "th"}:
            self.needs_blank = self.breaks == 0
        elif tag in {"ul", "ol"} and self.lists:
            self.lists.pop()
        elif tag == "pre" and self.pre:
            self.pre -= 1
        if tag in _SPACED:
            self._break(2)
        elif tag in _BLOCKS:
            self._break(1)

    def _text(self, text: str) -> None:
        if self.pre:
            if text:
                self._put(text)
            return
        words = _BLANKS.sub(" ", text)
        if words[:1] == " ":
            words = words[1:]
            self.needs_blank = self.breaks == 0
        if not words:
            return
        trailing = words[-1] == " "
        self._put(words[:-1] if trailing else words)
        self.needs_blank = trailing

    def _put(self, text: str) -> None:
        if self.needs_blank and self.breaks == 0:
            self.out.append(" ")
        self.needs_blank = False
        if text:
            self.out.append(text)
            self.breaks = len(text) - len(text.rstrip("\n")) if text[-1] == "\n" else 0

    def _newline(self) -> None:
        self.needs_blank = False
        self.out.append("\n")
        self.breaks += 1

    def _break(self, lines: int) -> None:
        """Make sure that at least so many line ends stand here."""
        self.needs_blank = False
        if self.breaks < lines:
            self.out.append("\n" * (lines - self.breaks))
            self.breaks = lines

    def _bullet(self) -> None:
        indent = "  " * max(len(self.lists) - 1, 0)
        number = self.lists[-1] if self.lists else -1
        if number < 0:
            self._put(f"{indent}* ")
        else:
            self._put(f"{indent}{number}. ")
            self.lists[-1] = number + 1
        self.breaks = 2  # the item's own paragraph begins on this line

    def _link(self, node: LexborNode) -> None:
        """Name a link's target where the text does not."""
        target = (node.attributes.get("href") or "").strip()
        if not target.lower().startswith(("http://", "https://")) or len(target) > _LONGEST_LINK:
            return
        shown = "".join(self.out[-4:])
        if target.split("://", 1)[1].rstrip("/") not in shown:
            self.needs_blank = True
            self._put(f"<{target}>")


def _is_hidden(attributes: dict[str, str | None]) -> bool:
    if not attributes:
        return False
    if "hidden" in attributes:
        return True
    style = attributes.get("style")
    return bool(style and _HIDDEN.search(style))
