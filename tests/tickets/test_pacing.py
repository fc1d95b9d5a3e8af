"""Nobody is written to faster than their server allows, and nobody waits for another."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tickets.pacing import Limits, Pace

START = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
SMALL = Limits(group_per_minute=4, private_per_second=1.0, per_second=5)
chats = st.sampled_from(["desk", "desk-2", "mia", "jonas"])
steps = st.lists(st.tuples(chats, st.floats(0, 3, allow_nan=False)), min_size=1, max_size=80)


def is_group(chat):
    return chat.startswith("desk")


def play(plan, limits=SMALL, holds=()):
    """Send as soon as each chat is free; return (chat, moment) of everything sent."""
    pace, now, sent = Pace(limits), START, []
    for chat, until in holds:
        pace.hold(chat, until)
    for chat, pause in plan:
        now += timedelta(seconds=pause)
        now = pace.free_at(chat, is_group=is_group(chat), now=now)
        pace.took(chat, is_group=is_group(chat), now=now)
        sent.append((chat, now))
    return sent


def most_within(moments, seconds):
    """The largest number in any half-open window of so many seconds."""
    window = timedelta(seconds=seconds)
    return max(sum(a <= b < a + window for b in moments) for a in moments)


@given(steps)
def test_no_window_holds_more_than_its_limit(plan):
    sent = play(plan)

    assert most_within([at for _, at in sent], 1) <= 5
    for chat in {chat for chat, _ in sent}:
        moments = [at for name, at in sent if name == chat]
        assert most_within(moments, 60 if is_group(chat) else 1) <= (4 if is_group(chat) else 1)


@given(steps)
def test_a_chat_that_is_free_is_free_now(plan):
    pace, now = Pace(SMALL), START
    for chat, pause in plan:
        now += timedelta(seconds=pause)
        at = pace.free_at(chat, is_group=is_group(chat), now=now)
        assert at >= now
        assert pace.free_at(chat, is_group=is_group(chat), now=at) == at
        if at == now:
            pace.took(chat, is_group=is_group(chat), now=now)


@given(steps, st.floats(0.1, 500))
def test_who_was_told_to_wait_waits_and_nobody_else(plan, seconds):
    until = START + timedelta(seconds=seconds)
    pace = Pace(SMALL)
    pace.hold("desk", until)

    assert pace.free_at("desk", is_group=True, now=START) == until
    assert pace.free_at("desk", is_group=True, now=until) == until
    assert pace.free_at("mia", is_group=False, now=START) == START
    assert all(at >= until for chat, at in play(plan, holds=[("desk", until)]) if chat == "desk")


def test_a_shorter_wait_does_not_end_a_longer_one():
    pace = Pace()
    pace.hold("desk", START + timedelta(seconds=30))
    pace.hold("desk", START + timedelta(seconds=3))

    assert pace.free_at("desk", is_group=True, now=START) == START + timedelta(seconds=30)


def test_thirty_new_cases_to_a_desk_take_as_long_as_the_limit_says():
    sent = play([("desk", 0)] * 90, Limits())

    assert sent[-1][1] - START == 4 * timedelta(minutes=1, seconds=0.5)


def test_a_private_chat_does_not_wait_for_a_full_group():
    pace = Pace()
    for _ in range(20):
        pace.took("desk", is_group=True, now=START)
    soon = START + timedelta(seconds=1)

    assert pace.free_at("desk", is_group=True, now=soon) == START + timedelta(seconds=60.5)
    assert pace.free_at("mia", is_group=False, now=soon) == soon


def test_chats_that_are_free_again_are_forgotten():
    pace = Pace(Limits(per_second=100_000, private_per_second=10))
    for number in range(10_100):
        now = START + timedelta(seconds=number)
        pace.took(f"chat-{number}", is_group=False, now=now)

    assert len(pace._private) < 200
