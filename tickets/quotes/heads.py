"""Recognise where a mail program begins to quote: the lines that it writes itself.

Four kinds, each general rather than by client: an attribution ("On … Anna wrote:"), a block
of header lines, a titled rule ("----- Original Message -----") and the rule of a helpdesk
("reply above this line").  Works on lines, looks at a bounded number of neighbours and
decides nothing about what is cut; that is `split`.
"""

import enum
import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass

from tickets.quotes import phrases
from tickets.quotes.labels import HEADER_LABELS

DASHES = "-‐‑‒–—―−─━_=*~#+|﹣－"
INVISIBLE = (
    " \t\xa0\u3000\ufeff\u200b\u200c\u200e\u200f\u202a\u202b\u202c\u202d\u202e"
    "\u2066\u2067\u2068\u2069\x0b\x0c\x1c\x1d\x1e\x1f\x85\u2028\u2029"
    "\u202f\u2060\u2061\u2062\u2063\u2064\u034f\xad"
)
LONGEST = 400  # characters of a line that a client may have written
_TRAIL = "*_ \xa0\u202c\u200e\u200f\u2069"
_COLONS = (":", "：", "։", "․", "՝", "៖")  # … Armenian (three), Khmer
_UNPUNCTUATED = ("道", "到", "씀", "글")
WINDOW = 5  # lines over which an attribution may be wrapped
_WRAPPED = 90  # characters of a line that a client may have wrapped
_FIRST_SYMBOL = "\u2600"
_RULE = 4  # characters of a drawn rule
_DASHES = 2  # at least so many before a title
_GAP = 2  # blank lines, or wrapped ones, between two lines of a header block
_PAIR = 2  # header fields that are enough with a second sign
BLOCK = 16  # lines within which a header block must be complete


class Kind(enum.Enum):
    """How a quote begins."""

    ATTRIBUTION = "attribution"  # sure by itself
    LEAD_IN = "lead-in"  # an attribution only if marked lines follow
    BLOCK = "block"
    ORIGINAL = "original"
    FORWARDED = "forwarded"
    ABOVE = "above"


@dataclass(frozen=True, slots=True)
class Head:
    """The lines `start` to `end` (exclusive) that introduce a quote."""

    kind: Kind
    start: int
    end: int


_ZEROS = (0x660, 0x6F0, 0x966, 0x9E6, 0xE50)  # Arabic, Persian, Hindi, Bengali, Thai digits
_FOLDED: dict[int, str | None] = {
    **dict.fromkeys([*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2060, 0x206A)]),
    **dict.fromkeys([0xFEFF, 0xAD, 0x34F]),
    0xA0: " ",
    0x3000: " ",
    0x202F: " ",
    0x2019: "'",
    0xFF1A: ":",
    0x130: "i",
    **{zero + n: str(n) for zero in _ZEROS for n in range(10)},
}


def fold(line: str) -> str:
    """Return `line` as phrases are compared: no case, no invisible characters, plain digits."""
    if line.isascii():
        return line.lower()
    return unicodedata.normalize("NFKC", line.translate(_FOLDED)).casefold()


def _phrases(rows: Sequence[str]) -> frozenset[str]:
    return frozenset(fold(row).strip(" :") for row in rows)


def _labels() -> dict[str, int]:
    found: dict[str, int] = {}
    for row in HEADER_LABELS.values():
        for kind, names in enumerate(row):
            for name in names.split("|"):
                key = fold(name)
                found.setdefault(key, kind)
                found.setdefault(key.replace(" ", ""), kind)
    return found


FROM, DATE, TO, COPY, SUBJECT = range(5)
_LABELS = _labels()
_LONGEST_LABEL = max(map(len, _LABELS)) + 8  # with stars and spaces around it
_ORIGINAL = _phrases(phrases.ORIGINAL)
_FORWARDED = _phrases(phrases.FORWARDED)
_ABOVE = tuple(_phrases(phrases.REPLY_ABOVE))

_PERSONS = frozenset(phrases.PERSONS.split())
_PERSONS_UNSPACED = frozenset(phrases.PERSONS_UNSPACED)
_POINTERS = tuple(map(fold, phrases.POINTERS))

_ADDRESS = re.compile(r"[\w.+%&'*/=?^`{|}~-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63}){0,8}")
_BRACKETED = re.compile(r"[<(\[«\"'][^<>()\[\]@]{0,64}@[\w.-]{1,253}\s?[>)\]»\"']")
_TIME = re.compile(
    r"(?<![\d:.])[0-2]?\d\s?[:h時时点點시]\s?[0-5]\d|(?<![\d.])[0-2]?\d\.[0-5]\d(?![.\d])"
    r"|(?<!\d)[01]?\d\s?[ap]\.?m\b"
)
_DATE = re.compile(
    r"(?<!\d)(?:(?:19|20|25|13|14)\d\d(?!\d)|\d{1,2}[./-]\s?\d{1,2}[./-]\s?\d{2,4}|\d{2}年)"
)
_VERB = re.compile(
    r"(?<!\w)(?:"
    + "|".join(
        sorted(
            {re.escape(fold(v)) for row in phrases.WROTE.values() for v in row.split("|")},
            key=len,
            reverse=True,
        )
    )
    + r")(?!\w)|"
    + "|".join(re.escape(fold(v)) for v in phrases.WROTE_UNSPACED)
)
_WORD = re.compile(r"[^\W\d_]+")
_GROUPWISE = re.compile(r">>>\s.{1,200}\s>>>")
_SUMMARY = re.compile(r".{1,80}\s---\s?\d[^-]{6,30}(?:-[^-]{1,6}){0,2}---")
_FIELD = re.compile(r"(?i)(?!received:)[^\W\d_][\w ]{1,23}\s?:\s+[^\s\d<]")
_OPENER = re.compile(
    r"(?i)(?:on|am|le|el|il(?: giorno)?|op|den|em|dnia|w dniu|v|în|pe|στις|pada|vào|în data de"
    r"|il|dne|dňa|la|data|at|в|у|на|ve|tarih|në|á|kuupäev|els?|o dia|no dia|a las)\b[\s,]"
)


def head_at(lines: Sequence[str], at: int, bare: str) -> Head | None:
    """Return the quote head that line `at` belongs to, or None.

    An attribution is found at its last line, everything else at its first.  `bare` is the
    line without the white space around it, not empty.
    """
    if len(bare) > LONGEST:
        return None
    head = _titled(lines, at, bare) if bare[0] in DASHES else None
    if head is None and _may_be_label(bare) and label_of(bare) is not None:
        head = _block(lines, at)
        if head is not None and _is_in_form(lines, at):
            head = None
    if head is None:
        head = _closed(lines, at, bare)
    return head


def groupwise_head(_lines: Sequence[str], at: int, bare: str) -> Head | None:
    """Return the head that GroupWise writes: ">>> Anna <a@b.test> 18.11.2025 15:12 >>>"."""
    if not _GROUPWISE.fullmatch(bare):
        return None
    plain = fold(bare)
    if not (_TIME.search(plain) and _DATE.search(plain)):
        return None
    return Head(Kind.ORIGINAL, at, at + 1)


def sums_up(line: str) -> bool:
    """Tell whether Notes wrote `line` above its header block: name, date and first words."""
    return "---" in line and _SUMMARY.match(line) is not None


def _may_be_label(bare: str) -> bool:
    start = bare[:_LONGEST_LABEL]
    return ":" in start or "：" in start or bare[0] in "|*"


def _closed(lines: Sequence[str], at: int, bare: str) -> Head | None:
    """Return the head that ends with this line as its punctuation shows."""
    last = bare.rstrip(_TRAIL)[-1:]
    if last in _COLONS:
        key = fold(bare).strip(" :*_>")
        if key in _FORWARDED or key in _ORIGINAL:
            return Head(Kind.FORWARDED, at, at + 1)
        return _attribution(lines, at)
    if last == ">" and bare[0].isdigit() and _BRACKETED.search(bare) and _DATE.search(bare):
        return Head(Kind.LEAD_IN, at, at + 1)  # "2013/10/22 Anna <a@b.test>"
    if last in DASHES:  # "---- On … Anna <a@b.test> wrote ----"
        said = lines[at - 1] if at and is_rule(bare) else bare
        return _attribution(lines, at) if _VERB.search(fold(said[-_WRAPPED:])) else None
    return _attribution(lines, at) if last in _UNPUNCTUATED else None


def label_of(line: str) -> int | None:
    """Return which header field `line` begins with a label of, or None."""
    head = line[:_LONGEST_LABEL].lstrip("*_|> \t\xa0\u3000\u200f\u200e\u202b\u202a\ufeff")
    ends = [at for at in (head.find(":"), head.find("："), head.find("|")) if at > 0]
    if not ends:
        return None
    name = fold(head[: min(ends)]).strip(" *_\t")
    found = _LABELS.get(name)
    if found is None and (" " in name or not name.isascii()):
        found = _LABELS.get(name.replace(" ", ""))
    return found


def has_words(line: str) -> bool:
    """Tell whether `line` says anything: a letter, a digit or an emoji."""
    return any(c.isalnum() or c >= _FIRST_SYMBOL for c in line)


def is_rule(line: str) -> bool:
    """Tell whether `line` is a drawn rule: four dashes, underscores or more, nothing else."""
    bare = line.strip(INVISIBLE)
    return len(bare) >= _RULE and not bare.strip(DASHES + " ")


def points_below(text: str) -> bool:
    """Tell whether `text` says that answers stand within what follows."""
    plain = fold(text)
    return any(_stands(pointer, plain) for pointer in _POINTERS)


def _stands(pointer: str, plain: str) -> bool:
    at = plain.find(pointer)
    if at < 0 or not pointer[0].isascii():
        return at >= 0
    end = at + len(pointer)
    return not (plain[max(at - 1, 0) : at].isalnum() or plain[end : end + 1].isalnum())


def _titled(lines: Sequence[str], at: int, bare: str) -> Head | None:
    title = bare.replace("&nbsp;", " ").strip(DASHES + INVISIBLE)
    if not title:
        return _says_above(lines, at) if is_rule(bare) else None
    if len(title) > _WRAPPED:
        return None
    key = fold(title).strip(" :")
    dashes = len(bare) - len(bare.lstrip(DASHES))
    if key in _ORIGINAL and dashes >= _DASHES:
        return Head(Kind.ORIGINAL, at, _through_block(lines, at + 1))
    if key in _FORWARDED or (dashes >= _DASHES and key.startswith("forwarded by ")):
        return Head(Kind.FORWARDED, at, _through_block(lines, at + 1))
    if dashes >= _DASHES and any(phrase in key for phrase in _ABOVE):
        return Head(Kind.ABOVE, at, at + 1)
    return None


def _says_above(lines: Sequence[str], at: int) -> Head | None:
    """Return the head of a helpdesk that writes "reply above this line" below the rule."""
    below = lines[at + 1].strip(INVISIBLE) if at + 1 < len(lines) else ""
    if not below or len(below) > _WRAPPED:
        return None
    key = fold(below)
    return Head(Kind.ABOVE, at, at + 2) if any(phrase in key for phrase in _ABOVE) else None


def _through_block(lines: Sequence[str], at: int) -> int:
    """Return the end of the header block that begins at or just below `at`, or `at`."""
    for i in range(at, min(at + 3, len(lines))):
        if lines[i].strip(INVISIBLE):
            block = (
                _block(lines, i, needed=1)
                if label_of(lines[i].strip(INVISIBLE)) is not None
                else None
            )
            return block.end if block else at
    return at


def _block(lines: Sequence[str], at: int, needed: int = 3) -> Head | None:
    """Return the header block that begins at `at` if it has `needed` different fields.

    Two are enough (sender, and a date with digits) when one of them shows an address.
    """
    kinds: dict[int, str] = {}
    end = at
    gap = 0
    for i in range(at, min(at + BLOCK, len(lines))):
        bare = lines[i].strip(INVISIBLE)
        if not bare:
            gap += 1
            if gap > _GAP:
                break
            continue
        kind = label_of(bare) if len(bare) <= 4 * LONGEST else None
        if kind is None:
            if gap or i - end > _GAP or (SUBJECT in kinds and len(kinds) > _PAIR):
                break  # a value may be wrapped; what follows a blank line is the text
            continue
        if kind in kinds and kind != COPY:
            break
        kinds[kind] = bare
        end, gap = i + 1, 0
    real = len(kinds.keys() - {COPY})
    if FROM not in kinds or real < min(needed, _PAIR):
        return Head(Kind.BLOCK, at, end) if needed == 1 and real else None
    if real >= needed:
        return Head(Kind.BLOCK, at, end)
    dated = DATE in kinds and any(c.isdigit() for c in kinds[DATE])
    if dated and (_ADDRESS.search(kinds[FROM]) or _ruled(lines, at)):
        return Head(Kind.BLOCK, at, end)
    return None


def _is_in_form(lines: Sequence[str], at: int) -> bool:
    """Tell whether the line above `at` is a field that no mail has: somebody filled in a form."""
    above = lines[at - 1].strip(INVISIBLE) if at else ""
    return _FIELD.match(above) is not None and label_of(above) is None


def _ruled(lines: Sequence[str], at: int) -> bool:
    """Tell whether the nearest line above `at` is a rule."""
    for i in range(at - 1, max(at - 4, -1), -1):
        if lines[i].strip(INVISIBLE):
            return is_rule(lines[i])
    return False


def _attribution(lines: Sequence[str], at: int) -> Head | None:
    """Return the attribution that ends at line `at`: as few lines as hold the evidence."""
    text = ""
    for start in range(at, max(at - WINDOW, -1), -1):
        bare = lines[start].strip(INVISIBLE)
        if not bare or bare[0] == ">" or len(bare) + len(text) > LONGEST:
            break
        if text and bare[-1] in _COLONS and "(" not in bare:
            break  # what ends there is another line's business
        text = f"{bare} {text}" if text else bare
        if _is_attribution(text):
            return Head(Kind.ATTRIBUTION, _reach_back(lines, start, text), at + 1)
    bare = lines[at].strip(INVISIBLE)
    if len(bare) <= LONGEST // 2 and _is_lead_in(bare):
        return Head(Kind.LEAD_IN, at, at + 1)
    return None


def _speaks_of_self(text: str) -> bool:
    """Tell whether a pronoun shows that a person wrote this line, not a mail program."""
    plain = _ADDRESS.sub("", text)
    if not plain.isascii() and not _PERSONS_UNSPACED.isdisjoint(plain):
        return True
    return not _PERSONS.isdisjoint(_WORD.findall(plain))


def _is_attribution(text: str) -> bool:
    plain = fold(text)
    timed, dated = _TIME.search(plain), _DATE.search(plain)
    if not (timed or dated) or _speaks_of_self(text):
        return False
    if _VERB.search(plain):
        return bool(timed and dated) or _BRACKETED.search(plain) is not None
    # without a verb the line must be nothing but names and dates: "15.01.2024, 10:05, Anna <a@b>:"
    ends = plain.rstrip(" :*_")[-1:]
    return _BRACKETED.search(plain) is not None and (ends in ">)]\"'»" or ends.isdigit())


def _is_lead_in(text: str) -> bool:
    if text.rstrip(_TRAIL)[-1:] not in _COLONS:
        return False
    plain = fold(text)
    if _DATE.search(plain) and _TIME.search(plain):
        return True
    return bool(_VERB.search(plain) or _ADDRESS.search(plain)) and not _speaks_of_self(text)


def _reach_back(lines: Sequence[str], start: int, text: str) -> int:
    """Return `start`, or the line above it where the attribution clearly began there."""
    above = lines[start - 1].strip(INVISIBLE) if start else ""
    if not above or above[0] == ">" or len(above) > _WRAPPED:
        return start
    plain, upper = fold(text), fold(above)
    if not _BRACKETED.search(plain) and _BRACKETED.search(upper):
        return start - 1
    if plain[0] in "<(" and _VERB.search(upper) and not _speaks_of_self(above):
        return start - 1
    alone = start == 1 or not lines[start - 2].strip(INVISIBLE)
    goes_on = upper[-1] == "," or upper[-1].isdigit()
    if alone and goes_on and _OPENER.match(upper) and not _OPENER.match(plain):
        return start - 1  # "On Monday," / "15 January 2024 at 10:05 Anna <a@b.test> wrote:"
    return start
