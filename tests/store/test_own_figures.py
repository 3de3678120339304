"""A county's own standards and speeds: kept beside the data, a new version, no second reading."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine

from cockpit.store import ingest
from cockpit.store.catalogue import read_meta
from cockpit.store.session import open_engine
from geodata.errors import ManifestError
from loaders.manifest import Dataset
from loaders.read import read_dataset
from tests.small import write_small

OWN = """
[standards.clinic_15min]
limit = 20

[travel.car]
speeds_kmh = { primary = 50 }
"""


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'county.sqlite'}")


def _load(path: Path, engine: Engine) -> ingest.LoadReport:
    return ingest.load(path, engine, path.parent / "data")


def _stored(engine: Engine, table: str) -> object:
    with engine.connect() as connection:
        return read_meta(connection, table)


def _with_own(path: Path, own: str) -> None:
    path.write_text(path.read_text(encoding="utf-8") + own, encoding="utf-8")


def test_own_figures_are_kept_and_give_a_new_version(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "files")
    before = _load(path, engine)
    assert _stored(engine, "standards") == {}
    _with_own(path, OWN)
    after = _load(path, engine)
    assert after.changed
    assert after.version != before.version
    assert all(report.unchanged for report in after.datasets)  # no file is read again
    assert _stored(engine, "standards") == {"clinic_15min": {"limit": 20.0}}
    assert _stored(engine, "travel") == {"car": {"speeds_kmh": {"primary": 50}}}
    assert not _load(path, engine).changed


def test_taking_them_away_brings_the_first_version_back(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "files")
    text = path.read_text(encoding="utf-8")
    before = _load(path, engine)
    _with_own(path, OWN)
    _load(path, engine)
    path.write_text(text, encoding="utf-8")
    assert _load(path, engine).version == before.version
    assert _stored(engine, "travel") == {}


def test_an_upload_keeps_them(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "files")
    _with_own(path, OWN)
    _load(path, engine)
    entry = Dataset(
        id="more", title="另一份", kind="features", layer="more", file=str(_points(tmp_path))
    )
    ingest.apply(entry, engine, path.parent / "data", read=read_dataset)
    assert _stored(engine, "standards") == {"clinic_15min": {"limit": 20.0}}


def _points(folder: Path) -> Path:
    path = folder / "more.geojson"
    path.write_text(
        '{"type": "FeatureCollection", "features": [{"type": "Feature", "properties": {"id": "1"},'
        ' "geometry": {"type": "Point", "coordinates": [106.81, 27.21]}}]}',
        encoding="utf-8",
    )
    return path


@pytest.mark.parametrize(
    ("own", "words"),
    [
        (
            "\n[standards.clinic_5min]\nlimit = 5\n",
            r"^county\.toml, line \d+: There is no standard clinic_5min; expected one of circle_15",
        ),
        (
            "\n[standards.clinic_15min]\ngoal = 0.6\nwatch = 0.9\n",
            r"^county\.toml, line \d+: Standard clinic_15min: watch is 0\.9, above the goal 0\.6; "
            r"expected at most that\.$",
        ),
        ("\n[travel.car]\nspeeds_kmh = { primary = 0 }\n", r"primary is 0 km/h; expected above 0"),
    ],
)
def test_nonsense_is_refused_and_nothing_changes(
    tmp_path: Path, engine: Engine, own: str, words: str
) -> None:
    path = write_small(tmp_path / "files")
    _load(path, engine)
    _with_own(path, own)
    with pytest.raises(ManifestError, match=words):
        _load(path, engine)
    assert _stored(engine, "standards") == {}
