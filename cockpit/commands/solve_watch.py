"""The line that shows plan, bound and gap while a search runs, and the way to stop it."""

from __future__ import annotations

import math
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, wait
from contextlib import contextmanager
from types import FrameType
from typing import Any

from cockpit.locale import translate
from cockpit.placement.plan import Plan, Step

LEFT = 130  # exit code of a program that Ctrl-C ended
_LOOK_S = 0.1  # how often the waiting thread looks up: a Ctrl-C is heard within it


class Watcher:
    """
    Hears of better plans and bounds; the first Ctrl-C stops the search, the second leaves at once.

    The search runs in a thread of its own: compiled loops would keep the main one, which alone
    hears signals, from answering.
    """

    def __init__(self, language: str, *, shown: bool) -> None:
        self.stopped = False
        self._language = language
        self._shown = shown
        self._width = 0

    def __call__(self, step: Step) -> bool:
        """Show a step; return whether to go on."""
        if self._shown:
            self._line(
                translate(
                    "{n} sites · plan {plan} · bound {bound} · gap {gap} · {seconds} s",
                    self._language,
                    n=len(step.open),
                    plan=figure(step.objective),
                    bound=figure(step.bound),
                    gap=percent(step.gap),
                    seconds=f"{step.seconds:.1f}",
                )
            )
        return not self.stopped

    def run(self, search: Callable[[], Plan]) -> Plan:
        """Return what a search finds; its errors come out here."""
        with ThreadPoolExecutor(max_workers=1, thread_name_prefix="solve") as pool:
            found = pool.submit(search)
            while not found.done():
                wait((found,), timeout=_LOOK_S)
            return found.result()

    def stop(self, _: int, __: FrameType | None) -> None:
        """Stop the search with the best plan so far; the second time leave."""
        self.clear()
        if self.stopped:
            os._exit(LEFT)  # the search would have to end first: nobody waits for that twice
        self.stopped = True
        print(translate("Stopping; the best plan so far is kept.", self._language), file=sys.stderr)

    def clear(self) -> None:
        """Take the line away."""
        if self._width:
            self._line("")
            self._width = 0

    def _line(self, text: str) -> None:
        print(f"\r{text.ljust(self._width)}", end="" if text else "\r", file=sys.stderr, flush=True)
        self._width = len(text)


@contextmanager
def watched(language: str) -> Iterator[Watcher]:
    """Yield a watcher that Ctrl-C stops; afterwards Ctrl-C means again what it did."""
    watch = Watcher(language, shown=sys.stderr.isatty())
    main = threading.current_thread() is threading.main_thread()
    before: Any = signal.signal(signal.SIGINT, watch.stop) if main else None
    try:
        yield watch
    finally:
        if main:
            signal.signal(signal.SIGINT, before)
        watch.clear()


def figure(value: float) -> str:
    """Return a figure to read: whole where it is, else with the digits that tell something."""
    if not math.isfinite(value):
        return "-"
    if abs(value) >= 1000 or value == round(value):
        return f"{value:,.0f}" if value == round(value) else f"{value:,.1f}"
    return f"{value:.6g}"


def percent(gap: float) -> str:
    """Return a gap to read; a small one never as 0."""
    if not math.isfinite(gap):
        return "-"
    if 0 < gap < 0.00005:
        return "< 0.01 %"
    return f"{100 * gap:.2f} %"
