"""`helpdesk backup` and `restore`."""

from __future__ import annotations

from pathlib import Path

import click

from helpdesk.commands.running import config_option, find_config
from helpdesk.copies import CopyError, backup_database, backup_keys
from helpdesk.copies import restore as restore_copies
from helpdesk.house import utc_now

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.argument("directory", type=_FOLDER)
@click.option("--keys", type=_FOLDER, help="Also copy the key store, into this other folder.")
@config_option
def backup(directory: Path, keys: Path | None, config_path: Path | None) -> None:
    """Copy the database into DIRECTORY while the service runs; keys never go with it."""
    config = find_config(config_path)
    if keys is not None and keys.resolve() == directory.resolve():
        raise click.UsageError("the key store belongs into another folder than the database")
    try:
        click.echo(backup_database(config, directory, utc_now()))
        if keys is not None:
            click.echo(f"{backup_keys(config, keys, utc_now())} (destroy it within 7 days)")
    except CopyError as exc:
        raise click.ClickException(str(exc)) from exc


@click.command()
@click.argument("database", type=_FILE)
@click.option("--keys", type=_FILE, help="The copy of the key store, if that was lost too.")
@config_option
def restore(database: Path, keys: Path | None, config_path: Path | None) -> None:
    """Put the copy DATABASE where the configuration says; the service must not run."""
    try:
        restore_copies(find_config(config_path), database, keys)
    except CopyError as exc:
        raise click.ClickException(str(exc)) from exc
    click.echo("Restored. Start the service; mail since the backup is fetched again.")
