"""One answer for every method: the class of each place, what it means, figures, and a sentence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.reach import Note
from cockpit.answers.risk_places import Floats


@dataclass(frozen=True)
class Key:
    """What one class of the map means."""

    code: int
    role: str  # what it is coloured by: hot, maybe hot, ramp 0 ..., nothing, too little
    title: str  # English msgid
    values: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True)
class Column:
    """One figure of each place: numbers, or texts that are English msgids."""

    title: str  # English msgid
    values: Floats | Sequence[str]
    decimals: int = 0
    unit: str = ""  # English msgid

    @property
    def is_text(self) -> bool:
        """Tell whether the values are words."""
        return not isinstance(self.values, np.ndarray)


@dataclass(frozen=True)
class Answer:
    """What a method says of all places; ``order`` lists those worth a look, first ones first."""

    method: str
    classes: NDArray[np.uint8]  # (n_places,) one digit each
    keys: tuple[Key, ...]
    columns: tuple[Column, ...]
    order: NDArray[np.intp]
    notes: tuple[Note, ...] = ()
    found: Any = None  # the method's own result, for its panel
    events: int = 0
    unit: str = ""  # of the classes, an English msgid


Terms = list[tuple[str, dict[str, object]]]
"""Sentences as templates and values, to be said in the visitor's language."""
