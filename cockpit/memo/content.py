"""What a memo is made of: plain frozen blocks that both forms lay out alike."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import Literal

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Heading:
    """The title of a section."""

    text: str


@dataclass(frozen=True)
class Text:
    """A paragraph; a quiet one is a remark, a loud one what must not be missed."""

    text: str
    tone: Literal["plain", "quiet", "loud"] = "plain"


@dataclass(frozen=True)
class Items:
    """Sentences one below the other."""

    items: tuple[str, ...]


@dataclass(frozen=True)
class Facts:
    """Labels with what they say."""

    rows: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class Tile:
    """One headline figure: what, how much, and against what."""

    label: str
    figure: str
    beside: str
    mood: Literal["better", "worse", "same"] = "same"


@dataclass(frozen=True)
class Tiles:
    """The figures that a reader in a hurry takes home."""

    tiles: tuple[Tile, ...]


@dataclass(frozen=True)
class Bar:
    """A bar on both sides of zero, each as a share (0 to 1) of the longest in its table."""

    worse: float
    better: float


@dataclass(frozen=True)
class Table:
    """
    A table with its caption above.

    The first ``n_words`` columns hold words, the others figures. ``bars``, where given, are one a
    row (None: none) and stand in a last column under ``bar_head``. The last row is a sum when
    ``has_sum``. Column ``wide`` takes the room that the others leave.
    """

    caption: str
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    n_words: int = 1
    wide: int = 0
    bars: tuple[Bar | None, ...] = ()
    bar_head: str = ""
    has_sum: bool = False


@dataclass(frozen=True)
class Picture:
    """A vector picture, the sentence that stands for it where it cannot be seen, its caption."""

    svg: str
    alt: str
    caption: str


@dataclass(frozen=True)
class Check:
    """What was recomputed: a sentence; the list to open in HTML, left out on paper."""

    sentence: str
    summary: str
    table: Table


@dataclass(frozen=True)
class Signature:
    """Lines to sign by hand, below what is to be decided."""

    lead: str
    roles: tuple[str, ...]
    labels: tuple[str, ...]  # of the columns: role, name, date


Block = Heading | Text | Items | Facts | Tiles | Table | Picture | Check | Signature


@dataclass(frozen=True)
class Memo:
    """A memo in one language, ready to be laid out."""

    language: Language
    kind: str  # "Decision memo"
    title: str
    marks: tuple[str, ...]  # data class, invented county
    author: str
    made: dt.datetime  # of the scenario: never of the clock
    footer: str
    page_words: str  # "page {page} of {pages}", filled by the paper form
    blocks: tuple[Block, ...]
