"""Keyboards under messages, checked as strictly as the real server does."""

from __future__ import annotations

from sandbox.telegram.formatting import Json, is_link
from sandbox.telegram.refusals import faulty

_INLINE_ACTIONS = {
    *("url", "callback_data", "web_app", "login_url", "copy_text", "pay", "callback_game"),
    *("switch_inline_query", "switch_inline_query_current_chat"),
    "switch_inline_query_chosen_chat",
}
_LOOKS = {"text", "style", "icon_custom_emoji_id"}
_STYLES = {"primary", "success", "danger"}
_REPLY_ACTIONS = {
    *("request_contact", "request_location", "request_users", "request_chat"),
    *("request_poll", "web_app"),
}
_REPLY_LOOKS = {
    *("keyboard", "is_persistent", "resize_keyboard", "one_time_keyboard"),
    *("input_field_placeholder", "selective"),
}
_SHAPES = {
    "inline_keyboard": {"inline_keyboard"},
    "keyboard": _REPLY_LOOKS,
    "remove_keyboard": {"remove_keyboard", "selective"},
    "force_reply": {"force_reply", "input_field_placeholder", "selective"},
}
_MOST_BUTTONS = 100
_DATA_BYTES = 64


def checked_keyboard(markup: Json, *, inline_only: bool = False) -> Json:
    """Return the keyboard, or raise the server's error."""
    shape = next((name for name in _SHAPES if name in markup), None)
    if shape is None or (inline_only and shape != "inline_keyboard"):
        raise faulty("object expected as reply markup")
    if unknown := set(markup) - _SHAPES[shape]:
        raise faulty(f"can't parse reply keyboard markup JSON object: {sorted(unknown)}")
    if shape not in ("inline_keyboard", "keyboard"):
        return markup
    rows = markup[shape]
    if not isinstance(rows, list) or not all(isinstance(row, list) for row in rows):
        raise faulty(f'field "{shape}" must be of type Array of Array')
    buttons = [button for row in rows for button in row]
    if len(buttons) > _MOST_BUTTONS:
        raise faulty("REPLY_MARKUP_TOO_LONG")
    for button in buttons:
        _check_inline(button) if shape == "inline_keyboard" else _check_reply(button)
    return {**markup, shape: [row for row in rows if row]}


def _check_look(button: Json, kind: str) -> None:
    if not isinstance(button.get("text"), str) or not button["text"].strip():
        raise faulty(f"can't parse {kind} keyboard button: Field text must be non-empty")
    if button.get("style") not in (None, *_STYLES):
        raise faulty(f"can't parse {kind} keyboard button: invalid button style specified")


def _check_inline(button: object) -> None:
    if not isinstance(button, dict):
        raise faulty("can't parse inline keyboard button: Object expected")
    _check_look(button, "inline")
    if unknown := set(button) - _INLINE_ACTIONS - _LOOKS:
        raise faulty(f"can't parse inline keyboard button: unknown {sorted(unknown)}")
    actions = set(button) & _INLINE_ACTIONS
    if len(actions) != 1:
        what = "Text buttons are unallowed in the inline keyboard"
        raise faulty(f"can't parse inline keyboard button: {what}")
    if "callback_data" in actions:
        data = button["callback_data"]
        if not isinstance(data, str) or not 1 <= len(data.encode()) <= _DATA_BYTES:
            raise faulty("BUTTON_DATA_INVALID")
    if "url" in actions and not is_link(button["url"]):
        raise faulty(f"inline keyboard button URL '{button['url']}' is invalid: Wrong HTTP URL")


def _check_reply(button: object) -> None:
    if isinstance(button, str):
        return
    if not isinstance(button, dict):
        raise faulty("can't parse keyboard button: Object expected")
    _check_look(button, "reply")
    if unknown := set(button) - _REPLY_ACTIONS - _LOOKS:
        raise faulty(f"can't parse keyboard button: unknown {sorted(unknown)}")
