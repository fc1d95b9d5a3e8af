"""Who is a customer, and which addresses belong to one: a port, asked outside of transactions.

Without a directory a proof says only "controls this address", and an agent matches it to an account
before anything is disclosed or deleted.  `helpdesk.directory` holds what answers.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from tickets.errors import DeskError


class DirectoryError(DeskError):
    """The directory did not answer, or not in a way that can be read; ask again or an agent."""


@dataclass(frozen=True, slots=True)
class Account:
    """A customer as the directory names one: opaque, equal for every address of one customer."""

    key: str


class Directory(Protocol):
    """Answers whose account an address belongs to."""

    async def look_up(self, address: str) -> Account | None:
        """Return the account, or None where there is none; raise `DirectoryError`."""


async def may_prove(directory: Directory, account_address: str, proving_address: str) -> bool:
    """Tell whether somebody who controls one address may prove the account of another."""
    account = await directory.look_up(account_address)
    return account is not None and account == await directory.look_up(proving_address)


async def is_customer(directory: Directory | None, address: str) -> bool | None:
    """Return what the directory says of an address; None where nobody could be asked."""
    if directory is None:
        return None
    try:
        return await directory.look_up(address) is not None
    except DirectoryError:
        return None
