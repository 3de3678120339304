"""Sealed values: AES-256-GCM or SM4-GCM, bound to the table, column and row they stand in."""

from __future__ import annotations

import hmac
import os
import re
from binascii import Error as NotBase64
from binascii import a2b_base64, b2a_base64
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from geodata.errors import CockpitError, InputError

CIPHERS = {"aes": 32, "sm4": 16}
"""Bytes of a key. ``aes`` is AES-256-GCM, ``sm4`` is SM4-GCM (GB/T 32907, GB/T 36624)."""
PREFIX = "sealed:1:"
"""How a sealed value begins; then the id of its key, a colon, and the rest in base64."""
FILE_HEAD = b"cockpit sealed 1\n"
"""How a sealed file begins; then the id of its key, a line feed, nonce, ciphertext and tag."""
NONCE_BYTES, TAG_BYTES = 12, 16
_KEY_ID = re.compile(r":k[0-9a-f]{8}:")
_ALIKE = 6  # of the 9 characters of the prefix: it was a sealed value once
_TAIL = re.compile(r"(?=.*[a-z])(?=.*[A-Z])(?=.*[0-9])[0-9A-Za-z+/:]{38,}={0,2}")
"""What is left of a sealed value without its head: no text that people write."""


class SealError(CockpitError):
    """A sealed value cannot be opened, or nothing can be sealed."""


class Aead(Protocol):
    """What encrypts and authenticates: the form of ``cryptography``'s AESGCM."""

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return ciphertext and tag."""

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return the plain bytes."""


class Sm4Gcm:
    """SM4 in Galois/Counter mode, with a tag of 16 bytes (vectors: RFC 8998, A.1)."""

    def __init__(self, material: bytes) -> None:
        self._cipher = algorithms.SM4(material)

    def encrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return ciphertext and tag."""
        made = Cipher(self._cipher, modes.GCM(nonce)).encryptor()
        made.authenticate_additional_data(associated_data or b"")
        return made.update(data) + made.finalize() + made.tag

    def decrypt(self, nonce: bytes, data: bytes, associated_data: bytes | None) -> bytes:
        """Return the plain bytes; ``InvalidTag`` when anything was changed."""
        if len(data) < TAG_BYTES:
            raise InvalidTag
        text, tag = data[:-TAG_BYTES], data[-TAG_BYTES:]
        made = Cipher(self._cipher, modes.GCM(nonce, tag)).decryptor()
        made.authenticate_additional_data(associated_data or b"")
        return made.update(text) + made.finalize()


@dataclass(frozen=True)
class Key:
    """A key of the ring; ``cipher`` is one of ``CIPHERS``."""

    id: str  # k and 8 hex digits
    cipher: str
    material: bytes = field(repr=False)

    @cached_property
    def aead(self) -> Aead:
        """The cipher with this key."""
        if self.cipher not in CIPHERS or len(self.material) != CIPHERS[self.cipher]:
            raise SealError("Key {key} is not whole. Restore the key file.", key=self.id)
        return AESGCM(self.material) if self.cipher == "aes" else Sm4Gcm(self.material)

    @property
    def check(self) -> str:
        """What the store keeps of a key, to know it again: a keyed hash of its id."""
        return hmac.digest(self.material, f"check {self.id}".encode(), "sha256").hex()


def new_key(cipher: str) -> Key:
    """
    Return a new key.

    Raises
    ------
    InputError
        If there is no such cipher.
    """
    if cipher not in CIPHERS:
        raise InputError(
            "COCKPIT_CIPHER is {found}; expected one of: {known}.",
            found=cipher,
            known=", ".join(CIPHERS),
        )
    return Key(f"k{os.urandom(4).hex()}", cipher, os.urandom(CIPHERS[cipher]))


def is_sealed(value: object) -> bool:
    """Tell whether a stored value is a sealed one, whole or damaged."""
    if not isinstance(value, str):
        return False
    return value.startswith(PREFIX) or _was_sealed(value)


def _was_sealed(value: str) -> bool:
    """Tell whether a value was sealed before its head was changed or cut."""
    alike = sum(a == b for a, b in zip(value, PREFIX, strict=False))
    if alike >= _ALIKE or _KEY_ID.search(value, 0, 40) is not None:
        return True
    return value.isascii() and _TAIL.fullmatch(value) is not None


def _bound(table: str, column: str) -> bytes:
    """Return the head of the associated data; neither name has the separator in it."""
    return f"{table}\x1f{column}\x1f".encode()


def seal_values(
    key: Key, table: str, column: str, rows: Iterable[str], values: Sequence[str | None]
) -> list[str | None]:
    """
    Seal a column's values, each for its row; None and "" stay what they are.

    Parameters
    ----------
    rows
        Keys of the rows, as many as values. A value opens only beside the same key again.

    Returns
    -------
    list
        ``sealed:1:KEY:`` and nonce (12 random bytes), ciphertext and tag (16 bytes) in base64.
    """
    head, bound = f"{PREFIX}{key.id}:", _bound(table, column)
    encrypt = key.aead.encrypt
    random = os.urandom(NONCE_BYTES * len(values))
    made: list[str | None] = []
    at = 0
    for row, value in zip(rows, values, strict=True):
        if not value:
            made.append(value)
            continue
        nonce = random[at : at + NONCE_BYTES]
        at += NONCE_BYTES
        sealed = nonce + encrypt(nonce, value.encode(), bound + row.encode())
        made.append(head + b2a_base64(sealed, newline=False).decode())
    return made


def open_values(
    key_of: Callable[[str], Key],
    table: str,
    column: str,
    rows: Iterable[str],
    values: Iterable[str | None],
    *,
    plain_too: bool = True,
) -> list[str | None]:
    """
    Open a column's values; what was never sealed comes back as it is, if ``plain_too``.

    Raises
    ------
    SealError
        If a value was changed, cut or moved from another row or column, or its key is missing; or
        stands in plain where nothing may.
    """
    bound = _bound(table, column)
    known = ""
    decrypt: Callable[[bytes, bytes, bytes | None], bytes] | None = None
    made: list[str | None] = []
    for row, value in zip(rows, values, strict=True):
        if not value or not (value.startswith(PREFIX) or _was_sealed(value)):
            if value and not plain_too:
                raise stands_plain(table, column, row)
            made.append(value)
            continue
        key_id, _, text = value[len(PREFIX) :].partition(":")
        if decrypt is None or key_id != known:
            if not value.startswith(PREFIX) or not _KEY_ID.fullmatch(f":{key_id}:"):
                raise _damaged(table, column, row)
            known, decrypt = key_id, key_of(key_id).aead.decrypt
        try:
            sealed = a2b_base64(text, strict_mode=True)
            # The last character has bits to spare: a change there must be seen, too.
            if b2a_base64(sealed, newline=False).decode() != text:
                raise _damaged(table, column, row)
            plain = decrypt(sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], bound + row.encode())
        except (InvalidTag, NotBase64, ValueError) as error:
            raise _damaged(table, column, row) from error
        made.append(plain.decode())
    return made


def _damaged(table: str, column: str, row: str) -> SealError:
    return SealError(
        "{column} of {table} {row} does not open with its key: it was changed, cut or moved. "
        "Restore it from a backup.",
        column=column,
        table=table,
        row=row.replace("\x1f", " ")[:80],
    )


def stands_plain(table: str, column: str, row: str) -> SealError:
    """Return the error of a plain value where all are sealed: no seal says that it is genuine."""
    return SealError(
        "{column} of {table} {row} stands in plain, though this store is sealed throughout: it was "
        "put there from outside. Restore it from a backup.",
        column=column,
        table=table,
        row=row.replace("\x1f", " ")[:80],
    )


def key_id_of(value: str) -> str:
    """Return the id of the key of a sealed value."""
    return value[len(PREFIX) :].partition(":")[0]


def seal_bytes(key: Key, name: str, content: bytes) -> bytes:
    """Seal a file's bytes, bound to its name."""
    nonce = os.urandom(NONCE_BYTES)
    sealed = key.aead.encrypt(nonce, content, b"file\x1f" + name.encode())
    return FILE_HEAD + key.id.encode() + b"\n" + nonce + sealed


def file_key_id(content: bytes) -> str:
    """Return the id of the key of a sealed file; "" when it is not sealed."""
    if not content.startswith(FILE_HEAD):
        return ""
    return content[len(FILE_HEAD) : len(FILE_HEAD) + 9].decode(errors="replace")


def open_bytes(key_of: Callable[[str], Key], name: str, content: bytes) -> bytes:
    """Return a file's plain bytes; bytes that are not sealed come back as they are."""
    key_id = file_key_id(content)
    if not key_id:
        return content
    at = len(FILE_HEAD) + len(key_id) + 1
    try:
        if not _KEY_ID.fullmatch(f":{key_id}:"):
            raise InvalidTag
        nonce, sealed = content[at : at + NONCE_BYTES], content[at + NONCE_BYTES :]
        return key_of(key_id).aead.decrypt(nonce, sealed, b"file\x1f" + name.encode())
    except (InvalidTag, ValueError) as error:
        raise SealError(
            "{file}: the kept file does not open with its key: it was changed, cut or moved. "
            "Restore it from a backup.",
            file=name.rsplit("/", 1)[-1],
        ) from error
