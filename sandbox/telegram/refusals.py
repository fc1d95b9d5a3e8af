"""How the Bot API says no: codes and wording of the real server."""

from __future__ import annotations

from typing import Any


class ApiError(Exception):
    """A refused call.

    Attributes: `code` (also the HTTP status), `description`, `parameters` (`retry_after`,
    `migrate_to_chat_id`) and `is_fault`: whether a well-written bot never gets this answer.
    """

    def __init__(
        self, code: int, description: str, *, is_fault: bool = False, **parameters: int
    ) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters
        self.is_fault = is_fault

    def body(self) -> dict[str, Any]:
        """Return the answer as it goes over the wire."""
        body: dict[str, Any] = {
            "ok": False,
            "error_code": self.code,
            "description": self.description,
        }
        return body | ({"parameters": self.parameters} if self.parameters else {})


def faulty(description: str) -> ApiError:
    """Refuse a call that no well-written bot makes."""
    return ApiError(400, f"Bad Request: {description}", is_fault=True)


def unlucky(description: str, **parameters: int) -> ApiError:
    """Refuse a call that was right when it was planned: people have changed the world since."""
    return ApiError(400, f"Bad Request: {description}", is_fault=False, **parameters)


def forbidden(description: str) -> ApiError:
    """Refuse what a person or a group does not allow the bot."""
    return ApiError(403, f"Forbidden: {description}")


def too_many(seconds: int) -> ApiError:
    """Refuse for so many seconds."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


class ActError(Exception):
    """A person tried what a Telegram client would not offer."""
