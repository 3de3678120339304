"""Sheets of people as the departments send them, with the mistakes such sheets have."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.synthetic.naming import Names
from geodata.synthetic.people import BANDS, People

SEX_ZH = ("男", "女")
HOUSEHOLDS_ZH = ("单人户", "夫妻户", "二代户", "三代户", "其他户")
GROUPS_ZH = ("60岁以上独居老人", "留守儿童", "低收入人口", "持证残疾人", "特困人员")
_FULL_WIDTH = str.maketrans("0123456789", "０１２３４５６７８９")


# Mistakes in rows that are right otherwise: the row is kept, its one wrong value is not believed.
IN_PLACE = frozenset({
    "full_width_digits", "parent_missing", "capacity_negative", "levels_negative",
    "length_negative", "closed_before_reported", "old_code",
})  # fmt: skip


def note(
    truth: dict[str, Any], dataset: str, sheet: pd.DataFrame, planted: dict[str, int]
) -> pd.DataFrame:
    """Write into the truth what was planted in a sheet and how many of its rows are good."""
    truth["defects"][dataset] = planted
    bad = sum(n for kind, n in planted.items() if kind not in IN_PLACE)
    truth["good_rows"][dataset] = len(sheet) - bad
    return sheet


def sex_age_rows(codes: list[str], counts: NDArray[np.int64], *, keep_zero: bool) -> pd.DataFrame:
    """Return counts (n, 2, 18) as rows of code, sex, band and persons."""
    n = len(codes)
    table = pd.DataFrame({
        "code": np.repeat(np.array(codes), 36),
        "sex": np.tile(np.repeat(np.array(SEX_ZH), 18), n),
        "band": np.tile(np.array(BANDS), 2 * n),
        "persons": counts.ravel(),
    })  # fmt: skip
    if keep_zero:
        return table
    return table[table["persons"] > 0].reset_index(drop=True)


def with_extra_rows(
    table: pd.DataFrame, extra: list[pd.DataFrame], rng: np.random.Generator
) -> pd.DataFrame:
    """Strew the extra rows over the table; the good rows keep their order."""
    bad = pd.concat(extra, ignore_index=True)
    place = np.concatenate([np.arange(len(table)), np.sort(rng.uniform(1, len(table), len(bad)))])
    together = pd.concat([table, bad], ignore_index=True)
    return together.iloc[np.argsort(place, kind="stable")].reset_index(drop=True)


def some(table: pd.DataFrame, n: int, rng: np.random.Generator, **changes: object) -> pd.DataFrame:
    """Return ``n`` rows of the table as text, changed; a callable changes the old values."""
    rows = table.iloc[np.sort(rng.choice(len(table), n, replace=False))].copy()
    for column, change in changes.items():
        rows[column] = rows[column].map(change) if callable(change) else change
    return rows


def usual_by_grid(
    people: People, names: Names, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """
    Return the residents of the grids with planted mistakes, and how many of each.

    Every mistake is a row of its own: without those rows the sheet sums to 480,000.
    """
    good = sex_age_rows(names.grid_codes, people.usual, keep_zero=False)
    good = good.rename(
        columns={"code": "网格编码", "sex": "性别", "band": "年龄段", "persons": "常住人口"}
    )
    good.insert(1, "统计日期", "2025-11-01")
    planted = {
        "code_too_short": 6, "code_unknown": 5, "count_negative": 4, "count_missing": 7,
        "count_not_a_number": 3, "date_impossible": 3, "duplicate_row": 8,
    }  # fmt: skip
    repeated = some(good, planted["duplicate_row"], rng)
    good["常住人口"] = good["常住人口"].astype(str)
    wide = rng.choice(len(good), 25, replace=False)
    good.loc[wide, "常住人口"] = good.loc[wide, "常住人口"].str.translate(_FULL_WIDTH)
    count = "常住人口"
    extra = [
        some(good, planted["code_too_short"], rng, 网格编码=lambda code: code[:14]),
        some(good, planted["code_unknown"], rng, 网格编码=lambda code: code[:12] + "987"),
        some(good, planted["count_negative"], rng, **{count: "-3"}),
        some(good, planted["count_missing"], rng, **{count: ""}),
        some(good, planted["count_not_a_number"], rng, **{count: "不详"}),
        some(good, planted["date_impossible"], rng, 统计日期="2025-02-30"),
    ]
    sheet = with_extra_rows(good, extra, rng)
    # a repeated row stands below the row it repeats, so that the first one is the good one
    sheet = pd.concat([sheet, repeated.astype({count: str})], ignore_index=True)
    return sheet, {**planted, "full_width_digits": len(wide)}


def usual_2020(people: People, names: Names) -> pd.DataFrame:
    """Return the census sheet of 2020 by village."""
    table = sex_age_rows(names.village_codes, people.usual_2020, keep_zero=True)
    table.insert(1, "名称", np.repeat(np.array(names.villages), 36))
    heads = {"code": "区划代码", "sex": "性别", "band": "年龄组", "persons": "人口"}
    return table.rename(columns=heads)


def registered(people: People, names: Names) -> pd.DataFrame:
    """Return the police count of registered people by village."""
    table = sex_age_rows(names.village_codes, people.registered, keep_zero=False)
    heads = {"code": "统计用区划代码", "sex": "性别", "band": "年龄段", "persons": "户籍人口"}
    return table.rename(columns=heads)


def floating(people: People, names: Names) -> pd.DataFrame:
    """Return floating people by grid; grids without any are left out, as in the source."""
    table = pd.DataFrame(
        {"网格编码": names.grid_codes, "网格名称": names.grids, "流动人口": people.floating}
    )
    return table[table["流动人口"] > 0].reset_index(drop=True)


def households(
    people: People, names: Names, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return households by type and village, with one township sheet's village off the list."""
    good = _by_kind(names, people.households, "家庭户类型", HOUSEHOLDS_ZH, "户数")
    planted = {"village_without_parent": 5, "count_negative": 2}
    orphan = good.iloc[:5].assign(区划代码="529901219201", 名称="新桥村")
    extra = [orphan, some(good, 2, rng, 户数=-1, 家庭户类型="单人户")]
    return with_extra_rows(good, extra, rng), planted


def vulnerable(
    people: People, names: Names, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    """Return persons of the vulnerable groups by village, with planted mistakes."""
    good = _by_kind(names, people.groups, "对象类别", GROUPS_ZH, "人数")
    planted = {"group_unknown": 3, "count_missing": 4, "code_too_short": 2}
    extra = [
        some(good, 3, rng, 对象类别="空巢青年"),
        some(good, 4, rng, 人数=None),
        some(good, 2, rng, 区划代码=lambda code: code[:11]),
    ]
    return with_extra_rows(good, extra, rng), planted


def _by_kind(
    names: Names, counts: NDArray[np.int64], kind: str, kinds: tuple[str, ...], head: str
) -> pd.DataFrame:
    n = len(names.villages)
    return pd.DataFrame({
        "区划代码": np.repeat(np.array(names.village_codes), len(kinds)),
        "名称": np.repeat(np.array(names.villages), len(kinds)),
        kind: np.tile(np.array(kinds), n),
        head: counts.ravel(),
    })  # fmt: skip
