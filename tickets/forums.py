"""Where the agents' forums are: what the configuration names, and where those groups have moved."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from uuid import UUID

from tickets.agents import STAFF
from tickets.draft import Step
from tickets.ids import new_id
from tickets.matching import Blinder
from tickets.models import DeskForum, DeskTopic
from tickets.transactions import transaction, unit_of_work
from vault.sealing import Place, seal_text, unseal_text
from vault.vault import Vault


@dataclass(frozen=True, slots=True)
class Forum:
    """One forum as it is now."""

    id: UUID
    name: str
    chat: int
    chat_blind: str


class Forums:
    """The forums of one bot."""

    def __init__(self, vault: Vault, account: str) -> None:
        self._vault = vault
        self._account = account
        self._blinder = Blinder(vault)
        self._forums: dict[int, Forum] = {}

    async def load(self, configured: Sequence[tuple[str, int]]) -> None:
        """Take (name, chat id) of each configured forum; one that moved since is followed.

        Whoever writes another chat id into the configuration means that one from now on.
        """
        key = (await self._vault.create_keys([STAFF]))[STAFF]
        self._forums = {}
        for name, chat in configured:
            blind = self._blinder.blind("chat", str(chat))
            row = await DeskForum.get_or_none(account=self._account, name=name)
            if row is None:
                row = DeskForum(id=new_id(), account=self._account, name=name)
            if row.configured_blind != blind:
                is_new = not row.configured_blind
                row.configured_blind = row.chat_blind = blind
                row.chat = seal_text(key, Place("desk_forum", row.id, "chat"), str(chat))
                save = partial(row.save, force_create=is_new)
                await _commit((save, partial(_lose_topics, row.id)))
            now_at = int(unseal_text(key, Place("desk_forum", row.id, "chat"), row.chat))
            self._forums[now_at] = Forum(row.id, name, now_at, row.chat_blind)

    @property
    def all(self) -> tuple[Forum, ...]:
        """Every forum, in the configuration's order."""
        return tuple(self._forums.values())

    def at(self, chat: int) -> Forum | None:
        """Return the forum that a chat is."""
        return self._forums.get(chat)

    async def move(self, old: int, new: int) -> None:
        """Follow a group that migrated."""
        await _commit(await self.moving(old, new))

    async def moving(self, old: int, new: int) -> Sequence[Step]:
        """Return what following a migrated group takes, to be done in one transaction.

        Ids of messages and topics do not carry over.
        """
        forum = self._forums.get(old)
        if forum is None:
            return ()
        key = (await self._vault.create_keys([STAFF]))[STAFF]
        moved = Forum(forum.id, forum.name, new, self._blinder.blind("chat", str(new)))
        sealed = seal_text(key, Place("desk_forum", forum.id, "chat"), str(new))

        async def write() -> None:
            here = DeskForum.filter(id=forum.id)
            await here.update(chat=sealed, chat_blind=moved.chat_blind)
            await _lose_topics(forum.id)
            # Should the commit fail, the old group's next refusal leads here again.
            self._forums = {new if at == old else at: one for at, one in self._forums.items()}
            self._forums[new] = moved

        return (write,)


async def _lose_topics(forum: UUID) -> None:
    """Forget where a forum's topics were: they are opened anew in the group that it is now."""
    await DeskTopic.filter(forum_id=forum).update(thread=None, card=None, version="")


@unit_of_work
async def _commit(steps: Sequence[Step]) -> None:
    async with transaction():
        for step in steps:
            await step()
