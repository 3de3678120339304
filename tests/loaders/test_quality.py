"""Planted defect rates come back exactly, and more defects never score better."""

import ast
import datetime as dt
import string
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.locale import catalogue
from geodata import hierarchy
from loaders.checks import check_table
from loaders.manifest import County, Dataset, Manifest
from loaders.quality import (
    Count,
    QualityScore,
    Thresholds,
    alarms,
    by_department,
    by_region,
    light,
    score,
)
from loaders.rules import RULES
from loaders.table import LoadedTable, ReadContext

TODAY = dt.date(2026, 1, 31)
BOX = (106.0, 27.0, 107.0, 28.0)
N = 200


def load(table: pd.DataFrame, kind: str = "facilities", **settings: Any) -> LoadedTable:
    """Check a table and wrap it as a reader would."""
    entry = Dataset(id="set", title="x", kind=kind, file="set.csv", **settings)
    county = County(code="529901", name="x", crs="EPSG:4546")
    manifest = Manifest(county=county, dataset=(entry,))
    context = ReadContext(box=BOX, today=TODAY)
    good, findings = check_table(table, entry=entry, manifest=manifest, context=context)
    return LoadedTable(entry, good, tuple(findings), {}, "", len(table))


def clean(n: int = N) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "id": [f"f{k}" for k in range(n)],
            "name": [f"卫生室{k}" for k in range(n)],
            "kind": ["村卫生室"] * n,
            "lon": [f"{106 + k / 1000:.4f}" for k in range(n)],
            "lat": ["27.5"] * n,
            "capacity": ["3"] * n,
            "open_from": ["2001-01-01"] * n,
            "open_to": ["2031-01-01"] * n,
        }
    ).astype(object)


def planted(
    *, missing: int = 0, invalid: int = 0, order: int = 0, double: int = 0, outside: int = 0
) -> LoadedTable:
    """Spoil that many rows in each way, each row in one way only."""
    table = clean()
    ends = np.cumsum([missing, invalid, order, outside, double])
    table.loc[: ends[0] - 1, "capacity"] = None
    table.loc[ends[0] : ends[1] - 1, "kind"] = "看不懂"
    table.loc[ends[1] : ends[2] - 1, "open_to"] = "1999-01-01"
    table.loc[ends[2] : ends[3] - 1, "lon"] = "99.5"
    table.loc[ends[3] : ends[4] - 1, "id"] = "f199"
    return load(table)


def test_a_clean_data_set_scores_one() -> None:
    result = score(load(clean()), today=TODAY)
    assert result.total == 1
    assert {c.score for c in result.dimensions.values()} == {1.0}
    assert result.n_rows == N


def test_planted_rates_come_back() -> None:
    # By hand: 200 rows of 8 columns; 16 values of 1,600 missing, 10 rows of 200 invalid, 8 in the
    # wrong order, 6 outside the county, 4 with the number of another one.
    loaded = planted(missing=16, invalid=10, order=8, double=4, outside=6)
    result = score(loaded, today=TODAY)
    assert result.dimensions == {
        "completeness": Count(1 - 16 / 1600, 1600, 16),
        "validity": Count(1 - 10 / 200, 200, 10),
        "consistency": Count(1 - 8 / 200, 200, 8),
        "timeliness": Count(1.0, 0, 0),
        "uniqueness": Count(1 - 4 / 200, 200, 4),
        "place": Count(1 - 6 / 200, 200, 6),
    }
    assert result.fields["capacity"]["completeness"] == Count(1 - 16 / 200, 200, 16)
    assert result.fields["kind"]["validity"] == Count(1 - 10 / 200, 200, 10)
    assert result.fields["name"]["completeness"].score == 1
    judged = [0.99, 0.95, 0.96, 0.98, 0.97]
    assert result.total == pytest.approx(sum(judged) / 5)


DEFECTS = st.fixed_dictionaries(
    {name: st.integers(0, 30) for name in ("missing", "invalid", "order", "double", "outside")}
)
OF = {
    "missing": "completeness",
    "invalid": "validity",
    "order": "consistency",
    "double": "uniqueness",
    "outside": "place",
}


@given(DEFECTS, st.sampled_from(sorted(OF)), st.integers(1, 20))
def test_more_defects_never_score_better(counts: dict[str, int], more: str, extra: int) -> None:
    before = score(planted(**counts), today=TODAY)
    after = score(planted(**{**counts, more: counts[more] + extra}), today=TODAY)
    for name, dimension in OF.items():
        assert before.dimensions[dimension].defects == counts[name]
    assert after.dimensions[OF[more]].defects == counts[more] + extra
    assert after.dimensions[OF[more]].score < before.dimensions[OF[more]].score
    assert after.total < before.total


@given(st.integers(0, 2000), st.integers(0, 400))
def test_older_data_never_score_better(age: int, later: int) -> None:
    def of(days: int) -> float:
        loaded = load(clean(3), refresh_days=365, date=TODAY - dt.timedelta(days=days))
        return score(loaded, today=TODAY).dimensions["timeliness"].score

    assert of(age + later) <= of(age)
    assert of(age) == (1 if age <= 365 else 365 / age)


def test_an_empty_data_set_has_no_defect() -> None:
    result = score(load(clean(0)), today=TODAY)
    assert result.total == 1
    assert result.dimensions["validity"].n == 0


def test_departments_add_their_data_sets() -> None:
    # By hand: 10 of 200 and 0 of 100 rows invalid: 10 of 300.
    health = [
        score(load(clean(100), department="卫健局"), today=TODAY),
        QualityScore("b", "卫健局", 200, score(planted(invalid=10), today=TODAY).dimensions),
    ]
    other = score(load(clean(5), department="教育局"), today=TODAY)
    added = by_department([*health, other])
    assert list(added) == ["卫健局", "教育局"]
    assert added["卫健局"].n_rows == 300
    assert added["卫健局"].dimensions["validity"] == Count(1 - 10 / 300, 300, 10)
    assert added["教育局"].total == 1


def test_villages_are_told_apart() -> None:
    # By hand: the first village has a negative count among 3 rows, the second none among 2, and one
    # row names no region.
    codes = ["529901100200", "529901100200001", "529901100200", "529901100201", "529901100201", ""]
    table = pd.DataFrame(
        {
            "code": codes,
            "sex": ["m", "m", "f", "m", "f", "m"],
            "persons": ["1", "2", "-3", "4", "5", "6"],
        }
    )
    assert by_region(load(table, "population")) == {
        "": Count(0.0, 1, 1),
        "529901100200": Count(1 - 1 / 3, 3, 1),
        "529901100201": Count(1.0, 2, 0),
    }
    assert by_region(load(clean(3))) == {}


def test_lights_change_at_the_thresholds() -> None:
    limits = Thresholds(good=0.9, watch=0.5)
    assert [light(v, limits) for v in (1, 0.9, 0.899, 0.5, 0.499)] == [
        "good",
        "good",
        "watch",
        "watch",
        "bad",
    ]


def test_alarms_name_the_dimensions() -> None:
    result = score(planted(invalid=30, order=10), today=TODAY)
    assert alarms(result) == {"validity": "bad", "consistency": "watch"}


def test_a_score_is_plain_when_stored() -> None:
    stored = score(planted(invalid=10), today=TODAY).as_json()
    assert stored["dimensions"]["validity"] == {"score": 0.95, "n": 200, "defects": 10}
    assert stored["dataset"] == "set"


ROOT = Path(__file__).parents[2]
SPEAKING = (
    "loaders/check_run.py",
    "loaders/crosscheck.py",
    "geodata/audit.py",
    "geodata/hierarchy.py",
    "geodata/areal.py",
)


def sentences() -> set[str]:
    """Return every sentence for people that these modules can say."""
    said = {rule.expected for rule in RULES.values()} | set(hierarchy._SENTENCES.values())
    for name in SPEAKING:
        for node in ast.walk(ast.parse((ROOT / name).read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "").endswith("Error"):
                said |= {a.value for a in node.args[:1] if isinstance(a, ast.Constant)}
    return said


def test_every_sentence_has_its_chinese() -> None:
    chinese = catalogue("zh")
    fields = string.Formatter().parse
    for sentence in sentences():
        assert sentence in chinese
        ours, theirs = ({f for _, f, _, _ in fields(s) if f} for s in (sentence, chinese[sentence]))
        assert ours == theirs, sentence
