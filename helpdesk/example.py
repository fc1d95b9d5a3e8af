"""Writes `config.example.toml` from the settings themselves, so that it cannot drift.

`python -m helpdesk.example > config.example.toml`; a test compares the two.
"""

from __future__ import annotations

import json
import textwrap
from collections.abc import Iterator, Mapping
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo
from pydantic_core import PydanticUndefined

from helpdesk.config import Config

_HEAD: Final = """\
# EJET Helpdesk: every key, with its default where it has one.
# Copy this file to config.toml and change what differs; `helpdesk check-config` tells mistakes.
# A secret is written as { env = "NAME" } or { file = "PATH" }, never in clear.
"""
_VALUES: Final = {
    "mailbox.name": "support",
    "mailbox.address": "ejetglobal@ejet.com",
    "mailbox.host": "imap.example.org",
    "mailbox.username": "ejetglobal@ejet.com",
    "mailbox.folders": ["INBOX", "Junk"],
    "smtp.host": "smtp.example.org",
    "smtp.username": "ejetglobal@ejet.com",
    "telegram.desk.chat_id": -1001234567890,
}
"""What an example must say although it is no default."""

_SECRETS: Final = {
    "mailbox.password": "HELPDESK_IMAP_PASSWORD",
    "smtp.password": "HELPDESK_SMTP_PASSWORD",
}
_COMMENTED: Final = frozenset({"telegram.token", "telegram.desk"})
"""What stays a comment: it would switch something on."""


def example() -> str:
    """Return the whole file."""
    return _HEAD + "".join(_section(Config, ""))


def _section(model: type[BaseModel], path: str) -> Iterator[str]:
    nested: list[tuple[str, FieldInfo, type[BaseModel]]] = []
    for name, field in model.model_fields.items():
        key = field.alias or name
        inner = _model_in(field)
        if inner is not None:
            nested.append((key, field, inner))
        else:
            yield _key(f"{path}{key}", key, field)
    for key, field, inner in nested:
        yield from _table(f"{path}{key}", field, inner)


def _table(name: str, field: FieldInfo, model: type[BaseModel]) -> Iterator[str]:
    is_list = "tuple" in str(field.annotation)
    header = f"[[{name}]]" if is_list else f"[{name}]"
    lines = "".join(_section(model, f"{name}."))
    optional = name in _COMMENTED or (name.rpartition(".")[2] in {"oauth2", "smtp"} and "." in name)
    yield f"\n{_comment(field.description or '')}"
    block = f"{header}\n{lines}"
    if optional:
        block = "".join(
            line if line.startswith("#") or not line.strip() else f"# {line}"
            for line in block.splitlines(keepends=True)
        )
    yield block


def _key(path: str, key: str, field: FieldInfo) -> str:
    comment = _comment(field.description or "")
    if path in _SECRETS:
        return f'{comment}{key} = {{ env = "{_SECRETS[path]}" }}\n'
    value = _VALUES.get(path, field.get_default(call_default_factory=True))
    if _is_secret(field):
        return f'{comment}# {key} = {{ env = "HELPDESK_{path.replace(".", "_").upper()}" }}\n'
    if value is PydanticUndefined or value is None:
        return f"{comment}# {key} = …\n"
    return f"{comment}{key} = {_toml(value)}\n"


def _comment(text: str) -> str:
    return "".join(f"# {line}\n" for line in textwrap.wrap(text, 96))


def _model_in(field: FieldInfo) -> type[BaseModel] | None:
    if get_origin(field.annotation) in {dict, Mapping}:
        return None
    for kind in (field.annotation, *get_args(field.annotation)):
        if isinstance(kind, type) and issubclass(kind, BaseModel) and "Key" not in kind.__name__:
            return kind
    return None


def _is_secret(field: FieldInfo) -> bool:
    return SecretStr in {field.annotation, *get_args(field.annotation)}


def _toml(value: Any) -> str:  # noqa: ANN401  - a setting's default
    if isinstance(value, BaseModel):
        value = value.model_dump()
    if isinstance(value, Mapping):
        inner = ", ".join(f"{k} = {_toml(v)}" for k, v in value.items())
        return f"{{ {inner} }}" if inner else "{}"
    if isinstance(value, (list, tuple, frozenset, set)):
        return f"[{', '.join(_toml(one) for one in value)}]"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (int, float)):
        return repr(value)
    return json.dumps(str(value), ensure_ascii=False)


if __name__ == "__main__":
    print(example(), end="")  # noqa: T201  - its purpose
