"""Whatever a sender sends: every row is stored or refused, once, and nothing else happens."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
import re
from contextlib import suppress
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cockpit.answers import feeds_county
from cockpit.answers.feeds_write import sentence
from cockpit.feeds import FIELDS, KINDS, FeedError, checked, parsed
from geodata.errors import InputError

NOW = dt.datetime(2026, 1, 15, 12, 0)
ZONE = ZoneInfo("Asia/Shanghai")
SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(10**400), 10**400)
    | st.floats(allow_nan=True, allow_infinity=True)
    | st.text(max_size=30)
    | st.sampled_from(["2026-01-15T08:00", "2026-01-15", "9999-12-31T23:59Z", "0001-01-01T00:00",
                       "W1", "1.5", "", "\x00", "2026-01-15T08:00+14:00"])
)  # fmt: skip
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
)


def rows(kind: str) -> st.SearchStrategy[Any]:
    """Return rows that look like those of a kind more or less."""
    named = st.dictionaries(st.sampled_from(FIELDS[kind]), VALUES, max_size=8)
    return st.lists(named | VALUES, max_size=6)


@pytest.mark.parametrize("kind", KINDS)
@given(st.data())
@settings(max_examples=80, deadline=None)
def test_every_row_is_taken_or_refused_with_a_sentence(kind: str, data: st.DataObject) -> None:
    some = data.draw(rows(kind))
    found = checked(some, kind, now=NOW, zone=ZONE)
    places = [row["position"] for row in found.rows] + [one.position for one in found.refused]
    assert sorted(places) == list(range(1, len(some) + 1))
    for one in found.refused:
        for language in ("en", "zh"):
            told = sentence(one.template, one.values, language)
            assert told
            assert not [n for n in re.findall(r"{(\w+)", one.template) if f"{{{n}}}" in told]
        json.dumps({"id": one.row_id, "values": dict(one.values)}, allow_nan=False)
    latest = NOW + dt.timedelta(minutes=5)
    for row in found.rows:
        assert row["reported" if kind == "events" else "time"] <= latest
        for name in ("lon", "lat", "value"):
            assert name not in row or abs(row[name]) < float("inf")


@given(
    st.binary(max_size=300)
    | st.text(max_size=300).map(lambda text: text.encode("utf-8", "replace"))
)
@settings(max_examples=80, deadline=None)
def test_any_bytes_are_rows_or_a_plain_error(body: bytes) -> None:
    for lines in (False, True):
        with suppress(FeedError):
            assert len(parsed(body, lines=lines)) > 0


@given(
    st.lists(st.dictionaries(st.text(max_size=5), st.integers() | st.text(max_size=5)), min_size=1)
)
def test_a_list_and_its_lines_are_the_same_rows(some: list[dict[str, Any]]) -> None:
    lines = "\n".join(json.dumps(row) for row in some).encode()
    assert parsed(json.dumps(some).encode()) == some == parsed(lines, lines=True)


def test_the_county_is_the_one_that_its_zone_says() -> None:
    row = {"sensor": "W1", "time": "2026-01-15T03:00Z", "value": 1.0}
    for zone, hour in (("Asia/Shanghai", 11), ("Asia/Urumqi", 9), ("UTC", 3)):
        (found,) = checked([row], "readings", now=NOW, zone=ZoneInfo(zone)).rows
        assert found["time"] == dt.datetime(2026, 1, 15, hour)


def test_a_zone_that_there_is_not_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    wrong = dataclasses.replace(feeds_county.settings(), timezone="Asia/Nowhere")
    monkeypatch.setattr(feeds_county, "settings", lambda: wrong)
    with pytest.raises(InputError) as raised:
        feeds_county.zone()
    assert str(raised.value) == (
        "COCKPIT_TIMEZONE is Asia/Nowhere; expected a zone such as Asia/Shanghai."
    )
