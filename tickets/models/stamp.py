"""What this database says of itself."""

from __future__ import annotations

from tortoise import fields
from tortoise.models import Model


class Stamp(Model):
    """One fact about the database as a whole, such as the key store that belongs to it."""

    name = fields.CharField(max_length=32, primary_key=True)
    value = fields.CharField(max_length=128)

    class Meta:
        """By name."""

        table = "stamp"
        table_description = "stamp"
