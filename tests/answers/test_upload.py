"""Uploads over a county loaded from files: dry runs, questions, storing, reading again."""

import io
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from cockpit.answers.lineage import lineage
from cockpit.answers.reread import reread
from cockpit.answers.twin import Twin, twin
from cockpit.answers.upload import _plain_name, dry_run, known_entries, new_entry, store
from cockpit.settings import settings
from cockpit.store.ingest import load
from cockpit.store.session import data_version, open_engine
from geodata.errors import AskFirst, DataFileError, InputError
from loaders.manifest import Dataset, Manifest
from loaders.sandbox import read_upload
from loaders.table import LoadedTable, ReadContext
from tests import small, tiny

VILLAGE = "529901001001"


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Engine]:
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    settings.cache_clear()
    made = open_engine(f"sqlite:///{tmp_path / 'data' / 'county.sqlite'}")
    load(small.write_small(tmp_path / "files"), made, tmp_path / "data")
    yield made
    made.dispose()
    settings.cache_clear()


def entry(engine: Engine, name: str) -> Dataset:
    with Session(engine) as db:
        return {one.id: one for one in known_entries(db)}[name]


def people(tmp_path: Path, **options: object) -> bytes:
    small.write_people(tmp_path, **options)  # type: ignore[arg-type]
    return (tmp_path / "people.csv").read_bytes()


def county(engine: Engine) -> Twin:
    with Session(engine) as db:
        found = twin(db)
    assert found is not None
    return found


def test_the_same_file_changes_nothing(engine: Engine, tmp_path: Path) -> None:
    found = dry_run(engine, entry(engine, "people"), "people.csv", people(tmp_path), visitor="备用")
    assert (found.rows_read, found.rows_good, found.rows_before) == (32, 32, 32)
    assert found.difference is not None
    assert (found.difference.same, found.difference.new, found.difference.changed) == (32, 0, 0)
    assert found.matches["persons"] == "人数"
    assert found.question is None


def test_a_dry_run_counts_changes_and_stores_nothing(engine: Engine, tmp_path: Path) -> None:
    with Session(engine) as db:
        before = data_version(db)
    # Fifteen grids of sixteen with twice the people, and one row that is wrong.
    content = people(tmp_path, rows=15, factor=2, extra=f"{tiny.grid_code(15)},男,00-04岁,-4\n")
    found = dry_run(engine, entry(engine, "people"), "new.csv", content, visitor="备用")
    assert found.difference is not None
    assert (found.difference.changed, found.difference.gone) == (30, 2)
    assert found.by_severity["error"] == 1
    assert found.findings[0].row == 31
    with Session(engine) as db:
        assert data_version(db) == before
    assert not list((tmp_path / "data").rglob("new.csv"))


def test_storing_changes_the_county(engine: Engine, tmp_path: Path) -> None:
    content = people(tmp_path, factor=2)
    report = store(
        engine,
        entry(engine, "people"),
        "../../../etc/new.csv",
        content,
        confirmed=frozenset(),
        visitor="备用",
    )
    assert report.changed
    assert county(engine).measures["people"][0] == 2 * 1360
    kept = list((tmp_path / "data" / "uploads").rglob("*.csv"))
    assert [path.name for path in kept] == ["new.csv"]


def test_a_file_with_fewer_rows_is_asked_about(engine: Engine, tmp_path: Path) -> None:
    content = people(tmp_path, rows=11)  # 22 of 32 rows: less than seven tenths
    one = entry(engine, "people")
    found = dry_run(engine, one, "people.csv", content, visitor="备用")
    assert found.question is not None
    assert found.question.values["question"] == "fewer_rows"
    with pytest.raises(AskFirst, match="22 rows, the last delivery had 32"):
        store(engine, one, "people.csv", content, confirmed=frozenset(), visitor="备用")
    assert county(engine).measures["people"][0] == 1360
    store(engine, one, "people.csv", content, confirmed=frozenset({"fewer_rows"}), visitor="备用")
    assert county(engine).measures["people"][0] == 660  # 10 + 20 + ... + 110


def test_a_new_data_set(engine: Engine, tmp_path: Path) -> None:
    values = {"id": "schools", "title": "学校", "kind": "facilities", "class": "公开"}
    content = "学校名称,类别,经度,纬度\n东山小学,小学,106.805,27.205\n".encode()
    one = new_entry(values)
    found = dry_run(engine, one, "schools.csv", content, visitor="备用")
    assert (found.rows_good, found.rows_before) == (1, None)
    store(engine, one, "schools.csv", content, confirmed=frozenset(), visitor="备用")
    assert county(engine).measures["facility_primary_school"][0] == 1


def test_what_is_refused(engine: Engine) -> None:
    one = entry(engine, "people")
    with pytest.raises(InputError, match="Only the county's offices"):
        dry_run(engine, one, "a.csv", b"x", visitor="公开")
    with pytest.raises(DataFileError, match=r"a\.csv: the file is empty\."):
        dry_run(engine, one, "a.csv", b"", visitor="备用")
    with pytest.raises(DataFileError, match="missing column"):
        dry_run(engine, one, "a.csv", b"a,b\n1,2\n", visitor="备用")
    with pytest.raises(DataFileError):
        dry_run(engine, one, "a.csv", b"<OGRVRTDataSource></OGRVRTDataSource>", visitor="备用")
    with pytest.raises(InputError, match=r"id is A b; expected: "):
        new_entry({"id": "A b", "title": "x", "kind": "facilities"})


def test_too_large_a_file(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_UPLOAD_MB", "1")
    settings.cache_clear()
    content = b"x" * (2 * 1024**2)
    with pytest.raises(InputError, match=r"a\.csv: has 2 MB; at most 1 MB are read\."):
        dry_run(engine, entry(engine, "people"), "a.csv", content, visitor="备用")


def test_a_figure_is_read_again_from_its_file(engine: Engine, tmp_path: Path) -> None:
    found = county(engine)
    with Session(engine) as db:
        (again,) = reread(db, found, VILLAGE, "people", visitor="备用")
        # Grids 0, 1, 4, 5: 10 + 20 + 50 + 60.
        assert (again.state, again.stored, again.found) == ("same", 140, 140)
        assert again.agrees
        (older,) = reread(db, found, VILLAGE, "age_60_plus", visitor="备用")
        assert older.found == 70
        (clinics,) = reread(db, found, "529901", "facility_clinic", visitor="备用")
        assert clinics.found == 2
        # Registered people are counted by village and moved to grids.
        (village,) = reread(db, found, tiny.grid_code(0), "registered", visitor="备用")
        assert village.found == 101
        people(tmp_path / "files", factor=3)
        (changed,) = reread(db, found, VILLAGE, "people", visitor="备用")
        assert (changed.state, changed.found) == ("changed", None)


def test_a_moved_data_folder_finds_its_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun, moved = tmp_path / "begun", tmp_path / "moved"
    made = open_engine(f"sqlite:///{begun / 'county.sqlite'}")
    load(small.write_small(begun / "files"), made, begun)
    made.dispose()
    begun.rename(moved)
    monkeypatch.setenv("COCKPIT_DATA", str(moved))
    settings.cache_clear()
    made = open_engine(f"sqlite:///{moved / 'county.sqlite'}")
    one = county(made)
    with Session(made) as db:
        (again,) = reread(db, one, VILLAGE, "people", visitor="备用")
    assert (again.state, again.found) == ("same", 140)
    one_entry = entry(made, "people")
    content = people(tmp_path, factor=2)
    store(made, one_entry, "people.csv", content, confirmed=frozenset(), visitor="备用")
    assert county(made).measures["people"][0] == 2 * one.measures["people"][0]
    made.dispose()
    settings.cache_clear()


def test_every_figure_of_every_region_agrees_with_its_rows(engine: Engine) -> None:
    found = county(engine)
    with Session(engine) as db:
        for code in ("529901", "529901100", VILLAGE, tiny.grid_code(0)):
            for indicator in found.indicators():
                traced = lineage(db, found, code, indicator.id, visitor="秘密")
                assert traced.agrees, (code, indicator.id)
        moved = lineage(db, found, tiny.grid_code(0), "registered", visitor="备用").parts[0]
    assert moved.moved_from is not None
    assert (moved.moved_from.code, moved.whole, moved.whole_moved) == (VILLAGE, 101, 101)


@pytest.mark.parametrize(
    ("kind", "given", "least"),
    [
        ("persons", "公开", "敏感"), ("persons", "备用", "敏感"), ("persons", "秘密", "秘密"),
        ("vulnerable", "备用", "敏感"), ("facilities", "公开", "公开"), ("events", "备用", "备用"),
    ],
)  # fmt: skip
def test_data_about_single_people_are_sensitive(kind: str, given: str, least: str) -> None:
    one = new_entry({"id": "it", "title": "x", "kind": kind, "class": given})
    assert one.data_class == least


@pytest.mark.parametrize(
    ("name", "plain"),
    [
        ("../../a!b.zip", "a_b.zip"),
        ("人" * 100 + ".csv", "人" * 66 + ".csv"),  # 3 bytes each, 200 at most
        ("a" * 300 + ".csv.gz", "a" * 200 + ".csv.gz"),
        (".csv", "csv"),
        ("!.csv", "_.csv"),
        ("\x00/", "upload"),
        ("2024.05.csv", "2024.05.csv"),
    ],
)
def test_names_of_uploads_are_plain(name: str, plain: str) -> None:
    assert _plain_name(name) == plain


def test_an_exclamation_mark_in_a_name_is_only_a_letter(engine: Engine, tmp_path: Path) -> None:
    one = entry(engine, "people")
    found = dry_run(engine, one, "a!b.csv", people(tmp_path), visitor="备用")
    assert found.rows_good == 32


def test_one_file_of_a_zip_with_several_is_named(engine: Engine, tmp_path: Path) -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("people.csv", people(tmp_path, factor=2))
        archive.writestr("other.csv", "a,b\n1,2\n")
    one, content = entry(engine, "people"), packed.getvalue()
    with pytest.raises(DataFileError, match="holds more than one file; name one after '!'"):
        dry_run(engine, one, "p.zip", content, visitor="备用")
    found = dry_run(engine, one, "p.zip", content, visitor="备用", inner="people.csv")
    assert found.rows_good == 32
    store(
        engine, one, "p.zip", content, confirmed=frozenset(), visitor="备用", inner="people.csv"
    )  # fmt: skip
    assert county(engine).measures["people"][0] == 2 * 1360


def test_an_installation_may_read_larger_uploads(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given: list[int] = []

    def read(one: Dataset, manifest: Manifest, *, context: ReadContext) -> LoadedTable:
        given.append(context.limits.file_bytes)
        return read_upload(one, manifest, context=context)

    monkeypatch.setattr("cockpit.answers.upload.read_upload", read)
    monkeypatch.setenv("COCKPIT_UPLOAD_MB", "250")
    settings.cache_clear()
    one, content = entry(engine, "people"), people(tmp_path, factor=2)
    dry_run(engine, one, "p.csv", content, visitor="备用")
    store(engine, one, "p.csv", content, confirmed=frozenset(), visitor="备用")
    assert given == [250 * 1024**2] * 2


def test_figures_without_a_date_are_asked_for_one(engine: Engine) -> None:
    one = new_entry({"id": "more", "title": "x", "kind": "population", "class": "备用"})
    content = f"区划代码,人数\n{VILLAGE},1\n".encode()
    with pytest.raises(DataFileError, match=r"p\.csv: no date; name the column, or give"):
        dry_run(engine, one, "p.csv", content, visitor="备用")
