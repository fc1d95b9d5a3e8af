"""Read `Content-Type` and `Content-Disposition` with their parameters (RFC 2045 5.1, RFC 2231).

Common violations are understood: unquoted values with blanks, encoded words in file names, raw
8-bit names, missing semicolons, continuations in any order.
"""

from __future__ import annotations

import re
from urllib.parse import unquote_to_bytes

from mail.charsets import decode
from mail.headers import FIELD_LIMIT, decode_words, one_line

_PARAMETER = re.compile(
    r'(?:^|[;\s"])\s*([^\s=;"<>()]{1,80})\s*=[ \t]*(?:"((?:[^"\\]+|\\.)*+)(?:"|\Z)|([^;]*))'
)
_SEGMENT = re.compile(r"([^*]+)(?:\*(\d{1,3}))?(\*?)")
_CHARSET = re.compile(r"([^']{0,60})'[^']{0,60}'")
_ESCAPED = re.compile(r'\\(["\\])')
_FULL_VALUE = frozenset({"name", "filename"})
_PATH = re.compile(
    r"^(?:[A-Za-z]:[\\/]|[\\/]|\.\.?[\\/]).*[\\/]|^(?:[A-Za-z]:[\\/]|[\\/]|\.\.?[\\/])"
)

Parameters = dict[str, str]


def parse_parameters(value: bytes) -> tuple[str, Parameters]:
    """Return the value in lower case and its parameters, bytes kept as Latin-1.

    RFC 2231 values are decoded; a plain one becomes a file name by `file_name`.
    """
    text = value[:FIELD_LIMIT].decode("latin-1")
    if ";" not in text and "=" not in text:
        return text.strip().lower(), {}
    main, _, rest = text.partition(";")
    if "=" in main:
        # The semicolon is missing: `application/pdf name="x.pdf"`.
        first, _, more = main.strip().partition(" ")
        main, rest = (first, f"{more};{rest}") if "=" not in first else ("", text)
    plain: Parameters = {}
    pieces: dict[str, dict[int, tuple[bool, str]]] = {}
    for match in _PARAMETER.finditer(rest):
        key, quoted, token = match.groups()
        key = key.lower()
        if quoted is not None:
            content = _ESCAPED.sub(r"\1", quoted) if "\\" in quoted else quoted
        else:
            content = token.strip()
            if key not in _FULL_VALUE and not key.startswith(("name*", "filename*")):
                content = content.split(None, 1)[0] if content else ""
        if "*" not in key:
            plain.setdefault(key, content)
        elif segment := _SEGMENT.fullmatch(key):
            name, index, star = segment.groups()
            # `name*` without a number stands before the numbered pieces.
            pieces.setdefault(name, {}).setdefault(int(index or 0), (bool(star), content))
    for name, parts in pieces.items():
        plain[name] = _joined(parts)
    return main.strip().lower(), plain


def _joined(parts: dict[int, tuple[bool, str]]) -> str:
    """Join an RFC 2231 value; its decoded text is put back as UTF-8 bytes in Latin-1."""
    charset = ""
    data = b""
    is_extended = False
    for index, (is_encoded, content) in sorted(parts.items()):
        if not is_encoded:
            data += content.encode("latin-1")
            continue
        is_extended = True
        label = _CHARSET.match(content) if index == 0 else None
        charset = label.group(1) if label else charset
        data += unquote_to_bytes(content[label.end() if label else 0 :].encode("latin-1"))
    if is_extended:
        data = decode(data, charset).encode("utf-8", "replace")
    return data.decode("latin-1")


def file_name(value: str, hint: str = "") -> str:
    """Make a parameter's value a file name as a person reads it, without directories."""
    if not value:
        return ""
    name = decode(value.encode("latin-1", "replace"), "", hint)
    if "=?" in name:
        name = decode_words(name)
    name = one_line(name)
    return _PATH.sub("", name)[-255:] if "/" in name or "\\" in name else name[-255:]
