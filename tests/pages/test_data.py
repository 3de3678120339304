"""The page Data: each of its views with answers put in, on the tiny county, and an upload."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.answers.data import FindingPage, FindingRow
from cockpit.store.models import Conflict, Dataset, Person
from tests import small, tiny

PAGE = Path(__file__).parents[2] / "pages" / "data.py"
VIEWS = ("catalogue", "findings", "conflicts", "lineage", "pools", "upload", "dictionary")
MASKED = FindingRow(
    id=1,
    dataset_id="care",
    title="关爱对象",
    title_en="Care",
    department="民政局",
    data_class="敏感",
    file="care.csv",
    row=3,
    column="persons",
    rule="amount.negative",
    dimension="validity",
    severity="error",
    found=None,
    expected="{n} is not shown",
    values={},
    text=None,
    area_m2=None,
    status="open",
)


def page(**address: str) -> AppTest:
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["lang"] = "en"
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def words(app: AppTest) -> str:
    """Return all sentences, without the marks that keep names from being markup."""
    shown = [*app.markdown, *app.caption, *app.info, *app.warning, *app.error, *app.success]
    return " ".join(one.value for one in shown).replace("\\", "")


@pytest.fixture
def tiny_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process show a tiny county that the test may change."""
    yield from _store(tmp_path, monkeypatch, fill=True)


@pytest.fixture
def empty_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process show a store that nobody has loaded."""
    yield from _store(tmp_path, monkeypatch, fill=False)


def _store(folder: Path, monkeypatch: pytest.MonkeyPatch, *, fill: bool) -> Iterator[Path]:
    from cockpit.store.session import engine
    from tests.conftest import _forget_store

    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    _forget_store()
    if fill:
        tiny.fill(engine())
    yield folder
    _forget_store()


# ---------------------------------------------------------------- with answers put in


@pytest.mark.usefixtures("tiny_here")
def test_a_finding_above_the_class_tells_where_but_not_what() -> None:
    found = FindingPage((MASKED,), 1, {"error": 1})
    with patch("cockpit.ui.data_work.findings", return_value=found):
        app = page(work="findings")
    assert not app.exception
    table = app.dataframe[0].value
    assert table["Found"][0] == "hidden: class Sensitive"
    assert table["Expected"][0] == "—"
    assert table["Row"][0] == 3


@pytest.mark.usefixtures("tiny_here")
def test_late_deliveries_are_alarms() -> None:
    with patch("cockpit.ui.data.today", return_value=dt.date(2026, 11, 22)):
        text = words(page())
    assert "12 alarms" in text
    assert "People (Statistics bureau): scores 95.0%; weakest in Validity." in text
    assert "and 6 more" in text


# ---------------------------------------------------------------- on the tiny county


@pytest.mark.usefixtures("tiny_here")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("work", VIEWS)
def test_every_view_opens(work: str, language: str) -> None:
    app = page(work=work, lang=language)
    assert not app.exception
    assert not app.error


@pytest.mark.usefixtures("tiny_own")
@pytest.mark.parametrize("work", VIEWS)
def test_the_public_reads_and_changes_nothing(work: str, monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.settings import settings

    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "公开")
    settings.cache_clear()
    app = page(work=work)
    assert not app.exception
    assert not app.error
    assert not app.file_uploader
    assert not [b for b in app.button if b.label in ("Mark as done", "Save tag")]
    assert len(app.segmented_control[0].options) == 3


@pytest.mark.usefixtures("empty_own")
def test_an_empty_store_says_what_to_do() -> None:
    app = page()
    assert not app.exception
    assert app.header[0].value == "No county has been loaded yet."


@pytest.mark.usefixtures("tiny_here")
def test_the_catalogue_lists_all() -> None:
    with patch("cockpit.ui.data.today", return_value=dt.date(2026, 5, 1)):
        app = page()
    table = app.dataframe[0].value
    assert list(table["Data set"]) == ["Care", "Homes", "Houses", "People", "Places", "Regions"]
    assert set(table["State"]) == {"▲ Watch"}
    assert set(table["Rows"]) == {19}
    assert "6 data sets from 1 departments; 114 rows stored, 6 rows set aside" in words(app)


@pytest.mark.usefixtures("tiny_here")
def test_findings_speak_the_visitors_language() -> None:
    app = page(work="findings", lang="zh")
    table = app.dataframe[0].value
    assert table["应为"][0] == "不小于 0 的数字"
    assert table["现有值"][0] == "-3"
    assert table["行"][0] == 7


@pytest.mark.usefixtures("tiny_own")
def test_a_finding_marked_as_done_leaves_the_list() -> None:
    from cockpit.ui import data_work

    data_work.set_status("finding", [1], "done")
    app = page(work="findings")
    assert "Nothing to do with these filters" in app.info[0].value
    app = page(work="findings", status="done")
    assert list(app.dataframe[0].value["Status"]) == ["Done"]


@pytest.mark.usefixtures("tiny_own")
def test_conflicts_hide_values_above_the_class(monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.settings import settings
    from cockpit.store.session import engine

    with Session(engine()) as db:
        db.add(Dataset(id="police", title="户籍", kind="persons", data_class="敏感"))
        db.flush()
        db.add(
            Conflict(
                check_id="roll",
                kind="value",
                key="529901********0012",
                column="birth",
                left_value="1950-01-02",
                right_value="1950-02-01",
                left_row=4,
                right_row=9,
                left_dataset="police",
                right_dataset="people",
            )
        )
        db.commit()
    table = page(work="conflicts").dataframe[0].value
    assert list(table["Value there"]) == ["hidden"]
    assert list(table["Row there"]) == [4]
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "敏感")
    settings.cache_clear()
    table = page(work="conflicts").dataframe[0].value
    assert list(table["Value there"]) == ["1950-01-02"]
    assert list(table["Value in it"]) == ["1950-02-01"]


@pytest.mark.usefixtures("tiny_here")
def test_lineage_goes_back_to_file_and_rows() -> None:
    # In Chinese: AppTest words the choices of a rerun outside the page, in the default language.
    app = page(work="lineage", region="529901001", indicator="age_60_plus_share", lang="zh")
    assert not app.exception
    assert "东山街道，60岁及以上人口占比：**20.0%**。由文件各行重新计算：**20.0%**" in words(app)
    files, rows, *_ = (frame.value for frame in app.dataframe)
    assert list(files["文件"]) == ["people.csv"]
    assert list(files["所用行数"]) == [16]
    assert rows["值"].sum() == 120
    app.button(key="reread.age_60_plus").click().run()
    assert "文件已不在清单所指位置。" in app.warning[0].value


@pytest.mark.usefixtures("tiny_own")
def test_a_building_tells_its_story(monkeypatch: pytest.MonkeyPatch) -> None:
    from cockpit.settings import settings
    from cockpit.store.session import engine

    with Session(engine()) as db:
        db.add(
            Person(
                dataset_id="people",
                key="a",
                masked="529901********0012",
                sex="f",
                birth=dt.date(1950, 1, 2),
                building_id="B3",
                batch_id=2,
                source_row=1,
            )
        )
        db.commit()
    app = page(work="pools", building="B3")
    assert "Registered residents: fewer than 10" in words(app)
    assert "0012" not in str([frame.value.to_dict() for frame in app.dataframe])
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "敏感")
    settings.cache_clear()
    app = page(work="pools", building="B3")
    assert "Registered residents: 1" in words(app)
    assert list(app.dataframe[0].value["Identity number"]) == ["529901********0012"]


@pytest.mark.usefixtures("tiny_own")
def test_a_wrong_tag_is_told() -> None:
    from cockpit.ui import data_pools

    app = AppTest.from_function(_save_wrong_tag).run()
    assert "A rule needs at least one condition." in app.error[0].value
    assert data_pools._new_id("独居高龄").startswith("tag_")
    assert data_pools._new_id("Alone, 80+") != data_pools._new_id("Alone, 80")


def _save_wrong_tag() -> None:
    import streamlit as st

    from cockpit.ui import data_pools
    from cockpit.ui.words import start

    st.query_params["lang"] = "en"
    start()
    data_pools._save("", "building", "x", [])


@pytest.mark.usefixtures("tiny_here")
def test_odd_addresses_are_ignored() -> None:
    odd = {
        "dataset": "'; drop",
        "rule": "x" * 500,
        "status": "\x07",
        "kind": "../..",
        "region": "9",
    }
    for work in (*VIEWS, "everything"):
        app = page(work=work, **odd)
        assert not app.exception
        assert not app.error


# ---------------------------------------------------------------- an upload, from file to store


@pytest.fixture
def small_own(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process show a county that was loaded from files."""
    from cockpit.store.ingest import load
    from cockpit.store.session import engine

    for folder in _store(tmp_path / "data", monkeypatch, fill=False):
        load(small.write_small(tmp_path / "files"), engine(), folder)
        yield tmp_path


def test_an_upload_is_shown_asked_about_and_stored(small_own: Path) -> None:
    small.write_people(small_own, rows=11)
    content = (small_own / "people.csv").read_bytes()
    app = page(work="upload", lang="zh")
    app.selectbox(key="widget.data.upload_of").set_value("people").run()
    app.file_uploader[0].set_value(("people.csv", content, "text/csv")).run()
    assert not app.exception
    figures = {one.label: one.value for one in app.metric}
    assert (figures["文件行数"], figures["原有行数"]) == ("22", "32")
    assert "新增 0 行，变更 0 行，减少 10 行，未变 22 行" in words(app)
    assert "32" in app.warning[0].value
    next(b for b in app.button if b.label.startswith("已核实")).click().run()
    next(b for b in app.button if b.label == "确认入库").click().run()
    assert not app.exception
    assert "已入库：常住人口，22 行。" in app.toast[0].value


def test_a_file_that_cannot_be_read_is_one_sentence(small_own: Path) -> None:
    app = page(work="upload", lang="zh")
    app.file_uploader[0].set_value(("a.csv", b"a,b\n1,2\n", "text/csv")).run()
    assert not app.exception
    assert "a.csv" in app.error[0].value
    assert "Traceback" not in words(app)


def test_the_form_asks_figures_for_their_date_and_offers_fitting_classes(small_own: Path) -> None:
    app = page(work="upload", lang="zh")
    kind = app.selectbox(key="widget.data.upload_kind")
    day = "widget.data.upload_date.new"
    assert app.date_input(key=day) in app.expander[0].date_input
    kind.set_value("vulnerable").run()
    assert not any(day == one.key for box in app.expander for one in box.date_input)
    assert app.date_input(key=day).value is None
    classes = app.button_group(key="widget.data.upload_class.敏感")
    assert (classes.value, list(classes.options)) == ("敏感", ["敏感"])
    assert app.text_input(key="widget.data.upload_id.vulnerable").value == "vulnerable_new"
    app.selectbox(key="widget.data.upload_of").set_value("people").run()
    assert app.date_input(key="widget.data.upload_date.people").value == dt.date(2025, 11, 1)
    assert not app.exception


def test_a_zip_may_name_the_file_inside(small_own: Path) -> None:
    small.write_people(small_own, factor=2)
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("people.csv", (small_own / "people.csv").read_bytes())
        archive.writestr("other.csv", "a,b\n1,2\n")
    app = page(work="upload", lang="zh")
    app.selectbox(key="widget.data.upload_of").set_value("people").run()
    app.file_uploader[0].set_value(("p.zip", packed.getvalue(), "application/zip")).run()
    assert "p.zip" in app.error[0].value
    app.text_input(key="widget.data.upload_inner").set_value("people.csv").run()
    assert not app.error
    assert app.metric[0].value == "32"
