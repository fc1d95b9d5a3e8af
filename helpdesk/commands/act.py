"""`helpdesk act`: everything an agent does; `helpdesk clock`: why a date is due."""

from __future__ import annotations

import sys
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

import click

from helpdesk.commands.facts import read_facts
from helpdesk.commands.running import config_option, find_config, run, visiting
from helpdesk.config import Config
from helpdesk.house import utc_now
from regimes.events import EventType
from tickets.actions import Actions
from tickets.agents import Agents
from tickets.clock import explain
from tickets.errors import Taken
from tickets.findings import ENTERED
from tickets.proof import Seen
from tickets.requests import EXTENSION_REASONS
from tickets.types import Intent, RequestState, Right
from tickets.views import numbered

_RIGHTS: Final = click.Choice([right.value for right in Right])

agent_option = click.option("--agent", required=True, help="Who acts, by name.")
right_option = click.option(
    "--right", type=_RIGHTS, help="Which request, where the ticket has several."
)
facts_option = click.option(
    "--fact",
    "facts",
    multiple=True,
    metavar="NAME=VALUE",
    help="What the letter states (docs/letters.md); repeat for lists.",
)


@click.group()
def act() -> None:
    """Act on the ticket of REFERENCE as --agent NAME."""


def _work(
    config_path: Path | None, reference: str, work: Callable[[Actions], Awaitable[None]]
) -> None:
    async def whole(config: Config) -> None:
        async with visiting(config) as house:
            try:
                await work(Actions(house.desk, house.proof))
            except Taken as taken:
                name = await Agents(house.vault).name(taken.agent_id)
                since = f" since {taken.since:%F %H:%M} UTC" if taken.since else ""
                raise click.ClickException(f"{name} has it{since}; take it --over") from taken

    run(whole(find_config(config_path)))
    click.echo(f"{reference.upper()}: done.")


@act.command()
@click.argument("reference")
@click.option("--over", is_flag=True, help="Also where a colleague has it.")
@agent_option
@config_option
def take(config_path: Path | None, reference: str, agent: str, *, over: bool) -> None:
    """Make the ticket yours; proven requests are in work from now on."""
    _work(config_path, reference, lambda desk: desk.take(reference, agent, over=over))


@act.command()
@click.argument("reference")
@click.argument("colleague")
@agent_option
@config_option
def assign(config_path: Path | None, reference: str, colleague: str, agent: str) -> None:
    """Make the ticket COLLEAGUE's."""
    _work(config_path, reference, lambda desk: desk.assign(reference, agent, colleague))


@act.command()
@click.argument("reference")
@agent_option
@config_option
def release(config_path: Path | None, reference: str, agent: str) -> None:
    """Give the ticket back; its team keeps it."""
    _work(config_path, reference, lambda desk: desk.release(reference, agent))


@act.command()
@click.argument("reference")
@click.argument("text")
@click.option("--wait", "asks", is_flag=True, help="The ticket waits for their answer.")
@click.option("--delay", default=0, help="Seconds in which `undo` takes it back.")
@agent_option
@config_option
def reply(  # noqa: PLR0913  - click's options
    config_path: Path | None, reference: str, text: str, delay: int, agent: str, *, asks: bool
) -> None:
    """Write TEXT to the requester; `-` reads it from standard input."""
    told, until = _text(text), utc_now() + timedelta(seconds=delay)
    _work(
        config_path,
        reference,
        lambda desk: desk.reply(reference, agent, told, asks=asks, not_before=until),
    )


@act.command()
@click.argument("reference")
@click.argument("text")
@agent_option
@config_option
def note(config_path: Path | None, reference: str, text: str, agent: str) -> None:
    """Write down TEXT for agents only; `-` reads it from standard input."""
    told = _text(text)
    _work(config_path, reference, lambda desk: desk.note(reference, agent, told))


@act.command()
@click.argument("reference")
@right_option
@click.option("--confirm", is_flag=True, help="Only say that the suspected request is meant.")
@click.option("--ask", is_flag=True, help="Ask the requester by letter to prove who they are.")
@click.option("--how", type=click.Choice([one.value for one in Seen]), help="How you know.")
@click.option(
    "--event",
    "kind",
    type=click.Choice(sorted(one.value for one in ENTERED)),
    help="Enter what the law counts by: a question of ours, its answer.",
)
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="Its day; today if left out.")
@click.option("--regime", default="", help="Which law it is, such as eu_gdpr.")
@agent_option
@config_option
def verify(  # noqa: PLR0913, PLR0917  - click's options
    config_path: Path | None,
    reference: str,
    right: str | None,
    how: str | None,
    kind: str | None,
    on: datetime | None,
    regime: str,
    agent: str,
    *,
    confirm: bool,
    ask: bool,
) -> None:
    """Settle what is asked, under which law and by whom."""
    chosen = _right(right)
    if not (confirm or ask or how or kind or regime):
        raise click.UsageError("say --confirm, --ask, --how, --event or --regime")

    async def work(desk: Actions) -> None:
        if confirm or ask:
            await desk.confirm(reference, agent, chosen)
        if kind:
            await desk.enter(reference, agent, EventType(kind), desk.moment(on), chosen)
        if regime:
            await desk.settle(reference, agent, regime)
        if ask:
            await desk.ask_proof(reference, agent, chosen)
        if how:
            await desk.verify(reference, agent, Seen(how), chosen)

    _work(config_path, reference, work)


@act.command()
@click.argument("reference")
@right_option
@click.option("--reject", is_flag=True, help="Send the proposal back.")
@agent_option
@config_option
def approve(
    config_path: Path | None, reference: str, right: str | None, agent: str, *, reject: bool
) -> None:
    """Let the answer that somebody else proposed go out as it stands."""
    chosen = _right(right)
    _work(
        config_path,
        reference,
        lambda desk: desk.approve(reference, agent, right=chosen, rejects=reject),
    )


@act.command()
@click.argument("reference")
@click.option("--reason", required=True, type=click.Choice(sorted(EXTENSION_REASONS)))
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), help="The new date, where it is ours.")
@click.option("--details", default="", help="A sentence that the letter adds.")
@right_option
@agent_option
@config_option
def extend(  # noqa: PLR0913, PLR0917  - click's options
    config_path: Path | None,
    reference: str,
    reason: str,
    until: datetime | None,
    details: str,
    right: str | None,
    agent: str,
) -> None:
    """Take the further time that the law gives, and tell the requester."""
    chosen, day = _right(right), until.date() if until else None
    _work(
        config_path,
        reference,
        lambda desk: desk.extend(
            reference, agent, reason, right=chosen, until=day, details=details
        ),
    )


@act.command()
@click.argument("reference")
@click.option("--ground", required=True, help="A ground of the regime, such as legal_obligation.")
@facts_option
@right_option
@agent_option
@config_option
def refuse(  # noqa: PLR0913, PLR0917  - click's options
    config_path: Path | None,
    reference: str,
    ground: str,
    facts: tuple[str, ...],
    right: str | None,
    agent: str,
) -> None:
    """Propose to refuse; facts: refused, reasons, instead."""
    given, chosen = read_facts(facts), _right(right)
    _work(
        config_path,
        reference,
        lambda desk: desk.refuse(reference, agent, ground, given, right=chosen),
    )


@act.command()
@click.argument("reference")
@click.option("--partly", is_flag=True, help="Some of it was refused.")
@facts_option
@right_option
@agent_option
@config_option
def fulfil(  # noqa: PLR0913  - click's options
    config_path: Path | None,
    reference: str,
    facts: tuple[str, ...],
    right: str | None,
    agent: str,
    *,
    partly: bool,
) -> None:
    """Say that the work is done, and propose the letter that tells it."""
    given, chosen = read_facts(facts), _right(right)
    _work(
        config_path,
        reference,
        lambda desk: desk.fulfil(reference, agent, given, right=chosen, partly=partly),
    )


@act.command()
@click.argument("reference")
@click.option("--as", "outcome", type=click.Choice(["withdrawn", "lapsed"]))
@right_option
@agent_option
@config_option
def close(
    config_path: Path | None, reference: str, outcome: str | None, right: str | None, agent: str
) -> None:
    """End the conversation; --as ends requests that need no answer."""
    state, chosen = RequestState(outcome) if outcome else None, _right(right)
    _work(
        config_path,
        reference,
        lambda desk: desk.close(reference, agent, right=chosen, outcome=state),
    )


@act.command()
@click.argument("reference")
@right_option
@agent_option
@config_option
def reopen(config_path: Path | None, reference: str, right: str | None, agent: str) -> None:
    """Open the conversation again; with --right also that request's next round."""
    chosen = _right(right)
    _work(config_path, reference, lambda desk: desk.reopen(reference, agent, chosen))


@act.command("type")
@click.argument("reference")
@click.argument("intent", type=click.Choice([intent.value for intent in Intent]))
@click.option("--right", "rights", type=_RIGHTS, multiple=True, help="All that is asked; repeat.")
@agent_option
@config_option
def change_type(
    config_path: Path | None, reference: str, intent: str, rights: tuple[str, ...], agent: str
) -> None:
    """Say what is asked, where it was read wrongly; suspected requests end or are confirmed."""
    chosen = [Right(one) for one in rights]
    _work(
        config_path,
        reference,
        lambda desk: desk.change_type(reference, agent, Intent(intent), chosen),
    )


@act.command()
@click.argument("reference")
@click.argument("other")
@agent_option
@config_option
def merge(config_path: Path | None, reference: str, other: str, agent: str) -> None:
    """Bring all of OTHER into REFERENCE; both must be of one person."""
    _work(config_path, reference, lambda desk: desk.merge(reference, agent, other))


@act.command()
@click.argument("reference")
@click.option("--message", "numbers", type=int, multiple=True, help="As `tickets show` counts.")
@click.option("--right", "rights", type=_RIGHTS, multiple=True, help="Its open request.")
@agent_option
@config_option
def split(
    config_path: Path | None,
    reference: str,
    numbers: tuple[int, ...],
    rights: tuple[str, ...],
    agent: str,
) -> None:
    """Move messages and requests to a new ticket, whose reference is printed."""
    chosen = [Right(one) for one in rights]

    async def work(desk: Actions) -> None:
        messages = await numbered(reference, numbers)
        opened = await desk.split(reference, agent, messages=messages, rights=chosen)
        click.echo(opened)

    _work(config_path, reference, work)


@act.command()
@click.argument("reference")
@agent_option
@config_option
def undo(config_path: Path | None, reference: str, agent: str) -> None:
    """Take back the last reply that did not leave yet, the last merge or the last split."""
    _work(config_path, reference, lambda desk: desk.undo(reference, agent))


@click.command()
@click.argument("reference")
@config_option
def clock(config_path: Path | None, reference: str) -> None:
    """Say which dates the ticket of REFERENCE has, and why."""

    async def whole(config: Config) -> list[str]:
        async with visiting(config) as house:
            return await explain(house.desk, reference)

    for line in run(whole(find_config(config_path))):
        click.echo(line)


def _right(value: str | None) -> Right | None:
    return Right(value) if value else None


def _text(text: str) -> str:
    return sys.stdin.read() if text == "-" else text
