"""The data: what every regime must say, and what a file with a mistake is told."""

import re
from importlib.resources import files

import pytest

from regimes.calendars import calendar
from regimes.events import EventType
from regimes.regime import (
    LETTERS,
    LetterKind,
    RegimeError,
    Right,
    Standing,
    all_regimes,
    codes,
    load,
    parse,
)
from tickets.types import RIGHTS_OF
from tickets.types import Right as DeskRight

HOUSE = (files("regimes") / LETTERS).read_text(encoding="utf-8")
REGIMES = {regime.code: regime for regime in all_regimes()}
EVERY = pytest.mark.parametrize("regime", REGIMES.values(), ids=list(REGIMES))


def source(code):
    return (files("regimes") / "data" / f"{code}.toml").read_text(encoding="utf-8")


def periods(regime):
    for clock in regime.clocks:
        yield from filter(None, (clock.acknowledge, clock.answer, clock.extension, clock.target))


def test_the_table_of_the_specification_is_whole():
    assert set(codes()) == {
        *("cn_pipl", "cn_gbt35273", "cn_app_rules", "eu_gdpr", "uk_gdpr", "us_ca_ccpa"),
        *("br_lgpd", "ca_pipeda", "ca_qc_law25", "sg_pdpa", "jp_appi", "kr_pipa", "in_dpdp"),
        *("au_privacy", "ch_fadp", "za_popia", "tr_kvkk", "default"),
    }


def test_rights_are_the_desks_rights_and_each_has_an_intent():
    assert set(Right) == set(DeskRight)
    assert {right for rights in RIGHTS_OF.values() for right in rights} == set(DeskRight)


@EVERY
def test_each_figure_has_its_source(regime):
    for period in periods(regime):
        if period.standing is Standing.SEEN:
            assert period.sources
            assert all(re.fullmatch(r"S\d+", name) for name in period.sources)
        if period.standing is Standing.OURS:
            assert "ours" in period.article


@EVERY
def test_each_right_has_something_to_work_to(regime):
    for right in Right:
        clock = regime.clock(right)
        assert clock.answer or clock.target
        assert clock.answer or clock.says


@EVERY
def test_an_extension_says_when_and_why_it_may_be_used(regime):
    for clock in regime.clocks:
        if clock.extension:
            assert clock.answer
            assert "new_date" in clock.extension.notice
            extension = {block.code for block in regime.blocks(LetterKind.EXTENSION)}
            assert set(clock.extension.notice) <= extension


@EVERY
def test_a_refusal_names_reasons_and_where_to_go(regime):
    refusal = {block.code for block in regime.blocks(LetterKind.REFUSAL)}

    assert refusal >= {
        *("what_is_refused", "refusal_reasons", "legal_ground", "what_is_done_instead"),
        *("complaint_route", "court_route", "review_route"),
    }


@EVERY
def test_every_letter_has_blocks_and_their_facts_exist(regime):
    facts = regime.facts_for()
    for kind in LetterKind:
        blocks = regime.blocks(kind)
        assert blocks
        assert len({block.code for block in blocks}) == len(blocks)
        assert all(facts[name] for block in blocks for name in block.facts)


@EVERY
def test_rules_speak_of_events_that_exist(regime):
    names = {name for rule in regime.starts for name in (rule.asked, *rule.arrived)}
    names |= {name for rule in regime.pauses for name in (rule.asked, rule.answered)}

    assert names <= set(EventType)


@EVERY
def test_grounds_have_their_own_codes(regime):
    grounds = [ground.code for ground in regime.grounds]

    assert len(set(grounds)) == len(grounds)
    assert regime.grounds_for(Right.DELETION)
    assert "no_match" in grounds  # the house's own vocabulary is everywhere


@EVERY
def test_hints_are_there_and_the_calendar_exists(regime):
    assert regime.code == "default" or regime.hints.citations
    assert calendar(regime.calendar)


def test_the_statutes_article_stands_in_the_houses_place():
    refusal = load("eu_gdpr").blocks(LetterKind.REFUSAL)

    assert [b.code for b in refusal][:3] == ["reference", "what_is_refused", "refusal_reasons"]
    assert next(b for b in refusal if b.code == "refusal_reasons").article == "GDPR 12(4)"


def test_facts_take_the_authority_of_the_country():
    eu = load("eu_gdpr")

    assert eu.facts_for("fr")["authority"].endswith("(CNIL)")
    assert eu.facts_for("FR")["court"] == eu.facts_for()["court"]
    assert set(eu.facts.by_country) == set(eu.hints.countries)


def test_an_unknown_regime_is_named_with_those_there_are():
    with pytest.raises(RegimeError, match=r"mars_law: no such regime; there are au_privacy, .*"):
        load("mars_law")


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        ("count = 30", "count = 0", "clocks.0.answer.count: Input should be greater than 0"),
        ('unit = "day"', 'unit = "weeks"', "clocks.0.answer.unit: Input should be 'month'"),
        ("[clocks.answer]", "[clocks.reply]", "clocks.0.reply: Extra inputs are not permitted"),
        ("access =", "acess =", "rights.acess.[key]: Input should be 'access'"),
        ('law = "', 'lwa = "', "facts.law: Field required"),
        ("[[fees]]", "[[fees", "not TOML"),
        ("[[clocks]]", '[[clocks]]\nrights = ["access"]', "the one for all others"),
    ],
)
def test_a_mistake_is_named_with_its_place(old, new, problem):
    text = source("tr_kvkk")
    assert old in text

    with pytest.raises(RegimeError) as caught:
        parse(text.replace(old, new, 1), house=HOUSE)

    assert problem in str(caught.value)


def test_a_right_has_one_clock_only():
    text = source("cn_app_rules").replace('rights = ["deletion", ', 'rights = ["account_cancel", ')

    with pytest.raises(RegimeError, match="rights with two clocks: account_cancel"):
        parse(text, house=HOUSE)


def test_an_extension_has_a_count_with_its_unit():
    text = source("sg_pdpa").replace("[clocks.extension]", "[clocks.extension]\ncount = 60")

    with pytest.raises(RegimeError, match="count and unit go together"):
        parse(text, house=HOUSE)
