"""Sealed values: published vectors, the law of the round trip, and every way to damage one."""

from __future__ import annotations

import pytest
from cryptography.exceptions import InvalidTag
from hypothesis import given
from hypothesis import strategies as st

from cockpit.access.sealing import (
    PREFIX,
    Key,
    SealError,
    Sm4Gcm,
    is_sealed,
    new_key,
    open_bytes,
    open_values,
    seal_bytes,
    seal_values,
)
from geodata.errors import InputError

KEYS = {cipher: new_key(cipher) for cipher in ("aes", "sm4")}
BY_ID = {key.id: key for key in KEYS.values()}


def key_of(key_id: str) -> Key:
    if key_id not in BY_ID:
        raise SealError("no key")
    return BY_ID[key_id]


def sealed(text: str, *, cipher: str = "aes", row: str = "events:1") -> str:
    (value,) = seal_values(KEYS[cipher], "event", "text", [row], [text])
    assert value is not None
    return value


def opened(value: str, *, table: str = "event", column: str = "text", row: str = "events:1") -> str:
    (text,) = open_values(key_of, table, column, [row], [value])
    assert text is not None
    return text


def test_aes_gcm_gives_the_published_ciphertext() -> None:
    # McGrew and Viega, "The Galois/Counter Mode of Operation", test case 16 (AES-256).
    key = Key(
        "k00000000",
        "aes",
        bytes.fromhex("feffe9928665731c6d6a8f9467308308feffe9928665731c6d6a8f9467308308"),
    )
    plain = bytes.fromhex(
        "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a72"
        "1c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39"
    )
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    made = key.aead.encrypt(bytes.fromhex("cafebabefacedbaddecaf888"), plain, bound)
    assert made.hex() == (
        "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa"
        "8cb08e48590dbb3da7b08b1056828838c5f61e6393ba7a0abcc9f662"
        "76fc6ece0f4e1768cddf8853bb2d551b"
    )


def test_sm4_gcm_gives_the_published_ciphertext() -> None:
    # RFC 8998, appendix A.1.
    made = Sm4Gcm(bytes.fromhex("0123456789abcdeffedcba9876543210"))
    nonce = bytes.fromhex("00001234567800000000abcd")
    bound = bytes.fromhex("feedfacedeadbeeffeedfacedeadbeefabaddad2")
    plain = bytes.fromhex("aa" * 8 + "bb" * 8 + "cc" * 8 + "dd" * 8 + "ee" * 8 + "ff" * 8)
    plain += bytes.fromhex("ee" * 8 + "aa" * 8)
    ciphertext = (
        "17f399f08c67d5ee19d0dc9969c4bb7d5fd46fd3756489069157b282bb200735"
        "d82710ca5c22f0ccfa7cbf93d496ac15a56834cbcf98c397b4024a2691233b8d"
    )
    tag = "83de3541e4c2b58177e065a9bf7b62ec"
    assert made.encrypt(nonce, plain, bound).hex() == ciphertext + tag
    assert made.decrypt(nonce, bytes.fromhex(ciphertext + tag), bound) == plain
    for wrong in (ciphertext + "00" * 16, ciphertext[2:] + tag, "00"):
        with pytest.raises(InvalidTag):
            made.decrypt(nonce, bytes.fromhex(wrong), bound)


@given(text=st.text(st.characters(codec="utf-8"), min_size=1), cipher=st.sampled_from(tuple(KEYS)))
def test_what_is_sealed_opens_to_what_it_was(text: str, cipher: str) -> None:
    value = sealed(text, cipher=cipher)
    assert value.startswith(f"{PREFIX}{KEYS[cipher].id}:")
    assert value.isascii()
    assert is_sealed(value)
    assert opened(value) == text
    assert sealed(text, cipher=cipher) != value  # another nonce


@pytest.mark.parametrize("cipher", tuple(KEYS))
@pytest.mark.parametrize(
    "elsewhere", [{"row": "events:2"}, {"column": "status"}, {"table": "person"}, {"row": ""}]
)
def test_a_value_opens_in_its_own_place_only(cipher: str, elsewhere: dict[str, str]) -> None:
    with pytest.raises(SealError, match="does not open with its key"):
        opened(sealed("扰民", cipher=cipher), **elsewhere)


@pytest.mark.parametrize("cipher", tuple(KEYS))
def test_a_flipped_bit_is_an_error_wherever_it_is(cipher: str) -> None:
    value = sealed("反映邻居夜间施工扰民", cipher=cipher)
    for at in range(len(value)):
        for bit in range(7):
            changed = f"{value[:at]}{chr(ord(value[at]) ^ 1 << bit)}{value[at + 1 :]}"
            with pytest.raises(SealError):
                opened(changed)


def test_a_cut_value_is_an_error() -> None:
    value = sealed("反映邻居夜间施工扰民")
    for n in range(6, len(value)):
        with pytest.raises(SealError):
            opened(value[:n])
    for n in range(1, 40):
        with pytest.raises(SealError):
            opened(value[n:])


@given(st.text(max_size=60).filter(lambda text: not text.startswith("seal")))
def test_what_was_never_sealed_comes_back(text: str) -> None:
    if not is_sealed(text):
        assert open_values(key_of, "event", "text", ["1"], [text]) == [text]


@pytest.mark.parametrize(
    "text",
    ["sea", "封存", "a" * 64, "-", "529901001001", "SW001, 2025-10-01T08:30:00", "No. 12/34+5"],
)
def test_texts_that_people_write_are_not_taken_for_sealed_ones(text: str) -> None:
    assert not is_sealed(text)


def test_nothing_is_not_sealed() -> None:
    assert seal_values(KEYS["aes"], "event", "text", ["1", "2"], [None, ""]) == [None, ""]
    assert open_values(key_of, "event", "text", ["1", "2"], [None, ""]) == [None, ""]


def test_the_error_names_the_place_and_nothing_else() -> None:
    with pytest.raises(SealError) as told:
        opened(sealed("扰民"), row="events:2")
    assert str(told.value) == (
        "text of event events:2 does not open with its key: it was changed, cut or moved. "
        "Restore it from a backup."
    )


@pytest.mark.parametrize("cipher", tuple(KEYS))
def test_files_are_bound_to_their_name(cipher: str) -> None:
    content = "姓名,身份证号\n".encode() * 100
    kept = seal_bytes(KEYS[cipher], "uploads/1/a.csv", content)
    assert content[:12] not in kept
    assert open_bytes(key_of, "uploads/1/a.csv", kept) == content
    assert open_bytes(key_of, "uploads/1/a.csv", content) == content  # never sealed
    damaged = (kept[:-1], kept[:40], kept[:-1] + bytes([kept[-1] ^ 1]))
    for name, bytes_ in (("uploads/2/a.csv", kept), *(("uploads/1/a.csv", d) for d in damaged)):
        with pytest.raises(SealError, match=r"a\.csv: the kept file does not open"):
            open_bytes(key_of, name, bytes_)


def test_an_unknown_cipher_is_refused() -> None:
    with pytest.raises(InputError, match="COCKPIT_CIPHER is rot13; expected one of: aes, sm4"):
        new_key("rot13")


def test_many_texts_open_as_they_were_sealed() -> None:
    texts: list[str | None] = ["反映邻居夜间施工扰民，" * 5] * 1_200
    rows = [f"events:{k}" for k in range(len(texts))]
    values = seal_values(KEYS["aes"], "event", "text", rows, texts)
    assert open_values(key_of, "event", "text", rows, values) == texts
