"""Signs of a false sender are shown; ordinary mail carries none."""

from __future__ import annotations

import pytest

from tests.tickets.conftest import mail
from tickets.models import Ticket
from tickets.settings import FREE_PROVIDERS
from tickets.spoofing import (
    DMARC_FAIL,
    NAME,
    NEW_ADDRESS,
    OUR_DOMAIN,
    REPLY_TO,
    URGENCY,
    flags,
    is_lookalike,
)
from tickets.types import Alignment, Channel, Inbound, Sender

OURS = frozenset({"desk.test"})


def signs(address="ann@person.test", name="", *, alignment=Alignment.NONE, new=False, **kwargs):
    inbound = Inbound(Channel.EMAIL, sender=Sender(address, name), **kwargs)
    return flags(inbound, alignment, OURS, is_new=new)


def test_an_ordinary_mail_has_none():
    assert signs(new=True, text="This is urgent!") == ()
    assert signs("ann@gmail.com", alignment=Alignment.PASS) == ()


def test_dmarc_failure_is_a_sign():
    assert signs(alignment=Alignment.FAIL) == (DMARC_FAIL,)


def test_urgency_and_a_new_address_are_told_beside_another_sign():
    found = signs(alignment=Alignment.FAIL, new=True, subject="Final notice: act within 24 hours")

    assert found == (DMARC_FAIL, NEW_ADDRESS, URGENCY)


def test_an_answer_that_goes_elsewhere_is_a_sign():
    assert signs(reply_to=(Sender("x@other.test"),)) == (REPLY_TO,)
    assert signs(reply_to=(Sender("x@mail.person.test"),)) == ()


def test_a_name_that_shows_another_address_is_a_sign():
    assert signs(name="boss@company.test") == (NAME,)
    assert signs(name="ann@person.test") == ()


def test_our_own_domain_from_outside_is_a_sign():
    assert signs("ceo@desk.test") == (OUR_DOMAIN,)
    assert signs("ceo@desk.test", alignment=Alignment.PASS) == ()


@pytest.mark.parametrize(
    "domain",
    [
        "grnail.com",
        "gmai1.com",
        "g-mail.com",
        "gmail.com".replace("i", "l"),
        "0utlook.com",
        "уandex.ru",
        "d3sk.test",
        "dеsk.test",
        "xn--pple-43d.com",
    ],
)
def test_lookalikes(domain):
    assert is_lookalike(domain, OURS | FREE_PROVIDERS)


@pytest.mark.parametrize(
    "domain", [*sorted(FREE_PROVIDERS), "person.test", "пример.test", "例子.test"]
)
def test_true_domains_are_no_lookalikes(domain):
    assert not is_lookalike(domain, OURS | FREE_PROVIDERS)


def test_other_channels_have_no_senders_to_forge():
    inbound = Inbound(Channel.TELEGRAM, sender=Sender("12345", "boss@company.test"))

    assert flags(inbound, Alignment.FAIL, OURS, is_new=True) == ()


async def test_an_agent_sees_the_signs_on_the_ticket(bench):
    verdict = "Authentication-Results: mx.desk.test; dmarc=fail header.from=person.test\r\n"

    await bench.take_in(mail(headers=f"{verdict}Reply-To: eve@other.test\r\n"))

    work = (await Ticket.get()).work
    assert [code for code in work if code.startswith("spoofing")] == [
        DMARC_FAIL,
        REPLY_TO,
        NEW_ADDRESS,
    ]
