"""What agents do to a ticket, for every door: the acts of its neighbours under one name.

`tickets.acting` says how an act is carried out, `tickets.agents` who may, docs/requests.md what
each does.
"""

from __future__ import annotations

from tickets.banning import Banning
from tickets.findings import Findings
from tickets.joining import Joining
from tickets.outcomes import Outcomes


class Actions(Joining, Findings, Outcomes, Banning):
    """Everything that agents do, whatever the door."""
