"""Agents ban by chat: who may press, in whose language, and what it does."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.test_forum_agents import alert, press
from tests.bot.test_forum_agents import ann as _ann
from tests.bot.test_forum_agents import ben as _ben
from tests.bot.test_forum_agents import ticket as _ticket
from tests.bot.test_forum_topics import seen, texts, topics
from tests.tickets.conftest import mail
from tickets.models import Event, Identity, Request, Role, Ticket
from tickets.types import RequestState

ann, ben, ticket = _ann, _ben, _ticket
PHRASES = Phrases()


async def mia():
    return await Identity.filter(banned_until__isnull=False).first()


async def proposed(bench, ann, term="Days: 7"):
    ann.types("/ban")
    await bench.pass_time(3)
    await press(bench, ann, term)
    await bench.pass_time(12)


def buttons(message):
    return [b["text"] for row in message.markup["inline_keyboard"] for b in row]


async def test_one_proposes_and_another_decides(bench, ticket, ann, ben):
    await proposed(bench, ann)
    assert "a ban is proposed" in alert(bench)
    assert await mia() is None
    card = seen(bench)[0]
    assert "Decide on a ban" in buttons(card)

    await press(bench, ann, "Decide on a ban", card)
    await press(bench, ann, "Ban")
    assert "You proposed it yourself" in alert(bench)
    assert await mia() is None

    await press(bench, ben, "Decide on a ban", card)
    assert "Ann Agent proposes a ban. Days: 7." in texts(bench)[-1]
    await press(bench, ben, "Ban")
    assert "Requests about their own data are still taken in" in alert(bench)
    assert (await mia()).banned_until - bench.clock() > timedelta(days=6)

    await Request.all().update(state=RequestState.WITHDRAWN)  # what belongs to one is heard
    bench.mia.types("you idiots")
    await bench.pass_time(5)
    assert "Until 9 November 2026" in bench.mia.reads()[-1]
    assert not any("you idiots" in text for text in texts(bench))


async def test_a_ban_is_lifted(bench, ticket, ann):
    until = bench.clock() + timedelta(days=7)
    await Identity.filter(id=ticket.requester_id).update(banned_until=until)
    ann.types("/ban")
    await bench.pass_time(3)
    assert "banned until 9 November 2026" in texts(bench)[-1]
    await press(bench, ann, "Lift the ban")

    assert "the ban is lifted" in alert(bench)
    assert await mia() is None


async def test_a_proposal_is_left(bench, ticket, ann, ben):
    await proposed(bench, ann, "Days: 30")
    ben.types("/ban")
    await bench.pass_time(3)
    await press(bench, ben, "Send back")

    assert "no ban" in alert(bench)
    assert await mia() is None


async def test_only_who_was_asked_may_press(bench, ticket, ann, ben):
    ann.types("/ban")
    await bench.pass_time(3)
    menu = seen(bench)[-1]
    await press(bench, ben, "Days: 7", menu)
    assert "out of date" in alert(bench)

    eve = bench.telegram.add_person("Eve")
    bench.telegram.act(eve, "join", bench.group)
    await press(bench, Someone(bench.telegram, eve, bench.group, ann.topic), "Days: 7", menu)
    assert "isn't linked" in alert(bench)
    await bench.link(bench.ben, "Ron Reader", Role.READER)
    ben.types("/ban")
    await bench.pass_time(3)
    assert "role doesn't allow" in texts(bench)[-1]
    assert await Event.filter(kind="ban_proposed").count() == 0


@pytest.mark.parametrize("data", ["d.banned:{}:400", "d.banned:{}:x", "d.banning:{}", "d.unban:{}"])
async def test_forged_buttons_do_nothing(bench, ticket, ann, data):
    ann.types("/ban")
    await bench.pass_time(3)
    menu = seen(bench)[-1]
    button = menu.markup["inline_keyboard"][0][0]
    nonce = button["callback_data"].rpartition(":")[2]
    button["callback_data"] = f"v1:{data.format(ticket.reference)}:{nonce}"
    bench.telegram.act(
        bench.ann.person,
        "press",
        bench.group,
        message_id=menu.id,
        button=button["callback_data"],
    )
    await bench.pass_time(5)

    assert alert(bench)
    assert await mia() is None
    assert await Event.filter(kind__contains="ban").count() == 0


async def test_who_came_by_mail_is_not_banned(bench, ticket):
    await bench.mail(mail(body="Please delete my account."))
    await bench.pass_time(5)
    ann = bench.topic(bench.ann, topics(bench)[1].id)
    ann.types("/ban")
    await bench.pass_time(3)

    assert "That can't be done now. This didn't come by chat." in texts(bench, 1)[-1]


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_in_every_language(bench, ticket, ann, ben, language):
    """Each agent is spoken to in their own; the card keeps the desk's."""
    bench.ann.person.language = language.lower()
    reference = (await Ticket.get()).reference
    ann.types("/ban")
    await bench.pass_time(3)
    assert texts(bench)[-1] == PHRASES.text(language, "desk.ask.ban", reference=reference)
    await press(bench, ann, PHRASES.text(language, "desk.ban.term", days=1))
    assert alert(bench) == PHRASES.text(language, "desk.said.ban_proposed", reference=reference)
    await bench.pass_time(12)
    assert "Decide on a ban" in buttons(seen(bench)[0])

    bench.ben.person.language = language.lower()
    ben.types("/ban")
    await bench.pass_time(3)
    await press(bench, ben, PHRASES.text(language, "desk.button.ban"))
    assert alert(bench) == PHRASES.text(language, "desk.said.banned", reference=reference)
    ben.types("/ban")
    await bench.pass_time(3)
    await press(bench, ben, PHRASES.text(language, "desk.button.unban"))
    assert alert(bench) == PHRASES.text(language, "desk.said.unbanned", reference=reference)
