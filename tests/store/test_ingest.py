"""A load is all or nothing, moves counts exactly, and the same files again change nothing."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from sqlalchemy import Engine, create_engine, func, select
from sqlalchemy.orm import Session

from cockpit.answers.twin import Twin, twin
from cockpit.indicators import INDICATORS
from cockpit.store import ingest
from cockpit.store import models as m
from cockpit.store.session import open_engine
from geodata.crs import wgs84_to_gcj02
from geodata.errors import AskFirst, CockpitError, DataFileError, ManifestError
from loaders.manifest import Dataset, read_manifest, write_matches
from tests.small import MANIFEST, village_codes, write_people, write_small
from tests.tiny import grid_code

TODAY = dt.date(2026, 1, 15)


@pytest.fixture
def engine(tmp_path: Path) -> Engine:
    return open_engine(f"sqlite:///{tmp_path / 'store' / 'county.sqlite'}")


def _load(path: Path, engine: Engine, *confirmed: str) -> ingest.LoadReport:
    return ingest.load(
        path, engine, path.parent.parent / "store", confirmed=frozenset(confirmed), today=TODAY
    )


def _twin(engine: Engine) -> Twin:
    with Session(engine) as db:
        found = twin(db)
    assert found is not None
    return found


def _dump(engine: Engine) -> str:
    """Return a hash over every row of every table but the times of loading."""
    digest = hashlib.sha256()
    with engine.connect() as connection:
        for table in m.Base.metadata.sorted_tables:
            columns = [c for c in table.columns if c.name != "loaded_at"]
            for row in connection.execute(select(*columns).order_by(*table.primary_key)):
                digest.update(repr(tuple(row)).encode())
    return digest.hexdigest()


def test_totals_of_every_level_are_those_of_the_files(tmp_path: Path, engine: Engine) -> None:
    report = _load(write_small(tmp_path / "raw"), engine)
    assert report.people == 1360  # 10 + 20 + ... + 160
    county = _twin(engine)
    people = dict(zip(county.regions["code"], county.measures["people"], strict=True))
    assert people["529901"] == 1360
    # Grids 1, 2, 5, 6 (k = 0, 1, 4, 5) make the first village: 10 + 20 + 50 + 60.
    assert people["529901001001"] == 140
    assert people["529901001"] == 140 + (90 + 100 + 130 + 140)


def test_every_additive_indicator_reconciles_at_every_level(tmp_path: Path, engine: Engine) -> None:
    _load(write_small(tmp_path / "raw"), engine)
    county = _twin(engine)
    additive = [i for i in county.indicators() if i.additive and i.id != "area"]
    assert {"people", "registered", "age_60_plus", "facilities"} <= {i.id for i in additive}
    for indicator in additive:
        values = county.values(indicator)
        for row in range(len(values)):
            children = county.children(row)
            if len(children):
                assert values[children].sum() == values[row], (indicator.id, row)


def test_village_counts_move_to_grids_and_keep_their_totals(tmp_path: Path, engine: Engine) -> None:
    _load(write_small(tmp_path / "raw"), engine)
    county = _twin(engine)
    registered = dict(zip(county.regions["code"], county.measures["registered"], strict=True))
    assert [registered[code] for code in village_codes()] == [101, 202, 303, 404]
    # No buildings: by area. Four squares of a village get 25 each, and the first the one left over.
    grids = [grid_code(k) for k in (0, 1, 4, 5)]
    assert sorted(registered[code] for code in grids) == [25, 25, 25, 26]


def test_the_same_files_again_change_nothing(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    first = _load(path, engine)
    before = _dump(engine)
    again = _load(path, engine)
    assert not again.changed
    assert again.version == first.version
    assert _dump(engine) == before


def test_a_newer_file_replaces_its_own_rows_only(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    first = _load(path, engine)
    write_people(path.parent, factor=2)
    second = _load(path, engine)
    assert second.people == 2720
    assert second.version != first.version
    assert [d.unchanged for d in second.datasets if d.id != "people"] == [True] * 5
    with Session(engine) as db:
        versions = db.execute(
            select(m.Batch.version, m.Batch.current)
            .where(m.Batch.dataset_id == "people")
            .order_by(m.Batch.version)
        ).all()
    assert [tuple(v) for v in versions] == [(1, False), (2, True)]


def test_bad_rows_are_listed_and_do_not_stop_the_good_ones(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    write_people(path.parent, extra=f"{grid_code(3)},男,35-39岁,-3\n999999001001001,男,0-4岁,5\n")
    report = _load(path, engine)
    assert report.people == 1360
    with Session(engine) as db:
        issues = db.execute(
            select(
                m.QualityIssue.file, m.QualityIssue.row, m.QualityIssue.column, m.QualityIssue.found
            )
            .where(m.QualityIssue.dataset_id == "people", m.QualityIssue.severity == "error")
            .order_by(m.QualityIssue.row)
        ).all()
    assert [tuple(i) for i in issues] == [
        ("people.csv", 33, "persons", "-3"),
        ("people.csv", 34, "code", "999999001001001"),
    ]


def test_a_strict_data_set_with_a_bad_row_is_refused_whole(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    _load(path, engine)
    before = _dump(engine)
    write_people(path.parent, extra=f"{grid_code(3)},男,35-39岁,-3\n")
    text = path.read_text(encoding="utf-8").replace(
        'file = "people.csv"', 'file = "people.csv"\nstrict = true'
    )
    path.write_text(text, encoding="utf-8")
    with pytest.raises(DataFileError, match=r"people\.csv.*33.*-3"):
        _load(path, engine)
    assert _dump(engine) == before


def _break_missing(folder: Path) -> None:
    (folder / "people.csv").unlink()


def _break_unreadable(folder: Path) -> None:
    (folder / "villages.geojson").write_bytes(b"\x00\x01\x02 not a map")


def _break_column(folder: Path) -> None:
    (folder / "people.csv").write_text("网格编码,性别,年龄段\n1,男,0-4岁\n", encoding="utf-8")


def _break_empty(folder: Path) -> None:
    (folder / "people.csv").write_text("网格编码,性别,年龄段,人数\n", encoding="utf-8")


def _break_manifest(folder: Path) -> None:
    path = folder / "county.toml"
    text = path.read_text(encoding="utf-8").replace('kind = "facilities"', 'kind = "facilitys"')
    path.write_text(text, encoding="utf-8")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (_break_missing, r"people\.csv: there is no such file; data set people of the manifest"),
        (_break_unreadable, r"villages\.geojson"),
        (
            _break_column,
            r"people\.csv: missing column persons \(人数\)\. Found: 网格编码, 性别, 年龄段\.",
        ),
        (_break_empty, r"people\.csv"),
        (_break_manifest, r"county\.toml, line \d+: .*facilitys"),
    ],
)
def test_bad_input_ends_in_one_sentence_and_loses_nothing(
    tmp_path: Path, engine: Engine, spoil: object, words: str
) -> None:
    path = write_small(tmp_path / "raw")
    _load(path, engine)
    before = _dump(engine)
    assert callable(spoil)
    spoil(path.parent)
    with pytest.raises(CockpitError, match=words) as caught:
        _load(path, engine)
    assert "\n" not in str(caught.value)
    assert _dump(engine) == before


def test_a_wrong_manifest_names_the_line(tmp_path: Path, engine: Engine) -> None:
    path = write_small(
        tmp_path / "raw", manifest=MANIFEST.replace('code = "529901"', "kode = 1", 1)
    )
    with pytest.raises(ManifestError, match=r"county\.toml, line \d+"):
        _load(path, engine)


def test_a_delivery_with_a_third_fewer_rows_is_asked_about(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    _load(path, engine)
    before = _dump(engine)
    write_people(path.parent, rows=11)
    with pytest.raises(AskFirst, match="22 rows, the last delivery had 32") as asked:
        _load(path, engine)
    assert asked.value.values["question"] == "fewer_rows"
    assert _dump(engine) == before
    assert _load(path, engine, "people:fewer_rows").people == sum(10 * (k + 1) for k in range(11))


def test_a_region_without_parent_is_listed_not_loaded(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    layer = path.parent / "villages.geojson"
    text = layer.read_text(encoding="utf-8")
    layer.write_text(text.replace('"529901100002"', '"529901555002"'), encoding="utf-8")
    _load(path, engine)
    with Session(engine) as db:
        orphans = db.execute(
            select(m.QualityIssue.found).where(m.QualityIssue.rule == "code.orphan")
        ).scalars()
        assert "529901555002" in set(orphans)
        assert db.get(m.Region, "529901555002") is None


def test_another_county_is_asked_about_unless_the_stored_one_is_invented(
    tmp_path: Path, engine: Engine
) -> None:
    _load(write_small(tmp_path / "raw"), engine)
    other = MANIFEST.replace("invented = true", "").replace("小青县", "大青县")
    real = write_small(tmp_path / "real", manifest=other)
    assert _load(real, engine).county == "大青县"
    third = MANIFEST.replace('code = "529901"', 'code = "529902"')
    with pytest.raises(AskFirst, match=r"The store holds 大青县\. Replace it by 小青县\?"):
        _load(write_small(tmp_path / "third", manifest=third), engine)


def test_two_data_sets_of_one_count_are_refused(tmp_path: Path, engine: Engine) -> None:
    twice = MANIFEST + MANIFEST[MANIFEST.index('[[dataset]]\nid = "people"') :].split(
        "[[dataset]]"
    )[1].join(["[[dataset]]", ""]).replace('id = "people"', 'id = "people_again"')
    path = write_small(tmp_path / "raw", manifest=twice)
    with pytest.raises(DataFileError, match="Data sets people and people_again both count"):
        _load(path, engine)


def test_totals_of_two_levels_that_disagree_are_told(tmp_path: Path, engine: Engine) -> None:
    more = """
[[dataset]]
id = "town_totals"
title = "乡镇常住人口"
kind = "population"
level = "township"
file = "towns.csv"
constant = { kind = "usual" }
date = 2025-11-01
"""
    path = write_small(tmp_path / "raw", manifest=MANIFEST + more)
    (path.parent / "towns.csv").write_text("代码,人数\n529901001,600\n529901100,761\n", "utf-8")
    assert _load(path, engine).people == 1360  # the finer count stands
    with Session(engine) as db:
        found = db.execute(
            select(m.QualityIssue.found, m.QualityIssue.values).where(
                m.QualityIssue.rule == "total.differs"
            )
        ).all()
    assert [tuple(f) for f in found] == [("529901100: 761", {"sum": 760})]


def test_check_stores_nothing(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    report = ingest.check(path, today=TODAY)
    assert report.people == 1360
    assert list((tmp_path / "store").iterdir()) == []


def test_an_uploaded_data_set_survives_a_reload(tmp_path: Path, engine: Engine) -> None:
    from loaders.read import read_dataset

    path = write_small(tmp_path / "raw")
    _load(path, engine)
    folder = tmp_path / "store"
    content = "机构名称,类别,经度,纬度\n东山敬老院,养老院,106.815,27.215\n".encode()
    kept = ingest.keep_upload("care.csv", content, folder)
    entry = Dataset(id="care", title="养老机构", kind="facilities", file=str(kept))
    seen = ingest.preview(entry, engine, tmp_path, read=read_dataset)
    assert (seen.rows_before, seen.rows_after, seen.question) == (None, 1, None)
    ingest.apply(entry, engine, folder)
    write_people(path.parent, factor=2)
    _load(path, engine)
    with Session(engine) as db:
        n = db.execute(
            select(func.count()).select_from(m.Facility).where(m.Facility.kind == "care_home")
        ).scalar()
    assert n == 1


def test_indicators_of_unknown_things_are_not_offered(tmp_path: Path, engine: Engine) -> None:
    _load(write_small(tmp_path / "raw"), engine)
    county = _twin(engine)
    assert not county.known(INDICATORS["households"])
    assert not county.known(INDICATORS["floating"])
    assert county.known(INDICATORS["age_60_plus_share"])


def _spread_clinics(folder: Path, *, offset: bool) -> None:
    """Write twelve clinics all over the county, in WGS84 or, undeclared, in GCJ-02."""
    lines = ["机构名称,类别,经度,纬度"]
    for k in range(12):
        lon, lat = 106.803 + 0.003 * k, 27.203 + 0.003 * k
        if offset:
            moved = wgs84_to_gcj02(np.array([lon]), np.array([lat]))
            lon, lat = float(moved[0][0]), float(moved[1][0])
        lines.append(f"第{k + 1}卫生室,村卫生室,{lon:.6f},{lat:.6f}")
    (folder / "clinics.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")


def test_undeclared_gcj02_is_found_by_places_known_before(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    _spread_clinics(path.parent, offset=False)
    _load(path, engine)
    before = _dump(engine)
    _spread_clinics(path.parent, offset=True)
    with pytest.raises(AskFirst, match=r"clinics\.csv: known places lie \d+ m .*GCJ-02"):
        _load(path, engine)
    assert _dump(engine) == before
    text = path.read_text(encoding="utf-8").replace(
        'file = "clinics.csv"', 'file = "clinics.csv"\noffset = "gcj02"'
    )
    path.write_text(text, encoding="utf-8")
    _load(path, engine)
    with Session(engine) as db:
        lon = db.execute(select(m.Facility.lon).where(m.Facility.name == "第1卫生室")).scalar_one()
    assert lon == pytest.approx(106.803, abs=1e-5)


def test_a_closed_finding_stays_closed_when_it_comes_again(tmp_path: Path, engine: Engine) -> None:
    path = write_small(tmp_path / "raw")
    bad = f"{grid_code(3)},男,35-39岁,-3\n"
    write_people(path.parent, extra=bad)
    _load(path, engine)
    with Session(engine) as db:
        issue = db.execute(
            select(m.QualityIssue).where(m.QualityIssue.rule == "count.negative")
        ).scalar_one()
        issue.status = "accepted"
        db.commit()
    write_people(path.parent, extra=bad + f"{grid_code(4)},男,35-39岁,-4\n")
    _load(path, engine)
    with Session(engine) as db:
        found = db.execute(
            select(m.QualityIssue.found, m.QualityIssue.status)
            .where(m.QualityIssue.rule == "count.negative")
            .order_by(m.QualityIssue.row)
        ).all()
    assert [tuple(f) for f in found] == [("-3", "accepted"), ("-4", "open")]


def test_an_upload_stays_until_the_manifest_brings_a_newer_file(
    tmp_path: Path, engine: Engine
) -> None:
    path = write_small(tmp_path / "raw")
    _load(path, engine)
    folder = tmp_path / "store"
    write_people(path.parent, factor=3)
    content = (path.parent / "people.csv").read_bytes()
    write_people(path.parent)
    entry = read_manifest(path).entry("people")
    kept = ingest.keep_upload("people.csv", content, folder)
    ingest.apply(entry.model_copy(update={"file": str(kept)}), engine, folder)
    assert _twin(engine).measures["people"][0] == 3 * 1360
    again = _load(path, engine)
    assert (again.people, again.changed) == (3 * 1360, False)
    write_people(path.parent, factor=2)
    assert _load(path, engine).people == 2 * 1360


def test_uploads_are_found_again_when_the_data_folder_moves(tmp_path: Path) -> None:
    path = write_small(tmp_path / "raw")
    old, new = tmp_path / "old", tmp_path / "new"
    engine = open_engine(f"sqlite:///{old / 'county.sqlite'}")
    ingest.load(path, engine, old, today=TODAY)
    kept = ingest.keep_upload(
        "care.csv", "名称,类别,经度,纬度\n敬老院,养老院,106.815,27.215\n".encode(), old
    )
    entry = Dataset(id="care", title="养老机构", kind="facilities", file=str(kept))
    ingest.apply(entry, engine, old)
    engine.dispose()
    old.rename(new)
    moved = open_engine(f"sqlite:///{new / 'county.sqlite'}")
    write_people(path.parent, factor=2)
    text = path.read_text(encoding="utf-8").replace("小青县", "小青新县")
    path.write_text(text, encoding="utf-8")
    report = ingest.load(path, moved, new, today=TODAY)
    assert report.people == 2720
    assert [d.rows_stored for d in report.datasets if d.id == "care"] == [1]


def test_columns_written_back_into_the_manifest_are_no_change(
    tmp_path: Path, engine: Engine
) -> None:
    path = write_small(tmp_path / "raw")
    report = _load(path, engine)
    matches = next(d.matches for d in report.datasets if d.id == "people")
    assert matches["persons"] == "人数"
    write_matches(path, "people", matches)
    assert not _load(path, engine).changed
    text = path.read_text(encoding="utf-8").replace('"人数"', '"性别"')
    path.write_text(text, encoding="utf-8")
    assert _load(path, engine).changed  # another column is another reading


def test_a_database_table_that_did_not_change_is_not_loaded_again(
    tmp_path: Path, engine: Engine
) -> None:
    path = write_small(tmp_path / "raw")
    source = create_engine(f"sqlite:///{tmp_path / 'raw' / 'office.sqlite'}")
    table = pd.DataFrame({"区划代码": village_codes(), "户籍人口": [1, 2, 3, 4]})
    table.to_sql("hukou", source, index=False)
    source.dispose()
    text = path.read_text(encoding="utf-8").replace(
        'file = "registered.csv"', 'database = "sqlite:///office.sqlite"\ntable = "hukou"'
    )
    path.write_text(text, encoding="utf-8")
    first = _load(path, engine)
    assert _twin(engine).measures["registered"][0] == 10
    second = _load(path, engine)
    assert (second.changed, second.version) == (False, first.version)
