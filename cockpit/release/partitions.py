"""Ways to split the county's people so that each person is in one class at most."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from geodata.errors import InputError
from loaders.catalog import AGE_BANDS

Table = Mapping[str, NDArray[np.float64]]
BANDS = tuple(band for band in AGE_BANDS if band != "all")


@dataclass(frozen=True)
class PeopleClass:
    """One class of a partition."""

    id: str
    title: str  # msgid


@dataclass(frozen=True)
class Partition:
    """
    A split of people into classes that do not overlap: the only thing that a noisy release counts.

    One person more or less changes one count by one, so the noise for one partition is enough.
    Overlapping groups (vulnerable groups, "60 and over" beside "80 and over") are none, and
    sensitive groups are never published.
    """

    id: str
    title: str  # msgid
    needs: tuple[str, ...]  # measures by leaf
    classes: tuple[PeopleClass, ...]
    split: Callable[[Table], list[NDArray[np.float64]]]  # one array a class

    def counts(self, table: Table) -> NDArray[np.int64]:
        """
        Return the exact counts at the leaves, shape ``(n_leaves, n_classes)``, int64.

        Parameters
        ----------
        table
            Persons by leaf for each of ``needs``, equal lengths; more measures do not matter.

        Raises
        ------
        InputError
            If a measure is missing, or a class is not a whole number of persons, 0 or more, at some
            leaf: not known there, or a part larger than its whole.
        """
        missing = [name for name in self.needs if name not in table]
        if missing:
            raise InputError(
                "The partition {id} needs {name}, which is not counted.",
                id=self.id,
                name=missing[0],
            )
        exact = np.column_stack(self.split(table))
        # Catches what is not known, too: NaN is not above 0.
        bad = np.argwhere(~((exact >= 0) & (exact == np.rint(exact))))
        if len(bad):
            raise InputError(
                "Class {name} of {id} is {value} persons at leaf {leaf}; expected a whole number, "
                "0 or more. {n} figures are like this.",
                name=self.classes[bad[0][1]].id,
                id=self.id,
                value=exact[tuple(bad[0])],
                leaf=int(bad[0][0]),
                n=len(bad),
            )
        return exact.astype(np.int64)


def band_measure(sex: str, band: str) -> str:
    """Return the name of the measure "usual residents of a sex (m, f, t) and an age band"."""
    return f"usual:{sex}:{band}"


def _plain(*names: str) -> Callable[[Table], list[NDArray[np.float64]]]:
    return lambda table: [table[name] for name in names]


def _summed(*groups: tuple[str, ...]) -> Callable[[Table], list[NDArray[np.float64]]]:
    return lambda table: [np.sum([table[name] for name in group], axis=0) for group in groups]


def _rest(part: str, whole: str) -> Callable[[Table], list[NDArray[np.float64]]]:
    return lambda table: [table[part], table[whole] - table[part]]


def _covered(service: str) -> Callable[[Table], list[NDArray[np.float64]]]:
    def split(table: Table) -> list[NDArray[np.float64]]:
        # floor, so that one more person changes one class by one and the other not at all
        covered = np.floor(table[f"covered:{service}"] + 1e-9)
        return [covered, table["people"] - covered]

    return split


def covered_by(service: str) -> Partition:
    """
    Return the partition of residents by whether a service is within its standard.

    Needs "people" and "covered:<service>": residents of each leaf within the standard. Its share of
    the leaf must come from places and roads alone, not from other people, or one person more could
    change the class of others. Parts of persons are rounded down.
    """
    return Partition(
        f"covered-{service}",
        "Residents by reach of a service",
        ("people", f"covered:{service}"),
        (PeopleClass("covered", "Within the standard"), PeopleClass("not_covered", "Outside it")),
        _covered(service),
    )


_AGE_3 = (
    ("0-14", "Children under 15", BANDS[:3]),
    ("15-59", "Residents aged 15 to 59", BANDS[3:12]),
    ("60+", "Residents of 60 and over", BANDS[12:]),
)
_SEXES = {
    "m": ("Boys under 15", "Men aged 15 to 59", "Men of 60 and over"),
    "f": ("Girls under 15", "Women aged 15 to 59", "Women of 60 and over"),
}


def _aged(band: str) -> str:
    """Return the title of a band such as "05-09" or "85+"."""
    low, dash, high = band.rstrip("+").partition("-")
    return f"Aged {int(low)} to {int(high)}" if dash else f"Aged {low} and over"


def _five(table: Table) -> list[NDArray[np.float64]]:
    old, older, oldest = (table[f"age_{low}_plus"] for low in (60, 65, 80))
    return [table["age_0_14"], table["age_15_59"], old - older, older - oldest, oldest]


_ALL = (
    Partition(
        "people",
        "Residents",
        ("people",),
        (PeopleClass("people", "Residents"),),
        _plain("people"),
    ),
    Partition(
        "age-3",
        "Residents by age, three bands",
        ("age_0_14", "age_15_59", "age_60_plus"),
        tuple(PeopleClass(id_, title) for id_, title, _ in _AGE_3),
        _plain("age_0_14", "age_15_59", "age_60_plus"),
    ),
    Partition(
        "age-5",
        "Residents by age, five bands",
        ("age_0_14", "age_15_59", "age_60_plus", "age_65_plus", "age_80_plus"),
        (
            PeopleClass("0-14", "Children under 15"),
            PeopleClass("15-59", "Residents aged 15 to 59"),
            PeopleClass("60-64", "Residents aged 60 to 64"),
            PeopleClass("65-79", "Residents aged 65 to 79"),
            PeopleClass("80+", "Residents of 80 and over"),
        ),
        _five,
    ),
    Partition(
        "age-18",
        "Residents by age, five-year bands",
        tuple(band_measure(sex, band) for band in BANDS for sex in ("m", "f", "t")),
        tuple(PeopleClass(band, _aged(band)) for band in BANDS),
        _summed(*(tuple(band_measure(sex, band) for sex in ("m", "f", "t")) for band in BANDS)),
    ),
    Partition(
        "sex",
        "Residents by sex",
        ("male", "female"),
        (PeopleClass("m", "Male residents"), PeopleClass("f", "Female residents")),
        _plain("male", "female"),
    ),
    Partition(
        "sex-age",
        "Residents by sex and age",
        tuple(band_measure(sex, band) for sex in _SEXES for band in BANDS),
        tuple(
            PeopleClass(f"{sex}:{id_}", title)
            for sex, titles in _SEXES.items()
            for (id_, _, _), title in zip(_AGE_3, titles, strict=True)
        ),
        _summed(
            *(
                tuple(band_measure(sex, band) for band in bands)
                for sex in _SEXES
                for _, _, bands in _AGE_3
            )
        ),
    ),
    Partition(
        "kind",
        "Residents by kind",
        ("people", "floating"),
        (PeopleClass("floating", "Floating people"), PeopleClass("settled", "Other residents")),
        _rest("floating", "people"),
    ),
)
PARTITIONS: dict[str, Partition] = {partition.id: partition for partition in _ALL}
"""What a steward may release, beside ``covered_by`` of each service."""
