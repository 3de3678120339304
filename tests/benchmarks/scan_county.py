"""Illness in the sample county as a scan sees it: villages, days, what is to be expected."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
import pandas as pd

from cockpit.risk.scan_expectation import over_time
from cockpit.risk.strata import expected_counts, strata_of
from geodata import crs
from geodata.synthetic import events
from geodata.synthetic.quiet import QuietWorld
from geodata.synthetic.relief import CRS
from geodata.synthetic.world import chance

ILLNESS = "疾病报告"
FIRST = np.datetime64(events.FIRST_DAY.isoformat(), "D")


@dataclass(frozen=True)
class IllnessOf:
    """The sample county's villages and townships, and where and when illness was reported."""

    quiet: QuietWorld

    @cached_property
    def people(self) -> np.ndarray:
        """Usual residents of each village."""
        return np.bincount(self.quiet.village, self.quiet.people, len(self.quiet.village_codes))

    @cached_property
    def xy(self) -> np.ndarray:
        """Return where people live: (2, villages), metres."""
        inside = (
            np.bincount(self.quiet.village, self.quiet.xy[:, k] * self.quiet.people) for k in (0, 1)
        )
        return np.array([total / self.people for total in inside])

    @cached_property
    def town(self) -> np.ndarray:
        """Position of each village's township."""
        codes = [code[:9] for code in self.quiet.village_codes]
        return np.unique(codes, return_inverse=True)[1]

    def expected(self, village: np.ndarray) -> np.ndarray:
        """Return what each village's people and kind of place let one expect."""
        area = np.bincount(self.quiet.village, self.quiet.area_km2)
        counts = np.bincount(village, minlength=len(self.people)).astype(float)
        strata = strata_of(self.quiet.village_codes, self.people, area)
        return expected_counts(counts, self.people, strata)

    def planted(self) -> tuple[np.ndarray, np.ndarray, dict]:
        """Return villages and days of all reports with the outbreak, and the truth about it."""
        made = self.quiet.county
        sheet, _, truth = events.make_events(
            made.sites, made.areas, made.names, made.people, made.buildings,
            made.facilities.table, chance(made.seed, 34),
        )  # fmt: skip
        rows = sheet[sheet["事件类别"] == ILLNESS].drop_duplicates("事件编号")
        position = {code: k for k, code in enumerate(self.quiet.village_codes)}
        rows = rows.assign(
            village=rows["区划代码"].map(position),
            time=pd.to_datetime(rows["受理时间"], errors="coerce"),
        ).dropna(subset=["village", "time"])
        return rows["village"].to_numpy(int), _days(rows["time"]), truth["outbreak"]

    def drawn(self, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Return villages and days of the reports of a quiet year."""
        table = self.quiet.events(rng)
        table = table[table["category"] == ILLNESS]
        return table["village"].to_numpy(int), _days(table["reported"])

    def tables(
        self, village: np.ndarray, period: np.ndarray, periods: int, *, towns: bool = False,
        window: int,
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:  # fmt: skip
        """Return cases, expectation, x, y and people by village or township."""
        region = self.town if towns else np.arange(len(self.people))
        cases = np.zeros((region.max() + 1, periods), dtype=int)
        np.add.at(cases, (region[village], period), 1)
        usual = np.bincount(region, self.expected(village))
        people = np.bincount(region, self.people)
        x, y = (np.bincount(region, place * self.people) / people for place in self.xy)
        return cases, over_time(usual, cases.sum(axis=0), window=window), x, y, people


def place_of(truth: dict) -> np.ndarray:
    """Return where an outbreak was planted, in metres."""
    x, y = crs.from_lon_lat(np.array([truth["lon"]]), np.array([truth["lat"]]), CRS)
    return np.array([float(x[0]), float(y[0])])


def _days(times: pd.Series) -> np.ndarray:
    return (times.to_numpy().astype("datetime64[D]") - FIRST).astype(int)
