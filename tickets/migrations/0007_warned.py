from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise import fields

class Migration(migrations.Migration):
    dependencies = [('tickets', '0006_merged')]

    initial = False

    operations = [
        ops.AddField(
            model_name='InboundRecord',
            name='warned',
            field=fields.CharField(default='', db_default='', max_length=16),
        ),
    ]
