"""The figures of a memo: each is written from the scenario, and held against its recount."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from cockpit.locale import translate
from cockpit.memo.words import NO_FIGURE, number, percent, signed
from geodata.errors import InputError

_SAME = 1e-7
"""Relative: sums of the same numbers in another order, kept to nine decimals."""


@dataclass(frozen=True)
class Printed:
    """A figure that stands in the memo, and what counting again gave."""

    name: str  # what it is, in the reader's language
    said: str  # as printed
    found: str  # counted again, written alike


@dataclass
class Sheet:
    """
    Writes figures of a scenario, and remembers each that it wrote.

    ``said`` are the scenario's figures by path, None where one is masked or has no end; ``found``
    the same figures counted anew (``recount``). A figure that differs by more than half of its
    last printed digit refuses the memo.
    """

    said: dict[str, float | None]
    found: Mapping[str, float]
    language: str
    small_count: int
    hidden: Callable[[str], bool]  # path -> whether its small counts are not shown
    printed: list[Printed] = field(default_factory=list)
    any_hidden: bool = False  # whether a small count was left out

    def people(self, path: str, name: str) -> str:
        """Write a count of people."""
        return self._write(path, name, number, 0.5)

    def share(self, path: str, name: str) -> str:
        """Write a share of 0 to 1 as a percentage with one decimal."""
        return self._write(path, name, lambda value: percent(value, 1), 0.0005)

    def minutes(self, path: str, name: str) -> str:
        """Write minutes with one decimal."""
        return self._write(path, name, lambda value: number(value, 1), 0.05)

    def coefficient(self, path: str, name: str) -> str:
        """Write a number between 0 and 1 with three decimals."""
        return self._write(path, name, lambda value: number(value, 3), 0.0005)

    def signed(self, path: str, name: str) -> str:
        """Write a count with its sign."""
        return self._write(path, name, signed, 0.5)

    def change(self, name: str, figure: str, *, scale: float = 1, decimals: int = 0) -> str:
        """Write what "then" is more than "now"; a dash where one of both is not told."""
        then, now = self.said.get(f"then.{figure}"), self.said.get(f"now.{figure}")
        if then is None or now is None:
            return NO_FIGURE
        found = (self.found[f"then.{figure}"] - self.found[f"now.{figure}"]) * scale
        half = 0.5 * 10.0**-decimals
        return self._checked(name, (then - now) * scale, found, lambda v: signed(v, decimals), half)

    def plain(self, name: str, said: float, found: float, decimals: int = 0) -> str:
        """Write a figure that is not among the scenario's, such as how many cells there are."""
        half = 0.5 * 10.0**-decimals
        return self._checked(name, said, found, lambda v: number(v, decimals), half)

    def veil(self, paths: Sequence[str]) -> None:
        """
        Hide more of some counts whose sum is told, so that a hidden one does not follow from it.

        The smallest others, until two or more are hidden and are ``small_count`` people or more.
        Zeros stay: they take part in no sum.
        """
        if not any(self.hidden(path) for path in paths):
            return
        hidden = [path for path in paths if self.said.get(path) is None]
        others = [path for path in paths if self.said.get(path)]
        for path in sorted(others, key=lambda path: abs(self.found[path])):
            together = sum(abs(self.found[one]) for one in hidden)
            if not hidden or (len(hidden) > 1 and together >= self.small_count):
                return
            self.said[path] = None
            hidden.append(path)

    def distinct(self) -> list[Printed]:
        """Return what was printed, each once, in the order of the memo."""
        return list(dict.fromkeys(self.printed))

    def value(self, path: str) -> float:
        """Return a figure for choosing words and lengths of bars; NaN where it is not told."""
        said = self.said.get(path)
        return math.nan if said is None else said

    def _write(self, path: str, name: str, words: Callable[[float], str], half: float) -> str:
        said, found = self.said.get(path), self.found[path]
        if said is not None:
            return self._checked(name, said, found, words, half)
        if math.isnan(found):
            return NO_FIGURE
        if math.isinf(found):
            return self._say("none reached")
        if self.hidden(path):
            self.any_hidden = True
            return self._say("not shown")
        raise _differs(name, NO_FIGURE, words(found))

    def _checked(
        self, name: str, said: float, found: float, words: Callable[[float], str], half: float
    ) -> str:
        # Also refuses what is no number: nothing compares with NaN.
        if not abs(said - found) <= half + _SAME * max(abs(said), abs(found)):
            raise _differs(name, words(said), words(found))
        self.printed.append(Printed(name, words(said), words(found)))
        return words(said)

    def _say(self, template: str, **values: Any) -> str:
        return translate(template, self.language, **values)


def _differs(name: str, said: str, found: str) -> InputError:
    return InputError(
        "The memo is not made: {figure} stands as {said} in the scenario; counted again from the "
        "data it is {found}.",
        figure=name, said=said, found=found,
    )  # fmt: skip


def by_path(figures: Mapping[str, Any]) -> dict[str, float | None]:
    """
    Return figures of a scenario by path: those of lists under the name of their entry.

    ``{"then": {"mean": 3}, "groups": [{"id": "people", ...}]}`` gives "then.mean" and
    "groups.people. ...". Words are left out; None stays: masked, or without end.
    """
    made: dict[str, float | None] = {}
    for key, value in figures.items():
        if isinstance(value, Mapping):
            made.update({f"{key}.{inner}": v for inner, v in by_path(value).items()})
        elif isinstance(value, list):
            for entry in value:
                name = entry.get("site") or entry.get("id")
                made.update({f"{key}.{name}.{inner}": v for inner, v in by_path(entry).items()})
        elif value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
            made[key] = None if value is None else float(value)
    return made
