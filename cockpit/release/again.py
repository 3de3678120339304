"""What a table without noise must hide when figures of the same things are public already."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cockpit.release.attack import sums_of
from cockpit.release.suppress import SMALL, Suppressed, suppress
from cockpit.release.tree import Tree
from geodata.errors import InputError


@dataclass(frozen=True, eq=False)
class Earlier:
    """An earlier public table of the same regions and columns, the total of the classes last."""

    id: str
    figures: NDArray[np.int64]  # (n_regions, n_columns); any number where hidden
    hidden: NDArray[np.bool_]  # the same shape


def suppress_again(
    counts: NDArray[np.int64], tree: Tree, before: Iterable[Earlier], *, small: int = SMALL
) -> Suppressed:
    """
    Return what ``suppress`` returns for a table whose readers hold earlier ones beside it.

    Besides the small counts, everything is hidden that an earlier table hid, and everything whose
    earlier figure is public and differs by 1 to ``small`` - 1; then what protects all these. So:

    - A change that can be read off two public figures is one of ``small`` or more.
    - What is hidden stays so. Whatever other numbers the earlier table could have had in its gaps
      can stand in the gaps of this one as well, since those are the same and more: the new table
      bounds no earlier hidden count. It could only for somebody who knows from elsewhere how much
      the hidden counts changed, and then what he learns is what he knew.
    - Each figure hidden here could be others ``small`` or more apart, the earlier tables given;
      so also its change, where the earlier figure is public.

    Parameters
    ----------
    counts, tree, small
        As of ``suppress``.
    before
        Every earlier public table of the same things, retracted ones too: they have been read.

    Raises
    ------
    InputError
        If a count that was hidden is 0 now. Shown, it would tell what dropped out; hidden, it would
        break the rule by which readers bound hidden counts.

    References
    ----------
    Fischetti, M. and Salazar, J. (2001), as of ``suppress``; the common movement of both tables is
    theirs for linked tables.
    """
    tables = list(before)
    if not tables:
        return suppress(counts, tree, small=small)
    sums = sums_of(counts, tree)
    figures = sums.values.reshape(sums.shape)
    also = must_hide(figures, tables, small=small)
    gone = int((also & (figures == 0)).sum())
    if gone:
        raise InputError(
            "{release} hides figures of which {n} are 0 by now. The two tables together would tell "
            "single cases; figures of these things can be released again a year later.",
            release=tables[0].id, n=gone,
        )  # fmt: skip
    return suppress(counts, tree, small=small, also=also)


def must_hide(
    figures: NDArray[np.int64], before: Iterable[Earlier], *, small: int
) -> NDArray[np.bool_]:
    """Return which figures earlier tables forbid to show, shape ``(n_regions, n_columns)``."""
    hide = np.zeros(figures.shape, dtype=np.bool_)
    for one in before:
        change = np.abs(figures - one.figures)
        hide |= one.hidden | ((change > 0) & (change < small))
    return hide
