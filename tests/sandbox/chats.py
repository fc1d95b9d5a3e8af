"""One bot, one requester and one desk in a world of chats without a wire."""

from datetime import UTC, datetime, timedelta

from sandbox.telegram.api import Telegram
from sandbox.telegram.pacing import Limits
from sandbox.telegram.people import Someone

TOKEN = "7000000001:sandbox"
OPEN = Limits(group=0, private=0, overall=0)
PNG = b"\x89PNG\r\n\x1a\n"


class World:
    """One bot, one requester who has started it, one desk; the clock stands until moved."""

    def __init__(self, limits=OPEN):
        self.at = datetime(2026, 3, 3, 9, 0, tzinfo=UTC)
        self.telegram = Telegram(lambda: self.at, limits=limits)
        self.bot = self.telegram.add_bot(TOKEN, "Privacy desk", "desk_bot")
        self.mia = Someone.new(self.telegram, self.bot, "Mia")
        self.mia.starts()
        ann = self.telegram.add_person("Ann")
        desk = self.telegram.add_group("Desk", admins=(ann, self.bot), is_forum=True)
        self.ann = Someone(self.telegram, ann, desk)
        self.to_mia = {"chat_id": self.mia.chat.id}
        self.to_desk = {"chat_id": desk.id}

    def forward(self, **by):
        self.at += timedelta(**by)

    def call(self, method, **params):
        return self.telegram.call(TOKEN, method, params).body

    def do(self, method, **params):
        body = self.call(method, **params)
        assert body["ok"], body
        return body["result"]

    def said(self, method, **params):
        body = self.call(method, **params)
        assert not body["ok"], body
        return body["error_code"], body["description"].removeprefix("Bad Request: ")

    def updates(self, **params):
        return self.do("getUpdates", **params)

    @property
    def faults(self):
        return [error.description for error in self.telegram.protocol_errors]


def keyboard(**button):
    return {"inline_keyboard": [[{"text": "Go", **button}]]}
