"""Counts of sensitive groups that no page shows: the small ones, and what would give them away."""

from __future__ import annotations

import threading
from collections import OrderedDict

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.twin import Twin
from cockpit.indicators import MEASURES
from cockpit.subtraction import unsubtractable

SENSITIVE = ("敏感", "秘密")
"""Classes of which small counts are not shown even to those who may see them."""

_MOST_KEPT = 64

Flags = NDArray[np.bool_]
_Key = tuple[str, str, int]

_lock = threading.Lock()
_kept: OrderedDict[_Key, tuple[NDArray[np.float64], Flags]] = OrderedDict()


def hidden_counts(county: Twin, measure: str, small_count: int) -> Flags:
    """
    Return which counts of a measure are not shown, for all rows of the county.

    Worked out over the whole tree at once, whatever rows a page shows, and in a part of the county
    as in the whole: neither two pages nor two visitors can be subtracted from each other. Nothing
    is hidden of a measure that is not sensitive; of areas only the small ones, since a region's
    own border counts and parts do not add up to it. Kept for the newest measures asked for.
    """
    if county.classes[measure] not in SENSITIVE:
        return np.zeros(len(county.regions), dtype=bool)
    if county.whole is not None and county.whole_rows is not None:
        return hidden_counts(county.whole, measure, small_count)[county.whole_rows]
    values = county.measures[measure]
    key = (county.version, measure, small_count)
    with _lock:
        kept = _kept.get(key)
    if kept is None or kept[0] is not values:
        kept = values, _hidden(county, measure, small_count)
        with _lock:
            _kept[key] = kept
            while len(_kept) > _MOST_KEPT:
                _kept.popitem(last=False)
    return kept[1]


def _hidden(county: Twin, measure: str, small: int) -> Flags:
    values = county.measures[measure]
    if MEASURES[measure].unit == "km²":
        return np.asarray((values > 0) & (values < small))
    return hidden_values(county, values, small)


def hidden_values(county: Twin, values: NDArray[np.float64], small: int) -> Flags:
    """Return which counts of the whole county, shape ``(n_regions,)``, are not shown."""
    parent = county.regions["parent"].to_numpy(dtype=np.intp)
    return unsubtractable(values, parent, small=small)
