"""`helpdesk serve`, `migrate` and `check-config`."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import click

from helpdesk.commands.running import config_option, find_config, refuse_config, run
from helpdesk.config import Config, load_config
from helpdesk.database import migrate as migrate_database
from helpdesk.house import open_house, open_vault
from helpdesk.service import Service, stop_on_signals
from templates.policy import is_current
from tickets.errors import ConfigError
from vault.master import generate_master_file

_log = logging.getLogger(__name__)


@click.command()
@config_option
def serve(config_path: Path | None) -> None:
    """Run the service until SIGINT or SIGTERM."""
    path = config_path or Path("config.toml")
    try:
        config = load_config(path)
    except ConfigError as exc:
        refuse_config(exc)
    run(_serve(config))


def _warn_of_changed_policy(config: Config) -> None:
    """Say at start that the answers were written from another policy."""
    if not config.company.policy:
        return
    try:
        current = is_current(Path(config.company.policy).read_text("utf-8"))
    except (OSError, UnicodeDecodeError):
        current = False
    if not current:
        _log.warning(
            "the privacy policy is not the one that the answers were written from;"
            " see `helpdesk policy check`",
            extra={"action": "policy_changed"},
        )


async def _serve(config: Config) -> None:
    _warn_of_changed_policy(config)
    stop = asyncio.Event()
    stop_on_signals(stop)
    async with open_house(config) as house:
        mailboxes = ", ".join(mailbox.name for mailbox in config.mailbox) or "none"
        _log.info("service started", extra={"action": "service_started", "account": mailboxes})
        try:
            await Service(house).run(stop)
        except BaseExceptionGroup as group:
            raise _wrong_configuration(group) or group from None
    _log.info("service stopped", extra={"action": "service_stopped"})


def _wrong_configuration(group: BaseExceptionGroup) -> ConfigError | None:
    """Return what only running could show to be wrong, such as a port that is taken."""
    found: BaseException | None = group.subgroup(ConfigError)
    while isinstance(found, BaseExceptionGroup):
        found = found.exceptions[0]
    return found if isinstance(found, ConfigError) else None


@click.command()
@config_option
def migrate(config_path: Path | None) -> None:
    """Bring the database's schema up to date; waits while another process does."""
    config = find_config(config_path)
    run(migrate_database(config.database.url))
    click.echo("The schema is up to date.")


@click.command("check-config")
@config_option
def check_config(config_path: Path | None) -> None:
    """Check the configuration and the master key; tell every problem with its key."""
    path = config_path or Path("config.toml")
    try:
        config = load_config(path)
    except ConfigError as exc:
        refuse_config(exc)
    run(_try_vault(config))
    click.echo(f"{path} is in order: {len(config.mailbox)} mailbox(es).")
    from classifier import vectors  # noqa: PLC0415  - numpy; the service itself does without

    if reason := vectors.why_alone():
        click.echo(f"Messages are read by one model alone, and more goes before a human: {reason}.")


async def _try_vault(config: Config) -> None:
    async with open_vault(config):
        pass


@click.command("make-key")
@click.argument("path", type=click.Path(dir_okay=False, path_type=Path))
def make_key(path: Path) -> None:
    """Write a new random master key to PATH, readable by its owner alone; never overwrite one."""
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    try:
        generate_master_file(path)
    except OSError as exc:
        raise click.ClickException(f"{path}: {exc.strerror}") from exc
    click.echo(f"{path}: keep a copy of it, apart from every backup of the database.")
