"""What no good server does and some do: each told by a scripted server."""

from __future__ import annotations

import asyncio
import base64

import pytest

from mail.errors import ConnectionGone, LoginRefused
from mail.imap_text import read_uid_set
from mail.pace import Pace, Patience
from tests.fakes.tokens import Provider, token
from tests.wire.conftest import mail, until
from tests.wire.scripted import Scripted

pytestmark = pytest.mark.wire


async def test_a_mail_between_the_last_search_and_idle_is_seen(ledger, watch_of):
    class Sly(Scripted):
        async def on_idle(self, tag, rest, send):
            # It comes after the search, before IDLE, and nobody tells of it.
            if self.count("UID SEARCH") and not self.mails:
                self.mails[1] = mail("unannounced")
            await send("+ idling")

    async with Sly() as server:
        watch_of(server.settings(sweep_seconds=600), is_running=True)

        await until(lambda: ledger.records)


async def test_an_exists_that_comes_with_another_answer_is_not_needed(ledger, watch_of):
    # aioimaplib drops it, and IDLE does not say it again.
    class Chatty(Scripted):
        async def on_uid_search(self, tag, rest, send):
            await super().on_uid_search(tag, rest, send)
            if not self.mails:
                self.mails[1] = mail("announced at the wrong time")
                await send("* 1 EXISTS")

    async with Chatty() as server:
        watch_of(server.settings(sweep_seconds=0.3), is_running=True)

        await until(lambda: ledger.records)


async def test_bye_instead_of_idle_is_no_end(ledger, watch_of):
    class Rude(Scripted):
        refusals = 2

        async def on_idle(self, tag, rest, send):
            if self.refusals:
                self.refusals -= 1
                await send("* BYE go away")
                raise ConnectionError
            await send("+ idling")

    async with Rude() as server:
        watch = watch_of(server.settings(sweep_seconds=600), is_running=True)
        await until(lambda: watch.status.idling)
        server.mails[1] = mail("one")
        await server.push("* 1 EXISTS")

        await until(lambda: ledger.records)


async def test_bye_while_idling_is_no_end(ledger, watch_of):
    async with Scripted() as server:
        watch = watch_of(server.settings(sweep_seconds=600), is_running=True)
        await until(lambda: watch.status.idling)
        await server.push("* BYE autologout")
        server.mails[1] = mail("one")

        await until(lambda: ledger.records)


async def test_idle_refused_leaves_the_sweeps(ledger, watch_of):
    class Refusing(Scripted):
        async def on_idle(self, tag, rest, send):
            await send(f"{tag} NO not today")

    async with Refusing() as server:
        watch = watch_of(server.settings(sweep_seconds=0.2), is_running=True)
        await until(lambda: server.count("IDLE"))
        server.mails[1] = mail("one")

        await until(lambda: ledger.records)
        assert watch.status.trouble == ""


async def test_silence_instead_of_idle_is_left_after_the_quiet_time(ledger, watch_of):
    class Silent(Scripted):
        silences = 1

        async def on_idle(self, tag, rest, send):
            if self.silences:
                self.silences -= 1
            else:
                await send("+ idling")

    pace = Pace(patience=Patience(quiet=0.3), pause=0.05)
    async with Silent() as server:
        watch = watch_of(server.settings(sweep_seconds=600), pace=pace, is_running=True)

        await until(lambda: watch.status.idling)


async def test_bye_as_greeting_is_told_at_once(watch_of):
    class Full(Scripted):
        async def greet(self, send):
            await send("* BYE too many connections")

    async with Full() as server:
        with pytest.raises(ConnectionGone, match="BYE"):
            await watch_of(server.settings(), pace=Pace()).run_once()


@pytest.mark.parametrize("greeting", ["HTTP/1.1 400 Bad Request", "* NO", "\x16\x03\x01", "* OK"])
async def test_what_is_no_imap_server_is_left(watch_of, greeting):
    class Other(Scripted):
        async def greet(self, send):
            await send(greeting)

        async def on_capability(self, tag, rest, send):
            await send("* CAPABILITY", f"{tag} OK")

    pace = Pace(patience=Patience(connect=0.4, quiet=0.4))
    async with Other() as server:
        with pytest.raises(ConnectionGone):
            await watch_of(server.settings(), pace=pace).run_once()


async def test_163_wants_to_know_who_we_are(ledger, watch_of):
    class Netease(Scripted):
        after_login = "IMAP4rev1 ID"

        async def on_select(self, tag, rest, send):
            if not self.count("ID ("):
                await send(f"{tag} NO SELECT Unsafe Login. Please contact kefu")
            else:
                await super().on_select(tag, rest, send)

    async with Netease() as server:
        server.mails[1] = mail("one")

        assert await watch_of(server.settings()).run_once() == 1


async def test_qq_hangs_up_on_commands_it_does_not_know(ledger, watch_of):
    class Tencent(Scripted):
        after_login = "IMAP4rev1 IDLE"

        async def on_id(self, tag, rest, send):
            raise ConnectionError

    async with Tencent() as server:
        server.mails[1] = mail("one")

        assert await watch_of(server.settings()).run_once() == 1
        assert server.count("ID") == 0


async def test_uid_behind_the_body_and_flags_in_between(ledger, watch_of):
    class Mixed(Scripted):
        def item(self, number, uid, items):
            if "BODY" not in items:
                return super().item(number, uid, items)
            raw = self.mails[uid]
            other = b"* 9 FETCH (FLAGS (\\Seen))\r\n* 8 FETCH (UID 8 FLAGS (\\Seen))\r\n"
            head = f"* {number} FETCH (BODY[] {{{len(raw)}}}\r\n".encode()
            return other + head + raw + f" UID {uid} RFC822.SIZE {len(raw)})".encode()

    raws = {uid: mail(f"number {uid}") for uid in (3, 5, 9)}
    async with Mixed() as server:
        server.mails = dict(raws)
        await watch_of(server.settings()).run_once()

    assert ledger.raws == list(raws.values())
    assert [place[3] for raw in raws.values() for place in ledger.places(raw)] == [3, 5, 9]


async def test_a_mail_as_a_quoted_string(ledger, watch_of):
    class Quoting(Scripted):
        def item(self, number, uid, items):
            if "BODY" not in items:
                return super().item(number, uid, items)
            return rb'* 1 FETCH (UID 1 BODY[] "no \"line\" end UID 7 (")'

    async with Quoting() as server:
        server.mails[1] = b""
        await watch_of(server.settings()).run_once()

    assert ledger.raws == [b'no "line" end UID 7 (']


async def test_an_empty_mail(ledger, watch_of):
    async with Scripted() as server:
        server.mails = {1: b"", 2: mail("after it")}

        assert await watch_of(server.settings()).run_once() == 2
    assert ledger.raws == [b"", mail("after it")]


@pytest.mark.parametrize("lie", [-900, 900])
async def test_a_wrong_size_cuts_nothing(ledger, watch_of, lie):
    class Lying(Scripted):
        def item(self, number, uid, items):
            true = len(self.mails[uid])
            said = f"RFC822.SIZE {true + lie}".encode()
            return super().item(number, uid, items).replace(b"RFC822.SIZE %d" % true, said, 1)

    raw = mail("long", "x" * 3000)
    async with Lying() as server:
        server.mails[1] = raw
        await watch_of(server.settings(max_bytes=1000)).run_once()

    assert ledger.raws == [raw]


def refusing(where):
    """Make a server that refuses to give out mail 2 where `where` is asked for."""

    class Refusing(Scripted):
        is_broken = True

        async def on_uid_fetch(self, tag, rest, send):
            uids = read_uid_set(rest.split()[0].encode())
            if self.is_broken and where in rest and 2 in uids:
                await send(f"{tag} NO [SERVERBUG] cannot read")
            else:
                await super().on_uid_fetch(tag, rest, send)

    return Refusing()


def giving(body):
    """Make a server that gives `body` instead of mail 2."""

    class Giving(Scripted):
        is_broken = True

        def item(self, number, uid, items):
            if not self.is_broken or uid != 2 or "BODY" not in items:
                return super().item(number, uid, items)
            return b"* 2 FETCH (UID 2 RFC822.SIZE 500 BODY[] " + body + b")"

    return Giving()


@pytest.mark.parametrize(
    "make",
    [
        lambda: refusing("BODY"),
        lambda: refusing("RFC822.SIZE"),
        lambda: giving(b"NIL"),
        lambda: giving(b'""'),
        lambda: giving(b"{0}\r\n"),
    ],
    ids=["body refused", "size refused", "NIL", "empty string", "empty literal"],
)
@pytest.mark.parametrize("max_bytes", [1000, 100_000])
async def test_a_mail_that_cannot_be_fetched_holds_up_nobody(ledger, watch_of, make, max_bytes):
    async with make() as server:
        server.mails = {uid: mail(f"number {uid}", "x" * 2000) for uid in (1, 2, 3)}
        watch = watch_of(server.settings(max_bytes=max_bytes), pace=Pace(compare=0))
        first = await watch.run_once()
        unfetchable = {folder: set(uids) for folder, uids in watch.status.unfetchable.items()}
        server.is_broken = False
        second = await watch.run_once()

    assert (first, unfetchable, second) == (2, {"INBOX": {2}}, 1)


async def test_a_folder_that_people_remove_keeps_us_from_nothing(ledger, watch_of):
    class Removing(Scripted):
        is_there = True

        async def on_select(self, tag, rest, send):
            if "Gone" in rest and not self.is_there:
                await send(f"{tag} NO [NONEXISTENT]")
            else:
                await super().on_select(tag, rest, send)

    async with Removing() as server:
        server.mails[1] = mail("one")
        watch = watch_of(server.settings(folders=["Gone", "INBOX"]))
        await watch.run_once()
        server.is_there = False
        ledger.finish()
        await watch.run_once()

    assert watch.status.folder_trouble == {"Gone": "SELECT NO NONEXISTENT"}


async def test_a_mail_that_vanishes_between_search_and_fetch(ledger, watch_of):
    class Vanishing(Scripted):
        async def on_uid_search(self, tag, rest, send):
            await super().on_uid_search(tag, rest, send)
            self.mails.pop(2, None)

    async with Vanishing() as server:
        server.mails = {uid: mail(f"number {uid}") for uid in (1, 2, 3)}

        assert await watch_of(server.settings()).run_once() == 2


async def test_a_keyword_where_none_can_be_made_up_is_not_tried(ledger, watch_of, caplog):
    class Strict(Scripted):
        flags = r"(\Answered \Seen)"

    async with Strict() as server:
        server.mails[1] = mail("one")
        watch = watch_of(server.settings(decorate="keyword"))
        await watch.run_once()
        ledger.finish()
        await watch.run_once()

    assert server.marked == {}
    assert await ledger.undecorated("scripted", "INBOX", 1) == []
    assert caplog.text.count("cannot mark mails as asked") == 1


@pytest.mark.parametrize("flags", [r"(\* \Seen)", r"(\Seen \*)"])
async def test_the_star_of_permanentflags_is_seen_in_any_place(ledger, watch_of, flags):
    class Starred(Scripted):
        pass

    Starred.flags = flags
    async with Starred() as server:
        server.mails[1] = mail("one")
        watch = watch_of(server.settings(decorate="keyword", keyword="$Held"))
        await watch.run_once()
        ledger.finish()
        await watch.run_once()

    assert server.marked == {1: "+FLAGS.SILENT ($Held)"}


async def test_a_read_only_folder_is_taken_in_and_not_marked(ledger, watch_of):
    class ReadOnly(Scripted):
        async def on_select(self, tag, rest, send):
            await send("* OK [UIDVALIDITY 1] valid", f"{tag} OK [READ-ONLY] selected")

    async with ReadOnly() as server:
        server.mails[1] = mail("one")
        watch = watch_of(server.settings())
        await watch.run_once()
        ledger.finish()
        await watch.run_once()

    assert (len(ledger.records), server.marked) == (1, {})


async def test_a_name_with_quotes_logs_in_as_one_word(watch_of):
    async with Scripted() as server:
        settings = server.settings(username='with "quotes" and \\', password='p"w\\d {3}')
        await watch_of(settings).run_once()

        assert server.heard[1].endswith(r'LOGIN "with \"quotes\" and \\" "p\"w\\d {3}"')


async def test_a_login_that_is_refused_for_now_is_tried_again_soon(watch_of):
    class Busy(Scripted):
        async def on_login(self, tag, rest, send):
            await send(f"{tag} NO [UNAVAILABLE] later")

    async with Busy() as server:
        with pytest.raises(ConnectionGone, match="login UNAVAILABLE"):
            await watch_of(server.settings()).run_once()


async def test_where_login_is_disabled_no_password_is_sent(watch_of):
    class Disabled(Scripted):
        before_login = "IMAP4rev1 LOGINDISABLED STARTTLS"

    async with Disabled() as server:
        with pytest.raises(LoginRefused):
            await watch_of(server.settings()).run_once()

        assert server.count("LOGIN") == 0


async def test_xoauth2_with_a_refreshed_token(ledger, watch_of):
    class Modern(Scripted):
        async def on_authenticate(self, tag, rest, send):
            if (
                rest
                != "XOAUTH2 "
                + base64.b64encode(b"user=support\x01auth=Bearer short\x01\x01").decode()
            ):
                self.refused = tag
                await send("+ eyJzdGF0dXMiOiI0MDAifQ==")
            else:
                await super().on_login(tag, rest, send)

        async def on_(self, tag, rest, send):
            await send(f"{self.refused} NO [AUTHENTICATIONFAILED]")

    async with Provider(token("stale"), token("short")) as provider, Modern() as server:
        server.mails[1] = mail("one")
        watch = watch_of(server.settings(oauth2=provider.consent()))
        with pytest.raises(LoginRefused):
            await watch.run_once()  # the answer to the challenge lets the NO come

        assert await watch.run_once() == 1


async def test_a_consent_that_was_withdrawn_is_said_plainly(watch_of):
    withdrawn = 400, {"error": "invalid_grant"}
    async with Provider(withdrawn) as provider, Scripted() as server:
        with pytest.raises(LoginRefused, match="token: 400 invalid_grant"):
            await watch_of(server.settings(oauth2=provider.consent())).run_once()


async def test_a_token_endpoint_in_trouble_is_temporary(watch_of):
    async with Provider((503, "busy")) as provider, Scripted() as server:
        with pytest.raises(ConnectionGone, match="token: 503"):
            await watch_of(server.settings(oauth2=provider.consent())).run_once()


async def test_a_slow_line_is_borne_as_long_as_something_comes(ledger, watch_of):
    class Dripping(Scripted):
        async def on_uid_fetch(self, tag, rest, send):
            if "BODY" not in rest:
                return await super().on_uid_fetch(tag, rest, send)
            whole = self.item(1, 1, rest) + f"\r\n{tag} OK".encode()
            for start in range(0, len(whole), 60):
                for writer in self.writers:
                    writer.write(whole[start : start + 60])
                await asyncio.sleep(0.4)
            return await send("")

    raw = mail("slow", "x" * 400)
    async with Dripping() as server:
        server.mails[1] = raw
        await watch_of(server.settings(), pace=Pace(patience=Patience(quiet=3))).run_once()
        endless = Pace(patience=Patience(quiet=3, whole=1))
        with pytest.raises(ConnectionGone, match="no answer"):
            await watch_of(server.settings(name="other"), pace=endless).run_once()

    assert ledger.raws == [raw]


async def test_a_large_mail_is_asked_for_in_pieces(ledger, watch_of):
    async with Scripted() as server:
        server.mails[1] = mail("large", "x" * 3_000_000)
        await watch_of(server.settings(max_bytes=1_000_000)).run_once()

        assert [line.partition("BODY")[2] for line in server.heard if "BODY" in line] == [
            ".PEEK[]<0.1048576>)",
            ".PEEK[]<1048576.1048576>)",
            ".PEEK[]<2097152.1048576>)",
        ]
    assert ledger.raws == list(server.mails.values())


async def test_email_ids_come_along_where_there_are_some(ledger, watch_of):
    class Labelled(Scripted):
        after_login = "IMAP4rev1 OBJECTID"

        def item(self, number, uid, items):
            assert "BODY" not in items or "EMAILID" in items
            return super().item(number, uid, items).replace(b"(UID", b"(EMAILID (M7) UID", 1)

    async with Labelled() as server:
        server.mails[1] = mail("one")
        await watch_of(server.settings()).run_once()

    assert [record.email_id for record in ledger.records.values()] == ["M7"]
