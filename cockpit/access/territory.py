"""The part of the county that a visitor may see: a county of its own, cut from the whole one."""

from __future__ import annotations

import threading
from dataclasses import replace

import numpy as np

from cockpit.access.visitor import NotAllowedError, Visitor
from cockpit.answers.twin import Twin, rows_by_code

MARK = "~"
"""Between a data version and the territory it was cut to; no version and no code has it."""

_lock = threading.Lock()
_kept: dict[tuple[str, str], Twin] = {}
_MOST_KEPT = 64


def of(county: Twin, visitor: Visitor) -> Twin:
    """
    Return the county as far as the visitor's territory reaches; kept for the newest version.

    Raises
    ------
    NotAllowedError
        If the county has no such region (any more): then the visitor sees nothing of it.
    """
    return cut(county, visitor.territory)


def cut(county: Twin, code: str) -> Twin:
    """
    Return a region and everything below it as a county of its own.

    Row 0 is the region, without a parent. The version is ``<version>~<code>``, so that whatever
    is kept by version is kept for this territory alone. Paths stay those of the whole county: the
    store knows no others. What is hidden beside a small count is worked out in the whole county
    (``Twin.whole``), or two visitors could put together what neither may see. "" and the code of
    the county give the county itself.

    Raises
    ------
    NotAllowedError
        If the county has no such region.
    """
    regions = county.regions
    if not code or code == str(regions["code"].iat[0]):
        return county
    if county.whole is not None:
        return cut(county.whole, code)
    with _lock:
        found = _kept.get((county.version, code))
        if found is None or found.whole is not county:
            found = _cut(county, code)
            _forget_others(county)
            _kept[county.version, code] = found
        return found


def _cut(county: Twin, code: str) -> Twin:
    try:
        top = county.position(code)
    except KeyError:
        raise NotAllowedError(
            "Your territory {code} is not in this county; please tell an administrator.", code=code
        ) from None
    regions = county.regions
    inside = regions["path"].str.startswith(county.path(top)).to_numpy()
    rows = np.flatnonzero(inside)
    new = np.full(len(regions) + 1, -1, dtype=np.intp)  # the last for "no parent"
    new[rows] = np.arange(len(rows))
    picked = regions.iloc[rows].reset_index(drop=True)
    picked["parent"] = new[picked["parent"].to_numpy(dtype=np.intp)]
    picked.attrs = {"rows": rows_by_code(picked["code"])}
    return replace(
        county,
        version=f"{county.version}{MARK}{code}",
        regions=picked,
        measures={measure: values[rows] for measure, values in county.measures.items()},
        unplaced={measure: values[rows] for measure, values in county.unplaced.items()},
        whole=county,
        whole_rows=rows,
    )


def _forget_others(county: Twin) -> None:
    """Drop what was cut from other counties, and the oldest: a cut holds on to its whole."""
    for key in [key for key, old in _kept.items() if old.whole is not county]:
        del _kept[key]
    while len(_kept) >= _MOST_KEPT:
        del _kept[next(iter(_kept))]


def data_version(version: str) -> str:
    """Return the data version that a county's version was cut from; itself for the whole one."""
    return version.partition(MARK)[0]


def code_of(version: str) -> str:
    """Return the territory in a county's version; "" for the whole county."""
    return version.partition(MARK)[2]


def require_inside(county: Twin, visitor: Visitor, code: str) -> None:
    """Raise ``NotAllowedError`` unless a region exists and lies in the visitor's territory."""
    try:
        of(county, visitor).position(code)
    except KeyError:
        raise NotAllowedError("Your account does not reach this part of the county.") from None
