"""What the desk refuses is said to agents in words, in their language; no code is left over."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import tickets.acting
from bot.forum import work
from bot.forum.work import WHY, reason
from regimes.regime import Right, all_regimes
from templates.phrases import Phrases
from tests.bot.test_forum_agents import alert, press
from tests.bot.test_forum_agents import ann as _ann
from tests.bot.test_forum_agents import ticket as _ticket
from tests.bot.test_forum_topics import texts
from tickets.choices import Choices
from tickets.models import Request
from tickets.outcomes import FIRST

ann, ticket = _ann, _ticket
PHRASES = Phrases()
ROOT = Path(tickets.acting.__file__).parent
REACHED = (
    *("acting", "banning", "choices", "conversation", "findings", "moving", "outcomes"),
    *("proof", "proof_limits", "asking", "challenges", "requests", "scene", "joining"),
)
ELSEWHERE = {
    "no_such_term",  # a forged button: stale
    "no_such_work",  # ticked off in the console
    "not_by_hand",
    "reason_missing",
    "no_such_message",  # split and merge: the console's
    "nothing_linked",
    "nothing_to_split",
    "nothing_would_stay",
    "not_same_person",
    "same_ticket",
    "unknown_regime",  # dates and laws: the console's
    "before_receipt",
    "not_for_entry",
    "not_happened_yet",
    "not_allowed",
}
"""Codes that no word or button of a forum leads to."""
PHRASED = {"open_requests", "changed_meanwhile", "too_late", "nothing_to_undo", "agent_disabled"}


def raised(path: Path) -> set[str]:
    """Return the codes that a module raises as they stand there."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.args:
            first = node.args[0]
            names = ("Refusal", "NotAllowed", "InvalidTransition")
            if node.func.id in names and isinstance(first, ast.Constant):
                found.add(first.value)
    return found


def test_every_refusal_has_words():
    forum = Path(work.__file__).parent
    modules = [ROOT / f"{name}.py" for name in REACHED] + list(forum.glob("*.py"))
    codes = set().union(*map(raised, modules), FIRST.values()) - {"wrong_place"}

    assert {code for code in codes - ELSEWHERE - PHRASED if reason(code) == "unknown"} == set()
    assert set() == ELSEWHERE & WHY


def test_families_of_codes_have_words():
    assert reason("no_extension_under_cn_pipl") == "no_extension"
    assert reason("received_to_fulfilled") == "move"
    assert reason("something_new") == "unknown"


@pytest.mark.parametrize("language", PHRASES.languages)
def test_each_reason_fits_into_an_alert(language):
    shown = {PHRASES.text(language, f"desk.why.{one}") for one in (*WHY, "unknown")}
    whole = [PHRASES.text(language, "desk.said.refused", why=why) for why in shown]

    assert len(shown) == len(WHY) + 1
    assert max(map(len, whole)) <= 200
    assert not any("_" in text for text in whole)


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_an_agent_is_refused_in_their_language(bench, ticket, ann, language):
    bench.ann.person.language = language.lower()

    async def told(command, why):
        ann.types(command)
        await bench.pass_time(4)
        text = PHRASES.text(language, f"desk.why.{why}")
        whole = PHRASES.text(language, "desk.said.refused", why=text)
        assert texts(bench)[-1] == whole

    await told("/approve", "nothing_proposed")
    await told("/reopen", "not_closed")
    await told("/release", "not_yours")
    ann.types("/close")
    await bench.pass_time(3)
    await press(bench, ann, PHRASES.text(language, "desk.outcome.data_sent"))
    why = PHRASES.text(language, "desk.why.no_open_request")
    assert alert(bench) == PHRASES.text(language, "desk.said.refused", why=why)


def test_every_ground_of_every_law_has_a_name():
    laws = all_regimes()
    codes = {one.code for law in laws for right in Right for one in law.grounds_for(right)}

    assert {f"desk.ground.{code}" for code in codes} <= PHRASES.keys("en")


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_each_ground_can_be_chosen_by_its_name(bench, ticket, ann, language):
    """Long codes too: what a button carries is a number."""
    bench.ann.person.language = language.lower()
    await Request.all().update(right="limit_sensitive_use")
    ann.types("/close")
    await bench.pass_time(3)
    await press(bench, ann, PHRASES.text(language, "desk.outcome.refused"))
    codes = Choices(bench.desk).grounds(await Request.get())
    labels = [PHRASES.text(language, f"desk.ground.{code}") for code in codes]
    assert ann.buttons()[: len(labels)] == labels
    assert "insufficient_verification" in codes

    await press(bench, ann, PHRASES.text(language, "desk.ground.insufficient_verification"))
    what = PHRASES.text(language, "desk.fact.reasons")
    reference = ticket.reference
    assert texts(bench)[-1] == PHRASES.text(
        language, "desk.ask.fact", reference=reference, what=what
    )
