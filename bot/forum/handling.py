"""What agents do with a ticket by buttons and commands: claim, type, proof, closing, opening."""

from __future__ import annotations

from datetime import timedelta

from bot.buttons import Button, keyboard, write_data
from bot.forum.card import Writer
from bot.forum.reminders import remind_text
from bot.forum.work import Work, pages
from tickets.agents import STAFF, Agents
from tickets.dispatch import Lane
from tickets.errors import Refusal, Taken
from tickets.models import DeskTopic
from tickets.posts import thread
from tickets.proof import Seen
from tickets.types import Channel, Intent, RequestState, Right

TYPES = (
    Intent.DELETION,
    Intent.ACCESS,
    Intent.RECTIFICATION,
    Intent.PORTABILITY,
    Intent.OBJECTION,
    Intent.COMPLAINT,
    Intent.QUESTION,
    Intent.SUPPORT,
    Intent.FEEDBACK,
)


async def claim(work: Work) -> None:
    """Take the ticket; where a colleague has it, offer to take it over."""
    reference, agent = work.reference, work.agent
    done = work.phrase("desk.said.claimed", agent=agent)
    try:
        await work.act(lambda acts: acts.take(reference, agent), done=done)
    except Taken as taken:
        work.turn.chat.unsay()
        holder = await Agents(work.turn.chat.desk.vault).name(taken.agent_id)
        text = work.phrase("desk.ask.take_over", agent=holder, since=_minute(taken))
        work.turn.answer(text, alert=True)
        work.ask("over", text, [[work.writer.button("take_over", "d.over", reference)]])
        await work.turn.finish()


async def take_over(work: Work) -> None:
    """Take the ticket although a colleague has it."""
    reference, agent = work.reference, work.agent
    work.settle()
    work.turn.chat.end()
    done = work.phrase("desk.said.claimed", agent=agent)
    await work.act(lambda acts: acts.take(reference, agent, over=True), done=done)


async def release(work: Work) -> None:
    """Give the ticket back."""
    reference, agent = work.reference, work.agent
    done = work.phrase("desk.said.released")
    await work.act(lambda acts: acts.release(reference, agent), done=done)


async def ask_proof(work: Work) -> None:
    """Ask the requester to prove who they are: in their chat, else by letter."""
    reference, agent = work.reference, work.agent
    done = work.phrase("desk.said.proof_asked")
    work.settle()
    work.turn.chat.end()
    if work.here.channel is not Channel.TELEGRAM:
        await work.act(lambda acts: acts.ask_proof(reference, agent), done=done)
        return
    if all(one.proven_at for one in await work.choices.requests(work.here)):
        raise Refusal("nothing_to_prove", reference=reference)
    await _prompt(work)
    await work.act(lambda acts: acts.confirm(reference, agent), done=done)


async def _prompt(work: Work) -> None:
    """Show the requester their ticket with the button that begins the proof."""
    turn, face = work.turn, await work.face()
    chat, language = await work.board.chat_of(work.here)
    to = turn.chat.posts.address(chat, await turn.chat.key_of(face.requester))
    theirs = Writer(turn.phrases, language)
    text = theirs.phrase(
        "status.card",
        reference=face.reference,
        what=theirs.what(face),
        received=face.received_on,
        state=theirs.phrase("state.proof"),
    )
    button = Button(theirs.phrase("button.confirm"), write_data("prove", face.reference))
    turn.say(text, [[button]], to=to, ticket_id=face.ticket)


async def verify(work: Work) -> None:
    """Offer to ask for proof, or to say how the agent knows."""
    rows = [[work.writer.button("ask_proof", "d.ask", work.reference)]]
    rows += pages(
        [work.choice(work.phrase(f"desk.how.{how}"), "d.seen", how.value) for how in Seen]
    )
    work.ask("verify", work.phrase("desk.ask.how"), rows)
    await work.turn.finish()


async def seen(work: Work) -> None:
    """Record how the agent knows who asks."""
    reference, agent, how = work.reference, work.agent, Seen(work.args[0])
    work.settle()
    work.turn.chat.end()
    done = work.phrase("desk.said.verified")
    await work.act(lambda acts: acts.verify(reference, agent, how), done=done)


async def change_type(work: Work) -> None:
    """Ask what the ticket is."""
    choices = [work.choice(work.phrase(f"wants.{one}"), "d.typed", one.value) for one in TYPES]
    work.ask("type", work.phrase("desk.ask.type"), pages(choices))
    await work.turn.finish()


async def typed(work: Work) -> None:
    """Say what the ticket is."""
    reference, agent, intent = work.reference, work.agent, Intent(work.args[0])
    work.settle()
    work.turn.chat.end()
    done = work.phrase("desk.said.type_changed", what=work.phrase(f"wants.{intent}"))
    await work.act(lambda acts: acts.change_type(reference, agent, intent), done=done)


async def reopen(work: Work) -> None:
    """Open the ticket again."""
    reference, agent = work.reference, work.agent
    done = work.phrase("desk.said.reopened")
    await work.act(lambda acts: acts.reopen(reference, agent), done=done)


async def reopen_topic(work: Work) -> None:
    """Open a topic again that somebody closed by hand."""
    if work.topic is not None:
        to = work.turn.chat.posts.address(work.forum.chat, work.turn.chat.keys[STAFF])
        params = {"message_thread_id": thread(work.topic.id)}
        work.turn.chat.posts.add("reopenForumTopic", to, params)
        await DeskTopic.filter(id=work.topic.id).update(is_open=True)
    work.settle()
    await work.turn.finish()


async def end(work: Work, outcome: RequestState | None) -> None:
    """Close the ticket; what is open ends as `outcome` says."""
    reference, agent = work.reference, work.agent
    work.settle()
    work.turn.chat.end()
    done = work.phrase("desk.said.closed")
    await work.act(lambda acts: acts.close(reference, agent, outcome=outcome), done=done)


async def remind(work: Work) -> None:
    """Remind again on the next open day."""
    turn, face = work.turn, await work.face()
    now = turn.chat.desk.now()
    due_at = turn.chat.desk.targets.office.next_open(now + timedelta(hours=20))
    if work.topic is not None:
        to = turn.chat.posts.address(work.forum.chat, turn.chat.keys[STAFF])
        later = work.shared.button("remind", "d.remind", face.reference)
        params = {
            "text": remind_text(work.shared, face),
            "message_thread_id": thread(work.topic.id),
            "reply_markup": keyboard([[later]]),
        }
        turn.chat.posts.add(
            "sendMessage", to, params, lane=Lane.CARD, role="prompt", wait=due_at - now
        )
    turn.answer(work.phrase("desk.said.will_remind"))
    turn.settle()
    await turn.finish()


async def template(work: Work) -> None:
    """Offer words from the policy; with a number, show them before they leave."""
    if not work.args:
        choices = [
            work.choice(work.phrase(f"question.title_{n}"), "d.template", f"{n}")
            for n in work.choices.sections
        ]
        work.ask("template", work.phrase("desk.ask.template"), pages(choices, 1))
        await work.turn.finish()
        return
    letter = work.choices.canned(work.here, int(work.args[0]))
    text = f"{work.phrase('desk.ask.preview')}\n\n{letter.text}"
    own = work.choices.own(int(work.args[0]), work.turn.language)
    if own.language != letter.language:
        text += f"\n\n{work.phrase('desk.ask.preview_own')}\n\n{own.text}"
    rows = [
        [work.writer.button("send", "d.send", work.reference, style="primary")],
        [
            work.writer.button("change", "d.change", work.reference),
            work.writer.button("back", "d.back", work.reference),
        ],
    ]
    work.ask("draft", text, rows, text=letter.text)
    await work.turn.finish()


async def change(work: Work) -> None:
    """Ask for other words."""
    work.ask("draft", work.phrase("desk.ask.change"))
    await work.turn.finish()


async def back(work: Work) -> None:
    """Leave what was asked."""
    work.settle()
    work.turn.chat.end()
    await work.turn.finish()


def _minute(taken: Taken) -> str:
    return f"{taken.since:%F %H:%M} UTC" if taken.since else "?"


def names(rights: list[Right], work: Work, step: str) -> list[list[Button]]:
    """Return a button for each right, where a ticket has several open requests."""
    return pages(
        [work.choice(work.phrase(f"short.{right}"), step, right.value) for right in rights]
    )
