"""What the public learns of the county: released figures and public places, nothing else."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import event, update
from sqlalchemy.orm import Session

from cockpit.answers import (
    open_county,
    open_county_layers,
    open_county_places,
    open_village,
    release_store,
    release_write,
)
from cockpit.answers.open_county import Figure
from cockpit.store.models import Region
from cockpit.store.session import engine
from geodata.errors import InputError
from tests import opened

SECRET_TABLES = ("population", "household", "vulnerable", "person", "event", "building")


@pytest.fixture(scope="module")
def opened_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return opened.make(tmp_path_factory.mktemp("opened"))


@pytest.fixture
def county(opened_store: Path) -> Iterator[str]:
    with opened.shown(opened_store):
        yield opened.CODE


def release(partition: str) -> release_store.Published:
    return next(r for r in open_county.releases() if r.partition == partition)


# ---------------------------------------------------------------- places


def test_places_of_other_classes_are_not_there(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path, releases=False, public=("roads",))):
        places = open_county_places.open_places()
    assert places is not None
    assert not len(places.regions)
    assert not len(places.facilities)
    assert places.bounds() is None
    assert places.levels == ()


def test_a_village_stands_in_the_middle_of_its_area_not_where_people_live(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path, releases=False)):
        with Session(engine()) as db:
            db.execute(update(Region).values(lon=106.81, lat=27.21))
            db.commit()
        places = open_county_places.open_places()
    assert places is not None
    row = places.row(opened.VILLAGES[3])
    assert row is not None
    # The village's block is the last 2 x 2 of a 4 x 4 grid of 0.01 degrees from 106.80, 27.20.
    assert places.regions["lon"].iat[row] == pytest.approx(106.83, abs=0.005)
    assert places.regions["lat"].iat[row] == pytest.approx(27.23, abs=0.005)


def test_villages_are_found_by_name_pinyin_and_code(county: str) -> None:
    places = open_county_places.open_places()
    assert places is not None
    for text, code in (("东山一", 0), ("village 12", 3), (opened.VILLAGES[2], 2)):
        row = open_county_places.villages_like(places, text)[0]
        assert places.regions["code"].iat[row] == opened.VILLAGES[code]
    assert open_county_places.villages_like(places, "") == []
    assert open_county_places.villages_like(places, "小青县") == []  # no village


# ---------------------------------------------------------------- figures


def test_a_village_has_the_released_figures_and_margins_that_add_as_squares(county: str) -> None:
    group = open_county.group_of(release("age-3"), opened.VILLAGES[0])
    assert group is not None
    assert [part.figure.count for part in group.parts] == [11, 101, 31]
    # 2² + 2² + 2² = 12; the root is 3.46, rounded up.
    assert group.total == Figure(143, 4)


def test_the_county_is_the_sum_of_its_villages(county: str) -> None:
    group = open_county.group_of(release("age-3"), county)
    assert group is not None
    assert [p.figure.count for p in group.parts] == [138, 956, 280]
    assert group.total == Figure(1374, 7)  # the root of 3 x 4² is 6.93
    assert group.parts[2].figure.share_of(group.total) == pytest.approx(280 / 1374)


def test_of_two_totals_that_of_ages_is_told(county: str) -> None:
    groups = open_county.groups_of(open_county.releases(), opened.VILLAGES[0])
    assert len(groups) == 2
    people = open_county.people_of(groups)
    assert people is not None
    assert people.release.partition == "age-3"
    assert open_county.people_of([]) is None
    assert open_county.covered_of(groups)[0][0] == "medical"


def test_a_region_that_no_release_speaks_of_has_nothing(county: str) -> None:
    assert open_county.groups_of(open_county.releases(), "529901001001001") == []


def test_a_hidden_part_hides_the_total() -> None:
    told = open_county.Told
    parts = [told("a", "A", Figure(3, 1)), told("b", "B", Figure(None))]
    assert open_county._total(parts) == Figure(None)
    assert open_county._total([]) == Figure(None)
    whole = [told("all", "Everybody", Figure(9, 1)), *parts]
    assert open_county._total(whole) == Figure(9, 1)


@pytest.mark.parametrize(("part", "whole"), [(None, 5), (5, None), (5, 0)])
def test_a_share_of_what_is_not_known_is_none(part: int | None, whole: int | None) -> None:
    assert np.isnan(Figure(part).share_of(Figure(whole)))


def test_a_share_that_drowns_in_its_margin_is_none() -> None:
    assert np.isnan(Figure(10, 20).share_of(Figure(70, 20)))
    assert np.isnan(Figure(10, 1).share_of(Figure(20, 20)))
    assert Figure(10, 9).share_of(Figure(40, 20)) == pytest.approx(0.25)
    assert Figure(0).share_of(Figure(40)) == 0


# ---------------------------------------------------------------- map


def test_a_table_with_its_own_total_counts_nobody_twice(
    county: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    aged = release("age-3")
    table = aged.table().assign(total=lambda t: t[["0-14", "15-59", "60+"]].sum(axis=1))
    monkeypatch.setattr(release_store.Published, "table", lambda _: table)
    homes = replace(
        aged,
        unit="households",
        kind="suppressed",
        margins={},
        classes=(*aged.classes, "total"),
        class_titles=(*aged.class_titles, "Total"),
    )
    monkeypatch.setattr(release_store, "find", lambda _: homes)
    assert list(open_county.map_classes(homes)) == ["all", *aged.classes]
    assert open_county.map_classes(homes)["all"] == "All households"
    shown = open_county.open_map(homes.id, "all", "village")
    assert shown.values.tolist() == [143, 459, 223, 549]
    assert shown.county == Figure(1374)
    group = open_county.group_of(homes, opened.VILLAGES[0])
    assert group is not None
    assert [part.id for part in group.parts] == list(aged.classes)
    assert group.total == Figure(143)


def test_a_map_has_a_class_or_everybody(county: str) -> None:
    old = open_county.open_map(release("age-3").id, "60+", "village")
    assert old.codes == opened.VILLAGES
    assert old.values.tolist() == [31, 89, 47, 113]
    assert (old.margin, old.county) == (2, Figure(280, 4))
    assert [old.codes[k] for k in old.order] == [opened.VILLAGES[k] for k in (3, 1, 2, 0)]
    everybody = open_county.open_map(release("age-3").id, "all", "township")
    assert everybody.values.tolist() == [143 + 459, 223 + 549]
    assert (everybody.margin, everybody.county) == (6, Figure(1374, 7))  # the root of 27 is 5.2


@pytest.mark.parametrize(("class_id", "level"), [("80+", "village"), ("60+", "grid")])
def test_what_was_not_released_cannot_be_mapped(county: str, class_id: str, level: str) -> None:
    with pytest.raises(InputError, match="This figure has not been released"):
        open_county.open_map(release("age-3").id, class_id, level)


def test_the_layer_has_the_figures_of_the_map(county: str) -> None:
    places = open_county_places.open_places()
    assert places is not None
    shown = open_county.open_map(release("age-3").id, "0-14", "village")
    found = json.loads(open_county_layers.figures_layer(places, shown))["features"]
    drawn = {f["id"]: f["properties"]["v"] for f in found}
    assert drawn == dict(zip(opened.VILLAGES, opened.CHILDREN, strict=True))
    assert set(found[0]["properties"]) == {"id", "n", "e", "v"}


def test_other_layers_have_names_and_kinds_alone(county: str) -> None:
    places = open_county_places.open_places()
    assert places is not None
    for made, allowed in (
        (open_county_layers.borders_layer(places, "village"), {"id", "n", "e"}),
        (open_county_layers.labels_layer(places, "township"), {"id", "n", "e"}),
        (open_county_layers.facilities_layer(places), {"n", "k"}),
    ):
        features = json.loads(made)["features"]
        assert features
        assert all(set(f["properties"]) == allowed for f in features)


# ---------------------------------------------------------------- news


def test_news_tell_what_was_published_changed_and_taken_back(tmp_path: Path) -> None:
    with opened.shown(opened.make(tmp_path)):
        ids = [r.id for r in open_county.releases() if r.partition == "covered-medical"]
        with Session(engine()) as db:
            release_write.retract(db, ids[0], reason="口径有误", who=opened.WHO)
        _told_after_retraction(ids[0])


def _told_after_retraction(taken_back: str) -> None:
    told = [(one.what, one.release.partition) for one in open_county.news()]
    assert told[0] == ("retracted", "covered-medical")
    assert sorted(told[1:]) == [
        ("changed", "age-3"),
        ("published", "age-3"),
        ("published", "covered-medical"),
    ]
    assert not [one for one in open_county.news() if one.release.retracted and one.release.changes]
    assert [r.partition for r in open_county.releases()] == ["age-3"]
    with pytest.raises(release_store.RetractedError):
        open_county.open_map(taken_back, "covered", "village")


def test_the_budget_of_the_year_is_told_as_a_share(county: str) -> None:
    spent = open_county.spent()
    assert spent is not None
    assert spent.share == pytest.approx(0.3)  # three releases of a tenth, of one a year


# ---------------------------------------------------------------- nothing else


def test_no_table_of_people_is_read(county: str) -> None:
    read: list[str] = []
    # Another engine would be another store: the listener goes to the one in use.
    event.listen(engine(), "before_cursor_execute", lambda *a: read.append(str(a[2])))
    places = open_county_places.open_places()
    assert places is not None
    releases = open_county.releases()
    open_county.groups_of(releases, county)
    open_county.news()
    open_county.spent()
    shown = open_county.open_map(releases[0].id, "all", "village")
    open_county_layers.figures_layer(places, shown)
    row = places.row(opened.VILLAGES[0])
    assert row is not None
    open_village.village(places, row)
    assert len(read) > 5
    tables = {t for sql in read for t in re.findall(r"(?:FROM|JOIN) (\w+)", sql)}
    assert {"region", "facility", "road_edge", "release_figure"} <= tables
    assert not tables & set(SECRET_TABLES)
    # The middle that the store keeps is drawn to where people live.
    assert not [sql for sql in read if "region.lon" in sql or "region.lat" in sql]
