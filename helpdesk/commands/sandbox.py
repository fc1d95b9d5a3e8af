"""`helpdesk sandbox`: a world to try the service in."""

from __future__ import annotations

import json
import sys
from dataclasses import asdict
from pathlib import Path

import click

from helpdesk.commands.running import run
from sandbox.letter import Attachment, Letter
from sandbox.world import find_mail, read_inbox, read_messages, wait_for_world
from sandbox.world import send as send_letter

_WAIT_SECONDS = 10.0


@click.group(invoke_without_command=True)
@click.option("--data", type=click.Path(path_type=Path), default=Path("data"), show_default=True)
@click.pass_context
def sandbox(context: click.Context, data: Path) -> None:
    """Run the service against a world on loopback; with a subcommand, act in that world."""
    if context.invoked_subcommand is None:
        run(_live_in(data))


async def _live_in(data: Path) -> None:
    from helpdesk.sandbox import run_sandbox  # noqa: PLC0415  - servers, for those who run one
    from sandbox.mail import WorldInUseError  # noqa: PLC0415  - the same

    try:
        await run_sandbox(data, _say)
    except WorldInUseError as exc:
        raise click.ClickException(str(exc)) from exc


def _say(line: str) -> None:
    click.echo(line)
    sys.stdout.flush()


@sandbox.command()
@click.option("--from", "sender", required=True, help="Who writes.")
@click.option("--subject", default="", help="The subject.")
@click.option("--body", default="", help="The text; `-` reads it from standard input.")
@click.option("--to", default="", help="To whom; else the support mailbox.")
@click.option(
    "--attach", type=click.Path(exists=True, dir_okay=False, path_type=Path), multiple=True
)
def send(sender: str, subject: str, body: str, to: str, attach: tuple[Path, ...]) -> None:
    """Send a mail into the running sandbox, as somebody outside."""
    world = wait_for_world(Path.cwd(), _WAIT_SECONDS)
    if world is None:
        raise click.ClickException("no sandbox is running here; start one with `make run`")
    files = [Attachment(path.name, path.read_bytes()) for path in attach]
    text = sys.stdin.read() if body == "-" else body
    letter = Letter(sender, to or world.address, subject, text, attachments=files)
    send_letter(world, letter)
    click.echo(f"Sent to {letter.to}. Read the answer with: helpdesk sandbox inbox {sender}")


@sandbox.command()
@click.argument("address")
@click.option("--json", "as_json", is_flag=True, help="Print JSON lines.")
def inbox(address: str, *, as_json: bool) -> None:
    """Show the mail that ADDRESS has received, or the text messages of a number (+49…)."""
    directory = find_mail(Path.cwd())
    if directory is None:
        raise click.ClickException("no sandbox was ever run here; start one with `make run`")
    if address.startswith("+"):
        _show_texts(directory, address, as_json=as_json)
        return
    mails = read_inbox(directory, address)
    for mail in mails:
        if as_json:
            fields = ("sender", "to", "subject", "text", "message_id", "in_reply_to", "automatic")
            click.echo(json.dumps({f: getattr(mail, f) for f in fields}, ensure_ascii=False))
        else:
            click.echo(f"From: {mail.sender}\nSubject: {mail.subject}\n\n{mail.text}\n")
    if not mails and not as_json:
        click.echo(f"Nothing for {address} yet.")


def _show_texts(directory: Path, number: str, *, as_json: bool) -> None:
    messages = read_messages(directory, number)
    for one in messages:
        click.echo(json.dumps(asdict(one), ensure_ascii=False) if as_json else f"{one.text}\n")
    if not messages and not as_json:
        click.echo(f"Nothing for {number} yet.")
