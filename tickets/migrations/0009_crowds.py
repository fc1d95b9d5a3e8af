from tortoise import migrations
from tortoise.migrations import operations as ops
from tickets.models.fields import Blind

class Migration(migrations.Migration):
    dependencies = [('tickets', '0008_chat_settings')]

    initial = False

    operations = [
        ops.AddField(
            model_name='InboundRecord',
            name='chat_blind',
            field=Blind(default='', db_default=''),
        ),
    ]
