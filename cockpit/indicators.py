"""What the map can show: additive measures kept at the leaves, and indicators made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from loaders.catalog import AGE_BANDS, FACILITY_KINDS, HOUSEHOLD_TYPES, VULNERABLE_GROUPS

Theme = Literal["people", "age", "households", "care", "services", "land"]


@dataclass(frozen=True)
class Measure:
    """One additive figure: the county's is the sum of its leaves."""

    id: str
    title: str  # English msgid; Chinese comes from the catalogue
    unit: str
    data_class: str = "公开"


def _bands(low: int, high: int) -> tuple[str, ...]:
    """Return the age bands that lie in ``low`` to ``high`` years, both counted."""
    firsts = {band: int(band[:2]) for band in AGE_BANDS if band != "all"}
    return tuple(band for band, first in firsts.items() if low <= first <= high)


AGE_GROUPS: dict[str, tuple[str, ...]] = {
    "age_0_14": _bands(0, 14),
    "age_15_59": _bands(15, 59),
    "age_60_plus": _bands(60, 99),
    "age_65_plus": _bands(65, 99),
    "age_80_plus": _bands(80, 99),
}

MEASURES: dict[str, Measure] = {
    m.id: m
    for m in (
        Measure("people", "Residents", "persons"),
        Measure("people_before", "Residents at the earlier date", "persons"),
        Measure("people_aged", "Residents whose age is known", "persons"),
        Measure("male", "Male residents", "persons"),
        Measure("female", "Female residents", "persons"),
        Measure("age_0_14", "Children under 15", "persons"),
        Measure("age_15_59", "Residents aged 15 to 59", "persons"),
        Measure("age_60_plus", "Residents of 60 and over", "persons"),
        Measure("age_65_plus", "Residents of 65 and over", "persons"),
        Measure("age_80_plus", "Residents of 80 and over", "persons"),
        Measure("registered", "Registered people", "persons"),
        Measure("floating", "Floating people", "persons"),
        Measure("households", "Households", "households"),
        *(Measure(f"household_{t}", f"Households: {t}", "households") for t in HOUSEHOLD_TYPES),
        *(Measure(g, f"Group: {g}", "persons", "敏感") for g in VULNERABLE_GROUPS),
        Measure("facilities", "Facilities", "facilities"),
        *(Measure(f"facility_{k}", f"Facility: {k}", "facilities") for k in FACILITY_KINDS),
        Measure("capacity_care", "Beds for older people", "beds"),
        Measure("beds_hospital", "Hospital beds", "beds"),
        Measure("buildings", "Buildings", "buildings"),
        Measure("organisations", "Organisations", "organisations", "备用"),
        Measure("events", "Events of the last year", "events", "备用"),
        Measure("events_open", "Open events", "events", "备用"),
        Measure("area_km2", "Area", "km²"),
    )
}


@dataclass(frozen=True)
class Indicator:
    """
    A figure of one region: ``scale`` x sum of ``parts`` / sum of ``per``.

    Without ``per`` it is additive. ``minus`` is taken from the numerator (change between dates).
    A region where ``per`` is 0 has no value.
    """

    id: str
    title: str  # English msgid
    theme: Theme
    unit: str  # English msgid
    parts: tuple[str, ...]
    per: tuple[str, ...] = ()
    minus: tuple[str, ...] = ()
    scale: float = 1.0
    decimals: int = 0
    diverging: bool = False

    @property
    def additive(self) -> bool:
        """True when the figure of a region is the sum over the regions below it."""
        return not self.per

    @property
    def measures(self) -> tuple[str, ...]:
        """Every measure the indicator needs."""
        return (*self.parts, *self.minus, *self.per)

    def values(self, table: dict[str, NDArray[np.float64]]) -> NDArray[np.float64]:
        """
        Return the indicator for each region from arrays of measures of equal length.

        NaN where a measure is NaN (not known there) or the denominator is 0.
        """
        top = sum((table[p] for p in self.parts), np.zeros_like(table[self.parts[0]]))
        for part in self.minus:
            top = top - table[part]
        if not self.per:
            return top * self.scale
        below = sum((table[p] for p in self.per), np.zeros_like(top))
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.where(below > 0, self.scale * top / below, np.nan)


def _share(measure: str, title: str, theme: Theme = "age") -> Indicator:
    return Indicator(
        f"{measure}_share", title, theme, "%", (measure,), ("people_aged",), scale=100, decimals=1
    )


def _per_1000(kind: str, title: str) -> Indicator:
    return Indicator(
        f"{kind}_rate",
        title,
        "services",
        "per 1,000 residents",
        (kind,),
        ("people",),
        scale=1000,
        decimals=2,
    )


INDICATORS: dict[str, Indicator] = {
    i.id: i
    for i in (
        Indicator("people", "Residents", "people", "persons", ("people",)),
        Indicator(
            "density", "Residents per km²", "people", "persons per km²", ("people",), ("area_km2",)
        ),
        Indicator(
            "change",
            "Change of residents since the earlier date",
            "people",
            "%",
            ("people",),
            ("people_before",),
            minus=("people_before",),
            scale=100,
            decimals=1,
            diverging=True,
        ),
        Indicator("registered", "Registered people", "people", "persons", ("registered",)),
        Indicator("floating", "Floating people", "people", "persons", ("floating",)),
        Indicator(
            "floating_share",
            "Share of floating people",
            "people",
            "%",
            ("floating",),
            ("people",),
            scale=100,
            decimals=1,
        ),
        Indicator(
            "presence",
            "Residents per 100 registered people",
            "people",
            "per 100 registered",
            ("people",),
            ("registered",),
            scale=100,
        ),
        Indicator(
            "sex_ratio",
            "Men per 100 women",
            "people",
            "per 100 women",
            ("male",),
            ("female",),
            scale=100,
            decimals=1,
        ),
        Indicator("age_0_14", "Children under 15", "age", "persons", ("age_0_14",)),
        Indicator("age_15_59", "Residents aged 15 to 59", "age", "persons", ("age_15_59",)),
        Indicator("age_60_plus", "Residents of 60 and over", "age", "persons", ("age_60_plus",)),
        Indicator("age_80_plus", "Residents of 80 and over", "age", "persons", ("age_80_plus",)),
        _share("age_0_14", "Share of children under 15"),
        _share("age_60_plus", "Share of 60 and over"),
        _share("age_65_plus", "Share of 65 and over"),
        Indicator(
            "dependency",
            "Children and 60 and over per 100 aged 15 to 59",
            "age",
            "per 100 aged 15 to 59",
            ("age_0_14", "age_60_plus"),
            ("age_15_59",),
            scale=100,
        ),
        Indicator("households", "Households", "households", "households", ("households",)),
        Indicator(
            "household_single_share",
            "Share of one-person households",
            "households",
            "%",
            ("household_single",),
            ("households",),
            scale=100,
            decimals=1,
        ),
        *(Indicator(g, f"Group: {g}", "care", "persons", (g,)) for g in VULNERABLE_GROUPS),
        Indicator("facilities", "Facilities", "services", "facilities", ("facilities",)),
        _per_1000("facilities", "Facilities per 1,000 residents"),
        _per_1000("facility_clinic", "Clinics per 1,000 residents"),
        _per_1000("facility_primary_school", "Primary schools per 1,000 residents"),
        Indicator(
            "care_beds",
            "Care beds per 1,000 residents of 60 and over",
            "services",
            "beds per 1,000 of 60 and over",
            ("capacity_care",),
            ("age_60_plus",),
            scale=1000,
            decimals=1,
        ),
        Indicator(
            "hospital_beds",
            "Hospital beds per 1,000 residents",
            "services",
            "beds per 1,000 residents",
            ("beds_hospital",),
            ("people",),
            scale=1000,
            decimals=1,
        ),
        Indicator("events", "Events of the last year", "services", "events", ("events",)),
        Indicator("buildings", "Buildings", "land", "buildings", ("buildings",)),
        Indicator("area", "Area", "land", "km²", ("area_km2",), decimals=1),
    )
}
