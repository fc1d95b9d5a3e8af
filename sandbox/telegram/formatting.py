"""Text as the Bot API takes it: HTML and entities, lengths and offsets in UTF-16 units.

Only the parse mode HTML is known: our bot uses no other, and MarkdownV2 is refused on purpose.
"""

from __future__ import annotations

import re
from html import unescape
from typing import Any
from urllib.parse import urlsplit

from sandbox.telegram.parameters import fitting
from sandbox.telegram.refusals import ApiError, faulty

Json = dict[str, Any]

TEXT_LIMIT = 4096  # UTF-16 units after parsing
CAPTION_LIMIT = 1024

_TAGS = {
    **dict.fromkeys(("b", "strong"), "bold"),
    **dict.fromkeys(("i", "em"), "italic"),
    **dict.fromkeys(("u", "ins"), "underline"),
    **dict.fromkeys(("s", "strike", "del"), "strikethrough"),
    **dict.fromkeys(("span", "tg-spoiler"), "spoiler"),
    "a": "text_link",
    "blockquote": "blockquote",
    "code": "code",
    "pre": "pre",
}
_TYPES = {
    *_TAGS.values(),
    *("mention", "hashtag", "cashtag", "bot_command", "url", "email", "phone_number"),
    *("expandable_blockquote", "text_mention", "custom_emoji"),
}
_TAG_NAME = re.compile(r"[A-Za-z0-9-]+")
_ATTRIBUTE = re.compile(r"""\s+([A-Za-z-]+)(?:\s*=\s*("[^"]*"|'[^']*'|[A-Za-z0-9.-]+))?""")
_CHARACTER = re.compile(r"&(?:#\d+|#x[0-9A-Fa-f]+|lt|gt|amp|quot);?")
_FOUND = re.compile(
    r"(?P<bot_command>(?<![\w/<>])/[A-Za-z0-9_]{1,64}(?:@\w{3,32})?(?![\w/]))"
    r"|(?P<url>https?://[^\s<>\"]+[^\s<>\".,;:!?)])"
    r"|(?P<email>[\w.+-]+@[\w-]+(?:\.[\w-]+)+)"
    r"|(?P<mention>(?<!\w)@\w{4,32}\b)"
)


def units(text: str) -> int:
    """Count UTF-16 units, in which Telegram measures text."""
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def is_link(url: object) -> bool:
    """Whether Telegram takes it for a link: the host of a web address needs a dot."""
    if not isinstance(url, str):
        return False
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
    except ValueError:
        return False
    if parts.scheme == "tg":
        return True
    return parts.scheme in ("http", "https") and "." in (parts.hostname or "").strip(".")


def _unparsable(what: str) -> ApiError:
    return faulty(f"can't parse entities: {what}")


class _Html:
    """One pass over a text with tags, as strict as the real parser."""

    def __init__(self, source: str) -> None:
        self.source = source
        self.text = ""
        self.entities: list[Json] = []
        self.open: list[tuple[str, Json | None]] = []

    def parse(self) -> tuple[str, list[Json]]:
        at = 0
        while at < len(self.source):
            letter = self.source[at]
            if letter == "<":
                at = self._end_tag(at) if self.source.startswith("</", at) else self._tag(at)
            elif letter == "&" and (match := _CHARACTER.match(self.source, at)):
                self.text += unescape(match[0])
                at = match.end()
            else:
                self.text += letter
                at += 1
        if self.open:
            name = self.open[-1][0]
            raise _unparsable(f'Can\'t find end tag corresponding to start tag "{name}"')
        return self.text, [
            e for e in self.entities if e["length"] and is_link(e.get("url", "tg://"))
        ]

    def _byte(self, at: int) -> int:
        return len(self.source[:at].encode())

    def _tag(self, at: int) -> int:
        match = _TAG_NAME.match(self.source, at + 1)
        name = match[0].lower() if match else ""
        if name not in _TAGS:
            where = f"at byte offset {self._byte(at)}"
            raise _unparsable(f'Unsupported start tag "{name}" {where}')
        position = match.end() if match else at
        attributes: dict[str, str] = {}
        while attribute := _ATTRIBUTE.match(self.source, position):
            attributes[attribute[1].lower()] = unescape((attribute[2] or "").strip("\"'"))
            position = attribute.end()
        rest = re.compile(r"\s*>").match(self.source, position)
        if rest is None:
            raise _unparsable(f"Unclosed start tag at byte offset {self._byte(at)}")
        if name == "span" and attributes.get("class") != "tg-spoiler":
            where = f"at byte offset {self._byte(at)}"
            raise _unparsable(f'Tag "span" must have class "tg-spoiler" {where}')
        self.open.append((name, self._entity(name, attributes)))
        return rest.end()

    def _entity(self, name: str, attributes: dict[str, str]) -> Json | None:
        if any(outer in ("code", "pre") for outer, _ in self.open):
            return None  # nothing is formatted within code
        entity: Json = {"type": _TAGS[name], "offset": units(self.text), "length": 0}
        if name == "a":
            entity["url"] = attributes.get("href", "")
        if name == "blockquote" and "expandable" in attributes:
            entity["type"] = "expandable_blockquote"
        self.entities.append(entity)
        return entity

    def _end_tag(self, at: int) -> int:
        where = f"at byte offset {self._byte(at)}"
        match = re.compile(r"</\s*([A-Za-z0-9-]*)\s*>").match(self.source, at)
        if match is None:
            raise _unparsable(f"Unclosed end tag {where}")
        if not self.open:
            raise _unparsable(f"Unexpected end tag {where}")
        name, entity = self.open.pop()
        if match[1].lower() not in ("", name):
            found = f'expected "</{name}>", found "</{match[1].lower()}>"'
            raise _unparsable(f"Unmatched end tag {where}, {found}")
        if entity is not None:
            entity["length"] = units(self.text) - int(entity["offset"])
        return match.end()


def _checked(entities: list[Json], length: int) -> list[Json]:
    checked = [fitting("MessageEntity", entity) for entity in entities]
    for entity in checked:
        if entity["type"] not in _TYPES:
            raise _unparsable("unsupported type of entity specified")
        start, end = entity["offset"], entity["offset"] + entity["length"]
        if start < 0 or end <= start or end > length:
            raise _unparsable("entity is outside of the text")
    return checked


def _trimmed(text: str, entities: list[Json]) -> tuple[str, list[Json]]:
    lead = units(text) - units(text.lstrip())
    text = text.strip()
    end = units(text)
    kept = []
    for entity in entities:
        start = max(entity["offset"] - lead, 0)
        stop = min(entity["offset"] + entity["length"] - lead, end)
        if stop > start:
            kept.append(entity | {"offset": start, "length": stop - start})
    return text, kept


def found(text: str, taken: list[Json] | None = None) -> list[Json]:
    """Find commands, links, addresses and mentions, as clients do in what people type."""
    entities = list(taken or ())
    for match in _FOUND.finditer(text):
        start, length = units(text[: match.start()]), units(match[0])
        if not any(
            other["offset"] < start + length and start < other["offset"] + other["length"]
            for other in entities
        ):
            entities.append({"type": str(match.lastgroup), "offset": start, "length": length})
    return sorted(entities, key=lambda entity: (entity["offset"], -entity["length"]))


def formatted(
    text: str, parse_mode: str | None, entities: list[Json] | None, limit: int
) -> tuple[str, list[Json]]:
    """Parse a bot's text, within a limit in UTF-16 units; raise the server's error."""
    try:
        text.encode()
    except UnicodeEncodeError:
        raise faulty("strings must be encoded in UTF-8") from None
    if parse_mode and parse_mode.lower() != "html":
        raise faulty("unsupported parse_mode")
    if parse_mode:
        text, entities = _Html(text).parse()
    else:
        entities = _checked(entities or [], units(text))
    text, marked = _trimmed(text, entities)
    if units(text) > limit:
        what = "message is too long" if limit == TEXT_LIMIT else "message caption is too long"
        raise faulty(what)
    return text, found(text, marked)
