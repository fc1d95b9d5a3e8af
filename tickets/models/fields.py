"""The three kinds of column: public, sealed, blind (docs/architecture.md, The vault).

A column that is neither `Sealed` nor `Blind` is public: nothing identifiable may stand in it.
`tests/tickets/test_columns.py` lists every public column by name.

A column that comes to a table later finds rows there: it may be empty, or has a `db_default` which
is its `default` (tests/tickets/test_upgrades.py).
"""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from tortoise import fields


class Sealed(fields.BinaryField[bytes]):
    """AES-256-GCM ciphertext, bound to its table, row and column."""


class SealedOrNone(fields.BinaryField[bytes | None]):
    """A sealed column that may be empty."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  - passed on as it came
        kwargs["null"] = True
        super().__init__(**kwargs)


class Blind(fields.CharField[str]):
    """128 bits of a keyed digest, in hex: equal where the normalised value is equal."""

    def __init__(self, **kwargs: Any) -> None:  # noqa: ANN401  - passed on as it came
        kwargs.setdefault("max_length", 32)
        super().__init__(**kwargs)


def choice(enum: type[StrEnum], default: StrEnum | None = None, **kwargs: Any) -> Any:  # noqa: ANN401  - tortoise's own signature
    """Return an enum column that a new member does not migrate.

    Left alone, tortoise-orm 1.1.9 writes the members into the column's comment and width.
    """
    if default is not None:
        kwargs["default"] = default
    return fields.CharEnumField(enum, max_length=32, description=enum.__name__, **kwargs)
