"""Turn the bytes of a mail into text, whatever charset they claim.

Labels in mail are often wrong in known ways: `gb2312` over gb18030, `iso-8859-1` over UTF-8,
nothing at all over 8-bit text.  This module knows those ways.  It does not know MIME: transfer
encodings and encoded words are decoded by its callers.
"""

# ruff: noqa: PLR2004, SIM905 - byte values, and lists of labels

from __future__ import annotations

import codecs
import re
from functools import lru_cache

from mail.guess import guess_legacy

_UNDECLARED = frozenset(
    "us-ascii ascii ansi "
    "ansi_x3.4-1968 ansi_x3.110-1983 iso646-us 646 8bit 7bit binary default default_charset "
    "unknown unknown-8bit x-unknown x-user-defined none null unspecified text plain".split()
)
"""Labels that say no more than "bytes": decided by the bytes themselves."""

_WESTERN = frozenset(
    "cp1252 windows-1252 x-cp1252 ansi-1252 iso-8859-1 iso8859-1 iso_8859-1 iso-latin-1 latin-1 "
    "latin1 l1 cp819".split()
)
"""Labels that programs write by default, over UTF-8 and over anything else."""

_BEYOND_WESTERN = re.compile("[\u0250-\u1fff\u2c00-\ufffc\U00010000-\U0010ffff]")
_AS_CP1252 = "mail.charsets.cp1252"

_ENOUGH = 12  # bytes beyond ASCII that are not valid in another charset by chance

_ALIASES = {
    "gb2312": "gb18030",
    "gb_2312-80": "gb18030",
    "csgb2312": "gb18030",
    "gb-2312": "gb18030",
    "euc-cn": "gb18030",
    "x-euc-cn": "gb18030",
    "gbk": "gb18030",
    "x-gbk": "gb18030",
    "cp936": "gb18030",
    "ms936": "gb18030",
    "windows-936": "gb18030",
    "chinese": "gb18030",
    "hz-gb-2312": "hz",
    "big5": "big5hkscs",
    "big-5": "big5hkscs",
    "x-x-big5": "big5hkscs",
    "cn-big5": "big5hkscs",
    "cp950": "big5hkscs",
    "ks_c_5601-1987": "cp949",
    "ks_c_5601": "cp949",
    "ksc5601": "cp949",
    "ks-c-5601": "cp949",
    "ksc_5601": "cp949",
    "euc-kr": "cp949",
    "euckr": "cp949",
    "korean": "cp949",
    "x-windows-949": "cp949",
    "windows-949": "cp949",
    "shift_jis": "cp932",
    "shift-jis": "cp932",
    "shiftjis": "cp932",
    "sjis": "cp932",
    "x-sjis": "cp932",
    "ms_kanji": "cp932",
    "windows-31j": "cp932",
    "x-euc-jp": "euc_jp",
    "iso-2022-jp": "iso2022_jp_ext",
    "iso-2022-jp-ms": "iso2022_jp_ext",
    "cp50220": "iso2022_jp_ext",
    "cp50221": "iso2022_jp_ext",
    "csiso2022jp": "iso2022_jp_ext",
    "iso-8859-8-i": "iso8859-8",
    "iso-8859-8-e": "iso8859-8",
    "iso-8859-6-i": "iso8859-6",
    "iso-8859-6-e": "iso8859-6",
    "iso-8859-9": "cp1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "windows-874": "cp874",
    "x-mac-cyrillic": "mac_cyrillic",
    "x-mac-ukrainian": "mac_cyrillic",
    "x-mac-ce": "mac_latin2",
    "x-mac-greek": "mac_greek",
    "x-mac-turkish": "mac_turkish",
    "x-mac-icelandic": "mac_iceland",
    "x-mac-roman": "mac_roman",
    "macintosh": "mac_roman",
    "koi8-ru": "koi8-u",
    "utf8": "utf-8",
    "utf8mb4": "utf-8",
    "utf_8": "utf-8",
    "utf-8-sig": "utf-8",
    "unicode-1-1-utf-8": "utf-8",
    "x-unicode-2-0-utf-8": "utf-8",
    "unicode-1-1-utf-7": "utf-7",
    "x-unicode-2-0-utf-7": "utf-7",
    "unicode": "utf-16",
    "ucs-2": "utf-16",
    "iso-10646-ucs-2": "utf-16",
}

_SECOND_TRY = {
    "euc_jp": "euc_jis_2004",
    "iso2022_jp_ext": "iso2022_jp_2004",
    "big5hkscs": "cp950",
    "cp932": "shift_jis_2004",
    "cp949": "johab",
}

_SAME = {"iso8859-1": "cp1252", "ascii": "cp1252"}
_NEVER = frozenset(
    {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "mbcs", "oem"}
)
"""Codecs of Python that are no charsets; some are slow or raise on hostile input."""

_HIGH = bytes(range(0x80, 0x100))
_LABEL = re.compile(r"[\w.:+-]{1,60}")
_UNSAFE = re.compile("[\0\ud800-\udfff]")
_JIS_ESCAPE = re.compile(rb"\x1b(\$\(?[@BDOPQ]|\([BJIH])")

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)


def clean(text: str) -> str:
    """Remove what databases and JSON refuse: NUL and lone surrogates."""
    if text.isascii():
        return text.replace("\0", "") if "\0" in text else text
    if "\0" not in text:
        try:
            text.encode()
        except UnicodeEncodeError:
            pass
        else:
            return text
    return _UNSAFE.sub("", text)


@lru_cache(maxsize=256)
def resolve(label: str) -> str:
    """Return the codec for a charset label; "" where the bytes must decide.

    An unknown label, one that is no charset and one that says nothing are alike.
    """
    found = _LABEL.search(label.lower())
    name = found.group() if found else ""
    if name in _UNDECLARED:
        return ""
    if name in _WESTERN:
        return "cp1252"
    try:
        codec = codecs.lookup(_ALIASES.get(name, name))
    except (LookupError, ValueError, UnicodeError):
        return ""
    # `_is_text_encoding` is how bytes.decode itself tells rot13 and zlib from charsets.
    is_charset = getattr(codec, "_is_text_encoding", True)
    if codec.name.replace("_", "-") in _NEVER or not is_charset:
        return ""
    return _SAME.get(codec.name) or _ALIASES.get(codec.name, codec.name)


def decode(data: bytes, label: str = "", hint: str = "") -> str:
    """Decode as the label says, as its usual misuse says, or as the bytes say; never raises.

    `hint` is a label known from elsewhere in the same mail, used for bytes without a label.
    """
    codec = resolve(label) if label else ""
    if data.isascii() and b"\x1b" not in data and b"\0" not in data:
        # Nothing but the 7-bit charsets reads ASCII bytes otherwise.
        if codec not in {"utf-7", "hz"}:
            return data.decode("ascii")
    elif b"\x1b$" in data and data.isascii() and codec in {"", "cp1252", "utf-8"}:
        return clean(_strict(data, "iso2022_jp_ext") or _japanese_mail(data))
    elif data.startswith((b"\xef\xbb\xbf", b"\xff\xfe", b"\xfe\xff")):
        for bom, name in _BOMS:
            if data.startswith(bom):
                return clean(_strict(data, name) or data.decode(name, "replace")).lstrip("\ufeff")
    text = _mislabelled(data, codec) if codec and codec != "utf-8" else None
    if text is None and codec:
        text = _strict(data, codec)
    if text is None and codec:
        text = _repaired(data, codec)
    if text is None:
        text = _undeclared(data, hint)
    return clean(text)


def _mislabelled(data: bytes, codec: str) -> str | None:
    """Decode what a wrong label would decode without complaint, where the bytes show it.

    Single-byte charsets and GB 18030 take nearly anything; UTF-8 does not.
    """
    if codec == "utf-16":  # no byte order mark: the zeros of western letters tell (RFC 2781 3.2)
        return _strict(data, "utf-16-be") if data[::2].count(0) > data[1::2].count(0) else None
    high = len(data) - len(data.translate(None, _HIGH))
    if not high or codec.startswith("utf"):
        return None
    is_western = codec == "cp1252"
    if is_western or high >= _ENOUGH:
        text = _strict(data, "utf-8")
        if text is not None:
            return text
    if is_western and high >= _ENOUGH and (guess := guess_legacy(data)):
        return _strict(data, guess)
    return None


def _strict(data: bytes, codec: str) -> str | None:
    try:
        return data.decode(codec)
    except (UnicodeError, LookupError, ValueError):
        return None


def _repaired(data: bytes, codec: str) -> str | None:
    """Decode bytes that are not quite what their label says."""
    if codec.startswith("iso2022_jp"):
        return _japanese_mail(data)
    second = _SECOND_TRY.get(codec)
    text = _strict(data, second) if second else None
    if text is not None:
        return text
    return _loosely(data, codec)


def _loosely(data: bytes, codec: str) -> str | None:
    """Decode damaged bytes: as labelled, or as what they rather are."""
    try:
        loose = data.decode(codec, "replace")
    except (UnicodeError, LookupError, ValueError):
        return None
    if codec == "utf-8" and (text := _mixed(data, loose)) is not None:
        return text
    strange = sum(byte > 0x7F for byte in data) or 1
    # A few damaged characters: the label is right.  Many: it is not.
    if loose.count("\ufffd") * 8 <= strange or codec == "cp1252":
        return loose
    for other in ("utf-8", guess_legacy(data)):
        text = _strict(data, other) if other and other != codec else None
        if text is not None:
            return text
    # Nothing but western letters stand alone like this.
    return data.decode("cp1252", "replace") if codec == "utf-8" else loose


def _mixed(data: bytes, loose: str) -> str | None:
    """Read the odd cp1252 letter that a program put into western UTF-8; None if it is none.

    In other scripts what does not fit is damage, and stays visible.
    """
    if _BEYOND_WESTERN.search(loose) or loose.count("\ufffd") > len(data) - len(loose):
        return None
    return data.decode("utf-8", _AS_CP1252)


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    """Decode what is no UTF-8 as cp1252: a handler for `codecs`."""
    if not isinstance(error, UnicodeDecodeError):
        raise error
    if error.end == len(error.object) and error.object[error.start] > 0xBF:
        return "\ufffd", error.end  # cut off inside a character
    return error.object[error.start : error.end].decode("cp1252", "replace"), error.end


codecs.register_error(_AS_CP1252, _as_cp1252)


def _undeclared(data: bytes, hint: str) -> str:
    """Decode bytes whose label says nothing."""
    text = _strict(data, "utf-8")
    if text is not None:
        return text
    codec = resolve(hint) if hint else ""
    if codec and codec != "utf-8" and (text := _strict(data, codec)) is not None:
        return text
    codec = guess_legacy(data)
    if codec and (text := _strict(data, codec)) is not None:
        return text
    loose = data.decode("utf-8", "replace")
    if loose.count("\ufffd") * 8 <= sum(byte > 0x7F for byte in data):
        return loose
    return data.decode("cp1252", "replace")


def _japanese_mail(data: bytes) -> str:
    """Decode ISO-2022-JP with the vendors' rows that Python's codec lacks (cp50221).

    The double-byte runs are moved to Shift_JIS, whose cp932 has them.
    """
    parts: list[str] = []
    mode, at = b"(B", 0
    for escape in _JIS_ESCAPE.finditer(data):
        parts.append(_jis_run(data[at : escape.start()], mode))
        mode, at = escape.group(1), escape.end()
    parts.append(_jis_run(data[at:], mode))
    return "".join(parts)


def _jis_run(run: bytes, mode: bytes) -> str:
    if mode == b"(I":
        return bytes(b | 0x80 for b in run).decode("cp932", "replace")
    if not mode.startswith(b"$"):
        return run.decode("cp932", "replace")
    out = bytearray()
    at = 0
    while at < len(run):
        high = run[at]
        if not 0x21 <= high <= 0x7E or at + 1 >= len(run):  # a line end, or noise: keep it
            out.append(high)
            at += 1
            continue
        low = run[at + 1] & 0x7F
        out.append((high + 1) // 2 + (0x70 if high < 0x5F else 0xB0))
        out.append(low + (0x1F if low < 0x60 else 0x20) if high & 1 else min(low + 0x7E, 0xFF))
        at += 2
    return out.decode("cp932", "replace")
