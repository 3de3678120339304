"""The real regions of ``examples/`` load to the published totals, where their files are at hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from cockpit.answers.twin import Twin, twin
from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.session import open_engine

ROOT = Path(__file__).parents[1]
DATA = ROOT.parent / "shared" / "data"
PUBLISHED = {
    # Departament d'Estadística 2023; IPEA hexagons; bulletin of the seventh census.
    "andorra": ("region_andorra", 85_101),
    "porto_alegre": ("region_porto_alegre", 812_935),
    "dongguan": ("dongguan_townships", 10_466_625),
}
PARISHES = {
    "Canillo": 5781,
    "Encamp": 12826,
    "Ordino": 5440,
    "La Massana": 11591,
    "Andorra la Vella": 24042,
    "Sant Julià de Lòria": 9915,
    "Escaldes-Engordany": 15506,
}


def _loaded(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[ingest.LoadReport, Twin, Session]:
    folder, _ = PUBLISHED[name]
    if not (DATA / folder).is_dir():
        pytest.skip(f"{folder} is not at hand beside the project; see examples/README.md")
    store = tmp_path_factory.mktemp(name)
    engine = open_engine(f"sqlite:///{store / 'county.sqlite'}")
    report = ingest.load(ROOT / "examples" / f"{name}.toml", engine, store)
    db = Session(engine)
    found = twin(db)
    assert found is not None
    return report, found, db


@pytest.mark.parametrize("name", PUBLISHED)
def test_totals_are_the_published_ones_at_every_level(
    name: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    report, county, _ = _loaded(name, tmp_path_factory)
    assert report.people == PUBLISHED[name][1]
    people = county.measures["people"]
    assert people[0] == PUBLISHED[name][1]
    for row in range(len(people)):
        children = county.children(row)
        if len(children) and not np.isnan(people[row]):
            assert np.nansum(people[children]) == people[row]


def test_andorra_keeps_parishes_and_the_people_without_place(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    _, county, db = _loaded("andorra", tmp_path_factory)
    for name, people in PARISHES.items():
        assert county.measures["people"][county.position(name)] == people
    vilar = county.position("Canillo·El Vilar")
    assert county.measures["people"][vilar] == 7
    assert not county.regions["has_shape"].iat[vilar]
    # The union of the parishes is 468.01 km2, the official area 468.
    assert county.measures["area_km2"][0] == pytest.approx(468, rel=0.005)
    differing = select(m.QualityIssue).where(m.QualityIssue.rule == "total.differs")
    assert db.execute(differing).first() is None  # parish totals agree with their settlements


def test_porto_alegre_has_heights_and_roads(tmp_path_factory: pytest.TempPathFactory) -> None:
    _, county, db = _loaded("porto_alegre", tmp_path_factory)
    assert (county.regions["level"] == "grid").sum() == 1227
    heights = db.execute(select(m.RoadNode.elevation_m)).scalars().all()
    assert len(heights) > 20_000
    assert max(h for h in heights if h is not None) > 100
    # An arc's length is geodesic and above zero.
    assert min(db.execute(select(m.RoadEdge.length_m)).scalars()) > 0


def test_dongguan_lists_its_defects(tmp_path_factory: pytest.TempPathFactory) -> None:
    report, county, db = _loaded("dongguan", tmp_path_factory)
    # 虎门港管委会 has no code: it is listed, and its neighbours load.
    townships = next(d for d in report.datasets if d.id == "townships")
    assert (townships.rows_read, townships.rows_stored, townships.rows_bad) == (35, 34, 1)
    villages = (county.regions["level"] == "village").sum()
    assert villages == 607  # two of 609 belong to a township that has no border
    # The zone whose people are counted in the towns around it has no figure of its own, not 0.
    assert np.isnan(county.measures["people"][county.position("441900403")])
    overlaps = db.execute(
        select(m.QualityIssue.area_m2).where(m.QualityIssue.rule == "geometry.overlap")
    ).scalars()
    assert sum(overlaps) > 1e6
