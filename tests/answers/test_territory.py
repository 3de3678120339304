"""What a visitor of one township gets from the answers of Map and Population."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import shapely
import shapely.geometry
from sqlalchemy.orm import Session

from cockpit.access import territory
from cockpit.answers import downloads, overlays, population
from cockpit.answers import map as maps
from cockpit.answers.layers import region_layer
from cockpit.answers.twin import Twin, twin
from cockpit.store.models import Batch, Dataset, Feature, RoadEdge, RoadNode
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import tiny

DONGSHAN, XIHE = "529901001", "529901100"
MIDDLE = tiny.WEST + 2 * tiny.STEP  # between the two townships
NORTH = tiny.SOUTH + tiny.STEP


@pytest.fixture(scope="module")
def db(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Session]:
    path: Path = tmp_path_factory.mktemp("store") / "tiny.sqlite"
    engine = open_engine(f"sqlite:///{path}")
    tiny.fill(engine)
    with Session(engine) as session:
        _lines(session)
        yield session
    engine.dispose()


def _lines(db: Session) -> None:
    """Add a road and a river across both townships, and a spring in each."""
    common = {"department": "水务局", "data_class": "备用", "as_of": tiny.DATE, "refresh_days": 365}
    for number, (key, kind) in enumerate((("roads", "road_edges"), ("rivers", "features")), 21):
        db.add(Dataset(id=key, title=key, title_en=key, kind=kind, **common))
        db.flush()
        batch = db.get(Batch, 1)
        assert batch is not None
        copied = {c.key: getattr(batch, c.key) for c in Batch.__table__.columns}
        db.add(Batch(**{**copied, "id": number, "dataset_id": key}))
    db.flush()
    across = shapely.LineString(
        [(tiny.WEST + 0.001, NORTH), (tiny.WEST + 4 * tiny.STEP - 0.001, NORTH)]
    )
    for name in "uv":
        db.add(RoadNode(id=name, lon=tiny.WEST, lat=NORTH, batch_id=21, source_row=1))
    db.flush()
    db.add(
        RoadEdge(
            u="u", v="v", road_class="primary", oneway=0, length_m=4000.0, batch_id=21,
            source_row=1, geometry=shapely.to_wkb(across),
        )
    )  # fmt: skip
    shapes = {
        "青河": across,
        "东泉": shapely.Point(tiny.WEST + 0.005, NORTH),
        "西泉": shapely.Point(MIDDLE + 0.005, NORTH),
        "边泉": shapely.Point(MIDDLE, NORTH),
    }
    for row, (name, shape) in enumerate(shapes.items()):
        db.add(
            Feature(
                dataset_id="rivers", layer="rivers", name=name, kind="river", batch_id=22,
                source_row=row, geometry=shapely.to_wkb(shape),
            )
        )  # fmt: skip
    db.commit()


@pytest.fixture(scope="module")
def county(db: Session) -> Twin:
    found = twin(db)
    assert found is not None
    return found


@pytest.fixture(scope="module")
def east(county: Twin) -> Twin:
    return territory.cut(county, DONGSHAN)


def drawn(layer: bytes) -> dict[str, shapely.Geometry]:
    return {
        f["properties"].get("n") or f["properties"].get("c"): shapely.geometry.shape(f["geometry"])
        for f in json.loads(layer)["features"]
    }


def test_roads_end_at_the_border(db: Session, county: Twin, east: Twin) -> None:
    whole = drawn(overlays.roads(db, county, 0, visitor="备用"))["primary"]
    part = drawn(overlays.roads(db, east, 0, visitor="备用"))["primary"]
    assert whole.bounds[2] == pytest.approx(tiny.WEST + 0.039, abs=1e-5)
    assert part.bounds[2] == pytest.approx(MIDDLE, abs=1e-5)
    # In a village of the township too, whatever way the road goes on.
    village = overlays.roads(db, east, east.position("529901001001"), visitor="备用")
    assert drawn(village)["primary"].bounds[2] <= MIDDLE + 1e-5


def test_stored_layers_end_at_the_border(db: Session, county: Twin, east: Twin) -> None:
    assert set(drawn(overlays.features(db, county, "rivers", visitor="备用"))) == {
        "青河", "东泉", "西泉", "边泉",
    }  # fmt: skip
    part = drawn(overlays.features(db, east, "rivers", visitor="备用"))
    assert "西泉" not in part
    assert part["青河"].bounds[2] == pytest.approx(MIDDLE, abs=1e-5)
    west = drawn(overlays.features(db, territory.cut(county, XIHE), "rivers", visitor="备用"))
    assert "东泉" not in west


def test_a_part_without_a_shape_has_no_lines(db: Session, county: Twin) -> None:
    point = territory.cut(county, DONGSHAN)
    lines = overlays.within(db, point, shapely.points([MIDDLE + 0.015], [NORTH]))
    assert lines.tolist() == [None]


def test_facilities_and_buildings_lie_in_the_part(db: Session, county: Twin, east: Twin) -> None:
    # Facilities stand in grids 0, 5 (Dongshan) and 15, 10 (Xihe); a building in each grid.
    assert len(json.loads(overlays.facilities(db, county, 0, visitor="备用"))["features"]) == 4
    assert len(json.loads(overlays.facilities(db, east, 0, visitor="备用"))["features"]) == 2
    assert len(json.loads(overlays.buildings(db, east, 0, visitor="备用"))["features"]) == 8


def test_layers_and_tables_have_the_parts_regions_alone(db: Session, east: Twin) -> None:
    layer = region_layer(db, east, "grid", 0, visitor="备用", small_count=10)
    assert len(json.loads(layer)["features"]) == 8
    assert b"529901100" not in layer
    table = downloads.region_table(east, "grid", 0, visitor="备用", small_count=10, language="zh")
    assert len(table) == 9
    assert not any(str(row[0]).startswith(XIHE) for row in table)
    assert downloads.region_table(
        east, "county", 0, visitor="备用", small_count=10, language="zh"
    )[1:] == []  # fmt: skip


def test_the_map_speaks_of_the_part(east: Twin) -> None:
    answer = maps.map_answer(east, "people", 0, "village", visitor="备用", small_count=10)
    assert answer.total == 600
    assert answer.values.tolist() == [140.0, 460.0]  # 1+2+5+6 and 9+10+13+14 tens
    assert {f.id: f.value for f in maps.figures(east, answer.rows, visitor="备用")}["people"] == 600


def test_population_speaks_of_the_part(db: Session, county: Twin, east: Twin) -> None:
    unit = population.unit_of(db, east, DONGSHAN, visitor="备用", small=10)
    assert unit.people["usual"].total == 600
    assert [place.code for place in unit.ancestors] == [DONGSHAN]
    with pytest.raises(InputError):
        population.unit_of(db, east, "529901", visitor="备用", small=10)
    with pytest.raises(InputError):
        population.parts_of(east, XIHE, visitor="备用", small=10)


@pytest.mark.parametrize("small", [3, 5, 10, 20])
def test_what_the_county_hides_a_part_hides_too(county: Twin, east: Twin, small: int) -> None:
    """Or two visitors could subtract what one of them may see from what the other may."""
    whole = population.hidden_groups(county, small=small)["low_income"]
    part = population.hidden_groups(east, small=small)["low_income"]
    for row, code in enumerate(east.regions["code"]):
        assert part[row] == whole[county.position(code)], code
