from tortoise import migrations
from tortoise.migrations import operations as ops
from tickets.models.fields import Blind
from uuid import uuid4
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("tickets", "0009_crowds")]

    initial = False

    operations = [
        ops.CreateModel(
            name="ChatLink",
            fields=[
                (
                    "id",
                    fields.UUIDField(primary_key=True, default=uuid4, unique=True, db_index=True),
                ),
                ("token_blind", Blind(unique=True)),
                ("person_blind", Blind(default="")),
                ("code_blind", Blind(default="")),
                ("ticket_id", fields.UUIDField()),
                ("codes", fields.SmallIntField(default=0)),
                ("tries", fields.SmallIntField(default=0)),
                ("created_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("expires_at", fields.DatetimeField(auto_now=False, auto_now_add=False)),
                ("asked_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
                ("proven_at", fields.DatetimeField(null=True, auto_now=False, auto_now_add=False)),
            ],
            options={
                "table": "chat_link",
                "app": "tickets",
                "pk_attr": "id",
                "table_description": "chat_link",
            },
            bases=["Model"],
        ),
    ]
