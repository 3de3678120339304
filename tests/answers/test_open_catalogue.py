"""The list of open data: what is in it, every version, and what a change of class does."""

from __future__ import annotations

import datetime as dt
import hashlib
from pathlib import Path

import pytest
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cockpit.answers import open_catalogue, release_write
from cockpit.answers.open_catalogue import NoOpenDataError, find_file, open_datasets
from cockpit.answers.open_columns import ALLOWED
from cockpit.answers.open_dcat import THEME_TITLES
from cockpit.answers.open_licence import licence_of
from cockpit.answers.release_store import RetractedError
from cockpit.locale import catalogue
from cockpit.store.models import Batch, Facility
from cockpit.store.models_release import Release
from cockpit.store.session import engine
from tests.openly import OPEN, change
from tests.released import NOISY, SUPPRESSED

FORMATS = ("csv", "xlsx", "geojson", "gpkg", "parquet", "datapackage", "zip")


def listed() -> dict[str, open_catalogue.OpenDataset]:
    return {one.id: one for one in open_datasets()}


def test_releases_come_first_and_then_the_open_data_sets(open_here: Path) -> None:
    names = [one.id for one in open_datasets()]
    assert set(names[:2]) == {NOISY, SUPPRESSED}
    assert sorted(names[2:]) == sorted(OPEN)


def test_a_data_set_says_what_it_is_in_both_languages(open_here: Path) -> None:
    places = listed()["places"]
    assert (places.title, places.title_en, places.rows, places.version) == ("设施", "Places", 4, 1)
    assert places.description == "服务群众的设施，含类别和位置。"
    assert places.description_en.startswith("Places that serve people")
    assert places.licence_uri == "https://creativecommons.org/licenses/by/4.0/"
    assert (places.department, places.as_of) == ("统计局", dt.date(2025, 11, 1))
    assert places.updated == dt.datetime(2026, 1, 5, 8, 0, tzinfo=dt.UTC)
    assert [c.name for c in places.dictionary] == [words[0] for words in ALLOWED["facilities"]]
    capacity = places.dictionary[3]
    assert (capacity.title, capacity.title_en, capacity.unit_en) == (
        "容量", "Capacity", "places or beds",
    )  # fmt: skip
    # Grids 0, 5, 15 and 10, four tenths into each: 106.804 to 106.834, 27.204 to 27.234.
    assert places.bbox == pytest.approx((106.804, 27.204, 106.834, 27.234))
    assert tuple(file.format for file in places.formats) == FORMATS


def test_every_listed_file_is_there_with_its_size_and_hash(open_here: Path) -> None:
    for dataset in open_datasets():
        for version in dataset.versions:
            for file in version.formats:
                found, path = find_file(dataset.id, version.version, file.name)
                body = path.read_bytes()
                assert (len(body), hashlib.sha256(body).hexdigest()) == (found.bytes, found.sha256)


def test_a_release_tells_its_noise_and_its_versions(open_here: Path) -> None:
    people = listed()[NOISY]
    assert [v.version for v in people.versions] == [2, 1]
    assert people.epsilon == pytest.approx(0.4)
    assert people.levels == ("county", "township", "village")
    assert people.margins_en == "± is the margin within which 95 of 100 figures lie."
    assert "0.4" not in people.description
    assert any("0.4" in one.description for one in people.dictionary)
    assert people.rows == 1 + 2 + 4
    assert listed()[SUPPRESSED].margins == ""


def test_a_retracted_version_keeps_its_notice_and_loses_its_files(open_here: Path) -> None:
    open_datasets()
    with Session(engine()) as db:
        ident = db.execute(
            select(Release.id).where(Release.series == NOISY, Release.version == 2)
        ).scalar_one()
        release_write.retract(db, ident, who="管理员", reason="算错了")
    people = listed()[NOISY]
    assert people.version == 1
    gone = people.versions[0]
    assert (gone.version, gone.formats, gone.notice) == (2, (), "算错了")
    with pytest.raises(RetractedError, match="Version 2 of this data set was retracted on 20"):
        find_file(NOISY, 2, f"{NOISY}.csv")
    assert find_file(NOISY, 1, f"{NOISY}.csv")[1].is_file()


def test_raising_the_class_removes_a_data_set_at_once(open_here: Path) -> None:
    name = listed()["places"].formats[0].name
    for data_class in ("备用", "敏感", "秘密", "", "open"):
        change("places", data_class=data_class)
        assert "places" not in listed()
        with pytest.raises(NoOpenDataError):
            find_file("places", 1, name)
        change("places", data_class="公开")
        assert "places" in listed()


def test_closed_boundaries_take_the_maps_out_of_releases(open_here: Path) -> None:
    assert listed()[NOISY].bbox is not None
    change("regions", data_class="备用")
    people = listed()[NOISY]
    assert people.bbox is None
    assert "gpkg" not in [file.format for file in people.formats]
    path = find_file(NOISY, 2, f"{NOISY}.geojson")[1]
    assert b"Polygon" not in path.read_bytes()


def test_a_licence_that_says_the_opposite_closes_a_data_set(open_here: Path) -> None:
    change("places", licence="内部共享")
    assert "places" not in listed()


def test_the_version_before_stays_after_a_new_delivery(open_here: Path) -> None:
    before = listed()["places"].formats[0]
    with Session(engine()) as db:
        db.execute(update(Batch).where(Batch.dataset_id == "places").values(current=False))
        db.add(
            Batch(
                id=90, dataset_id="places", version=2, current=True, source="x", sha256="9" * 64,
                entry={}, matches={}, rows_read=1, rows_stored=1, rows_bad=0, quality={},
                loaded_at=dt.datetime(2026, 2, 1),
            )
        )  # fmt: skip
        db.flush()
        db.execute(update(Facility).where(Facility.id == "F0").values(name="新名", batch_id=90))
        db.commit()
    places = listed()["places"]
    assert [v.version for v in places.versions] == [2, 1]
    old, path = find_file("places", 1, before.name)
    assert old.sha256 == before.sha256 == hashlib.sha256(path.read_bytes()).hexdigest()
    assert "新名" in find_file("places", 2, before.name)[1].read_text("utf-8-sig")


def test_a_damaged_file_is_made_again(open_here: Path) -> None:
    file = listed()["places"].formats[0]
    path = find_file("places", 1, file.name)[1]
    path.write_bytes(b"x" * file.bytes)
    open_catalogue.forget()
    assert listed()["places"].formats[0].sha256 == file.sha256
    assert hashlib.sha256(path.read_bytes()).hexdigest() == file.sha256


def test_an_empty_store_has_no_open_data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.openly import forget

    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    forget()
    assert open_datasets() == ()
    forget()


def test_a_licence_that_is_not_known_gets_no_address() -> None:
    assert licence_of("CC0 1.0").uri.endswith("/zero/1.0/")
    assert licence_of("CC-BY-SA-4.0").uri.endswith("/by-sa/4.0/")
    assert licence_of("ODbL").uri.startswith("https://opendatacommons.org/")
    assert licence_of("").uri == "/open/licence"
    for text in ("CC BY-NC 4.0", "CC BY-ND 4.0", "all rights reserved", "按协议"):
        assert licence_of(text).uri == ""


def test_every_column_has_chinese_words() -> None:
    chinese = catalogue("zh")
    words = {t for columns in ALLOWED.values() for c in columns for t in c[2:]}
    words |= set(open_catalogue._SAYS.values()) | set(THEME_TITLES.values())
    assert len(words) > 40
    assert not sorted(word for word in words if word not in chinese)
