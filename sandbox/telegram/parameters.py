"""What each method takes: the forty methods, their parameters and types (Bot API 10.0).

One line a parameter: `name:kind`, with `!` where it is required.  A value that does not fit is
refused; a name that is not listed is ignored, as the real server does, and reported.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sandbox.telegram.refusals import faulty


@dataclass(frozen=True)
class Upload:
    """A file that came in a multipart body."""

    name: str
    data: bytes
    mime: str


_QUIET = "disable_notification:bool protect_content:bool"
_TO = (
    f"chat_id!:chat message_thread_id:int {_QUIET} business_connection_id:str "
    "direct_messages_topic_id:int allow_paid_broadcast:bool message_effect_id:str "
)
_SEND = f"{_TO} suggested_post_parameters:object reply_parameters:object reply_markup:object "
_CAPTION = "caption:str parse_mode:str caption_entities:objects"
_ABOVE = "show_caption_above_media:bool"
_FILM = f"duration:int width:int height:int thumbnail:file has_spoiler:bool {_ABOVE}"
_EDIT = "chat_id!:chat message_id!:int business_connection_id:str reply_markup:object"
_TOPIC = "chat_id!:chat message_thread_id!:int"
_SCOPE = "scope:object language_code:str"
_COPY = f"chat_id!:chat message_thread_id:int direct_messages_topic_id:int {_QUIET}"
_COPY_ONE = "from_chat_id!:chat message_id!:int message_effect_id:str"

_METHODS = {
    "getMe": "",
    "getUpdates": "offset:int limit:int timeout:int allowed_updates:strings",
    "setWebhook": "url!:str certificate:file ip_address:str max_connections:int "
    "allowed_updates:strings drop_pending_updates:bool secret_token:str",
    "deleteWebhook": "drop_pending_updates:bool",
    "getWebhookInfo": "",
    "sendMessage": f"{_SEND} text!:str parse_mode:str entities:objects link_preview_options:object",
    "sendPhoto": f"{_SEND} {_CAPTION} photo!:file has_spoiler:bool {_ABOVE}",
    "sendDocument": f"{_SEND} {_CAPTION} document!:file thumbnail:file "
    "disable_content_type_detection:bool",
    "sendVideo": f"{_SEND} {_CAPTION} {_FILM} video!:file cover:file start_timestamp:int "
    "supports_streaming:bool",
    "sendVoice": f"{_SEND} {_CAPTION} voice!:file duration:int",
    "sendAudio": f"{_SEND} {_CAPTION} audio!:file duration:int performer:str title:str "
    "thumbnail:file",
    "sendAnimation": f"{_SEND} {_CAPTION} {_FILM} animation!:file",
    "sendSticker": f"{_SEND} sticker!:file emoji:str",
    "sendMediaGroup": f"{_TO} reply_parameters:object media!:objects",
    "sendChatAction": "chat_id!:chat action!:str message_thread_id:int business_connection_id:str",
    "copyMessage": f"{_COPY} {_COPY_ONE} {_CAPTION} {_ABOVE} reply_parameters:object "
    "reply_markup:object allow_paid_broadcast:bool video_start_timestamp:int "
    "suggested_post_parameters:object",
    "copyMessages": f"{_COPY} from_chat_id!:chat message_ids!:numbers remove_caption:bool",
    "forwardMessage": f"{_COPY} {_COPY_ONE} video_start_timestamp:int "
    "suggested_post_parameters:object",
    "editMessageText": f"{_EDIT} text!:str parse_mode:str entities:objects "
    "link_preview_options:object",
    "editMessageCaption": f"{_EDIT} {_CAPTION} {_ABOVE}",
    "editMessageReplyMarkup": _EDIT,
    "deleteMessage": "chat_id!:chat message_id!:int",
    "deleteMessages": "chat_id!:chat message_ids!:numbers",
    "setMessageReaction": "chat_id!:chat message_id!:int reaction:objects is_big:bool",
    "answerCallbackQuery": "callback_query_id!:str text:str show_alert:bool url:str cache_time:int",
    "getFile": "file_id!:str",
    "createForumTopic": "chat_id!:chat name!:str icon_color:int icon_custom_emoji_id:str",
    "editForumTopic": f"{_TOPIC} name:str icon_custom_emoji_id:str",
    "closeForumTopic": _TOPIC,
    "reopenForumTopic": _TOPIC,
    "deleteForumTopic": _TOPIC,
    "getForumTopicIconStickers": "",
    "pinChatMessage": "chat_id!:chat message_id!:int disable_notification:bool "
    "business_connection_id:str",
    "unpinChatMessage": "chat_id!:chat message_id:int business_connection_id:str",
    "getChat": "chat_id!:chat",
    "getChatMember": "chat_id!:chat user_id!:int",
    "getChatAdministrators": "chat_id!:chat return_bots:bool",
    "setMyCommands": f"commands!:objects {_SCOPE}",
    "getMyCommands": _SCOPE,
    "deleteMyCommands": _SCOPE,
    "setMyDescription": "description:str language_code:str",
    "setMyShortDescription": "short_description:str language_code:str",
    "setChatMenuButton": "chat_id:int menu_button:object",
}

_OBJECTS = {
    "BotCommand": "command!:str description!:str",
    "BotCommandScope": "type!:str chat_id:chat user_id:int",
    "InputMedia": f"type!:str media!:str {_CAPTION} {_FILM} supports_streaming:bool title:str "
    "performer:str disable_content_type_detection:bool cover:str start_timestamp:int",
    "MenuButton": "type!:str text:str web_app:object",
    "MessageEntity": "type!:str offset!:int length!:int url:str user:object language:str "
    "custom_emoji_id:str",
    "ReactionType": "type!:str emoji:str custom_emoji_id:str",
    "ReplyParameters": "message_id!:int chat_id:chat allow_sending_without_reply:bool quote:str "
    "quote_parse_mode:str quote_entities:objects quote_position:int checklist_task_id:int "
    "poll_option_id:str",
}

_MISSING = {
    "chat_id": "chat_id is empty",
    "text": "message text is empty",
    "message_id": "message identifier is not specified",
    "message_thread_id": "invalid message thread identifier specified",
    "user_id": "invalid user_id specified",
    "file_id": "invalid file_id specified",
}


def _spelled(line: str) -> dict[str, tuple[str, bool]]:
    words = (word.split(":") for word in line.split())
    return {name.rstrip("!"): (kind, name.endswith("!")) for name, kind in words}


METHODS = {method: _spelled(line) for method, line in _METHODS.items()}
OBJECTS = {name: _spelled(line) for name, line in _OBJECTS.items()}


def checked(
    method: str, given: Mapping[str, Any], files: Mapping[str, Upload]
) -> tuple[dict[str, Any], list[str]]:
    """Return the parameters as typed values, and the names that the method does not know."""
    known = METHODS[method]
    attached = {
        value.removeprefix("attach://") for value in _texts(given) if value.startswith("attach://")
    }
    values: dict[str, Any] = {}
    for name, (kind, required) in known.items():
        value = files.get(name) if kind == "file" and name in files else given.get(name)
        if value is None or (value == "" and kind not in ("str", "file")):
            if required:
                raise faulty(_MISSING.get(name, f'parameter "{name}" is required'))
            continue
        values[name] = value if isinstance(value, Upload) else _typed(name, kind, value)
    return values, sorted((set(given) | set(files)) - set(known) - attached)


def fitting(name: str, given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object of a named type with typed fields; refuse fields that it does not have."""
    if unknown := set(given) - set(OBJECTS[name]):
        raise faulty(f"can't parse {name}: unknown {', '.join(sorted(unknown))}")
    fields: dict[str, Any] = {}
    for field, (kind, required) in OBJECTS[name].items():
        value = given.get(field)
        if value is not None:
            fields[field] = _CONVERT[kind](value)
        if fields.get(field) is None and (required or value is not None):
            raise faulty(f"can't parse {name}: field {field} must be of type {kind}")
    return fields


def _texts(value: object) -> list[str]:
    """Every text within a value, also within JSON that came as text."""
    if isinstance(value, str):
        if value[:1] in "[{" and "attach://" in value:
            return _texts(_parsed(value))
        return [value]
    if isinstance(value, Mapping):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    return []


def _parsed(value: str) -> object:
    try:
        return json.loads(value)
    except ValueError:
        return None


def _typed(name: str, kind: str, value: object) -> object:
    fitting = _CONVERT[kind](value)
    if fitting is None:
        raise faulty(f'parameter "{name}" is not of type {kind}')
    return fitting


def _int(value: object) -> int | None:
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    try:
        return int(value)
    except ValueError:
        return None


def _bool(value: object) -> bool | None:
    words = {"true": True, "1": True, "yes": True, "false": False, "0": False, "no": False}
    return value if isinstance(value, bool) else words.get(str(value).lower())


def _str(value: object) -> str | None:
    return str(value) if isinstance(value, str | int) and not isinstance(value, bool) else None


def _list_of(kind: type) -> Callable[[object], object]:
    def convert(value: object) -> object:
        value = _parsed(value) if isinstance(value, str) else value
        fits = isinstance(value, list) and all(isinstance(part, kind) for part in value)
        return value if fits else None

    return convert


def _object(value: object) -> object:
    value = _parsed(value) if isinstance(value, str) else value
    return value if isinstance(value, dict) else None


def _chat(value: object) -> int | str | None:
    if isinstance(value, str) and value.startswith("@"):
        return value
    return _int(value)


_CONVERT: dict[str, Callable[[Any], object]] = {
    "int": _int,
    "bool": _bool,
    "str": _str,
    "file": _str,
    "objects": _list_of(dict),
    "numbers": _list_of(int),
    "strings": _list_of(str),
    "object": _object,
    "chat": _chat,
}
