"""Find our own marker in a mail that answers one of our letters or tells that it did not arrive.

Bounces come to the envelope's sender, which names the letter behind a plus where a probe has shown
that such an address arrives (mail/plus.py).

In a letter itself the token stands where mail clients leave it alone.  Clients drop `data-*`
attributes (Gmail, Outlook), prefix ids and classes (Gmail: `m_-123x`), turn `<a name>` into
bookmarks (Outlook) and drop hidden elements; what all of them keep is the target of a link, and
what plain quotes keep is a visible word.  So a letter carries `ejet-mark-TOKEN` as often as it
likes, in any of these places, and this module finds it in all of them:

- `<a name="ejet-mark-TOKEN" id="ejet-mark-TOKEN"></a>` at the top of the HTML part;
- `#ejet-mark-TOKEN` as the fragment of a link of the letter (the surest place);
- `ejet-mark-TOKEN` as a word of its own on the letter's last line, in text and HTML;
- `data-ejet="TOKEN"`, for clients that keep it.

TOKEN is 12 to 90 of `A-Z a-z 0-9 _ -`; a short one (at most 60) is not broken by line wrapping.
"""

from __future__ import annotations

import re

_PLUS = re.compile(r"\+(b[a-z2-7]{39})@", re.IGNORECASE)
_MARK = re.compile(r"ejet-mark-([A-Za-z0-9_-]{12,90})|data-ejet=[\"']?([A-Za-z0-9_-]{12,90})")


def find_marker(*bodies: str) -> str:
    """Return the first token found in the bodies, or ""."""
    for body in bodies:
        if "ejet" in body:
            found = _MARK.search(body)
            if found:
                return found.group(1) or found.group(2)
    return ""


def find_address_word(*recipients: str) -> str:
    """Return the word of ours behind the plus of an address, or ""."""
    for recipient in recipients:
        if found := _PLUS.search(recipient):
            return found.group(1)
    return ""
