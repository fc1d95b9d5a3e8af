"""The base of tables whose rows are made by the dozen for every mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from types import NoneType
from typing import Any, Self

from tortoise.fields import DatetimeField, JSONField
from tortoise.models import Model


class Row(Model):
    """A model that is made in a third of the time, and read in less than half.

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
        columns = _columns(type(self))
        for name, value in values.items():
            kind, convert, may_be_null = columns[name]
            if value is None and not may_be_null:
                raise ValueError(f"{name} may not be null")
            row[name] = value if type(value) is kind or value is None else convert(value)
        for name, default in _defaults(type(self)):
            if name not in values:
                row[name] = default()

    @classmethod
    def _init_from_db(cls, **values: Any) -> Self:  # noqa: ANN401  - a column's own type
        """Return a row that the database holds; tortoise calls this for each that it reads."""
        self = cls.__new__(cls)
        row = vars(self)
        row.update(_partial=False, _saved_in_db=True, _await_when_save={})
        row["_custom_generated_pk"] = cls._meta.db_pk_column not in cls._meta.generated_db_fields
        try:
            for name, read in _readers(cls):
                row[name] = read(values[name])
        except KeyError:
            return super()._init_from_db(**values)  # only some columns were asked for
        return self


@cache
def _readers(model: type[Model]) -> tuple[tuple[str, Callable[[Any], Any]], ...]:
    return tuple((name, reader(model, name)) for name in model._meta.db_fields)  # noqa: SLF001


@cache
def reader(model: type[Model], name: str) -> Callable[[Any], Any]:
    """Return what makes a column's value of what the database gave.

    A moment comes as text from SQLite and as it is from PostgreSQL; Python's own reader takes a
    fiftieth of the time of tortoise's.
    """
    field = model._meta.fields_map[name]  # noqa: SLF001
    convert, kind = field.to_python_value, getattr(field, "enum_type", field.field_type)
    if isinstance(field, DatetimeField):
        return partial(_read_moment, convert)
    if isinstance(field, JSONField) or not isinstance(kind, type):
        return convert
    return lambda value: value if value is None or type(value) is kind else convert(value)


def _read_moment(convert: Callable[[Any], Any], value: Any) -> Any:  # noqa: ANN401
    if type(value) is str:
        value = datetime.fromisoformat(value)
    return value if value is None or value.tzinfo is UTC else convert(value)


@cache
def _columns(model: type[Model]) -> dict[str, tuple[type, Callable[[Any], Any], bool]]:
    """Return of each column the type that needs no conversion, the conversion, and if it is null.

    A moment always needs one, into UTC; it is spared that only where it is there already.
    """
    columns: dict[str, tuple[type, Callable[[Any], Any], bool]] = {}
    for name, field in model._meta.fields_map.items():  # noqa: SLF001
        convert, kind = field.to_python_value, getattr(field, "enum_type", field.field_type)
        if isinstance(field, DatetimeField):
            convert, kind = partial(_moment, convert), NoneType
        elif isinstance(field, JSONField):
            kind = NoneType
        columns[name] = kind, convert, field.null
    return columns


def _moment(convert: Callable[[Any], Any], value: Any) -> Any:  # noqa: ANN401  - a column's own type
    return value if getattr(value, "tzinfo", None) is UTC else convert(value)


@cache
def _defaults(model: type[Model]) -> tuple[tuple[str, Callable[[], object]], ...]:
    """Return each column with what makes its default; columns filled on save have None."""
    meta = model._meta  # noqa: SLF001  - tortoise's way to name its columns
    return tuple((name, _maker(meta.fields_map[name].default)) for name in meta.db_fields)


def _maker(default: object) -> Callable[[], object]:
    return default if callable(default) else lambda: default
