"""Which regimes a clue brings up, and what the earliest of them demands."""

import time
from datetime import date
from zoneinfo import ZoneInfo

import pytest

from regimes.candidates import CONTROLLER, Clues, Strength, candidates, earliest
from regimes.deadlines import Event, EventType
from regimes.regime import Right, codes

SHANGHAI = ZoneInfo("Asia/Shanghai")


def found(**clues):
    """Return the candidates apart from those that are always there."""
    always = {*CONTROLLER, "default"}
    return [c.regime for c in candidates(Clues(**clues)) if c.regime not in always]


def test_without_a_clue_the_house_and_the_controllers_law():
    every = candidates(Clues())

    assert [c.regime for c in every] == ["default", *CONTROLLER]
    assert not any(c.is_established for c in every)
    assert all(c.reason for c in every)


@pytest.mark.parametrize(
    ("text", "regimes"),
    [
        ("I make this request under Art. 15 GDPR.", ["eu_gdpr"]),
        ("Auskunft nach Art. 15 DSGVO", ["eu_gdpr"]),
        ("en vertu du RGPD", ["eu_gdpr"]),
        ("under the UK GDPR", ["uk_gdpr"]),
        ("under the UK-GDPR and the Data Protection Act 2018", ["uk_gdpr"]),
        ("under GDPR and CCPA", ["eu_gdpr", "us_ca_ccpa"]),
        ("com base na LGPD", ["br_lgpd"]),
        ("KVKK 11. madde", ["tr_kvkk"]),
        ("個人情報保護法第33条", ["jp_appi"]),
        ("개인정보 보호법 제35조", ["kr_pipa"]),
        ("Section 23 of POPIA", ["za_popia"]),
        ("根据GDPR第15条", ["eu_gdpr"]),
        ("under the\nUK\n GDPR", ["uk_gdpr"]),
        ("I complained to the ICO", ["uk_gdpr"]),
        ("under gdpr", ["eu_gdpr"]),
        ("my GDPRs", []),
        ("your favicon.ico is broken", []),
        ("please look at the picture", []),
    ],
)
def test_a_cited_law_is_a_candidate(text, regimes):
    every = candidates(Clues(text=text))

    assert sorted(found(text=text)) == regimes
    assert sorted(c.regime for c in every if c.is_established) == regimes


def test_the_prc_is_established_by_its_law():
    first = candidates(Clues(text="根据《个人信息保护法》第四十七条"))[0]

    assert (first.regime, first.strength) == ("cn_pipl", Strength.CITED)
    assert first.reason == "cites 个人信息保护法"


@pytest.mark.parametrize(
    ("residence", "regimes"),
    [
        ("DE", ["eu_gdpr"]),
        ("de", ["eu_gdpr"]),
        ("Germany", ["eu_gdpr"]),
        ("GB", ["uk_gdpr"]),
        ("US-CA", ["us_ca_ccpa"]),
        ("US-NY", []),
        ("US", ["us_ca_ccpa"]),
        ("CA", ["ca_pipeda", "ca_qc_law25"]),
        ("CA-QC", ["ca_pipeda", "ca_qc_law25"]),
        ("CA-ON", ["ca_pipeda"]),
        ("NZ", []),
        ("Atlantis", []),
        ("魁北克", ["ca_qc_law25"]),
    ],
)
def test_a_stated_residence_is_established(residence, regimes):
    assert sorted(found(residence=residence)) == regimes
    first = candidates(Clues(residence=residence))[0]
    assert first.is_established
    assert first.reason == f"residence stated: {residence}"


@pytest.mark.parametrize(
    ("text", "regimes"),
    [
        ("As a California resident I want", ["us_ca_ccpa"]),
        ("I am a resident of the Netherlands.", ["eu_gdpr"]),
        ("I live in South Africa", ["za_popia"]),
        ("Ich wohne in der Schweiz", ["ch_fadp"]),
        ("J'habite au Québec", ["ca_qc_law25"]),
        ("J’habite en France", ["eu_gdpr"]),
        ("加拿大居民", ["ca_pipeda", "ca_qc_law25"]),
        ("I live in Germanytown", []),
        ("Moro no Brasil", ["br_lgpd"]),
        ("我住在新加坡", ["sg_pdpa"]),
        ("日本在住です", ["jp_appi"]),
        ("한국에 거주하고 있습니다", ["kr_pipa"]),
        ("I bought it in Germany", []),
        ("he lives in a house", []),
    ],
)
def test_a_residence_is_read_from_the_text(text, regimes):
    assert sorted(found(text=text)) == regimes


def test_a_residence_silences_guesses_but_not_a_cited_law():
    clues = {"phone": "+81 3 1234", "languages": ("ja",), "residence": "DE"}

    assert found(**clues) == ["eu_gdpr"]
    assert found(**clues, text="under the CCPA") == ["us_ca_ccpa", "eu_gdpr"]


def test_guesses_come_in_the_order_of_their_worth():
    every = candidates(
        Clues(
            phone="0049 30 1234567",
            mail_domain="post.example.ch",
            languages=("tr",),
            channel_languages=("ja",),
        )
    )

    assert [(c.regime, c.reason) for c in every[:4]] == [
        ("eu_gdpr", "telephone +49"),
        ("ch_fadp", "mail domain .ch"),
        ("tr_kvkk", "writes tr"),
        ("jp_appi", "channel says ja"),
    ]
    assert not any(c.is_established for c in every)
    assert "default" in {c.regime for c in every}


def test_a_tag_covers_its_regions_and_no_other_language():
    assert "eu_gdpr" in found(languages=("de-AT",))
    assert found(languages=("dez",)) == []
    assert found(languages=("zh-Hant",)) == []
    assert candidates(Clues(languages=("zh-Hans-CN",)))[0].reason == "writes zh-Hans-CN"


def test_each_regime_is_named_once():
    every = candidates(
        Clues(text="GDPR, DSGVO", phone="+49", mail_domain="a.de", languages=("de",))
    )

    assert len({c.regime for c in every}) == len(every)


def test_every_other_regime_can_be_found():
    for code in codes():
        if code != "default":
            from regimes.regime import load  # noqa: PLC0415

            hints = load(code).hints
            assert code in {c.regime for c in candidates(Clues(residence=hints.countries[0]))}


def received(day):
    return [Event(EventType.RECEIVED, on=date.fromisoformat(day))]


def test_the_earliest_of_each_date():
    found = earliest(
        ["eu_gdpr", "us_ca_ccpa", "default"], Right.ACCESS, received("2026-06-01"), zone=SHANGHAI
    )

    assert found.acknowledge_due == date(2026, 6, 4)  # default: 2, 3, 4 June
    assert found.respond_due == date(2026, 7, 1)
    assert found.internal_due == date(2026, 6, 28)
    assert found.extendable_until == date(2026, 7, 31)  # default: 60 days, before 90 and 3 months
    assert {step.sentence.split()[0] for step in found.why} == {
        "[eu_gdpr]",
        "[us_ca_ccpa]",
        "[default]",
    }


def test_who_knows_no_extension_forbids_it_to_the_others():
    found = earliest(["eu_gdpr", "kr_pipa"], Right.ACCESS, received("2026-06-01"), zone=SHANGHAI)

    assert found.respond_due == date(2026, 6, 11)
    assert found.extendable_until is None


def test_a_law_without_a_number_leaves_the_others_theirs():
    found = earliest(["jp_appi", "eu_gdpr"], Right.ACCESS, received("2026-06-01"), zone=SHANGHAI)

    assert found.respond_due == date(2026, 7, 1)
    assert found.extendable_until == date(2026, 9, 1)
    assert found.target_due == found.work_by == date(2026, 6, 15)


def test_each_regime_counts_with_its_own_calendar():
    gb = earliest(["uk_gdpr"], Right.ACCESS, received("2026-11-25"), zone=SHANGHAI)
    cn = earliest(["cn_app_rules"], Right.DELETION, received("2026-09-28"), zone=SHANGHAI)
    eu = earliest(["eu_gdpr"], Right.ACCESS, received("2026-04-01"), zone=SHANGHAI)

    assert gb.respond_due == date(2026, 12, 29)
    assert cn.respond_due == date(2026, 10, 23)
    assert eu.respond_due == date(2026, 5, 1)  # whose holidays is unsettled: none


def test_no_candidate_no_date():
    found = earliest(["cn_pipl"], Right.ACCESS, received("2026-06-01"), zone=SHANGHAI)

    assert (found.acknowledge_due, found.respond_due, found.internal_due) == (None, None, None)
    assert found.work_by == date(2026, 6, 15)


def test_a_flood_of_names_costs_no_flood_of_time():
    text = "GDPR UK GDPR I live in nowhere resident " * 20_000
    begin = time.process_time()
    regimes = found(text=text)

    assert regimes == ["uk_gdpr", "eu_gdpr"]
    assert time.process_time() - begin < 10
