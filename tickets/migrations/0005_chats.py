from tortoise import migrations
from tortoise.migrations import operations as ops
import functools
from json import dumps, loads
from tickets.models.fields import Blind, Sealed, SealedOrNone
from tickets.types import Delivery
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('tickets', '0004_challenge')]

    initial = False

    operations = [
        ops.CreateModel(
            name='AgentChat',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('agent_id', fields.UUIDField()),
                ('account', fields.CharField(max_length=64)),
                ('person_blind', Blind()),
                ('person', Sealed()),
                ('language', fields.CharField(default='', max_length=16)),
                ('linked_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('unlinked_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'agent_chat', 'app': 'tickets', 'unique_together': (('account', 'person_blind'),), 'pk_attr': 'id', 'table_description': 'agent_chat'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ChatMessage',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('account', fields.CharField(max_length=64)),
                ('chat_blind', Blind()),
                ('number', fields.BigIntField()),
                ('role', fields.CharField(max_length=16)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('message_id', fields.UUIDField(null=True)),
                ('post_id', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'chat_message', 'app': 'tickets', 'unique_together': (('account', 'chat_blind', 'number'),), 'indexes': [Index(fields=['message_id']), Index(fields=['post_id'])], 'pk_attr': 'id', 'table_description': 'chat_message'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='DeskForum',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('account', fields.CharField(max_length=64)),
                ('name', fields.CharField(max_length=64)),
                ('configured_blind', Blind()),
                ('chat_blind', Blind()),
                ('chat', Sealed()),
            ],
            options={'table': 'desk_forum', 'app': 'tickets', 'unique_together': (('account', 'name'),), 'pk_attr': 'id', 'table_description': 'desk_forum'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='DeskTopic',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('forum_id', fields.UUIDField()),
                ('ticket_id', fields.UUIDField()),
                ('thread', fields.BigIntField(null=True)),
                ('card', fields.BigIntField(null=True)),
                ('former', fields.JSONField(default=list, encoder=functools.partial(dumps, separators=(',', ':')), decoder=loads)),
                ('title', fields.CharField(default='', max_length=128)),
                ('icon', fields.CharField(default='', max_length=32)),
                ('is_open', fields.BooleanField(default=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('shown_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('version', fields.CharField(default='', max_length=64)),
            ],
            options={'table': 'desk_topic', 'app': 'tickets', 'unique_together': (('forum_id', 'ticket_id'), ('forum_id', 'thread')), 'pk_attr': 'id', 'table_description': 'desk_topic'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Dialogue',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('account', fields.CharField(max_length=64)),
                ('chat_blind', Blind()),
                ('person_blind', Blind()),
                ('sealed_for', fields.CharField(max_length=48)),
                ('step', fields.CharField(default='', max_length=32)),
                ('data', SealedOrNone(null=True)),
                ('nonce', fields.CharField(default='', max_length=16)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('updated_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'dialogue', 'app': 'tickets', 'unique_together': (('account', 'chat_blind', 'person_blind'),), 'indexes': [Index(fields=['expires_at'])], 'pk_attr': 'id', 'table_description': 'dialogue'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='PersonLink',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('identity_id', fields.UUIDField()),
                ('other_id', fields.UUIDField()),
                ('evidence', fields.CharField(max_length=32)),
                ('evidence_id', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('ended_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('ended_by', fields.CharField(default='', max_length=48)),
            ],
            options={'table': 'person_link', 'app': 'tickets', 'indexes': [Index(fields=['identity_id']), Index(fields=['other_id'])], 'pk_attr': 'id', 'table_description': 'person_link'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Post',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('account', fields.CharField(max_length=64)),
                ('chat_blind', Blind(default='')),
                ('is_group', fields.BooleanField(default=False)),
                ('lane', fields.SmallIntField()),
                ('method', fields.CharField(max_length=48)),
                ('payload', Sealed()),
                ('sealed_for', fields.CharField(max_length=48)),
                ('key', fields.CharField(default='', max_length=64)),
                ('role', fields.CharField(default='', max_length=16)),
                ('ticket_id', fields.UUIDField(null=True)),
                ('message_id', fields.UUIDField(null=True)),
                ('state', fields.CharEnumField(default=Delivery.QUEUED, description='Delivery', enum_type=Delivery, max_length=32)),
                ('attempts', fields.SmallIntField(default=0)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('claimed_by', fields.CharField(default='', max_length=48)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('sent_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('error', fields.CharField(default='', max_length=128)),
            ],
            options={'table': 'post', 'app': 'tickets', 'indexes': [Index(fields=['state', 'lane', 'id']), Index(fields=['key'])], 'pk_attr': 'id', 'table_description': 'post'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Rating',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('ticket_id', fields.UUIDField(unique=True)),
                ('stars', fields.SmallIntField()),
                ('comment', SealedOrNone(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'rating', 'app': 'tickets', 'pk_attr': 'id', 'table_description': 'rating'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Attachment',
            name='attempts',
            field=fields.SmallIntField(default=0, db_default=0),
        ),
        ops.AddField(
            model_name='Attachment',
            name='blob_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Attachment',
            name='digest',
            field=Blind(default='', db_default=''),
        ),
        ops.AddField(
            model_name='Attachment',
            name='fetch_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Attachment',
            name='refused',
            field=fields.CharField(default='', db_default='', max_length=32),
        ),
        ops.AddField(
            model_name='Attachment',
            name='remote',
            field=SealedOrNone(null=True),
        ),
        ops.AddIndex(
            model_name='Attachment',
            index=Index(fields=['fetch_at']),
        ),
        ops.AddField(
            model_name='Identity',
            name='chosen_language',
            field=fields.CharField(default='', db_default='', max_length=16),
        ),
        ops.AddField(
            model_name='OutboxEntry',
            name='chat_blind',
            field=Blind(default='', db_default=''),
        ),
    ]
