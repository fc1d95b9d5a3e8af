"""What lies inside a part: winmail.dat, S/MIME-signed mail; and what is named for what it is."""

import base64
import struct

import pytest

from mail.extract import content_of
from mail.parse import parse
from mail.smime import signed_content
from mail.tnef import open_tnef

ENTITY = (
    b"Content-Type: multipart/mixed; boundary=i\r\n\r\n--i\r\n\r\nsigned words\r\n"
    b"--i\r\nContent-Type: text/csv; name=t.csv\r\n\r\n1,2\r\n--i--\r\n"
)


def der(tag, body):
    size = bytes([len(body)]) if len(body) < 128 else b"\x82" + struct.pack(">H", len(body))
    return bytes([tag]) + size + body


def oid(last):
    return bytes.fromhex("06092a864886f70d0107") + bytes([last])


def signed(octets):
    inner = der(0x30, oid(1) + der(0xA0, octets))
    data = der(0x30, b"\x02\x01\x01" + der(0x31, b"") + inner + der(0x31, b""))
    return der(0x30, oid(2) + der(0xA0, data))


def mail(content_type, data):
    return (
        b"From: a@example.org\r\nSubject: x\r\nContent-Type: " + content_type + b"\r\n"
        b"Content-Transfer-Encoding: base64\r\n\r\n" + base64.encodebytes(data)
    )


@pytest.mark.parametrize(
    "octets",
    [
        der(0x04, ENTITY),
        der(0x24, der(0x04, ENTITY[:50]) + der(0x04, ENTITY[50:])),
        b"\x24\x80" + der(0x04, ENTITY[:99]) + der(0x04, ENTITY[99:]) + b"\0\0",
    ],
)
def test_signed_content(octets):
    assert signed_content(signed(octets)) == ENTITY


@pytest.mark.parametrize("data", [b"", b"0\x80", signed(b"\x05\0")])
def test_broken_signed_content(data):
    assert signed_content(data) in {None, b""}


def test_opaque_signed_mail_is_read():
    raw = mail(b"application/pkcs7-mime; smime-type=signed-data", signed(der(0x04, ENTITY)))

    found = parse(raw)

    assert found.text == "signed words"
    assert found.envelope_note == "smime-signed"
    assert [(one.part, one.note) for one in found.attachments] == [
        ("1", "smime-signed"),
        ("1/2", "in-smime"),
    ]
    assert content_of(raw, "1/2") == b"1,2"


def attribute(level, name, kind, data):
    checksum = sum(data) & 0xFFFF
    return (
        struct.pack("<BHH", level, name, kind)
        + struct.pack("<I", len(data))
        + data
        + struct.pack("<H", checksum)
    )


WINMAIL = (
    b"\x78\x9f\x3e\x22\x01\x00"
    + attribute(2, 0x9002, 6, b"\0" * 14)
    + attribute(2, 0x8010, 1, b"a.txt\0")
    + attribute(2, 0x800F, 6, b"abc")
)


def test_winmail_is_opened():
    raw = mail(b"application/ms-tnef; name=winmail.dat", WINMAIL)

    found = parse(raw)

    assert [(one.filename, one.size, one.part, one.note) for one in found.attachments] == [
        ("winmail.dat", len(WINMAIL), "1", "tnef"),
        ("a.txt", 3, "1/1", "in-tnef"),
    ]
    assert content_of(raw, "1/1") == b"abc"


@pytest.mark.parametrize("data", [b"", b"\x78\x9f\x3e\x22", WINMAIL[:40], b"\x78\x9f\x3e\x22" * 99])
def test_broken_winmail_is_noted(data):
    found = parse(mail(b"application/ms-tnef", data))

    assert open_tnef(data).files == ()
    assert found.attachments[0].note == "tnef"


@pytest.mark.parametrize(
    ("content_type", "note"),
    [
        (b"application/pkcs7-mime; smime-type=enveloped-data", "smime-encrypted"),
        (b"application/x-pkcs7-mime; name=smime.p7m", "smime-encrypted"),
        (b"multipart/encrypted; protocol=application/pgp-encrypted; boundary=b", "pgp-encrypted"),
        (b"multipart/signed; protocol=application/pgp-signature; boundary=b", "pgp-signed"),
        (b"multipart/signed; protocol=application/pkcs7-signature; boundary=b", "smime-signed"),
        (b"text/plain", ""),
    ],
)
def test_envelopes_are_named(content_type, note):
    raw = b"Content-Type: " + content_type + b"\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"

    assert parse(raw).envelope_note == note


def test_pgp_in_the_text_is_named():
    assert parse(b"\n-----BEGIN PGP MESSAGE-----\n").envelope_note == "pgp-encrypted"
