"""Read delivery reports that are written for people: plain text of a hundred mail servers.

`mail.reports` reads those that are written for machines (RFC 3464) and comes here for what they
leave out.  Whether a mail is a bounce at all is decided in `mail.automation`.
"""

from __future__ import annotations

import re

from mail import phrases
from tickets.types import FailedRecipient

NOTICE_LIMIT = 20_000  # characters of a notice that are read
MOST = 100  # recipients of one report
_LINE = 1_000  # characters of one line

_HEAD = 300  # characters above which a separator announces rather than separates

_ADDRESS = re.compile(r"[\w.!#$%&'*+/?^`{|}~-]{1,128}@[\w-]+(?:\.[\w-]+)+", re.ASCII)


def _any(*alternatives: str, flags: int = 0) -> re.Pattern[str]:
    return re.compile("|".join(alternatives), re.IGNORECASE | flags)


_COPY_OF = (
    r"(?:(?:here|this|below|following|included|attach(?:ed|ment)) )?(?:(?:this )?line )?"
    r"(?:is |are )?(?:an? |the |your )?(?:partial )?(?:copy|transcript|headers?|summary"
    r"|first \w+ lines|text|content|beginning) (?:and \w+ \d+ lines )?"
    r"of (?:the|your)(?: \w+){0,2} (?:message|e-?mail|mail)"
)
_RETURNED = (
    r"(?:start of |end of )?(?:the )?(?:original|returned|undelivered|failed|unsent|rejected"
    r"|enclosed|forwarded|old) (?:message|mail|e-?mail|text)"
)
_FOLLOWS = (
    r"(?:the )?(?:message|mail) (?:header|text|body|contents?)s?(?: and .{0,30})? "
    r"(?:follows?|is|are)|message headers?"
    r"|your (?:original )?(?:message|mail) (?:reads|follows|was)"
    r"|the (?:header|first|body) .{0,40}(?:message|follow)"
)
_ORIGINAL = _any(
    *(
        rf"^[^\n\w]{{0,40}}(?:{opening})"
        for opening in (
            _COPY_OF,
            _RETURNED,
            _FOLLOWS,
            r"(?:here|this|below|included) (?:this line )?is an? copy",
            r"received: (?:from|by) |return-path:",
            r"ursprüngliche (?:nachricht|mail)|message d'origine|mensaje original",
            r"mensagem original|messaggio originale|oorspronkelijk bericht|исходное сообщение",
            r"原邮件|原始邮件|原信|原始郵件|元のメッセージ|원본 메시지",
        )
    ),
    flags=re.MULTILINE,
)
_OWN_LINE = re.compile(
    r"^[\s>*|\-.]*(?:\d{1,3}[.)] |\"[^\"\n]{1,80}\"\s+(?=<)|(?:failed |intended )?recipient: )?"
    r"[\"'<\[(]*(?:mailto:|smtp:|rfc822;\s?)?"
    r"([^\s<>\"':;,()\[\]]{1,128}@[^\s<>\"':;,()\[\]]{3,})[\"'>\])]*\s*"
    r"(?:$|[:;,(\[<\-—]|\.\.\.|\.\s*$|on |failed|=20)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:recipients?|rcpt to|failed|address(?:ed)?(?:es)?|undeliver\w*|user(?:id)?|mailbox|account"
    r"|(?:expanded|generated) from|violation for|unknown for|error-for|delivered? to"
    r"|deliver(?:y|ing)?\b[^@\n]{0,60}|message to|mail to|reach"
    r"|empf[äa]nger|destinat[aá]ri\w*|destinat[oa] a|destinataires?|odbiorc\w+|adres\w*|příjemc\w+"
    r"|címzett\w*|címre|alıcı\w*|παραλήπτ\w*|διεύθυνση|адрес\w*|получател\w*|одержувач\w*"
    r"|mottagar\w*|modtager\w*|mottaker\w*|vastaanottaj\w*|ontvanger\w*|penerima|người nhận"
    r"|收件人|收信人|收件者|地址|宛先|수신자|받는 ?사람|المستلم|נמען|ผู้รับ)"
    r"[^@\n]{0,80}$",
    re.IGNORECASE,
)
_SENDER_LINE = re.compile(
    r"\s*(?:(?:message-id|subject|to|cc|de|von)\s*:|from\b|sender|reply-to|by\b"
    r"|(?:please |or )?contact|发件人|差出人)",
    re.IGNORECASE,
)
_TO_LINE = re.compile(r"^[ \t>]*To:[ \t]+<?([^\s<>,;]{1,128}@[^\s<>,;]{3,128})", re.MULTILINE)
_FROM = re.compile(r"(?<!expanded )(?<!generated )\bfrom:?\s*[\"'<]*$", re.IGNORECASE)
_CONTACT = re.compile(
    r"(?:contact|mailto|write to|send (?:mail|a message) to|assistance|help|questions?)"
    r"[^@\n]{0,60}$"
    r"|\be-?mail(?: us| me)?(?: at)?[\s:<(]*$",
    re.IGNORECASE,
)
_NOT_RECIPIENT = _any(r"^(?:postmaster|mailer-daemon|abuse|hostmaster)@")
_STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]|\.\d)")
_REPLY_CODE = re.compile(r"(?<![\d.])([45]\d\d)[ -](?!\d)")
_LOCAL_ONLY = re.compile(r"^[ \t]+([\w.+-]{2,64})[ \t]*$", re.MULTILINE)
_BEFORE_LOCAL = _any(r"recipients?\b", r"address(?:es)?\b", r"users?\b")
_MAIL_WORD = _any(
    "message|mail|nachricht|courriel|courrier|correo|mensaje|mensagem|messaggio|bericht",
    "meddel|viesti|wiadomo|zpráv|správ|üzenet|mesaj|μήνυμα|сообщени|письм|повідомлен",
    "邮件|郵件|メール|메일|رسال|הודעה|tin nhắn|thư|pesan",
)
_LEADS_UP = _any(r"[:：]$", r"\b(?:to|à|a|an|ad)$", r"\bfollowing (?:recipient|address|user)")
_CAUSES = (
    (
        _any(
            r"quota|mailbox (?:is |'s )?full|mailfolder is full",
            r"(?:over|exceed)\w* (?:disk|storage)|超过.{0,6}容量|已满",
        ),
        "5.2.2",
    ),
    (
        _any(
            r"(?:user|recipient|address|account|mailbox)[^\n]{0,30}"
            r"(?:unknown|not (?:found|known|listed|exist)|does(?:n't| not) (?:exist|have))",
            r"(?:unknown|no such|invalid) (?:user|recipient|address|mailbox)|不存在",
            r"no mailbox here",
        ),
        "5.1.1",
    ),
    (
        _any(
            r"(?:host|domain) (?:unknown|not found|does(?:n't| not) exist)",
            r"unknown (?:host|domain)|nameserver error",
        ),
        "5.1.2",
    ),
    (_any(r"too many hops|loop"), "5.4.6"),
    (_any(r"spam|blocked|blacklist|policy|reputation"), "5.7.1"),
    (_any(r"too (?:large|big)|size limit"), "5.3.4"),
)


def notice_of(text: str) -> str:
    """Return what the server says, without the returned mail below it."""
    text = text[:NOTICE_LIMIT]
    for found in _ORIGINAL.finditer(text):
        # A separator above everything else announces; it does not separate.
        if "@" in text[: found.start()] or found.start() > _HEAD:
            return text[: found.start()]
    return text


def failed_recipients(
    text: str, reporter: str, ours: frozenset[str]
) -> tuple[FailedRecipient, ...]:
    """Return who was not reached, with status and action, from a notice.

    `reporter` is the bounce's own sender and `ours` its recipients: neither failed.
    """
    notice = notice_of(text)
    found = _addresses_in(notice, reporter, ours)
    if not found and len(notice) < len(text):
        found = _addresses_in(text[:NOTICE_LIMIT], reporter, ours)
    if not found:
        found = _local_users(notice, reporter) or _addressed(notice, ours)
    action = "delayed" if is_delay(notice) else "failed"
    status = status_in(notice, action)
    return tuple(
        FailedRecipient(address, action, status, diagnostic_in(notice, address))
        for address in found[:MOST]
    )


def unnamed(text: str) -> FailedRecipient:
    """Return what a notice says of a recipient whom it does not name."""
    notice = notice_of(text)
    action = "delayed" if is_delay(notice) else "failed"
    return FailedRecipient("", action, status_in(notice, action))


def stands_alone(notice: str, sender: str) -> bool:
    """Tell whether a text about mail leads up to a stranger's address on a line of its own."""
    if not _MAIL_WORD.search(notice):
        return False
    before = ""
    for line in notice.split("\n"):
        found = _OWN_LINE.match(line[:_LINE])
        if found and found.group(1).lower() != sender.lower():
            return bool(_LEADS_UP.search(before)) or "recipient" in line.lower()
        before = line.strip() or before
    return False


def _addresses_in(notice: str, reporter: str, ours: frozenset[str]) -> list[str]:
    """Return the addresses that stand where recipients stand; failing that, all others."""
    strong: dict[str, str] = {}
    weak: dict[str, str] = {}
    for line in (row[:_LINE] for row in notice.split("\n")):  # hostile lines are long
        if "@" not in line or _SENDER_LINE.match(line):
            continue
        alone = _OWN_LINE.match(line)
        for match in _ADDRESS.finditer(line):
            address = match.group().strip(".'`*|{}?!/")
            key = address.lower()
            if key == reporter.lower() or _NOT_RECIPIENT.match(key):
                continue
            before = line[: match.start()]
            if _CONTACT.search(before) or _FROM.search(before):
                continue
            is_strong = (alone is not None and alone.start(1) <= match.start()) or _NAMED.search(
                before
            )
            target = strong if is_strong and key not in ours else weak
            target.setdefault(key, address)
    if strong:
        return list(strong.values())
    return [address for key, address in weak.items() if key not in ours]


def _local_users(notice: str, reporter: str) -> list[str]:
    """Return bare user names of the reporting server's own domain (AOL, local deliveries)."""
    domain = reporter.rpartition("@")[2]
    if not domain:
        return []
    intro = _BEFORE_LOCAL.search(notice)
    if not intro:
        return []
    return [f"{name}@{domain.lower()}" for name in _LOCAL_ONLY.findall(notice, intro.end())][:10]


def _addressed(notice: str, ours: frozenset[str]) -> list[str]:
    """Return whom the mail was addressed to, where a notice repeats only its header."""
    found = _TO_LINE.findall(notice)
    return [address for address in dict.fromkeys(found) if address.lower() not in ours]


def is_delay(notice: str) -> bool:
    """Tell whether the server still tries; a delay is no failure."""
    head = notice[:3000]
    return bool(phrases.find(phrases.DELAY, head)) and not phrases.find(phrases.FINAL, head)


def status_in(notice: str, action: str) -> str:
    """Return the enhanced status code (RFC 3463) that the notice names or describes."""
    wanted = "4" if action == "delayed" else "5"
    codes = [code for code in _STATUS.findall(notice) if code[0] == wanted]
    if codes:
        return str(max(codes, key=lambda code: not code.endswith(".0.0")))
    for cause, status in _CAUSES:
        if cause.search(notice):
            return wanted + status[1:]
    code = _REPLY_CODE.search(notice)
    return f"{code.group(1)[:1] if code else wanted}.0.0"


def diagnostic_in(notice: str, address: str) -> str:
    """Return the line that says why, as far as one can be told."""
    at = notice.find(address)
    for line in notice[max(at, 0) :].split("\n")[:8]:
        if _STATUS.search(line) or _REPLY_CODE.search(line):
            return line.strip()[:300]
    return ""
