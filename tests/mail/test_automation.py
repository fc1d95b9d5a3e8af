"""Machines from people: what each kind of evidence proves, and what it does not."""

# ruff: noqa: E501 - a table row is one mail

import re

import pytest

from mail import phrases
from mail.parse import parse
from tickets.types import Automation, FailedRecipient


def mail(header="", subject="x", body="words", sender="Ann <ann@example.org>"):
    return parse(
        f"From: {sender}\nTo: desk@example.net\nSubject: {subject}\n{header}\n{body}\n".encode()
    )


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ("Auto-Submitted: auto-replied\n", "auto-replied"),
        ("Auto-Submitted: auto-generated\n", "auto-generated"),
        ("Auto-Submitted: auto-notified; owner-email=a@b\n", "auto-generated"),
        ("Auto-Submitted: something-new\n", "auto-generated"),
        ("Auto-Submitted: no\n", "no"),
        ("Auto-Submitted: No (a person)\n", "no"),
        ("X-Autoreply: yes\n", "auto-replied"),
        ("X-Autorespond: no\n", "no"),
        ("Precedence: auto_reply\n", "auto-replied"),
        ("Precedence: bulk\n", "list"),
        ("List-Id: <a.example.org>\n", "list"),
        ("List-Unsubscribe: <https://example.org>\n", "list"),
        ("Auto-Submitted: auto-generated\nList-Id: <a.b>\n", "list"),
        ("Feedback-ID: 1:2:3\n", "auto-generated"),
        ("Feedback-ID: 7741:user:proton\n", "no"),
        ("Feedback-ID: i5f1:Fastmail\n", "no"),
        ("Feedback-ID: 1:2:3\nIn-Reply-To: <a@b>\n", "no"),
        ("X-Loop: desk\n", "auto-generated"),
        ("X-Ricevuta: avvenuta-consegna\n", "auto-replied"),
        ("X-Trasporto: posta-certificata\n", "no"),
        ("X-EJET-Loop: abc\n", "auto-generated"),
        ("Return-Path: <>\n", "auto-generated"),
        ("X-Auto-Response-Suppress: All\n", "no"),
        ("X-Mailman-Version: 2.1\n", "no"),
        ("X-Priority: 1\nX-Mailer: Outlook\n", "no"),
    ],
)
def test_headers(header, kind):
    assert mail(header).automation == kind


def test_a_wish_for_silence_is_told_but_proves_nothing():
    found = mail("X-Auto-Response-Suppress: OOF, AutoReply\n")

    assert found.automation is Automation.NO
    assert found.automation_why == "x-auto-response-suppress: OOF, AutoReply"


@pytest.mark.parametrize(
    ("subject", "body", "header", "kind"),
    [
        ("Automatic reply: x", "I am out of the office.", "", "auto-replied"),
        ("Automatic reply: x", "Delete my data.", "", "no"),
        ("Automatic reply from you", "I am out of the office.", "", "no"),
        ("Re: Automatic reply: x", "I am out of the office.", "", "no"),
        ("x", "I am out of the office.", "", "no"),
        ("x", "I am out of the office.", "Return-Path: <>\n", "auto-replied"),
        ("自动回复：x", "我在休假", "", "auto-replied"),
        ("Out of Office", "whatever", "Return-Path: <>\n", "auto-replied"),
        ("Abwesenheitsnotiz", "ab", "X-Auto-Response-Suppress: All\n", "auto-replied"),
        ("x", "I am on vacation.", "Precedence: bulk\n", "auto-replied"),
        ("Abwesenheitsnotiz", "Unser Büro ist bis zum 6.1. geschlossen.", "", "auto-replied"),
        ("Your office is closed", "I came by and the office was closed.", "", "no"),
        (
            "Ihre Anfrage ist eingegangen",
            "Danke. Dies ist eine automatische E-Mail.",
            "",
            "auto-replied",
        ),
        ("E-Mail erhalten?", "Ich bekam nur eine automatische Antwort.", "", "no"),
        ("Frage", "Danke. Dies ist eine automatische E-Mail, steht bei Ihnen.", "", "no"),
    ],
)
def test_absence_needs_two_kinds_of_evidence(subject, body, header, kind):
    assert mail(header, subject, body).automation == kind


@pytest.mark.parametrize(
    ("sender", "header", "kind"),
    [
        ("no-reply@example.org", "", "auto-generated"),
        ("Ann <noreply@example.org>", "Reply-To: ann@example.com\n", "no"),
        ("Ann <noreply@example.org>", "Reply-To: noreply@example.org\n", "auto-generated"),
        ("postmaster@example.org", "", "auto-generated"),
        ("Ann Lee <postmaster@example.org>", "", "no"),
        ("Mail System <postmaster@example.org>", "", "auto-generated"),
        ("x-bounces@example.org", "", "auto-generated"),
        ("bouncer.ann@example.org", "", "no"),
        ("ann.reply@example.org", "", "no"),
        ("robot-fan@example.org", "", "no"),
    ],
)
def test_senders(sender, header, kind):
    assert mail(header, sender=sender).automation == kind


def test_delivery_report():
    raw = (
        b"From: MAILER-DAEMON@mx.example.net\nTo: desk@example.net\nSubject: Undelivered\n"
        b'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\n\n'
        b"--b\n\nnotice\n--b\nContent-Type: message/delivery-status\n\n"
        b"Reporting-MTA: dns; mx\nOriginal-Envelope-Id: token\n\n"
        b"Final-Recipient: rfc822; ann@example.org\nOriginal-Recipient: rfc822;ann+x@example.org\n"
        b"Action: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; 550 5.1.1 unknown\n\n"
        b"Final-Recipient: rfc822; bob@example.org\nAction: delayed\nStatus: 4.4.1\n\n"
        b"--b\nContent-Type: message/rfc822\n\nMessage-ID: <letter@example.net>\nSubject: y\n\nz\n"
        b"--b--\n"
    )

    found = parse(raw)

    assert found.automation is Automation.BOUNCE
    assert found.report is not None
    assert found.report.recipients == (
        FailedRecipient("ann+x@example.org", "failed", "5.1.1", "smtp; 550 5.1.1 unknown"),
        FailedRecipient("bob@example.org", "delayed", "4.4.1"),
    )
    assert found.report.original_message_id == "letter@example.net"
    assert found.report.original_envelope_id == "token"
    assert found.report.is_failure


def test_a_delay_is_no_failure():
    body = "Your message has not yet been delivered; it will be retried.\n\n  ann@example.com\n"
    found = mail(subject="Warning: message delayed", body=body, sender="mailer-daemon@example.org")

    assert found.automation is Automation.BOUNCE
    assert found.report is not None
    assert [(one.address, one.action) for one in found.report.recipients] == [
        ("ann@example.com", "delayed")
    ]
    assert not found.report.is_failure


def test_the_returned_mail_names_our_letter_and_no_recipients():
    body = (
        "Sorry, your message could not be delivered to the following address:\n\n"
        "<ann@example.com>: 550 5.1.1 unknown\n\n--- Below this line is a copy of the message.\n\n"
        "Message-ID: <letter@example.net>\nFrom: desk@example.net\nTo: Eve <eve@example.com>\n"
    )
    found = mail(subject="failure notice", body=body, sender="MAILER-DAEMON@example.org")

    assert found.report is not None
    assert [one.address for one in found.report.recipients] == ["ann@example.com"]
    assert found.report.recipients[0].status == "5.1.1"
    assert found.report.original_message_id == "letter@example.net"


def report(kind, part, notice=b"notice"):
    return parse(
        b"From: ann@example.org\nSubject: r\nContent-Type: multipart/report; report-type="
        + kind
        + b'; boundary="b"\n\n--b\n\n'
        + notice
        + b"\n--b\nContent-Type: message/"
        + part
        + b"\n--b--\n"
    )


def test_read_receipt():
    found = report(
        b"disposition-notification",
        b"disposition-notification\n\nFinal-Recipient: rfc822;ann@example.org\n"
        b"Original-Message-ID: <l@example.net>\n"
        b"Disposition: manual-action/MDN-sent-manually; displayed\n",
    )

    assert found.automation is Automation.REPLIED
    assert found.report is not None
    assert (found.report.kind, found.report.original_message_id) == ("disposition", "l@example.net")


def test_a_filters_refusal_comes_as_receipt_and_is_a_bounce():
    found = report(
        b"disposition-notification",
        b"disposition-notification\n\nFinal-Recipient: rfc822;ann@example.org\n"
        b"Disposition: automatic-action/MDN-sent-automatically; deleted\n",
    )

    assert found.automation is Automation.BOUNCE
    assert found.report is not None
    assert found.report.is_failure


def test_a_receipt_that_says_unread_is_no_bounce():
    found = report(
        b"disposition-notification",
        b"disposition-notification\n\nFinal-Recipient: rfc822;ann@example.org\n"
        b"Disposition: automatic-action/MDN-sent-automatically; deleted\n",
        notice=b"Your message was deleted without being read.",
    )

    assert found.automation is Automation.REPLIED
    assert found.report is not None
    assert not found.report.is_failure


def test_certified_mail_tells_whom_it_did_not_reach():
    found = mail(
        "X-Ricevuta: errore-consegna\n",
        "AVVISO DI MANCATA CONSEGNA: x",
        'il messaggio destinato all\'utente "ann@example.com" ha un errore 5.1.1',
        sender="posta-certificata@pec.test",
    )

    assert found.automation is Automation.BOUNCE
    assert found.report is not None
    assert [(one.address, one.status) for one in found.report.recipients] == [
        ("ann@example.com", "5.1.1")
    ]


def test_a_persons_postmaster_may_speak_of_delivery():
    found = mail(
        "User-Agent: Mozilla Thunderbird\n",
        subject="Delivery problems",
        body="We had to reject your mail (550 5.7.1), it could not be delivered.",
        sender="Ann Lee <postmaster@example.org>",
    )

    assert found.automation is Automation.NO


def test_feedback_report():
    found = report(
        b"feedback-report",
        b"feedback-report\n\nFeedback-Type: abuse\nOriginal-Rcpt-To: a@b.example\n",
    )

    assert found.automation is Automation.GENERATED
    assert found.report is not None
    assert found.report.kind == "feedback"
    assert found.report.recipients == (FailedRecipient("a@b.example", "abuse"),)


@pytest.mark.parametrize(
    "name", sorted(name for name, rows in vars(phrases).items() if name.isupper() and "\n" in rows)
)
def test_each_line_of_the_phrases_stands_for_itself(name):
    for row in getattr(phrases, name).split("\n"):
        assert not re.search(r"^\||\|$|\|\||\(\||\|\)", row)
        re.compile(row)


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        ("webmaster@mx.test", "Mail Delivery Failure", "The following addresses had delivery problems\n\n<ann@example.com> (unknown)"),
        ("postmaster@mx.test", "Mancato recapito", "Il messaggio non è stato consegnato a:\n\nann@example.com"),
        ("postmaster@mx.test", "Teslim edilemedi", "İletiniz şu alıcılara teslim edilemedi:\nann@example.com"),
        ("postmaster@mx.test", "ส่งไม่ได้", "ไม่สามารถส่งข้อความถึง ann@example.com"),
        ("postmaster@mx.test", "Message blocked", "The message to ann@example.com was blocked by policy 554 5.7.1"),
        ("gateway@mx.test", "RE: hello : non remis", "Votre message n'a pas pu être délivré à\nann@example.com"),
    ],
)  # fmt: skip
def test_bounces_in_prose(sender, subject, body):
    found = mail(subject=subject, body=body, sender=sender)

    assert found.automation is Automation.BOUNCE
    assert found.report is not None
    assert [one.address for one in found.report.recipients] == ["ann@example.com"]


@pytest.mark.parametrize(
    ("sender", "subject", "body"),
    [
        ("Kim <kim@example.org>", "Undeliverable?", "Is my mail undeliverable?\nkim2@example.org"),
        ("Kim <kim@example.org>", "Nicht zugestellt", "Das Paket wurde nicht zugestellt.\nkim@example.org"),
        ("System Administrator <kim@example.org>", "Question", "User unknown, says your page."),
        ("Kim <kim@example.org>", "Fwd: Undeliverable: x", "did not reach:\nann@example.com"),
    ],
)  # fmt: skip
def test_people_who_speak_of_bounces(sender, subject, body):
    assert mail(subject=subject, body=body, sender=sender).automation is Automation.NO
