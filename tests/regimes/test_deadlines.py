"""What the golden tables cannot say: choices of the house, moments, steps."""

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from regimes.calendars import calendar
from regimes.deadlines import Deadlines, Event, EventType, Settings, deadlines
from regimes.regime import Right, load

SHANGHAI = ZoneInfo("Asia/Shanghai")


def on(kind, day, until=None):
    return Event(
        EventType(kind),
        on=date.fromisoformat(day),
        until=date.fromisoformat(until) if until else None,
    )


def derive(code, right, *events, cal=None, **choices):
    return deadlines(
        load(code),
        Right(right),
        events,
        zone=SHANGHAI,
        calendar=calendar(cal),
        config=Settings(**choices),
    )


def test_one_request_from_end_to_end():
    found = derive("ca_pipeda", "access", on("received", "2026-06-05"))

    assert found == Deadlines(
        acknowledge_due=None,
        respond_due=date(2026, 7, 5),
        internal_due=date(2026, 7, 2),
        extendable_until=date(2026, 8, 4),
        why=found.why,
    )
    assert [step.article for step in found.why] == [
        "Personal Information Protection and Electronic Documents Act",
        "PIPEDA 8(3), (5)",
        "ours",
    ]
    assert found.work_by == date(2026, 7, 2)


def test_the_margin_is_a_choice_and_never_reaches_behind_the_receipt():
    received = on("received", "2026-06-05")

    assert derive("kr_pipa", "access", received, margin_days=0).internal_due == date(2026, 6, 15)
    assert derive("kr_pipa", "access", received, margin_days=99).internal_due == date(2026, 6, 5)


@pytest.mark.parametrize(("code", "due"), [("jp_appi", 14), ("cn_pipl", 14)])
def test_where_the_law_has_no_number_there_is_a_target_and_no_date(code, due):
    found = derive(code, "access", on("received", "2026-06-01"))

    assert (found.respond_due, found.internal_due) == (None, None)
    assert found.work_by == found.target_due == date(2026, 6, 1 + due)


def test_a_standing_clock_has_a_target_as_if_the_answer_came_now():
    found = derive(
        "uk_gdpr",
        "access",
        on("received", "2026-06-01"),
        on("identity_requested", "2026-06-02"),
    )

    assert (found.respond_due, found.internal_due) == (None, None)
    assert found.target_due == date(2026, 6, 28)


def test_the_eu_pause_is_tolerated_only_if_switched_on_and_never_internally():
    events = [
        on("received", "2026-06-10"),
        on("identity_requested", "2026-06-12"),
        on("identity_received", "2026-06-18"),
    ]
    off = derive("eu_gdpr", "access", *events)
    switched = derive("eu_gdpr", "access", *events, switched_on=frozenset({"eu_identity"}))

    assert off.respond_due == date(2026, 7, 10)
    assert switched.respond_due == date(2026, 7, 16)  # six days stood still
    assert switched.internal_due == off.internal_due


def test_the_swiss_think_it_over_is_switched_on():
    events = [on("received", "2026-06-01"), on("fee_requested", "2026-06-03")]
    switched = derive("ch_fadp", "access", *events, switched_on=frozenset({"ch_fee"}))

    assert switched.respond_due == date(2026, 7, 13)  # 3 June + 10 = 13 June, + 30
    assert switched.internal_due == date(2026, 6, 28)


def test_a_published_period_is_the_companys_own():
    received = on("received", "2027-06-01")

    assert derive("in_dpdp", "access", received).respond_due is None
    own = derive("in_dpdp", "access", received, own_periods={"in_dpdp": 45})
    assert own.respond_due == date(2027, 7, 16)
    other = derive("jp_appi", "access", received, own_periods={"jp_appi": 45})
    assert other.respond_due is None


def test_an_open_extension_ends_where_its_notice_says():
    events = [
        on("received", "2026-01-31"),
        on("extension_notified", "2026-02-20", until="2026-04-15"),
    ]
    found = derive("sg_pdpa", "access", *events)

    assert found.respond_due == date(2026, 4, 15)
    assert found.internal_due == date(2026, 4, 12)
    assert found.extendable_until is None


def test_a_promise_shorter_than_the_law_allows_binds_internally():
    events = [
        on("received", "2026-06-05"),
        on("extension_notified", "2026-06-20", until="2026-07-20"),
    ]
    found = derive("ca_pipeda", "access", *events)

    assert found.respond_due == date(2026, 8, 4)
    assert found.internal_due == date(2026, 7, 17)


def test_a_moment_counts_on_the_day_it_has_at_the_controller():
    received = Event(EventType.RECEIVED, at=datetime(2026, 6, 1, 23, 30, tzinfo=UTC))
    asked = Event(EventType.IDENTITY_REQUESTED, at=datetime(2026, 6, 2, 9, 0, tzinfo=UTC))
    came = Event(EventType.IDENTITY_RECEIVED, at=datetime(2026, 6, 9, 23, 30, tzinfo=UTC))
    found = derive("uk_gdpr", "access", received, asked, came, margin_days=0)

    assert found.respond_due == date(2026, 7, 10)
    assert found.internal_due == date(2026, 7, 9)


def test_what_happens_before_the_receipt_or_after_the_answer_is_ignored():
    found = derive(
        "eu_gdpr",
        "access",
        on("extension_notified", "2026-06-01"),
        on("received", "2026-06-10"),
        on("answered", "2026-06-20"),
        on("extension_notified", "2026-06-25"),
    )
    said = " ".join(step.sentence for step in found.why)

    assert found.respond_due == date(2026, 7, 10)
    assert "extension_notified of 2026-06-01 is ignored: lies before the receipt" in said
    assert "extension_notified of 2026-06-25 is ignored: lies after the answer" in said
    assert "Answered on 2026-06-20, in time." in said


def test_a_late_answer_is_called_late():
    found = derive("kr_pipa", "access", on("received", "2026-06-01"), on("answered", "2026-06-12"))

    assert found.why[-1].sentence == "Answered on 2026-06-12, late."


def test_a_right_that_the_law_does_not_grant_is_answered_all_the_same():
    found = derive("au_privacy", "deletion", on("received", "2026-06-01"))

    assert found.respond_due == date(2026, 7, 1)
    assert "grants no right of deletion" in found.why[1].sentence


def test_unconfirmed_figures_are_marked():
    found = derive("cn_gbt35273", "access", on("received", "2026-06-01"))

    assert "2017: 7.11; 2020: 8.7 (unconfirmed)" in {step.article for step in found.why}


def test_without_a_receipt_there_is_nothing_to_count():
    with pytest.raises(ValueError, match="when the request was received"):
        derive("eu_gdpr", "access", on("answered", "2026-06-01"))


@pytest.mark.parametrize(
    "event",
    [
        {},
        {"on": date(2026, 6, 1), "at": datetime(2026, 6, 1, tzinfo=UTC)},
        {"at": datetime(2026, 6, 1)},  # noqa: DTZ001  - the very thing that is refused
    ],
)
def test_an_event_has_one_day_and_a_moment_has_its_offset(event):
    with pytest.raises(ValueError, match="received"):
        Event(EventType.RECEIVED, **event)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"switched_on": ["eu_idenity"]}, "no such rule: eu_idenity; there are"),
        ({"switched_on": ["uk_identity"]}, "no such rule"),  # statute: not a choice
        ({"own_periods": {"mars_law": 3}}, "no such regime: mars_law"),
        ({"own_periods": {"in_dpdp": 0}}, "greater than 0"),
        ({"margin_days": -1}, "greater than or equal to 0"),
        ({"margin": 1}, "Extra inputs"),
    ],
)
def test_settings_name_what_is_wrong(wrong, says):
    with pytest.raises(ValueError, match=says):
        Settings(**wrong)
