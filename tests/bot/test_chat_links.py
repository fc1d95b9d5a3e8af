"""From a mail into the chat: the link alone shows nothing, a code to the same address does."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from sandbox.telegram.people import Someone
from templates.phrases import Phrases
from tests.bot.chatting import alerts, goes_on, last, presses, says
from tests.tickets.conftest import mail
from tickets.chat_links import forget_links
from tickets.models import ChatLink, Event, Identity, OutboxEntry, PersonLink, Request, Role, Ticket
from tickets.types import Channel, RequestState

PHRASES = Phrases()
URL = re.compile(r"https://t\.me/desk_bot\?start=(\S+)")


def named(bench, username="desk_bot"):
    """Give the bot a name that mails may lead to."""
    config = bench.desk.config
    accounts = tuple(
        replace(one, username=username) if one.channel is Channel.TELEGRAM else one
        for one in config.accounts
    )
    object.__setattr__(bench.desk, "config", replace(config, accounts=accounts))


@pytest.fixture
async def url(bench) -> str:
    """The link of a receipt that answers a mail."""
    named(bench)
    await bench.mail(mail(body="Please delete my account."))
    return URL.search(bench.post.sent[-1].letter.text)[0]


async def follow(bench, url, someone=None) -> str:
    (someone or bench.mia).follows(url)
    await goes_on(bench)
    return (someone or bench.mia).reads()[-1]


def code(bench) -> str:
    return re.search(r"(?<!\d)\d{6}(?!\d)", bench.post.sent[-1].letter.text)[0]


async def test_a_code_to_the_same_address_opens_the_status(bench, url):
    ticket, before = await Ticket.get(), await Request.get()
    asked = await follow(bench, url)
    assert asked.startswith(f"{ticket.reference}: a 6-digit code is on its way")
    assert "deletion" not in "".join(bench.mia.reads()).lower()
    letter = bench.post.sent[-1]
    assert letter.recipient.address == "ann@person.test"

    typed = bench.mia.types(code(bench))
    await goes_on(bench)
    assert "thanks, that's confirmed" in last(bench)
    assert typed.id not in bench.mia.chat.messages
    assert "These are your requests" in await presses(bench, "My requests")
    shown = await presses(bench, bench.mia.buttons()[0])
    assert shown.startswith(f"{ticket.reference} · Deletion")
    assert bench.mia.buttons() == ["Back"]  # it is only looked at from here
    assert (await Request.get()).state is before.state  # nothing is proven by it
    assert await Event.filter(kind__in=("chat_link_followed", "chat_linked")).count() == 2
    assert await Ticket.all().count() == 1


async def test_only_where_a_bot_is_named(bench):
    await bench.mail(mail(body="Please delete my account."))

    assert "t.me" not in bench.post.sent[-1].letter.text
    assert await ChatLink.all().count() == 0


async def test_a_mail_without_a_request_has_no_link(bench):
    named(bench)
    await bench.mail(mail(body="Thank you for the lamp."))

    assert all("t.me" not in one.letter.text for one in bench.post.sent)


async def test_links_are_random_and_say_nothing(bench, url):
    await bench.mail(mail("Ben <ben@person.test>", body="Please delete my account."))
    other = URL.search(bench.post.sent[-1].letter.text)[0]
    reference = (await Ticket.all().order_by("id").first()).reference

    assert other != url
    assert reference.replace("-", "") not in url.replace("-", "")
    token = url.partition("=")[2]
    assert len(token) > 20
    assert all(token[1:] not in str(row) for row in await ChatLink.all().values())


@pytest.mark.parametrize("change", ["", "x", "EJ-7K3F-9Q", "k", "ungültig"])
async def test_a_wrong_link_is_none(bench, url, change):
    bench.mia.types(f"/start k{change}")
    await goes_on(bench)

    assert "That link is wrong" in last(bench)
    assert await OutboxEntry.filter(lane=0).count() == 0


async def test_it_is_of_use_to_one_account(bench, url):
    await follow(bench, url)
    eve = Someone.new(bench.telegram, bench.our_bot, "Eve")
    sent = len(bench.post.sent)

    assert "That link is wrong" in await follow(bench, url, eve)
    assert len(bench.post.sent) == sent


async def test_it_is_good_for_a_month(bench, url):
    bench.clock.forward(days=30)

    assert "That link is wrong" in await follow(bench, url)


async def test_links_that_are_over_are_forgotten(bench, url):
    assert await forget_links(bench.clock()) == 0
    bench.clock.forward(days=30)

    assert await forget_links(bench.clock()) == 1
    assert "That link is wrong" in await follow(bench, url)


@pytest.mark.parametrize(("name", "is_told"), [("other_bot", True), ("Desk_Bot", False)])
async def test_a_name_that_is_another_bots_is_told(bench, caplog, name, is_told):
    update = {"username": name}
    bench.door.settings = bench.door.settings.model_copy(update=update)
    await bench.restart()

    told = [r.action for r in caplog.records if r.levelname == "ERROR"]
    assert told == (["wrong_bot_named"] if is_told else [])


async def test_three_tries_three_codes(bench, url):
    await follow(bench, url)
    for left in (2, 1):
        assert f"Tries left: {left}" in await says(bench, "000000")
    assert "can't be used any more" in await says(bench, "000000")
    assert "can't be used any more" in await says(bench, code(bench))  # right, but too late
    for _ in range(2):
        await presses(bench, "Send a new code")
    assert "as many codes as I send for one link" in await presses(bench, "Send a new code")

    assert len([one for one in bench.post.sent if one.letter.subject.startswith("Your code")]) == 3
    assert await PersonLink.all().count() == 0


async def test_a_new_code_voids_the_old_and_the_new_one_opens(bench, url):
    await follow(bench, url)
    old = code(bench)
    await presses(bench, "Send a new code")
    new = code(bench)
    if old != new:
        assert "Tries left" in await says(bench, old)

    assert "that's confirmed" in await says(bench, new)


async def test_a_code_is_too_old_after_half_an_hour(bench, url):
    await follow(bench, url)
    bench.clock.forward(minutes=31)

    assert "can't be used any more" in await says(bench, code(bench))


async def test_what_is_no_code_and_what_is_a_message(bench, url):
    await follow(bench, url)
    assert "type the 6 digits" in await says(bench, "12")
    await says(bench, "By the way, I would like to know who reads this and how long you keep it.")

    assert await Ticket.filter(channel=Channel.TELEGRAM).count() == 1


async def test_cancel(bench, url):
    await follow(bench, url)
    await presses(bench, "Cancel")
    await says(bench, code(bench))

    assert await PersonLink.all().count() == 0


async def test_followed_again_it_shows_the_status_at_once(bench, url):
    await follow(bench, url)
    await says(bench, code(bench))
    sent = len(bench.post.sent)

    assert "· Deletion" in await follow(bench, url)
    assert len(bench.post.sent) == sent


async def test_nothing_else_can_be_done_from_here(bench, url):
    ticket = await Ticket.get()
    await follow(bench, url)
    await says(bench, code(bench))
    button = bench.mia.sees()[-1]
    for step in ("withdraw", "add", "person", "reopen", "prove"):
        data = f"v1:{step}:{ticket.reference}:"
        button.markup = {"inline_keyboard": [[{"text": "x", "callback_data": data}]]}
        bench.mia.act("press", message_id=button.id, button=data)
        await goes_on(bench)
        assert "out of date" in alerts(bench)[-1]
        button = bench.mia.sees()[-1]

    assert (await Request.get()).state is not RequestState.WITHDRAWN


async def test_a_link_that_an_agent_takes_back_shows_no_more(bench, url):
    await follow(bench, url)
    await says(bench, code(bench))
    await bench.agents.add("Ann", Role.AGENT, bench.clock())
    await bench.actions.unlink((await Ticket.get()).reference, "Ann")

    assert "no requests here yet" in await says(bench, "/status")


async def test_a_ticket_that_was_erased_leads_nowhere(bench, url):
    await Ticket.all().update(status="erased")

    told = await follow(bench, url)
    assert "That didn't work" in told
    assert await Identity.filter(channel=Channel.TELEGRAM).count() == 1


async def test_a_restart_in_between_goes_on(bench, url):
    await follow(bench, url)
    await bench.restart()

    assert "that's confirmed" in await says(bench, code(bench))


async def test_every_update_twice_links_once(bench, url):
    await follow(bench, url)
    bench.mia.types(code(bench))
    bench.mia.types(code(bench))
    await goes_on(bench)

    assert await PersonLink.all().count() == 1


@pytest.mark.parametrize("language", PHRASES.languages)
async def test_in_every_language(bench, url, language):
    ticket = await Ticket.get()
    al = Someone.new(bench.telegram, bench.our_bot, "Al<b>_*[", language=language.lower())
    told = await follow(bench, url, al)
    assert told == PHRASES.text(language, "linked.sent", reference=ticket.reference, minutes=30)
    al.types(code(bench))
    await goes_on(bench)
    al.types("Al<b>_*[ " * 1000)
    await goes_on(bench)

    done = PHRASES.text(language, "linked.done", reference=ticket.reference)
    assert done in al.reads()


async def test_a_link_that_ends_while_its_code_is_asked_for_says_so(bench, url):
    bench.clock.forward(days=29, hours=23, minutes=55)
    await follow(bench, url)
    digits = code(bench)
    bench.clock.forward(minutes=6)
    await forget_links(bench.clock())

    assert "That link is wrong" in await says(bench, digits)
    assert "recorded" in await says(bench, "Where is my lamp?")  # and nothing is asked any more


async def test_a_short_request_is_one_though_a_code_is_asked_for(bench, url):
    await follow(bench, url)
    typed = bench.mia.types("Please delete my account")
    await goes_on(bench)

    assert typed.id in bench.mia.chat.messages
    assert await Ticket.all().count() == 2


async def test_two_who_share_a_mailbox_do_not_see_each_others_chats(bench, url):
    await follow(bench, url)
    await says(bench, code(bench))
    eve = Someone.new(bench.telegram, bench.our_bot, "Eve")
    eve.types("/access")
    await goes_on(bench)
    await bench.mail(mail(body="Please send me a copy of my data."))
    await follow(bench, URL.search(bench.post.sent[-1].letter.text)[0], eve)
    eve.types(code(bench))
    await goes_on(bench)
    hers = await Ticket.get(channel=Channel.TELEGRAM)

    assert "These are your requests" in await says(bench, "/status")
    shown = bench.mia.buttons()
    by_mail = await Ticket.filter(channel=Channel.EMAIL)
    assert all(any(one.reference in button for button in shown) for one in by_mail)
    assert not any(hers.reference in button for button in shown)
