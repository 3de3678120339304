"""The tree of regions: codes, faults, order, sums."""

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geodata.errors import InputError
from geodata.hierarchy import (
    build,
    faults,
    level_of_code,
    normalise_code,
    parent_by_prefix,
    parents_by_place,
)

# By hand: a county with two townships; the first has a village with two grids, the second only
# made cells, one of them before its parent in the table.
TABLE = pd.DataFrame(
    {
        "code": [
            "529901102-1",
            "529901000000",
            "529901101000",
            "529901102",
            "529901101001",
            "529901101001001",
            "529901101001002",
            "529901102-2",
        ],
        "level": ["grid", "county", "township", "township", "village", "grid", "grid", "grid"],
    }
)


@pytest.mark.parametrize(
    ("given_code", "expected"),
    [
        ("529901000000", "529901"),
        ("529901101000", "529901101"),
        ("529901101001", "529901101001"),
        ("529901000", "529901"),
        ("５２９９０１", "529901"),
        (" 529901101.0 ", "529901101"),
        ("529901101001000", "529901101001000"),
        ("529901101-17", "529901101-17"),
        ("8a1e6992d6effff", "8a1e6992d6effff"),
    ],
)
def test_writes_codes_as_the_store_does(given_code: str, expected: str) -> None:
    assert normalise_code(given_code) == expected


def test_a_free_code_keeps_its_zeros() -> None:
    assert normalise_code("529901000000", "free") == "529901000000"
    assert normalise_code("La Massana ", "free") == "La Massana"


def test_parents_by_code_may_skip_a_level() -> None:
    known = {"529901", "529901101"}
    assert parent_by_prefix("529901101001001", known) == "529901101"
    assert parent_by_prefix("529901102", known) == "529901"
    assert parent_by_prefix("529901101-3", known) == "529901101"
    assert parent_by_prefix("610000101", known) == ""


def test_tells_the_level_from_the_length() -> None:
    codes = ("529901", "529901101", "529901101001", "529901101001001", "5299011", "52990A")
    assert [level_of_code(c) for c in codes] == ["county", "township", "village", "grid", "", ""]


def test_walks_the_tree() -> None:
    tree = build(TABLE)
    assert tree.roots == ("529901",)
    assert tree.children("529901") == ("529901101", "529901102")
    assert tree.parent("529901101001001") == "529901101001"
    assert tree.parent("529901") is None
    assert tree.path("529901101001002") == (
        "529901",
        "529901101",
        "529901101001",
        "529901101001002",
    )
    assert set(tree.descendants("529901102")) == {"529901102-1", "529901102-2"}
    assert tree.leaves("529901101") == ("529901101001001", "529901101001002")
    assert tree.leaves("529901102-1") == ("529901102-1",)
    township = tree.ancestor_at("township")
    assert [tree.codes[row] if row >= 0 else "" for row in township] == [
        "529901102", "", "529901101", "529901102", "529901101", "529901101", "529901101",
        "529901102",
    ]  # fmt: skip


def test_sums_reconcile_at_every_level() -> None:
    tree = build(TABLE)
    leaf = np.array([5, 0, 0, 0, 0, 7, 11, 2])
    totals = dict(zip(tree.codes, tree.sum_up(leaf).tolist(), strict=True))
    assert totals["529901101001"] == 18
    assert totals["529901101"] == 18
    assert totals["529901102"] == 7
    assert totals["529901"] == 25


def test_refuses_a_value_above_the_leaves() -> None:
    values = np.array([5, 1, 0, 0, 0, 7, 11, 2])
    with pytest.raises(InputError, match=r"^Region 529901 has children and a value of its own"):
        build(TABLE).sum_up(values)
    with pytest.raises(InputError, match=r"shape \(3,\); expected one row for each of 8 regions"):
        build(TABLE).sum_up(np.zeros(3))


def test_lists_every_fault() -> None:
    table = pd.DataFrame(
        {
            "code": ["c", "t1", "t1", "t2", "v1", "v2", "v3", "", "t3"],
            "level": ["county", *["township"] * 3, *["village"] * 3, "village", "township"],
            "parent": ["", "c", "c", "t9", "v2", "v1", "t1", "t1", "t1"],
        }
    )
    found = [(fault.kind, fault.row) for fault in faults(table, scheme="free")]
    assert found == [
        ("code.duplicate", 2),
        ("code.orphan", 3),
        ("tree.level", 4),
        ("tree.level", 5),
        ("code.missing", 7),
        ("tree.level", 8),
    ]
    with pytest.raises(InputError, match=r"^Region t1 stands twice\.$"):
        build(table, scheme="free")


def test_an_orphan_code_is_rejected() -> None:
    table = pd.DataFrame(
        {"code": ["529901", "529902101"], "level": ["county", "township"], "parent": ["", "529902"]}
    )
    with pytest.raises(InputError, match=r"^Region 529902101 has no known parent \(529902\)\.$"):
        build(table)


def test_a_region_in_itself_is_rejected() -> None:
    table = pd.DataFrame({"code": ["c", "t"], "level": ["county", "township"], "parent": ["", "t"]})
    with pytest.raises(InputError, match=r"^Region t lies in itself\.$"):
        build(table, scheme="free")


def test_a_county_may_name_its_prefecture() -> None:
    table = pd.DataFrame({"code": ["529901"], "level": ["county"], "parent": ["5299"]})
    assert build(table).roots == ("529901",)


def test_finds_parents_by_place() -> None:
    table = pd.DataFrame(
        {
            "code": ["county", "west", "east", "a", "b"],
            "level": ["county", "township", "township", "village", "village"],
            "geometry": [
                shapely.box(0, 0, 2, 1),
                shapely.box(0, 0, 1, 1),
                shapely.box(1, 0, 2, 1),
                None,
                None,
            ],
            "lon": [np.nan, np.nan, np.nan, 1.5, 0.2],
            "lat": [np.nan, np.nan, np.nan, 0.5, 0.2],
        }
    )
    tree = build(table, scheme="free")
    assert tree.parent("a") == "east"
    assert tree.parent("b") == "west"
    assert tree.parent("west") == "county"


def test_a_point_on_a_border_belongs_to_the_first_area() -> None:
    areas = [shapely.box(0, 0, 1, 1), shapely.box(1, 0, 2, 1)]
    points = np.array([shapely.Point(1, 0.5), shapely.Point(3, 0), None], dtype=object)
    assert parents_by_place(points, areas).tolist() == [0, -1, -1]


def test_an_unknown_level_is_rejected() -> None:
    with pytest.raises(
        InputError, match=r"^Unknown level parish; expected one of county, township"
    ):
        build(pd.DataFrame({"code": ["a"], "level": ["parish"]}))


@st.composite
def trees(draw: st.DrawFn) -> pd.DataFrame:
    """Draw a shuffled tree whose levels may be skipped."""
    rows = [("r", "county", "")]
    for number in range(draw(st.integers(0, 30))):
        code, level, _ = rows[draw(st.integers(0, len(rows) - 1))]
        lower = ["township", "village", "grid"][
            ["county", "township", "village", "grid"].index(level) :
        ]
        if lower:
            rows.append((f"n{number}", draw(st.sampled_from(lower)), code))
    order = draw(st.permutations(rows))
    return pd.DataFrame(order, columns=["code", "level", "parent"])


@given(trees(), st.integers(0, 2**32 - 1))
def test_every_total_is_the_sum_of_its_leaves(table: pd.DataFrame, seed: int) -> None:
    tree = build(table, scheme="free")
    leaf = np.random.default_rng(seed).integers(0, 1000, (len(table), 3))
    leaf[~tree.is_leaf] = 0
    totals = tree.sum_up(leaf)
    for code in tree.codes:
        rows = [tree.row(one) for one in tree.leaves(code)]
        assert (totals[tree.row(code)] == leaf[rows].sum(axis=0)).all()
        below = [tree.row(child) for child in tree.children(code)]
        if below:
            assert (totals[tree.row(code)] == totals[below].sum(axis=0)).all()
    assert sorted(tree.order.tolist()) == list(range(len(table)))


def test_twenty_thousand_grids_sum_in_a_blink() -> None:
    codes = ["529901"] + [f"529901{t:03d}" for t in range(100, 120)]
    codes += [f"{t}{v:03d}" for t in codes[1:] for v in range(1, 16)]
    codes += [f"{v}{g:03d}" for v in codes[21:] for g in range(1, 68)]
    levels = [level_of_code(code) for code in codes]
    tree = build(pd.DataFrame({"code": codes, "level": levels}))
    values = np.where(tree.is_leaf, 1, 0)
    assert tree.sum_up(values)[0] == 20 * 15 * 67
