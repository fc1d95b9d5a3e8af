"""Read from HTML which passages are quotes: elements that mail programs put around them.

Only structure counts here (classes, ids, `type=cite`, the rule above an Outlook block), no
phrases.  Used where the plain text does not show its quotes, and as the source of the text
where a message has no plain part.  Walks the tree without recursion.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from selectolax.lexbor import LexborNode

LARGEST = 300_000  # characters of HTML looked at
_TAGS = 20_000  # more of them, and the HTML is not looked at
_DEPTH = 400  # deeper nesting costs the tree's maker quadratic time
_ANCHOR = 32  # letters by which a passage is found again in another rendering

_SIGNS = re.compile(
    r"(?i)<blockquote|moz-cite|gmail_(?:quote|attr)|yahoo_quoted|zmail_extra|divRplyFwdMsg"
    r"|appendonsend|stopSpelling|zwchr|OLK_SRC|reference-message|border-top|history_container"
    r"|name=.?quote|replymail|isReplyContent|ntes-"
)
_INSIDE = re.compile(
    r"(?i)\b(?:moz-cite-prefix|gmail_attr|yahoo_quoted|zmail_extra|tutanota_quote"
    r"|history_container|isReplyContent|isForwardContent|OLK_SRC_BODY_SECTION"
    r"|cm_replymail_content_wrap|ntes-flag-qt)\b"
)
_ONWARD = re.compile(
    r"(?i)\b(?:(?:x_)*divRplyFwdMsg|(?:x_)*appendonsend|stopSpelling|zwchr"
    r"|mail-editor-reference-message-container|ms-outlook-mobile-reference-message)\b"
)
_OUTLOOK_RULE = re.compile(
    r"(?i)border-top:\s*solid\s+(?:#?(?:E1E1E1|B5C4D[EF])|rgb\(\s*(?:181|225),)"
    r"|border-top-color:\s*rgb\(229, 229, 229\)"
)
_CITED = re.compile(r"(?i)quote|cite|history")
_LEFT_RULE = re.compile(r"(?i)border-left(?:-style|-width)?\s*:(?!\s*(?:none|0))")
_BLOCKS = frozenset(
    {
        *("address", "article", "aside", "blockquote", "body", "center", "dd", "div", "dl", "dt"),
        *("footer", "form", "h1", "h2", "h3", "h4", "h5", "h6", "header", "hr", "li", "main"),
        *("nav", "ol", "p", "pre", "section", "table", "tbody", "thead", "tr", "ul", "br"),
    }
)
_SILENT = frozenset(
    {
        *("head", "style", "script", "title", "template", "noscript", "meta", "link", "object"),
        *("svg", "select"),
    }
)
_LETTERS = re.compile(r"[\W_]+")
_SPACES = re.compile(r"[ \t\r\n\f]+")


_NESTING = re.compile(
    r"(?i)<(/?)(?!(?:p|br|li|tr|td|th|img|hr|meta|link|input|col|option|dt|dd|area|base|wbr|o:p)\b)"
    r"[a-z]"
)


@dataclass(frozen=True, slots=True)
class Passages:
    """A message's words as its HTML shows them: runs of text, each quoted or not."""

    runs: tuple[tuple[bool, str], ...]

    @property
    def text(self) -> str:
        """The whole as plain text."""
        return "".join(text for _, text in self.runs)

    def locate(self, lines: Sequence[str]) -> set[int]:
        """Return which of `lines`, another rendering of the same words, are quoted.

        Each run is looked for by its first and last letters, in order; what is not found is
        not quoted.
        """
        squeezed = [_LETTERS.sub("", line) for line in lines]
        whole = "".join(squeezed)
        spans = list(self._spans(whole))
        found: set[int] = set()
        at = k = 0
        for i, letters in enumerate(squeezed):
            end = at + len(letters)
            while k < len(spans) and spans[k][1] <= at:
                k += 1
            if letters and k < len(spans):
                covered = min(end, spans[k][1]) - max(at, spans[k][0])
                if 2 * covered > len(letters):
                    found.add(i)
            at = end
        return found

    def _spans(self, whole: str) -> Iterator[tuple[int, int]]:
        """Yield where the quoted runs lie in `whole`, which holds letters and digits only."""
        at = 0
        for is_quoted, text in self.runs:
            letters = _LETTERS.sub("", text)
            start = whole.find(letters[:_ANCHOR], at) if letters else -1
            if start < 0:
                continue
            tail = letters[-_ANCHOR:]
            last = whole.find(tail, start + len(letters) - len(tail))
            if last < 0:
                last = whole.find(tail, start)
            end = last + len(tail) if last >= 0 else start + len(letters[:_ANCHOR])
            if is_quoted:
                yield start, end
            at = end


def shows_quotes(html: str) -> bool:
    """Tell whether `html` has anything that `passages` could find; cheap."""
    return _SIGNS.search(html, 0, LARGEST) is not None


def passages(html: str) -> Passages:
    """Return the passages of `html`; of HTML that cannot be read, none."""
    html = html[:LARGEST]
    if html.count("<") > _TAGS or _is_deep(html):
        return Passages(())
    from selectolax.lexbor import LexborHTMLParser  # noqa: PLC0415 - 30 ms, seldom needed

    try:
        body = LexborHTMLParser(html).body
    except (ValueError, RuntimeError, TypeError):
        body = None
    return Passages(()) if body is None else _Walk().over(body)


def _is_deep(html: str) -> bool:
    depth = 0
    for tag in _NESTING.finditer(html):
        depth += -1 if tag[1] else 1
        if depth > _DEPTH:
            return True
    return False


class _Walk:
    """One pass over the tree, from each node to its first child or its next neighbour."""

    def __init__(self) -> None:
        self.runs: list[tuple[bool, list[str]]] = []
        self.inside = 0  # quoting elements that are open
        self.onward = False  # all from here on is quoted
        self.opened: list[bool] = []  # for each open element, whether it quotes
        self.last = ""  # the last text that is not blank

    def over(self, root: LexborNode) -> Passages:
        """Return the passages below `root`."""
        node: Any = root
        while node is not None:
            if self._enter(node):
                node = node.child
                continue
            while self.opened:
                if node.next is not None:
                    node = node.next
                    break
                node = node.parent
                self._leave(node)
            else:
                node = None
        return Passages(tuple((is_quoted, "".join(texts)) for is_quoted, texts in self.runs))

    def _enter(self, node: LexborNode) -> bool:
        """Take in `node`; tell whether its children are to be visited."""
        tag = node.tag or ""
        if tag == "-text":
            text = _SPACES.sub(" ", node.text_content or "")
            if text.strip():
                self.last = text.rstrip()
            self._put(text)
            return False
        if tag in _SILENT or tag[:1] == "-":
            return False
        attributes = node.attributes
        if not self.onward and attributes and self._continues(tag, attributes):
            self.onward = True
        quotes = tag == "blockquote" and self._is_quote(attributes)
        quotes = quotes or (bool(attributes) and tag == "div" and _wraps_quote(attributes))
        self.inside += quotes
        if tag in _BLOCKS:
            self._put("\n")
        if node.child is None:
            self.inside -= quotes
            return False
        self.opened.append(quotes)
        return True

    def _leave(self, node: LexborNode) -> None:
        if node.tag in _BLOCKS:
            self._put("\n")
        self.inside -= self.opened.pop()

    def _put(self, text: str) -> None:
        is_quoted = self.onward or self.inside > 0
        if not self.runs or self.runs[-1][0] is not is_quoted:
            self.runs.append((is_quoted, []))
        self.runs[-1][1].append(text)

    def _is_quote(self, attributes: dict[str, str | None]) -> bool:
        """Tell a quoting block from one that only indents."""
        if self.last[-1:] in (":", "：") or "cite" in attributes:
            return True
        named = f"{attributes.get('type')} {attributes.get('class')} {attributes.get('id')}"
        return bool(_CITED.search(named) or _LEFT_RULE.search(attributes.get("style") or ""))

    def _continues(self, tag: str, attributes: dict[str, str | None]) -> bool:
        named = f"{attributes.get('id')} {attributes.get('class')}"
        if _ONWARD.search(named):
            return True
        return tag == "div" and _OUTLOOK_RULE.search(attributes.get("style") or "") is not None


def _wraps_quote(attributes: dict[str, str | None]) -> bool:
    named = f"{attributes.get('id')} {attributes.get('class')}"
    return attributes.get("name") == "quote" or _INSIDE.search(named) is not None
