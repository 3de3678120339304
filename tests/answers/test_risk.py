"""Answers of the risk map on a county counted by hand (tests/risky.py)."""

from __future__ import annotations

import datetime as dt
import json
from pathlib import Path

import numpy as np
import pytest

from cockpit.answers import risk as answers
from cockpit.answers import risk_layers, risk_tables
from cockpit.answers.happenings import Happenings, current_happenings
from cockpit.answers.risk_places import Places
from cockpit.answers.risk_question import by_period, counted, frames, notes_in, question
from cockpit.answers.risk_signs import HOT as HOT_CODE
from cockpit.answers.risk_signs import MAYBE_HOT, NO_SIGN, TOO_LITTLE, classes_of
from cockpit.answers.risk_why import margin
from geodata.errors import InputError
from tests import risky, tiny

VISITOR = "备用"
EVENTS = risky.THEFTS + risky.EXTRA + risky.FIRES + 2


@pytest.fixture
def known(risky_here: Path) -> Happenings:
    found = current_happenings(VISITOR)
    assert found is not None
    return found


def places(known: Happenings, level: str = "cell") -> Places:
    return answers.places_of(known.twin, level, VISITOR)


def ask(known: Happenings, method: str, theme: str = "all", level: str = "cell") -> answers.Answer:
    there = places(known, level)
    q = question(known, theme, level=level)
    return answers.answer(known, there, method, q, visitor=VISITOR)


def place(known: Happenings, k: int) -> int:
    return places(known).place_of(tiny.grid_code(k))


# ---------------------------------------------------------------- counting


def test_events_without_a_cell_are_counted_and_said(known: Happenings) -> None:
    found = counted(known, places(known), question(known))
    assert found.events == EVENTS
    assert (found.unplaced, found.outside) == (risky.FIRES, 1)
    assert found.counts.sum() == EVENTS - risky.FIRES - 1
    assert found.counts[place(known, risky.HOT)] == 12 + risky.EXTRA
    assert found.counts[place(known, 0)] == 13
    assert [n.values["n"] for n in found.notes] == [risky.FIRES, 1]


def test_events_without_a_cell_are_those_of_the_unit(known: Happenings) -> None:
    there, q = places(known), question(known)
    told = [notes_in(known, there, q, known.twin.position(c)) for c in (
        tiny.grid_code(0)[:12], tiny.grid_code(15)[:12], tiny.grid_code(0)[:6],
    )]  # fmt: skip
    assert [[n.values["n"] for n in notes] for notes in told] == [
        [risky.FIRES], [], [risky.FIRES, 1],
    ]  # fmt: skip


def test_villages_count_what_is_known_by_village(known: Happenings) -> None:
    there = places(known, "village")
    found = counted(known, there, question(known, level="village"))
    assert found.unplaced == 0
    first = there.place_of(tiny.grid_code(0)[:12])
    # Grids 0 1 4 5: 4 x 12 thefts, 30 more, one without a point, 3 fires.
    assert found.counts[first] == 48 + 30 + 1 + 3


def test_a_theme_is_its_categories(known: Happenings) -> None:
    there = places(known)
    assert counted(known, there, question(known, "fire")).events == risky.FIRES
    assert counted(known, there, question(known, "盗窃")).events == EVENTS - risky.FIRES
    assert counted(known, there, question(known, "order")).events == EVENTS - risky.FIRES


def test_days_of_both_ends_count(known: Happenings) -> None:
    day = dt.date(2025, 10, 15)
    q = question(known, first=day, last=day)
    assert q.days == 1
    assert counted(known, places(known), q).events == 16 + 1


def test_months_and_weeks(known: Happenings) -> None:
    q = question(known, first=dt.date(2025, 1, 10), last=dt.date(2025, 3, 5))
    assert frames(q, "month") == (
        (dt.date(2025, 1, 10), dt.date(2025, 1, 31)),
        (dt.date(2025, 2, 1), dt.date(2025, 2, 28)),
        (dt.date(2025, 3, 1), dt.date(2025, 3, 5)),
    )
    weeks = frames(q, "week")
    assert len(weeks) == 7  # 55 days: the first six are left out
    assert weeks[-1] == (dt.date(2025, 2, 27), dt.date(2025, 3, 5))
    assert weeks[0][0] == dt.date(2025, 1, 16)


def test_parts_of_a_period_add_up(known: Happenings) -> None:
    q = question(known)
    counts, parts = by_period(known, places(known), q, "month")
    assert len(parts) == 12
    assert counts.sum(axis=1).tolist() == counted(known, places(known), q).counts.tolist()
    assert counts[place(known, risky.HOT)].tolist() == [1.0] * 9 + [31.0, 1.0, 1.0]


@pytest.mark.parametrize(
    ("make", "words"),
    [
        (lambda k: question(k, "magic"), "There is no theme magic."),
        (lambda k: question(k, level="street"), "There is no level street."),
        (
            lambda k: question(k, first=dt.date(2025, 5, 2), last=dt.date(2025, 5, 1)),
            "The period ends on 2025-05-01, before it begins on 2025-05-02.",
        ),
        (lambda k: frames(question(k), "year"), "There is no step year."),
        (
            lambda k: frames(question(k, first=dt.date(2025, 12, 30)), "week"),
            "The period is shorter than one step of the slider.",
        ),
        (lambda k: ask(k, "magic"), "There is no method magic."),
        (
            lambda k: ask(k, "forecast", "fire"),
            "0 events of this theme have a point on the map; a forecast needs 30 at least.",
        ),
    ],
)
def test_refusals(known: Happenings, make: object, words: str) -> None:
    with pytest.raises(InputError) as error:
        make(known)  # type: ignore[operator]
    assert str(error.value) == words


def test_the_public_sees_no_event(risky_here: Path) -> None:
    found = current_happenings("公开")
    assert found is not None
    assert not len(found)
    with pytest.raises(InputError, match="No events are stored that are open to you"):
        question(found)


def test_one_event_alone_is_no_hot_spot() -> None:
    # seen, expected, p, q: one event where none is usual; three where too few are; three where
    # half an event is; two and three that are sure by q.
    seen = np.array([1.0, 3.0, 3.0, 2.0, 3.0])
    usual = np.array([0.01, 0.4, 0.5, 0.0, 0.01])
    p = np.array([0.01, 0.01, 0.01, 1e-6, 1e-6])
    q = np.array([0.5, 0.5, 0.5, 1e-5, 1e-5])
    high, apart = np.ones(5, dtype=bool), np.zeros(5, dtype=np.intp)
    found = classes_of(high, p, q, seen, usual, apart)
    assert found.tolist() == [TOO_LITTLE, TOO_LITTLE, MAYBE_HOT, TOO_LITTLE, HOT_CODE]


# ---------------------------------------------------------------- methods


def test_the_planted_cell_is_hot_and_its_parts_add_up(known: Happenings) -> None:
    found = ask(known, "poisson", "盗窃")
    hot = place(known, risky.HOT)
    assert found.classes[hot] == HOT_CODE
    q, there = question(known, "盗窃"), places(known)
    told = answers.why(known, there, q, found, hot)
    # Grids 0 1 2, 4 5 6, 8 9 10 touch grid 5: nine with 12 each, 30 more, one without a point.
    assert told.observed == 9 * 12 + 30 + 1
    assert told.categories == {"盗窃": 139}
    assert told.parts.total == pytest.approx(told.observed - told.expected, abs=1e-9)
    assert sum(p.amount for p in told.parts.pieces) == pytest.approx(told.parts.total, abs=1e-9)
    assert len(told.parts.pieces) == 9
    assert told.fewer is not None
    assert told.more is None
    assert told.people == 10 * (risky.HOT + 1)


def test_rare_events_tell_little(known: Happenings) -> None:
    q = question(known, "盗窃", first=dt.date(2025, 2, 1), last=dt.date(2025, 2, 28))
    found = answers.answer(known, places(known), "poisson", q, visitor=VISITOR)
    assert not len(found.found.of(HOT_CODE))
    near = found.found.expected
    little = near < 3
    assert set(found.classes[little]) <= {TOO_LITTLE}
    assert set(found.classes[~little]) <= {NO_SIGN}


def test_how_many_events_would_change_it() -> None:
    # Poisson with mean 4: P(9 or more) = 0.0214, P(8 or more) = 0.0511 (tables).
    assert margin(9, 4.0) == (1, None)
    assert margin(11, 4.0) == (3, None)
    assert margin(8, 4.0) == (None, 1)
    assert margin(5, 0.0) == (None, None)


@pytest.mark.parametrize("method", ["density", "relative"])
def test_density_by_category_adds_up(known: Happenings, method: str) -> None:
    found = ask(known, method)
    q, hot = question(known), place(known, risky.HOT)
    told = answers.why(known, places(known), q, found, hot)
    assert told.parts.total == pytest.approx(found.found.values[hot], rel=1e-9)
    if method == "density":
        assert found.order[0] == hot


def test_density_adds_up_to_the_events_of_a_year(known: Happenings) -> None:
    found = ask(known, "density", "盗窃")
    there = places(known)
    total = float((found.found.values * there.area_km2).sum())
    # 223 thefts with a cell in 365 days; grids are 1.1 km2, stored as 1 km2.
    assert total * 1.1 == pytest.approx(223 * 365.25 / 365, rel=0.02)


def test_a_step_of_time_takes_the_colours_of_the_whole(known: Happenings) -> None:
    there, whole = places(known), question(known, "盗窃")
    quiet = question(known, "盗窃", first=dt.date(2025, 2, 1), last=dt.date(2025, 2, 28))
    alone = answers.answer(known, there, "density", quiet, visitor=VISITOR)
    beside = answers.answer(known, there, "density", quiet, visitor=VISITOR, whole=whole)
    assert alone.keys[0].values != beside.keys[0].values
    of_all = answers.answer(known, there, "density", whole, visitor=VISITOR)
    assert beside.keys[0].values == of_all.keys[0].values


def test_the_scan_finds_place_and_month(known: Happenings) -> None:
    found = ask(known, "clusters", "盗窃")
    first = found.found.several[0]
    assert first.sure
    assert place(known, risky.HOT) in first.places
    assert (first.first, first.last) == (dt.date(2025, 10, 1), dt.date(2025, 10, 31))
    assert found.found.simulations == 199


def test_no_small_place_is_ranked_by_its_raw_rate(known: Happenings) -> None:
    found = ask(known, "rate", "盗窃")
    raw = found.found.counted.counts / places(known).required_people()
    highest_raw = int(np.argmax(raw))  # grid 0: 13 thefts, 10 people
    assert highest_raw == place(known, 0)
    assert found.found.values[highest_raw] < raw[highest_raw] * 10_000 * 365.25 / 365


def test_parts_of_the_index_add_up(known: Happenings) -> None:
    there, q = places(known), question(known)
    text = "order.age_60_plus~equal~sum~"
    found = answers.answer(known, there, "index", q, visitor=VISITOR, options=text)
    told = answers.why(known, there, q, found, place(known, risky.HOT))
    assert told.parts.total == pytest.approx(found.found.score[told.place], abs=1e-9)
    assert found.found.weights.tolist() == [0.5, 0.5]


def test_an_inconsistent_comparison_is_refused(known: Happenings) -> None:
    text = "order.fire.age_60_plus~ahp~sum~9.-9.9"  # a >> b, b >> c, and yet c >> a
    with pytest.raises(InputError, match=r"0\.1"):
        answers.answer(
            known, places(known), "index", question(known), visitor=VISITOR, options=text
        )


# ---------------------------------------------------------------- layers and files


def test_each_place_knows_where_it_stands(known: Happenings) -> None:
    there = places(known)
    found = json.loads(risk_layers.places_layer(there, 0))["features"]
    assert len(found) == 16
    codes = there.codes.tolist()
    assert all(codes[f["properties"]["i"]] == f["id"] for f in found)
    part = known.twin.position(tiny.grid_code(0)[:12])
    assert len(json.loads(risk_layers.places_layer(there, part))["features"]) == 4


def test_lines_go_on_from_tile_to_tile() -> None:
    import io

    from PIL import Image

    tile = np.asarray(Image.open(io.BytesIO(risk_layers.hatch())))[..., 3].astype(int)
    assert (tile.min(), tile.max()) == (0, 255)
    side = len(tile) // 2
    assert (tile == np.roll(tile, side, axis=0)).all()
    assert (tile == np.roll(tile, side, axis=1)).all()


def test_the_table_has_the_figures_of_the_map(known: Happenings) -> None:
    there, q = places(known), question(known, "盗窃")
    found = ask(known, "poisson", "盗窃")
    made = risk_tables.table(there, found, q, 0, "en")
    assert made[0][:5] == ["Code", "Name", "English name", "Finding", "Events here"]
    assert len(made) == 17
    row = next(r for r in made if r[0] == tiny.grid_code(risky.HOT))
    assert row[3:6] == ["more than expected, significant", 42, 139]
    assert row[-4:-2] == ["2025-01-01", "2025-12-31"]
    areas = json.loads(risk_tables.areas(there, found, q, 0, "en"))["features"]
    assert {f["properties"]["Code"] for f in areas} == {r[0] for r in made[1:]}
