"""What the web door must be told."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, Field


class ConsoleSettings(BaseModel):
    """Where the console listens, and under which address people reach it."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = Field("127.0.0.1", description="The address to listen on.")
    port: int = Field(8025, ge=0, le=65535, description="The port to listen on.")
    public_url: str = Field("", description="The address people see, for links in notices.")
