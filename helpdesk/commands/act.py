"""`helpdesk act`: everything an agent does; `helpdesk clock`: why a date is due."""

from __future__ import annotations

import sys
from datetime import datetime, timedelta
from pathlib import Path

import click

from helpdesk.commands.acting import RIGHTS, agent_option, chosen_right, perform, right_option
from helpdesk.commands.facts import read_facts
from helpdesk.commands.running import config_option, find_config, run, visiting
from helpdesk.commands.settling import authority, change_type, verify
from helpdesk.config import Config
from helpdesk.house import utc_now
from tickets.actions import Actions
from tickets.clock import explain
from tickets.requests import EXTENSION_REASONS
from tickets.types import RequestState, Right
from tickets.views import numbered

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


for command in (verify, authority, change_type):
    act.add_command(command)


@act.command()
@click.argument("reference")
@click.option("--over", is_flag=True, help="Also where a colleague has it.")
@agent_option
@config_option
def take(config_path: Path | None, reference: str, agent: str, *, over: bool) -> None:
    """Make the ticket yours; proven requests are in work from now on."""
    perform(config_path, reference, lambda desk: desk.take(reference, agent, over=over))


@act.command()
@click.argument("reference")
@click.argument("colleague")
@agent_option
@config_option
def assign(config_path: Path | None, reference: str, colleague: str, agent: str) -> None:
    """Make the ticket COLLEAGUE's."""
    perform(config_path, reference, lambda desk: desk.assign(reference, agent, colleague))


@act.command()
@click.argument("reference")
@agent_option
@config_option
def release(config_path: Path | None, reference: str, agent: str) -> None:
    """Give the ticket back; its team keeps it."""
    perform(config_path, reference, lambda desk: desk.release(reference, agent))


@act.command()
@click.argument("reference")
@agent_option
@config_option
def unlink(config_path: Path | None, reference: str, agent: str) -> None:
    """Take back that the requester's chat and another address are one person's."""
    perform(config_path, reference, lambda desk: desk.unlink(reference, agent))


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
    perform(
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
    perform(config_path, reference, lambda desk: desk.note(reference, agent, told))


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
    chosen = chosen_right(right)
    perform(
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
    chosen, day = chosen_right(right), until.date() if until else None
    perform(
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
    given, chosen = read_facts(facts), chosen_right(right)
    perform(
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
    given, chosen = read_facts(facts), chosen_right(right)
    perform(
        config_path,
        reference,
        lambda desk: desk.fulfil(reference, agent, given, right=chosen, partly=partly),
    )


@act.command()
@click.argument("reference")
@click.argument("code")
@agent_option
@config_option
def done(config_path: Path | None, reference: str, code: str, agent: str) -> None:
    """Take CODE off the work that `tickets show` lists."""
    perform(config_path, reference, lambda desk: desk.done(reference, agent, code))


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
    state, chosen = RequestState(outcome) if outcome else None, chosen_right(right)
    perform(
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
    chosen = chosen_right(right)
    perform(config_path, reference, lambda desk: desk.reopen(reference, agent, chosen))


@act.command()
@click.argument("reference")
@click.argument("other")
@agent_option
@config_option
def merge(config_path: Path | None, reference: str, other: str, agent: str) -> None:
    """Bring all of OTHER into REFERENCE; both must be of one person."""
    perform(config_path, reference, lambda desk: desk.merge(reference, agent, other))


@act.command()
@click.argument("reference")
@click.option("--message", "numbers", type=int, multiple=True, help="As `tickets show` counts.")
@click.option("--right", "rights", type=RIGHTS, multiple=True, help="Its open request.")
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

    perform(config_path, reference, work)


@act.command()
@click.argument("reference")
@agent_option
@config_option
def undo(config_path: Path | None, reference: str, agent: str) -> None:
    """Take back the last reply that did not leave yet, the last merge or the last split."""
    perform(config_path, reference, lambda desk: desk.undo(reference, agent))


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


def _text(text: str) -> str:
    return sys.stdin.read() if text == "-" else text
