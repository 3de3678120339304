"""The models of placement: what each asks for, and how it is called."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Model:
    """A model as a page and the command line offer it."""

    id: str
    title: str  # msgid
    sense: Literal["min", "max"]
    needs: tuple[str, ...]  # parameters without which it cannot be solved
    takes: tuple[str, ...]  # parameters that have a default
    note: str  # msgid: what it does, in one sentence
    unit: Literal["person-minutes", "minutes", "people", "sites"]  # of the objective


_ALL = (
    Model(
        "p-median",
        "p-median: fewest minutes",
        "min",
        ("p",),
        ("unreached",),
        "Opens p sites so that all people together travel the fewest minutes.",
        "person-minutes",
    ),
    Model(
        "p-center",
        "p-center: nobody far",
        "min",
        ("p",),
        (),
        "Opens p sites so that the longest way anybody has is as short as possible.",
        "minutes",
    ),
    Model(
        "lscp",
        "Cover everybody",
        "min",
        ("reach",),
        (),
        "Opens as few sites as possible so that everybody has one within reach.",
        "sites",
    ),
    Model(
        "lscp-b",
        "Cover everybody, with backup",
        "min",
        ("reach",),
        (),
        "Covers everybody with as few sites as possible and gives most people a second one.",
        "sites",
    ),
    Model(
        "mclp",
        "Cover most people",
        "max",
        ("p", "reach"),
        (),
        "Opens p sites so that as many people as possible have one within reach.",
        "people",
    ),
    Model(
        "bclp",
        "Cover most people, with backup",
        "max",
        ("p", "reach"),
        ("backup",),
        "Opens p sites so that many people have one within reach and many have two.",
        "people",
    ),
    Model(
        "p-dispersion",
        "p-dispersion: far apart",
        "max",
        ("p",),
        (),
        "Opens p sites so that the two nearest to each other are as far apart as possible.",
        "minutes",
    ),
)
MODELS: dict[str, Model] = {model.id: model for model in _ALL}
