"""What agents do in a forum: who may, on which ticket, and which word or button means what.

Only linked agents act; every press is checked for who pressed.  Strangers in the group, and
administrators who remain anonymous, are told once what is missing and change nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import replace
from typing import Final

from bot.forum import answering, banning, handling, lists, own, talking
from bot.forum.card import Writer
from bot.forum.work import ASK, Work
from bot.told import Edited, Pressed, Said, TopicChanged
from bot.turn import Turn
from tickets.board import Board
from tickets.choices import Choices
from tickets.errors import Refusal
from tickets.forums import Forum, Forums
from tickets.letters import IncompleteLetter
from tickets.models import DeskTopic, Ticket

Handler = Callable[[Work], Awaitable[None]]

COMMANDS: Final[Mapping[str, Handler]] = {
    "approve": answering.approve,
    "ban": banning.ban,
    "claim": handling.claim,
    "close": answering.close,
    "due": lists.show,
    "extend": answering.extend,
    "help": lists.help_,
    "mine": lists.show,
    "note": talking.note,
    "queue": lists.show,
    "release": handling.release,
    "reopen": handling.reopen,
    "reply": talking.reply,
    "settings": own.settings,
    "start": lists.help_,
    "template": handling.template,
    "type": handling.change_type,
    "undo": talking.undo,
    "verify": handling.verify,
}
"""Commands of the desk; those that need a ticket work in its topic."""

BUTTONS: Final[Mapping[str, Handler]] = {
    "d.again": talking.again,
    "d.approve": answering.approve,
    "d.approved": answering.approved,
    "d.ask": handling.ask_proof,
    "d.back": handling.back,
    "d.ban": banning.ban,
    "d.banned": banning.banned,
    "d.banning": banning.agreed,
    "d.banless": banning.disagreed,
    "d.change": handling.change,
    "d.claim": handling.claim,
    "d.close": answering.close,
    "d.extend": answering.extend,
    "d.extended": answering.extended,
    "d.ground": answering.ground,
    "d.out": answering.out,
    "d.over": handling.take_over,
    "d.propose": answering.propose,
    "d.reason": answering.reason,
    "d.refuse": answering.refuse,
    "d.rejected": answering.rejected,
    "d.release": handling.release,
    "d.remind": handling.remind,
    "d.reopen": handling.reopen,
    "d.seen": handling.seen,
    "d.send": talking.send_draft,
    "d.speak": own.speak,
    "d.template": handling.template,
    "d.topic": handling.reopen_topic,
    "d.type": handling.change_type,
    "d.typed": handling.typed,
    "d.unban": banning.unban,
    "d.until": answering.until,
}
"""Steps that buttons name."""

LASTING: Final = frozenset(
    (
        *("d.again", "d.approve", "d.ask", "d.ban", "d.claim", "d.close", "d.extend", "d.release"),
        *("d.remind", "d.reopen", "d.template", "d.topic", "d.type"),
    )
)
"""Steps of buttons that hold at any time; every other holds for one question only."""

ANSWERS: Final[Mapping[str, talking.Answer]] = {"draft": talking.send, "fact": answering.fact}
"""What becomes of text that answers a question of ours, by the dialogue's step."""


class Agents:
    """The flow of the desks' chats."""

    def __init__(self, forums: Forums) -> None:
        self._forums = forums

    async def __call__(self, turn: Turn) -> None:
        """Answer one update."""
        forum = self._forums.at(turn.chat.chat)
        told = turn.told
        if forum is None or not isinstance(told, Said | Edited | Pressed | TopicChanged):
            await turn.finish("ignored")
            return
        if isinstance(told, TopicChanged):
            await _topic_changed(turn, forum, told)
            return
        if not await _is_agent(turn):
            return
        work = await _work(turn, forum)
        try:
            await _answer(work)
        except (Refusal, IncompleteLetter) as refusal:
            if turn.chat.is_done:
                raise
            work.refuse(refusal)
            await turn.finish("refused")

    async def lapsed(self, turn: Turn) -> None:
        """Let a question to an agent lapse; nothing is said."""
        turn.chat.end()
        await turn.finish("lapsed")


async def _answer(work: Work) -> None:
    turn, told = work.turn, work.turn.told
    if isinstance(told, Pressed):
        await _pressed(work)
    elif isinstance(told, Edited):
        await talking.edited(work, told.said)
    elif isinstance(told, Said) and told.command:
        handler = COMMANDS.get(told.command)
        if handler is None:
            work.say(turn.phrase("cancel.unknown"))
            await turn.finish("unknown")
            return
        await handler(work)
    elif isinstance(told, Said) and work.ticket is not None:
        await talking.hear(work, told, ANSWERS)
    else:
        await turn.finish("general")


async def _pressed(work: Work) -> None:
    """Follow a button; what it says came from outside, and is stale where it makes no sense."""
    turn, press = work.turn, work.turn.press
    step = press.step if press else ""
    is_lasting = step in LASTING and press is not None and len(press.args) == 1
    if turn.is_stale or step not in BUTTONS or not (is_lasting or (press and press.nonce)):
        _stale(turn)
        await turn.finish("stale")
        return
    try:
        await BUTTONS[step](work)
    except (ValueError, KeyError, IndexError):
        if turn.chat.is_done:
            raise
        turn.chat.unsay()
        _stale(turn)
        await turn.finish("stale")


def _stale(turn: Turn) -> None:
    turn.answer(turn.phrase("alert.stale"), alert=True)


async def _is_agent(turn: Turn) -> bool:
    """Tell whether a linked agent acts; whoever tries and is none is told why it does not work."""
    said = turn.said
    if said is not None and said.is_anonymous_admin:
        text = turn.phrase("desk.said.anonymous")
    elif turn.chat.agent is None:
        text = turn.phrase("desk.said.not_linked")
    else:
        return True
    tries = turn.pressed is not None or (said is not None and bool(said.command))
    if said is not None and said.reply_to is not None and not tries:
        target = await turn.chat.find(said.reply_to)
        tries = target is not None and target.role in {"mirror", "card", ASK}
    if turn.pressed is not None:
        turn.answer(text, alert=True)
    elif tries and said is not None:
        turn.say(text, thread=turn.thread_id, reply_to=said.message_id)
    await turn.finish("nobody")
    return False


async def _work(turn: Turn, forum: Forum) -> Work:
    """Return what the turn is about: the ticket of the button, else that of the topic."""
    desk = turn.chat.desk
    settings = next((one for one in turn.settings.desk if one.name == forum.name), None)
    language = settings.language if settings else turn.settings.language
    shared = Writer(turn.phrases, language, turn.settings.console_url)
    writer = replace(shared, language=turn.language)
    topic = await _topic(turn, forum)
    ticket = await Ticket.get_or_none(id=topic.ticket_id) if topic else None
    while ticket is not None and ticket.merged_into_id is not None:
        ticket = await Ticket.get(id=ticket.merged_into_id)
    board = Board(desk, turn.settings.name)
    return Work(turn, forum, board, writer, shared, Choices(desk), topic, ticket)


async def _topic(turn: Turn, forum: Forum) -> DeskTopic | None:
    if (thread := turn.thread_id) is not None:
        found = await DeskTopic.get_or_none(forum_id=forum.id, thread=thread)
        if found is not None:
            return found
    press = turn.press
    if press is None or not press.args:
        return None
    ticket = await Ticket.get_or_none(reference=press.args[0])
    if ticket is None:
        return None
    return await DeskTopic.get_or_none(forum_id=forum.id, ticket_id=ticket.id)


async def _topic_changed(turn: Turn, forum: Forum, told: TopicChanged) -> None:
    """Adopt a topic of ours that was opened without our hearing so; ask about a closed one."""
    if told.is_ours:
        if told.change == "created":
            lost = DeskTopic.filter(forum_id=forum.id, thread=None, title=told.name)
            if not await DeskTopic.filter(forum_id=forum.id, thread=told.thread_id).exists():
                await lost.update(thread=told.thread_id)
        await turn.finish("topic")
        return
    topic = await DeskTopic.get_or_none(forum_id=forum.id, thread=told.thread_id)
    ticket = await Ticket.get_or_none(id=topic.ticket_id) if topic else None
    if topic is None or ticket is None or told.change not in {"closed", "reopened"}:
        await turn.finish("topic")
        return
    await DeskTopic.filter(id=topic.id).update(is_open=told.change == "reopened")
    if told.change == "closed" and ticket.closed_at is None and turn.chat.agent is not None:
        work = await _work(turn, forum)
        work.topic, work.ticket = topic, ticket
        rows = [
            [work.shared.button("close_request", "d.close", ticket.reference)],
            [work.shared.button("reopen_topic", "d.topic", ticket.reference)],
        ]
        work.say(work.shared.phrase("desk.ask.still_open", reference=ticket.reference), rows)
    await turn.finish("topic")
