"""Renders letters: a subject, a frame and blocks, one file each, as text and as HTML.

    templates/<lang>/letters/frame.j2       greeting, `{{ blocks }}`, signature; `<kind>/frame.j2`
                                            where a kind of letter has its own
    templates/<lang>/letters/<kind>.j2      the subject line of one kind of letter
    templates/<lang>/<kind>/<block>.j2      a block's words in that kind of letter
    templates/<lang>/desk/<block>.j2        its words in every kind that has none of its own
    templates/<lang>/words.toml             names: rights, grounds of refusal, authorities
    templates/elsewhere.toml                one sentence for each language that has no letters yet

Translators write one text; its HTML is made from the rendered text, escaped, so a value can never
become markup.  Every template is compiled once, in a sandbox: by the service at its start, by a
short command where it needs one.  An undefined variable is an error.

This room knows words, not rules: which blocks a letter must have is decided in `tickets`.
"""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from importlib import resources
from importlib.resources.abc import Traversable
from typing import Any, Final

from jinja2 import (
    BaseLoader,
    Environment,
    StrictUndefined,
    Template,
    TemplateNotFound,
    UndefinedError,
)
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup, escape

_SCRIPTS: Final[Mapping[str, str]] = {
    "zh": "zh-Hans",
    "zh-cn": "zh-Hans",
    "zh-sg": "zh-Hans",
    "zh-hk": "zh-Hant",
    "zh-mo": "zh-Hant",
    "zh-tw": "zh-Hant",
}
"""What a tag without a script stands for."""

RIGHT_TO_LEFT: Final = frozenset({"ar", "fa", "he", "ur"})

_DATES: Final[Mapping[str, str]] = {
    "en": "{d.day} {month} {d.year}",
    "zh": "{d.year}年{d.month}月{d.day}日",
    "ja": "{d.year}年{d.month}月{d.day}日",
    "ko": "{d.year}년 {d.month}월 {d.day}일",
    "de": "{d.day}.{d.month}.{d.year}",
    "es": "{d.day}/{d.month}/{d.year}",
    "fr": "{d:%d/%m/%Y}",
    "pt": "{d:%d/%m/%Y}",
    "ru": "{d:%d.%m.%Y}",
}
_BARE: Final = "/identity_sms/frame.j2"
"""The frame of a text message: it has no room for a sentence in a second language."""

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


class MissingFact(LookupError):
    """A block needs a fact that was not given, or has nothing to say; nothing was rendered."""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A letter in one language, as text and as HTML of the same words."""

    subject: str
    text: str
    html: str
    language: str


class Templates:
    """Every letter in every language."""

    def __init__(
        self,
        sources: Mapping[str, str] | None = None,
        words: Mapping[str, Mapping[str, Any]] | None = None,
        elsewhere: Mapping[str, str] | None = None,
    ) -> None:
        self._words = dict(_package_words() if words is None else words)
        self._sources = dict(_package_sources() if sources is None else sources)
        self._elsewhere = dict(_package_elsewhere() if elsewhere is None else elsewhere)
        self._environment = ImmutableSandboxedEnvironment(
            loader=_Sources(self._sources),
            undefined=StrictUndefined,
            autoescape=False,
            keep_trailing_newline=False,
            trim_blocks=True,
            lstrip_blocks=True,
        )
        self._compiled: dict[str, Template] = {}
        self._resolved: dict[tuple[str, ...], list[str] | None] = {}
        self.languages = tuple(sorted({name.split("/")[0] for name in self._sources}))
        """The languages that have at least one letter."""

    def compile(self) -> None:
        """Compile every template now, so that a mistake in one shows before a letter needs it."""
        for name in self._sources:
            self._template(name)

    def names(self, language: str) -> frozenset[str]:
        """Return the names of all templates of a language, without the language."""
        own = f"{language}/"
        return frozenset(name.removeprefix(own) for name in self._sources if name.startswith(own))

    def words(self, language: str) -> Mapping[str, Any]:
        """Return the names that a language has for rights, grounds and authorities."""
        return self._words.get(language, {})

    def render(
        self,
        kind: str,
        blocks: Sequence[str],
        languages: Sequence[str],
        values: Mapping[str, object],
    ) -> Rendered:
        """Return letter `kind` with `blocks`, in the first of `languages` that has all of it.

        A block is named `group.block`, or `block` alone: then the kind's own words come before
        those of the group `desk`.  A letter in another language than the first of `languages` says
        so in that one.  Raise `MissingLetter`, or `MissingFact` where a variable is
        missing or a block came out empty.
        """
        for wanted in languages:
            language = known_language(wanted, self.languages)
            names = language and self._resolve(language, kind, blocks)
            if language and names:
                try:
                    return self._render(language, names, values, self._note(languages[0], language))
                except UndefinedError as exc:
                    raise MissingFact(f"{kind}: {exc.message}") from None
        raise MissingLetter(f"{kind} with {', '.join(blocks)} in any of {', '.join(languages)}")

    def _resolve(self, language: str, kind: str, blocks: Sequence[str]) -> list[str] | None:
        """Return the files of a letter, the subject's first; None where the language lacks one."""
        letter = (language, kind, *blocks)
        if letter not in self._resolved:
            self._resolved[letter] = self._look_up(language, kind, blocks)
        return self._resolved[letter]

    def _look_up(self, language: str, kind: str, blocks: Sequence[str]) -> list[str] | None:
        choices = [[f"letters/{kind}"], [f"{kind}/frame", "letters/frame"]]
        for block in blocks:
            group, dot, name = block.partition(".")
            choices.append([f"{group}/{name}"] if dot else [f"{kind}/{block}", f"desk/{block}"])
        found: list[str] = []
        for choice in choices:
            files = (f"{language}/{one}.j2" for one in choice)
            name = next((one for one in files if one in self._sources), "")
            if not name:
                return None
            found.append(name)
        return found

    def _render(
        self, language: str, names: Sequence[str], values: Mapping[str, object], note: str
    ) -> Rendered:
        shown = {
            name: format_date(value, language) if isinstance(value, date) else value
            for name, value in values.items()
        }
        subject, frame, *rest = (self._template(name) for name in names)
        # All of a letter's templates see the same names and none sets any, so one context will do.
        context = subject.new_context(shown)
        first, *blocks = (
            "".join(one.root_render_func(context)).strip() for one in (subject, *rest)
        )
        if "" in blocks:
            raise MissingFact(f"{names[blocks.index('') + 2]} has nothing to say")
        line = " ".join(first.split())
        text = frame.render(shown, blocks="\n\n".join(blocks)).strip() + "\n"
        if note and not names[1].endswith(_BARE):
            text = f"{note}\n\n{text}"
        html = _FRAME.format(
            language=escape(language),
            direction="rtl" if language in RIGHT_TO_LEFT else "ltr",
            subject=escape(line),
            body=_paragraphs(text),
        )
        return Rendered(line, text, html, language)

    def _note(self, wanted: str, language: str) -> str:
        """Say in the reader's language that the letter is in another; nothing where it is not."""
        note = self._elsewhere.get(wanted.partition("-")[0], "")
        if known_language(wanted, self.languages) == language:
            return ""
        return note.format(language=self.words(language).get("name", language))

    def _template(self, name: str) -> Template:
        """Return a template, compiled, with the words of its language at hand."""
        if (compiled := self._compiled.get(name)) is None:
            compiled = self._environment.get_template(name, globals=self._known(name))
            self._compiled[name] = compiled
        return compiled

    def _known(self, name: str) -> dict[str, object]:
        words = self.words(name.partition("/")[0])
        names = {lang: table["name"] for lang, table in self._words.items() if "name" in table}
        return {"words": words, "fact": _facts(words), "language_names": names}


def _facts(words: Mapping[str, Any]) -> Callable[[Mapping[str, str], str], str]:
    """Return the function that names a fact of a regime in a language.

    Where the language has no word of its own, the regime's stands: a name stays true.
    """
    told: Mapping[str, Any] = words.get("facts", {})

    def fact(regime: Mapping[str, str], name: str) -> str:
        own = told.get(regime["code"], {})
        if name.startswith("authority") and regime["country"]:
            own = own.get(regime["country"], {})
        return str(own.get(name, regime[name]))

    return fact


def format_date(value: date, language: str) -> str:
    """Return a date as people write it in a language; ISO 8601 where we have no form."""
    form = _DATES.get(language.partition("-")[0])
    if form is None:
        return value.isoformat()
    return form.format(d=value, month=_ENGLISH_MONTHS[value.month - 1])


def known_language(language: str, languages: Sequence[str]) -> str | None:
    """Return our name for a language: exact, or the one that a bare tag stands for."""
    if language in languages:
        return language
    return _SCRIPTS.get(language.lower())


def _paragraphs(text: str) -> Markup:
    """Turn plain paragraphs and `- ` lists into HTML; everything in them is escaped, at once."""
    done: list[str] = []
    for paragraph in str(escape(text)).strip().split("\n\n"):
        lines = [line.strip() for line in paragraph.splitlines() if line.strip()]
        if lines and all(line.startswith("- ") for line in lines):
            items = "".join(f'<li dir="auto">{line[2:]}</li>' for line in lines)
            done.append(f"<ul>{items}</ul>")
        elif lines:
            done.append(f'<p dir="auto">{"<br>".join(lines)}</p>')
    return Markup("\n".join(done))  # noqa: S704  - escaped above


def _package_sources() -> dict[str, str]:
    return {
        f"{language.name}/{group.name}/{file.name}": file.read_text("utf-8")
        for language in _package_languages()
        for group in language.iterdir()
        if group.is_dir()
        for file in group.iterdir()
        if file.name.endswith(".j2")
    }


def _package_words() -> dict[str, Mapping[str, Any]]:
    return {
        language.name: tomllib.loads((language / "words.toml").read_text("utf-8"))
        for language in _package_languages()
    }


def _package_elsewhere() -> dict[str, str]:
    text = (resources.files("templates") / "elsewhere.toml").read_text("utf-8")
    return {language: str(note) for language, note in tomllib.loads(text).items()}


def _package_languages() -> list[Traversable]:
    room = resources.files("templates")
    return [one for one in room.iterdir() if (one / "words.toml").is_file()]


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
<html lang="{language}" dir="{direction}">
<head><meta charset="utf-8"><title>{subject}</title></head>
<body style="font-family: sans-serif; line-height: 1.5; max-width: 40em">
{body}
</body>
</html>"""
