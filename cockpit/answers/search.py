"""Find regions by name, pinyin and code."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cockpit.answers.twin import LEVELS, Twin

LONGEST_QUERY = 40


def search(twin: Twin, text: str, *, most: int = 8) -> NDArray[np.intp]:
    """
    Return the rows of regions that a text means, best first.

    Chinese and English name, full pinyin, its initials and the code are looked at, in any case.
    A whole match comes before a beginning, a beginning before a part, and then counties before
    townships, villages and grids. Nothing for an empty text.
    """
    wanted = " ".join(text[:LONGEST_QUERY].lower().split())
    if not wanted:
        return np.empty(0, dtype=np.intp)
    regions = twin.regions
    rank = np.full(len(regions), 9)
    joined = wanted.replace(" ", "")
    for column in ("name", "name_en", "code"):
        rank = np.minimum(rank, _ranks(regions[column].astype(str).str.lower(), wanted))
    pinyin = regions["pinyin"].astype(str).str.lower()
    for k in range(int(pinyin.str.count(" ").max()) + 1 if len(pinyin) else 0):
        rank = np.minimum(rank, _ranks(pinyin.str.split(" ").str.get(k).fillna(""), joined))
    level = regions["level"].map({name: k for k, name in enumerate(LEVELS)}).to_numpy()
    order = np.lexsort((np.arange(len(regions)), level, rank))
    return order[rank[order] < 9][:most]


def _ranks(column: object, wanted: str) -> NDArray[np.intp]:
    import pandas as pd

    words = pd.Series(column)
    found = np.full(len(words), 9)
    found[words.str.contains(wanted, regex=False).to_numpy()] = 3
    found[words.str.startswith(wanted).to_numpy()] = 2
    found[(words == wanted).to_numpy()] = 1
    return found
