"""Send letters over SMTP: one connection for a batch, one outcome for each letter.

An outcome says whether another try makes sense.  What concerns our account or the connection
(greeting, TLS, login, MAIL FROM) is temporary and loud, so that a wrong setting loses no letter;
what the server says of a recipient or of the letter itself counts as it stands.  Retrying,
leases and expiry are the outbox's.  docs/mail-wire.md lists each case.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import re
import ssl
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from email.utils import formataddr
from typing import Final, Literal

import aiosmtplib

from mail.compose import clean_address, compose, needs_utf8, plus_address
from mail.oauth import TokenError, TokenSource
from mail.settings import SmtpSettings, tls_context
from mail.smtp_client import Line
from tickets.errors import (
    DeliveryError,
    PermanentDeliveryError,
    TemporaryDeliveryError,
    UnknownDeliveryError,
)
from tickets.ids import address_word_of
from tickets.types import Outbound, Sent

log = logging.getLogger(__name__)

Report = Callable[[int, Sent | DeliveryError], Awaitable[None]]
Stage = Literal["connect", "starttls", "auth", "mail", "rcpt", "data"]

_ENHANCED: Final = re.compile(r"\s*([245]\.\d{1,3}\.\d{1,3})\b")
_WAIT: Final = re.compile(
    r"\b(?:in|after|for|wait)\s+(?:(?:\d+:)?(\d+):(\d\d)|(\d{1,5})\s*(s\b|sec|m\b|min|h\b|hour))",
    re.IGNORECASE,
)
_SES: Final = re.compile(r"email-smtp\.([a-z0-9-]+)\.amazonaws\.com", re.IGNORECASE)
_TOO_LARGE: Final = 552
_SEND_DOMAIN: Final = {"us-east-1": "email.amazonses.com"}
_FINAL: Final = 500
_ACCEPTED: Final[Mapping[Stage, tuple[int, ...]]] = {
    "mail": (250,),
    "rcpt": (250, 251),  # 251: not local, will be forwarded
    "data": (354,),
}
_XTEXT: Final = re.compile(r"[^!-*,-<>-~]")
_LONGEST_ENVID: Final = 100  # characters (RFC 3461 4.4)
_TAKEN: Final = 250
_GOODBYE: Final = 2.0  # seconds
_LONGEST_WAIT: Final = 6 * 3600  # seconds that a server may ask for


class SmtpSender:
    """Sends the letters of one mailbox; implements `tickets.types.SendLetters`."""

    def __init__(
        self,
        settings: SmtpSettings,
        address: str,
        *,
        company: str = "",
        is_plus: bool = False,
        kill: Callable[[str], None] = lambda _: None,
    ) -> None:
        """Prepare; with `is_plus` the envelope's sender names the letter (mail/plus.py)."""
        self._account = _Account(settings, address, company, is_plus=is_plus)
        self._kill = kill

    async def __call__(self, letters: Sequence[Outbound], report: Report) -> None:
        """Send each letter, telling its outcome at once; raise nothing but what `report` does."""
        await _Batch(self._account, letters, report, self._kill).send()

    async def extensions(self) -> tuple[str, ...]:
        """Connect and log in without sending; return what the server offers.

        Raises `DeliveryError`.
        """

        async def nobody(_index: int, _outcome: Sent | DeliveryError) -> None: ...

        batch = _Batch(self._account, (), nobody, self._kill)
        try:
            line = await batch.connected()
            return line.extensions
        finally:
            await batch.leave()


class _Account:
    """What is the same for every letter."""

    def __init__(
        self, settings: SmtpSettings, address: str, company: str, *, is_plus: bool
    ) -> None:
        self.settings = settings
        self.envelope_from = clean_address(address)
        self._is_plus = is_plus
        self.from_ = settings.from_ or formataddr((company, address))
        self.hello = settings.hello or self.envelope_from.rpartition("@")[2]
        self.token = TokenSource(settings.oauth2) if settings.oauth2 is not None else None
        self._context: ssl.SSLContext | None = None

    def sender_of(self, letter: Outbound) -> str:
        """Return the envelope's sender, to which a report of failure comes."""
        word = address_word_of(letter.external_id) if self._is_plus else ""
        return plus_address(self.envelope_from, word)

    def client(self) -> aiosmtplib.SMTP:
        """Return a fresh client; it never falls back to clear text."""
        settings = self.settings
        if settings.security != "none" and self._context is None:
            self._context = tls_context(settings.ca_file)
        # Nobody logs in inside `connect()`: we tell the stages apart ourselves.
        return aiosmtplib.SMTP(
            hostname=settings.host,
            port=settings.port,
            use_tls=settings.security == "tls",
            start_tls=False,
            tls_context=self._context,
            local_hostname=self.hello,
            timeout=settings.timeout_seconds,
        )


class _Batch:
    """Letters of one mailbox on one connection; a lost one is replaced once."""

    def __init__(
        self,
        account: _Account,
        letters: Sequence[Outbound],
        report: Report,
        kill: Callable[[str], None],
    ) -> None:
        self._account = account
        self._letters = letters
        self._report = report
        self._kill = kill
        self._line: Line | None = None
        self._connections = 0
        self._why_gone = TemporaryDeliveryError("connection lost")

    async def send(self) -> None:
        """Send all; tell each outcome."""
        try:
            for index, letter in enumerate(self._letters):
                await self._report(index, await self._outcome(letter))
        finally:
            await self.leave()

    async def _outcome(self, letter: Outbound) -> Sent | DeliveryError:
        try:
            raw, recipient = self._composed(letter)
            line = await self.connected()
            return await self._transact(line, letter, recipient, raw)
        except DeliveryError as error:
            return error

    def _composed(self, letter: Outbound) -> tuple[bytes, str]:
        """Return a letter's bytes and recipient; what cannot be composed never will be."""
        try:
            raw = compose(letter, self._account.from_)
            return raw, clean_address(letter.recipient.address)
        except DeliveryError:
            raise
        except Exception as exc:
            raise PermanentDeliveryError("cannot be composed") from exc

    async def connected(self) -> Line:
        """Return the connection, or a new one if it may be replaced."""
        if self._line is not None and self._line.is_open:
            return self._line
        if self._connections > 1:
            raise self._why_gone
        self._connections += 1
        with _translated("connect"):
            client = self._account.client()  # reads the file of authorities, once
        try:
            await self._open(client)
        except DeliveryError as error:
            # The rest of the batch need not find out the same by themselves.
            self._connections = 2
            self._why_gone = TemporaryDeliveryError(error.reason)
            client.close()
            raise
        self._line = Line(client)
        return self._line

    async def _open(self, client: aiosmtplib.SMTP) -> None:
        settings = self._account.settings
        with _translated("connect"):
            await client.connect()
            await client.ehlo()
        if settings.security == "starttls":
            if not client.supports_extension("starttls"):
                raise _loud(TemporaryDeliveryError("starttls: not offered"))
            with _translated("starttls"):
                await client.starttls()
                await client.ehlo()
        if not settings.username:
            return
        with _translated("auth"):
            if self._account.token is not None:
                await self._login_with_token(client, self._account.token)
            else:
                await client.login(settings.username, settings.password.get_secret_value())

    async def _login_with_token(self, client: aiosmtplib.SMTP, token: TokenSource) -> None:
        try:
            await client.auth_xoauth2(self._account.settings.username, await token())
        except aiosmtplib.SMTPAuthenticationError:
            token.forget()
            raise

    async def _transact(self, line: Line, letter: Outbound, recipient: str, raw: bytes) -> Sent:
        sender = self._account.sender_of(letter)
        words = [f"MAIL FROM:<{sender}>", *self._options(line, letter, (sender, recipient), raw)]
        mail, rcpt = " ".join(words).encode(), f"RCPT TO:<{recipient}>".encode()
        self._kill("smtp.sending")
        try:
            await self._envelope(line, {"mail": mail, "rcpt": rcpt, "data": b"DATA"})
            with _translated("data"):
                line.say_letter(raw)
                answer = await line.answer(self._account.settings.data_seconds)
                if answer.code != _TAKEN:
                    raise aiosmtplib.SMTPResponseException(*answer)
        except DeliveryError as error:
            self._why_gone = TemporaryDeliveryError(error.reason)
            await self._clear(line)
            raise
        self._kill("smtp.accepted")
        return Sent(_relay_id(self._account.settings.host, answer.message))

    @staticmethod
    def _options(
        line: Line, letter: Outbound, addresses: Sequence[str], raw: bytes
    ) -> Iterator[str]:
        """Yield what MAIL says beside the sender."""
        if line.offers("size"):
            yield f"SIZE={len(raw)}"
        if any(map(needs_utf8, addresses)) or not raw.isascii():
            if not line.offers("smtputf8"):
                raise PermanentDeliveryError("smtputf8: not offered")
            yield "SMTPUTF8 BODY=8BITMIME"
        if line.offers("dsn"):
            # A report then names our id (Original-Envelope-Id), whatever else it leaves out.
            yield "RET=HDRS"
            if len(token := _xtext(letter.external_id)) <= _LONGEST_ENVID:
                yield f"ENVID={token}"

    async def _envelope(self, line: Line, commands: Mapping[Stage, bytes]) -> None:
        """Say each command once the one before was accepted, or all at once where that is offered.

        aiosmtplib's own `mail` and `rcpt` read each address again, which `clean_address` has done.
        """
        settings = self._account.settings
        at_once = line.offers("pipelining")
        for number, (stage, command) in enumerate(commands.items()):
            with _translated(stage):
                if not at_once:
                    line.say(command)
                elif number == 0:
                    line.say(*commands.values())
                seconds = settings.data_seconds if stage == "data" else settings.timeout_seconds
                answer = await line.answer(seconds)
                if answer.code not in _ACCEPTED[stage]:
                    raise aiosmtplib.SMTPResponseException(*answer)

    async def _clear(self, line: Line) -> None:
        """Clear the envelope for the next letter; a connection that cannot is dropped."""
        with contextlib.suppress(aiosmtplib.SMTPException, OSError, ValueError):
            await line.clear(self._account.settings.timeout_seconds)

    async def leave(self) -> None:
        """Say goodbye."""
        line, self._line = self._line, None
        if line is not None and line.is_open:
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, ValueError):
                line.say(b"QUIT")
                await line.answer(_GOODBYE)
            line.close()


@contextlib.contextmanager
def _translated(stage: Stage) -> Iterator[None]:
    """Turn what aiosmtplib raises at a stage into the desk's errors."""
    try:
        yield
    except DeliveryError:
        raise
    except aiosmtplib.SMTPResponseException as exc:
        raise _refused(stage, exc.code, exc.message) from exc
    except TokenError as exc:
        raise _loud(TemporaryDeliveryError(f"auth: {exc}")) from exc
    except (TimeoutError, aiosmtplib.SMTPTimeoutError) as exc:
        raise _broken(stage, "timeout") from exc
    except (aiosmtplib.SMTPException, OSError, ValueError, asyncio.IncompleteReadError) as exc:
        raise _broken(stage, _cause(exc)) from exc


def _refused(stage: Stage, code: int, text: str) -> DeliveryError:
    """Judge an answer by its code and stage."""
    enhanced = _ENHANCED.match(text)
    codes = f"{code} {enhanced[1]}" if enhanced else str(code)
    is_about_letter = stage in {"rcpt", "data"} or (stage == "mail" and code == _TOO_LARGE)
    if code >= _FINAL and is_about_letter:
        return PermanentDeliveryError(codes)
    reason = codes if is_about_letter else f"{stage}: {codes}"
    error = TemporaryDeliveryError(reason, retry_after=_asked_wait(text))
    return error if is_about_letter or code < _FINAL else _loud(error)


def _broken(stage: Stage, why: str) -> DeliveryError:
    """Judge an end without an answer: after DATA the letter may have arrived."""
    if stage == "data":
        return UnknownDeliveryError(f"data: {why}")
    error = TemporaryDeliveryError(f"{stage}: {why}")
    return _loud(error) if "certificate" in why or stage in {"starttls", "auth"} else error


def _loud(error: DeliveryError) -> DeliveryError:
    log.error("Letters cannot go out: %s", error.reason, extra={"action": "smtp_misconfigured"})
    return error


def _cause(exc: BaseException) -> str:
    """Name what happened in a word, without the server's or the system's text."""
    chain: list[BaseException] = []
    at: BaseException | None = exc
    while at is not None:
        chain.append(at)
        at = at.__cause__ or at.__context__
    if any(isinstance(e, ssl.SSLCertVerificationError) for e in chain):
        return "certificate"
    if any(isinstance(e, ssl.SSLError) for e in chain):
        return "tls"
    for error in chain:
        if isinstance(error, OSError) and not isinstance(error, aiosmtplib.SMTPException):
            return type(error).__name__
    return "cut" if isinstance(exc, ConnectionError) else type(exc).__name__


def _asked_wait(text: str) -> float | None:
    """Read the seconds that a greylisting server asks for: `in 300 seconds`, `in 05:00`."""
    found = _WAIT.search(text)
    if found is None:
        return None
    minutes, seconds, count, unit = found.groups()
    if count is None:
        wait = int(minutes) * 60 + int(seconds)
    else:
        wait = int(count) * {"s": 1, "m": 60, "h": 3600}[unit[0].lower()]
    return float(min(wait, _LONGEST_WAIT)) if wait else None


def _relay_id(host: str, answer: str) -> str:
    """Return the Message-ID that Amazon SES puts in place of ours; other relays keep it."""
    region = _SES.fullmatch(host)
    if region is None or not answer:
        return ""
    domain = _SEND_DOMAIN.get(region[1], f"{region[1]}.amazonses.com")
    return f"{answer.rsplit(maxsplit=1)[-1]}@{domain}"


def _xtext(text: str) -> str:
    """Write text as RFC 3461 4 wants it in a parameter."""
    return _XTEXT.sub(lambda m: "".join(f"+{o:02X}" for o in m[0].encode()), text)
