"""Texts as they come: cleaned for reading and counting; what is too long or empty is marked."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError

LONGEST = 20_000
"""Characters that one appeal may have. The longest petition we have seen has about 4,000; a text of
a megabyte is a file that slipped into a column, and reading it as an appeal would only mislead."""

READ, EMPTY, TOO_LONG = 0, 1, 2
STATE_TITLES = {
    READ: "read",
    EMPTY: "no text",
    TOO_LONG: "text too long, not read",
}

# Control and format characters (zero-width spaces, marks of direction), but not line ends.
_UNSEEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2064\ufeff]"
)
_SPACES = re.compile(r"\s+")
_COLON = re.compile(r"(?<!\d):|:(?!\d)")  # not that of 12:30
_SENTENCE_MARKS = str.maketrans({",": "，", "?": "？", "!": "！", ";": "；"})


def clean(text: str) -> str:
    """
    Return a text with half-width letters and digits, plain spaces and no control characters.

    Full-width forms become ordinary ones (Unicode NFKC), so that １３８ and 138 are the same; marks
    between sentences become Chinese ones, whichever were typed. Any run of white space becomes one
    space.
    """
    plain = unicodedata.normalize("NFKC", _UNSEEN.sub("", text))
    # NFKC makes control characters of nothing, but white space of much.
    spaced = _SPACES.sub(" ", plain).strip().translate(_SENTENCE_MARKS)
    return _COLON.sub("：", spaced)


def checked(text: str, name: str) -> str:
    """
    Return a text cleaned, or refuse it.

    Raises
    ------
    InputError
        If it has more than ``LONGEST`` characters, naming it by ``name``.
    """
    if len(text) > LONGEST:
        raise InputError(
            "The text of {name} has {n} characters; at most {most} are read.",
            name=name,
            n=len(text),
            most=LONGEST,
        )
    return clean(text)


def read(texts: Sequence[str]) -> tuple[list[str], NDArray[np.int8]]:
    """
    Return all texts cleaned, and a state for each: ``READ``, ``EMPTY`` or ``TOO_LONG``.

    One that is too long becomes "" and is marked, so that a single one stops nobody; what is made
    of texts leaves out those not ``READ``.
    """
    state = np.full(len(texts), READ, dtype=np.int8)
    found: dict[str, str] = {}  # the same words come again and again
    cleaned = []
    for number, text in enumerate(texts):
        if len(text) > LONGEST:
            state[number] = TOO_LONG
            cleaned.append("")
            continue
        if text not in found:
            found[text] = clean(text)
        cleaned.append(found[text])
        if not found[text]:
            state[number] = EMPTY
    return cleaned, state


def without_names(text: str, names: Sequence[str]) -> str:
    """Return a text without the names of its place: they tell where, not what."""
    for name in names:
        if name:
            text = text.replace(name, "")
    return text
