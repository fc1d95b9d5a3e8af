"""Find where the signature of a passage begins.

A signature is what a person or her program puts beneath every letter: a delimiter and what
follows, a device's line, a closing with a name, a card of contacts, a legal notice, the
footer of a mailing list.  Signs that need no second proof (delimiter, device) may leave
nothing above; every other sign must leave words and must have nothing but signature below.
"""

import re
from collections.abc import Sequence

from tickets.quotes import closings
from tickets.quotes.heads import DASHES, fold, has_words, is_rule

LONGEST = 40  # lines in which a signature is sought, from the bottom
_NOTICE_LEAST = 150  # bytes of a paragraph
_DELIMITED = 25  # lines that may stand below a delimiter
_CARD = 12  # lines of a card
_TALK = 2  # lines below a delimiter that may read like talk: slogans
_AFTER_DEVICE = 3  # lines that may follow a device's line
_NAME_WORDS = 4  # more words, and a line with a full stop is a sentence
_MOSTLY = 0.6
_FIRST_UNSPACED = "\u0e00"  # from Thai on: scripts without spaces, and small ones
_LONGEST_DEVICE = 100
_SHORT = 64  # characters of a line of a card

_ENDS = " ,.!*_-–—:;。，！،"
_SIGN_OFFS = frozenset(
    fold(s).strip(_ENDS) for row in closings.SIGN_OFFS.values() for s in row.split("|")
)
_FIRST_WORDS = frozenset(s.replace(",", " ").split()[0].strip(_ENDS) for s in _SIGN_OFFS)
_LONGEST_SIGN_OFF = max(map(len, _SIGN_OFFS))
_NAME = r"[^.!?;:,。！？；]{1,40}"
_DEVICE_WORDS_FIRST, _DEVICE_NAME_FIRST = (
    re.compile("|".join(f"(?:{row.replace('…', _NAME)})" for row in rows))
    for rows in (closings.DEVICE_LINES, closings.DEVICE_LINES_NAME_FIRST)
)
_DEVICE_NAME = re.compile(
    r"(?<![a-zà-ɏа-я])(?:"
    + "|".join(re.escape(fold(d)) for d in closings.DEVICES.split("|"))
    + r")"
)
_NOTICE_MUST, _NOTICE_MAY = (
    tuple(tuple(map(fold, group)) for group in groups)
    for groups in (closings.NOTICES_MUST, closings.NOTICES_MAY)
)
_NOTICE_TITLES = frozenset(fold(t) for t in closings.NOTICE_TITLES.split("|"))
_LINK = re.compile(r"<?https?://\S+>?|<mailto:\S+>|\[https?://\S+\]|\(https?://\S+\)")
_SENT_WITH_LINK = re.compile(  # the link is the program's name: "Sent using https://zoho.com/mail"
    r"([^\W\d_][^:<(\[]{3,40})\s<?https?://(?:www\.)?([\w-]{2,30})\.\S+"
)
_URL = re.compile(r"(?:https?://|www\.)\S+|^[^\s@]+\.(?:com|org|net|test|de|io|ru|cn)(?:/\S*)?$")
_PHONE = re.compile(r"\+?\(?\d[\d\s().\-–/]{6,}\d")
_MAIL = re.compile(r"[\w.+-]+@[\w-]+\.[\w.-]+")
_DASH_NAME = re.compile(r"[-–—/~]{1,2}\s?[^\W\d_][\w'’.-]*(?: [^\W\d_][\w'’.-]*){0,2}")
_POSTSCRIPT = re.compile(r"(?i)p\.?\s?s\.?[\s:,]|p\.?p\.?s|nb[:.]|ps$|ps:")
_LIST = re.compile(r"(?i)mailing list|mailman/|listinfo|list-?serv|unsubscribe|googlegroups")


def start(
    lines: Sequence[str], *, may_take_all: bool = False, has_words_above: bool = False
) -> int:
    """Return the index in `lines` at which the signature begins, or their number.

    `lines` are stripped.  With `may_take_all` something else is in the message, so that a sure
    sign may stand on the first line; with `has_words_above` these are words of the writer, so
    that any sign may.
    """
    first = max(0, len(lines) - LONGEST)
    whole = end = _trim(lines, len(lines))
    before = -1
    while end != before:
        before = end
        for rule in (_notice, _footer, _delimiter, _device, _closing, _card):
            found = rule(lines, first, end)
            if found == end:
                continue
            is_sure = rule is _device or (may_take_all and rule in _SURE)
            if has_words_above or is_sure or any(map(has_words, lines[:found])):
                end = _trim(lines, found)
    return end if end < whole else len(lines)


def _trim(lines: Sequence[str], end: int) -> int:
    while end and not lines[end - 1]:
        end -= 1
    return end


def _delimiter(lines: Sequence[str], first: int, end: int) -> int:
    """Find `-- ` and its likes, which are sure, or a longer rule above a card of contacts."""
    for i in range(first, end):
        line = lines[i]
        if not line or line.strip(DASHES):
            continue
        below = [s for s in lines[i + 1 : end] if s]
        above = next((s for s in reversed(lines[first:i]) if s), "")
        if above.endswith((":", "：")):
            continue  # what it announces is no signature
        if line in ("--", "—", "–"):
            return i if len(below) <= _DELIMITED and _is_calm(below) else end
        if len(line) > len("--") and _is_contact_card(below):
            return i
    return end


def _is_calm(below: Sequence[str]) -> bool:
    """Tell whether lines below a delimiter do not read like a letter that goes on."""
    talk = sum(1 for s in below if len(s) > _SHORT or s.endswith(("?", "？")))
    return talk <= _TALK or _is_notice("\n".join(below))


def _is_contact_card(below: Sequence[str]) -> bool:
    if len(below) == 1 and _MAIL.fullmatch(below[0]):
        return True  # Foxmail
    reachable = any(_PHONE.search(s) or _URL.search(s) for s in below)
    return reachable and ":" not in below[0] and len(below) <= _CARD and _is_card(below)


def _device(lines: Sequence[str], first: int, end: int) -> int:
    """Find a phone's or an app's line, with the name above it if that stands alone."""
    for i in range(end - 1, max(first, end - 2 * _AFTER_DEVICE) - 1, -1):
        if not is_device_line(lines[i]):
            continue
        below = [s for s in lines[i + 1 : end] if s]
        if len(below) > _AFTER_DEVICE or any(_is_sentence(s) for s in below):
            return end
        if i > 1 and not lines[i - 2] and _is_full_name(lines[i - 1]):
            return i - 1
        return i
    return end


def is_device_line(line: str) -> bool:
    """Tell whether a phone, an app or a webmail wrote `line`."""
    if not line or len(line) > 2 * _LONGEST_DEVICE or line[-1] in "?？":
        return False
    folded = fold(line)
    alone = _SENT_WITH_LINK.fullmatch(folded) if "://" in folded else None
    plain = f"{alone[1]} {alone[2]}" if alone else _LINK.sub("", folded)
    plain = plain.strip(DASHES + " .!。！\"'[]()<>*")
    if len(plain) > _LONGEST_DEVICE or not (
        _DEVICE_WORDS_FIRST.fullmatch(plain)
        or (not plain.isascii() and _DEVICE_NAME_FIRST.fullmatch(plain))
    ):
        return False
    return _DEVICE_NAME.search(plain) is not None or plain.startswith("excuse")


def _closing(lines: Sequence[str], first: int, end: int) -> int:
    """Find a polite closing, alone or with a name, above at most a card; or `-Name`, `/Name`."""
    below = 0
    for i in range(end - 1, first - 1, -1):
        line = lines[i]
        if not line:
            continue
        if is_sign_off(line):
            return i if _is_card([s for s in lines[i + 1 : end] if s]) else end
        below += 1
        if below >= _CARD or (_is_sentence(line) and not _MAIL.search(line)):
            break
    if end > 1 and not lines[end - 2] and _DASH_NAME.fullmatch(lines[end - 1]):
        above = next((s for s in reversed(lines[first : end - 2]) if s), "")
        if above and above[0] not in "-–—/~*•":
            return end - 1
    return end


def is_sign_off(line: str) -> bool:
    """Tell whether `line` is a polite closing, perhaps with a name behind it."""
    if len(line) > _LONGEST_SIGN_OFF + 40:
        return False
    plain = fold(line).strip(_ENDS)
    if plain in _SIGN_OFFS:
        return True
    words = line.replace(",", ", ").split()
    if len(words) in (2, 3) and plain.endswith(closings.AFTER_NAME) and not line.isascii():
        return len(line) <= _SHORT // 4
    first = plain.replace(",", " ").split(None, 1)
    if not first or first[0].strip(_ENDS) not in _FIRST_WORDS:
        return False
    for names in range(1, min(4, len(words))):
        head = fold(" ".join(words[:-names])).strip(_ENDS)
        if head in _SIGN_OFFS and head not in closings.NOT_BEFORE_NAME:
            return all(word[:1].isupper() for word in words[-names:])
    return False


def _is_card(below: Sequence[str]) -> bool:
    """Tell whether lines read like a card: short, no sentences, no postscript."""
    if len(below) > _CARD:
        return _is_notice("\n".join(below))
    for s in below:
        if _POSTSCRIPT.match(s):
            return False
        if _MAIL.search(s) or _PHONE.search(s) or _URL.search(s):
            if len(s) > 2 * _LONGEST_DEVICE:
                return False
        elif len(s) > _SHORT or _is_sentence(s) or _is_talk(s):
            return False
    return True


def _is_sentence(line: str) -> bool:
    """Tell whether `line` reads like part of a letter and not of a card."""
    if len(line) > 2 * _SHORT or line[-1:] in ("?", "!", "？", "！", "。"):
        return True
    return line[-1:] in (".", "…") and len(line.split()) > _NAME_WORDS


def _is_talk(line: str) -> bool:
    """Tell whether `line`, though without a stop, has mostly words that no card has."""
    words = line.split()
    if len(words) < _NAME_WORDS:
        return len(line) > _SHORT // 3 and line[:1] >= _FIRST_UNSPACED
    small = sum(1 for word in words if word[:1].islower())
    return small > _MOSTLY * len(words)


def _is_full_name(line: str) -> bool:
    return len(line.split()) in (2, 3) and line.istitle() and line.replace(" ", "").isalpha()


def _card(lines: Sequence[str], first: int, end: int) -> int:
    """Find a last paragraph that is a name with a site and another contact below a full stop."""
    top = end
    while top > first and lines[top - 1]:
        top -= 1
    block = lines[top:end]
    above = _trim(lines, top)
    if len(block) not in range(3, _CARD) or not above or lines[above - 1][-1] in ":：,，":
        return end
    if not _is_card(block) or _URL.search(block[0]) or ":" in block[0]:
        return end
    has_site = any(_URL.search(s) and not _MAIL.search(s) for s in block)
    has_other = any(_MAIL.search(s) or _PHONE.search(s) for s in block)
    return top if has_site and has_other else end


def _footer(lines: Sequence[str], first: int, end: int) -> int:
    """Find what a mailing list adds below its rule."""
    for i in range(end - 1, max(first, end - _CARD) - 1, -1):
        if is_rule(lines[i]):
            below = lines[i + 1 : end]
            return i if any(_LIST.search(s) for s in below) else end
    return end


def _is_notice(text: str) -> bool:
    """Tell whether `text` speaks as legal notices do, and never of the writer herself.

    It must speak of secrecy, of the addressee and of "this message", and say what is to be
    done or not to be done with it.
    """
    if len(text.encode(errors="replace")) < _NOTICE_LEAST:
        return False
    plain = fold(text[: 10 * LONGEST * LONGEST])
    if not all(any(word in plain for word in group) for group in _NOTICE_MUST):
        return False
    if not any(word in plain for group in _NOTICE_MAY for word in group):
        return False
    return closings.NOT_IN_NOTICES.isdisjoint(plain.split())


def _notice(lines: Sequence[str], first: int, end: int) -> int:
    """Find a legal notice, with its title and the rule above it."""
    found = bottom = end
    while bottom > first and (found < end or end - bottom <= _CARD):
        top = bottom
        while top > first and lines[top - 1]:
            top -= 1
        if _is_notice(" ".join(lines[top:bottom])):
            found = top
        elif found < end:
            break
        bottom = _trim(lines, top)
    if found == end:
        return end
    above = _trim(lines, found)
    if above and fold(lines[above - 1]).strip(" :*") in _NOTICE_TITLES:
        found = above = _trim(lines, above - 1)
    return above - 1 if above and is_rule(lines[above - 1]) else found


_SURE = (_notice, _delimiter, _device, _footer)
