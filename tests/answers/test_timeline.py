"""One clock for several layers: what stands in a step, by hand and by law, and its layers."""

from __future__ import annotations

import datetime as dt
import json
from itertools import pairwise
from pathlib import Path

import hypothesis
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from cockpit.answers import timeline as answers
from cockpit.answers import timeline_layers as layers
from cockpit.answers.timeline_clock import (
    FOREVER,
    MOST_STEPS,
    Step,
    counts_by_step,
    ends_after,
    filter_range,
    opened,
    reaching,
    standing,
    step_at,
    steps,
    visible,
)
from geodata.errors import InputError
from tests import eventful, tiny

ORIGIN = dt.datetime(2025, 6, 1)
DAY = 24 * 60
# Four spans by hand, minutes: a whole day, one minute at midnight, one across two days, no end.
START = np.array([0, DAY, DAY - 60, 2 * DAY + 5])
END = np.array([DAY, DAY + 1, DAY + 60, FOREVER])


def by_rule_of_the_map(step: Step) -> list[bool]:
    """Return what the map shows: start and end within the limits that it is sent."""
    (least, last), (first, most) = filter_range(step)
    return ((least <= START) & (last >= START) & (first <= END) & (most >= END)).tolist()


@pytest.mark.parametrize(
    ("day", "shown"),
    [
        (0, [True, False, True, False]),
        (1, [False, True, True, False]),  # the first ends at midnight: that minute is the next day
        (2, [False, False, False, True]),
        (9, [False, False, False, True]),
    ],
)
def test_a_span_is_visible_in_exactly_its_frames(day: int, shown: list[bool]) -> None:
    step = Step(day * DAY, (day + 1) * DAY)
    assert visible(START, END, step).tolist() == shown
    assert by_rule_of_the_map(step) == shown


def test_cumulative_keeps_what_was_there_since_the_first_step() -> None:
    days = steps(ORIGIN, ORIGIN.date(), dt.date(2025, 6, 4), "day")
    second = reaching(days, 1, cumulative=True)
    assert second == Step(0, 2 * DAY)
    assert by_rule_of_the_map(second) == [True, True, True, False]
    assert by_rule_of_the_map(reaching(days, 3, cumulative=True)) == [True] * 4
    assert reaching(days, 3, cumulative=False) == Step(3 * DAY, 4 * DAY)


def test_figures_of_a_step_by_hand() -> None:
    second = Step(DAY, 2 * DAY)
    assert opened(START, second).tolist() == [False, True, False, False]
    assert standing(START, END, second.now).tolist() == [False] * 4
    assert standing(START, END, DAY).tolist() == [False, True, True, False]
    days = steps(ORIGIN, ORIGIN.date(), dt.date(2025, 6, 4), "day")
    assert counts_by_step(START, days).tolist() == [2, 1, 1, 0]


spans = st.tuples(st.integers(-1, 5000), st.integers(1, 3000))


@given(st.lists(spans, min_size=1, max_size=20), st.integers(0, 5000), st.integers(1, 2000))
def test_the_map_filters_by_the_rule_of_the_figures(
    found: list[tuple[int, int]], first: int, length: int
) -> None:
    start = np.array([a for a, _ in found])
    end = start + np.array([n for _, n in found])
    step = Step(first, first + length)
    (least, last), (after, most) = filter_range(step)
    shown = (start >= least) & (start <= last) & (end >= after) & (end <= most)
    minutes = range(step.start, step.end)
    slow = [any(a <= m < b for m in minutes) for a, b in zip(start, end, strict=True)]
    assert shown.tolist() == visible(start, end, step).tolist() == slow


@hypothesis.settings(max_examples=40)
@given(
    st.dates(dt.date(2024, 1, 1), dt.date(2025, 12, 31)),
    st.integers(0, 9),
    st.sampled_from(["hour", "day", "week", "month"]),
)
def test_steps_follow_each_other_without_a_gap(first: dt.date, days: int, window: str) -> None:
    found = steps(ORIGIN, first, first + dt.timedelta(days=days), window)
    assert all(a.end == b.start for a, b in pairwise(found))
    assert found[-1].end - found[0].start == (days + 1) * DAY
    assert all(step_at(found, step.start) == step_at(found, step.now) == k
               for k, step in enumerate(found))  # fmt: skip


def test_months_have_their_own_lengths() -> None:
    found = steps(ORIGIN, dt.date(2025, 6, 20), dt.date(2025, 8, 2), "month")
    assert [step.end - step.start for step in found] == [11 * DAY, 31 * DAY, 2 * DAY]


def test_refuses_what_is_no_range() -> None:
    with pytest.raises(InputError, match="The last day lies before the first"):
        steps(ORIGIN, dt.date(2025, 6, 2), dt.date(2025, 6, 1), "day")
    with pytest.raises(InputError, match="There are no steps of a year"):
        steps(ORIGIN, dt.date(2025, 6, 2), dt.date(2025, 6, 3), "year")
    last = dt.date(2025, 6, 1) + dt.timedelta(days=MOST_STEPS)
    with pytest.raises(InputError, match=f"{MOST_STEPS + 1} steps are too many"):
        steps(ORIGIN, dt.date(2025, 6, 1), last, "day")


def test_what_ends_before_it_begins_lasts_a_minute() -> None:
    end, wrong = ends_after(np.array([10, 20, 30]), np.array([5, 20, 40]))
    assert (end.tolist(), wrong) == ([11, 21, 40], 1)


# ---------------------------------------------------------------- on the eventful county


@pytest.fixture
def line(eventful_here: Path) -> answers.Timeline:
    found = answers.current_timeline("敏感")
    assert found is not None
    return found


def day_of(line: answers.Timeline, day: int) -> Step:
    start = line.minute(dt.datetime.combine(eventful.FIRST.date(), dt.time())) + day * DAY
    return Step(start, start + DAY)


def test_events_last_from_report_to_end(line: answers.Timeline) -> None:
    thefts = line.events_of(("order",))
    assert len(thefts) == 10
    # Reported at 8 and closed at 13: open on no evening.
    assert answers.counted(thefts, day_of(line, 3)) == answers.Counted(1, 1, 0)
    disputes = line.events_of(("disputes",))
    # The second, of day 9, is still open.
    assert answers.counted(disputes, day_of(line, 9)) == answers.Counted(1, 1, 1)
    assert answers.counted(disputes, day_of(line, 2)) == answers.Counted(1, 1, 0)
    assert line.unplaced == 2
    assert line.data_class == "备用"


def test_regions_count_what_begins_in_them(line: answers.Timeline) -> None:
    thefts = line.events_of(("order",))
    week = Step(day_of(line, 0).start, day_of(line, 6).end)
    assert answers.region_counts(line, thefts, "township", week).tolist() == [7, 0]
    assert answers.region_counts(line, thefts, "village", week).tolist() == [7, 0, 0, 0]
    days = tuple(day_of(line, k) for k in range(10))
    assert answers.region_breaks(line, thefts, "village", days, cumulative=False) == (1,)
    assert answers.region_breaks(line, thefts, "village", days, cumulative=True)[-1] == 10
    nothing = line.events_of(())
    assert answers.region_breaks(line, nothing, "village", days, cumulative=False) == ()


def test_two_layers_share_the_clock(line: answers.Timeline) -> None:
    """The same step shows of two layers what each has then."""
    shown = {}
    for theme in ("order", "disputes"):
        body = json.loads(layers.events_layer(line, theme))
        start = np.array([f["properties"]["s"] for f in body["features"]])
        end = np.array([f["properties"]["e"] for f in body["features"]])
        days = [visible(start, end, day_of(line, k)).sum() for k in range(12)]
        shown[theme] = [int(n) for n in days]
    assert shown["order"] == [1] * 10 + [0] * 2
    assert shown["disputes"] == [0, 0, 1, 0, 0, 0, 0, 0, 0, 1, 1, 1]


def test_a_layer_names_no_door_and_no_text(line: answers.Timeline) -> None:
    body = json.loads(layers.events_layer(line, "order"))
    first = body["features"][0]
    assert set(first["properties"]) == {"s", "e", "n", "t"}
    assert first["properties"]["t"] == "2025-06-01 08:00"
    lon, lat = first["geometry"]["coordinates"]
    assert (lon, lat) == (round(lon, 3), round(lat, 3))
    sensors = json.loads(layers.things_layer(line, "sensors"))["features"]
    assert [f["properties"]["i"] for f in sensors] == [0, 1]


def test_a_silent_sensor_is_never_shown_as_safe(line: answers.Timeline) -> None:
    noon = line.minute(eventful.FIRST + dt.timedelta(hours=10, minutes=30))
    newest = answers.readings_at("敏感", line.moment(noon))
    # By hand: after ten hours the gauge stands at 1 + 10 / 10.
    assert newest["SW001"] == (eventful.FIRST + dt.timedelta(hours=10), 2.0)
    assert answers.sensor_states(line, noon, newest) == [answers.QUIET] * 2
    late = line.minute(eventful.FIRST + dt.timedelta(hours=47 + answers.SILENT_H, minutes=1))
    newest = answers.readings_at("敏感", line.moment(late))
    assert answers.sensor_states(line, late, newest) == [answers.UNKNOWN] * 2


def test_the_public_sees_nothing_on_the_clock(eventful_here: Path) -> None:
    found = answers.current_timeline("公开")
    assert found is None or not len(found.events)


def test_alerts_have_a_span_for_each_level() -> None:
    spans = answers.Spans(
        np.array([0, 60, 0]), np.array([60, 120, 30]), *(np.zeros(3) for _ in range(2)),
        np.array([1, 4, answers.FAULT]), np.array([7, 7, 8]), np.zeros(3, dtype=np.intp),
        ("a", "a", "b"), ("SW001", "SW001", "KQ001"),
    )  # fmt: skip
    # One alert from blue to red, and one fault: two things, whatever their spans.
    hour = Step(0, 120)
    assert answers.counted(spans, hour) == answers.Counted(2, 2, 1)
    assert answers.highest_kinds(spans, hour) == {4: 1, answers.FAULT: 1}
    assert answers.highest_kinds(spans, Step(0, 60)) == {1: 1, answers.FAULT: 1}
    assert answers.counted(spans, Step(60, 120)).opened == 0  # it only became worse


def test_regions_come_with_their_place(line: answers.Timeline) -> None:
    from sqlalchemy.orm import Session

    from cockpit.store.session import engine

    with Session(engine()) as db:
        body = json.loads(layers.regions_layer(db, line.twin, "township"))
    named = {f["properties"]["i"]: f["properties"]["n"] for f in body["features"]}
    assert named == {0: tiny.NAMES["001"][0], 1: tiny.NAMES["100"][0]}
