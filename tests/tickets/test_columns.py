"""Every column is public, sealed or blind; the public ones are listed here, by hand."""

from __future__ import annotations

import inspect

from tortoise import fields
from tortoise.models import Model

from tickets import models
from tickets.models.fields import Blind, Sealed, SealedOrNone

PUBLIC = {
    "AgentChat": "agent_id account language linked_at unlinked_at",
    "Agent": "role link_expires_at created_at disabled_at",
    "Approval": "outcome ground letter proposed_by proposed_at verdict decided_by decided_at",
    "Attachment": "part content_type size is_inline blob_id fetch_at attempts refused",
    "AuditBatch": "month number events link signature sealed_at",
    "Blob": "wrapped_for segments size created_at",
    "BlobSegment": "number",
    "Challenge": "method state tries is_aligned is_customer letter_id created_at closed_at",
    "ChatLink": "ticket_id codes tries created_at expires_at asked_at proven_at",
    "ChatMessage": "account number role ticket_id message_id post_id created_at",
    "Clock": "family kind started_at due_at due_on met_at stopped_at breached_at next_at rules",
    "ClockNotice": "code due_at happened_at noticed_at",
    "DeskForum": "account name",
    "DeskTopic": "forum_id ticket_id thread card former title icon is_open created_at shown_at"
    " version",
    "Dialogue": "account sealed_for step nonce ticket_id expires_at updated_at",
    "Event": "kind actor ticket_id at digest batch_id",
    "GuardCounter": "scope hour_at letters",
    "Identity": "channel language chosen_language muted_at banned_until created_at"
    " undeliverable_at erased_at",
    "InboundRecord": "channel account size state outcome internal_at fetched_at handled_at"
    " claimed_by attempts retry_at warned error_class error_place",
    "Location": "account folder uidvalidity uid email_id seen_at decorated_at left_at",
    "Message": "direction kind letter channel language received_at created_at indexed_at",
    "OutboxEntry": "channel account lane is_automatic state attempts due_at expires_at"
    " claimed_by created_at sent_at error",
    "PersonLink": "identity_id other_id evidence evidence_id created_at ended_at ended_by",
    "Post": "account is_group lane method sealed_for key role ticket_id message_id state attempts"
    " due_at expires_at claimed_by created_at sent_at error",
    "Rating": "ticket_id stars created_at",
    "Request": "right round state regimes is_settled received_at created_at proven_at closed_at"
    " ground answer_id answered_at duplicate_of_id",
    "RequestEvent": "type at until entered_at actor",
    "Stamp": "value",
    "Task": "code created_at done_at done_by",
    "Team": "name created_at",
    "Ticket": "reference channel account status intent also rights topic policy_section language"
    " confidence needs_human marks work alignment received_at received_source created_at"
    " updated_at closed_at follow_up_kind priority agent_id team_id begun_at waiting_at"
    " merged_into_id",
}
"""What may stand in clear: dates, states, codes, our own names; nothing that names a person."""


def columns(model: type[Model]) -> dict[str, fields.Field]:
    keys = set(model._meta.fk_fields) | {f"{name}_id" for name in model._meta.fk_fields}
    return {
        name: field
        for name, field in model._meta.fields_map.items()
        if name not in keys and name not in model._meta.backward_fk_fields and not field.pk
    }


def test_every_column_is_public_sealed_or_blind():
    found = {}
    for name, model in inspect.getmembers(models, inspect.isclass):
        if not issubclass(model, Model):
            continue
        public = [
            column
            for column, field in columns(model).items()
            if not isinstance(field, (Sealed, SealedOrNone, Blind))
        ]
        found[name] = set(public)

    assert found == {name: set(listed.split()) for name, listed in PUBLIC.items()}
