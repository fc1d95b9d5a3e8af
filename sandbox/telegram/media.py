"""Files in messages: from an upload, a file id or a person's phone to their form on the wire."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sandbox.telegram.formatting import Json
from sandbox.telegram.network import Network
from sandbox.telegram.nouns import File
from sandbox.telegram.parameters import Upload
from sandbox.telegram.refusals import ApiError, faulty

KINDS = (
    *("photo", "document", "video", "voice", "audio", "animation", "sticker"),
    "video_note",  # only people send these here
)
_PHOTO_LIMIT = 10 << 20
_UPLOAD_LIMIT = 50 << 20
_PICTURES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"RIFF", b"BM")


def sent_file(net: Network, kind: str, value: Upload | str, uploads: Mapping[str, Upload]) -> File:
    """Return the file that a bot names or uploads, or raise as the server does."""
    if isinstance(value, str) and value.startswith("attach://"):
        name = value.removeprefix("attach://")
        if name not in uploads:
            raise faulty(f"file attached by attach://{name} not found")
        value = uploads[name]
    if isinstance(value, str):
        return _known(net, kind, value)
    if not value.data:
        raise faulty("file must be non-empty")
    limit = _PHOTO_LIMIT if kind == "photo" else _UPLOAD_LIMIT
    if len(value.data) > limit:
        raise ApiError(413, "Request Entity Too Large", is_fault=True)
    if kind == "photo" and not value.data.startswith(_PICTURES):
        raise faulty("IMAGE_PROCESS_FAILED")
    return net.keep_file(kind, value.name, value.mime, value.data)


def _known(net: Network, kind: str, value: str) -> File:
    if value.startswith(("http://", "https://")):
        raise faulty("failed to get HTTP URL content")  # the sandbox fetches nothing
    known = net.files.get(value)
    if known is None:
        raise faulty("wrong file identifier/HTTP URL specified")
    if known.kind != kind:
        used, wanted = (name.replace("_", " ").title() for name in (known.kind, kind))
        raise faulty(f"can't use file of type {used} as {wanted}")
    return known


def media_content(file: File, facts: Mapping[str, Any]) -> Json:  # noqa: PLR0911
    """Return the part of a message that carries a file; facts as the sending methods take them."""
    size = {"width": facts.get("width", 800), "height": facts.get("height", 600)}
    body: Json = {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.data),
    }
    named = {"file_name": file.name, "mime_type": file.mime}
    match file.kind:
        case "photo":
            return {"photo": [body | size]}
        case "document":
            return {"document": body | named}
        case "sticker":
            flags = {"is_animated": False, "is_video": False, "type": "regular"}
            emoji = facts.get("emoji", "🙂")
            return {"sticker": body | {"width": 512, "height": 512, "emoji": emoji} | flags}
        case "video_note":
            return {"video_note": body | {"length": 240, "duration": facts.get("duration", 1)}}
    body |= {"duration": facts.get("duration", 1)}
    if file.kind == "voice":
        return {"voice": body | {"mime_type": file.mime}}
    if file.kind == "audio":
        said = {name: facts[name] for name in ("title", "performer") if name in facts}
        return {"audio": body | named | said}
    if file.kind == "animation":
        moving = body | named | size
        return {"animation": moving, "document": {**moving}}
    return {"video": body | named | size}


def carried(content: Json) -> Json | None:
    """Return the description of the file that a message carries, in its largest form."""
    for kind in KINDS:
        if kind in content:
            found = content[kind]
            return dict(found[-1] if isinstance(found, list) else found) | {"kind": kind}
    return None
