from tortoise import migrations
from tortoise.migrations import operations as ops
from tickets.models.agent import Role
from tickets.models.clock import ClockFamily, ClockKind
from tickets.models.fields import Blind, Sealed, SealedOrNone
from tickets.types import Priority
from tickets.models.work import Verdict
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index
from tortoise.migrations.constraints import UniqueConstraint

class DropUnique(ops.RemoveConstraint):
    """Drop a unique key that SQLite holds as part of its table, not as an index by name."""

    async def database_forward(self, app_label, old_state, new_state, state_editor=None):
        if state_editor is None or state_editor.DIALECT != "sqlite":
            return await super().database_forward(app_label, old_state, new_state, state_editor)
        # tortoise 1.1.9 drops it as an index, which fails: sqlite_autoindex cannot be dropped.
        await state_editor._remake_table(new_state.apps.get_model(f"{app_label}.{self.model_name}"))


class Migration(migrations.Migration):
    dependencies = [('tickets', '0002_search')]

    initial = False

    operations = [
        DropUnique(
            model_name='Request',
            name=None,
            fields=['ticket_id', 'right'],
        ),
        ops.CreateModel(
            name='Approval',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('ticket', fields.ForeignKeyField('tickets.Ticket', source_field='ticket_id', db_constraint=True, to_field='id', related_name='approvals', on_delete=OnDelete.RESTRICT)),
                ('request', fields.ForeignKeyField('tickets.Request', source_field='request_id', db_constraint=True, to_field='id', related_name='approvals', on_delete=OnDelete.CASCADE)),
                ('outcome', fields.CharField(max_length=32)),
                ('ground', fields.CharField(default='', max_length=48)),
                ('letter', fields.CharField(max_length=64)),
                ('content', Sealed()),
                ('proposed_by', fields.CharField(max_length=48)),
                ('proposed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('verdict', fields.CharEnumField(default=Verdict.OPEN, description='Verdict', enum_type=Verdict, max_length=32)),
                ('decided_by', fields.CharField(default='', max_length=48)),
                ('decided_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'approval', 'app': 'tickets', 'indexes': [Index(fields=['ticket_id', 'verdict'])], 'pk_attr': 'id', 'table_description': 'approval'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Clock',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('ticket', fields.ForeignKeyField('tickets.Ticket', source_field='ticket_id', db_constraint=True, to_field='id', related_name='clocks', on_delete=OnDelete.RESTRICT)),
                ('request', fields.ForeignKeyField('tickets.Request', source_field='request_id', null=True, db_constraint=True, to_field='id', related_name='clocks', on_delete=OnDelete.CASCADE)),
                ('family', fields.CharEnumField(description='ClockFamily', enum_type=ClockFamily, max_length=32)),
                ('kind', fields.CharEnumField(description='ClockKind', enum_type=ClockKind, max_length=32)),
                ('started_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('due_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('due_on', fields.DateField(null=True)),
                ('met_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('stopped_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('breached_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('next_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('rules', fields.CharField(default='', max_length=16)),
            ],
            options={'table': 'clock', 'app': 'tickets', 'indexes': [Index(fields=['ticket_id']), Index(fields=['next_at']), Index(fields=['met_at', 'stopped_at', 'rules'])], 'pk_attr': 'id', 'table_description': 'clock'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='ClockNotice',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('clock', fields.ForeignKeyField('tickets.Clock', source_field='clock_id', db_constraint=True, to_field='id', related_name='notices', on_delete=OnDelete.CASCADE)),
                ('code', fields.CharField(max_length=16)),
                ('due_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('happened_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('noticed_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'clock_notice', 'app': 'tickets', 'unique_together': (('clock_id', 'code', 'happened_at'),), 'pk_attr': 'id', 'table_description': 'clock_notice'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='RequestEvent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('request', fields.ForeignKeyField('tickets.Request', source_field='request_id', db_constraint=True, to_field='id', related_name='law_events', on_delete=OnDelete.CASCADE)),
                ('type', fields.CharField(max_length=32)),
                ('at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('until', fields.DateField(null=True)),
                ('entered_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('actor', fields.CharField(default='system', max_length=48)),
            ],
            options={'table': 'request_event', 'app': 'tickets', 'indexes': [Index(fields=['request_id'])], 'pk_attr': 'id', 'table_description': 'request_event'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Task',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('ticket', fields.ForeignKeyField('tickets.Ticket', source_field='ticket_id', db_constraint=True, to_field='id', related_name='tasks', on_delete=OnDelete.RESTRICT)),
                ('request', fields.ForeignKeyField('tickets.Request', source_field='request_id', null=True, db_constraint=True, to_field='id', related_name='tasks', on_delete=OnDelete.CASCADE)),
                ('code', fields.CharField(max_length=48)),
                ('note', SealedOrNone(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('done_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('done_by', fields.CharField(default='', max_length=48)),
            ],
            options={'table': 'task', 'app': 'tickets', 'indexes': [Index(fields=['ticket_id', 'done_at'])], 'pk_attr': 'id', 'table_description': 'task'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Team',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('name', fields.CharField(unique=True, max_length=64)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'team', 'app': 'tickets', 'pk_attr': 'id', 'table_description': 'team'},
            bases=['Model'],
        ),
        ops.CreateModel(
            name='Agent',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('name_blind', Blind(unique=True)),
                ('name', Sealed()),
                ('role', fields.CharEnumField(default=Role.AGENT, description='Role', enum_type=Role, max_length=32)),
                ('team', fields.ForeignKeyField('tickets.Team', source_field='team_id', null=True, db_constraint=True, to_field='id', related_name='agents', on_delete=OnDelete.SET_NULL)),
                ('link_blind', Blind(default='')),
                ('link_expires_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('disabled_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'agent', 'app': 'tickets', 'pk_attr': 'id', 'table_description': 'agent'},
            bases=['Model'],
        ),
        ops.AddField(
            model_name='Request',
            name='answer_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Request',
            name='answered_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Request',
            name='duplicate_of_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Request',
            name='ground',
            field=fields.CharField(default='', db_default='', max_length=48),
        ),
        ops.AddField(
            model_name='Request',
            name='is_settled',
            field=fields.BooleanField(default=False, db_default=False),
        ),
        ops.AddField(
            model_name='Request',
            name='proven_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Request',
            name='regimes_why',
            field=SealedOrNone(null=True),
        ),
        ops.AddField(
            model_name='Request',
            name='round',
            field=fields.SmallIntField(default=1, db_default=1),
        ),
        ops.AddConstraint(
            model_name='Request',
            constraint=UniqueConstraint(fields=('ticket_id', 'right', 'round'), name=None),
        ),
        ops.AddField(
            model_name='Ticket',
            name='agent_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Ticket',
            name='begun_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
        ops.AddField(
            model_name='Ticket',
            name='priority',
            field=fields.CharEnumField(default=Priority.NORMAL, db_default=Priority.NORMAL, description='Priority', enum_type=Priority, max_length=32),
        ),
        ops.AddField(
            model_name='Ticket',
            name='team_id',
            field=fields.UUIDField(null=True),
        ),
        ops.AddField(
            model_name='Ticket',
            name='waiting_at',
            field=fields.DatetimeField(null=True, auto_now=False, auto_now_add=False),
        ),
    ]
