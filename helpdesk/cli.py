"""The command line: names and where each command lives; nothing is imported before it is needed.

Exit codes: 0 done, 1 it did not work, 2 wrong use, 3 the configuration is wrong.
"""

from __future__ import annotations

import importlib
from typing import Final

import click

COMMANDS: Final = {
    "act": "helpdesk.commands.act:act",
    "agents": "helpdesk.commands.agents:agents",
    "audit": "helpdesk.commands.audit:audit",
    "backup": "helpdesk.commands.copies:backup",
    "check-config": "helpdesk.commands.serve:check_config",
    "classifier": "helpdesk.commands.classifier:classifier",
    "classify": "helpdesk.commands.classify:classify",
    "clock": "helpdesk.commands.act:clock",
    "deadlines": "helpdesk.commands.deadlines:deadlines",
    "mail": "helpdesk.commands.mailbox:mail",
    "make-key": "helpdesk.commands.serve:make_key",
    "migrate": "helpdesk.commands.serve:migrate",
    "outbox": "helpdesk.commands.outbox:outbox",
    "parse": "helpdesk.commands.parse:parse",
    "policy": "helpdesk.commands.policy:policy",
    "reconcile": "helpdesk.commands.mailbox:reconcile",
    "report": "helpdesk.commands.report:report",
    "restore": "helpdesk.commands.copies:restore",
    "sandbox": "helpdesk.commands.sandbox:sandbox",
    "serve": "helpdesk.commands.serve:serve",
    "shunted": "helpdesk.commands.shunted:shunted",
    "tickets": "helpdesk.commands.tickets:tickets",
}


class LazyGroup(click.Group):
    """A group that imports a command's module when that command is asked for."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002  - click's signature
        """Return every command's name."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """Import and return one command."""
        where = COMMANDS.get(cmd_name)
        if where is None:
            return None
        module, _, name = where.partition(":")
        command: click.Command = getattr(importlib.import_module(module), name)
        return command


@click.group(cls=LazyGroup, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="ejet-helpdesk")
def cli() -> None:
    """EJET Helpdesk: privacy requests from mail and Telegram, answered in time."""
