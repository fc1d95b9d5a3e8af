"""Guess the charset of 8-bit text that names none.

The features are those that hold for a single line, such as a raw subject: which byte pairs are
there at all, and which of them are the frequent letters of their script.  UTF-8 is not guessed
here: whoever asks has found that it does not fit.
"""

# ruff: noqa: PLR2004 - byte values and thresholds, each beside what it is about

from __future__ import annotations

import re

_SAMPLE = 20_000  # bytes: more does not change the answer

_GB_PAIR = re.compile(rb"[\xa1-\xfe][\xa1-\xfe]")
_GB_COMMON = re.compile(rb"[\xa1\xa3\xb0-\xd7][\xa1-\xfe]")
_HANGUL = re.compile(rb"[\xb0-\xc8][\xa1-\xfe]")
_EUC_KANA = re.compile(rb"[\xa4\xa5][\xa1-\xf6]")
_SJIS_PAIR = re.compile(rb"[\x81-\x9f\xe0-\xfc][\x40-\x7e\x80-\xfc]")
_SJIS_KANA = re.compile(rb"\x82[\x9f-\xf1]|\x83[\x40-\x96]|\x81[\x40-\x5b]")
_BIG5_PAIR = re.compile(rb"[\xa1-\xf9][\x40-\x7e\xa1-\xfe]")
_BIG5_COMMON = re.compile(rb"(?:[\xa4-\xc6][\x40-\x7e\xa1-\xfe])|(?:\xa1[\x40-\x7e\xa1-\xfe])")
_RUN = re.compile(rb"[\x80-\xff]+")


def guess_legacy(data: bytes) -> str:
    """Return a codec's name, or "" where western text or nothing is as likely."""
    data = data[:_SAMPLE]
    runs = _RUN.findall(data)
    high = sum(map(len, runs))
    if not high:
        return ""
    east = _east_asian(data, runs, high)
    if east:
        return east
    # Western letters stand alone among ASCII ones; other scripts come in whole words.
    if high / len(runs) < 2.5:
        return ""
    return _single_byte(data)


def _east_asian(data: bytes, runs: list[bytes], high: int) -> str:
    gb_pairs = len(_GB_PAIR.findall(data))
    if gb_pairs * 2 >= high * 0.9 and all(len(run) % 2 == 0 for run in runs[:-1]):
        if len(_EUC_KANA.findall(data)) >= gb_pairs * 0.25 and _decodes(data, "euc_jp"):
            return "euc_jp"
        korean = len(_HANGUL.findall(data)) >= gb_pairs * 0.97
        if korean and high / len(runs) <= 11 and b" " in data and _decodes(data, "cp949"):
            return "cp949"
        if len(_GB_COMMON.findall(data)) >= gb_pairs * 0.85 and _decodes(data, "gb18030"):
            return "gb18030"
    sjis = len(_SJIS_PAIR.findall(data))
    if sjis and len(_SJIS_KANA.findall(data)) >= sjis * 0.3 and _decodes(data, "cp932"):
        return "cp932"
    big5 = len(_BIG5_PAIR.findall(data))
    if (
        big5 > 1
        and len(_BIG5_COMMON.findall(data)) >= big5 * 0.85
        and high / big5 > 1.2
        and _decodes(data, "big5hkscs")
        and max(map(len, runs)) > 2
    ):
        return "big5hkscs"
    return ""


def _single_byte(data: bytes) -> str:
    """Tell the Cyrillic charsets apart by where their small letters are."""
    low_half = sum(0xC0 <= byte <= 0xDF for byte in data)
    high_half = sum(byte >= 0xE0 for byte in data)
    letters = low_half + high_half
    if letters < 3 or letters < sum(byte > 0x7F for byte in data) * 0.8:
        return ""
    return "koi8-r" if low_half > high_half else "cp1251"


def _decodes(data: bytes, codec: str) -> bool:
    """Tell whether the sample fits, but for a character cut off at its end."""
    try:
        data.decode(codec)
    except UnicodeDecodeError as error:
        return len(data) >= _SAMPLE and error.start >= len(data) - 4
    return True
