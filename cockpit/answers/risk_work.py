"""What takes longer than a visitor waits: worked out in the background, once, and kept."""

from __future__ import annotations

import atexit
import logging
import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass, field
from typing import Any

from cockpit.access import audit
from geodata.errors import CockpitError

log = logging.getLogger("cockpit")
_MOST_KEPT = 96
_LEAVING_S = 30.0
_AGAIN_S = 30.0
"""After a fault of ours; until then whoever asks is told of it."""


@dataclass
class Work:
    """One piece of work: under way, done, or refused."""

    key: Hashable
    make: Callable[[], Any] | None
    begun: float = field(default_factory=time.monotonic)
    done: threading.Event = field(default_factory=threading.Event)
    value: Any = None
    error: CockpitError | None = None
    fell: float | None = None
    """When a fault of ours ended it, by the same clock as ``begun``."""

    @property
    def seconds(self) -> float:
        """Return how long ago it was asked for."""
        return _since(self.begun)

    def result(self) -> Any:
        """Return what was worked out; its refusal is raised again."""
        if self.error is not None:
            raise self.error
        return self.value


class Desk:
    """The works asked for: one is worked on at a time, the one asked for last comes first."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._kept: OrderedDict[Hashable, Work] = OrderedDict()
        self._waiting: list[Work] = []
        self._worker: threading.Thread | None = None

    def ask(self, key: Hashable, make: Callable[[], Any]) -> Work:
        """Return the work under a key, begun if nobody has asked for it or it fell to a fault."""
        with self._lock:
            work = self._kept.get(key)
            if work is None or (work.fell is not None and _since(work.fell) > _AGAIN_S):
                work = self._kept[key] = Work(key, make)
                self._waiting.append(work)
                self._drop_oldest()
            elif work in self._waiting:  # asked for again: before the others
                self._waiting.remove(work)
                self._waiting.append(work)
            self._kept.move_to_end(key)
            if self._waiting and (self._worker is None or not self._worker.is_alive()):
                self._worker = threading.Thread(target=self._work, name="risk", daemon=True)
                self._worker.start()
        return work

    def knows(self, key: Hashable) -> bool:
        """Tell whether a work is kept or under way."""
        return key in self._kept

    def forget(self) -> None:
        """Drop what is kept and what waits, and let what is under way end."""
        with self._lock:
            self._waiting.clear()
            self._kept.clear()
            worker = self._worker
        if worker is not None and worker is not threading.current_thread():
            worker.join(_LEAVING_S)

    def _drop_oldest(self) -> None:
        done = [key for key, work in self._kept.items() if work.done.is_set()]
        for key in done[: max(0, len(self._kept) - _MOST_KEPT)]:
            del self._kept[key]

    def _work(self) -> None:
        while True:
            with self._lock:
                if not self._waiting:
                    self._worker = None
                    return
                work = self._waiting.pop()
            _do(work)


def _since(moment: float) -> float:
    return time.monotonic() - moment


def _do(work: Work) -> None:
    make, work.make = work.make, None
    try:
        work.value = make() if make is not None else None
    except CockpitError as error:  # the page says it to whoever asked
        work.error = error
    except Exception:  # a fault of ours, which must not take the works after it along
        log.exception("work %s could not be done", work.key)
    finally:
        if work.value is None and work.error is None:
            work.fell = time.monotonic()
            work.error = CockpitError(
                "This could not be worked out; the log of the server has why."
            )
        work.done.set()


_desk = Desk()


def ask(key: Hashable, make: Callable[[], Any], *, patience_s: float = 0.0) -> Work:
    """
    Return the work under a key, begun if nobody has asked for it yet.

    Whoever has moved on to another question waits for no old one. ``patience_s`` is how long to
    wait for it here.
    """
    if not _desk.knows(key):
        audit.record_now(audit.actor(), "run", f"analysis {key}")
    work = _desk.ask(key, make)
    work.done.wait(patience_s)
    return work


@atexit.register
def forget() -> None:
    """Drop everything: the server ends, or a test changed the store behind our back."""
    _desk.forget()
