"""Read a raw mail into an `Inbound`: pure, total, and in linear time.

`parse` takes any bytes and never raises; what it repaired or gave up is named in `problems`.
It does no I/O and decides nothing: matching, guards and tickets are the desk's.  Mail over
`LARGE` bytes belongs into `mail.large`, which runs this in a child process.
"""

from __future__ import annotations

import re
from datetime import datetime

from mail.addresses import addresses
from mail.automation import LOOP_HEADER, Evidence, judge
from mail.bodies import Bodies, choose_bodies, read_text, take_uu
from mail.charsets import clean
from mail.dates import parse_date
from mail.envelopes import describe, envelope_note
from mail.headers import Headers, one_line, read_block
from mail.marks import find_marker
from mail.structure import Limits, Part, Tree, read_structure
from tickets.quotes import split_reply
from tickets.types import Attachment, Automation, Channel, Inbound, Sender

LARGE = 2_000_000  # bytes: above this a mail is parsed in a child process (mail.large)
UNREAD_HEADER = 60_000  # bytes that are looked at when the parse failed
_REFERENCES = 100  # ids kept of References: the first, and the last ones
_RECEIVED = 30


def parse(raw: bytes, *, limits: Limits = Limits()) -> Inbound:  # noqa: B008 - frozen
    """Return what a mail says, from whatever bytes arrived; never raises."""
    try:
        tree = read_structure(raw, limits)
        return _Reader(tree, choose_bodies(tree.root), limits).inbound(len(raw))
    except Exception as error:  # noqa: BLE001 - "never" is a promise: nothing may lose a mail
        return unread(raw, f"parser_{type(error).__name__}")


def unread(raw: bytes, problem: str) -> Inbound:
    """Return what little can be said of a mail that could not be parsed: its header's basics."""
    headers, _, _ = read_block(raw[:UNREAD_HEADER].lstrip())
    senders = addresses(headers.raw(b"from"))
    return Inbound(
        channel=Channel.EMAIL,
        external_id=next(iter(headers.ids(b"message-id")), ""),
        sender=senders[0] if senders else Sender(""),
        to=addresses(headers.raw(b"to")),
        return_path=_return_path(headers),
        subject=headers.text(b"subject"),
        sent_at=parse_date(headers.latin(b"date")),
        received=_received(headers),
        in_reply_to=next(iter(headers.ids(b"in-reply-to")), ""),
        references=headers.ids(b"references")[-_REFERENCES:],
        authentication=_authentication(headers),
        automation=_declared_only(headers),
        loop_token=headers.text(LOOP_HEADER)[:200],
        size=len(raw),
        is_cut=True,
        problems=(problem,),
    )


def _declared_only(headers: Headers) -> Automation:
    """Judge by headers alone: an unread mail of a machine must not be answered either."""
    submitted = headers.text(b"auto-submitted").lower()
    if (submitted and not submitted.startswith("no")) or _return_path(headers) == "":
        return Automation.GENERATED
    return Automation.LIST if b"list-id" in headers else Automation.NO


class _Reader:
    """One mail while it is read."""

    def __init__(self, tree: Tree, bodies: Bodies, limits: Limits) -> None:
        self.tree = tree
        self.bodies = bodies
        self.limits = limits
        self.headers = tree.root.headers
        self.problems = dict.fromkeys(tree.problems)
        self.hint = _charset_hint(bodies)
        self._text: str | None = None
        self._html: str | None = None
        self._files: list[Attachment] = []

    def html(self) -> str:
        """Return the chosen HTML."""
        if self._html is None:
            parts = [read_text(part, self.limits, self.hint) for part in self.bodies.html]
            self._html = clean("\n".join(parts))[: self.limits.body]
        return self._html

    def text(self) -> str:
        """Return the chosen text, made from HTML where there is no other."""
        if self._text is None:
            self._text = self._read_text()
        return self._text

    def _read_text(self) -> str:
        pieces: list[str] = []
        for part in self.bodies.text:
            content = read_text(part, self.limits, self.hint)
            if part.type == "text/html":
                content = _rendered(content)
            else:
                content, files = take_uu(content)
                self._files.extend(
                    Attachment(
                        one_line(one.filename),
                        "application/octet-stream",
                        one.size,
                        f"{part.path}/{n}",
                        note="uuencoded",
                    )
                    for n, one in enumerate(files, 1)
                )
            pieces.append(content)
        text = "\n".join(pieces)
        if self.html() and not text.strip():
            # An empty plain part beside HTML says nothing: the words are in the HTML.
            text = _rendered(self.html()) or text
        if "\ufffd" in text:
            self.problems["undecodable_text"] = None
        return text

    def inbound(self, size: int) -> Inbound:
        """Put everything together."""
        headers, hint = self.headers, self.hint
        sender = self._sender()
        reply_to = addresses(headers.raw(b"reply-to"), hint)
        to = self._recipients(b"to")
        cc = self._recipients(b"cc")
        return_path = _return_path(headers)
        subject = headers.text(b"subject", hint)
        leaves = self.tree.root.leaves()
        text, html = self.text(), self.html()
        verdict = judge(
            Evidence(
                headers,
                self.tree.root,
                leaves,
                subject,
                sender,
                reply_to,
                to + cc,
                return_path,
                self.text,
            )
        )
        newest, quoted = _split(text, html)
        files = [self._attachment(part) for part in self.bodies.files] + self._files
        references = headers.ids(b"references")
        ids = headers.ids(b"message-id")
        parents = headers.ids(b"in-reply-to")
        if len(references) > _REFERENCES:
            references = references[:1] + references[1 - _REFERENCES :]
        return Inbound(
            channel=Channel.EMAIL,
            external_id=ids[0] if ids else "",
            sender=sender,
            reply_to=reply_to,
            to=to,
            cc=cc,
            return_path=return_path,
            subject=subject,
            text=text,
            html=html,
            newest=newest,
            quoted=quoted,
            sent_at=parse_date(headers.latin(b"date")),
            received=_received(headers),
            in_reply_to=parents[0] if parents else "",
            references=references,
            thread_index=clean(headers.latin(b"thread-index"))[:500],
            marker=find_marker(html, text),
            attachments=tuple(files),
            automation=verdict.automation,
            automation_why=verdict.why,
            loop_token=headers.text(LOOP_HEADER)[:200],
            report=verdict.report,
            authentication=_authentication(headers),
            language_hint=headers.text(b"content-language")[:60],
            envelope_note=envelope_note(self.tree.root, text),
            size=size,
            is_cut=self.tree.is_cut,
            problems=tuple(self.problems),
        )

    def _sender(self) -> Sender:
        """Return who wrote: From, and what stands in for a From that says nothing."""
        first: Sender | None = None
        for name in (b"from", b"sender", b"resent-from", b"x-sender", b"return-path"):
            for found in addresses(self.headers.raw(name), self.hint):
                if found.address:
                    if name != b"from":
                        self.problems["no_from"] = None
                    return (
                        found if not (first and first.name) else Sender(found.address, first.name)
                    )
                first = first or found
        self.problems["no_from"] = None
        return first or Sender("")

    def _recipients(self, name: bytes) -> tuple[Sender, ...]:
        found: list[Sender] = []
        for value in self.headers.all(name)[:20]:
            found.extend(one for one in addresses(value, self.hint) if one.address)
        return tuple(found)

    def _attachment(self, part: Part) -> Attachment:
        content_type, note = describe(part)
        return Attachment(
            filename=part.filename(self.hint),
            content_type=one_line(content_type)[:120],
            size=len(part.content()),
            part=part.path,
            content_id=clean(part.content_id)[:250],
            inline=part.disposition == "inline"
            or (bool(part.content_id) and part.disposition != "attachment"),
            note=note,
        )


def _charset_hint(bodies: Bodies) -> str:
    """Return the body's charset: raw 8-bit headers are most often in the same."""
    for part in (*bodies.text, *bodies.html):
        if part.charset:
            return part.charset
    return ""


def _rendered(html: str) -> str:
    from mail.html import html_to_text  # noqa: PLC0415 - loads the HTML library

    return html_to_text(html)


def _split(text: str, html: str) -> tuple[str, str]:
    """Part the newest words from quoted history."""
    found = split_reply(text, html)
    return clean(found.newest), clean(found.quoted)


def _return_path(headers: Headers) -> str | None:
    """Return the envelope sender; "" is the null sender, None is unknown."""
    if b"return-path" not in headers:
        return None
    value = headers.raw(b"return-path")
    found = addresses(value)
    return found[0].address if found else ""


_BY = re.compile(r"\bby\s+([^\s;()]{1,255})")


def _received(headers: Headers) -> tuple[tuple[str, datetime], ...]:
    """Return who took the mail and when, topmost first (RFC 5321 4.4)."""
    found: list[tuple[str, datetime]] = []
    for value in headers.all(b"received")[:_RECEIVED]:
        trace, _, date = value[-400:].decode("latin-1").rpartition(";")
        moment = parse_date(date)
        if moment is not None:
            by = _BY.search(trace if len(value) <= 400 else value[:4000].decode("latin-1"))
            found.append((clean(by.group(1)).lower() if by else "", moment))
    return tuple(found)


def _authentication(headers: Headers) -> tuple[tuple[str, str], ...]:
    """Return Authentication-Results fields as (authserv-id, rest), topmost first (RFC 8601 2.2)."""
    found: list[tuple[str, str]] = []
    for value in headers.all(b"authentication-results")[:10]:
        server, _, rest = one_line(clean(value.decode("utf-8", "replace"))).partition(";")
        found.append((server.split()[0].lower() if server.split() else "", rest.strip()[:4000]))
    return tuple(found)
