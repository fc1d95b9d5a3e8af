import itertools
import sqlite3

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.stopwords import STOP_WORDS
from vault.tokens import MAX_TERM, MAX_TERMS, blind_tokens, fold, query_tokens, tokens

TERMS = [
    # words, case, accents
    ("Please DELETE my account", {"delete", "account"}),
    ("Löschen Sie Müllers Straße", {"loschen", "mullers", "strasse"}),
    ("la suppression du café naïf, c'est l'œuvre", {"suppression", "cafe", "naif", "oeuvre"}),
    ("el año, ¿mañana?", {"ano", "manana"}),
    ("cancellazione perché città", {"cancellazione", "citta"}),
    ("exclusão da informação", {"exclusao", "informacao"}),
    ("verwijder mijn gegevens", {"verwijder", "gegevens"}),
    ("Usuńcie żółte łóżko", {"usuncie", "zolte", "lozko"}),
    ("Удалите мои данные, ёлка и йод", {"удалите", "данные", "елка", "йод"}),
    ("обов’язок її", {"обов", "язок"}),
    ("обовʼязок її", {"обов", "язок"}),
    ("verilerimi siliniz, IĞDIR ılık", {"verilerimi", "siliniz", "igdir", "ilik"}),
    ("hapus data pribadi", {"hapus", "data", "pribadi"}),
    ("xoá dữ liệu", {"xoa", "lieu"}),
    ("أُرِيدُ حَذْفَ بياناتي", {"اريد", "حذف", "بياناتي"}),
    ("मेरा डेटा हटाएँ।", {"डेटा", "हटाएँ"}),
    ("ΔΙΑΓΡΑΦΉ διαγραφή ΟΔΟΣ οδός", {"διαγραφη", "οδοσ"}),
    ("soft\u00adhyphen zero\u200bwidth", {"softhyphen", "zerowidth"}),
    ("ＦＵＬＬ ｗｉｄｔｈ ﬁle", {"full", "width", "file"}),
    ("a b c 1 2 3 — … !", set()),
    # scripts written without spaces
    ("删除个人信息", {"删除", "除个", "个人", "人信", "信息"}),
    ("王 小 明", {"王", "小", "明"}),
    ("個人情報の削除", {"個人", "人情", "情報", "報の", "の削", "削除"}),
    ("ﾊﾟｽﾜｰﾄﾞ", {"パス", "スワ", "ワー", "ード"}),
    ("개인정보 삭제", {"개인", "인정", "정보", "삭제"}),
    ("我的iPhone手机", {"我", "的", "iphone", "手机"} - {"我", "的"}),
    # references, numbers, addresses
    ("re EJ-7K3F-9Q", {"re", "ej7k3f9q", "ej", "7k3f", "9q"}),
    ("am 12.03.2026", {"12032026", "12", "03", "2026"}),
    ("٢٠٢٦", {"2026"}),
    ("+49 (0)30 123 45 67", {"49301234567", "49", "30", "123", "45", "67"}),
    (
        "mail <Anna.Example@Mail.example.org>, ok",
        {"mail", "anna.example@mail.example.org", "anna", "example", "org", "ok"},
    ),
    ("邮箱anna@example.org谢谢", {"邮箱", "anna@example.org", "anna", "example", "org"}),
    ("well-known e-mail", {"well", "known", "mail"}),
]


@pytest.mark.parametrize(("text", "expected"), TERMS)
def test_terms_of_a_text(text, expected):
    assert tokens(text) == expected


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("Müller", {"muller"}),
        ("the", set()),
        ("EJ-7K3F-9Q", {"ej7k3f9q"}),
        ("ej7k3f9q", {"ej7k3f9q"}),
        ("anna@EXAMPLE.org account", {"anna@example.org", "account"}),
        ("030/123 45-67", {"0301234567"}),
        ("个人信息", {"个人", "人信", "信息"}),
    ],
)
def test_terms_of_a_query(query, expected):
    assert query_tokens(query) == expected


@pytest.mark.parametrize(
    ("query", "text"),
    [
        ("muller", "Sehr geehrter Herr Müller"),
        ("MÜLLER", "muller"),
        ("7K3F", "Ticket EJ-7K3F-9Q"),
        ("ej7k3f9q", "Ticket EJ-7K3F-9Q"),
        ("example.org", "Anna <anna@example.org>"),
        ("anna", "anna.beispiel@example.org"),
        ("+49 30 1234567", "Tel. +49 (0)30 123 45-67"),
        ("个人信息", "请删除我的个人信息。"),
        ("情報", "個人情報の削除"),
    ],
)
def test_a_query_finds_the_text(query, text):
    assert query_tokens(query)
    assert query_tokens(query) <= tokens(text)


anything = st.text() | st.text(alphabet="aé1 .-_/@+()字カ가क़ि\u0301\u200dİß٣ก้", max_size=60)


@given(anything)
def test_every_text_is_found_by_itself(text):
    assert query_tokens(text) <= tokens(text)


@given(anything)
def test_folding_twice_is_folding_once(text):
    assert fold(fold(text)) == fold(text)


@given(anything)
def test_terms_hold_no_space_and_keep_to_their_length(text):
    for term in tokens(text):
        assert term == "".join(term.split())
        assert 1 <= len(term) <= MAX_TERM


def test_terms_are_limited_in_length_and_number():
    assert tokens("x" * 500) == query_tokens("x" * 300) == {"x" * MAX_TERM}
    assert len(tokens(" ".join(f"word{n}" for n in range(MAX_TERMS * 2)))) == MAX_TERMS


@pytest.mark.parametrize(
    "pattern", ["a", "a@", "1 ", "1-", "é", "字", "a.", ".", "(", "+(1", "@a."]
)
def test_no_text_takes_long(pattern):
    tokens(pattern * 200_000)
    query_tokens(pattern * 200_000)


def test_names_of_rights_are_no_stop_words():
    rights = "access delete deletion rectify object privacy data personal account information"

    assert not STOP_WORDS & set(rights.split())


async def test_blind_terms_are_sorted_short_words(vault):
    terms = tokens("Please delete the account of Anna Example")
    blind = blind_tokens(vault, terms)

    assert blind == sorted(blind)
    assert len(set(blind)) == len(terms)
    assert all(len(term) == 16 and term.isalnum() and term == term.lower() for term in blind)
    assert set(blind_tokens(vault, query_tokens("ANNA"))) < set(blind)


async def test_texts_of_a_batch_share_what_was_made_blind(vault):
    known: dict[str, str] = {}
    texts = ["Please delete the account of Anna", "Anna asks about her account", ""]

    together = [blind_tokens(vault, tokens(text), known) for text in texts]

    assert together == [blind_tokens(vault, tokens(text)) for text in texts]
    assert known.keys() == frozenset.union(*map(tokens, texts))


async def test_blind_terms_work_in_fts5(vault):
    connection = sqlite3.connect(":memory:")
    connection.execute("create virtual table found using fts5(terms, detail=none)")
    for text in ("delete Anna", "access Boris", "删除个人信息"):
        terms = " ".join(blind_tokens(vault, tokens(text)))
        connection.execute("insert into found (terms) values (?)", (terms,))

    def search(query):
        match = " AND ".join(blind_tokens(vault, query_tokens(query)))
        rows = connection.execute("select rowid from found where found match ?", (match,))
        return list(itertools.chain(*rows))

    assert [search(query) for query in ("ANNA", "access boris", "anna boris", "个人")] == [
        [1],
        [2],
        [],
        [3],
    ]
    connection.close()
