"""The base of tables whose rows are made by the dozen for every mail."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from tortoise.models import Model


class Row(Model):
    """A model that is made in a third of the time.

    Tortoise's own constructor asks each default anew whether it is a coroutine, and passes each
    value through a check for relations: a tenth of a mail's whole cost (docs/performance.md).
    """

    class Meta:
        """No table of its own."""

        abstract = True

    def __init__(self, **values: Any) -> None:  # noqa: ANN401  - a column's own type
        """Set what is given, converted to each column's type, and the defaults of the rest."""
        meta = self._meta
        if not meta.fk_fields.isdisjoint(values):
            super().__init__(**values)  # a related row, not its id
            return
        row = vars(self)
        row.update(_partial=False, _saved_in_db=False, _custom_generated_pk=False)
        row["_await_when_save"] = {}
        for name, value in values.items():
            field = meta.fields_map[name]
            if value is None and not field.null:
                raise ValueError(f"{name} may not be null")
            row[name] = field.to_python_value(value)
        for name, default in _defaults(type(self)):
            if name not in values:
                row[name] = default()


@cache
def _defaults(model: type[Model]) -> tuple[tuple[str, Callable[[], object]], ...]:
    """Return each column with what makes its default; columns filled on save have None."""
    meta = model._meta  # noqa: SLF001  - tortoise's way to name its columns
    return tuple((name, _maker(meta.fields_map[name].default)) for name in meta.db_fields)


def _maker(default: object) -> Callable[[], object]:
    return default if callable(default) else lambda: default
