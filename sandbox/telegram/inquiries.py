"""The methods that ask, and those that describe the bot: chats, files, menus, updates, webhooks."""

from __future__ import annotations

import ipaddress
import re
from datetime import timedelta
from urllib.parse import urlsplit

from sandbox.telegram.formatting import Json
from sandbox.telegram.nouns import Bot, Hook, Member
from sandbox.telegram.parameters import fitting
from sandbox.telegram.refusals import ApiError, faulty, unlucky
from sandbox.telegram.sending import Call
from sandbox.telegram.updates import KINDS

DOWNLOAD_LIMIT = 20 << 20
LINK_LIFETIME = timedelta(hours=1)
LONGEST_POLL = 50  # seconds
_COMMAND = re.compile(r"[a-z0-9_]{1,32}")
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")
_LANGUAGE = re.compile(r"([a-z]{2})?")
_SCOPES = {
    *("default", "all_private_chats", "all_group_chats", "all_chat_administrators"),
    *("chat", "chat_administrators", "chat_member"),
}
_WEBHOOK_PORTS = {443, 80, 88, 8443}


def get_me(call: Call) -> Json:
    """Describe the bot."""
    return call.bot.public() | {
        "can_join_groups": True,
        "can_read_all_group_messages": not call.bot.privacy,
        "supports_inline_queries": False,
        "can_connect_to_business": False,
        "has_main_web_app": False,
    }


# Updates


def get_updates(call: Call) -> list[Json]:
    """Return what waits, at once; the door waits for more where the bot asked for that."""
    if call.bot.hook is not None:
        what = "can't use getUpdates method while webhook is active"
        hint = "use deleteWebhook to delete the webhook first"
        raise ApiError(409, f"Conflict: {what}; {hint}", is_fault=True)
    updates = call.bot.updates
    updates.allow(call.get("allowed_updates"))
    if offset := call.get("offset") or 0:
        updates.confirm(offset)
    timeout = min(max(call.get("timeout") or 0, 0), LONGEST_POLL)
    limit = min(max(call.get("limit") or 100, 1), 100)
    limit, _ = updates.plan(offset, limit, timeout, call.net.now())
    return [update.public() for update in updates.waiting(call.net.now(), limit)]


def set_webhook(call: Call) -> bool:
    """Have updates posted; an empty address ends that.  On loopback plain HTTP will do."""
    if not call.get("url"):
        return delete_webhook(call)
    try:
        parts, port = urlsplit(call.get("url")), urlsplit(call.get("url")).port or 443
    except ValueError:
        raise faulty("bad webhook: invalid URL specified") from None
    if not _is_loopback(parts.hostname):
        if parts.scheme != "https":
            raise faulty("bad webhook: An HTTPS URL must be provided for webhook")
        if port not in _WEBHOOK_PORTS:
            raise faulty("bad webhook: Webhook can be set up only on ports 80, 88, 443 or 8443")
    secret = call.get("secret_token") or ""
    if secret and not _SECRET.fullmatch(secret):
        raise faulty("secret token contains unallowed characters")
    call.bot.updates.allow(call.get("allowed_updates"))
    if call.get("drop_pending_updates"):
        call.bot.updates.drop()
    call.bot.hook = Hook(call.get("url"), secret, call.get("max_connections") or 40)
    call.net.tell("webhook")
    return True


def _is_loopback(host: str | None) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host or "").is_loopback
    except ValueError:
        return False


def delete_webhook(call: Call) -> bool:
    """Go back to polling."""
    call.bot.hook = None
    if call.get("drop_pending_updates"):
        call.bot.updates.drop()
    call.net.tell("webhook")
    return True


def get_webhook_info(call: Call) -> Json:
    """Tell how the posting goes."""
    hook, updates = call.bot.hook, call.bot.updates
    body: Json = {
        "url": hook.url if hook else "",
        "has_custom_certificate": False,
        "pending_update_count": len(updates.waiting(call.net.now(), 10**6)),
        "allowed_updates": sorted(updates.allowed & set(KINDS)),
    }
    if hook:
        body["max_connections"] = hook.most_connections
    if hook and hook.last_error_at:
        body["last_error_date"] = int(hook.last_error_at.timestamp())
        body["last_error_message"] = hook.last_error
    return body


# Chats and files


def get_chat(call: Call) -> Json:
    """Describe a chat in full."""
    chat = call.chat()
    body = chat.public() | {
        "accent_color_id": 0,
        "max_reaction_count": 11,
        "accepted_gift_types": dict.fromkeys(
            (
                *("unlimited_gifts", "limited_gifts", "unique_gifts"),
                *("premium_subscription", "gifts_from_channels"),
            ),
            False,
        ),
    }
    if chat.pinned:
        body["pinned_message"] = chat.messages[chat.pinned[-1]].public(with_reply=False)
    return body


def get_chat_member(call: Call) -> Json:
    """Tell the standing of a user in a chat."""
    chat = call.chat()
    user = call.net.user(call.get("user_id"))
    if user is None:
        raise unlucky("invalid user_id specified")
    if chat.is_private:
        return Member(user).public()
    return chat.members.get(user.id, Member(user, "left")).public()


def get_chat_administrators(call: Call) -> list[Json]:
    """List who leads a group."""
    chat = call.chat()
    if chat.is_private:
        raise faulty("there are no administrators in the private chat")
    return [
        member.public()
        for member in chat.members.values()
        if member.status in ("creator", "administrator")
        and (member.user is call.bot or call.get("return_bots") or not _is_bot(member))
    ]


def _is_bot(member: Member) -> bool:
    return isinstance(member.user, Bot)


def get_file(call: Call) -> Json:
    """Give out a link for an hour."""
    file = call.net.files.get(call.get("file_id"))
    if file is None:
        raise faulty("wrong file_id or the file is temporarily unavailable")
    if len(file.data) > DOWNLOAD_LIMIT:
        raise unlucky("file is too big")
    extension = file.name.rpartition(".")[2] if "." in file.name else "bin"
    number = list(call.net.files).index(file.id)
    file.path = f"{file.kind}s/file_{number}.{extension}"
    file.path_until = call.net.now() + LINK_LIFETIME
    return {
        "file_id": file.id,
        "file_unique_id": file.unique_id,
        "file_size": len(file.data),
        "file_path": file.path,
    }


# Menus and descriptions


def _scope_key(call: Call) -> tuple[str, str]:
    scope = fitting("BotCommandScope", call.get("scope") or {"type": "default"})
    if scope["type"] not in _SCOPES:
        raise faulty("can't parse BotCommandScope: unsupported type specified")
    if "chat_id" in scope:
        call.net.chat(call.bot, scope["chat_id"])
    name = ":".join(str(scope[part]) for part in ("type", "chat_id", "user_id") if part in scope)
    return name, _language(call)


def _language(call: Call) -> str:
    language = call.get("language_code") or ""
    if not _LANGUAGE.fullmatch(language):
        raise faulty("invalid language_code specified")
    return str(language)


def set_my_commands(call: Call) -> bool:
    """Set the menu of a scope in a language."""
    commands = [fitting("BotCommand", command) for command in call.get("commands")]
    if len(commands) > 100:  # noqa: PLR2004 - the server's figure
        raise faulty("BOT_COMMANDS_TOO_MUCH")
    for command in commands:
        if not _COMMAND.fullmatch(command["command"]):
            raise faulty("BOT_COMMAND_INVALID")
        if not 1 <= len(command["description"]) <= 256:  # noqa: PLR2004
            raise faulty("BOT_COMMAND_DESCRIPTION_INVALID")
    call.bot.commands[_scope_key(call)] = commands
    call.net.tell("menu")
    return True


def get_my_commands(call: Call) -> list[Json]:
    """Return the menu of exactly this scope and language."""
    return call.bot.commands.get(_scope_key(call), [])


def delete_my_commands(call: Call) -> bool:
    """Remove the menu of a scope in a language."""
    call.bot.commands.pop(_scope_key(call), None)
    call.net.tell("menu")
    return True


def _describe(call: Call, field: str, limit: int) -> bool:
    text = call.get(field) or ""
    if len(text) > limit:
        raise faulty("BOT_DESCRIPTION_TOO_LONG")
    call.bot.texts[field, _language(call)] = text
    return True


def set_my_description(call: Call) -> bool:
    """Set what an empty chat with the bot says."""
    return _describe(call, "description", 512)


def set_my_short_description(call: Call) -> bool:
    """Set what the bot's profile says."""
    return _describe(call, "short_description", 120)


def set_chat_menu_button(call: Call) -> bool:
    """Set what the button beside the message field opens."""
    button = fitting("MenuButton", call.get("menu_button") or {"type": "default"})
    if button["type"] not in ("default", "commands", "web_app"):
        raise faulty("can't parse MenuButton: unsupported type specified")
    if call.get("chat_id"):
        call.chat()
    call.bot.menu_buttons[call.get("chat_id") or 0] = button
    return True
