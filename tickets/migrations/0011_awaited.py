from tortoise import migrations
from tortoise.migrations import operations as ops
from tortoise.indexes import Index

class Migration(migrations.Migration):
    dependencies = [('tickets', '0010_chat_link')]

    initial = False

    operations = [
        ops.AddIndex(
            model_name='Challenge',
            index=Index(fields=['state', 'created_at']),
        ),
        ops.AddIndex(
            model_name='Request',
            index=Index(fields=['answered_at', 'answer_id']),
        ),
    ]
