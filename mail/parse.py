"""Read a raw mail into an `Inbound`: pure, total, and in linear time.

`parse` takes any bytes and never raises; what it repaired or gave up is named in `problems`
(docs/mail-parsing.md lists the codes).  It does no I/O and decides nothing: matching, guards and
tickets are the desk's.  Mail over `LARGE` bytes belongs into `mail.large`, which runs this in a
child process.
"""

from __future__ import annotations

from mail.addresses import addresses
from mail.automation import LOOP_HEADER, Evidence, judge
from mail.bodies import Bodies, choose_bodies, read_text, take_uu
from mail.charsets import clean
from mail.dates import parse_date
from mail.envelopes import IN_SMIME, IN_TEXT, IN_TNEF, describe, envelope_note, is_pkcs7
from mail.headers import one_line, read_block
from mail.html import html_to_text, without_pictures
from mail.marks import find_address_word, find_marker
from mail.smime import signed_content
from mail.structure import Limits, Part, Tree, read_structure
from mail.tnef import Tnef, open_tnef
from mail.trace import authentication, received, return_path
from tickets.quotes import split_reply
from tickets.types import Attachment, Automation, Channel, Inbound, Sender

LARGE = 2_000_000  # bytes: above this a mail is parsed in a child process (mail.large)
UNREAD_HEADER = 60_000  # bytes that are looked at when the parse failed
_ARRIVED_AT = (b"delivered-to", b"x-original-to", b"envelope-to", b"to")
_REFERENCES = 100  # ids kept of References: the first, and the last ones


def parse(raw: bytes, *, limits: Limits = Limits()) -> Inbound:  # noqa: B008 - frozen
    """Return what a mail says, from whatever bytes arrived; never raises."""
    try:
        return _Reader(read_structure(raw, limits), limits).inbound(len(raw))
    except Exception as error:  # noqa: BLE001 - "never" is a promise: nothing may lose a mail
        return unread(raw, f"parser_{type(error).__name__}")


def unread(raw: bytes, problem: str) -> Inbound:
    """Return what little can be said of a mail that could not be parsed: its header's basics."""
    headers, _, _ = read_block(raw[:UNREAD_HEADER].lstrip().split(b"\n\n")[0].split(b"\r\n\r\n")[0])
    senders = addresses(headers.raw(b"from"))
    envelope_from = return_path(headers)
    submitted = headers.text(b"auto-submitted").lower()
    automation = Automation.NO
    # An unread mail of a machine must not be answered either.
    if envelope_from == "" or (submitted and not submitted.startswith("no")):
        automation = Automation.GENERATED
    elif b"list-id" in headers:
        automation = Automation.LIST
    return Inbound(
        channel=Channel.EMAIL,
        external_id=next(iter(headers.ids(b"message-id")), ""),
        sender=senders[0] if senders else Sender(""),
        to=addresses(headers.raw(b"to")),
        return_path=envelope_from,
        subject=headers.text(b"subject"),
        sent_at=parse_date(headers.latin(b"date")),
        received=received(headers),
        in_reply_to=next(iter(headers.ids(b"in-reply-to")), ""),
        references=headers.ids(b"references")[-_REFERENCES:],
        authentication=authentication(headers),
        automation=automation,
        loop_token=headers.text(LOOP_HEADER)[:200],
        size=len(raw),
        is_cut=True,
        problems=(problem,),
    )


class _Reader:
    """One mail while it is read."""

    def __init__(self, tree: Tree, limits: Limits) -> None:
        self.root = tree.root
        self.limits = limits
        self.headers = tree.root.headers
        self.problems = dict.fromkeys(tree.problems)
        self.is_cut = tree.is_cut
        self.bodies = choose_bodies(tree.root)
        self.hint = _charset_hint(self.bodies)
        self.files = [self._attachment(part) for part in self.bodies.files]
        self._open_containers()
        self.html = clean("\n".join(map(self._content, self.bodies.html)))
        self.text = self._read_text()

    def inbound(self, size: int) -> Inbound:
        """Put everything together."""
        headers, hint = self.headers, self.hint
        evidence = Evidence(
            headers=headers,
            root=self.root,
            leaves=self.root.leaves(),
            subject=headers.text(b"subject", hint),
            sender=self._sender(),
            reply_to=addresses(headers.raw(b"reply-to"), hint),
            recipients=self._recipients(b"to"),
            return_path=return_path(headers),
            text=self.text,
        )
        verdict = judge(evidence)
        newest = split_reply(self.text, self.html)
        references = headers.ids(b"references")
        if len(references) > _REFERENCES:
            references = references[:1] + references[1 - _REFERENCES :]
        return Inbound(
            channel=Channel.EMAIL,
            external_id=next(iter(headers.ids(b"message-id")), ""),
            sender=evidence.sender,
            reply_to=evidence.reply_to,
            to=evidence.recipients,
            cc=self._recipients(b"cc"),
            return_path=evidence.return_path,
            subject=evidence.subject,
            text=self.text,
            html=self.html,
            newest=clean(newest.newest),
            quoted=clean(newest.quoted),
            sent_at=parse_date(headers.latin(b"date")),
            received=received(headers),
            in_reply_to=next(iter(headers.ids(b"in-reply-to")), ""),
            references=references,
            thread_index=one_line(headers.latin(b"thread-index"))[:500],
            marker=find_marker(self.html, self.text),
            address_word=find_address_word(*map(headers.latin, _ARRIVED_AT)),
            attachments=tuple(self.files),
            automation=verdict.automation,
            automation_why=verdict.why,
            loop_token=headers.text(LOOP_HEADER)[:200],
            report=verdict.report,
            authentication=authentication(headers),
            language_hint=headers.text(b"content-language")[:60],
            envelope_note=envelope_note(self.root, self.text),
            size=size,
            is_cut=self.is_cut,
            problems=tuple(self.problems),
        )

    def _content(self, part: Part) -> str:
        text = read_text(part, self.hint)
        if len(text) > self.limits.body and part.type == "text/html":
            text = without_pictures(text)
        if len(text) > self.limits.body:
            self.problems["body_size"] = None
            self.is_cut = True
        return text[: self.limits.body]

    def _read_text(self) -> str:
        """Return the text that a person reads, made from HTML where there is no other."""
        pieces: list[str] = []
        for part in self.bodies.text:
            content = self._content(part)
            if part.type == "text/html":
                content = html_to_text(content)
            else:
                content, files = take_uu(content)
                self.files.extend(
                    _inside(part, number, one.filename, len(one.content), IN_TEXT)
                    for number, one in enumerate(files, 1)
                )
            pieces.append(content)
        text = "\n".join(pieces)
        if self.html and not text.strip():
            # An empty plain part beside HTML says nothing: the words are in the HTML.
            text = html_to_text(self.html) or text
        if not text.strip() and self._wrapped_text:
            text = self._wrapped_text
        if "\ufffd" in text:
            self.problems["undecodable_text"] = None
        return text

    def _open_containers(self) -> None:
        """Look into what wraps a mail's words and files without locking them."""
        self._wrapped_text = ""
        for part in list(self.bodies.files):
            if is_pkcs7(part):
                self._open_signed(part)
            elif describe(part)[1] == "tnef":
                self._list_tnef(part, open_tnef(part.content()))

    def _open_signed(self, part: Part) -> None:
        content = signed_content(part.content())
        if content is None:
            return
        tree = read_structure(content, self.limits)
        inner = choose_bodies(tree.root)
        self.problems.update(dict.fromkeys(tree.problems))
        self.bodies.text.extend(inner.text)
        self.bodies.html.extend(inner.html)
        self.hint = self.hint or _charset_hint(inner)
        for leaf in inner.files:
            found = self._attachment(leaf)
            self.files.append(
                _inside(part, leaf.path, found.filename, found.size, IN_SMIME, found.content_type)
            )

    def _list_tnef(self, part: Part, opened: Tnef) -> None:
        if not opened.is_whole:
            self.problems["tnef_unreadable"] = None
        self.files.extend(
            _inside(part, number, one.filename, len(one.content), IN_TNEF)
            for number, one in enumerate(opened.files, 1)
        )
        self._wrapped_text = opened.text or (html_to_text(opened.html) if opened.html else "")

    def _sender(self) -> Sender:
        """Return who wrote: From, and what stands in for a From without an address."""
        first = Sender("")
        for field in (b"from", b"sender", b"resent-from", b"x-sender", b"return-path"):
            for found in addresses(self.headers.raw(field), self.hint):
                if "@" in found.address:
                    if field == b"from":
                        return found
                    self.problems["no_from"] = None
                    return Sender(found.address, first.name or first.address or found.name)
                first = first if first.address or first.name else found
        self.problems["no_from"] = None
        return first

    def _recipients(self, name: bytes) -> tuple[Sender, ...]:
        found: list[Sender] = []
        for value in self.headers.all(name)[:20]:
            found.extend(one for one in addresses(value, self.hint) if one.address)
        return tuple(found)

    def _attachment(self, part: Part) -> Attachment:
        content_type, note = describe(part)
        return Attachment(
            filename=part.filename(self.hint),
            content_type=content_type[:120],
            size=len(part.content()),
            part=part.path,
            content_id=one_line(part.content_id)[:250],
            inline=part.disposition == "inline"
            or (bool(part.content_id) and part.disposition != "attachment"),
            note=note,
        )


def _inside(  # noqa: PLR0913, PLR0917 - a row of six columns
    part: Part,
    place: object,
    name: str,
    size: int,
    note: str,
    content_type: str = "application/octet-stream",
) -> Attachment:
    """Describe a file that lies inside a part; `mail.extract` finds it by this path."""
    return Attachment(one_line(name)[-255:], content_type, size, f"{part.path}/{place}", note=note)


def _charset_hint(bodies: Bodies) -> str:
    """Return the body's charset: raw 8-bit headers are most often in the same."""
    return next((part.charset for part in (*bodies.text, *bodies.html) if part.charset), "")
