import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.addresses import normalise_address


@pytest.mark.parametrize(
    ("spelled", "expected"),
    [
        ("anna@example.org", "anna@example.org"),
        ("  Anna.Example@EXAMPLE.Org. ", "anna.example@example.org"),
        ("anna@Bücher.example", "anna@xn--bcher-kva.example"),
        ("anna@BU\u0308CHER.example", "anna@xn--bcher-kva.example"),
        ("anna@XN--BCHER-KVA.example", "anna@xn--bcher-kva.example"),
        ("用户@例子.test", "用户@xn--fsqu00a.test"),
        ("用户@例子。test", "用户@xn--fsqu00a.test"),
        ("ａｎｎａ＠ｅｘａｍｐｌｅ．ｏｒｇ", "anna@example.org"),
        ("Anna+Shop@example.org", "anna+shop@example.org"),
        ("a@b@example.org", "a@b@example.org"),
        ('"A B"@example.org', '"a b"@example.org'),
        ("anna@[192.0.2.1]", "anna@[192.0.2.1]"),
        ("anna@under_score.example", "anna@under_score.example"),
        ("ÅSA@example.org", "åsa@example.org"),
        ("A\u030aSA@example.org", "åsa@example.org"),
        ("Nobody", "nobody"),
        ("", ""),
        ("@", "@"),
    ],
)
def test_one_spelling(spelled, expected):
    assert normalise_address(spelled) == expected


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("strasse@example.org", "straße@example.org"),
        ("anna@strasse.example", "anna@straße.example"),
        ("mike@example.org", "mıke@example.org"),
        ("fi@example.org", "\ufb01@example.org"),
        ("anna@example.org", "anna+x@example.org"),
        ("anna@example.org", "an.na@example.org"),
    ],
)
def test_two_mailboxes_never_become_one(one, other):
    assert normalise_address(one) != normalise_address(other)


@given(st.text() | st.text(alphabet="aB@.-ßİ\u0308＠。xn\udcff\u200b֑ا"))
def test_garbage_is_taken_as_it_comes(text):
    once = normalise_address(text)

    assert normalise_address(once) == once
