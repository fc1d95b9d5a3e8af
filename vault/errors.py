"""What the vault may raise.

No message holds plaintext, a key, or a sealed value: owners, tables, ids and columns only.
The vault imports nothing of ours, so this family stands beside `DeskError`, not below it.
"""

from __future__ import annotations


class VaultError(Exception):
    """The root of everything that the vault raises on purpose."""


class WrongMasterKey(VaultError):
    """The master key is not the one under which this key store was written."""


class MasterKeyUnusable(VaultError):
    """The master key could not be loaded; the message says which source and why."""


class KeyMissing(VaultError):
    """No key of this owner is at hand: never made, not loaded lately, or destroyed."""

    def __init__(self, owner: str) -> None:
        super().__init__(f"no key at hand for {owner}")
        self.owner = owner


class KeyStoreBusy(VaultError):
    """Another process held the key store so long that its log could not be emptied.

    The keys are gone from the tables, but their old bytes may still lie in the log: repeat the
    destroying (it is idempotent) before telling anyone that it is done.
    """


class SealBroken(VaultError):
    """A sealed value does not open: altered, cut, moved to another place, or another key's."""

    def __init__(self, place: str, why: str) -> None:
        super().__init__(f"{place}: {why}")
        self.place = place
        self.why = why
