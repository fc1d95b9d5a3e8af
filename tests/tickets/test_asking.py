"""One mail in, one mail out: the receipt asks for proof where it is wanted, and names a day."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest

from tests.fakes.classifier import read
from tests.tickets.conftest import mail
from tests.tickets.proving import Book, reply
from tickets.clock import Clock as Loop
from tickets.errors import NotAllowed
from tickets.intake import Intake
from tickets.letters import Letters
from tickets.models import (
    Challenge,
    ChallengeState,
    Clock,
    ClockFamily,
    ClockKind,
    Event,
    Message,
    OutboxEntry,
    Request,
    RequestEvent,
    Ticket,
)
from tickets.proof import Proof
from tickets.reveal import Revealer, Why
from tickets.types import RIGHTS_OF, Channel, Direction, Intent, RequestState, Right, Status
from tickets.views import ticket as view_ticket

TOKEN = re.compile(r"EJP(-[2-9A-HJ-KM-NP-TV-Z]{2,5}){6}")
FAILED = "Authentication-Results: mx.desk.test; dmarc=fail header.from=person.test\r\n"
ALIGNED = "Authentication-Results: mx.desk.test; dmarc=pass header.from=person.test\r\n"


async def read_surely(texts):
    """The classifier of the tests, sure of itself; the rights beside it by their words."""
    return [
        replace(
            reading,
            suspected=False,
            needs_human=False,
            confidence=0.99,
            rights=(Right.OPT_OUT,) if reading.intent is Intent.OBJECTION else reading.rights,
        )
        for reading in map(read, texts)
    ]


@pytest.fixture
def sure(bench):
    return at_desk(bench)


def at_desk(bench, **settings):
    """Let the bench's desk read surely, with other settings."""
    config = bench.desk.config
    config = replace(config, settings=config.settings.model_copy(update=settings))
    letters = Letters(bench.desk.letters._render, config)
    bench.desk = replace(bench.desk, config=config, classify=read_surely, letters=letters)
    bench.intake = Intake(bench.desk, bench.intake._readers, bench.worker)
    return bench


async def send(bench) -> list:
    while await bench.outbox.run_once():
        pass
    return bench.post.sent


async def test_the_receipt_asks_for_proof_in_the_same_mail(sure):
    await sure.take_in(mail(body="Please delete my account."))
    (letter,) = await send(sure)

    text = letter.letter.text
    assert "please confirm it" in letter.letter.subject
    assert letter.recipient.address == "ann@person.test"
    assert TOKEN.search(text)
    for words in (
        "- the deletion of your personal data\n",
        "with this as the first line:\n\nCONFIRM\n",
        "Your answer can reach us until 9 November 2026",
        "reply with NOT ME as the first line",
        "Please do not send us copies of identity documents.",
        "the time for our answer goes on running",
        "What happens next: we delete the data",
    ):
        assert text.count(words) == 1, words
    assert (await Request.get()).state is RequestState.PROOF_ASKED
    events = [row.type for row in await RequestEvent.all().order_by("entered_at", "id")]
    assert events == ["received", "identity_requested"]
    ticket = await Ticket.get()
    assert (ticket.status, ticket.work) == (Status.WAITING, [])
    assert (await OutboxEntry.get()).expires_at is not None
    assert await Event.filter(kind="proof_asked").count() == 1


async def test_a_reply_to_the_receipt_proves_once(sure):
    await sure.take_in(mail(body="Please delete my account."))
    (letter,) = await send(sure)

    await reply(sure, letter)
    await reply(sure, letter)

    assert (await Request.get()).state is RequestState.PROVEN
    assert (await Challenge.get()).state is ChallengeState.PROVEN
    ticket = await Ticket.get()
    assert (ticket.status, ticket.work) == (Status.NEW, ["match_account"])
    letters = [m.letter for m in await Message.filter(direction=Direction.OUTBOUND).order_by("id")]
    assert letters == ["acknowledgement", "proof_received"]


async def test_a_yes_to_something_else_is_for_an_agent(sure):
    await sure.take_in(mail(body="Please delete my account.", message_id="one@person.test"))
    (letter,) = await send(sure)
    await reply(sure, letter)

    await sure.take_in(mail(body="Yes.", headers="In-Reply-To: <one@person.test>\r\n"))

    assert "decide_intent" in (await Ticket.get()).work


async def test_who_is_not_me_ends_it(sure):
    await sure.take_in(mail(body="Please delete my account."))
    (letter,) = await send(sure)

    await reply(sure, letter, "NOT ME")

    assert (await Request.get()).state is RequestState.NOT_PROVEN
    assert "proof_denied" in (await Ticket.get()).work


@pytest.mark.parametrize(
    ("right", "is_asked"),
    [
        (Right.ACCESS, True),
        (Right.DELETION, True),
        (Right.ACCOUNT_CANCEL, True),
        (Right.RECTIFICATION, True),
        (Right.PORTABILITY, True),
        (Right.RESTRICTION, True),
        (Right.AUTOMATED_DECISION, True),
        (Right.OBJECTION, False),
        (Right.OPT_OUT, False),
        (Right.LIMIT_SENSITIVE_USE, False),
        (Right.WITHDRAW_CONSENT, False),
        (Right.EXPLANATION, False),
        (Right.COMPLAINT, False),
    ],
)
async def test_which_rights_want_proof(sure, right, is_asked):
    intent = next(i for i, rights in RIGHTS_OF.items() if right in rights)

    async def classify(texts):
        return [replace(r, intent=intent, rights=(right,)) for r in await read_surely(texts)]

    sure.desk = replace(sure.desk, classify=classify)
    sure.intake = Intake(sure.desk, sure.intake._readers, sure.worker)
    await sure.take_in(mail())
    (letter,) = await send(sure)

    request = await Request.get()
    assert request.right is right
    assert (request.state is RequestState.PROOF_ASKED) is is_asked
    assert (await Challenge.all().count() == 1) is is_asked
    assert bool(TOKEN.search(letter.letter.text)) is is_asked


@pytest.mark.parametrize(
    ("why", "kwargs"),
    [
        ("DMARC fails", {"headers": FAILED}),
        ("a machine wrote", {"headers": "Auto-Submitted: auto-generated\r\n"}),
        ("Reply-To of a stranger", {"headers": "Reply-To: eve@elsewhere.test\r\n"}),
        ("a lookalike domain", {"sender": "Ann <ann@gmaiI.com>"}),
        ("a question", {"body": "What about cookies?"}),
        ("nobody reads the answer", {"sender": "no-reply@person.test"}),
    ],
)
async def test_nobody_is_asked_for_proof_where(sure, why, kwargs):
    await sure.take_in(mail(**kwargs))
    letters = await send(sure)

    assert await Challenge.all().count() == 0
    assert not any(TOKEN.search(letter.letter.text) for letter in letters)
    assert await Request.filter(state=RequestState.PROOF_ASKED).count() == 0


async def test_an_unsure_reading_is_confirmed_by_an_agent_first(bench):
    await bench.take_in(mail(body="Please delete my account."))

    assert (await Request.get()).state is RequestState.SUSPECTED
    assert await Challenge.all().count() == 0


async def test_an_agent_asks_where_the_house_wants_it_so(bench):
    desk = at_desk(bench, ask_proof="by_agent")
    await desk.take_in(mail(body="Please delete my account."))

    assert (await Request.get()).state is RequestState.ACKNOWLEDGED
    assert await Challenge.all().count() == 0


async def test_a_right_asked_for_later_is_asked_about_in_a_letter_of_its_own(sure):
    await sure.take_in(mail(body="Please delete my account.", message_id="one@person.test"))
    await sure.take_in(
        mail(
            body="Before that, send me a copy of my data.",
            headers="In-Reply-To: <one@person.test>\r\n",
        )
    )
    first, second = await send(sure)

    assert TOKEN.search(first.letter.text)[0] != TOKEN.search(second.letter.text)[0]
    rows = await Challenge.all().order_by("id").prefetch_related("request")
    assert [row.request.right for row in rows] == [Right.DELETION, Right.ACCESS]
    await reply(sure, second)
    states = {r.right: r.state for r in await Request.all()}
    assert states == {Right.DELETION: RequestState.PROOF_ASKED, Right.ACCESS: RequestState.PROVEN}


async def test_more_than_three_an_hour_are_not_asked(sure):
    for n in range(5):
        await sure.take_in(mail(body="Please delete my account.", subject=f"{n}"))

    assert await Challenge.all().count() == 3
    assert await Request.filter(state=RequestState.ACKNOWLEDGED).count() == 2


async def test_the_limit_holds_within_one_batch(sure):
    await sure.take_in(*(mail(body="Please delete my account.", subject=f"{n}") for n in range(5)))

    assert await Challenge.all().count() == 3


async def test_what_others_cause_does_not_lock_out_the_owner(sure):
    for n in range(4):
        await sure.take_in(mail(body="Please delete my account.", subject=f"{n}"))

    await sure.take_in(mail(body="Please delete my account.", subject="own", headers=ALIGNED))

    assert await Challenge.filter(is_aligned=True).count() == 1


async def test_the_letter_is_the_same_whether_the_directory_knows_the_address(sure):
    texts = []
    for sender in ("ann@person.test", "bob@person.test"):
        await sure.take_in(mail(f"{sender[:3].title()} <{sender}>", body="Please delete it all."))
        letter = (await send(sure))[-1].letter
        reference = re.search(r"EJ-\w+-\w+", letter.subject)[0]
        texts.append(TOKEN.sub("TOKEN", letter.text).replace(reference, "REF"))

    assert texts[0] == texts[1]


async def test_the_directory_is_asked_when_nobody_waits(sure):
    await sure.take_in(mail(body="Please delete my account."))
    await sure.take_in(mail("Bob <bob@other.test>", body="Please delete my account."))
    letters = await send(sure)

    assert await Proof(sure.desk, Book("ann@person.test")).compare_accounts() == 2
    assert await Proof(sure.desk, Book("ann@person.test")).compare_accounts() == 0
    await reply(sure, letters[0])
    await reply(sure, letters[1], sender="bob@other.test")

    first, second = await Ticket.all().order_by("id")
    assert (first.work, second.work) == ([], ["directory_mismatch"])


@pytest.mark.parametrize(
    ("known", "work"), [(("ann@person.test",), []), ((), ["directory_mismatch"])]
)
async def test_the_directory_may_be_slower_than_the_proof(sure, known, work):
    await sure.take_in(mail(body="Please delete my account."))
    (letter,) = await send(sure)
    await reply(sure, letter)
    assert (await Ticket.get()).work == ["match_account"]

    assert await Proof(sure.desk, Book(*known)).compare_accounts() == 1

    assert (await Ticket.get()).work == work


async def test_a_directory_that_is_down_leaves_it_to_an_agent(sure):
    await sure.take_in(mail(body="Please delete my account."))

    assert await Proof(sure.desk, Book(broken=True)).compare_accounts() == 0
    assert (await Challenge.get()).is_customer is None


async def test_what_else_a_message_asks_keeps_the_ticket_in_the_queue(sure):
    async def classify(texts):
        also = (Intent.COMPLAINT,)
        rights = (Right.DELETION, Right.COMPLAINT)
        return [replace(r, also=also, rights=rights) for r in await read_surely(texts)]

    sure.desk = replace(sure.desk, classify=classify)
    sure.intake = Intake(sure.desk, sure.intake._readers, sure.worker)
    await sure.take_in(mail(body="Please delete my account."))

    states = {r.right: r.state for r in await Request.all()}
    assert states == {
        Right.DELETION: RequestState.PROOF_ASKED,
        Right.COMPLAINT: RequestState.ACKNOWLEDGED,
    }
    assert (await Ticket.get()).status is Status.NEW


async def test_while_the_requester_has_the_word_no_answer_of_ours_is_due(sure):
    clock = Loop(sure.desk)
    await sure.take_in(mail(body="Please delete my account."))
    (letter,) = await send(sure)
    # They stand from the first, so the loop has nothing to compute anew.
    still = {row.kind for row in await service() if row.rules == sure.desk.targets.rules}
    assert {ClockKind.FIRST_RESPONSE, ClockKind.RESOLVE} <= still

    sure.later(days=5)
    while await clock.run_once(sure.clock[0]):
        pass
    waits = {row.kind: (row.due_at, row.breached_at) for row in await service()}
    assert waits[ClockKind.FIRST_RESPONSE] == waits[ClockKind.RESOLVE] == (None, None)

    await reply(sure, letter)
    while await clock.run_once(sure.clock[0]):
        pass
    due = {row.kind: row.due_at for row in await service()}
    assert due[ClockKind.FIRST_RESPONSE] > sure.clock[0]
    assert due[ClockKind.RESOLVE] > due[ClockKind.FIRST_RESPONSE]

    sure.later(days=5)
    while await clock.run_once(sure.clock[0]):
        pass
    breached = {row.kind for row in await service() if row.breached_at}
    assert breached == {ClockKind.FIRST_RESPONSE}


async def service() -> list[Clock]:
    return await Clock.filter(family=ClockFamily.SERVICE)


# The day that is promised: by hand from the texts of the laws (law.md 2).

GDPR = "Under Article 17 GDPR, please delete my account."
UK = "Under the UK GDPR, please delete my account."
CCPA = "Under the CCPA, please delete my account."
LGPD = "Nos termos da LGPD, send me a copy of my data."


@pytest.mark.parametrize(
    ("body", "due"),
    [
        (GDPR, date(2026, 12, 2)),  # 2 November and a month
        (CCPA, date(2026, 12, 17)),  # 45 days
        (LGPD, date(2026, 11, 17)),  # 15 days for access
        (f"{GDPR} {CCPA}", date(2026, 12, 2)),  # the earlier of two that are cited
        (UK, None),  # its clock starts with the proof
        ("Please delete my account.", None),  # no law is established
    ],
)
async def test_the_receipt_names_the_day_of_an_established_law(sure, body, due):
    await sure.take_in(mail(body=body))
    (letter,) = await send(sure)

    if due is None:
        assert "as soon as we can give it" in letter.letter.text
    else:
        assert f"by {due.day} {due:%B} {due.year} at the latest" in letter.letter.text


@pytest.mark.parametrize(
    ("body", "due"),
    [
        (UK, "4 December 2026"),  # a month from the proof of 4 November
        (GDPR, "2 December 2026"),
        (CCPA, "17 December 2026"),
    ],
)
async def test_the_thanks_for_the_proof_name_the_day_as_it_is_now(sure, body, due):
    await sure.take_in(mail(body=body))
    (letter,) = await send(sure)
    sure.later(days=2)
    await reply(sure, letter)

    assert f"by {due} at the latest" in (await send(sure))[-1].letter.text


async def test_the_house_may_promise_the_earliest_of_all(bench):
    desk = at_desk(bench, promise="earliest")
    await desk.take_in(mail(body="Please delete my account."))
    (letter,) = await send(desk)

    first = await Clock.filter(kind=ClockKind.RESPOND, family="statute").first()
    assert f"by {first.due_on.day} {first.due_on:%B} 2026 at the latest" in letter.letter.text


async def test_no_day_is_promised_for_what_is_only_suspected(bench):
    await bench.take_in(mail(body=GDPR))
    (letter,) = await send(bench)

    assert "as soon as we can give it" in letter.letter.text


@pytest.mark.parametrize(
    ("body", "words"),
    [
        (
            "请根据GDPR删除我的账户。",
            (
                "最迟于2026年12月2日答复您",
                "您只需回复本信",
                "确认\n",
                "2026年11月9日之前（含当日）",
            ),
        ),
        (
            "請根據GDPR刪除我的帳號。",
            (
                "最遲於2026年12月2日答覆您",
                "您只需回覆本信",
                "確認\n",
                "2026年11月9日之前（含當日）",
            ),
        ),
    ],
)
async def test_the_receipt_in_chinese_says_the_same(sure, body, words):
    await sure.take_in(mail(body=body))
    (letter,) = await send(sure)

    assert (await Ticket.get()).channel is Channel.EMAIL
    for each in words:
        assert letter.letter.text.count(each) == 1, (each, letter.letter.text)
    assert TOKEN.search(letter.letter.text)


async def test_no_agent_sees_the_token(sure):
    await sure.take_in(mail(body="Please delete my account."))
    (letter,) = await send(sure)
    ticket = await Ticket.get()

    shown = repr(await view_ticket(sure.vault, ticket.reference))

    assert "with this as the first line" in shown
    assert TOKEN.search(letter.letter.text)[0] not in shown
    sent = await Message.get(direction=Direction.OUTBOUND)
    revealer = Revealer(sure.vault, sure.desk.now)
    assert TOKEN.search((await revealer.shown(sent.id)).text) is None
    with pytest.raises(NotAllowed):
        await revealer.reveal(sent.id, why=Why.FRAUD, note="the requester calls", actor="agent:1")
