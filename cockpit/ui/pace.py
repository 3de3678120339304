"""What Streamlit does at every run and need not: collect garbage, look for emojis."""

from __future__ import annotations

import gc
import threading
import time
from functools import lru_cache
from types import SimpleNamespace

from streamlit import string_util
from streamlit.runtime.scriptrunner import script_runner

SECONDS = 5.0


class Collector:
    """Collects garbage when asked, but at most once in a number of seconds."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._lock = threading.Lock()
        self._next = time.monotonic() + seconds

    def collect(self, generation: int = 2) -> int:
        """Return the number of unreachable objects; 0 when the last time was too recent."""
        now = time.monotonic()
        with self._lock:
            if now < self._next:
                return 0
            self._next = now + self._seconds
        return gc.collect(generation)


def collect_seldom(seconds: float = SECONDS) -> None:
    """
    Let Streamlit's collection after every script run happen at most once in ``seconds``.

    With fifty sessions it walks all their objects each time: half of the processor's work on the
    map page. What is dropped without cycles is freed at once as ever, and Python's own collections
    go on.
    """
    # Streamlit has no setting for it; a version without this import keeps its own pace.
    if hasattr(script_runner, "gc"):
        script_runner.gc = SimpleNamespace(collect=Collector(seconds).collect)


def remember_emojis() -> None:
    """
    Let Streamlit look for an emoji in a button's text once, not at every run.

    The search takes half a millisecond for each Chinese text: 9 of the map's 22 ms.
    """
    search = getattr(string_util, "extract_leading_emoji", None)
    if search is not None and not hasattr(search, "cache_info"):
        string_util.extract_leading_emoji = lru_cache(maxsize=4096)(search)
