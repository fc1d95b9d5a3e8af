"""What handlers decide apart from messages: proof, its absence, done work, a date, an act."""

from __future__ import annotations

import pytest

from handlers.registry import decide
from tests.handlers.test_decide import case
from tickets.types import Intent, OpenRequest, RequestState, Right, Trigger

ONE = {
    intent: (OpenRequest(right, RequestState.IN_WORK),)
    for intent, right in (
        (Intent.ACCESS, Right.ACCESS),
        (Intent.DELETION, Right.ACCOUNT_CANCEL),
        (Intent.COMPLAINT, Right.COMPLAINT),
        (Intent.OBJECTION, Right.OPT_OUT),
        (Intent.PORTABILITY, Right.PORTABILITY),
        (Intent.RECTIFICATION, Right.RECTIFICATION),
    )
}


@pytest.mark.parametrize(
    ("intent", "trigger", "act", "letters", "work"),
    [
        (Intent.ACCESS, Trigger.TASK_DONE, "fulfil", ["completed_access"], []),
        (Intent.DELETION, Trigger.TASK_DONE, "fulfil", ["completed_deletion"], []),
        (Intent.OBJECTION, Trigger.TASK_DONE, "fulfil", ["completed_objection"], []),
        (Intent.PORTABILITY, Trigger.TASK_DONE, "fulfil", ["completed_portability"], []),
        (Intent.RECTIFICATION, Trigger.TASK_DONE, "fulfil", ["completed_rectification"], []),
        (Intent.COMPLAINT, Trigger.TASK_DONE, "fulfil", ["complaint_outcome"], []),
        (Intent.DELETION, Trigger.AGENT_ACT, "extend", ["extension"], []),
        (Intent.DELETION, Trigger.AGENT_ACT, "refuse", ["refusal"], []),
        (Intent.COMPLAINT, Trigger.AGENT_ACT, "refuse", ["complaint_outcome"], []),
        (Intent.DELETION, Trigger.AGENT_ACT, "take", [], []),
        (Intent.DELETION, Trigger.PROVEN, "", ["proof_received"], []),
        (Intent.DELETION, Trigger.LAPSED, "", ["not_proven"], []),
        (Intent.DELETION, Trigger.CLOCK_DUE, "3d", [], ["answer_due"]),
        (Intent.DELETION, Trigger.CLOCK_DUE, "breach", [], ["answer_overdue"]),
    ],
)
def test_a_trigger(intent, trigger, act, letters, work):
    decision = decide(case(intent, trigger=trigger, act=act, requests=ONE[intent], is_new=False))

    assert [order.kind for order in decision.letters] == letters
    assert [one.code for one in decision.work] == work
    assert decision.requests == ()


@pytest.mark.parametrize("trigger", [one for one in Trigger if one is not Trigger.MESSAGE])
@pytest.mark.parametrize(
    "intent", [Intent.SPAM, Intent.OTHER, Intent.FEEDBACK, Intent.SUPPORT, Intent.QUESTION]
)
def test_what_opens_no_right_decides_nothing_more(intent, trigger):
    decision = decide(case(intent, trigger=trigger, act="breach", is_new=False))

    assert decision.letters == ()
    assert decision.requests == ()
