"""The forum shows the desk: a topic a ticket, a card, what was said; and heals."""

from __future__ import annotations

import pytest

from bot.forum.card import ICONS
from sandbox.telegram.api import Fault
from sandbox.telegram.topics import ICONS as TELEGRAM_ICONS
from tests.tickets.conftest import mail
from tickets.audit import new_event
from tickets.board import Look
from tickets.content import identity_owner
from tickets.models import DeskForum, DeskTopic, Post, Role, Ticket

PNG = b"\x89PNG\r\n\x1a\n" + bytes(60)


def topics(bench):
    return list(bench.group.topics.values())


def seen(bench, number=0):
    return [m for m in bench.topic(bench.ann, topics(bench)[number].id).sees() if not m.is_service]


def texts(bench, number=0):
    return [m.text for m in seen(bench, number)]


@pytest.fixture
async def asked(bench):
    bench.mia.types("Please delete my data <b>now</b>")
    await bench.settle()
    return await Ticket.get()


async def test_a_request_opens_one_topic_with_a_pinned_card(bench, asked):
    [topic] = topics(bench)
    [card] = seen(bench)

    assert topic.name == f"{asked.reference} · Deletion"
    assert TELEGRAM_ICONS[topic.icon] == ICONS[Look.NEW]
    assert "Please delete my data <b>now</b>" in card.text
    assert "Mia" not in card.text
    assert bench.group.pinned == [card.id]
    assert bench.topic(bench.ann, topic.id).buttons()[0] == "Claim"
    assert await DeskTopic.filter(thread=topic.id, card=card.id).exists()


async def test_what_a_requester_adds_is_mirrored_once(bench, asked):
    bench.mia.types("And my orders too")
    await bench.settle()
    bench.mia.sends("document", PNG, name="proof.png", mime="image/png", caption="my card")
    await bench.pass_time(30)

    shown = texts(bench)
    assert shown[1:] == ["💬 And my orders too", "my card"]
    assert seen(bench)[-1].content["document"]


async def test_words_that_wait_are_joined(bench, asked):
    for _ in range(20):  # the group is full for a minute
        bench.door.dispatch._pace.took(
            (await DeskForum.get()).chat_blind, is_group=True, now=bench.clock()
        )
    for text in ("one", "two", "three"):
        bench.mia.types(text)
        await bench.settle()
    await bench.pass_time(70, 5)

    assert texts(bench)[1:] == ["💬 one\n\n💬 two\n\n💬 three"]


async def test_a_mail_ticket_shows_no_word_of_the_mail(bench):
    await bench.mail(mail("Ann Example <ann@person.test>", "My data", "Please delete my account."))
    await bench.settle()
    [topic], [card] = topics(bench), seen(bench)

    whole = f"{topic.name} {card.text}"
    assert "Deletion" in topic.name
    assert not any(word in whole.lower() for word in ("ann", "person.test", "account", "my data"))
    assert "Came by email" in card.text
    assert len(seen(bench)) == 1


async def test_a_deleted_topic_is_opened_anew(bench, asked):
    old = topics(bench)[0]
    bench.ann.act("delete_topic", topic=old.id)
    bench.mia.types("Are you there?")
    await bench.pass_time(30)

    [new] = topics(bench)
    row = await DeskTopic.get()
    assert new.id != old.id
    assert (row.thread, row.former) == (new.id, [old.id])
    assert texts(bench)[1:] == ["💬 Are you there?"]
    assert "Please delete" in texts(bench)[0]


async def test_a_deleted_card_comes_back(bench, asked):
    [card] = seen(bench)
    bench.ann.act("delete", message_id=card.id)
    await bench.actions.take(asked.reference, await agent(bench))
    await bench.pass_time(30)

    [new] = [m for m in seen(bench) if "Please delete" in m.text]
    assert new.id != card.id
    assert "Zoe has it" in new.text


async def agent(bench, name="Zoe"):
    await bench.agents.add(name, Role.AGENT, bench.clock())
    return name


async def test_a_group_that_moves_is_followed(bench, asked):
    new = bench.ann.act("migrate")
    await bench.settle()
    bench.mia.types("Hello again")
    await bench.pass_time(60)

    [topic] = new.topics.values()
    assert asked.reference in topic.name
    assert any("Hello again" in m.text for m in new.messages.values())


async def test_a_topic_that_may_have_been_opened_is_not_opened_twice(bench):
    bench.telegram.faults.append(Fault("cut", "createForumTopic", after=True))
    bench.mia.types("Please delete my data")
    await bench.pass_time(60)

    assert len(topics(bench)) == 1
    assert len(seen(bench)) == 1


async def test_a_forum_without_rights_is_left_alone_for_a_while(bench, caplog):
    member = bench.group.members[bench.our_bot.id]
    rights, member.rights = member.rights, frozenset()
    bench.mia.types("Please delete my data")
    await bench.pass_time(60, 5)
    tried = [c for c in bench.telegram.calls if c.method == "createForumTopic"]
    member.rights = rights
    await bench.pass_time(300, 30)

    assert len(tried) == 1
    assert [r.action for r in caplog.records if r.levelname == "ERROR"] == ["forum_refused"]
    assert len(topics(bench)) == 1


async def test_the_card_follows_and_the_topic_closes(bench, asked):
    name = await agent(bench)
    await bench.actions.take(asked.reference, name)
    await bench.pass_time(12)
    claimed = TELEGRAM_ICONS[topics(bench)[0].icon]
    await bench.actions.close(asked.reference, name, outcome="lapsed")
    await bench.pass_time(15)

    assert claimed == ICONS[Look.CLAIMED]
    assert TELEGRAM_ICONS[topics(bench)[0].icon] == ICONS[Look.CLOSED]
    assert topics(bench)[0].is_closed
    assert "closed" in texts(bench)[0]
    assert bench.topic(bench.ann, topics(bench)[0].id).buttons() == ["Reopen"]


async def test_a_card_is_edited_once_in_ten_seconds(bench, asked):
    name = await agent(bench)
    for _ in range(4):
        await bench.actions.take(asked.reference, name)
        await bench.settle()
        await bench.actions.release(asked.reference, name)
        await bench.settle()
    await bench.pass_time(25)

    edits = [c for c in bench.telegram.calls if c.method == "editMessageText"]
    assert len(edits) <= 3
    assert "nobody has it" in texts(bench)[0]


async def test_what_agents_write_elsewhere_is_shown_with_their_name(bench, asked):
    name = await agent(bench)
    await bench.actions.note(asked.reference, name, "called the shop")
    await bench.settle()
    await bench.actions.reply(asked.reference, name, "We are on it.")
    await bench.pass_time(15)

    shown = "\n".join(texts(bench)[1:])
    assert "📝 Zoe called the shop" in shown
    assert "→ Zoe" in shown
    assert not any("called the shop" in text or "Zoe" in text for text in bench.mia.reads())


async def test_nothing_is_said_of_the_erased(bench, asked):
    await bench.desk.vault.destroy_keys([identity_owner(asked.requester_id)])
    await Ticket.filter(id=asked.id).update(status="erased")
    await new_event("ticket_erased", bench.clock(), ticket_id=asked.id).save(force_create=True)
    await bench.pass_time(20)

    assert "Please delete" not in "".join(texts(bench))
    assert await Post.filter(state="failed", error="recipient erased").count() <= 1
