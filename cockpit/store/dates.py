"""Which regions a series counts at each date, and which dates count the whole county."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import ColumnElement, Connection, select
from sqlalchemy.orm import Session

from cockpit.store.models import Region


def counted_leaves(
    db: Connection | Session, model: Any, *where: ColumnElement[bool]
) -> dict[dt.date, NDArray[np.bool_]]:
    """
    Return for each date of a series the leaves whose figure is known.

    A leaf is known when it or a region above it is counted. Where leaves are counted one by one,
    departments leave out the empty ones: a leaf beside a counted one of the same parent is known.

    Parameters
    ----------
    model
        Population, Household or Vulnerable.
    where
        What picks the series, such as ``Population.kind == "usual"``.

    Returns
    -------
    dict
        Date -> shape ``(n_regions,)`` in the order of ``region.position``; False for inner regions.
    """
    regions = db.execute(
        select(Region.code, Region.parent_code, Region.is_leaf).order_by(Region.position)
    ).all()
    row_of = {region[0]: row for row, region in enumerate(regions)}
    parent = np.array([row_of.get(region[1] or "", -1) for region in regions], dtype=np.intp)
    is_leaf = np.array([bool(region[2]) for region in regions], dtype=bool)
    counted: dict[dt.date, NDArray[np.bool_]] = {}
    for date, code in db.execute(select(model.date, model.region_code).where(*where).distinct()):
        counted.setdefault(date, np.zeros(len(regions), dtype=bool))[row_of[code]] = True
    return {date: _known(counted[date], parent, is_leaf) for date in sorted(counted)}


def _known(
    counted: NDArray[np.bool_], parent: NDArray[np.intp], is_leaf: NDArray[np.bool_]
) -> NDArray[np.bool_]:
    known = counted.copy()
    known[parent[counted & is_leaf & (parent >= 0)]] = True
    beside = known & ~counted  # their leaves are known, what else lies in them is not
    for row in range(len(parent)):  # parents stand before children
        above = parent[row]
        if above >= 0 and known[above] and (is_leaf[row] or not beside[above]):
            known[row] = True
            beside[row] = False
    return known & is_leaf


def whole_dates(counted: Mapping[dt.date, NDArray[np.bool_]]) -> list[dt.date]:
    """Return the dates that count at least nine tenths of the leaves of the fullest one, sorted."""
    leaves = {date: int(known.sum()) for date, known in counted.items()}
    fullest = max(leaves.values(), default=0)
    return sorted(date for date, n in leaves.items() if n and 10 * n >= 9 * fullest)


def complete_dates(
    db: Connection | Session, model: Any, *where: ColumnElement[bool]
) -> list[dt.date]:
    """
    Return the dates at which a series counts the whole county, oldest first.

    A date that covers less than nine tenths of the leaves that the fullest date covers is left out:
    a newer count of one township must not empty the others.
    """
    return whole_dates(counted_leaves(db, model, *where))
