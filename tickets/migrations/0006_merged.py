from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields


class Migration(migrations.Migration):
    dependencies = [("tickets", "0005_chats")]

    initial = False

    operations = [
        ops.AddField(
            model_name="Ticket",
            name="merged_into_id",
            field=fields.UUIDField(null=True),
        ),
    ]
