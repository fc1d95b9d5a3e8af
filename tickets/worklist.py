"""What a person still has to do on a ticket: each code, and what it says to an agent.

Codes stand in `Ticket.work`; who puts one there and what takes it away again is the rooms' matter.
Some guard an answer and go only by the act that settles them; the others an agent ticks off.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

CHECK_AUTHORITY: Final = "check_authority"
CONFIRM_RIGHTS: Final = "confirm_rights"
CONFIRM_SUBJECT: Final = "confirm_subject"
CHECK_READING: Final = "check_reading"
DECIDE_BAN: Final = "decide_ban"

UNMATCHED: Final = frozenset(("match_account", "directory_mismatch"))
"""Work that says: the address is proven, the account is not (house.md 5.8)."""

GUARDS: Final = frozenset((*UNMATCHED, CHECK_AUTHORITY, CONFIRM_SUBJECT))
"""Work without which nothing is disclosed, changed or deleted."""

BY_ACT: Final = frozenset((*GUARDS, "approve", CONFIRM_RIGHTS, DECIDE_BAN))
"""Work that only its own act takes off the list."""

TEXTS: Final[Mapping[str, str]] = {
    "answer_due": "The last day for an answer comes near.",
    "answer_overdue": "The last day for an answer has passed: answer at once, and tell your lead.",
    "answer_feedback": "The writer of this feedback would like an answer.",
    "answer_question": "Answer the question: the policy has no section that does.",
    "approve": "A colleague has proposed an answer: approve it or send it back.",
    "authority": "A police, a court or another authority may be asking: a lawyer decides.",
    "authority_who": (
        "Find out who asks: call back at a number from a public directory, not from the letter."
    ),
    "authority_paper": (
        "Ask for the legal document, such as a subpoena or a letter of investigation; check its"
        " court or office, number, date and signature (policy, section 3)."
    ),
    "authority_scope": "Compare what is asked with what the document allows; hand out no more.",
    "authority_pipl_41": (
        "A foreign court or authority: data stored in the PRC must not be handed over without the"
        " approval of the competent PRC authority (PIPL 41)."
    ),
    "authority_silence": (
        "Confirm to nobody that a person is known or unknown, not even by the way of asking back."
    ),
    "authority_told": (
        "Decide whether the person must or may be told, and write down the decision and its reason."
    ),
    CHECK_AUTHORITY: "Somebody asks for another: their authority has not been shown yet.",
    CHECK_READING: (
        "Drawn by lot: read as no request. Read it: done if that is right, else change the type."
    ),
    "check_proof": "A reply to a letter of proof has no agreed word: read what they say.",
    CONFIRM_RIGHTS: "Say which rights are meant: the clock runs.",
    "confirm_spam": "Say whether it is spam.",
    CONFIRM_SUBJECT: "The person concerned has not confirmed yet that this is their wish.",
    DECIDE_BAN: "A colleague proposes to ban this chat for a while: decide it there with /ban.",
    "decide_intent": "Say what is asked.",
    "directory_mismatch": "The address is proven, and no account is known under it.",
    "help": "Help with a product.",
    "letter_bounced": "A letter came back.",
    "letter_failed": "A letter could not be delivered.",
    "letter_unknown": "A letter may not have arrived: send it again, or say that it is known.",
    "match_account": "The address is proven: find the account that belongs to it.",
    "possible_follow_up": "It may belong to another ticket: merge them if it does.",
    "proof_denied": "The owner of the address says that it was not them who asked.",
    "proof_from_failed_dmarc": "An answer to a letter of proof failed DMARC: it proves nothing.",
    "proof_late": "An answer to a letter of proof came too late: ask again or look.",
    "proof_other_way": "The requester cannot get a code: find another way to know who it is.",
    "proof_overdue": "Nobody answered the letter of proof: ask again, or let the request lapse.",
    "requester_calls": "The requester asks for a person.",
}

AUTHORITY: Final = tuple(code for code in TEXTS if code.startswith("authority"))
"""The checklist for a message of police, courts and the like, in its order."""


def said(code: str) -> str:
    """Return what a code of work says to an agent; a code of many kinds tells its kind."""
    kind, colon, detail = code.partition(":")
    if colon and kind == "spoofing":
        return f"It may not come from whom it seems to: {detail.replace('_', ' ')}."
    if colon and kind == "receipt_withheld":
        return f"No receipt was sent: {detail.replace('_', ' ')}."
    return TEXTS.get(code, "")
