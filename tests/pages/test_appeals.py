"""The page Appeals on the eventful county, on one without texts, and for other visitors."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.answers import appeals as answers
from cockpit.answers.appeals_lists import Weeks
from cockpit.settings import settings
from cockpit.store.models import Event
from cockpit.store.session import engine
from cockpit.ui import appeals_charts
from tests import eventful

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "pages" / "appeals.py"
PRIVATE = "我叫张三，电话13812345678，小区停水。"


def page(**address: str) -> AppTest:
    answers.forget()
    app = AppTest.from_file(PAGE, default_timeout=60)
    app.query_params["lang"] = "en"
    for name, value in address.items():
        app.query_params[name] = value
    return app.run()


def words(app: AppTest) -> str:
    parts = [*app.markdown, *app.caption, *app.info, *app.success, *app.warning, *app.error]
    return " ".join(str(part.value) for part in parts).replace("\\", "")


def html(app: AppTest) -> str:
    return " ".join(str(part.value) for part in app.get("html"))


def everything(app: AppTest) -> str:
    tables = " ".join(frame.value.to_csv() for frame in app.dataframe)
    return " ".join((words(app), html(app), tables))


def add_private(day: float = 9.5) -> None:
    with Session(engine()) as db:
        eventful.add_event(db, "P1", "供水供电", grid=3, day=day, text=PRIVATE)
        db.commit()


@pytest.mark.usefixtures("eventful_here")
def test_says_what_the_tiles_show() -> None:
    app = page()
    assert not app.exception
    # By hand: 14 events of the hotline, 10 of them thefts, 136 x 10 residents.
    assert (
        "Little Qing, 1 Jun 2025 to 10 Jun 2025: 14 appeals; most are about 盗窃 (71%)."
        in words(app)
    )
    assert 'data-figure="appeals" title="14"' in html(app)
    assert 'data-figure="rate" title="102.9"' in html(app)  # 14 of 1,360 residents
    assert "Nothing rises" in words(app)


@pytest.mark.usefixtures("eventful_here")
@pytest.mark.parametrize(
    ("panel", "said"),
    [
        ("weeks", "appeals a week on average"),
        ("topics", "盗窃 comes first: 71% of the appeals"),
        ("repeats", "1 case came more than once, with 10 appeals"),
        ("urgent", "No appeal of this choice is urgent"),
        ("texts", "The newest 14 of 14 appeals"),
        ("person", "Nothing to decide"),
        ("model", "There is no model: it needs 60 labelled texts"),
        ("disputes", "Causes that texts name"),
    ],
)
@pytest.mark.parametrize("lang", ["zh", "en"])
def test_every_panel_opens(panel: str, said: str, lang: str) -> None:
    app = page(panel=panel, lang=lang)
    assert not app.exception
    if lang == "en":
        assert said in words(app)


@pytest.mark.usefixtures("eventful_here")
def test_a_smaller_unit_and_a_channel() -> None:
    app = page(region="529901100", level="village", channel="12345热线", days="0")
    assert not app.exception
    assert "Xihe" in words(app)
    assert 'data-figure="appeals" title="2"' in html(app)  # one dispute, one noise complaint


@pytest.mark.usefixtures("eventful_here")
@pytest.mark.parametrize("panel", ["texts", "urgent", "repeats", "person"])
def test_personal_parts_never_reach_an_internal_visitor(panel: str) -> None:
    add_private()
    app = page(panel=panel)
    shown = everything(app)
    assert "张三" not in shown
    assert "13812345678" not in shown
    if panel == "texts":
        assert "我叫[姓名]，电话[电话]，小区停水。" in shown
        assert "That is no proof that nothing personal is left." in shown


@pytest.mark.usefixtures("eventful_here")
def test_who_may_read_texts_reads_them(monkeypatch: pytest.MonkeyPatch) -> None:
    add_private()
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "敏感")
    settings.cache_clear()
    assert "13812345678" in everything(page(panel="texts"))


@pytest.mark.usefixtures("eventful_here")
def test_the_public_sees_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_VISITOR_CLASS", "公开")
    settings.cache_clear()
    app = page(panel="texts")
    assert not app.exception
    assert "Appeals are of class Internal; you may see Public." in words(app)
    assert not app.dataframe
    assert "data-figure" not in html(app)


@pytest.mark.usefixtures("eventful_here")
def test_a_county_without_texts_says_what_to_load() -> None:
    with Session(engine()) as db:
        db.execute(update(Event).values(text=""))
        db.commit()
    app = page()
    assert not app.exception
    assert "No event of the county has a text of an appeal." in words(app)


@pytest.mark.usefixtures("eventful_here")
def test_a_county_without_events_says_what_to_load() -> None:
    with Session(engine()) as db:
        db.execute(delete(Event))
        db.commit()
    assert "No events are stored." in words(page())


@pytest.mark.usefixtures("tiny_here")
def test_a_county_that_never_had_events() -> None:
    app = page()
    assert not app.exception
    assert "No events are stored." in words(app)


@pytest.mark.usefixtures("eventful_here")
def test_a_text_of_a_megabyte_is_told_not_shown() -> None:
    with Session(engine()) as db:
        eventful.add_event(db, "L1", "供水供电", grid=3, day=9.6, text="水" * 1_000_000)
        db.commit()
    app = page(panel="texts")
    assert "1 text has more than 20,000 characters; it was not read." in words(app)
    assert "水水水" not in everything(app)


@pytest.mark.usefixtures("eventful_here")
def test_names_from_files_are_no_markup() -> None:
    with Session(engine()) as db:
        eventful.add_event(db, "M1", "<b>停水</b>", grid=3, day=9.6, text="<script>停水</script>")
        for k in range(12):
            eventful.add_event(db, f"M{k + 2}", "<b>停水</b>", grid=3, day=9, text=f"停水{k}")
        db.commit()
    app = page(panel="topics")
    assert not app.exception
    said = " ".join(str(part.value) for part in app.markdown)
    assert r"\<b\>停水" in said
    assert "<b>停水" not in said.replace(r"\<b\>", "")


def test_the_eventful_county_is_as_counted() -> None:
    assert eventful.N_EVENTS == 14
    assert dt.datetime(2025, 6, 1, 8) == eventful.FIRST


@pytest.mark.usefixtures("eventful_here")
def test_source_class_and_single_ones() -> None:
    with Session(engine()) as db:
        eventful.add_event(
            db, "U1", "供水供电", grid=3, day=9, text="燃气泄漏，请尽快处理", closed=False
        )
        db.commit()
    app = page(panel="urgent")
    assert "to 10 Jun 2025; class Internal." in words(app)
    assert "1 is urgent by its words." in words(app)
    assert "1 appeal is urgent by its words" in words(app)
    table = app.dataframe[-1].value
    assert table["Still open"].tolist() == ["not yet closed"]
    assert "asked to be quick: 尽快" in table["Signs"].iloc[0]
    assert '1 <span class="ct-unit">appeal</span>' in html(app)


def test_the_weeks_total_is_drawn_and_long_names_fit() -> None:
    days = np.arange("2025-01-06", "2025-01-27", 7, dtype="datetime64[D]")
    counts = np.array([[1, 2, 3], [4, 5, 6]])
    found = Weeks(days, np.arange(2), counts, np.array([1, 1, 1]), np.array([6, 8, 10]))
    figure = appeals_charts.weeks(found, ["盗窃", "Social and medical insurance"])
    assert [line["y"] for line in figure["data"]][-1] == [6, 8, 10]
    assert figure["layout"]["yaxis"]["range"][1] > 10
    assert figure["layout"]["margin"]["r"] >= 20 + 28 * 7
