"""How a request is answered by chat: extended, fulfilled, refused, approved, closed.

Each step is a button or a reply, each letter is shown before it leaves, and what answers a request
waits for a second agent where the desk wants that.
"""

from __future__ import annotations

import re
from datetime import date
from typing import Any, Final

from bot.buttons import Button
from bot.forum import handling
from bot.forum.work import Work, pages
from tickets.agents import Agents
from tickets.choices import COMPLETED, LISTS, REASONS, WANTED
from tickets.errors import Refusal
from tickets.models import Request
from tickets.types import Channel, RequestState, Right

OUTCOMES: Final = (
    "answered",
    "data_sent",
    "data_deleted",
    "refused",
    "withdrawn",
    "duplicate",
    "spam",
)
_LINK: Final = re.compile(r"https://\S+")
_DAY: Final = re.compile(r"\b\d{4}-\d\d-\d\d\b")
_RIGHTS: Final = {
    "data_sent": (Right.ACCESS, Right.PORTABILITY),
    "data_deleted": (Right.DELETION, Right.ACCOUNT_CANCEL),
}
_ENDS: Final = {
    "withdrawn": RequestState.WITHDRAWN,
    "duplicate": RequestState.LAPSED,
    "spam": RequestState.LAPSED,
}


async def _one(work: Work, step: str, right: str) -> Request | None:
    """Return the open request that is meant; ask where there are several."""
    found = await work.choices.requests(work.here)
    if right:
        found = [one for one in found if one.right == right]
    if not found:
        raise Refusal("no_open_request", reference=work.reference)
    if len(found) == 1:
        return found[0]
    rows = handling.names([Right(one.right) for one in found], work, step)
    work.ask(step, work.phrase("desk.ask.type"), rows)
    await work.turn.finish()
    return None


# Extending


async def extend(work: Work) -> None:
    """Offer the dates that the law of the ticket allows."""
    request = await _one(work, "d.extend", work.args[0] if work.args else "")
    if request is None:
        return
    days = await work.choices.until(request)
    choices = [
        work.choice(day.isoformat(), "d.until", str(request.right), day.isoformat()) for day in days
    ]
    rows = [*pages(choices), [work.writer.button("back", "d.back", work.reference)]]
    work.ask("extend", work.phrase("desk.ask.until"), rows)
    await work.turn.finish()


async def until(work: Work) -> None:
    """Ask for the reason."""
    right, day = work.args
    choices = [
        work.choice(work.phrase(f"desk.reason.{why}"), "d.reason", right, day, why)
        for why in REASONS
    ]
    work.ask("extend", work.phrase("desk.ask.reason"), pages(choices))
    await work.turn.finish()


async def reason(work: Work) -> None:
    """Show the notice to the requester before it leaves."""
    right, day, why = work.args
    request = await _one(work, "d.extend", right)
    if request is None:
        return
    facts = {"new_on": date.fromisoformat(day), "reason": why}
    letter = work.choices.preview(work.here, request, "extension", facts)
    go = work.writer.button("send_extension", "d.extended", work.reference, right, day, why)
    _preview(work, "extend", letter.text, go)
    await work.turn.finish()


async def extended(work: Work) -> None:
    """Extend, and tell the requester."""
    reference, agent = work.reference, work.agent
    right, day, why = work.args
    new_on = date.fromisoformat(day)
    work.settle()
    work.turn.chat.end()
    done = work.phrase("desk.said.extended", until=new_on)
    await work.act(
        lambda acts: acts.extend(reference, agent, why, right=Right(right), until=new_on), done=done
    )


# Closing and answering


async def close(work: Work) -> None:
    """Ask how it ends."""
    choices = [work.choice(work.phrase(f"desk.outcome.{o}"), "d.out", o) for o in OUTCOMES]
    rows = [*pages(choices), [work.writer.button("back", "d.back", work.reference)]]
    work.ask("close", work.phrase("desk.ask.outcome"), rows)
    await work.turn.finish()


async def out(work: Work) -> None:
    """Take the outcome: what answers a request needs its facts first."""
    outcome, right = work.args[0], work.args[1] if len(work.args) > 1 else ""
    requests = await work.choices.requests(work.here)
    if outcome in _ENDS:
        await handling.end(work, _ENDS[outcome])
        return
    if outcome == "refused":
        await _grounds(work, right)
        return
    if outcome == "answered" and not requests:
        await handling.end(work, None)
        return
    fitting = [r for r in requests if r.right in _RIGHTS.get(outcome, tuple(Right))]
    if right:
        fitting = [r for r in fitting if r.right == right]
    if not fitting:
        raise Refusal("no_open_request", reference=work.reference)
    if len(fitting) > 1:
        rows = pages(
            [
                work.choice(work.phrase(f"short.{one.right}"), "d.out", outcome, str(one.right))
                for one in fitting
            ]
        )
        work.ask("close", work.phrase("desk.ask.type"), rows)
        await work.turn.finish()
        return
    kind = COMPLETED.get(Right(fitting[0].right), "completed_objection")
    await _ask_facts(work, {"kind": kind, "right": str(fitting[0].right), "facts": {}})


async def _grounds(work: Work, right: str) -> None:
    request = await _one(work, "d.refuse", right)
    if request is None:
        return
    grounds = work.choices.grounds(request)
    choices = [
        work.choice(work.phrase(f"desk.ground.{code}"), "d.ground", str(request.right), f"{number}")
        for number, code in enumerate(grounds)
    ]
    rows = [*pages(choices, 1), [work.writer.button("back", "d.back", work.reference)]]
    work.ask("close", work.phrase("desk.ask.ground"), rows, grounds=grounds)
    await work.turn.finish()


async def refuse(work: Work) -> None:
    """Offer the grounds for refusing one right."""
    await _grounds(work, work.args[0] if work.args else "")


async def ground(work: Work) -> None:
    """Take the ground, ask for the reasons."""
    right, number = work.args
    facts = {
        "ground": work.turn.chat.data["grounds"][int(number)],
        "refused": work.turn.phrases.text(work.here.language, f"short.{right}"),
    }
    await _ask_facts(work, {"kind": "refusal", "right": right, "facts": facts})


async def _ask_facts(work: Work, answer: dict[str, Any]) -> None:
    """Ask for the next thing that the letter must say; show the letter once it is complete."""
    missing = [one for one in WANTED[answer["kind"]] if one not in answer["facts"]]
    if missing:
        answer["fact"] = missing[0]
        what = work.phrase(f"desk.fact.{missing[0]}")
        rows = [[work.writer.button("back", "d.back", work.reference)]]
        work.ask("fact", work.phrase("desk.ask.fact", what=what), rows, **answer)
        await work.turn.finish()
        return
    request = await _one(work, "d.close", answer["right"])
    if request is None:
        return
    letter = work.choices.preview(work.here, request, answer["kind"], _as_said(answer["facts"]))
    go = work.writer.button("close_tell", "d.propose", work.reference, style="primary")
    _preview(work, "propose", letter.text, go, **answer)
    await work.turn.finish()


async def fact(work: Work, text: str) -> None:
    """Take what an agent wrote for the letter."""
    answer = {k: work.turn.chat.data[k] for k in ("kind", "right", "facts", "fact")}
    name = answer.pop("fact")
    lines = [line.strip("-• ").strip() for line in text.splitlines() if line.strip()]
    if not lines:
        raise Refusal("no_text", reference=work.reference)
    if name == "contents":
        lines = _take_link(work, lines, answer["facts"])
    answer["facts"] = {**answer["facts"], name: lines if name in LISTS else "\n".join(lines)}
    work.turn.react("👌")
    await _ask_facts(work, answer)


def _take_link(work: Work, lines: list[str], facts: dict[str, Any]) -> list[str]:
    """Take the line with the link and its last day out of what a copy contains.

    Nothing can be enclosed in a chat, so there the letter must name a link.
    """
    found = next((line for line in lines if _LINK.search(line)), "")
    link, day = _LINK.search(found), _DAY.search(found)
    if link and day and _is_day(day[0]):
        facts |= {"link": link[0], "link_expires_on": day[0]}
        lines = [line for line in lines if line != found]
    elif found or work.here.channel is Channel.TELEGRAM:
        raise Refusal("link_and_day", reference=work.reference)
    if not lines:
        raise Refusal("no_text", reference=work.reference)
    return lines


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True


def _as_said(facts: dict[str, Any]) -> dict[str, Any]:
    """Return facts as letters take them; a dialogue keeps JSON."""
    told = {name: tuple(v) if isinstance(v, list) else v for name, v in facts.items()}
    if day := facts.get("link_expires_on"):
        told["link_expires_on"] = date.fromisoformat(day)
    return told


async def propose(work: Work) -> None:
    """Let the answer go, or put it before a second agent."""
    data, reference, agent = work.turn.chat.data, work.reference, work.agent
    facts = _as_said(data["facts"])
    right = Right(data["right"])
    is_refusal = data["kind"] == "refusal"
    work.settle()
    work.turn.chat.end()
    needs_two = work.turn.chat.desk.config.settings.four_eyes
    done = work.phrase("desk.said.proposed" if needs_two else "desk.said.approved")
    if is_refusal:
        code = str(facts.pop("ground"))
        await work.act(
            lambda acts: acts.refuse(reference, agent, code, facts, right=right), done=done
        )
        return
    await work.act(lambda acts: acts.fulfil(reference, agent, facts, right=right), done=done)


# Four eyes


async def approve(work: Work) -> None:
    """Show what a colleague proposes."""
    proposals = await work.choices.proposals(work.here)
    if not proposals:
        raise Refusal("nothing_proposed", reference=work.reference)
    one = proposals[0]
    by = await Agents(work.turn.chat.desk.vault).name(one.by) if one.by else "?"
    text = f"{work.phrase('desk.ask.proposal', agent=by)}\n\n{one.letter.text}"
    rows = [
        [
            work.writer.button(
                "approve", "d.approved", work.reference, one.right.value, style="success"
            ),
            work.writer.button("reject", "d.rejected", work.reference, one.right.value),
        ]
    ]
    work.ask("approve", text, rows)
    await work.turn.finish()


async def approved(work: Work) -> None:
    """Let exactly that letter go."""
    await _decide(work, rejects=False)


async def rejected(work: Work) -> None:
    """Send the proposal back."""
    await _decide(work, rejects=True)


async def _decide(work: Work, *, rejects: bool) -> None:
    reference, agent, right = work.reference, work.agent, Right(work.args[0])
    work.settle()
    work.turn.chat.end()
    done = work.phrase("desk.said.rejected" if rejects else "desk.said.approved")
    await work.act(
        lambda acts: acts.approve(reference, agent, right=right, rejects=rejects), done=done
    )


def _preview(work: Work, step: str, text: str, go: Button, **data: object) -> None:
    rows = [[go], [work.writer.button("back", "d.back", work.reference)]]
    work.ask(step, f"{work.phrase('desk.ask.preview')}\n\n{text}", rows, **data)
