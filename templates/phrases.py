"""Phrases: what chats and pages say in a few words, in each reader's language.

    templates/phrases/<lang>.toml     tables of phrases; `button.cancel` is `cancel` in `[button]`

Phrases are plain text; whoever shows one as markup escapes it, so a value can never become any.
`{name}` stands for a value, and nothing else is understood between braces.  Letters are not here:
those are `templates.rendering`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from importlib import resources
from string import Formatter
from typing import Any, Final

from templates.rendering import format_date, known_language

_PLAIN: Final = Formatter()


class MissingPhrase(LookupError):
    """No language of the chain has this phrase."""


class MissingValue(LookupError):
    """A phrase names a value that was not given."""


class Phrases:
    """Every phrase in every language."""

    def __init__(
        self,
        chain: Sequence[str] = ("en",),
        tables: Mapping[str, Mapping[str, Any]] | None = None,
    ) -> None:
        """Take the languages to fall back on, first choice first."""
        found = _package_tables() if tables is None else tables
        self._phrases = {language: dict(_flat(table)) for language, table in found.items()}
        self.languages = tuple(sorted(self._phrases))
        """The languages that have phrases."""
        self._chain = tuple(one for one in map(self._known, (*chain, "en")) if one)

    def language(self, *wanted: str) -> str:
        """Return the first wanted language that we have, else the first of the chain."""
        found = (self._known(one) for one in wanted if one)
        return next((one for one in found if one), self._chain[0])

    def name(self, language: str) -> str:
        """Return what a language calls itself."""
        return self.text(language, "name")

    def text(self, language: str, key: str, /, **values: object) -> str:
        """Return a phrase with its values; dates are written as the language writes them.

        Raise `MissingPhrase` or `MissingValue`; a value that the phrase does not name is no error.
        """
        wanted = self.language(language)
        for one in (wanted, *self._chain):
            if (phrase := self._phrases[one].get(key)) is not None:
                return _filled(phrase, values, one)
        raise MissingPhrase(key)

    def keys(self, language: str) -> frozenset[str]:
        """Return the names of a language's phrases."""
        return frozenset(self._phrases[language])

    def values(self, language: str, key: str) -> frozenset[str]:
        """Return the names of the values that a phrase wants."""
        return frozenset(name for _, name, _, _ in _parsed(self._phrases[language][key]) if name)

    def _known(self, language: str) -> str | None:
        """Return our name for a tag: itself, what a bare tag stands for, or its first part."""
        tag = language.replace("_", "-")
        while tag:
            exact = next((one for one in self._phrases if one.lower() == tag.lower()), None)
            found = exact or known_language(tag, self.languages)
            if found in self._phrases:
                return found
            tag = tag.rpartition("-")[0]
        return None


def _filled(phrase: str, values: Mapping[str, object], language: str) -> str:
    parts: list[str] = []
    for before, name, _, _ in _parsed(phrase):
        # "EJET Co., Ltd." at the end of a sentence brings the sentence's full stop along.
        is_doubled = before.startswith(".") and parts[-1:] and parts[-1].endswith(".")
        parts.append(before[1:] if is_doubled else before)
        if name is None:
            continue
        if name not in values:
            raise MissingValue(f"{name} in {phrase!r}")
        parts.append(_written(values[name], language))
    return "".join(parts)


def _written(value: object, language: str) -> str:
    if isinstance(value, datetime):
        return f"{format_date(value.date(), language)} {value:%H:%M}"
    return format_date(value, language) if isinstance(value, date) else str(value)


def _parsed(phrase: str) -> Iterable[tuple[str, str | None, str | None, str | None]]:
    return _PLAIN.parse(phrase)


def _flat(table: Mapping[str, Any], path: str = "") -> Iterator[tuple[str, str]]:
    for name, value in table.items():
        if isinstance(value, Mapping):
            yield from _flat(value, f"{path}{name}.")
        else:
            yield f"{path}{name}", str(value)


def _package_tables() -> dict[str, Mapping[str, Any]]:
    folder = resources.files("templates") / "phrases"
    return {
        file.name.removesuffix(".toml"): tomllib.loads(file.read_text("utf-8"))
        for file in folder.iterdir()
        if file.name.endswith(".toml")
    }
