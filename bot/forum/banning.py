"""Banning whoever abuses a chat: proposed by an agent, decided by another, lifted by any."""

from __future__ import annotations

from bot.forum.work import Work, pages
from tickets.agents import Act, Agents, check
from tickets.banning import TERMS, is_banned, proposed
from tickets.errors import Refusal
from tickets.models import Identity
from tickets.types import CHATS
from tickets.worklist import DECIDE_BAN


async def ban(work: Work) -> None:
    """Offer what can be done now: propose a ban, decide one, or lift it."""
    agent = work.turn.chat.agent
    if agent is not None:
        check(agent, Act.BAN)
    if work.here.channel not in CHATS:
        raise Refusal("not_a_chat", reference=work.reference)
    requester = await Identity.get(id=work.here.requester_id)
    until = requester.banned_until
    if DECIDE_BAN in work.here.work:
        await _show_proposal(work)
    elif until is not None and is_banned(requester, work.turn.chat.desk.now()):
        text = work.phrase("desk.ask.banned", until=until)
        work.ask("ban", text, [[work.choice(work.phrase("desk.button.unban"), "d.unban")]])
    else:
        terms = [
            work.choice(work.phrase("desk.ban.term", days=days), "d.banned", f"{days}")
            for days in TERMS
        ]
        back = work.writer.button("back", "d.back", work.reference)
        work.ask("ban", work.phrase("desk.ask.ban"), [*pages(terms, 3), [back]])
    await work.turn.finish()


async def banned(work: Work) -> None:
    """Ban, or put it before a second agent."""
    reference, agent, days = work.reference, work.agent, int(work.args[0])
    needs_two = work.turn.chat.desk.config.settings.four_eyes
    done = work.phrase("desk.said.ban_proposed" if needs_two else "desk.said.banned")
    _over(work)
    await work.act(lambda acts: acts.ban(reference, agent, days), done=done)


async def agreed(work: Work) -> None:
    """Let the ban begin that a colleague proposes."""
    await _decide(work, "desk.said.banned", rejects=False)


async def disagreed(work: Work) -> None:
    """Leave it."""
    await _decide(work, "desk.said.ban_rejected", rejects=True)


async def unban(work: Work) -> None:
    """Take a ban back."""
    reference, agent = work.reference, work.agent
    _over(work)
    await work.act(
        lambda acts: acts.unban(reference, agent), done=work.phrase("desk.said.unbanned")
    )


async def _show_proposal(work: Work) -> None:
    chat = work.turn.chat
    proposal = await proposed(work.here, await chat.key_of(work.here.requester_id))
    if proposal is None:
        raise Refusal("nothing_proposed", reference=work.reference)
    by = await Agents(chat.desk.vault).name(proposal.by)
    choices = [
        work.choice(work.phrase("desk.button.ban"), "d.banning", style="danger"),
        work.choice(work.phrase("desk.button.reject"), "d.banless"),
    ]
    work.ask("ban", work.phrase("desk.ask.decide_ban", agent=by, days=proposal.days), [choices])


async def _decide(work: Work, key: str, *, rejects: bool) -> None:
    reference, agent = work.reference, work.agent
    _over(work)
    await work.act(
        lambda acts: acts.decide_ban(reference, agent, rejects=rejects), done=work.phrase(key)
    )


def _over(work: Work) -> None:
    work.settle()
    work.turn.chat.end()
