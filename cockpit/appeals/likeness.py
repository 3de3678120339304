"""How alike pairs of texts are: the cosine of their weighed strings, millions of pairs at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

from cockpit.placement.compiled import compiled

Floats = NDArray[np.float64]
Rows = NDArray[np.intp]


def cosines(rows: csr_array, one: Rows, other: Rows) -> Floats:
    """
    Return the cosine of pairs of rows of a table whose rows have length 1 (or 0).

    Parameters
    ----------
    rows
        Texts by strings, column numbers rising in each row, shape ``(n, n_strings)``.
    one, other
        Row numbers of each pair, shape ``(m,)``.
    """
    return np.asarray(
        _cosines(
            rows.indptr.astype(np.int64, copy=False),
            rows.indices.astype(np.int64, copy=False),
            rows.data,
            one.astype(np.int64, copy=False),
            other.astype(np.int64, copy=False),
        )
    )


@compiled
def _cosines(
    start: NDArray[np.int64], column: NDArray[np.int64], value: Floats,
    one: NDArray[np.int64], other: NDArray[np.int64],
) -> Floats:  # fmt: skip
    """Walk both rows of each pair side by side."""
    found = np.zeros(len(one))
    for k in range(len(one)):
        a, b = start[one[k]], start[other[k]]
        a_end, b_end = start[one[k] + 1], start[other[k] + 1]
        total = 0.0
        while a < a_end and b < b_end:
            if column[a] == column[b]:
                total += value[a] * value[b]
                a += 1
                b += 1
            elif column[a] < column[b]:
                a += 1
            else:
                b += 1
        found[k] = total
    return found
