"""The sandbox's mail on free ports."""

import pytest

from sandbox.mail import MailWorld


@pytest.fixture
def open_world(tmp_path):
    def open_it(**wishes):
        return MailWorld.open(tmp_path, **{"imap_port": 0, "smtp_port": 0, **wishes})

    return open_it


@pytest.fixture
async def world(open_world):
    async with open_world() as world:
        yield world
