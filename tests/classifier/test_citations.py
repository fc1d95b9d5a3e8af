import time

import pytest

from classifier import laws
from classifier.citations import find
from regimes.regime import all_regimes
from tickets.types import Right

CITED = [
    ("Auskunft nach Art. 15 DSGVO", ["GDPR 15 access"]),
    ("Articles 15 and 20 of the GDPR", ["GDPR 15 access", "GDPR 20 portability"]),
    ("Articles 15, 17 und 20 DSGVO", ["GDPR 15 access", "GDPR 17 deletion", "GDPR 20 portability"]),
    ("artykuł 17 RODO", ["GDPR 17 deletion"]),
    ("GDPR 15. cikk", ["GDPR 15 access"]),
    ("az általános adatvédelmi rendelet 15. és 17. cikke", ["GDPR 15 access", "GDPR 17 deletion"]),
    ("tietosuoja-asetuksen 15 artiklan nojalla", ["GDPR 15 access"]),
    ("članku 17. Opće uredbe", ["GDPR 17 deletion"]),
    ("BDAR 15 straipsnį", ["GDPR 15 access"]),
    ("σύμφωνα με το άρθρο 21", ["GDPR 21 objection"]),
    ("na základě čl. 7 odst. 3 GDPR", ["GDPR 7 3 withdraw_consent"]),
    ("Art. 7 Abs. 3 und Art. 21", ["GDPR 7 3 withdraw_consent", "GDPR 21 objection"]),
    ("lid 3 van artikel 7 AVG", ["GDPR 7 3 withdraw_consent"]),
    ("¿En qué se basa? Artículo 17.1.b) del RGPD", ["GDPR 17 1 b deletion"]),
    ("l'article 20 du RGPD", ["GDPR 20 portability"]),
    ("Art. 16 - 18 DSGVO", ["GDPR 16 rectification", "GDPR 17 deletion", "GDPR 18 restriction"]),
    ("Art. 15ff. DSGVO", ["GDPR 15 access"]),
    ("my rights under Articles 15 to 22 GDPR", []),  # whoever cites all names none
    ("los artículos 15 a 22 del RGPD", []),
    ("podle čl. 15 a 17 GDPR", ["GDPR 15 access", "GDPR 17 deletion"]),
    ("KVKK'nın 11'inci maddesi (e) bendi", ["KVKK 11 e deletion"]),
    ("KVKK m. 11/1-e uyarınca", ["KVKK 11 1 e deletion"]),
    ("按照个保法45条", ["PIPL 45 access"]),
    ("المادة ١٧ من اللائحة العامة لحماية البيانات", ["GDPR 17 deletion"]),
    ("ARTICLE 17 GDPR", ["GDPR 17 deletion"]),
    ("Article 15(²) GDPR, art. ² GDPR", ["GDPR 15 ² access"]),
    ("GDPR第17条", ["GDPR 17 deletion"]),
    ("第十七条 GDPR", ["GDPR 17 deletion"]),
    ("GDPR अनुच्छेद १५", ["GDPR 15 access"]),
    ("gdpr 17", ["GDPR 17 deletion"]),
    ("GDPR 15 days ago I asked", []),
    ("Article 22A UK GDPR", ["GDPR 22a automated_decision"]),
    ("Article 12(3) GDPR", []),
    ("ст. 14 Федерального закона № 152-ФЗ", ["152-FZ 14 access"]),
    ("ч. 2 ст. 21 закона о персональных данных", ["152-FZ 21 2 rectification"]),
    ("статті 16 Закону України", ["2297-VI 16 access"]),
    ("п. 5 ч. 2 ст. 8 Закону № 2297-VI", ["2297-VI 8 5 2 objection"]),
    ("art. 18 da LGPD", []),  # that article lists all rights
    ("art. 18, incisos I e V, da LGPD", ["LGPD 18 i v access", "LGPD 18 i v portability"]),
    ("inciso VI do art. 18 da Lei nº 13.709/2018", ["LGPD 18 vi deletion"]),
    ("LGPD, arts. 8º, § 5º, e 19", ["LGPD 8 5 withdraw_consent", "LGPD 19 access"]),
    ("Kanun'un 11. maddesinin (d) bendi", ["KVKK 11 d rectification"]),
    ("KVKK'nın 11. maddesinin birinci fıkrasının (e) bendi", ["KVKK 11 e deletion"]),
    ("《个人信息保护法》第四十七条第一款", ["PIPL 47 1 deletion"]),
    ("第45条第3款", ["PIPL 45 3 portability"]),
    ("個人資料保護法第十一條第三項", ["TW PDPA 11 3 deletion"]),
    ("《私隱條例》第18條", ["PDPO 18 access"]),
    ("個人情報の保護に関する法律第三十四条第1項", ["APPI 34 1 rectification"]),
    ("제35조의2에 따라", ["PIPA 35-2 portability"]),
    ("개인정보 보호법 37조의2", ["PIPA 37-2 automated_decision"]),
    ("제36조", ["PIPA 36 rectification", "PIPA 36 deletion"]),
    ("Pasal 8 Undang-Undang Pelindungan Data Pribadi", ["UU PDP 8 deletion"]),
    ("theo khoản 5 Điều 9 Nghị định 13/2023/NĐ-CP", ["Decree 13 9 5 deletion"]),
    ("ตามมาตรา ๓๓", ["PDPA TH 33 deletion"]),
    ("seksyen 34 Akta 709", ["PDPA MY 34 rectification"]),
    ("לפי סעיף 13 לחוק הגנת הפרטיות", ["חוק הגנת הפרטיות 13 access"]),
    ("artículo 14 de la Ley 25.326", ["25.326 14 access"]),
    ("art. 15 LOPDGDD", ["LOPDGDD 15 deletion"]),
    ("§ 34 BDSG", ["BDSG 34 access"]),
    ("Section 45 of the Data Protection Act 2018", ["DPA 2018 45 access"]),
    ("Civil Code section 1798.120", ["CCPA 120 opt_out"]),
    ("§§ 1798.105 and 1798.121", ["CCPA 105 deletion", "CCPA 121 limit_sensitive_use"]),
    # the law that is named has the number
    (
        "article 15 du RGPD et article 51 de la loi Informatique et Libertés",
        ["GDPR 15 access", "Informatique et Libertés 51 deletion"],
    ),
    ("gemäß Art. 15 DSGVO sowie § 35 BDSG", ["GDPR 15 access", "BDSG 35 deletion"]),
    ("GDPR Art. 17; LGPD art. 20", ["GDPR 17 deletion", "LGPD 20 automated_decision"]),
    ("nach Art. 25 DSG. Auch Art. 32 Abs. 1", ["FADP 25 access", "FADP 32 1 rectification"]),
    ("Căn cứ Điều 16. Theo Nghị định 13/2023/NĐ-CP", ["Decree 13 16 deletion"]),
    # another law's number is none of ours
    ("nach § 15 UWG", []),
    ("art. 15 § 3 k.p.k.", []),
    ("ст. 21 УПК РФ", []),
    ("l'article 77-1-1 du code de procédure pénale", []),
    ("art. 15 da Lei 12.830/2013", []),
    ("刑事訴訟法第197条第2項", []),
    ("Section 17 of our contract", []),
    # no citations
    ("Order 15 of 17 March", []),
    ("update to app 12.1, article number 4417", []),
    ("its 3rd article costs 15 euro", []),
    ("", []),
]  # fmt: skip

LETTERS = {
    "au_privacy": ("I request access under APP 12 of the Privacy Act 1988.", "APP 12 access"),
    "br_lgpd": (
        "Requeiro a eliminação dos meus dados com base no art. 18, VI, da LGPD.",
        "LGPD 18 vi deletion",
    ),
    "ca_pipeda": ("Please correct it, PIPEDA Principle 4.9.5.", "PIPEDA 4 9 5 rectification"),
    "ca_qc_law25": (
        "L'accès, article 27 de la Loi sur la protection des renseignements personnels.",
        "Law 25 27 access",
    ),
    "ch_fadp": ("Ich verlange Auskunft gestützt auf Art. 25 DSG.", "FADP 25 access"),
    "cn_app_rules": ("依《App违法违规收集使用个人信息行为认定方法》第六条,请注销账号。", None),
    "cn_gbt35273": ("按 GB/T 35273-2020 第8.3条请删除我的信息。", "GB/T 35273 8 3 deletion"),
    "cn_pipl": ("依据《个人信息保护法》第四十六条请求更正。", "PIPL 46 rectification"),
    "eu_gdpr": (
        "Na podstawie art. 20 ust. 1 RODO proszę o przeniesienie danych.",
        "GDPR 20 1 portability",
    ),
    "in_dpdp": ("DPDP अधिनियम की धारा ११ के तहत जानकारी दीजिए।", "DPDP 11 access"),
    "jp_appi": ("個人情報保護法第33条第1項に基づき開示を請求します。", "APPI 33 1 access"),
    "kr_pipa": (
        "개인정보 보호법 제35조에 따라 열람을 요구합니다.",
        "PIPA 35 access",
    ),
    "sg_pdpa": ("Please let me see my data under section 21 of the PDPA.", "PDPA 21 access"),
    "tr_kvkk": (
        "KVKK madde 7 uyarınca verilerimin silinmesini talep ederim.",
        "KVKK 7 deletion",
    ),
    "uk_gdpr": ("Under Article 18 UK GDPR please restrict processing.", "GDPR 18 restriction"),
    "us_ca_ccpa": ("Delete it, Cal. Civ. Code § 1798.105(a).", "CCPA 105 a deletion"),
    "za_popia": ("I object in terms of section 69 of POPIA.", "POPIA 69 objection"),
}


def told(text):
    return [f"{one.law} {one.article} {one.right.value}" for one in find(text)]


@pytest.mark.parametrize(("text", "expected"), CITED)
def test_an_article_is_found(text, expected):
    assert told(text) == expected


@pytest.mark.parametrize("code", sorted({regime.code for regime in all_regimes()} - {"default"}))
def test_every_regimes_articles_are_known(code):
    sentence, expected = LETTERS[code]

    assert told(sentence) == ([expected] if expected else [])


def test_every_regimes_names_are_known():
    known = laws.names()
    unknown = {
        regime.code
        for regime in all_regimes()
        if regime.hints.citations and not any(known.law_in(name) for name in regime.hints.citations)
    }

    assert unknown == set()


def test_a_citation_says_where_it_stands():
    (one,) = find("Guten Tag, Auskunft nach Art. 15 DSGVO bitte")

    assert (one.at, one.phrase, one.right) == (25, "Art. 15", Right.ACCESS)


@pytest.mark.parametrize(
    "text",
    [
        "Art. ",
        "Art. 15, ",
        "1, 2, ",
        "15-",
        "lei nº 13",
        "bgb. Art. 15. ",
        "第十七条",
        "(a) § 1 ",
        "abs. 3 ",
        "1",
        "a",
        ". \"'",
    ],
)
def test_hostile_text_takes_no_longer_than_its_length(text):
    short, long = (text * (size // len(text)) for size in (10_000, 100_000))
    find(short)

    spent = [_seconds(short), _seconds(long)]

    assert spent[1] < 30 * spent[0] + 0.5


def _seconds(text):
    began = time.process_time()
    find(text)
    return time.process_time() - began
