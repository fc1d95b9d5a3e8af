import pytest

from classifier.citations import find
from tickets.types import Right

CITED = [
    ("Auskunft nach Art. 15 DSGVO", [("GDPR", 15, Right.ACCESS)]),
    (
        "Articles 15 and 20 of the GDPR",
        [("GDPR", 15, Right.ACCESS), ("GDPR", 20, Right.PORTABILITY)],
    ),
    ("artykuł 17 RODO", [("GDPR", 17, Right.DELETION)]),
    ("GDPR 15. cikk", [("GDPR", 15, Right.ACCESS)]),
    ("članku 17. Opće uredbe", [("GDPR", 17, Right.DELETION)]),
    ("σύμφωνα με το άρθρο 21", [("GDPR", 21, Right.OBJECTION)]),
    ("《个人信息保护法》第四十七条", [("PIPL", 47, Right.DELETION)]),
    ("個人情報保護法第33条", [("APPI", 33, Right.ACCESS)]),
    ("개인정보 보호법 제36조", [("PIPA", 36, Right.DELETION)]),
    ("ст. 14 Федерального закона № 152-ФЗ", [("152-FZ", 14, Right.ACCESS)]),
    ("Cal. Civ. Code § 1798.105", [("CCPA", 105, Right.DELETION)]),
    ("art. 18 da LGPD", []),  # that article lists all rights
    ("Order 15 of 17 March", []),
    ("", []),
]


@pytest.mark.parametrize(("text", "expected"), CITED)
def test_an_article_is_found(text, expected):
    actual = [(one.law, one.article, one.right) for one in find(text)]

    assert actual == expected
