"""`helpdesk act verify`, `authority`, `type`: what agents find out about a request."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import click

from helpdesk.commands.acting import RIGHTS, agent_option, chosen_right, perform, right_option
from helpdesk.commands.running import config_option
from regimes.events import EventType
from tickets.actions import Actions
from tickets.findings import ENTERED, ActingAs
from tickets.proof import Seen
from tickets.types import Intent, Right
from tickets.views import numbered


@click.command()
@click.argument("reference")
@right_option
@click.option("--confirm", is_flag=True, help="Only say that the suspected request is meant.")
@click.option("--ask", is_flag=True, help="Ask the requester by letter to prove who they are.")
@click.option("--how", type=click.Choice([one.value for one in Seen]), help="How you know.")
@click.option(
    "--evidence",
    "numbers",
    type=int,
    multiple=True,
    help="A message that showed it, as `tickets show` counts: its content goes for good.",
)
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
    numbers: tuple[int, ...],
    kind: str | None,
    on: datetime | None,
    regime: str,
    agent: str,
    *,
    confirm: bool,
    ask: bool,
) -> None:
    """Settle what is asked, under which law and by whom."""
    chosen = chosen_right(right)
    if numbers and not how:
        raise click.UsageError("--evidence goes with --how")
    if not (confirm or ask or how or kind or regime):
        raise click.UsageError("say --confirm, --ask, --how, --event or --regime")

    async def work(desk: Actions) -> None:
        if confirm:
            await desk.confirm(reference, agent, chosen)
        if kind:
            await desk.enter(reference, agent, EventType(kind), desk.moment(on), chosen)
        if regime:
            await desk.settle(reference, agent, regime)
        if ask:
            await desk.ask_proof(reference, agent, chosen)
        if how:
            evidence = await numbered(reference, numbers)
            await desk.verify(reference, agent, Seen(how), chosen, evidence)

    perform(config_path, reference, work)


@click.command("type")
@click.argument("reference")
@click.argument("intent", type=click.Choice([intent.value for intent in Intent]))
@click.option("--right", "rights", type=RIGHTS, multiple=True, help="All that is asked; repeat.")
@agent_option
@config_option
def change_type(
    config_path: Path | None, reference: str, intent: str, rights: tuple[str, ...], agent: str
) -> None:
    """Say what is asked, where it was read wrongly; suspected requests end or are confirmed."""
    chosen = [Right(one) for one in rights]
    perform(
        config_path,
        reference,
        lambda desk: desk.change_type(reference, agent, Intent(intent), chosen),
    )


@click.command()
@click.argument("reference")
@click.option("--as", "acting_as", required=True, type=click.Choice([a.value for a in ActingAs]))
@right_option
@agent_option
@config_option
def authority(
    config_path: Path | None, reference: str, acting_as: str, right: str | None, agent: str
) -> None:
    """Ask by letter what allows the requester to act for somebody else.

    When it has come: `verify --event agent_authority_received`; when the person concerned has
    confirmed: `verify --how`.
    """
    chosen, role = chosen_right(right), ActingAs(acting_as)
    perform(config_path, reference, lambda desk: desk.ask_authority(reference, agent, role, chosen))
