"""Mailbox folders for the IMAP server: bytes as they came, UIDs that hold, news at once.

pymap's own backends either forget everything at exit or poll for new mail and rewrite what they
store; a folder here wakes idling clients at once and keeps its UIDs and UIDVALIDITY through
restarts and kills.  Only system flags are kept, no keywords.
"""

from __future__ import annotations

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterable, Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import NoReturn
from urllib.parse import unquote

from pymap.backend.mailbox import MailboxDataInterface, MailboxSetInterface
from pymap.concurrent import Event, Subsystem
from pymap.exceptions import NotSupportedError
from pymap.flags import FlagOp
from pymap.interfaces.message import CachedMessage
from pymap.listtree import ListTree
from pymap.mailbox import MailboxSnapshot
from pymap.message import BaseLoadedMessage, BaseMessage
from pymap.mime import MessageContent
from pymap.parsing.message import AppendMessage
from pymap.parsing.specials import FetchRequirement, ObjectId
from pymap.parsing.specials.flag import Answered, Deleted, Draft, Flag, Flagged, Seen
from pymap.selected import SelectedMailbox, SelectedSet

from sandbox.maildir import (
    Maildir,
    MailName,
    Uids,
    directory_name,
    new_unique,
    sync_directory,
)

_LETTERS = {Draft: "D", Flagged: "F", Answered: "R", Seen: "S", Deleted: "T"}
_FLAGS = {letter: flag for flag, letter in _LETTERS.items()}


def _letters(flags: Iterable[Flag]) -> str:
    return "".join(sorted(_LETTERS[flag] for flag in flags if flag in _LETTERS))


def _object_id(prefix: bytes, words: str) -> ObjectId:
    return ObjectId.new(prefix, hashlib.sha256(words.encode()).digest()[:16])


class Mail(BaseMessage):
    """One mail of a folder; its bytes stay on disk until they are asked for."""

    __slots__ = ("folder", "name", "recent")

    def __init__(
        self, folder: Folder, name: MailName, received_at: datetime, *, expunged: bool = False
    ) -> None:
        super().__init__(
            name.uid,
            received_at,
            [_FLAGS[letter] for letter in name.flags if letter in _FLAGS],
            email_id=_object_id(b"M", name.unique),
            expunged=expunged,
        )
        self.folder = folder
        self.name = name
        self.recent = False

    @property
    def path(self) -> Path:
        """The file that holds the mail."""
        return self.folder.maildir.cur / str(self.name)

    async def load_content(self, requirement: FetchRequirement) -> BaseLoadedMessage:
        """Read and parse the mail, unless only its envelope data are wanted."""
        content = None
        if not requirement.has_none(FetchRequirement.CONTENT):
            try:
                content = _parsed(self.path.read_bytes())
            except FileNotFoundError:  # another session took it away meanwhile
                content = None
        return BaseLoadedMessage(self, requirement, content)


def _parsed(raw: bytes) -> MessageContent:
    content = MessageContent.parse(raw)
    if len(content) < len(raw):  # pymap 0.36.7 drops the last byte where there is no body
        content._raw = memoryview(raw)  # noqa: SLF001
    return content


class Folder(MailboxDataInterface[Mail]):
    """A mailbox folder: its mails in memory by UID, each backed by one file."""

    def __init__(self, path: Path) -> None:
        self.maildir = Maildir(path)
        self.maildir.create()
        self.maildir.sweep()
        self._uids = Uids.load(path)
        self._mails: dict[int, Mail] = {}
        self._changed_at: dict[int, int] = {}  # UID → the change that touched it last
        self._gone_at: dict[int, int] = {}
        self._changes = 0
        self._changed = Subsystem.for_asyncio().new_event()
        self._selected_set = SelectedSet()
        self._saving = asyncio.Lock()
        self._load()

    def _load(self) -> None:
        for path in self.maildir.files():
            name = MailName.parse(path.name)
            if name is not None:
                received_at = datetime.fromtimestamp(path.stat().st_mtime, UTC)
                self._mails[name.uid] = Mail(self, name, received_at)
        self._mails = dict(sorted(self._mails.items()))
        self._next_uid = self._uids.raised_to(max(self._mails, default=0)).next

    @property
    def mailbox_id(self) -> ObjectId:
        """A name of the folder that holds as long as its UIDs do."""
        return _object_id(b"F", f"{self.maildir.path.name} {self._uids.validity}")

    @property
    def readonly(self) -> bool:
        """Never."""
        return False

    @property
    def uid_validity(self) -> int:
        """The validity of the UIDs, kept on disk."""
        return self._uids.validity

    @property
    def selected_set(self) -> SelectedSet:
        """The sessions that have the folder open."""
        return self._selected_set

    def _publish(self, changed: Iterable[int] = (), gone: Iterable[int] = ()) -> None:
        """Tell every session what changed, and wake those that idle."""
        self._changes += 1
        for uid in changed:
            self._changed_at[uid] = self._changes
        for uid in gone:
            self._changed_at.pop(uid, None)
            self._gone_at[uid] = self._changes
        self._changed.set()

    async def update_selected(
        self, selected: SelectedMailbox, *, wait_on: Event | None = None
    ) -> SelectedMailbox:
        """Bring a session up to date; with `wait_on`, wait for news or for that event."""
        known = selected.mod_sequence
        # A change that came before the client began to idle must not wait for the next one.
        if wait_on is not None and known == self._changes:
            await wait_on.or_event(self._changed).wait()
        selected.mod_sequence = self._changes
        if known is None:
            selected.add_updates(self._mails.values(), [])
        else:
            changed = [self._mails[uid] for uid, at in self._changed_at.items() if at > known]
            # pymap would tell the flags of each new mail, a line for each; EXISTS is enough, and
            # a thousand lines in one answer are more than some clients survive.
            selected._silenced_flags.update(  # noqa: SLF001
                mail.flags_key for mail in changed if selected.messages.get(mail.uid) is None
            )
            selected.add_updates(changed, [uid for uid, at in self._gone_at.items() if at > known])
        return selected

    async def append(self, append_msg: AppendMessage, *, recent: bool = False) -> Mail:
        """Take in a mail; when this returns, it survives a power cut."""
        received_at = append_msg.when or datetime.now(UTC)
        return await self.store(append_msg.literal, received_at, append_msg.flag_set, recent=recent)

    async def store(
        self,
        raw: bytes,
        received_at: datetime,
        flags: Iterable[Flag] = (),
        *,
        recent: bool = True,
    ) -> Mail:
        """Take in a mail as bytes; when this returns, it survives a power cut."""
        unique = new_unique()
        prepared = await asyncio.to_thread(
            self.maildir.prepare, raw, unique, received_at.timestamp()
        )
        # From here to the announcement nothing awaits: a mail on disk is never unknown here.
        mail = self.adopt(prepared, MailName(unique, 0, _letters(flags)), received_at)
        mail.recent = recent
        await asyncio.to_thread(sync_directory, self.maildir.cur)
        return mail

    def adopt(self, file: Path, name: MailName, received_at: datetime) -> Mail:
        """Give a file of this file system the next UID and a place in this folder."""
        name = replace(name, uid=self._next_uid)
        mail = Mail(self, name, received_at)
        file.rename(mail.path)
        self._next_uid += 1
        self._mails[mail.uid] = mail
        self._publish([mail.uid])
        return mail

    async def copy(self, uid: int, destination: Folder, *, recent: bool = False) -> int | None:
        """Copy a mail; both names then share one file's content."""
        mail = self._mails.get(uid)
        if mail is None:
            return None
        link = destination.maildir.tmp / new_unique()
        os.link(mail.path, link)
        copied = destination.adopt(link, mail.name, mail.internal_date)
        copied.recent = recent
        await asyncio.to_thread(sync_directory, destination.maildir.cur)
        return copied.uid

    async def move(self, uid: int, destination: Folder, *, recent: bool = False) -> int | None:
        """Move a mail by one rename, so that it always stands in exactly one folder."""
        await self._retire([uid])
        mail = self._mails.get(uid)
        if mail is None:
            return None
        moved = destination.adopt(mail.path, mail.name, mail.internal_date)
        moved.recent = recent
        del self._mails[uid]
        self._publish(gone=[uid])
        for folder in (destination, self):
            await asyncio.to_thread(sync_directory, folder.maildir.cur)
        return moved.uid

    async def delete(self, uids: Iterable[int]) -> None:
        """Remove mails for good."""
        doomed = [uid for uid in uids if uid in self._mails]
        await self._retire(doomed)
        for uid in doomed:
            mail = self._mails.pop(uid, None)
            if mail is not None:
                mail.path.unlink(missing_ok=True)
        self._publish(gone=doomed)

    async def _retire(self, uids: Sequence[int]) -> None:
        """Write down that these UIDs were given away, before the files that say so are gone."""
        async with self._saving:
            if max(uids, default=0) >= self._uids.next:
                self._uids = self._uids.raised_to(self._next_uid - 1)
                await asyncio.to_thread(self._uids.save, self.maildir.path)

    async def get(self, uid: int, cached_msg: CachedMessage) -> Mail:
        """Return a mail, or its ghost when another session removed it."""
        mail = self._mails.get(uid)
        if mail is not None:
            return mail
        if not isinstance(cached_msg, Mail):
            raise TypeError(cached_msg)
        return Mail(self, cached_msg.name, cached_msg.internal_date, expunged=True)

    async def update(
        self, uid: int, cached_msg: CachedMessage, flag_set: frozenset[Flag], mode: FlagOp
    ) -> Mail:
        """Change a mail's flags, which renames its file."""
        mail = await self.get(uid, cached_msg)
        flags = mode.apply(mail.permanent_flags, flag_set)
        if mail.expunged or flags == mail.permanent_flags:
            return mail
        before = mail.path
        mail.name = replace(mail.name, flags=_letters(flags))
        before.rename(mail.path)
        mail.permanent_flags = flags
        self._publish([uid])
        return mail

    async def claim_recent(self, selected: SelectedMailbox) -> None:
        """Give a session the mails that no session has seen yet."""
        for mail in self._mails.values():
            if mail.recent:
                mail.recent = False
                selected.session_flags.add_recent(mail.uid)

    async def cleanup(self) -> None:
        """Do nothing: there is nothing to tidy up."""

    async def messages(self) -> AsyncIterable[Mail]:
        """Yield the mails by UID."""
        for mail in list(self._mails.values()):
            yield mail

    async def snapshot(self) -> MailboxSnapshot:
        """Count the mails for SELECT and STATUS."""
        mails = list(self._mails.values())
        unseen = [n for n, mail in enumerate(mails, 1) if Seen not in mail.permanent_flags]
        return MailboxSnapshot(
            self.mailbox_id,
            self.readonly,
            self.uid_validity,
            self.permanent_flags,
            self.session_flags,
            exists=len(mails),
            recent=sum(mail.recent for mail in mails),
            unseen=len(unseen),
            first_unseen=unseen[0] if unseen else None,
            next_uid=self._next_uid,
        )


class Account(MailboxSetInterface[Folder]):
    """The folders of one mailbox: one directory each."""

    def __init__(self, path: Path, folders: Iterable[str]) -> None:
        self._path = path
        path.mkdir(parents=True, exist_ok=True)
        names = {unquote(entry.name) for entry in path.iterdir() if entry.is_dir()}
        self._folders = {name: self._open(name) for name in sorted(names.union(folders))}
        self._unsubscribed: set[str] = set()

    def _open(self, name: str) -> Folder:
        return Folder(self._path / directory_name(name))

    @property
    def inbox(self) -> Folder:
        """The folder that new mail comes to."""
        return self._folders["INBOX"]

    @property
    def delimiter(self) -> str:
        """What parts the names of nested folders."""
        return "/"

    async def set_subscribed(self, name: str, subscribed: bool) -> None:  # noqa: FBT001
        """Remember, until exit, whether LSUB lists a folder."""
        (self._unsubscribed.discard if subscribed else self._unsubscribed.add)(name)

    async def list_subscribed(self) -> ListTree:
        """List the folders for LSUB."""
        return ListTree("/").update(*(self._folders.keys() - self._unsubscribed))

    async def list_mailboxes(self) -> ListTree:
        """List the folders."""
        return ListTree("/").update(*self._folders)

    async def get_mailbox(self, name: str) -> Folder:
        """Find a folder; KeyError when there is none."""
        return self._folders["INBOX" if name.upper() == "INBOX" else name]

    async def add_mailbox(self, name: str) -> ObjectId:
        """Make a folder; ValueError when it is there already."""
        if name in self._folders:
            raise ValueError(name)
        self._folders[name] = self._open(name)
        return self._folders[name].mailbox_id

    async def delete_mailbox(self, name: str) -> None:
        """Remove a folder with its mails."""
        folder = self._folders.pop(name)
        await asyncio.to_thread(shutil.rmtree, folder.maildir.path)

    async def rename_mailbox(self, before: str, after: str) -> NoReturn:  # noqa: ARG002
        """Refuse: nobody needs it here, and UIDs stay simple without it."""
        raise NotSupportedError("The sandbox renames no folders.")
