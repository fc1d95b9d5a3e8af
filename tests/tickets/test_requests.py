"""The state machine is its drawing, and its guards are the law's."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from tickets.errors import InvalidTransition, Refusal
from tickets.requests import (
    ARROWS,
    FINAL,
    Standing,
    check_arrow,
    check_extend,
    check_fulfil,
    check_refuse,
    status_of,
)
from tickets.types import RequestState, Right, Status

S = RequestState
DRAWING = Path(__file__).resolve().parents[2] / "docs" / "requests.md"


def test_the_drawing_is_the_table():
    drawn = re.findall(r"^    (\w+|\[\*\]) --> (\w+|\[\*\])$", DRAWING.read_text(), re.MULTILINE)
    arrows = {(a, b) for a, b in drawn if "[*]" not in {a, b}}
    ends = {a for a, b in drawn if b == "[*]"}

    assert arrows == {(a, b) for a, ways in ARROWS.items() for b in ways}
    assert ends == set(FINAL)
    assert set(ARROWS) == set(RequestState)


def test_every_state_can_be_reached_and_every_open_one_left():
    reached = {S.SUSPECTED}
    while new := {b for a in reached for b in ARROWS[a]} - reached:
        reached |= new

    assert reached == set(RequestState)
    assert {S.FULFILLED, S.PARTLY_FULFILLED, S.REFUSED, S.WITHDRAWN, S.LAPSED} == FINAL


def test_nothing_proven_lapses_and_nothing_unproven_is_fulfilled():
    assert all(S.LAPSED not in ARROWS[state] for state in (S.PROVEN, S.IN_WORK, S.EXTENDED))
    with pytest.raises(InvalidTransition, match="received_to_fulfilled"):
        check_arrow(S.RECEIVED, S.FULFILLED)


def code_of(function, *args, **kwargs) -> str:
    try:
        function(*args, **kwargs)
    except Refusal as exc:
        return exc.code
    return ""


def a_request(right=Right.DELETION, state=S.IN_WORK, *, proven=True, regimes=("eu_gdpr",)):
    return Standing(right, state, proven, regimes)


@pytest.mark.parametrize(
    ("request_", "siblings", "code"),
    [
        (a_request(), [], ""),
        (a_request(proven=False), [], "not_proven"),
        (a_request(Right.OPT_OUT, proven=False), [], ""),
        (a_request(), [a_request(Right.ACCESS)], "held_by_access"),
        (a_request(), [a_request(Right.PORTABILITY, S.PROVEN)], "held_by_access"),
        (a_request(Right.ACCOUNT_CANCEL), [a_request(Right.ACCESS)], "held_by_access"),
        (a_request(), [a_request(Right.ACCESS, S.FULFILLED)], ""),
        # An unproven request never blocks another.
        (a_request(), [a_request(Right.ACCESS, S.PROOF_ASKED, proven=False)], ""),
        (a_request(Right.RECTIFICATION), [a_request(Right.ACCESS)], ""),
    ],
)
def test_fulfilling(request_, siblings, code):
    assert code_of(check_fulfil, request_, siblings) == code


DUE = date(2026, 12, 2)


@pytest.mark.parametrize(
    ("request_", "reason", "today", "until", "code"),
    [
        (a_request(), "complexity", DUE, None, ""),
        (a_request(), "number", date(2026, 11, 3), None, ""),
        (a_request(), "complexity", date(2026, 12, 3), None, "first_period_over"),
        (a_request(), "no_staff", DUE, None, "unknown_reason"),
        (a_request(proven=False), "complexity", DUE, None, "not_proven"),
        (a_request(state=S.EXTENDED), "complexity", DUE, None, "extended_once"),
        (
            a_request(regimes=("eu_gdpr", "tr_kvkk")),
            "complexity",
            DUE,
            None,
            "no_extension_under_tr_kvkk",
        ),
        (
            a_request(Right.ACCESS, regimes=("sg_pdpa",)),
            "complexity",
            DUE,
            None,
            "new_date_missing",
        ),
        (a_request(Right.ACCESS, regimes=("sg_pdpa",)), "number", DUE, date(2026, 12, 20), ""),
    ],
)
def test_extending(request_, reason, today, until, code):
    given = code_of(check_extend, request_, reason, today=today, first_due=DUE, until=until)

    assert given == code


def test_extending_where_the_law_has_no_number():
    request = a_request(regimes=("cn_pipl",))

    code = code_of(check_extend, request, "number", today=DUE, first_due=None, until=None)

    assert code == "nothing_to_extend"


@pytest.mark.parametrize(
    ("right", "ground", "regimes", "code"),
    [
        (Right.DELETION, "legal_obligation", ("eu_gdpr",), ""),
        (Right.ACCESS, "legal_obligation", ("eu_gdpr",), "unknown_ground"),
        (Right.ACCESS, "no_match", ("kr_pipa",), ""),
        (Right.ACCESS, "we_do_not_like_it", ("eu_gdpr",), "unknown_ground"),
        (Right.ACCESS, "no_match", (), "no_regime"),
    ],
)
def test_refusing(right, ground, regimes, code):
    assert code_of(check_refuse, a_request(right, regimes=regimes), ground) == code


@pytest.mark.parametrize(
    ("requests", "begun", "closed", "waiting", "status"),
    [
        ([], False, False, False, Status.NEW),
        ([S.RECEIVED], False, False, False, Status.NEW),
        ([S.RECEIVED], True, False, False, Status.OPEN),
        ([S.RECEIVED], True, False, True, Status.WAITING),
        ([S.PROOF_ASKED], False, False, True, Status.WAITING),
        ([S.PROOF_ASKED], True, False, False, Status.OPEN),
        ([S.FULFILLED], True, True, False, Status.CLOSED),
        ([S.FULFILLED], True, False, False, Status.OPEN),
        ([S.FULFILLED, S.IN_WORK], True, True, False, Status.OPEN),
        ([], True, True, False, Status.CLOSED),
    ],
)
def test_the_status_is_derived(requests, begun, closed, waiting, status):
    got = status_of(requests, is_begun=begun, is_closed=closed, is_waiting=waiting)

    assert got is status
