"""What two methods ask beside the question, as text: weights of the index, rise of the water."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

from geodata.errors import InputError

NONE = "-"
WEIGHTINGS = ("equal", "entropy", "own", "ahp")
SCORES = ("sum", "topsis")
MOST_CRITERIA = 9
SCALE = (1, 2, 3, 4, 5, 6, 7, 8, 9)
"""Saaty's scale: 1 as important, 9 far more important; minus stands for the reverse."""
HIGHEST_RISE_M = 20.0
USUAL_RISE_M = 2.0


@dataclass(frozen=True)
class IndexOptions:
    """What the composite index is made of, how it is weighed, and how the score is made."""

    criteria: tuple[str, ...]
    weighting: str = "equal"
    score: str = "sum"
    numbers: tuple[int, ...] = field(default=())
    """Of "own" the weights, 0 to 10, in the order of the criteria; of "ahp" the comparisons above
    the diagonal, row by row, -9 to 9."""

    def __str__(self) -> str:
        """Return the options as they stand in an address."""
        numbers = ".".join(str(n) for n in self.numbers)
        return "~".join((".".join(self.criteria), self.weighting, self.score, numbers))


def index_options(text: str) -> IndexOptions:
    """Return the options of the index behind a text; an ``InputError`` for any other text."""
    parts = text.split("~")
    if len(parts) != 4 or parts[1] not in WEIGHTINGS or parts[2] not in SCORES:
        raise InputError("The weights of the index cannot be read: {text}.", text=text[:80])
    criteria = tuple(c for c in parts[0].split(".") if c)
    try:
        numbers = tuple(int(n) for n in parts[3].split(".") if n)
    except ValueError:
        raise InputError(
            "The weights of the index cannot be read: {text}.", text=text[:80]
        ) from None
    found = IndexOptions(criteria, parts[1], parts[2], numbers)
    _check(found)
    return found


def _check(found: IndexOptions) -> None:
    n = len(found.criteria)
    if not 2 <= n <= MOST_CRITERIA or len(set(found.criteria)) != n:
        raise InputError(
            "An index has 2 to {most} different criteria; {n} are chosen.", most=MOST_CRITERIA, n=n
        )
    wanted = {"own": n, "ahp": n * (n - 1) // 2}.get(found.weighting, 0)
    most = 10 if found.weighting == "own" else SCALE[-1]
    least = 0 if found.weighting == "own" else -most
    good = len(found.numbers) == wanted and all(least <= v <= most for v in found.numbers)
    if not good or (found.weighting == "own" and not any(found.numbers)):
        raise InputError("The weights of the index do not fit its criteria.")


def rise_m(text: str) -> float:
    """Return the rise of the water in metres; an ``InputError`` for any other text."""
    try:
        rise = float(text)
    except ValueError:
        rise = math.nan
    if not 0 < rise <= HIGHEST_RISE_M:
        raise InputError(
            "The water rises by {rise} m; expected above 0 and at most {most}.",
            rise=text[:20], most=int(HIGHEST_RISE_M),
        )  # fmt: skip
    return rise


def checked(method: str, text: str) -> str:
    """Return the options of a method, checked; those of other methods are ``NONE``."""
    if method == "index":
        return str(index_options(text))
    if method == "impact":
        return f"{rise_m(text):g}"
    return NONE
