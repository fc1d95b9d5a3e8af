"""What the desk knows of chats: what goes into them, who speaks there, which topic is whose."""

from __future__ import annotations

from tortoise import fields
from tortoise.indexes import Index
from tortoise.models import Model

from tickets.models.fields import Blind, Sealed, SealedOrNone, choice
from tickets.types import Delivery


class Post(Model):
    """One call to a chat's server on its way: a menu, a mirror, a card, a reaction.

    Letters are outbox entries, for they are evidence; both leave through `tickets.dispatch`, in one
    order and at one pace.  `key` coalesces: a later post replaces a queued one of the same key.
    """

    id = fields.UUIDField(primary_key=True)
    account = fields.CharField(max_length=64)
    chat_blind = Blind(default="")  # orders and paces; empty: neither
    is_group = fields.BooleanField(default=False)
    lane = fields.SmallIntField()
    method = fields.CharField(max_length=48)
    payload = Sealed()  # the call's parameters, as JSON
    sealed_for = fields.CharField(max_length=48)  # whose key: identity:<id>, or staff
    key = fields.CharField(max_length=64, default="")
    role = fields.CharField(max_length=16, default="")  # of the message that it makes
    ticket_id = fields.UUIDField(null=True)
    message_id = fields.UUIDField(null=True)  # the message of ours that it shows
    state = choice(Delivery, Delivery.QUEUED)
    attempts = fields.SmallIntField(default=0)
    due_at = fields.DatetimeField()
    expires_at = fields.DatetimeField(null=True)
    claimed_by = fields.CharField(max_length=48, default="")
    created_at = fields.DatetimeField()
    sent_at = fields.DatetimeField(null=True)
    error = fields.CharField(max_length=128, default="")

    class Meta:
        """By what is due, and by what a newer one replaces."""

        table = "post"
        table_description = "post"
        indexes = (Index(fields=("state", "lane", "id")), Index(fields=("key",)))


class ChatMessage(Model):
    """Where in a chat a message stands: the number that its server gave it."""

    id = fields.UUIDField(primary_key=True)
    account = fields.CharField(max_length=64)
    chat_blind = Blind()
    number = fields.BigIntField()
    role = fields.CharField(max_length=16)  # inbound, letter, prompt, mirror, card, note, secret …
    ticket_id = fields.UUIDField(null=True)
    message_id = fields.UUIDField(null=True)  # ours
    post_id = fields.UUIDField(null=True)  # the post or the outbox entry that made it
    created_at = fields.DatetimeField()

    class Meta:
        """One row a number."""

        table = "chat_message"
        table_description = "chat_message"
        unique_together = (("account", "chat_blind", "number"),)
        indexes = (Index(fields=("message_id",)), Index(fields=("post_id",)))


class Dialogue(Model):
    """Where a conversation with one person in one chat stands; it outlives a restart."""

    id = fields.UUIDField(primary_key=True)
    account = fields.CharField(max_length=64)
    chat_blind = Blind()
    person_blind = Blind()
    sealed_for = fields.CharField(max_length=48)
    step = fields.CharField(max_length=32, default="")  # empty: nothing is asked
    data = SealedOrNone()  # JSON
    nonce = fields.CharField(max_length=16, default="")  # older buttons are stale
    ticket_id = fields.UUIDField(null=True)
    expires_at = fields.DatetimeField(null=True)
    updated_at = fields.DatetimeField()

    class Meta:
        """One a person and chat."""

        table = "dialogue"
        table_description = "dialogue"
        unique_together = (("account", "chat_blind", "person_blind"),)
        indexes = (Index(fields=("expires_at",)),)


class DeskForum(Model):
    """A forum of agents as it is now: a group that migrates gets another id."""

    id = fields.UUIDField(primary_key=True)
    account = fields.CharField(max_length=64)
    name = fields.CharField(max_length=64)
    configured_blind = Blind()  # the chat that the configuration names
    chat_blind = Blind()
    chat = Sealed()  # its id now, under the staff key

    class Meta:
        """One row a desk."""

        table = "desk_forum"
        table_description = "desk_forum"
        unique_together = (("account", "name"),)


class DeskTopic(Model):
    """A ticket's topic in a forum; one that was deleted there is opened anew in the same row."""

    id = fields.UUIDField(primary_key=True)
    forum_id = fields.UUIDField()
    ticket_id = fields.UUIDField()
    thread = fields.BigIntField(null=True)  # None: not opened yet, or to be opened again
    card = fields.BigIntField(null=True)  # the number of the pinned message
    former = fields.JSONField[list[int]](default=list)  # threads that are gone
    title = fields.CharField(max_length=128, default="")  # as last shown: never a name
    icon = fields.CharField(max_length=32, default="")
    is_open = fields.BooleanField(default=True)
    created_at = fields.DatetimeField()
    shown_at = fields.DatetimeField(null=True)  # when the card was last brought up to date
    version = fields.CharField(max_length=64, default="")  # what the card showed then

    class Meta:
        """One topic a ticket and forum."""

        table = "desk_topic"
        table_description = "desk_topic"
        unique_together = (("forum_id", "ticket_id"), ("forum_id", "thread"))


class AgentChat(Model):
    """An agent's own account in a chat, linked once by a code."""

    id = fields.UUIDField(primary_key=True)
    agent_id = fields.UUIDField()
    account = fields.CharField(max_length=64)
    person_blind = Blind()
    person = Sealed()  # its id, under the staff key
    language = fields.CharField(max_length=16, default="")
    linked_at = fields.DatetimeField()
    unlinked_at = fields.DatetimeField(null=True)

    class Meta:
        """One agent an account."""

        table = "agent_chat"
        table_description = "agent_chat"
        unique_together = (("account", "person_blind"),)


class Rating(Model):
    """What a requester thought of a closed ticket, asked once."""

    id = fields.UUIDField(primary_key=True)
    ticket_id = fields.UUIDField(unique=True)
    stars = fields.SmallIntField()  # 1 bad to 5 very good
    comment = SealedOrNone()
    created_at = fields.DatetimeField()

    class Meta:
        """One a ticket."""

        table = "rating"
        table_description = "rating"


class ChatLink(Model):
    """A link in a mail that leads its reader into the chat, on the ticket that the mail is about.

    It shows nothing by itself: a code goes to the ticket's own address first.
    """

    id = fields.UUIDField(primary_key=True)
    token_blind = Blind(unique=True)
    person_blind = Blind(default="")  # of the one account that has used it
    code_blind = Blind(default="")  # of the last code, bound to this link
    ticket_id = fields.UUIDField()
    codes = fields.SmallIntField(default=0)  # sent so far
    tries = fields.SmallIntField(default=0)  # of the last one
    created_at = fields.DatetimeField()
    expires_at = fields.DatetimeField()
    asked_at = fields.DatetimeField(null=True)  # when the last code was made
    proven_at = fields.DatetimeField(null=True)

    class Meta:
        """One a letter."""

        table = "chat_link"
        table_description = "chat_link"


class PersonLink(Model):
    """Two identities of one person, with what showed it; taken back by an end, never removed."""

    id = fields.UUIDField(primary_key=True)
    identity_id = fields.UUIDField()
    other_id = fields.UUIDField()
    evidence = fields.CharField(max_length=32)  # mail_code, sms_code, agent
    evidence_id = fields.UUIDField(null=True)  # the challenge
    created_at = fields.DatetimeField()
    ended_at = fields.DatetimeField(null=True)
    ended_by = fields.CharField(max_length=48, default="")

    class Meta:
        """From both sides."""

        table = "person_link"
        table_description = "person_link"
        indexes = (Index(fields=("identity_id",)), Index(fields=("other_id",)))
