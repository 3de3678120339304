"""Compile inner loops, and keep the machine code on the disk where one may write."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from numba import njit


def compiled(function: Callable[..., Any]) -> Any:
    """
    Compile a function of numbers and arrays when it is first called.

    The machine code is kept beside the source, or in the folder that ``NUMBA_CACHE_DIR`` names, so
    that the next process reads it in a fraction of a second. Where neither can be written, every
    process compiles anew. Other threads go on while it works: it touches no object of Python.
    """
    try:
        return njit(cache=True, nogil=True)(function)
    except RuntimeError:  # numba found no folder to write to
        return njit(nogil=True)(function)
