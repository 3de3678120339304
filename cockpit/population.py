"""Age and sex, households, change and small counts: arrays in, frozen results out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError
from loaders.catalog import AGE_BANDS, HOUSEHOLD_TYPES, SEXES

BANDS = tuple(band for band in AGE_BANDS if band != "all")
_FIRST_AGE = np.array([int(band[:2]) for band in BANDS])
_SEX_ROW = {sex: row for row, sex in enumerate(SEXES)}
_BAND_COLUMN = {band: column for column, band in enumerate(AGE_BANDS)}


@dataclass(frozen=True)
class AgeSex:
    """Persons of one unit by sex and age, what a source did not split included."""

    table: NDArray[np.int64]  # persons, (m f t, 18 bands and "all")

    @property
    def total(self) -> int:
        """Everybody."""
        return int(self.table.sum())

    @property
    def male(self) -> NDArray[np.int64]:
        """Men by band, shape ``(18,)``."""
        return self.table[0, :-1]

    @property
    def female(self) -> NDArray[np.int64]:
        """Women by band, shape ``(18,)``."""
        return self.table[1, :-1]

    @property
    def ages(self) -> NDArray[np.int64]:
        """Persons by band, whatever their sex, shape ``(18,)``."""
        by_age: NDArray[np.int64] = self.table[:, :-1].sum(axis=0)
        return by_age

    @property
    def unplaced(self) -> int:
        """Persons who are in no bar of the pyramid: sex or age not known."""
        return self.total - int(self.male.sum()) - int(self.female.sum())

    @property
    def has_ages(self) -> bool:
        """True when somebody's age is known."""
        return bool(self.ages.sum())

    @property
    def has_pyramid(self) -> bool:
        """True when somebody's age and sex are both known."""
        return self.unplaced < self.total


def age_sex(sex: Sequence[str], band: Sequence[str], persons: Sequence[int]) -> AgeSex:
    """
    Add up rows of sex, age band and persons.

    Rows of the same sex and band are added; no row at all gives a table of zeros. An unknown sex or
    band, sequences of different length, and a negative count raise ``InputError``.
    """
    if not len(sex) == len(band) == len(persons):
        raise InputError("Sex, age band and persons need one value a row each.")
    table = np.zeros((len(SEXES), len(AGE_BANDS)), dtype=np.int64)
    for one_sex, one_band, count in zip(sex, band, persons, strict=True):
        if one_sex not in _SEX_ROW or one_band not in _BAND_COLUMN or count < 0:
            raise InputError(
                "Sex {sex}, age band {band}, persons {persons}: one of them is not possible.",
                sex=one_sex,
                band=one_band,
                persons=count,
            )
        table[_SEX_ROW[one_sex], _BAND_COLUMN[one_band]] += count
    return AgeSex(table)


@dataclass(frozen=True)
class Dependency:
    """Those who are cared for and those who work, by the ages the county's statistics use."""

    children: int  # under 15
    working: int  # 15 to 59
    older: int  # 60 and over
    older_65: int  # 65 and over, part of ``older``
    oldest: int  # 80 and over, part of both

    @property
    def total(self) -> int:
        """Everybody whose age is known."""
        return self.children + self.working + self.older

    def share(self, persons: int) -> float:
        """Percentage of those whose age is known; NaN where nobody's is."""
        return 100 * persons / self.total if self.total else float("nan")

    @property
    def ratio(self) -> float:
        """Children and 60 and over per 100 aged 15 to 59; NaN where nobody is of that age."""
        if not self.working:
            return float("nan")
        return 100 * (self.children + self.older) / self.working

    @property
    def ageing_index(self) -> float:
        """60 and over per 100 children; NaN without children."""
        return 100 * self.older / self.children if self.children else float("nan")


def dependency(ages: NDArray[np.int64]) -> Dependency:
    """Group persons by band, shape ``(18,)``, into children, working ages and older people."""
    _check_ages(ages)
    from_age = {age: int(ages[age <= _FIRST_AGE].sum()) for age in (15, 60, 65, 80)}
    return Dependency(
        children=int(ages.sum()) - from_age[15],
        working=from_age[15] - from_age[60],
        older=from_age[60],
        older_65=from_age[65],
        oldest=from_age[80],
    )


def median_age(ages: NDArray[np.int64]) -> float:
    """
    Return the age that halves the population, in years, from persons by band, shape ``(18,)``.

    Within a band people are taken as spread evenly; the open band 85+ as five years wide. NaN where
    nobody's age is known.
    """
    _check_ages(ages)
    total = int(ages.sum())
    if total == 0:
        return float("nan")
    reached = np.cumsum(ages)
    band = int(np.searchsorted(reached, total / 2))
    before = int(reached[band]) - int(ages[band])
    return float(_FIRST_AGE[band] + 5 * (total / 2 - before) / int(ages[band]))


def _check_ages(ages: NDArray[np.int64]) -> None:
    if ages.shape != (len(BANDS),):
        raise InputError(
            "Persons by age have shape {shape}; expected {n} bands.",
            shape=ages.shape,
            n=len(BANDS),
        )


@dataclass(frozen=True)
class Households:
    """Households of one unit by type."""

    counts: NDArray[np.int64]  # households, in the order of HOUSEHOLD_TYPES
    persons: int  # residents of the unit

    @property
    def total(self) -> int:
        """All households."""
        return int(self.counts.sum())

    @property
    def shares(self) -> NDArray[np.float64]:
        """Percentage of each type; NaN without households."""
        if not self.total:
            return np.full(len(self.counts), np.nan)
        return np.asarray(100 * self.counts / self.total, dtype=np.float64)

    @property
    def mean_size(self) -> float:
        """Residents per household; NaN without households."""
        return self.persons / self.total if self.total else float("nan")


def households(counts: Sequence[int], persons: int) -> Households:
    """Check and keep the households of each type, in the order of ``HOUSEHOLD_TYPES``."""
    kept = np.asarray(counts, dtype=np.int64)
    if kept.shape != (len(HOUSEHOLD_TYPES),) or (kept < 0).any() or persons < 0:
        raise InputError("Households by type need {n} counts, 0 or more.", n=len(HOUSEHOLD_TYPES))
    return Households(kept, persons)


@dataclass(frozen=True)
class Change:
    """How a total changed between two dates, and which parts made it change."""

    labels: tuple[str, ...]
    before: NDArray[np.int64]  # persons, (n_parts,)
    after: NDArray[np.int64]  # persons, (n_parts,)

    @property
    def persons(self) -> NDArray[np.int64]:
        """Change of each part, in persons; they sum to the change of the total."""
        return self.after - self.before

    @property
    def total(self) -> int:
        """Change of the total, in persons."""
        return int(self.persons.sum())

    @property
    def percent(self) -> float:
        """Change of the total in percent of the earlier total; NaN when that was 0."""
        return 100 * self.total / int(self.before.sum()) if self.before.sum() else float("nan")

    @property
    def points(self) -> NDArray[np.float64]:
        """Percentage points each part adds to ``percent``; they sum to it."""
        start = int(self.before.sum())
        if start == 0:
            return np.full(len(self.labels), np.nan)
        return 100 * self.persons / start

    @property
    def own_percent(self) -> NDArray[np.float64]:
        """Change of each part in percent of itself; NaN where it was empty."""
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(self.before > 0, 100 * self.persons / self.before, np.nan)


def decompose(labels: Sequence[str], before: Sequence[int], after: Sequence[int]) -> Change:
    """
    Split the change of a total into the changes of its parts.

    The parts must not overlap and must make up the total at both dates: townships of a county, or
    age bands of one unit. No part at all is a change of 0.
    """
    kept = Change(
        tuple(labels), np.asarray(before, dtype=np.int64), np.asarray(after, dtype=np.int64)
    )
    if not len(kept.labels) == len(kept.before) == len(kept.after):
        raise InputError("A change needs a label, an earlier and a later count for each part.")
    return kept


def protect(
    counts: NDArray[np.int64], parent: NDArray[np.intp], *, small: int
) -> NDArray[np.bool_]:
    """
    Tell which counts of a tree are hidden so that no small one can be read or worked out.

    A count below ``small``, 0 included, is hidden. Where the shown total of a region and its shown
    parts would bound a hidden part closer than ``small`` (one hidden part alone: exactly), the
    smallest part still shown is hidden too, and the total itself when no part is left.

    Parameters
    ----------
    counts
        Persons of one group in each region, shape ``(n,)``; a region's is the sum of its parts'.
    parent
        Row of the region above, -1 at the top, shape ``(n,)``.
    small
        Counts below this are hidden; 0 or 1 hides nothing that is not 0.

    Returns
    -------
    NDArray[np.bool_]
        True where the count is not to be shown, shape ``(n,)``.

    References
    ----------
    Hundepool, A. et al. (2012), "Statistical Disclosure Control", chapter 4: secondary suppression.
    The bounds here are those that one family (a region and its parts) gives, not those of a chain
    of families.
    """
    if counts.shape != parent.shape:
        raise InputError("A count and a parent are needed for each region.")
    hidden = counts < small
    rows = np.argsort(parent, kind="stable")
    above, start = np.unique(parent[rows], return_index=True)
    families = [
        (int(p), kids) for p, kids in zip(above, np.split(rows, start[1:]), strict=True) if p >= 0
    ]
    waiting = True
    while waiting:
        waiting = False
        for top, kids in families:
            while (more := _next_to_hide(counts, hidden, top, kids, small)) is not None:
                hidden[more] = True
                waiting = True
    return hidden


def _next_to_hide(
    counts: NDArray[np.int64],
    hidden: NDArray[np.bool_],
    top: int,
    kids: NDArray[np.intp],
    small: int,
) -> int | None:
    """Return the row to hide next in one family; None when it gives nothing away."""
    dark, shown = kids[hidden[kids]], kids[~hidden[kids]]
    if hidden[top]:
        # Parts that are all shown would add up to the hidden total.
        return None if len(dark) else int(shown[counts[shown].argmin()])
    if not len(dark) or _wide_enough(counts[dark], small):
        return None
    return int(shown[counts[shown].argmin()]) if len(shown) else top


def _wide_enough(dark: NDArray[np.int64], small: int) -> bool:
    """Tell whether hidden parts with a known sum can each still be ``small`` different counts."""
    few = dark < small
    low = np.where(few, 0, small).astype(float)
    high = np.where(few, small - 1, np.inf)
    total = float(dark.sum())
    finite = np.where(few, high, 0).sum()
    n_open = (~few).sum()
    # Highs of the others; an open one among them leaves no lower bound.
    others = np.where(n_open - ~few > 0, np.inf, finite - np.where(few, high, 0))
    width = np.minimum(high, total - (low.sum() - low)) - np.maximum(low, total - others)
    return bool((width >= small - 1).all())
