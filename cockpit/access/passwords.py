"""Passwords: argon2id, few hashes at once, and rules that help instead of annoying."""

from __future__ import annotations

import threading
import unicodedata
from functools import lru_cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

from geodata.errors import InputError

SHORTEST, LONGEST = 10, 200  # characters
AT_ONCE = 8
"""Hashes at one time, 64 MiB each: whoever signs in beside eight others waits a moment."""

HASHER = PasswordHasher()
"""argon2id as the library sets it: 64 MiB, 3 passes, 4 lanes (RFC 9106, second recommendation)."""

_DIFFERENT = 5  # characters; "1111111111" and "aabbaabbaa" are no passwords
_slots = threading.BoundedSemaphore(AT_ONCE)

_COMMON = frozenset(
    """
    1234567890 12345678910 0123456789 9876543210 0987654321 1234512345 1q2w3e4r5t 1qaz2wsx3edc
    qwertyuiop qwerty1234 qwerty12345 qwerty123456 asdfghjkl123 zxcvbnm123 password12 password123
    password1234 passw0rd123 p@ssw0rd123 administrator admin12345 admin123456 root123456
    welcome123 welcome1234 changeme123 letmein123 iloveyou123 woaini1314 woaini5201314 woaini520
    a123456789 aa123456789 abc1234567 abc123456789 abcd123456 abcdefghij 123456789a 1234567890a
    123456abcdef 147258369000 1472583690 5201314520 woshishei123 nihao12345 xiancheng123
    """.split()  # noqa: SIM905 -- reads better than a column of strings
)
"""Passwords of ten characters and more that every list of leaked ones begins with."""


def require_good(password: str, name: str = "") -> None:
    """
    Raise ``InputError`` unless a password can be taken: long enough, not guessed at once.

    Ten characters are the rule; which ones is left to the person. A sentence is welcome.
    """
    plain = _same(password)
    if len(plain) < SHORTEST:
        raise InputError("A password has at least {n} characters; a short sentence is good.",
                         n=SHORTEST)  # fmt: skip
    if len(plain) > LONGEST:
        raise InputError("A password has at most {n} characters.", n=LONGEST)
    if name and _same(name).casefold() in (plain.casefold(), plain.casefold()[::-1]):
        raise InputError("The name is no password: everybody can read it.")
    if plain.casefold() in _COMMON or len(set(plain)) < _DIFFERENT:
        raise InputError("This password is one of the first that others try. Choose another one.")


def hashed(password: str) -> str:
    """Return the hash to keep; 0.2 s and 64 MiB, in turn with others (``AT_ONCE``)."""
    with _slots:
        return HASHER.hash(_same(password))


def matches(kept: str, password: str) -> bool:
    """
    Tell whether a password belongs to a hash; the work is the same when there is no hash.

    Parameters
    ----------
    kept
        What ``hashed`` returned; "" for a name that nobody has, or an account without password.
    """
    with _slots:
        try:
            known = HASHER.verify(kept or _nobodys(HASHER), _same(password))
        except (VerifyMismatchError, VerificationError, InvalidHashError):
            return False
    return bool(kept) and known


def is_old(kept: str) -> bool:
    """Tell whether a hash was made with other parameters than today's."""
    return HASHER.check_needs_rehash(kept)


@lru_cache(maxsize=4)
def _nobodys(hasher: PasswordHasher) -> str:
    """Return a hash that no password belongs to, made as costly as the others."""
    return hasher.hash("\x00nobody")


def _same(password: str) -> str:
    """Return a password the same way whichever keyboard composed its characters."""
    return unicodedata.normalize("NFKC", password[: LONGEST * 4])
