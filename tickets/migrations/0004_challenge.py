from tortoise import migrations
from tortoise.migrations import operations as ops
from tickets.models.challenge import ChallengeState, Method
from tickets.models.fields import Blind
from tortoise.fields.base import OnDelete
from uuid import uuid4
from tortoise import fields
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('tickets', '0003_desk')]

    initial = False

    operations = [
        ops.CreateModel(
            name='Challenge',
            fields=[
                ('id', fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True)),
                ('request', fields.ForeignKeyField('tickets.Request', source_field='request_id', db_constraint=True, to_field='id', related_name='challenges', on_delete=OnDelete.CASCADE)),
                ('method', fields.CharEnumField(description='Method', enum_type=Method, max_length=32)),
                ('state', fields.CharEnumField(default=ChallengeState.OPEN, description='ChallengeState', enum_type=ChallengeState, max_length=32)),
                ('claimant_blind', Blind()),
                ('address_blind', Blind()),
                ('secret_blind', Blind()),
                ('tries', fields.SmallIntField(default=0)),
                ('is_aligned', fields.BooleanField(default=False)),
                ('is_customer', fields.BooleanField(null=True)),
                ('letter_id', fields.UUIDField(null=True)),
                ('created_at', fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ('closed_at', fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={'table': 'challenge', 'app': 'tickets', 'indexes': [Index(fields=['request_id', 'state']), Index(fields=['address_blind', 'created_at'])], 'pk_attr': 'id', 'table_description': 'challenge'},
            bases=['Model'],
        ),
    ]
