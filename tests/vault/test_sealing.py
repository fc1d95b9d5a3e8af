from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vault.errors import SealBroken
from vault.sealing import (
    OVERHEAD,
    Key,
    Place,
    framed,
    key_id_of,
    new_content_key,
    seal,
    seal_text,
    unseal,
    unseal_text,
    unwrap,
    wrap,
)

KEY = Key("identity:" + "a" * 32, b"k" * 32)
PLACE = Place("message", "1", "body")
ROW = UUID("01890a5d-ac96-774b-bcce-b302099a8057")


@given(st.binary(max_size=4096))
def test_what_is_sealed_opens(plain):
    sealed = seal(KEY, PLACE, plain)

    assert unseal(KEY, PLACE, sealed) == plain
    assert len(sealed) == len(plain) + OVERHEAD


@given(st.text() | st.just("lone \udcff surrogate"))
def test_text_comes_back_as_it_was(plain):
    assert unseal_text(KEY, PLACE, seal_text(KEY, PLACE, plain)) == plain


def test_sealing_twice_differs():
    assert seal(KEY, PLACE, b"same") != seal(KEY, PLACE, b"same")


def test_the_plaintext_is_not_in_it():
    assert b"Wohnung" not in seal(KEY, PLACE, b"Wohnung" * 10)


@pytest.mark.parametrize("position", range(OVERHEAD + 6))
@pytest.mark.parametrize("bit", [0, 7])
def test_any_flipped_bit_breaks_the_seal(position, bit):
    sealed = bytearray(seal(KEY, PLACE, b"secret"))
    sealed[position] ^= 1 << bit

    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, bytes(sealed))


@pytest.mark.parametrize("length", range(OVERHEAD + 6))
def test_anything_cut_off_breaks_the_seal(length):
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, seal(KEY, PLACE, b"secret")[:length])


def test_anything_added_breaks_the_seal():
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE, seal(KEY, PLACE, b"secret") + b"\0")


@pytest.mark.parametrize(
    "elsewhere",
    [
        Place("note", "1", "body"),
        Place("message", "2", "body"),
        Place("message", "1", "subject"),
        Place("messag", "e1", "body"),
        Place("message", "1b", "ody"),
        PLACE.part(0, 1),
    ],
)
def test_a_value_does_not_open_in_another_place(elsewhere):
    with pytest.raises(SealBroken, match="another place"):
        unseal(KEY, elsewhere, seal(KEY, PLACE, b"secret"))


def test_a_value_does_not_open_with_another_key():
    other = Key("identity:" + "b" * 32, b"l" * 32)

    with pytest.raises(SealBroken, match="not sealed under the key of identity:bbbb"):
        unseal(other, PLACE, seal(KEY, PLACE, b"secret"))


def test_a_forged_key_id_does_not_help():
    other = Key("staff", b"l" * 32)
    sealed = bytearray(seal(KEY, PLACE, b"secret"))
    sealed[1:9] = other.id

    with pytest.raises(SealBroken, match="altered"):
        unseal(other, PLACE, bytes(sealed))


def test_errors_and_reprs_tell_no_content():
    sealed = bytearray(seal(KEY, PLACE, b"Wohnung"))
    sealed[-1] ^= 1

    with pytest.raises(SealBroken) as caught:
        unseal(KEY, PLACE, bytes(sealed))

    assert str(caught.value) == "message.body 1: altered, or from another place"
    assert repr(KEY) == f"Key(owner='identity:{'a' * 32}')"


def test_segments_keep_their_order_and_number():
    sealed = [seal(KEY, PLACE.part(n, 2), part) for n, part in enumerate([b"one", b"two"])]

    assert unseal(KEY, PLACE.part(1, 2), sealed[1]) == b"two"
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE.part(0, 2), sealed[1])
    with pytest.raises(SealBroken):
        unseal(KEY, PLACE.part(0, 1), sealed[0])


def test_a_row_is_the_same_by_uuid_and_by_its_hex():
    sealed = seal(KEY, Place("message", ROW, "body"), b"secret")

    assert unseal(KEY, Place("message", ROW.hex, "body"), sealed) == b"secret"


def test_content_is_handed_over_by_wrapping_its_key_anew():
    intake, identity = Key("intake", b"i" * 32), KEY
    place = Place("blob", "9", "key")
    content_key = new_content_key()
    sealed = seal(content_key, Place("blob", "9", "data"), b"a mail")

    ours = unwrap(intake, place, wrap(intake, place, content_key))
    theirs = unwrap(identity, place, wrap(identity, place, ours))

    assert unseal(theirs, Place("blob", "9", "data"), sealed) == b"a mail"
    with pytest.raises(SealBroken):
        unwrap(identity, place, wrap(intake, place, content_key))


def test_the_key_id_can_be_read_without_the_key():
    assert key_id_of(seal(KEY, PLACE, b"")) == KEY.id


@pytest.mark.parametrize("length", [0, 16, 24, 31, 33])
def test_a_key_has_32_bytes(length):
    with pytest.raises(ValueError, match="32 bytes"):
        Key("staff", b"k" * length)


@given(st.lists(st.binary(max_size=9), max_size=4), st.lists(st.binary(max_size=9), max_size=4))
def test_framing_is_unambiguous(left, right):
    assert (framed(*left) == framed(*right)) == (left == right)
