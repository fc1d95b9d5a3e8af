"""The search index: its tables differ between SQLite and PostgreSQL."""

from tortoise import migrations
from tortoise.migrations.schema_editor.base import BaseSchemaEditor
from tortoise.migrations import operations as ops

from tickets.search import SCHEMA


async def create(_apps: object, editor: BaseSchemaEditor) -> None:
    for statement in SCHEMA[editor.client.capabilities.dialect]:
        await editor.client.execute_script(statement)


async def drop(_apps: object, editor: BaseSchemaEditor) -> None:
    for table in ("search_token", "search_document"):
        await editor.client.execute_script(f"DROP TABLE IF EXISTS {table}")


class Migration(migrations.Migration):
    dependencies = [("tickets", "0001_initial")]
    initial = False
    operations = [ops.RunPython(create, drop)]
