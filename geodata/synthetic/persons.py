"""The register of persons of one town, and the insurance roll that does not quite agree with it."""

# ruff: noqa: E501 - tables of words and weights: a row a line, and Chinese counts double

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from geodata.synthetic.boundaries import Areas
from geodata.synthetic.naming import COUNTY_CODE, Names
from geodata.synthetic.people import People
from geodata.synthetic.registers import Buildings
from geodata.synthetic.sheets import SEX_ZH, some, with_extra_rows

Ints = NDArray[np.int64]

ABOUT = 20_000  # persons in the town whose register is sent
_WEIGHTS = np.array([7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2])
_CHECK = "10X98765432"
_SURNAMES = tuple("李王张刘陈杨黄吴周罗赵田何唐谭冉石龙任彭安简骆蔡犹郎")
_MEN = tuple("强军明华国建平勇志林德文光正兴海波涛龙飞俊浩宇杰鹏鑫晨轩泽瑞")
_WOMEN = tuple("英芳秀兰珍梅红霞丽敏燕琴玲艳娟萍静婷雪欣怡雨涵梓诗琪瑶佳思月")
HEAD = ("身份证号", "姓名", "性别", "出生日期", "居住地代码", "楼栋编号", "户号", "人员状态")
N_BIRTH, N_SEX, N_CODE, N_NEAR, N_TWINS = 40, 25, 60, 30, 3


@dataclass(frozen=True)
class Registers:
    """The two files and the truth about them."""

    police: pd.DataFrame
    roll: pd.DataFrame
    planted_police: dict[str, int]
    planted_roll: dict[str, int]
    truth: dict[str, object]


def identity_numbers(birth: NDArray[np.datetime64], serial: Ints) -> NDArray[np.str_]:
    """
    Return 18-digit numbers (GB 11643) of the invented county for birth days and serials.

    The prefix 529901 is assigned to no county: no number made here is a person's.
    """
    days = np.char.replace(np.datetime_as_string(birth, unit="D"), "-", "")
    bodies = [
        f"{COUNTY_CODE}{day}{s:03d}" for day, s in zip(days.tolist(), serial.tolist(), strict=True)
    ]
    digits = np.array([list(body) for body in bodies]).astype(int)
    checks = np.array(list(_CHECK))[(digits @ _WEIGHTS) % 11]
    return np.char.add(np.array(bodies), checks)


def _births(band: Ints, rng: np.random.Generator) -> NDArray[np.datetime64]:
    """Draw birth days of persons who on 2025-11-01 are in that band of five years of age."""
    years = np.where(band < 17, 5, 12)
    low = np.array(
        [np.datetime64(dt.date(2025 - 5 * b - (5 if b < 17 else 12), 11, 2)) for b in range(18)]
    )
    high = np.array([np.datetime64(dt.date(2025 - 5 * b, 11, 1)) for b in range(18)])
    span = (high - low).astype(int) + 1
    skew = np.where(years > 5, 1 - rng.random(len(band)) ** 2, rng.random(len(band)))
    return np.asarray(low[band] + (skew * span[band]).astype(int))


def _serials(birth: NDArray[np.datetime64], sex: Ints) -> Ints:
    """Return serials of people born on one day: odd for men, even for women."""
    turn = pd.Series(0, index=range(len(birth))).groupby([birth, sex]).cumcount().to_numpy()
    return np.asarray(11 + 2 * turn + sex, dtype=np.int64)


def _names(head: Ints, sex: Ints, band: Ints, rng: np.random.Generator) -> list[str]:
    """Name people; the young bear the surname of the head of their household."""
    n = len(head)
    weight = 1 / (np.arange(len(_SURNAMES)) + 2.5)
    own = rng.choice(len(_SURNAMES), n, p=weight / weight.sum())
    own = np.where((band < 5) | (rng.random(n) < 0.35), own[head], own)
    pool = np.array([_MEN, _WOMEN])
    first, second = rng.integers(0, len(_MEN), n), rng.integers(0, len(_MEN), n)
    two = rng.random(n) < 0.72
    return [
        _SURNAMES[s] + pool[g, a] + (pool[g, b] if t else "")
        for s, g, a, b, t in zip(own, sex, first, second, two, strict=True)
    ]


def make_registers(
    areas: Areas, names: Names, people: People, buildings: Buildings, rng: np.random.Generator
) -> Registers:
    """Write down the persons of the town nearest to ``ABOUT`` people, and the roll of the insured."""
    sums = people.registered.sum(axis=(1, 2))
    by_town = np.bincount(areas.village_town, sums)
    town = int(np.argmin(np.abs(by_town - ABOUT)))
    villages = np.flatnonzero(areas.village_town == town)
    counts = people.registered[villages]
    village, sex, band = np.unravel_index(
        np.repeat(np.arange(counts.size), counts.ravel()), counts.shape
    )
    village = villages[village]
    household, head = _households(village, band, rng)
    birth, called = _births(band, rng), _names(head, sex, band, rng)
    twins = _twins(village, sex, band, birth, called, household, rng)
    homes = _homes(areas, buildings, village, household)
    codes = np.array(names.village_codes)
    good = pd.DataFrame({
        "身份证号": identity_numbers(birth, _serials(birth, sex)),
        "姓名": called,
        "性别": np.array(SEX_ZH)[sex],
        "出生日期": np.datetime_as_string(birth, unit="D"),
        "居住地代码": codes[village],
        "楼栋编号": homes,
        "户号": household,
        "人员状态": np.where(rng.random(len(village)) < 0.93, "在册", "外出"),
    }).astype(str)  # fmt: skip
    good = good.iloc[np.lexsort((good["户号"], good["居住地代码"]))].reset_index(drop=True)
    police, planted = _police_mistakes(good, rng)
    roll, conflicts, roll_planted = _roll(good, codes[villages], twins, rng)
    truth: dict[str, object] = {
        "township": names.town_codes[town], "persons": len(good), "conflicts": conflicts,
        "near_duplicates": N_NEAR, "twins": twins,
    }  # fmt: skip
    return Registers(police, roll, planted, roll_planted, truth)


def _households(
    village: Ints, band: Ints, rng: np.random.Generator
) -> tuple[NDArray[np.str_], Ints]:
    """Give everybody a household of the village; each household has a grown-up as its head."""
    number = np.empty(len(village), dtype="<U8")
    head = np.arange(len(village))
    for serial, v in enumerate(np.unique(village).tolist(), 1):
        members = rng.permutation(np.flatnonzero(village == v))
        members = members[np.argsort(band[members] < 4, kind="stable")]
        n_heads = max(1, round(len(members) / 3.2))
        of = np.concatenate([np.arange(n_heads), rng.integers(0, n_heads, len(members) - n_heads)])
        head[members] = members[of]
        number[members] = [f"H{serial:02d}{k:05d}" for k in of.tolist()]
    return number, head


def _homes(
    areas: Areas, buildings: Buildings, village: Ints, household: NDArray[np.str_]
) -> NDArray[np.object_]:
    """Give each household a house of its village that has dwellings."""
    homes = np.empty(len(village), dtype=object)
    owner = np.where(buildings.dwellings > 0, areas.grid_village[buildings.grid], -1)
    for v in np.unique(village).tolist():
        members = np.flatnonzero(village == v)
        houses = np.flatnonzero(owner == v)
        rooms = np.repeat(houses, buildings.dwellings[houses])
        number = np.unique(household[members], return_inverse=True)[1]
        homes[members] = buildings.ids[rooms[(number * 7) % len(rooms)]]
    return homes


def _twins(
    village: Ints, sex: Ints, band: Ints, birth: NDArray[np.datetime64], called: list[str],
    household: NDArray[np.str_], rng: np.random.Generator,
) -> list[str]:  # fmt: skip
    """Make a few pairs twins: same day, same house, nearly the same name, yet two persons."""
    told = []
    same = (np.diff(village) == 0) & (np.diff(sex) == 0) & (np.diff(band) == 0) & (band[1:] > 4)
    for first in rng.choice(np.flatnonzero(same)[::2], N_TWINS, replace=False).tolist():
        other = first + 1
        birth[other], household[other] = birth[first], household[first]
        base = called[first][:2]
        called[first], called[other] = base + "大", base + "小"
        told.append(
            f"{called[first]} {called[other]} {np.datetime_as_string(birth[first], unit='D')}"
        )
    return told


def _wrong_check(number: str) -> str:
    return number[:17] + _CHECK[(_CHECK.index(number[17]) + 1) % 11]


def _police_mistakes(
    good: pd.DataFrame, rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, int]]:
    planted = {"check_digit": 12, "date_impossible": 4, "identity_missing": 5, "identity_too_short": 3,
               "duplicate_row": 6}  # fmt: skip
    extra = [
        some(good, 12, rng, 身份证号=_wrong_check),
        some(good, 4, rng, 身份证号=_born_30_february, 出生日期=lambda day: f"{day[:4]}-02-30"),
        some(good, 5, rng, 身份证号=""),
        some(good, 3, rng, 身份证号=lambda number: number[:15]),
    ]
    sheet = with_extra_rows(good, extra, rng)
    return pd.concat([sheet, some(good, 6, rng)], ignore_index=True)[list(HEAD)], planted


def _born_30_february(number: str) -> str:
    body = number[:10] + "0230" + number[14:17]
    return body + _CHECK[int(np.array(list(body)).astype(int) @ _WEIGHTS) % 11]


def _roll(
    good: pd.DataFrame, codes: NDArray[np.str_], twins: list[str], rng: np.random.Generator
) -> tuple[pd.DataFrame, dict[str, list[str]], dict[str, int]]:
    """Return the roll, the identity numbers in conflict by field, and its mistakes."""
    names_of_twins = {name for pair in twins for name in pair.split()[:2]}
    grown = good["出生日期"] <= "2009-11-01"
    insured = good[
        grown & ((rng.random(len(good)) < 0.82) | good["姓名"].isin(names_of_twins))
    ].copy()
    free = insured.index[~insured["姓名"].isin(names_of_twins)].to_numpy()
    pick = rng.choice(free, N_BIRTH + N_SEX + N_CODE + N_NEAR, replace=False)
    born, sexed, moved, near = np.split(pick, np.cumsum([N_BIRTH, N_SEX, N_CODE]))
    insured.loc[born, "出生日期"] = insured.loc[born, "出生日期"].map(_other_day)
    insured.loc[sexed, "性别"] = insured.loc[sexed, "性别"].map({"男": "女", "女": "男"})
    shift = dict(zip(codes.tolist(), np.roll(codes, 1).tolist(), strict=True))
    insured.loc[moved, "居住地代码"] = insured.loc[moved, "居住地代码"].map(shift)
    conflicts = {
        field: sorted(good.loc[rows, "身份证号"])
        for field, rows in (("birth", born), ("sex", sexed), ("code", moved))
    }
    again = insured.loc[near].copy()
    day = pd.to_datetime(again["出生日期"]).to_numpy().astype("datetime64[D]")
    serial = again["身份证号"].str[14:17].astype(int).to_numpy() + 600
    again["身份证号"] = identity_numbers(day, serial)
    planted = {"check_digit": 10, "duplicate_row": 8}
    extra = [again, some(insured, 10, rng, 身份证号=_wrong_check)]
    sheet = with_extra_rows(insured, extra, rng)
    sheet = pd.concat([sheet, some(insured, 8, rng)], ignore_index=True)
    sheet["参保状态"] = np.where(rng.random(len(sheet)) < 0.9, "正常参保", "暂停参保")
    sheet = sheet[["身份证号", "姓名", "性别", "出生日期", "居住地代码", "参保状态"]]
    return sheet.rename(columns={"身份证号": "证件号码"}), conflicts, planted


def _other_day(day: str) -> str:
    moved = dt.date.fromisoformat(day) + dt.timedelta(days=31)
    return moved.isoformat()
