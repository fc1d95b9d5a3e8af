"""Every method of the Bot API that the sandbox speaks."""

from __future__ import annotations

from collections.abc import Callable

from sandbox.telegram import changing, inquiries, sending, topics
from sandbox.telegram.sending import Call

METHODS: dict[str, Callable[[Call], object]] = {
    "getMe": inquiries.get_me,
    "getUpdates": inquiries.get_updates,
    "setWebhook": inquiries.set_webhook,
    "deleteWebhook": inquiries.delete_webhook,
    "getWebhookInfo": inquiries.get_webhook_info,
    "sendMessage": sending.send_message,
    "sendPhoto": sending.send_media,
    "sendDocument": sending.send_media,
    "sendVideo": sending.send_media,
    "sendVoice": sending.send_media,
    "sendAudio": sending.send_media,
    "sendAnimation": sending.send_media,
    "sendSticker": sending.send_media,
    "sendMediaGroup": sending.send_media_group,
    "sendChatAction": sending.send_chat_action,
    "copyMessage": sending.copy_message,
    "copyMessages": sending.copy_messages,
    "forwardMessage": sending.forward_message,
    "editMessageText": changing.edit_message_text,
    "editMessageCaption": changing.edit_message_caption,
    "editMessageReplyMarkup": changing.edit_message_reply_markup,
    "deleteMessage": changing.delete_message,
    "deleteMessages": changing.delete_messages,
    "setMessageReaction": changing.set_message_reaction,
    "answerCallbackQuery": changing.answer_callback_query,
    "getFile": inquiries.get_file,
    "createForumTopic": topics.create_forum_topic,
    "editForumTopic": topics.edit_forum_topic,
    "closeForumTopic": topics.close_forum_topic,
    "reopenForumTopic": topics.reopen_forum_topic,
    "deleteForumTopic": topics.delete_forum_topic,
    "getForumTopicIconStickers": topics.get_forum_topic_icon_stickers,
    "pinChatMessage": changing.pin_chat_message,
    "unpinChatMessage": changing.unpin_chat_message,
    "getChat": inquiries.get_chat,
    "getChatMember": inquiries.get_chat_member,
    "getChatAdministrators": inquiries.get_chat_administrators,
    "setMyCommands": inquiries.set_my_commands,
    "getMyCommands": inquiries.get_my_commands,
    "deleteMyCommands": inquiries.delete_my_commands,
    "setMyDescription": inquiries.set_my_description,
    "setMyShortDescription": inquiries.set_my_short_description,
    "setChatMenuButton": inquiries.set_chat_menu_button,
}

_PACED = (
    *("send", "copy", "forward", "edit", "createForum", "closeForum", "reopenForum"),
    *("pinChat",),
)


def paced_messages(call: Call) -> int:
    """Return how many messages a call counts for: edits, topics and pins count as one."""
    if call.method == "sendChatAction" or not call.method.startswith(_PACED):
        return 0
    return len(call.get("media") or call.get("message_ids") or "1")
