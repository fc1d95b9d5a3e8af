"""Generated, seeded mails for measuring: many sizes, forms, languages and charsets.

Median about 3 KB, mean about 10 KB, largest below 1 MB; 45 % text and HTML, 6 % with a file, 28 %
replies; six languages, Chinese half in gb18030; 8bit, quoted-printable and base64.  Every mail
has a sender of its own.  What they say is of no interest here: the classifier's sets are its own.
"""

from __future__ import annotations

import base64
import binascii
import random
from datetime import UTC, datetime, timedelta
from email.header import Header
from email.utils import format_datetime
from typing import Final

SUPPORT: Final = "support@bench.test"
MX: Final = "mx.bench.test"

_REPLIES, _HTML, _FILES, _GB18030, _BLANK_LINES = 0.28, 0.45, 0.06, 0.5, 0.2
"""How often each occurs."""

_BEGUN: Final = datetime(2026, 1, 5, 8, 0, tzinfo=UTC)
_LANGUAGES: Final = ("en", "en", "en", "zh", "zh", "de", "es", "ru", "fr")
_SUBJECTS: Final = {
    "en": ("Please delete my account", "What do you know about me?", "A question on cookies"),
    "zh": ("请删除我的账户", "关于隐私政策的问题", "我想更正我的资料"),
    "de": ("Bitte löschen Sie mein Konto", "Auskunft über meine Daten", "Frage zum Datenschutz"),
    "es": ("Eliminación de mi cuenta", "Acceso a mis datos", "Pregunta sobre privacidad"),
    "ru": ("Удалите мои данные", "Вопрос о хранении данных", "Исправьте мой адрес"),
    "fr": ("Suppression de mon compte", "Accès à mes données", "Question sur les traceurs"),
}
_SENTENCES: Final = {
    "en": (
        "I opened an account with you last spring and no longer use it.",
        "Please tell me which data about me you keep, and for how long.",
        "My order {n} arrived, but the address on the invoice is wrong.",
        "I would be glad to hear from you within the time that the law sets.",
        "Could you also say who else has received my telephone number?",
    ),
    "zh": (
        "我去年在贵公司注册了账户，现在已经不再使用。",
        "请告知贵公司保存了我的哪些个人信息，以及保存多长时间。",
        "订单 {n} 的收货地址写错了，麻烦帮我更正。",
        "希望能在规定的期限内收到答复，谢谢。",
    ),
    "de": (
        "Ich habe im Frühjahr ein Konto bei Ihnen eröffnet und nutze es nicht mehr.",
        "Bitte teilen Sie mir mit, welche Daten Sie über mich speichern.",
        "Die Anschrift auf der Rechnung zu Bestellung {n} ist falsch geschrieben.",
        "Über eine Antwort innerhalb der gesetzlichen Frist würde ich mich freuen.",
    ),
    "es": (
        "Abrí una cuenta con ustedes en primavera y ya no la utilizo.",
        "Les ruego que me digan qué datos míos conservan y durante cuánto tiempo.",
        "La dirección del pedido {n} está mal escrita en la factura.",
    ),
    "ru": (
        "Весной я открыла у вас учётную запись и больше ею не пользуюсь.",
        "Сообщите, пожалуйста, какие мои данные вы храните и как долго.",
        "В заказе {n} неверно указан адрес доставки, прошу исправить.",
    ),
    "fr": (
        "J'ai ouvert un compte chez vous au printemps et je ne l'utilise plus.",
        "Merci de m'indiquer quelles données me concernant vous conservez.",
        "L'adresse de la commande {n} est mal orthographiée sur la facture.",
    ),
}
_QUOTES: Final = {
    "en": "On Mon, 5 Jan 2026 at 09:12, Support <support@bench.test> wrote:",
    "zh": "在 2026年1月5日，Support <support@bench.test> 写道：",
    "de": "Am 05.01.2026 um 09:12 schrieb Support <support@bench.test>:",
    "es": "El lun, 5 ene 2026 a las 9:12, Support (<support@bench.test>) escribió:",
    "ru": "пн, 5 янв. 2026 г. в 09:12, Support <support@bench.test>:",
    "fr": "Le lun. 5 janv. 2026 à 09:12, Support <support@bench.test> a écrit :",
}


def sender_of(number: int) -> str:
    """Return the address that writes mail `number`; no two are equal."""
    return f"person{number}@d{number % 97}.example.org"


def make_mail(number: int, seed: int = 1) -> bytes:
    """Return mail `number` of a set; the same seed gives the same bytes."""
    chance = random.Random(f"{seed}/{number}")  # noqa: S311  - no secret depends on it
    language = chance.choice(_LANGUAGES)
    is_reply = chance.random() < _REPLIES
    body = _text(chance, language, is_reply=is_reply)
    charset = "gb18030" if language == "zh" and chance.random() < _GB18030 else "utf-8"
    content = _alternative(chance, body, charset) if chance.random() < _HTML else None
    content = content or _leaf(chance, "plain", body, charset)
    if chance.random() < _FILES:
        content = _with_file(chance, content)
    return _head(chance, number, language, seed, is_reply=is_reply) + content


def _text(chance: random.Random, language: str, *, is_reply: bool) -> str:
    """Return a text of a length that most mails have; a few are very long."""
    length = min(int(chance.lognormvariate(6.5, 0.75)), 40_000)
    new = _prose(chance, language, length)
    if not is_reply:
        return new
    old = _prose(chance, language, length * 2)
    quoted = "\r\n".join(f"> {line}" for line in old.split("\r\n"))
    return f"{new}\r\n\r\n{_QUOTES[language]}\r\n{quoted}"


def _prose(chance: random.Random, language: str, length: int) -> str:
    sentences = _SENTENCES[language]
    lines: list[str] = []
    size = 0
    while size < length:
        line = chance.choice(sentences).format(n=chance.randrange(10**6, 10**7))
        size += len(line.encode()) + 2
        lines.append(line)
        if chance.random() < _BLANK_LINES:
            lines.append("")
    return "\r\n".join(lines)


def _alternative(chance: random.Random, text: str, charset: str) -> bytes:
    rows = "".join(f'<p style="margin:0 0 8px">{line}</p>\r\n' for line in text.split("\r\n"))
    html = f"<html><head><style>p{{color:#222}}</style></head><body>{rows}</body></html>"
    parts = (_leaf(chance, "plain", text, charset), _leaf(chance, "html", html, charset))
    return _multipart(chance, "alternative", parts)


def _with_file(chance: random.Random, content: bytes) -> bytes:
    size = min(int(chance.lognormvariate(10.5, 1.2)), 650_000)
    file = base64.encodebytes(chance.randbytes(size)).replace(b"\n", b"\r\n")
    head = (
        b'Content-Type: application/pdf; name="contract.pdf"\r\n'
        b'Content-Disposition: attachment; filename="contract.pdf"\r\n'
        b"Content-Transfer-Encoding: base64\r\n\r\n"
    )
    return _multipart(chance, "mixed", (content, head + file))


def _multipart(chance: random.Random, subtype: str, parts: tuple[bytes, ...]) -> bytes:
    boundary = f"=_{chance.getrandbits(96):024x}".encode()
    head = b'Content-Type: multipart/%b; boundary="%b"\r\n\r\n' % (subtype.encode(), boundary)
    return (
        head + b"".join(b"--%b\r\n%b\r\n" % (boundary, p) for p in parts) + b"--%b--\r\n" % boundary
    )


def _leaf(chance: random.Random, subtype: str, text: str, charset: str) -> bytes:
    raw = text.encode(charset)
    encoding = chance.choice(("8bit", "8bit", "quoted-printable", "base64"))
    if encoding == "base64":
        raw = base64.encodebytes(raw).replace(b"\n", b"\r\n")
    elif encoding == "quoted-printable":
        raw = binascii.b2a_qp(raw, istext=True)
    head = (
        f"Content-Type: text/{subtype}; charset={charset}\r\n"
        f"Content-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    return head.encode() + raw + b"\r\n"


def _head(chance: random.Random, number: int, language: str, seed: int, *, is_reply: bool) -> bytes:
    sent_at = _BEGUN + timedelta(seconds=37 * (number % 100_000))
    address = sender_of(number)
    domain = address.partition("@")[2]
    subject = chance.choice(_SUBJECTS[language])
    arrived = format_datetime(sent_at)
    name = Header(f"Person {number}", "utf-8").encode()
    titled = Header(f"Re: {subject}" if is_reply else subject, "utf-8").encode()
    verdict = f"dkim=pass header.d={domain}; dmarc=pass header.from={domain}"
    digest, signature = (base64.b64encode(chance.randbytes(size)).decode() for size in (32, 48))
    lines = [
        f"Return-Path: <{address}>",
        f"Received: from out.{domain} ({domain} [192.0.2.7])",
        f"\tby {MX} with ESMTPS id {chance.getrandbits(48):012x}",
        f"\tfor <{SUPPORT}>; {arrived}",
        f"Authentication-Results: {MX}; spf=pass smtp.mailfrom={domain};",
        f"\t{verdict}",
        f"DKIM-Signature: v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s=one;",
        f"\tbh={digest};",
        f"\tb={signature}",
        f"From: {name} <{address}>",
        f"To: Support <{SUPPORT}>",
        f"Subject: {titled}",
        f"Date: {arrived}",
        f"Message-ID: <{seed}.{number}.{chance.getrandbits(64):016x}@{domain}>",
        "MIME-Version: 1.0",
    ]
    if is_reply:
        parents = [f"<{chance.getrandbits(64):016x}@{domain}>" for _ in range(chance.randint(1, 5))]
        lines += [f"In-Reply-To: {parents[-1]}", "References: " + "\r\n ".join(parents)]
    return "\r\n".join(lines).encode() + b"\r\n"
