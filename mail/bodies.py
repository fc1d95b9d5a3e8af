"""Choose what a person reads of a mail and what is a file beside it (RFC 8621 4.1.4).

Also reads what is body but not plain text: format=flowed, uuencoded files inside the text.  HTML
is turned into text by `mail.html`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from mail.charsets import decode
from mail.structure import Part, decode_uu

_MEDIA = ("image/", "audio/", "video/")
_META_CHARSET = re.compile(
    rb"<meta[^>]{0,300}?charset\s*=\s*[\"']?\s*([\w.:-]{1,40})", re.IGNORECASE
)
_UU_BLOCK = re.compile(
    r"^begin [0-7]{3,4}(?: ([^\n]{0,255}))?\n((?:[!-`][ -`~]{1,90}\n)+)(?:[` ]?\n)?end[ \t]*$",
    re.MULTILINE,
)


@dataclass(slots=True)
class Bodies:
    """The chosen parts, in order."""

    text: list[Part] = field(default_factory=list)
    html: list[Part] = field(default_factory=list)
    files: list[Part] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class UuFile:
    """A file that was written into the text itself."""

    filename: str
    content: bytes


def choose_bodies(root: Part) -> Bodies:
    """Sort the leaves of a mail into text, HTML and files."""
    text: list[Part] = []
    html: list[Part] = []
    if root.children:
        _choose(
            root.children, root, in_alternative=_kind(root) == "alternative", text=text, html=html
        )
    else:
        _choose([root], None, in_alternative=False, text=text, html=html)
    bodies = Bodies(
        [part for part in text if part.type.startswith("text/")],
        [part for part in html if part.type == "text/html"],
    )
    leaves = root.leaves()
    if not bodies.text and not bodies.html:
        _rescue(bodies, leaves)
    chosen = {id(part) for part in (*bodies.text, *bodies.html)}
    # A text file shown in place is read and stays a file: its name was given for a reason.
    bodies.files = [
        part for part in leaves if id(part) not in chosen or part.disposition_params.get("filename")
    ]
    return bodies


def _kind(part: Part) -> str:
    return part.type.partition("/")[2]


def _choose(
    parts: list[Part],
    parent: Part | None,
    *,
    in_alternative: bool,
    text: list[Part] | None,
    html: list[Part] | None,
) -> None:
    """Follow the algorithm of RFC 8621 4.1.4; None means that a list is closed to this branch."""
    kind = _kind(parent) if parent else "mixed"
    before = len(text or ()), len(html or ())
    first = _related_root(parent) if parent and kind == "related" else 0
    for index, part in enumerate(parts):
        if part.children:
            is_inside = in_alternative or _kind(part) == "alternative"
            _choose(part.children, part, in_alternative=is_inside, text=text, html=html)
        elif _is_inline(part, is_first=index == first, is_related=kind == "related"):
            if kind == "alternative":
                text_only, html_only = part.type == "text/plain", part.type == "text/html"
                _put(part, text if text_only else None, html if html_only else None)
                continue
            if in_alternative and part.type == "text/plain":
                html = None
            elif in_alternative and part.type == "text/html":
                text = None
            _put(part, text, html)
    if kind == "alternative" and text is not None and html is not None:
        _fill_gap(text, html, before)


def _put(part: Part, *lists: list[Part] | None) -> None:
    for chosen in lists:
        if chosen is not None:
            chosen.append(part)


def _fill_gap(text: list[Part], html: list[Part], before: tuple[int, int]) -> None:
    """Let the one form that an alternative has stand for the other."""
    new_text, new_html = text[before[0] :], html[before[1] :]
    if new_html and not new_text:
        text.extend(new_html)
    elif new_text and not new_html:
        html.extend(new_text)


def _is_inline(part: Part, *, is_first: bool, is_related: bool) -> bool:
    if part.disposition == "attachment":
        return False
    is_media = part.type.startswith(_MEDIA)
    if part.type not in {"text/plain", "text/html"} and not is_media:
        return False
    return is_first or (not is_related and (is_media or not part.filename()))


def _related_root(parent: Part) -> int:
    """Return which part of a multipart/related is its root (RFC 2387 3.2).

    Without `start` it is the first; where that is an image, mailers mean the first text.
    """
    start = parent.params.get("start", "").strip("<>")
    for index, part in enumerate(parent.children):
        if start and part.content_id == start:
            return index
    for index, part in enumerate(parent.children):
        if part.children or part.type in {"text/plain", "text/html"}:
            return index
    return 0


def _rescue(bodies: Bodies, leaves: list[Part]) -> None:
    """Find a body in a mail that marks none: better a file read than words lost."""
    for part in leaves:
        if part.type in {"text/plain", "text/html"} and not part.filename():
            bodies.text.append(part)
            if part.type == "text/html":
                bodies.html.append(part)
            return
    for part in leaves:
        is_text = part.type.startswith("text/") and part.type not in {"text/calendar", "text/vcard"}
        if is_text and part.disposition != "attachment" and not part.filename():
            bodies.text.append(part)
            return


def read_text(part: Part, hint: str = "") -> str:
    """Return a text part as text, line ends LF."""
    data = part.content()
    charset = part.charset
    if part.type == "text/html" and not charset:
        found = _META_CHARSET.search(data, 0, 4096)
        charset = found.group(1).decode("ascii", "replace") if found else ""
    text = decode(data, charset, hint)
    if "\r" in text:
        text = text.replace("\r\n", "\n").replace("\r", "\n")
    if part.type == "text/plain" and part.params.get("format", "").lower() == "flowed":
        text = unflow(text, del_sp=part.params.get("delsp", "").lower() == "yes")
    return text


def unflow(text: str, *, del_sp: bool = False) -> str:
    """Join the soft line breaks of format=flowed (RFC 3676 4).

    Quoted lines stay as they came: they are not what the writer says, and the hand-wrapped ones
    of others among them would be joined wrongly.
    """
    out: list[str] = []
    is_open = False
    for line in text.split("\n"):
        if line.startswith(">"):
            out.append("\n")
            out.append(line)
            is_open = False
            continue
        content = line.removeprefix(" ")
        if not is_open:
            out.append("\n")
        is_open = content.endswith(" ") and content != "-- "
        out.append(content[:-1] if is_open and del_sp else content)
    return "".join(out)[1:]


def take_uu(text: str) -> tuple[str, list[UuFile]]:
    """Take uuencoded files out of a text; return what remains and the files."""
    if "\nend" not in text or "begin " not in text:
        return text, []
    files: list[UuFile] = []

    def take(found: re.Match[str]) -> str:
        data = decode_uu(found.group(2).encode("ascii", "replace"))
        files.append(UuFile((found.group(1) or "").strip(), data))
        return ""

    return _UU_BLOCK.sub(take, text), files
