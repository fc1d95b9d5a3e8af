"""Reading the bodies that bots send: JSON, forms, and forms with files (RFC 7578)."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from sandbox.telegram.parameters import Upload
from sandbox.telegram.refusals import faulty

_NAME = re.compile(r'(?<!file)name="((?:[^"\\]|\\.)*)"')
_FILE = re.compile(r'filename="((?:[^"\\]|\\.)*)"')
_MIME = re.compile(r"(?im)^content-type:\s*(\S+)")
_BOUNDARY = re.compile(r'boundary="?([^";]+)"?')


def read_body(content_type: str, body: bytes) -> tuple[Mapping[str, Any], dict[str, Upload]]:
    """Return parameters and files; raise the server's error for what cannot be read."""
    kind = content_type.partition(";")[0].strip().lower()
    if kind == "application/json" and body:
        return _json(body), {}
    if kind == "multipart/form-data":
        boundary = _BOUNDARY.search(content_type)
        if boundary is None:
            raise faulty("can't parse the request: the boundary is missing")
        return _parts(body, boundary[1].encode())
    return _form(body), {}


def _form(body: bytes) -> dict[str, str]:
    return dict(parse_qsl(body.decode("utf-8", "replace"), keep_blank_values=True))


def _json(body: bytes) -> Mapping[str, Any]:
    try:
        read = json.loads(body)
    except ValueError:
        read = None
    if not isinstance(read, dict):
        raise faulty("can't parse the request: JSON object expected")
    return read


def _parts(body: bytes, boundary: bytes) -> tuple[dict[str, Any], dict[str, Upload]]:
    values: dict[str, Any] = {}
    files: dict[str, Upload] = {}
    for part in (b"\r\n" + body).split(b"\r\n--" + boundary)[1:-1]:
        head, _, data = part.partition(b"\r\n\r\n")
        header = head.decode("utf-8", "replace")
        name = _NAME.search(header)
        if name is None:
            raise faulty("can't parse the request: a part has no name")
        if filename := _FILE.search(header):
            mime = _MIME.search(header)
            kind = mime[1] if mime else "application/octet-stream"
            files[name[1]] = Upload(filename[1], data, kind)
        else:
            values[name[1]] = data.decode("utf-8", "replace")
    return values, files
