"""A row made cheaply is the row that tortoise would have made."""

from uuid import UUID

import pytest
from tortoise.models import Model

from tickets.ids import new_id
from tickets.models import Ticket
from tickets.types import Channel, Intent

VALUES = {
    "id": new_id(),
    "reference": "EJ-AAAA-BB",
    "requester_id": str(new_id()),
    "channel": "email",
    "account": "support",
    "intent": Intent.ACCESS,
    "subject": b"sealed",
    "why": b"sealed",
}


@pytest.fixture
def row(bench):
    return Ticket(**VALUES)


def test_it_holds_what_tortoise_would_hold(row):
    theirs = Ticket.__new__(Ticket)
    Model.__init__(theirs, **VALUES)

    names = sorted(Ticket._meta.db_fields)
    assert [getattr(row, name) for name in names] == [getattr(theirs, name) for name in names]
    assert isinstance(row.requester_id, UUID)
    assert row.channel is Channel.EMAIL


def test_no_two_rows_share_a_list(row):
    other = Ticket(**VALUES)

    row.work.append("look")

    assert other.work == []


def test_a_column_that_does_not_exist_is_refused(bench):
    with pytest.raises(KeyError):
        Ticket(**VALUES, nonsense=1)


def test_nothing_is_refused_where_something_must_be(bench):
    with pytest.raises(ValueError, match="subject may not be null"):
        Ticket(**VALUES | {"subject": None})
