"""Features by place, time and property: the words of the address, and the laws of pages."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cockpit.answers.open_catalogue import NoOpenDataError
from cockpit.answers.open_features import (
    Wanted,
    box_of,
    collection,
    collections,
    feature,
    features_of,
    page,
    property_value,
    span_of,
)
from geodata.errors import InputError
from tests.openly import shown_copy


@pytest.fixture(scope="module")
def county(open_store: Path) -> Iterator[None]:
    with shown_copy(open_store):
        yield


def ids(dataset: str, **wanted: object) -> list[str]:
    found = page(collection(dataset), Wanted(**wanted))  # type: ignore[arg-type]
    return [json.loads(line)["id"] for line in found.lines]


def test_a_box_is_four_or_six_numbers() -> None:
    assert box_of("106.5,27,107,28") == (106.5, 27, 107, 28)
    assert box_of("106.5,27,-10,107,28,900") == (106.5, 27, 107, 28)
    assert box_of("1e2,-0,100,0") == (100, 0, 100, 0)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "4 or 6 numbers"),
        ("1,2,3", "4 or 6 numbers"),
        ("1,2,3,4,5", "4 or 6 numbers"),
        ("a,2,3,4", "4 or 6 numbers"),
        ("nan,2,3,4", "4 or 6 numbers"),
        ("inf,2,3,4", "4 or 6 numbers"),
        ("1_0,2,30,4", "4 or 6 numbers"),
        ("１,2,3,4", "4 or 6 numbers"),
        ("1,2,3,91", "in degrees"),
        ("1,2,181,4", "in degrees"),
        ("170,2,-170,4", "smaller number goes first"),
        ("1,4,3,2", "smaller number goes first"),
    ],
)
def test_any_other_box_is_refused(text: str, words: str) -> None:
    with pytest.raises(InputError, match=words):
        box_of(text)


def test_a_time_is_a_day_or_two() -> None:
    day = dt.date(2025, 6, 30)
    assert span_of("2025-06-30") == (day, day)
    assert span_of("2025-06-30T23:59:59Z") == (day, day)
    assert span_of("2025-06-30/..") == (day, dt.date.max)
    assert span_of("/2025-06-30") == (dt.date.min, day)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "..",
        "../..",
        "/",
        "2025",
        "2025-02-30",
        "x/2025-01-01",
        "2025-06-30/2025-06-29",
        "2025-01-01/2025-01-02/2025-01-03",
    ],
)
def test_any_other_time_is_refused(text: str) -> None:
    with pytest.raises(InputError, match="datetime needs a day"):
        span_of(text)


def test_a_box_takes_what_touches_it(county: None) -> None:
    # Rivers run north at 0.5, 1.5 and 2.5 hundredths of a degree east of 106.8.
    assert ids("rivers", box=(106.804, 27.2, 106.805, 27.21)) == ["1"]
    assert ids("rivers", box=(106.805, 27.2, 106.815, 27.3)) == ["1", "2"]
    assert ids("rivers", box=(0.0, 0.0, 1.0, 1.0)) == []
    assert ids("rivers", box=(106.0, 27.24, 107.0, 27.3)) == ["1", "2", "3"]


def test_a_span_takes_what_was_open_then(county: None) -> None:
    # All opened on 1 May 2010; the second closed on 1 May 2020.
    def on(text: str) -> list[str]:
        return ids("places", span=span_of(text))

    assert on("2010-04-30") == []
    assert on("2010-05-01") == ["F0", "F1", "F2", "F3"]
    assert on("2020-05-01") == ["F0", "F1", "F2", "F3"]
    assert on("2020-05-02/..") == ["F0", "F2", "F3"]
    assert len(ids("rivers", span=span_of("1900-01-01"))) == 3, "rivers have no time"


def test_a_property_is_held_to_its_type(county: None) -> None:
    places, roads = collection("places"), collection("roads")
    assert ids("places", equal=(("kind", "clinic"),)) == ["F0", "F1"]
    assert ids("places", equal=(("kind", "clinic"), ("capacity", 20.0))) == ["F0"]
    assert property_value(places, "capacity", "20") == 20.0
    assert property_value(roads, "bridge", "true") is True
    assert property_value(roads, "id", "1") == 1
    assert property_value(places, "open_from", "2010-05-01") == "2010-05-01"
    for dataset, name, text in (
        (places, "capacity", "nan"),
        (places, "capacity", "many"),
        (roads, "bridge", "yes"),
        (roads, "id", "1.5"),
        (roads, "id", "١"),
        (places, "open_from", "soon"),
    ):
        with pytest.raises(InputError, match=f"{name} cannot be {text}."):
            property_value(dataset, name, text)


def test_one_feature_by_its_id(county: None) -> None:
    told = json.loads(feature(collection("places"), "F1"))
    assert told["properties"]["name"] == "=HYPERLINK(1)"
    with pytest.raises(NoOpenDataError, match=r"There is no feature F9\."):
        feature(collection("places"), "F9")
    with pytest.raises(NoOpenDataError, match=r"There is no open data set people\."):
        collection("people")


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    number=st.integers(0, 6),
    limit=st.integers(1, 40),
    box=st.tuples(*[st.integers(0, 5)] * 4),
)
def test_pages_cover_every_feature_once(
    county: None, number: int, limit: int, box: tuple[int, int, int, int]
) -> None:
    dataset = collections()[number]
    west, south, east, north = box
    degrees = (
        106.8 + min(west, east) / 100, 27.2 + min(south, north) / 100,
        106.8 + max(west, east) / 100, 27.2 + max(south, north) / 100,
    )  # fmt: skip
    whole = page(dataset, Wanted(box=degrees, limit=10_000))
    parts: list[bytes] = []
    while len(parts) < whole.matched:
        part = page(dataset, Wanted(box=degrees, limit=limit, offset=len(parts)))
        assert part.matched == whole.matched
        assert part.lines
        parts += part.lines
    assert tuple(parts) == whole.lines
    assert len(set(parts)) == len(parts)


def test_without_conditions_a_page_is_the_whole_file(county: None) -> None:
    for dataset in collections():
        assert page(dataset, Wanted(limit=10_000)).lines == features_of(dataset).lines
        assert len(features_of(dataset).lines) == dataset.rows
