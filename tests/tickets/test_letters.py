"""A letter holds every block that any candidate law demands, or it is not written."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from helpdesk.letters import SAMPLE
from regimes.regime import LetterKind, all_regimes
from templates.rendering import Templates
from tests.tickets.conftest import COMPANY
from tickets.letters import FACTS, HOUSE, MAY_BE_EMPTY, IncompleteLetter, Letters, mandatory
from tickets.settings import DeskConfig, DeskSettings
from tickets.types import LetterOrder, Right

TEMPLATES = Templates()
AT = datetime(2026, 11, 2, 23, 30, tzinfo=UTC)  # the third in Shanghai


@pytest.fixture
def desk() -> Letters:
    return Letters(TEMPLATES.render, DeskConfig(COMPANY, (), DeskSettings()))


def write(desk: Letters, kind: str, *blocks: str, **kwargs):
    given = {"reference": "EJ-7K3F-9Q", "language": "en", "received_at": AT, **kwargs}
    return desk.write(LetterOrder(kind, blocks), **given)


@pytest.mark.parametrize("regime", [one.code for one in all_regimes()])
@pytest.mark.parametrize("kind", list(LetterKind))
def test_every_block_of_a_regime_is_mandatory(kind, regime):
    (law,) = (one for one in all_regimes() if one.code == regime)

    wanted = mandatory(kind, (regime,), (Right.ACCESS,))

    assert sorted(wanted) == sorted(block.code for block in law.blocks(kind))


def test_several_candidates_make_the_union_in_reading_order():
    assert mandatory("refusal", ("uk_gdpr", "tr_kvkk"), (Right.ACCESS,)) == (
        "reference",
        "what_is_refused",
        "refusal_reasons",
        "legal_ground",
        "what_is_done_instead",
        "complaint_route",
        "court_route",
        "review_route",
        "complain_to_us",
        "complaint_terms",
    )
    assert mandatory("identity_request", ("cn_pipl", "eu_gdpr"), (Right.ACCESS,))[:2] == (
        "reference",
        "reasonable_doubt",
    )


def test_without_a_regime_the_houses_own_holds():
    assert mandatory("refusal") == mandatory("refusal", ("default",))


def test_a_receipt_that_exercises_no_right_is_short():
    assert mandatory("acknowledgement") == HOUSE["acknowledgement"]
    assert "expected_date" in mandatory("acknowledgement", (), (Right.ACCESS,))


def test_what_was_ordered_stands_before_the_closing(desk):
    letter = write(desk, "acknowledgement", "desk.reference", "support.next", "desk.human_contact")

    assert letter.text == (
        "Hello,\n\n"
        "Thank you for writing to us. Your message has arrived. Its reference is EJ-7K3F-9Q; "
        "please name it when you write to us about this again.\n\n"
        "Your message reached us on 3 November 2026.\n\n"
        "As we understand it, you need help with one of our products or services. "
        "What happens next: a person looks at it and answers you.\n\n"
        "This is an automatic receipt. A person reads every message. To add something, simply "
        "reply to this message. You can also write to support@desk.test or call "
        "+86 150 8821 0909.\n\n"
        "EJET Co., Ltd.\n"
    )


def test_a_letter_without_a_fact_is_refused(desk):
    facts = {name: value for name, value in SAMPLE.items() if name != "reasons"}

    with pytest.raises(IncompleteLetter, match="'reasons' is undefined") as caught:
        write(desk, "refusal", rights=(Right.DELETION,), facts=facts)

    assert caught.value.kind == "refusal"


@pytest.mark.parametrize("empty", ["", (), [], None])
def test_an_empty_fact_is_a_missing_one(desk, empty):
    facts = {**SAMPLE, "processing": empty}

    with pytest.raises(IncompleteLetter, match="'processing' is undefined"):
        write(desk, "completed_access", rights=(Right.ACCESS,), regimes=("eu_gdpr",), facts=facts)
    assert write(desk, "completed_access", rights=(Right.ACCESS,), facts=facts).text


def test_one_line_for_a_list_is_a_list_of_one(desk):
    facts = {**SAMPLE, "deleted": "your account"}

    text = write(desk, "completed_deletion", rights=(Right.DELETION,), facts=facts).text

    assert "\n- your account\n" in text


def test_what_may_be_empty_says_what_that_means(desk):
    facts = {**SAMPLE, **dict.fromkeys(MAY_BE_EMPTY, "")}

    deletion = write(desk, "completed_deletion", rights=(Right.DELETION,), facts=facts).text
    refusal = write(desk, "refusal", rights=(Right.ACCESS,), regimes=("br_lgpd",), facts=facts).text

    assert "Nothing else is kept" in deletion
    assert "There was nobody to whom" in deletion
    assert "we do nothing else with your data" in refusal
    assert "nobody but us is responsible" in refusal


def test_an_unknown_letter_is_refused(desk):
    with pytest.raises(IncompleteLetter):
        write(desk, "love_letter")


def test_a_refusal_names_ground_authority_and_court_of_each_candidate(desk):
    text = write(
        desk,
        "refusal",
        rights=(Right.DELETION,),
        regimes=("eu_gdpr", "cn_pipl", "cn_app_rules"),
        country="de",
        facts=SAMPLE,
    ).text

    assert "- Regulation (EU) 2016/679 (GDPR): GDPR 17(3)(b)\n" in text
    assert ": PIPL 47\n" in text
    assert "Bundesbeauftragte für den Datenschutz" in text
    assert "GDPR 79" in text
    assert text.count("Cyberspace Administration of China") == 1  # two regimes, one authority


def test_a_ground_of_the_house_cites_no_article(desk):
    facts = {**SAMPLE, "ground": "suspected_fraud"}

    text = write(desk, "refusal", rights=(Right.ACCESS,), regimes=("eu_gdpr",), facts=facts).text

    assert "asking in this person's name.\n\nWhat we do instead" in text


@pytest.mark.parametrize(
    ("kind", "regimes", "right", "said"),
    [
        ("identity_request", ("uk_gdpr",), Right.ACCESS, "begins when your confirmation"),
        ("identity_request", ("us_ca_ccpa",), Right.ACCESS, "goes on running"),
        ("identity_request", ("eu_gdpr",), Right.ACCESS, "goes on running"),
        ("identity_request", ("uk_gdpr", "eu_gdpr"), Right.ACCESS, "goes on running"),
        ("clarification", ("uk_gdpr",), Right.ACCESS, "stands still"),
        ("clarification", ("uk_gdpr",), Right.DELETION, "goes on running"),
        ("clarification", ("uk_gdpr", "eu_gdpr"), Right.ACCESS, "Where the law of the United"),
    ],
)
def test_a_question_says_what_it_does_to_the_clock(desk, kind, regimes, right, said):
    text = write(desk, kind, rights=(right,), regimes=regimes, facts=SAMPLE).text

    assert said in text


def test_a_date_is_promised_only_where_one_was_given(desk):
    without = write(desk, "acknowledgement", rights=(Right.ACCESS,)).text
    named = write(
        desk, "acknowledgement", rights=(Right.ACCESS,), facts={"expected_on": date(2026, 12, 3)}
    ).text

    assert "as soon as we can give it, and within the time that the law allows us" in without
    assert "You will have our answer by 3 December 2026 at the latest." in named


def test_an_opt_out_needs_no_proof_and_its_receipt_says_so(desk):
    assert "do not have to verify" in write(desk, "acknowledgement", rights=(Right.OPT_OUT,)).text
    both = write(desk, "acknowledgement", rights=(Right.OPT_OUT, Right.ACCESS)).text
    assert "do not have to verify" not in both


@pytest.mark.parametrize("kind", sorted({*LetterKind, *HOUSE}))
def test_a_preview_shows_what_is_missing(desk, kind):
    letter = desk.preview(
        LetterOrder(kind),
        reference="EJ-7K3F-9Q",
        language="zh-Hans",
        received_at=AT,
        rights=(Right.DELETION,),
        regimes=("uk_gdpr",),
    )

    shown = [name for name in FACTS if f"[{name}]" in letter.text]
    assert letter.language == "zh-Hans"
    assert shown or kind in {
        "complaint_received", "not_proven", "withdrawn", "authority_receipt", "authority_request",
        "directory_mismatch",
    }  # fmt: skip


def test_a_hostile_fact_stays_text(desk):
    facts = {**SAMPLE, "reasons": '<img src=x onerror="y">\nBcc: eve@other.test'}

    letter = write(desk, "refusal", rights=(Right.DELETION,), facts=facts)

    assert "<img" not in letter.html
    assert "&lt;img" in letter.html
    assert "\n" not in letter.subject


def test_a_language_of_ours_is_written_and_another_falls_back(desk):
    assert write(desk, "acknowledgement", language="zh-TW").language == "zh-Hant"
    assert write(desk, "acknowledgement", language="de").language == "en"


@pytest.mark.parametrize("language", ["en", "zh-Hans", "zh-Hant"])
def test_who_acts_for_another_is_asked_for_what_fits(desk, language):
    letters = {
        role: write(
            desk,
            "authority_request",
            rights=(Right.ACCESS,),
            language=language,
            facts={"acting_as": role},
        ).text
        for role in ("agent", "parent", "heir", "lawyer")
    }

    assert len(set(letters.values())) == 4
