"""Every intent has its handler, and what each decides is a table."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from handlers.registry import HANDLERS, decide
from tickets.types import (
    Case,
    Channel,
    Decision,
    Intent,
    LetterOrder,
    Reading,
    RequestState,
    Right,
    Trigger,
    Work,
)
from tickets.worklist import AUTHORITY

NOW = datetime(2026, 11, 2, tzinfo=UTC)


def case(intent: Intent, **change: object) -> Case:
    reading = Reading(
        intent=intent,
        also=change.pop("also", ()),
        rights=change.pop("rights", ()),
        needs_human=change.pop("needs_human", False),
        suspected=change.pop("suspected", False),
        marks=change.pop("marks", ()),
        policy_section=change.pop("section", None),
        questions=change.pop("questions", ()),
        confidence=0.9,
        language="en",
    )
    return Case(
        trigger=change.pop("trigger", Trigger.MESSAGE),
        intent=intent,
        reading=reading,
        channel=Channel.EMAIL,
        now=NOW,
        **change,
    )


def test_every_intent_has_a_handler():
    assert set(HANDLERS) == set(Intent)


@pytest.mark.parametrize(
    ("intent", "rights", "opened"),
    [
        (Intent.DELETION, (), [Right.DELETION]),
        (
            Intent.DELETION,
            (Right.DELETION, Right.ACCOUNT_CANCEL),
            [Right.DELETION, Right.ACCOUNT_CANCEL],
        ),
        (Intent.ACCESS, (), [Right.ACCESS]),
        (Intent.ACCESS, (Right.EXPLANATION,), [Right.EXPLANATION]),
        (Intent.RECTIFICATION, (), [Right.RECTIFICATION]),
        (Intent.PORTABILITY, (), [Right.PORTABILITY]),
        (Intent.OBJECTION, (Right.OPT_OUT,), [Right.OPT_OUT]),
        (Intent.OBJECTION, (Right.DELETION,), [Right.OBJECTION]),
        (Intent.COMPLAINT, (), [Right.COMPLAINT]),
        (Intent.QUESTION, (), []),
        (Intent.SUPPORT, (), []),
        (Intent.FEEDBACK, (), []),
        (Intent.SPAM, (), []),
        (Intent.OTHER, (), []),
    ],
)
def test_which_rights_are_opened(intent, rights, opened):
    decision = decide(case(intent, rights=rights))

    assert [right for right, _ in decision.requests] == opened
    assert all(state is RequestState.RECEIVED for _, state in decision.requests)


def test_an_unsure_reading_opens_suspected_requests_for_a_person_to_confirm():
    decision = decide(case(Intent.DELETION, suspected=True))

    assert decision.requests == ((Right.DELETION, RequestState.SUSPECTED),)
    assert [work.code for work in decision.work] == ["confirm_rights"]


def test_two_intents_make_one_letter_and_two_requests():
    decision = decide(
        case(
            Intent.DELETION,
            also=(Intent.ACCESS,),
            rights=(Right.DELETION, Right.ACCESS),
        )
    )

    assert [right for right, _ in decision.requests] == [Right.DELETION, Right.ACCESS]
    assert decision.letters == (
        LetterOrder(
            "acknowledgement",
            ("desk.reference", "deletion.next", "access.next", "desk.human_contact"),
        ),
    )


@pytest.mark.parametrize("intent", list(Intent))
def test_no_letter_where_none_is_allowed(intent):
    assert decide(case(intent, may_answer=False)).letters == ()
    assert decide(case(intent, is_new=False)).letters == ()
    assert decide(case(intent, trigger=Trigger.CLOCK_DUE)).letters == ()


def test_sure_spam_is_not_answered_and_unsure_spam_is():
    assert decide(case(Intent.SPAM)).letters == ()
    assert len(decide(case(Intent.SPAM, needs_human=True)).letters) == 1


def test_an_authority_is_for_a_person():
    decision = decide(case(Intent.OTHER, marks=("authority",)))

    assert decision == Decision(
        letters=(LetterOrder("authority_receipt"),), work=tuple(Work(code) for code in AUTHORITY)
    )


def test_a_proof_is_thanked_for_once_whatever_it_proves():
    given = {"also": (Intent.ACCESS,), "trigger": Trigger.PROVEN, "is_new": False}

    assert decide(case(Intent.DELETION, **given)).letters == (LetterOrder("proof_received"),)
    assert decide(case(Intent.DELETION, **given, may_answer=False)).letters == ()


@pytest.mark.parametrize(
    ("section", "needs_human", "blocks", "work"),
    [
        (2, False, ["question.section_2", "question.more"], []),
        (0, False, ["question.section_0", "question.more"], []),
        (3, True, ["question.section_3", "question.more"], ["answer_question"]),
        (None, True, ["question.not_covered"], ["answer_question"]),
    ],
)
def test_a_question_is_answered_from_its_section_or_handed_over(section, needs_human, blocks, work):
    decision = decide(case(Intent.QUESTION, section=section, needs_human=needs_human))

    assert list(decision.letters[0].blocks[1:-1]) == blocks
    assert [one.code for one in decision.work] == work


def test_a_finer_question_has_its_own_answer():
    asked = ("retention", "end_of_need")

    decision = decide(case(Intent.QUESTION, section=2, questions=asked))

    assert decision.letters[0].blocks[1:-1] == ("question.retention", "question.more")
    assert decision.work == ()


def test_a_finer_question_of_no_section_is_for_a_person():
    decision = decide(case(Intent.QUESTION, questions=("retention",), needs_human=True))

    assert decision.letters[0].blocks[1:-1] == ("question.not_covered",)
