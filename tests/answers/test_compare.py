"""Two sides and their difference: by hand, by law, on the served layer, and never past a mask."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import delete
from sqlalchemy.orm import Session

from cockpit.answers import compare, compare_layers, compare_now, scenarios
from cockpit.answers.compare import Asked, Compared, Side, difference, finished
from cockpit.answers.compare_scenarios import by_scenario
from cockpit.answers.coverage_question import question
from cockpit.answers.current import current_twin
from cockpit.answers.layers import stamp
from cockpit.answers.siting import Layout, Rules, ground_of
from cockpit.answers.siting_figures import figures
from cockpit.answers.twin import Twin
from cockpit.settings import settings
from cockpit.store.models import Population, Vulnerable
from cockpit.store.session import engine, open_engine
from cockpit.web import compare as web
from geodata.errors import InputError
from tests import eventful, roaded, tiny
from tests.web import asgi

VISITOR = "敏感"


@pytest.fixture(autouse=True)
def _cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the visitor be cleared for sensitive counts: they are what is masked."""
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", VISITOR)
    settings.cache_clear()


DATES = Asked("dates", "usual", "2020-11-01", "2025-11-01", 0, "village", "absolute")


def ask(**changed: Any) -> Compared:
    return compare_now.compared(DATES._replace(**changed), VISITOR)


def county() -> Twin:
    found = current_twin()
    assert found is not None
    return found


def served(asked: Asked) -> list[dict[str, Any]]:
    """Return the properties of the served layer, in the order of the county."""
    address = compare_layers.compare_url(
        county().version, compare_now.mark(asked.kind, VISITOR), asked
    )
    web._kept.clear()  # another test's county may have the same version
    answer = asgi.ask(asgi.cockpit_app(), address)
    assert answer.status == 200
    found = [f["properties"] for f in answer.json()["features"]]
    return sorted(found, key=lambda row: str(row["id"]))


@given(
    st.lists(st.tuples(st.integers(0, 10**6), st.integers(0, 10**6)), min_size=1),
    st.integers(0, 2),
)
def test_the_difference_is_that_of_the_figures_shown(
    pairs: list[tuple[int, int]], decimals: int
) -> None:
    a, b = (np.round(np.array(side) / 7, decimals) for side in zip(*pairs, strict=True))
    gap = difference(a, b, "absolute", decimals)
    for left, right, told in zip(a, b, gap, strict=True):
        exact = Decimal(f"{right:.{decimals}f}") - Decimal(f"{left:.{decimals}f}")
        assert Decimal(f"{told:.{decimals}f}") == exact
    assert difference(b, a, "absolute", decimals).tolist() == (-gap + 0).tolist()


def test_percent_of_nothing_is_not_told() -> None:
    gap = difference(np.array([0.0, 50.0, np.nan, 8.0]), np.array([5.0, 40.0, 3.0, 8.0]),
                     "percent", 0)  # fmt: skip
    assert np.isnan(gap[[0, 2]]).all()
    assert gap[[1, 3]].tolist() == [-20.0, 0.0]


def test_two_dates_by_hand(tiny_here: Path) -> None:
    found = ask()
    # A village has four grids, each with five people more at the earlier date.
    assert (found.a.values - found.b.values).tolist() == [20.0] * 4
    assert found.difference is not None
    assert found.difference.tolist() == [-20.0] * 4
    assert (found.a.total, found.b.total) == (1360 + 16 * 5, 1360)
    assert found.b.values.tolist() == [140, 460, 220, 540]
    percent = ask(how="percent")
    assert percent.difference is not None
    assert percent.difference.tolist() == [-12.5, -4.2, -8.3, -3.6]


@pytest.mark.parametrize("how", ["absolute", "percent"])
def test_the_served_difference_is_b_minus_a_to_the_digit(tiny_here: Path, how: str) -> None:
    asked = DATES._replace(kind="indicators", what="-", a="age_0_14", b="age_15_59", level="grid",
                           how=how)  # fmt: skip
    rows = served(asked)
    assert len(rows) == 16
    for row in rows:
        gap = row["b"] - row["a"]
        assert row["d"] == (gap if how == "absolute" else round(100 * gap / row["a"], 1))


def test_both_sides_have_the_same_breaks(tiny_here: Path) -> None:
    found = ask(level="grid")
    every = np.concatenate([found.a.values, found.b.values])
    assert sum(found.breaks.counts) == len(every)
    assert found.breaks.lowest == every.min()
    assert found.breaks.uppers[-1] == every.max()
    gap = found.difference_breaks
    assert gap is not None
    assert gap.diverging
    inner = gap.uppers[:-1]
    assert [-x for x in inner[::-1]] == list(inner)


def test_an_empty_grid_beside_a_counted_one_is_zero(eventful_here: Path) -> None:
    with Session(engine()) as db:
        last = Population.region_code == tiny.grid_code(15)
        db.execute(delete(Population).where(last, Population.date == tiny.BEFORE))
        db.commit()
        dates = compare.series_dates(db, county(), VISITOR)
    assert dates["usual"] == [tiny.BEFORE, tiny.DATE]
    # Departments leave out the empty ones: the other grids of its village are counted.
    row = served(DATES._replace(level="grid"))[-1]
    assert (row["a"], row["b"], row["d"]) == (0, 160, 160)


def test_a_side_without_data_is_none_and_never_zero() -> None:
    values = np.array([np.nan, 3.0, 4.0])
    shown = np.zeros(3, dtype=bool)
    found = finished(
        None, DATES, np.arange(3), Side(values, shown, 7.0),  # type: ignore[arg-type]
        Side(np.array([1.0, 2.0, np.nan]), shown, 3.0), unit="persons", decimals=0,
        data_class="公开", comparable=np.array([True, True, True]),
    )  # fmt: skip
    assert found.difference is not None
    assert [compare_layers._plain(v, 0) for v in found.difference] == [None, -1, None]
    assert found.one_sided.tolist() == [True, False, True]


def test_what_was_counted_in_part_has_no_difference() -> None:
    shown = np.zeros(2, dtype=bool)
    side = Side(np.array([5.0, 6.0]), shown, 11.0)
    found = finished(
        None, DATES, np.arange(2), side, side, unit="persons", decimals=0,  # type: ignore[arg-type]
        data_class="公开", comparable=np.array([True, False]),
    )  # fmt: skip
    assert found.difference is not None
    assert found.difference[0] == 0
    assert np.isnan(found.difference[1])


def test_no_difference_reveals_a_masked_count(eventful_here: Path) -> None:
    """Grid k has k people of low income: those of 1 to 9 are masked, today and five years ago."""
    with Session(engine()) as db:
        for k in range(16):
            db.add(
                Vulnerable(region_code=tiny.grid_code(k), date=tiny.BEFORE, group="low_income",
                           persons=15 - k, moved=False, batch_id=3, source_row=k)
            )  # fmt: skip
        db.commit()
    rows = {row["id"]: row for row in served(DATES._replace(what="low_income", level="grid"))}
    for k in range(16):
        row = rows[tiny.grid_code(k)]
        hidden = (1 <= 15 - k <= 9) + 2 * (1 <= k <= 9)
        assert row["m"] == hidden
        assert row["a"] == (None if hidden & 1 else 15 - k)
        assert row["b"] == (None if hidden & 2 else k)
        assert row["d"] == (None if hidden else 2 * k - 15)
    found = ask(what="low_income", level="grid")
    assert np.isnan(found.a.total)  # the rest would follow from it
    assert np.isnan(found.b.total)
    with pytest.raises(InputError, match="There are no figures for low_income"):
        compare_now.compared(DATES._replace(what="low_income"), "备用")


def test_an_indicator_with_a_mask_stays_masked_in_the_difference(tiny_here: Path) -> None:
    asked = DATES._replace(kind="indicators", what="-", a="people", b="low_income", level="grid")
    for k, row in enumerate(sorted(served(asked), key=lambda r: r["a"])):
        assert row["a"] == 10 * (k + 1)
        assert row["d"] == (None if 1 <= k <= 9 else k - 10 * (k + 1))


def test_different_units_stand_side_by_side_as_indices(tiny_here: Path) -> None:
    asked = DATES._replace(kind="indicators", what="-", a="people", b="density", level="village")
    found = compare_now.compared(asked, VISITOR)
    assert found.difference is None
    assert found.difference_breaks is None
    assert "different units" in found.reason
    # By hand: 140 of a mean of 340 people.
    assert found.a.values[0] == round(100 * 140 / 340, 1)
    assert found.unit == "index, mean = 100"
    assert all(row["d"] is None for row in served(asked))


def test_two_periods_by_hand(eventful_here: Path) -> None:
    first = eventful.FIRST.date()
    one, five = (first + dt.timedelta(days=n) for n in (1, 5))
    asked = Asked("events", "order", one.isoformat(), five.isoformat(), 4, "township", "absolute")
    found = compare_now.compared(asked, VISITOR)
    assert found.a.values.tolist() == found.b.values.tolist() == [4.0, 0.0]
    # Days 1 to 4 have a dispute, a theft each, and a noise known by village; day 5 one of nowhere.
    every = compare_now.compared(asked._replace(what="all"), VISITOR)
    assert every.a.values.tolist() == [5.0, 1.0]
    assert every.unplaced == (0, 1)
    assert (every.a.total, every.b.total) == (6.0, 5.0)


def test_a_day_that_is_not_over_is_no_data(eventful_here: Path) -> None:
    """The newest event came on day 9 at 08:00: what that day will have, nobody knows."""
    first = eventful.FIRST.date()
    one, six = ((first + dt.timedelta(days=n)).isoformat() for n in (1, 6))
    asked = Asked("events", "order", one, six, 4, "township", "absolute")
    assert np.isnan(compare_now.compared(asked, VISITOR).b.values).all()
    assert compare_now.compared(asked._replace(days=3), VISITOR).b.values.tolist() == [3.0, 0.0]


def test_a_period_of_endless_days_is_refused(eventful_here: Path) -> None:
    asked = Asked("events", "all", "2024-01-01", "2024-02-01", 10**20 - 1, "village", "absolute")
    address = compare_layers.compare_url(county().version, "m", asked)
    assert asgi.ask(asgi.cockpit_app(), address).status == 400
    with pytest.raises(InputError, match="A period has at most 36525 days"):
        compare_now.compared(asked, VISITOR)


def test_a_period_before_all_events_has_no_data(eventful_here: Path) -> None:
    asked = Asked("events", "all", "2024-06-01", eventful.FIRST.date().isoformat(), 5, "township",
                  "absolute")  # fmt: skip
    rows = served(asked)
    assert [row["a"] for row in rows] == [None, None]
    assert [row["d"] for row in rows] == [None, None]


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"kind": "wishes"}, "There is no such comparison"),
        ({"how": "half"}, "There is no such comparison"),
        ({"a": "2019-01-01"}, "Nothing was counted on 2019-01-01"),
        ({"a": "soon"}, "There is no day soon"),
        ({"what": "cats"}, "There are no figures for cats"),
        ({"kind": "indicators", "a": "cats"}, "There are no figures for cats"),
        ({"kind": "events", "what": "cats"}, "There are no events of cats"),
        (
            {"kind": "events", "what": "all", "a": "9999-12-01", "days": 60},
            "There is no day 9999-12-01",
        ),
        ({"kind": "scenarios", "a": "x"}, "There is no scenario x"),
        ({"kind": "scenarios", "a": "0", "b": "0"}, "Choose at least one saved scenario"),
    ],
)
def test_refuses_what_is_no_comparison(
    eventful_here: Path, changed: dict[str, str], words: str
) -> None:
    with pytest.raises(InputError, match=words):
        ask(**changed)


def test_the_file_says_what_the_layer_says(tiny_here: Path) -> None:
    asked = DATES._replace(what="usual", level="township")
    address = compare_layers.file_url(county().version, asked)
    assert stamp(county().version) in address
    answer = asgi.ask(asgi.cockpit_app(), f"{address}?lang=en")
    lines = answer.table.splitlines()
    assert lines[0] == (
        "Code,Name,English name,A: 1 Nov 2020 (persons),B: 1 Nov 2025 (persons),"
        "Difference B - A (persons)"
    )
    assert lines[1] == "529901001,东山街道,Dongshan,640,600,-40"
    assert served(asked)[0]["d"] == -40


def test_a_plan_beside_today_tells_the_minutes_won(tmp_path: Path) -> None:
    made = open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")
    roaded.fill(made)
    reach, new = roaded.reach_of(made), tiny.grid_code(7)  # 12 minutes from a clinic today
    q = question(reach, "clinic", group="people", mode="car", minutes=6, visitor="备用")
    plan = figures(ground_of(reach, q), Layout(added=(new,)))
    with Session(made) as db:
        number = scenarios.save(db, plan, Rules(), name="南部增设", author="张三").id
        asked = Asked("scenarios", "-", "0", str(number), 0, "grid", "absolute")
        found = by_scenario(db, reach, asked, visitor="备用")
        same = by_scenario(db, reach, asked._replace(a=str(number)), visitor="备用")
    made.dispose()
    at = found.twin.regions["code"].to_numpy()[found.rows].tolist().index(new)
    assert found.a.values[at] == 12
    assert found.difference is not None
    assert same.difference is not None
    assert found.difference[at] == round(found.b.values[at] - 12, 1) < 0
    assert (found.difference <= 0).all()  # nobody's way grows longer by one site more
    assert same.difference.tolist() == [0.0] * len(same.rows)
