"""Bytes become text whatever their label says (docs/mail-parsing.md, charsets)."""

import pytest

from mail.charsets import clean, decode, resolve


@pytest.mark.parametrize(
    ("label", "codec"),
    [
        ("GB2312", "gb18030"),
        ("x-gbk", "gb18030"),
        ("ks_c_5601-1987", "cp949"),
        ("Shift_JIS", "cp932"),
        ("big5", "big5hkscs"),
        ("iso-8859-8-i", "iso8859-8"),
        ("x-mac-cyrillic", "mac-cyrillic"),
        ('"utf-8"', "utf-8"),
        ("utf-8; x", "utf-8"),
        ("UTF8", "utf-8"),
        ("us-ascii", ""),
        ("iso-8859-1", "cp1252"),
        ("x-unknown", ""),
        ("", ""),
        *((name, "") for name in ("hex", "rot13", "zlib", "idna", "punycode", "undefined")),
        ("unicode_escape", ""),
        ("\xff", ""),
    ],
)
def test_labels(label, codec):
    assert resolve(label) == codec


@pytest.mark.parametrize(
    ("label", "text", "codec"),
    [
        ("gb2312", "镕㐂", "gb18030"),
        ("iso-8859-1", "grün", "utf-8"),
        ("iso-8859-1", "grün “so”", "cp1252"),
        ("us-ascii", "größer", "utf-8"),
        ("windows-1252", "déjà", "utf-8"),
        ("utf-8", "déjà", "cp1252"),
        ("utf-8", "删除我的账户，谢谢您", "gb18030"),
        ("gb2312", "删除我的账户", "utf-8"),
        ("shift_jis", "①髙橋", "cp932"),
        ("euc-kr", "똠방각하", "cp949"),
        ("x-unknown", "Прошу удалить мои данные", "koi8-r"),
        ("x-unknown", "Прошу удалить мои данные", "cp1251"),
        ("", "個人資料刪除申請，請協助處理", "big5"),
        ("", "個人情報の削除をお願いします", "cp932"),
        ("", "個人情報の削除をお願いします", "euc_jp"),
        ("", "개인정보 삭제를 요청합니다", "cp949"),
        ("", "请删除我的个人信息，谢谢", "gb18030"),
        ("utf-16", "Grüße", "utf-16"),
    ],
)
def test_decodes_what_is_meant(label, text, codec):
    assert decode(text.encode(codec), label) == text


def test_hint_decides_where_nothing_else_does():
    assert decode("λόγος".encode("iso8859-7"), "", "iso-8859-7") == "λόγος"


def test_japanese_mail_with_vendor_characters():
    data = b"\x1b$B-!\x1b(B\x1b$B8D?M\x1b(B x"

    assert decode(data, "iso-2022-jp") == "①個人 x"


def test_some_damage_does_not_change_the_charset():
    data = "Überprüfung der gespeicherten Däten, bitte schön größer".encode() + b"\xff"

    assert decode(data, "utf-8").startswith("Überprüfung der gespeicherten Däten")


def test_clean_removes_nul_and_lone_surrogates():
    assert clean("a\0b\ud83dc😀") == "abc😀"
    assert decode(b"+2AE-x", "utf-7") == "x"
