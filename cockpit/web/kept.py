"""Finished answers as compressed bytes, kept within a bound and made once."""

from __future__ import annotations

import gzip
import hashlib
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from dataclasses import dataclass

COMPRESSION = 9  # made once and kept: 5 % less than level 6


@dataclass(frozen=True)
class Answer:
    """Bytes with their strong entity tag; ``packed`` tells that they are gzip."""

    body: bytes
    etag: str
    media_type: str
    packed: bool = True

    def plain(self) -> bytes:
        """Return the bytes uncompressed."""
        return gzip.decompress(self.body) if self.packed else self.body


def packed(body: bytes, media_type: str) -> Answer:
    """Compress bytes; the same bytes give the same tag on every machine."""
    # mtime=0: gzip would write the time of day into the bytes.
    return Answer(gzip.compress(body, COMPRESSION, mtime=0), _tag(body), media_type)


def unpacked(body: bytes, media_type: str) -> Answer:
    """Keep bytes that are compressed in themselves: pictures, workbooks."""
    return Answer(body, _tag(body), media_type, packed=False)


def _tag(body: bytes) -> str:
    return f'"{hashlib.sha256(body).hexdigest()[:24]}"'


class Kept:
    """
    The answers used last, up to a number of bytes.

    Two threads that ask for the same answer at once make it once: the second waits.
    """

    def __init__(self, most_bytes: int) -> None:
        self._most_bytes = most_bytes
        self._size = 0
        self._answers: OrderedDict[Hashable, Answer] = OrderedDict()
        self._lock = threading.Lock()
        self._makers: dict[Hashable, threading.Lock] = {}

    def get(self, key: Hashable, make: Callable[[], Answer]) -> Answer:
        """Return the kept answer, or make and keep it. An error of ``make`` keeps nothing."""
        answer = self._find(key)
        if answer is not None:
            return answer
        with self._lock:
            maker = self._makers.setdefault(key, threading.Lock())
        try:
            with maker:
                answer = self._find(key)
                if answer is None:
                    answer = make()
                    self._keep(key, answer)
        finally:
            with self._lock:
                self._makers.pop(key, None)
        return answer

    def clear(self) -> None:
        """Drop everything."""
        with self._lock:
            self._answers.clear()
            self._size = 0

    @property
    def size(self) -> int:
        """Bytes kept now."""
        return self._size

    def _find(self, key: Hashable) -> Answer | None:
        with self._lock:
            answer = self._answers.get(key)
            if answer is not None:
                self._answers.move_to_end(key)
            return answer

    def _keep(self, key: Hashable, answer: Answer) -> None:
        with self._lock:
            self._answers[key] = answer
            self._size += len(answer.body)
            while self._size > self._most_bytes and len(self._answers) > 1:
                _, oldest = self._answers.popitem(last=False)
                self._size -= len(oldest.body)
