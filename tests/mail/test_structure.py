"""The MIME tree of whole and of broken mail, and which parts are body (RFC 2046, RFC 8621)."""

import binascii

import pytest

from mail.bodies import choose_bodies, take_uu, unflow
from mail.extract import content_of
from mail.parse import parse
from mail.structure import Limits, decode_base64, decode_transfer, read_structure

HEAD = b"From: a@example.org\r\nMIME-Version: 1.0\r\n"


def leaves(raw):
    return [(part.path, part.type) for part in read_structure(raw, Limits()).root.leaves()]


def multipart(kind, *parts, boundary=b"b", close=b"--"):
    body = b"".join(b"--" + boundary + b"\r\n" + part + b"\r\n" for part in parts)
    head = b"Content-Type: multipart/" + kind + b'; boundary="' + boundary + b'"\r\n\r\n'
    return head + body + b"--" + boundary + close + b"\r\n"


TEXT = b"Content-Type: text/plain\r\n\r\nwords"
HTML = b"Content-Type: text/html\r\n\r\n<p>words</p>"
IMAGE = b"Content-Type: image/png\r\nContent-ID: <i>\r\n\r\nPNG"


def test_paths_are_imaps():
    raw = HEAD + multipart(b"mixed", multipart(b"alternative", TEXT, HTML, boundary=b"in"), IMAGE)

    assert leaves(raw) == [("1.1", "text/plain"), ("1.2", "text/html"), ("2", "image/png")]
    assert leaves(HEAD + TEXT) == [("1", "text/plain")]


@pytest.mark.parametrize(
    ("raw", "types"),
    [
        (multipart(b"mixed", TEXT, IMAGE, close=b""), ["text/plain", "image/png"]),
        (multipart(b"mixed", TEXT, IMAGE, close=b"-- junk"), ["text/plain", "image/png"]),
        (multipart(b"mixed", b"--b", TEXT), ["text/plain"]),
        (multipart(b"mixed", TEXT, IMAGE).replace(b'"b"', b'"c"'), ["text/plain", "image/png"]),
        (
            multipart(b"mixed", TEXT, IMAGE).replace(b'; boundary="b"', b""),
            ["text/plain", "image/png"],
        ),
        (b'Content-Type: multipart/mixed; boundary="b"\r\n\r\nno parts', ["text/plain"]),
        (multipart(b"digest", b"\r\nFrom: x\r\n\r\ny"), ["message/rfc822"]),
        (multipart(b"mixed", b"\r\nno header"), ["text/plain"]),
        (multipart(b"mixed", b"no header, no blank line"), ["text/plain"]),
        (multipart(b"mixed", TEXT).replace(b"multipart/mixed", b"text/plain"), ["text/plain"]),
        (multipart(b"mixed", TEXT, TEXT).replace(b"/mixed", b""), ["text/plain", "text/plain"]),
        (b"\r\n--b\r\nContent-Type: text/html\r\n\r\nx\r\n--b--", ["text/html"]),
    ],
)
def test_broken_multiparts_keep_their_parts(raw, types):
    assert [kind for _, kind in leaves(HEAD + raw)] == types


def test_content_ends_before_the_line_end_of_the_delimiter():
    raw = HEAD + multipart(b"mixed", b"Content-Type: a/b\r\n\r\nxyz\r\n", TEXT)

    assert content_of(raw, "1") == b"xyz\r\n"


@pytest.mark.parametrize(
    ("parts", "text", "html", "files"),
    [
        ([TEXT], ["1"], [], []),
        ([HTML], ["1"], ["1"], []),
        ([TEXT, IMAGE, TEXT], ["1", "3"], [], ["2"]),
        ([multipart(b"alternative", TEXT, HTML, boundary=b"in"), IMAGE], ["1.1"], ["1.2"], ["2"]),
        ([multipart(b"related", HTML, IMAGE, boundary=b"in")], ["1.1"], ["1.1"], ["1.2"]),
        ([multipart(b"related", IMAGE, HTML, boundary=b"in")], ["1.2"], ["1.2"], ["1.1"]),
        ([TEXT, TEXT.replace(b"\r\n\r\n", b"; name=x.txt\r\n\r\n")], ["1"], [], ["2"]),
        ([TEXT, b"Content-Disposition: attachment\r\n" + TEXT], ["1"], [], ["2"]),
        ([TEXT, b"Content-Type: message/rfc822\r\n\r\nSubject: x\r\n\r\ny"], ["1"], [], ["2"]),
        ([b"Content-Disposition: attachment\r\n" + TEXT, IMAGE], ["1"], [], ["2"]),
        ([b"Content-Type: text/enriched\r\n\r\n<bold>x"], ["1"], [], []),
    ],
)
def test_bodies(parts, text, html, files):
    bodies = choose_bodies(read_structure(HEAD + multipart(b"mixed", *parts), Limits()).root)

    assert [part.path for part in bodies.text] == text
    assert [part.path for part in bodies.html] == html
    assert [part.path for part in bodies.files] == files


def test_a_named_text_shown_in_place_is_read_and_stays_a_file():
    part = b"Content-Disposition: inline; filename=n.txt\r\n" + TEXT
    found = parse(HEAD + multipart(b"mixed", part))

    assert found.text == "words"
    assert [one.filename for one in found.attachments] == ["n.txt"]


@pytest.mark.parametrize(
    ("data", "encoding", "found"),
    [
        (b"d29yZHM=", b"base64", b"words"),
        (b"d29yZHM", b"base64", b"words"),
        (b"d29y\r\n ZHM=\0", b"base64", b"words"),
        (b"d29yZ", b"base64", b"wor"),
        (b"d28=cmRz", b"base64", b"words"),
        (b"plain text it is", b"base64", b"plain text it is"),
        (b"d29yZHM=\n-- \nput below by a list\n", b"base64", b"words\n-- \nput below by a list\n"),
        (b"a=20b=\r\nc=\n=zz", b"quoted-printable", b"a bc=zz"),
        (b"soft =  \r\nbreak", b"quoted-printable", b"soft break"),
        (b"as it is=41", b"8bit", b"as it is=41"),
        (b"as it is", b"x-unknown", b"as it is"),
        (b"begin 644 x\n#86)C\n`\nend\n", b"x-uuencode", b"abc"),
    ],
)
def test_transfer_encodings(data, encoding, found):
    assert decode_transfer(data, encoding) == found


def test_base64_of_binary_is_exact():
    data = bytes(range(256)) * 40

    assert decode_base64(binascii.b2a_base64(data)) == data


def test_uuencoded_file_is_taken_out_of_the_text():
    text, files = take_uu("Hi\n\nbegin 644 n.txt\n#86)C\n`\nend\nbye\nbegin the day\nend\n")

    assert text.split() == ["Hi", "bye", "begin", "the", "day", "end"]
    assert [(one.filename, one.content) for one in files] == [("n.txt", b"abc")]


@pytest.mark.parametrize(
    ("text", "del_sp", "found"),
    [
        ("a \nb\nc", False, "a b\nc"),
        ("a \nb", True, "ab"),
        (" From x\n > y", False, "From x\n> y"),
        ("> a \n> b \nc", False, "> a \n> b \nc"),
        ("a\n-- \nname \nmore", False, "a\n-- \nname more"),
    ],
)
def test_format_flowed(text, del_sp, found):
    assert unflow(text, del_sp=del_sp) == found


def test_uuencoded_file_is_fetched_by_its_path():
    raw = HEAD + b"\r\nbegin 644 n.txt\r\n#86)C\r\n`\r\nend\r\n"

    assert [one.part for one in parse(raw).attachments] == ["1/1"]
    assert content_of(raw, "1/1") == b"abc"
    assert content_of(raw, "1/2") is None
    assert content_of(raw, "7") is None
