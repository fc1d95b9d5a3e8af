"""Several forums: the first that fits by language and law gets a ticket, and shows what it may."""

from __future__ import annotations

import pytest
from tortoise.backends.base.executor import EXECUTOR_CACHE

from sandbox.telegram.people import Someone
from tests.bot.bench import BotBench, open_bench
from tests.bot.test_forum_agents import alert
from tests.tickets.conftest import mail
from tickets.models import DeskTopic, Role, Ticket


@pytest.fixture
async def bench(database_file, tmp_path):
    EXECUTOR_CACHE.clear()
    async with open_bench(database_file, tmp_path) as bench:
        yield bench


async def desks(bench: BotBench, *wishes: dict) -> list:
    """Give the bot these forums, each in a group of its own; return the groups."""
    groups = []
    for wish in wishes:
        admins = (bench.our_bot, bench.ann.person, bench.ben.person)
        group = bench.telegram.add_group(wish["name"], admins=admins, is_forum=True)
        groups.append(group)
        wish["chat_id"] = group.id
    kind = type(bench.door.settings.desk[0])
    told = tuple(kind(**wish) for wish in wishes)
    bench.door.settings = bench.door.settings.model_copy(update={"desk": told})
    await bench.restart()
    return groups


def shown(group) -> str:
    return "\n".join(m.text for m in group.messages.values() if m.text and m.topic)


async def asks(bench, language, words="Please delete my data"):
    someone = Someone.new(bench.telegram, bench.our_bot, f"P{language}", language=language)
    someone.types(words)
    await bench.pass_time(8)
    return await Ticket.all().order_by("-id").first()


async def topic_in(ticket) -> int:
    return await DeskTopic.filter(ticket_id=ticket.id).count()


async def test_by_language_the_first_that_fits(bench):
    german, romance, rest = await desks(
        bench,
        {"name": "german", "languages": ["de"], "language": "de"},
        {"name": "romance", "languages": ["fr", "es", "pt"]},
        {"name": "rest"},
    )
    for language in ("de", "fr", "es", "en", "pt-br"):
        await asks(bench, language)

    assert [len(one.topics) for one in (german, romance, rest)] == [1, 3, 1]
    assert "niemand hat es" in shown(german)  # the desk's language, on its cards
    assert await DeskTopic.all().count() == 5  # one topic a ticket, and not two


async def test_a_language_without_its_desk_goes_to_the_next_or_nowhere(bench):
    [german] = await desks(bench, {"name": "german", "languages": ["de"]})
    ticket = await asks(bench, "en")

    assert len(german.topics) == 0
    assert await topic_in(ticket) == 0
    assert ticket.reference  # the console has it


async def test_a_script_of_its_own(bench):
    hant, chinese = await desks(
        bench, {"name": "hant", "languages": ["zh-Hant"]}, {"name": "chinese", "languages": ["zh"]}
    )
    await asks(bench, "zh-hans", "请删除我的数据")
    await asks(bench, "zh-hant", "請刪除我的個人資料")

    assert (len(hant.topics), len(chinese.topics)) == (1, 1)


async def test_by_law(bench):
    europe, brazil, rest = await desks(
        bench,
        {"name": "europe", "regimes": ["eu_gdpr", "uk_gdpr"]},
        {"name": "brazil", "regimes": ["br_lgpd"]},
        {"name": "rest"},
    )
    await asks(bench, "en", "Under GDPR article 17, please delete my data")
    await asks(bench, "en", "LGPD art. 18: please delete my data")
    plain = await asks(bench, "en", "hello there")

    assert (len(europe.topics), len(brazil.topics), len(rest.topics)) == (1, 1, 1)
    assert plain.reference in next(iter(rest.topics.values())).name


async def test_a_law_that_may_apply_will_do_until_another_is_settled(bench):
    europe, rest = await desks(bench, {"name": "europe", "regimes": ["eu_gdpr"]}, {"name": "rest"})
    ticket = await asks(bench, "en")
    assert (len(europe.topics), len(rest.topics)) == (1, 0)

    await bench.agents.add("Zoe", Role.AGENT, bench.clock())
    await bench.actions.settle(ticket.reference, "Zoe", "cn_pipl")
    await bench.pass_time(20)
    [left], [new] = europe.topics.values(), rest.topics.values()
    assert (left.is_closed, new.is_closed) == (True, False)
    assert "PIPL" in new.name
    assert await DeskTopic.filter(is_open=True).count() == 1

    await bench.actions.settle(ticket.reference, "Zoe", "eu_gdpr")
    await bench.pass_time(30)
    assert (left.is_closed, new.is_closed) == (False, True)
    assert (len(europe.topics), len(rest.topics)) == (1, 1)


async def test_by_both_language_and_law(bench):
    both, rest = await desks(
        bench,
        {"name": "both", "languages": ["de"], "regimes": ["eu_gdpr"]},
        {"name": "rest"},
    )
    await asks(bench, "de", "Nach Art. 17 DSGVO: Bitte löschen Sie meine Daten")
    await asks(bench, "en", "Under GDPR article 17, please delete my data")
    await asks(bench, "de", "hallo")

    assert (len(both.topics), len(rest.topics)) == (1, 2)


@pytest.mark.parametrize(
    ("mirror", "chat_words", "mail_words"),
    [("origin", True, False), ("all", True, True), ("none", False, False)],
)
async def test_whose_words_are_shown(bench, mirror, chat_words, mail_words):
    [group] = await desks(bench, {"name": "one", "mirror": mirror})
    someone = Someone.new(bench.telegram, bench.our_bot, "Al<b>_*[", language="en")
    someone.types("Please delete my data. Canary-chat <b>&")
    await bench.pass_time(8)
    someone.types("Canary-more")
    await bench.mail(
        mail("Al <b>_*[ <al@person.test>", "Canary-subject", "Delete my account. Canary-mail <b>&")
    )
    await bench.pass_time(20)
    whole = shown(group)

    assert ("Canary-chat <b>&" in whole, "Canary-more" in whole) == (chat_words, chat_words)
    assert ("Canary-mail <b>&" in whole) is mail_words
    assert ("Came by email" in whole) is not mail_words
    assert not any(name in whole for name in ("Al<b>_*[", "al@person.test"))
    assert not any("Canary" in topic.name for topic in group.topics.values())


async def test_a_reply_to_a_mail_that_is_mirrored_goes_by_mail(bench):
    [group] = await desks(bench, {"name": "one", "mirror": "all"})
    await bench.link(bench.ann, "Ann Agent")
    await bench.mail(mail(body="Please delete my account."))
    await bench.pass_time(8)
    ann = Someone(bench.telegram, bench.ann.person, group, next(iter(group.topics)))
    card = next(m for m in ann.sees() if not m.is_service)
    left = len(bench.post.sent)
    ann.types("We are on it.", reply_to=card)
    await bench.pass_time(15)

    assert len(bench.post.sent) == left + 1
    assert "We are on it." in bench.post.sent[-1].letter.text
    assert "Ann" not in bench.post.sent[-1].letter.text


async def test_an_agent_acts_in_each_desk_and_a_stranger_in_none(bench):
    first, second = await desks(
        bench, {"name": "first", "languages": ["de"]}, {"name": "second", "language": "fr"}
    )
    await bench.link(bench.ann, "Ann Agent")
    await bench.link(bench.ben, "Ron Reader", Role.READER)
    for language in ("de", "en"):
        await asks(bench, language)
    for group, claim in ((first, "Claim"), (second, "Prendre")):
        thread = next(iter(group.topics))
        reader = Someone(bench.telegram, bench.ben.person, group, thread)
        reader.presses(claim, next(m for m in reader.sees() if not m.is_service))
        await bench.pass_time(3)
        assert "role doesn't allow" in alert(bench)
        ann = Someone(bench.telegram, bench.ann.person, group, thread)
        ann.presses(claim, next(m for m in ann.sees() if not m.is_service))
        await bench.pass_time(3)
        assert "Ann Agent has it" in alert(bench)  # in her language, not in the desk's

    assert await Ticket.filter(agent_id__isnull=False).count() == 2


async def test_a_button_of_another_desks_ticket_is_no_way_in(bench):
    _, second = await desks(bench, {"name": "first", "languages": ["de"]}, {"name": "second"})
    await bench.link(bench.ann, "Ann Agent")
    await asks(bench, "de")
    german = await Ticket.get()
    await asks(bench, "en")
    ann = Someone(bench.telegram, bench.ann.person, second, next(iter(second.topics)))
    card = next(m for m in ann.sees() if not m.is_service)
    data = f"v1:d.claim:{german.reference}:"
    card.markup["inline_keyboard"][0][0]["callback_data"] = data
    ann.act("press", message_id=card.id, button=data)
    await bench.pass_time(3)

    assert (await Ticket.get(id=german.id)).agent_id is None
