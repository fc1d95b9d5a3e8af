"""The flows that write most, again on PostgreSQL: tests run wherever they are imported."""

# ruff: noqa: F401  - they are here to be run

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from tests.bot.bench import BotBench, open_bench
from tests.bot.test_detours import (
    test_who_blocked_the_bot_is_answered_by_proven_mail,
)
from tests.bot.test_floods import (
    test_the_order_of_a_chat_holds_however_much_another_has_waiting,
    test_whoever_writes_in_a_crowd_waits_for_nobody_else,
)
from tests.bot.test_forum_agents import (
    ann,
    ben,
    test_a_reply_waits_and_then_reaches_the_requester,
    ticket,
)
from tests.bot.test_forum_topics import (
    asked,
    test_what_a_requester_adds_is_mirrored_once,
)
from tests.bot.test_recovering import (
    agents,
    test_a_database_that_fails_in_one_chat_loses_nothing_and_keeps_the_order,
    test_a_group_moves_whole_or_not_at_all,
    test_a_reply_that_was_under_way_when_we_died_is_work,
    test_sending_again_commits_with_its_turn_or_not_at_all,
    test_two_who_send_a_letter_again_send_it_once,
    test_who_blocked_us_is_noted_and_written_to_by_mail_although_we_die,
)
from tests.bot.test_requesters import (
    test_a_day_without_an_answer_leaves_it_to_a_person,
    test_an_album_is_one_ticket_with_the_question_after_its_caption,
    test_an_edit_is_kept_as_a_version,
    test_writing_after_closing_opens_again,
)
from tests.bot.test_requesters_places import test_a_group_is_led_into_private_and_the_day_counts
from tests.bot.test_requesters_proof import (
    test_a_deletion_from_the_menu_to_the_last_word,
    test_a_restart_in_the_middle_of_a_proof_goes_on,
)
from tests.bot.test_requesters_status import (
    test_rating_once_and_what_should_be_better,
    test_withdrawing_from_the_status,
)
from tests.conftest import empty


@pytest.fixture
async def bench(postgres_database: str, tmp_path: Path) -> AsyncIterator[BotBench]:
    """As everywhere in this folder, but for the database."""
    EXECUTOR_CACHE.clear()
    async with open_bench(postgres_database, tmp_path) as bench:
        yield bench
    await empty(postgres_database)
    EXECUTOR_CACHE.clear()
