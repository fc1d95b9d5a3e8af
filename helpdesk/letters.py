"""Writes every letter in every language into a folder, for reading: `make letters`.

A folder a language, a file a letter, with invented facts; letters that the law shapes once for each
regime.  Nothing here is sent, and nothing that a desk holds is shown.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Final

import click

from regimes.regime import LetterKind, codes
from templates.rendering import Templates
from tickets.letters import HOUSE, Letters
from tickets.settings import DeskConfig, DeskSettings
from tickets.types import Company, Letter, LetterOrder, Right

REFERENCE: Final = "EJ-7K3F-9Q"
RECEIVED_AT: Final = datetime(2026, 11, 2, 9, 0, tzinfo=UTC)
COMPANY: Final = Company("EJET Co., Ltd.", "ejetglobal@ejet.com", "+86 150 8821 0909", "UTC")

SAMPLE: Final = {
    "acting_as": "lawyer",
    "chat_url": "https://t.me/desk_bot?start=k0123456789abcdef",
    "code": "493027",
    "contents": ("account.json: your account and its settings", "orders.csv: your orders"),
    "controller": "",
    "corrected": ("your name in the account",),
    "deleted": ("your account", "the history of your devices"),
    "details": "The data lies in several systems and has to be collected by hand.",
    "expected_on": date(2026, 12, 2),
    "expires_on": date(2026, 11, 9),
    "explanation": "We use your address to send you what you order.",
    "format": "JSON",
    "goes_on": (),
    "ground": "legal_obligation",
    "instead": "The data is locked and used for nothing else until that day.",
    "is_partial": True,
    "kept": ("invoices, until 31 December 2034, because tax law demands it",),
    "link": "https://desk.example.org/p/x1",
    "link_expires_on": date(2026, 11, 27),
    "minutes": 30,
    "missing": (),
    "new_on": date(2027, 2, 2),
    "outcome": "A newsletter went to an address that had been withdrawn. We have removed it.",
    "processing": "To run your account; until you close it; from you; nobody else; no.",
    "question": "Do you mean the account of the app, or that of the shop?",
    "reason": "complexity",
    "reasons": "Your invoices have to be kept until 31 December 2034.",
    "recipients": (),
    "refused": "the deletion of your invoices",
    "stopped": ("marketing mails",),
    "text": "Thank you for your patience.",
    "token": "EJP-7K3F9-QXW2M-4HTCB-8NRYV-6ZJD5-P",
}
"""Invented facts, so that a letter reads as a person would get it."""

_RIGHTS: Final = {
    "acknowledgement": (Right.ACCESS, Right.DELETION),
    "chat_receipt": (Right.ACCESS, Right.DELETION),
    "completed_access": (Right.ACCESS,),
    "clarification": (Right.ACCESS,),
    "complaint_received": (Right.COMPLAINT,),
    "complaint_outcome": (Right.COMPLAINT,),
}


def letters(languages: tuple[str, ...] = ()) -> Iterator[tuple[str, str, Letter]]:
    """Return every letter as (language, name, letter); the name tells kind and regime."""
    templates = Templates()
    for language in languages or templates.languages:
        settings = DeskSettings(letter_languages=(language,))
        desk = Letters(templates.render, DeskConfig(COMPANY, (), settings))
        for kind in sorted({*LetterKind, *HOUSE}):
            rights = _RIGHTS.get(kind, (Right.DELETION,))
            for regime in codes() if kind in set(LetterKind) else ("default",):
                letter = desk.write(
                    LetterOrder(kind),
                    reference=REFERENCE,
                    language=language,
                    received_at=RECEIVED_AT,
                    rights=rights,
                    regimes=(regime,),
                    facts=SAMPLE,
                )
                yield language, f"{kind}/{regime}", letter


@click.command()
@click.argument("folder", type=click.Path(file_okay=False, path_type=Path))
def main(folder: Path) -> None:
    """Write every letter in every language into FOLDER."""
    count = 0
    for language, name, letter in letters():
        path = folder / language / f"{name}.txt"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"{letter.subject}\n\n{letter.text}", "utf-8")
        path.with_suffix(".html").write_text(letter.html, "utf-8")
        count += 1
    click.echo(f"{count} letters in {folder}")


if __name__ == "__main__":
    main()
