"""How long a search may go on, and who hears of each better plan."""

from __future__ import annotations

import time
from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cockpit.placement.plan import Progress, Step
from geodata.errors import InputError

_ASKED = 0.5  # seconds without news after which it is asked all the same whether to go on
_OFTEN = 0.1  # seconds between two steps that differ in nothing but the bound


class Clock:
    """
    Seconds that are left, and the way to tell ``progress`` of plans and bounds.

    Figures of a solver go through ``constant + sign * figure`` first: covering is solved as "leave
    as few as possible uncovered" but told as people covered.
    """

    def __init__(
        self, seconds: float, progress: Progress | None, *, constant: float = 0.0, sign: float = 1.0
    ) -> None:
        if not seconds > 0:  # NaN fails too
            raise InputError("The time limit is {seconds} s; expected above 0.", seconds=seconds)
        self.seconds = seconds
        self.began = time.perf_counter()
        self.going = True
        self._progress = progress
        self._constant = constant
        self._sign = sign
        self._told = (-np.inf, np.nan)
        self._step: Step | None = None

    @property
    def spent(self) -> float:
        """Return the seconds since the beginning."""
        return time.perf_counter() - self.began

    @property
    def left(self) -> float:
        """Return the seconds that are left, 0 or more."""
        return max(self.seconds - self.spent, 0.0)

    def tell(self, opened: NDArray[np.bool_], value: float, bound: float, phase: str) -> bool:
        """Tell of the best plan and bound; return whether to go on."""
        now = self.spent
        self.going &= now < self.seconds
        news = value != self._told[1] or now - self._told[0] > _OFTEN
        if self._progress is not None and news:
            self._told = (now, value)
            objective = self._constant + self._sign * value
            best = self._constant + self._sign * min(bound, value)
            self._step = Step(np.flatnonzero(opened), objective, best, now, phase)
            self.going &= self._progress(self._step) is not False
        return self.going

    def again(self) -> bool:
        """Return whether to go on; each second ``progress`` is asked with the last step anew."""
        now = self.spent
        self.going &= now < self.seconds
        if self._step is not None and self._progress is not None and now - self._told[0] > _ASKED:
            self._told = (now, self._told[1])
            self._step = replace(self._step, seconds=now)
            self.going &= self._progress(self._step) is not False
        return self.going
