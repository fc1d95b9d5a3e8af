"""A deletion from the first mail to the last letter: real mail server, real service, real commands.

The service runs in a process of its own; requesters write by SMTP and read their inboxes, agents
act by the command line beside it.
"""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import smtplib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox.exchange import greeting_for
from sandbox.inbox import SandboxMail
from sandbox.letter import Letter
from sandbox.mail import MailWorld
from tests.wire.service import PATIENCE, Deployment, wait_until
from tickets.audit import verify

pytestmark = [pytest.mark.wire, pytest.mark.timeout(900)]

ANN = "Ann Example <ann@person.test>"
EVE = "Eve <eve@other.test>"
ASKS = (
    "Hello,\n\nplease erase all my personal data. I do not use the lamp any more. "
    "I live in Germany; Article 17 GDPR.\n\nAnn Example"
)
TOKEN = re.compile(r"EJP(-[2-9A-HJ-KM-NP-TV-Z]{2,5}){6}")
DONE = ("--fact", "deleted=your account", "--fact", "deleted=your orders")


@dataclass
class Town:
    """The desk, and people who write to it."""

    world: MailWorld
    desk: Deployment

    def write(self, sender: str, subject: str, text: str, *, to: SandboxMail | None = None) -> None:
        threading = {"In-Reply-To": to.message_id, "References": to.message_id} if to else {}
        letter = Letter(sender, self.world.address, subject, text, headers=threading)
        greeting = greeting_for("pass")
        where = (self.world.host, self.world.smtp_port)
        with smtplib.SMTP(*where, local_hostname=greeting, timeout=PATIENCE) as client:
            raw = letter.encode(datetime.now(UTC))
            client.sendmail(letter.envelope_sender, [self.world.address], raw)

    def answer(
        self, to: SandboxMail, first: str, sender: str = ANN, *, quoting: str = "", thread=True
    ) -> None:
        quoted = "".join(f"> {line}\n" for line in (quoting or to.text).splitlines())
        text = f"{first}\n\nOn Monday EJET wrote:\n{quoted}"
        self.write(sender, f"Re: {to.subject}", text, to=to if thread else None)

    def letter(self, number: int, address: str = "ann@person.test") -> SandboxMail:
        """Wait for the letter of that number to arrive."""
        assert wait_until(lambda: len(self.world.inbox(address)) >= number, PATIENCE), number
        return self.world.inbox(address)[number - 1]

    def act(self, act: str, *words: str, agent: str) -> str:
        return self.desk.command("act", act, self.reference, *words, "--agent", agent)

    def refusal(self, act: str, *words: str, agent: str) -> str:
        return self.desk.refusal("act", act, self.reference, *words, "--agent", agent)

    @property
    def reference(self) -> str:
        return next(one["reference"] for one in self.tickets(of="ann@person.test"))

    def tickets(self, of: str = "") -> list[dict]:
        return [one for one in self.desk.tickets() if of in {"", one["requester"]}]

    def states(self) -> list[str]:
        return [one["state"] for ticket in self.tickets() for one in ticket["requests"]]

    def comes_to(self, *states: str) -> None:
        assert wait_until(lambda: self.states() == list(states), PATIENCE, 0.5), self.states()

    def inbox(self) -> list[SandboxMail]:
        return self.world.inbox("ann@person.test")

    def letters(self) -> list[dict]:
        return [one for ticket in self.tickets("ann@person.test") for one in ticket["letters"]]

    def messages(self, direction: str) -> list[dict]:
        told = [one for ticket in self.tickets("ann@person.test") for one in ticket["messages"]]
        return [one for one in told if one["direction"] == direction]

    def work(self) -> list[str]:
        return [code for ticket in self.tickets("ann@person.test") for code in ticket["work"]]

    def statute(self) -> dict[str, int]:
        (figures,) = map(json.loads, self.desk.command("report", "--json").splitlines())
        return {name: value for name, value in figures["statute"].items() if value}

    def is_sealed(self) -> bool:
        return self.desk.look(lambda house: verify(house.vault)).unsealed == 0


@pytest.fixture
def migrated(tmp_path: Path, database_file: Path) -> Path:
    """Where a deployment finds its database as a first start leaves it."""
    shutil.copy(database_file, tmp_path / "helpdesk.db")
    return tmp_path


async def live(tmp_path: Path, play: Callable[[Town], None]) -> None:
    """Run the desk with two agents, and let Ann ask for the deletion of her account."""
    async with MailWorld.open(tmp_path / "world", imap_port=0, smtp_port=0) as world:
        town = Town(world, Deployment.make(tmp_path, world))

        def whole() -> None:
            for name in ("Bo", "Cy"):
                town.desk.command("agents", "add", name, "--role", "agent", "--json")
            with town.desk.running():
                town.write(ANN, "Delete my account", ASKS)
                play(town)
                assert wait_until(town.is_sealed, PATIENCE, 0.5)
            assert json.loads(town.desk.command("audit", "verify", "--json"))["problems"] == []

        await asyncio.to_thread(whole)


async def test_a_deletion_from_the_first_mail_to_the_last_letter(migrated):
    await live(migrated, play_the_whole)


def play_the_whole(town: Town) -> None:
    receipt = town.letter(1)
    assert TOKEN.search(receipt.text)
    assert "at the latest" in receipt.text
    assert town.states() == ["proof_asked"]
    assert "not_proven" in town.refusal("fulfil", *DONE, agent="Bo")
    assert town.statute() == {"n": 1, "pending": 1}

    town.answer(receipt, "CONFIRM")
    town.letter(2)
    town.comes_to("proven")
    assert town.work() == ["match_account"]
    town.act("take", agent="Bo")
    town.comes_to("in_work")
    assert "match_account_first" in town.refusal("fulfil", *DONE, agent="Bo")
    town.act("verify", "--how", "account", agent="Bo")

    town.act("fulfil", *DONE, agent="Bo")
    assert "four_eyes" in town.refusal("approve", agent="Bo")
    assert town.states() == ["in_work"]
    assert len(town.inbox()) == 2

    town.act("approve", agent="Cy")
    assert "- your account\n- your orders\n" in town.letter(3).text
    town.comes_to("fulfilled")
    assert wait_until(lambda: "on_time" in town.statute(), PATIENCE, 0.5)
    assert town.statute() == {"n": 1, "on_time": 1, "share_on_time": 1.0}
    assert len(town.inbox()) == 3


async def test_a_wrong_token_proves_nothing_and_the_right_one_still_does(migrated):
    await live(migrated, play_a_wrong_token)


def play_a_wrong_token(town: Town) -> None:
    receipt = town.letter(1)
    wrong = TOKEN.sub("EJP-22222-22222-22222-22222-22222-22", receipt.text)

    town.answer(receipt, "CONFIRM", quoting=wrong, thread=False)
    assert wait_until(lambda: len(town.messages("inbound")) == 2, PATIENCE, 0.5)
    assert town.states() == ["proof_asked"]
    assert "not_proven" in town.refusal("fulfil", *DONE, agent="Bo")

    town.answer(receipt, "CONFIRM", thread=False)
    town.comes_to("proven")


async def test_the_same_reply_twice_proves_once(migrated):
    await live(migrated, play_a_reply_twice)


def play_a_reply_twice(town: Town) -> None:
    receipt = town.letter(1)
    town.answer(receipt, "CONFIRM")
    town.answer(receipt, "CONFIRM")

    town.comes_to("proven")
    assert wait_until(lambda: len(town.messages("inbound")) == 3, PATIENCE, 0.5)
    town.letter(2)
    assert town.work() == ["match_account"]
    assert [one["kind"] for one in town.letters()] == ["acknowledgement", "proof_received"]


async def test_somebody_elses_reply_proves_nothing(migrated):
    await live(migrated, play_a_stranger)


def play_a_stranger(town: Town) -> None:
    receipt = town.letter(1)

    town.answer(receipt, "CONFIRM", EVE)  # she has read Ann's letter, token and all
    assert wait_until(lambda: len(town.tickets()) == 2, PATIENCE, 0.5)
    ann, eve = town.tickets()
    assert [one["state"] for one in ann["requests"]] == ["proof_asked"]
    assert (eve["follow_up_of"], eve["follow_up_kind"]) == (ann["reference"], "possible")
    assert "not_proven" in town.refusal("fulfil", *DONE, agent="Bo")

    town.answer(receipt, "NOT ME")
    assert wait_until(lambda: "proof_denied" in town.work(), PATIENCE, 0.5)
    ann = town.tickets("ann@person.test")[0]
    assert [one["state"] for one in ann["requests"]] == ["not_proven"]
