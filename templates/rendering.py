"""Renders letters: a frame and blocks, one file a language and block, as text and as HTML.

`templates/<lang>/<group>/<block>.j2` holds a block's words, `templates/<lang>/letters/<kind>.j2` a
letter's frame: first line the subject, then the body with `{{ blocks }}`.  Translators write one
text; its HTML is made from the rendered text, escaped, so a value can never become markup.  Every
template is compiled at start, in a sandbox, and an undefined variable is an error.

This room knows words, not rules: which blocks a letter must have is decided in `tickets`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from typing import Final

from jinja2 import BaseLoader, Environment, StrictUndefined, TemplateNotFound
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})

_DATES: Final[Mapping[str, str]] = {
    "en": "{d.day} {month} {d.year}",
    "zh": "{d.year}年{d.month}月{d.day}日",
    "ja": "{d.year}年{d.month}月{d.day}日",
    "ko": "{d.year}년 {d.month}월 {d.day}일",
}
_ENGLISH_MONTHS: Final = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


class MissingLetter(LookupError):
    """No language has this letter with all of its blocks; nothing was rendered."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in one language, as text and as HTML of the same words."""

    subject: str
    text: str
    html: str
    language: str


class Templates:
    """Every letter in every language, compiled."""

    def __init__(self, sources: Mapping[str, str] | None = None) -> None:
        self._sources = dict(_package_sources() if sources is None else sources)
        self._environment = ImmutableSandboxedEnvironment(
            loader=_Sources(self._sources),
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._html = Environment(autoescape=True, undefined=StrictUndefined).from_string(_FRAME)
        for name in self._sources:
            self._environment.get_template(name)

    @property
    def languages(self) -> tuple[str, ...]:
        """The languages that have at least one letter."""
        return tuple(sorted({name.split("/")[0] for name in self._sources}))

    def names(self, language: str) -> frozenset[str]:
        """Return the names of all templates of a language, without the language."""
        own = f"{language}/"
        return frozenset(name.removeprefix(own) for name in self._sources if name.startswith(own))

    def render(
        self,
        kind: str,
        blocks: Sequence[str],
        languages: Sequence[str],
        values: Mapping[str, object],
    ) -> Rendered:
        """Return letter `kind` with `blocks`, in the first of `languages` that has all of it.

        A block is named `group.block`.  Raise `MissingLetter`, or jinja2's `UndefinedError` where a
        variable is missing.
        """
        names = [f"letters/{kind}.j2", *(f"{block.replace('.', '/')}.j2" for block in blocks)]
        for language in languages:
            known = _known(language, self.languages)
            if known and all(f"{known}/{name}" in self._sources for name in names):
                return self._render(known, names, values)
        raise MissingLetter(f"{kind} with {', '.join(blocks)} in any of {', '.join(languages)}")

    def _render(
        self, language: str, names: Sequence[str], values: Mapping[str, object]
    ) -> Rendered:
        shown = {
            name: format_date(value, language) if isinstance(value, date) else value
            for name, value in values.items()
        }
        frame, *rest = (self._environment.get_template(f"{language}/{name}") for name in names)
        blocks = "\n\n".join(block.render(shown).strip() for block in rest)
        subject, _, body = frame.render(shown, blocks=blocks).strip().partition("\n")
        text = body.strip() + "\n"
        html = self._html.render(
            language=language,
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            subject=subject,
            body=_paragraphs(text),
        )
        return Rendered(" ".join(subject.split()), text, html, language)


def format_date(value: date, language: str) -> str:
    """Return a date as people write it in a language; ISO 8601 where we have no form."""
    form = _DATES.get(language.partition("-")[0])
    if form is None:
        return value.isoformat()
    return form.format(d=value, month=_ENGLISH_MONTHS[value.month - 1])


def _known(language: str, languages: Sequence[str]) -> str | None:
    """Return our name for a language: exact, or the one that a bare tag stands for."""
    if language in languages:
        return language
    return {"zh": "zh-Hans"}.get(language)


def _paragraphs(text: str) -> Markup:
    """Turn plain paragraphs and `- ` lists into HTML; everything in them is escaped."""
    done: list[Markup] = []
    for paragraph in text.strip().split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        if lines and all(line.startswith("- ") for line in lines):
            items = Markup("").join(Markup("<li>{}</li>").format(line[2:]) for line in lines)
            done.append(Markup("<ul>{}</ul>").format(items))
        elif lines:
            done.append(Markup("<p>{}</p>").format(Markup("<br>").join(map(escape, lines))))
    return Markup("\n").join(done)


def _package_sources() -> dict[str, str]:
    room = resources.files("templates")
    return {
        f"{language.name}/{group.name}/{file.name}": file.read_text("utf-8")
        for language in room.iterdir()
        if language.is_dir() and not language.name.startswith("_")
        for group in language.iterdir()
        if group.is_dir()
        for file in group.iterdir()
        if file.name.endswith(".j2")
    }


class _Sources(BaseLoader):
    """Templates from a mapping, never from a path that a template could name."""

    def __init__(self, sources: Mapping[str, str]) -> None:
        self._sources = sources

    def get_source(  # the signature is jinja2's
        self,
        environment: Environment,  # noqa: ARG002
        template: str,
    ) -> tuple[str, str, None]:
        """Return a template's source; it never changes while we run."""
        if template not in self._sources:
            raise TemplateNotFound(template)
        return self._sources[template], template, None


_FRAME: Final = """<!DOCTYPE html>
<html lang="{{ language }}" dir="{{ direction }}">
<head><meta charset="utf-8"><title>{{ subject }}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
{{ body }}
</body>
</html>
"""
