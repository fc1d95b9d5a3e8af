"""Words of agents: replies that wait a moment, notes, and taking back.

Plain text in a topic is a note.  Only a reply to a mirrored message, or `/reply`, reaches the
requester, and not before ten seconds have passed.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from datetime import timedelta
from functools import partial
from typing import Final
from uuid import UUID

from bot.forum.outcomes import FAILED, REPLIED, REPLYING, WAITS
from bot.forum.work import ASK, Work
from bot.told import Said
from bot.turn import Turn
from tickets.draft import Draft
from tickets.errors import Refusal
from tickets.models import ChatMessage, OutboxEntry
from tickets.types import Delivery

WAIT: Final = timedelta(seconds=10)
"""How long a reply may be changed or taken back."""

NOTE: Final = "note"
Answer = Callable[[Work, str], Awaitable[None]]
"""Takes text that answers a question of ours."""

_CAME: Final = {
    Delivery.SENT: "sent",
    Delivery.FAILED: "unsent",
    Delivery.CANCELLED: "unsent",
    Delivery.EXPIRED: "unsent",
}
"""What is told of a reply that is edited too late; in every other state it has left."""

_REPLIES: Final = frozenset((REPLYING, REPLIED, FAILED))
_MIRRORED: Final = frozenset(("mirror", "card"))


async def hear(work: Work, said: Said, answers: Mapping[str, Answer]) -> None:
    """Take plain text in a topic: an answer to a question of ours, a reply, or else a note."""
    target = await work.turn.chat.find(said.reply_to) if said.reply_to else None
    if target is not None and target.ticket_id == work.here.id:
        is_asked_here = work.turn.chat.dialogue.ticket_id == work.here.id
        if target.role == ASK and is_asked_here and work.turn.chat.step in answers:
            await answers[work.turn.chat.step](work, said.text)
            return
        if target.role in _MIRRORED and target.message_id is not None:
            await send(work, said.text)
            return
    await keep_note(work, _with_files(said))


async def reply(work: Work) -> None:
    """Write to the requester: `/reply text`."""
    if not work.argument:
        work.say(work.phrase("desk.said.use_reply"))
        await work.turn.finish()
        return
    await send(work, work.argument)


async def note(work: Work) -> None:
    """Write a note: `/note text`."""
    if not work.argument:
        work.say(work.phrase("desk.said.use_note"))
        await work.turn.finish()
        return
    await keep_note(work, work.argument)


async def send(work: Work, text: str) -> None:
    """Queue a reply that leaves in a moment."""
    said, turn = work.turn.said, work.turn
    if said is not None and said.files:
        work.say(work.phrase("desk.said.no_files"))
        await turn.finish()
        return
    if not text.strip():
        raise Refusal("no_text")
    not_before = turn.chat.desk.now() + WAIT
    reference, agent = work.reference, work.agent
    mark: ChatMessage | None = None
    shown = turn.pressed.message_id if turn.pressed else None
    if said is not None:
        turn.chat.mark(said.message_id, REPLYING, ticket=work.here.id)
        mark = turn.chat.seen[-1]
        turn.react(WAITS)

    def then(draft: Draft) -> None:
        if mark is not None:
            mark.message_id = draft.messages[-1].id
        elif shown is not None:  # what was shown with the button stands for the reply
            draft.later.append(partial(_stand_for, turn, shown, draft.messages[-1].id))

    turn.chat.end()
    await work.act(
        lambda acts: acts.reply(reference, agent, text.strip(), not_before=not_before), then=then
    )


async def _stand_for(turn: Turn, number: int, message: UUID) -> None:
    place = ChatMessage.filter(account=turn.chat.account, chat_blind=turn.here.blind, number=number)
    await place.update(message_id=message, role=REPLYING)


async def send_draft(work: Work) -> None:
    """Send the words that were shown."""
    text = str(work.turn.chat.data["text"])
    work.settle()
    await send(work, text)


async def keep_note(work: Work, text: str) -> None:
    """Keep a note; the requester never sees it."""
    said, turn = work.turn.said, work.turn
    if not text.strip():
        await turn.finish("nothing")
        return
    reference, agent = work.reference, work.agent
    mark: ChatMessage | None = None
    if said is not None:
        turn.chat.mark(said.message_id, NOTE, ticket=work.here.id)
        mark = turn.chat.seen[-1]
        turn.react("👌")

    def then(draft: Draft) -> None:
        if mark is not None:
            mark.message_id = draft.messages[-1].id

    await work.act(lambda acts: acts.note(reference, agent, text), then=then)


async def edited(work: Work, said: Said) -> None:
    """Follow an agent who changes what they wrote: a note, or a reply as far as it still waits."""
    known = await work.turn.chat.find(said.message_id)
    if known is None or known.ticket_id is None or known.role not in {*_REPLIES, NOTE}:
        await work.turn.finish("edited")
        return
    if known.role == NOTE:
        reference, agent = work.reference, work.agent
        text = f"✎ {_with_files(said)}"
        await work.act(lambda acts: acts.note(reference, agent, text))
        return
    entry = await OutboxEntry.filter(message_id=known.message_id).order_by("-id").first()
    text = (said.argument if said.command else said.text).strip()
    if entry is None or not text:
        raise Refusal("no_text", reference=work.reference)
    if entry.state == Delivery.QUEUED:
        try:
            await _replace(work, known, entry.message_id, text)
        except Refusal as refused:
            if refused.code != "too_late":
                raise
            work.turn.chat.unsay()  # it left this very moment
        else:
            return
    await _offer_correction(work, entry.state, text)


async def _offer_correction(work: Work, state: Delivery, text: str) -> None:
    """Say what the requester has, and offer to send the new words after it."""
    came = _CAME.get(state, "left")
    if came != "unsent":
        _, language = await work.board.chat_of(work.here)
        head = work.turn.phrases.text(language, "reply.correction")
        text = f"{head}\n\n{text}"
    shown = f"{work.phrase(f'desk.ask.correct_{came}')}\n\n{text}"
    rows = [
        [work.writer.button("send_corrected", "d.send", work.reference, style="primary")],
        [work.writer.button("back", "d.back", work.reference)],
    ]
    work.ask("draft", shown, rows, text=text)
    await work.turn.finish("edited")


async def _replace(work: Work, known: ChatMessage, message: UUID, text: str) -> None:
    """Put the new words in the place of a reply that still waits."""
    reference, agent = work.reference, work.agent
    not_before = work.turn.chat.desk.now() + WAIT

    def then(draft: Draft) -> None:
        async def point() -> None:
            fields = {"message_id": draft.messages[-1].id, "role": REPLYING}
            await ChatMessage.filter(id=known.id).update(**fields)

        draft.later.append(point)

    work.turn.react(WAITS)
    await work.act(
        lambda acts: acts.rewrite(reference, agent, message, text, not_before=not_before), then=then
    )


async def undo(work: Work) -> None:
    """Stop what was just sent."""
    reference, agent = work.reference, work.agent
    await work.act(lambda acts: acts.undo(reference, agent), done=work.phrase("desk.said.undone"))


async def again(work: Work) -> None:
    """Send once more what may not have arrived, or did not."""
    press = work.turn.press
    entry = None
    if press and press.args:
        entry = await OutboxEntry.get_or_none(id=UUID(press.args[0])).select_related("ticket")
    if entry is None:
        work.tell(work.phrase("alert.stale"), alert=True)
        await work.turn.finish()
        return
    agent, lost, message = work.agent, entry.id, entry.message_id

    async def wait() -> None:
        await ChatMessage.filter(message_id=message, role=FAILED).update(role=REPLYING)

    work.turn.settle()
    work.turn.chat.later(wait)
    await work.act(lambda acts: acts.send_again(entry.ticket.reference, agent, lost))


def _with_files(said: Said) -> str:
    names = " ".join(f"[{file.name or file.kind}]" for file in said.files)
    return f"{said.text or said.details}\n{names}".strip()
