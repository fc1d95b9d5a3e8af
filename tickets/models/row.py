"""The base of tables whose rows are made by the dozen for every mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache, partial
from types import NoneType
from typing import Any, Self
from uuid import UUID

from tortoise.fields import DatetimeField, JSONField, UUIDField
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
        kind_of = type(self)
        row = self.__dict__
        row.update(_constants(kind_of), _await_when_save={})
        for name, make in _made(kind_of):
            if name not in values:
                row[name] = make()
        columns = _columns(kind_of)
        for name, value in values.items():
            kind, convert, may_be_null = columns[name]
            if value is None:
                if not may_be_null:
                    raise ValueError(f"{name} may not be null")
            elif type(value) is not kind or (kind is datetime and values[name].tzinfo is not UTC):
                value = convert(value)  # noqa: PLW2901
            row[name] = value

    def __setattr__(self, name: str, value: object) -> None:
        """Set a column at once; tortoise's own way looks for relations first."""
        if name in self._meta.db_fields:
            self.__dict__[name] = value
        else:
            super().__setattr__(name, value)

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

    Moments and ids come as text from SQLite and as they are from PostgreSQL; Python's own reader of
    moments takes a fiftieth of the time of tortoise's.
    """
    field = model._meta.fields_map[name]  # noqa: SLF001
    convert, kind = field.to_python_value, getattr(field, "enum_type", field.field_type)
    if isinstance(field, DatetimeField):
        return partial(_read_moment, convert)
    if isinstance(field, UUIDField):
        return partial(_read_id, convert)
    if isinstance(field, JSONField) or not isinstance(kind, type):
        return convert
    return lambda value: value if value is None or type(value) is kind else convert(value)


def _read_moment(convert: Callable[[Any], Any], value: Any) -> Any:  # noqa: ANN401
    if type(value) is str:
        value = datetime.fromisoformat(value)
    return value if value is None or value.tzinfo is UTC else convert(value)


def _read_id(convert: Callable[[Any], Any], value: Any) -> Any:  # noqa: ANN401
    return UUID(int=int(value.replace("-", ""), 16)) if type(value) is str else convert(value)


@cache
def _columns(model: type[Model]) -> dict[str, tuple[type, Callable[[Any], Any], bool]]:
    """Return of each column the type that needs no conversion, the conversion, and if it is null.

    A moment needs one where it is not in UTC.
    """
    columns: dict[str, tuple[type, Callable[[Any], Any], bool]] = {}
    for name, field in model._meta.fields_map.items():  # noqa: SLF001
        kind = getattr(field, "enum_type", field.field_type)
        if isinstance(field, JSONField):
            kind = NoneType
        elif isinstance(field, DatetimeField):
            kind = datetime
        columns[name] = kind, field.to_python_value, field.null
    return columns


@cache
def _constants(model: type[Model]) -> dict[str, object]:
    """Return what every new row begins with; columns filled on save have None."""
    state = {"_partial": False, "_saved_in_db": False, "_custom_generated_pk": False}
    return state | {name: one for name, one in _defaults(model) if not callable(one)}


@cache
def _made(model: type[Model]) -> tuple[tuple[str, Callable[[], object]], ...]:
    """Return the columns whose default is made anew for each row."""
    return tuple((name, one) for name, one in _defaults(model) if callable(one))


def _defaults(model: type[Model]) -> list[tuple[str, Any]]:
    meta = model._meta  # noqa: SLF001  - tortoise's way to name its columns
    return [(name, meta.fields_map[name].default) for name in meta.db_fields]
