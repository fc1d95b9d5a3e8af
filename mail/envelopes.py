"""Name what a part is when it is more than a file: signed, encrypted, a mail, an appointment.

Nothing is decrypted or verified here.
"""

from __future__ import annotations

from mail.structure import Part

_NOTES = {
    "application/pgp-encrypted": "pgp-encrypted",
    "application/pgp-signature": "pgp-signature",
    "application/pgp-keys": "pgp-key",
    "application/pkcs7-signature": "smime-signature",
    "application/x-pkcs7-signature": "smime-signature",
    "application/ms-tnef": "tnef",
    "application/vnd.ms-tnef": "tnef",
    "message/rfc822": "message",
    "message/global": "message",
    "message/partial": "message-fragment",
    "message/external-body": "external",
    "message/delivery-status": "report",
    "message/disposition-notification": "report",
    "message/feedback-report": "report",
    "text/calendar": "calendar",
    "text/vcard": "contact",
    "text/x-vcard": "contact",
}
_PKCS7 = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})

IN_TNEF, IN_SMIME, IN_TEXT = "in-tnef", "in-smime", "in-text"
"""Notes on files that are no parts of the mail themselves but lie inside one."""


def is_pkcs7(part: Part) -> bool:
    """Tell whether a part is an S/MIME message, whatever it holds."""
    return part.type in _PKCS7


def describe(part: Part) -> tuple[str, str]:
    """Return a leaf's media type and what it is, "" for an ordinary file."""
    if is_pkcs7(part):
        return part.type, _smime(part)
    note = _NOTES.get(part.type, "")
    if not note and part.params.get("name", "").lower() == "winmail.dat":
        note = "tnef"
    return part.type, note


def _smime(part: Part) -> str:
    kind = part.params.get("smime-type", "").lower()
    name = (part.params.get("name") or part.disposition_params.get("filename", "")).lower()
    if kind in {"enveloped-data", "authenveloped-data"}:
        return "smime-encrypted"
    if kind == "signed-data" or name.endswith(".p7s"):
        return "smime-signed"
    if kind == "compressed-data" or name.endswith(".p7z"):
        return "smime-compressed"
    if kind == "certs-only" or name.endswith(".p7c"):
        return "smime-certificates"
    return "smime-encrypted"


def envelope_note(root: Part, text: str) -> str:
    """Return what keeps the content from us, or vouches for it; "" for ordinary mail."""
    if is_pkcs7(root):
        return _smime(root)
    protocol = root.params.get("protocol", "").lower()
    if root.type == "multipart/encrypted":
        return "pgp-encrypted" if "pgp" in protocol or not protocol else "encrypted"
    if root.type == "multipart/signed":
        return "pgp-signed" if "pgp" in protocol else "smime-signed"
    head = text[:2000]
    if "-----BEGIN PGP MESSAGE-----" in head:
        return "pgp-encrypted"
    if "-----BEGIN PGP SIGNED MESSAGE-----" in head:
        return "pgp-signed"
    return ""
