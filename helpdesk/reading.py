"""Opens the classifier: in a worker process, so that reading never holds up the mail."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from classifier.simple import read_all
from tickets.types import Classify


@asynccontextmanager
async def open_classifier() -> AsyncIterator[Classify]:
    """Return what reads messages."""
    yield read_all
