"""The desk as a value: everything that works on tickets is handed this, and looks nothing up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from tickets.letters import Letters
from tickets.settings import DeskConfig
from tickets.targets import Targets
from tickets.types import Classify, Decide
from vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Desk:
    """The vault, the configuration, and what the other rooms do for the desk."""

    vault: Vault
    config: DeskConfig
    letters: Letters
    classify: Classify
    decide: Decide
    now: Callable[[], datetime]
    targets: Targets = field(init=False)

    def __post_init__(self) -> None:
        """Prepare the calendars once."""
        object.__setattr__(self, "targets", Targets(self.config.settings))
