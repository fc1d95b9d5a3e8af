"""What a requester's chat answers."""

from __future__ import annotations

from bot.turn import Turn
from tickets.proof import Proof


class Requesters:
    """The flow of private chats and of groups that are no desk."""

    def __init__(self, proof: Proof) -> None:
        self._proof = proof

    async def __call__(self, turn: Turn) -> None:
        """Answer one update."""
        if turn.said is not None and turn.said.chat.is_private:
            await turn.chat.take_in(
                turn.inbound, await turn.read(), then=lambda *_: turn.react("👀")
            )
            return
        await turn.finish()

    async def lapsed(self, turn: Turn) -> None:
        """Deal with a question whose time is over."""
        turn.chat.end()
        await turn.finish("lapsed")
