"""The panel Save of the page Placement: the proof that goes with a plan, names, refusals."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.answers import scenario_store, siting_runs
from cockpit.answers.scenario_store import Scenario
from cockpit.store.session import engine
from tests import tiny

PAGE = Path(__file__).parents[2] / "pages" / "placement.py"
FAR, NEXT = tiny.grid_code(0), tiny.grid_code(1)


@pytest.fixture
def page(bridged_here: Path) -> AppTest:
    siting_runs.forget()
    found = AppTest.from_file(PAGE, default_timeout=60)
    found.query_params["service"] = "hospital"
    found.query_params["minutes"] = "5"
    return found


def save(page: AppTest, name: str) -> None:
    page.segmented_control(key="widget.placement.panel").set_value("save").run()
    page.text_input(key="widget.placement.save.name").set_value(name)
    page.button(key="placement.save.take").click().run()
    assert not page.exception


def stored(*names: str) -> list[Scenario]:
    """Return all versions of some names: the store is that of all tests here."""
    with Session(engine()) as db:
        return [s for name in names for s in scenario_store.versions(db, name, visitor="敏感")]


def solved(page: AppTest) -> str:
    """Let the plan be found and put it on the map; return the key of the search."""
    page.query_params["panel"] = "solve"
    page.query_params["model"] = "mclp"
    page.run()
    page.number_input(key="widget.placement.solve.mclp.new").set_value(1).run()
    page.button(key="placement.solve.find").click().run()
    runs = page.session_state["keep.placement.solve.runs"]
    key = str(list(runs.values())[-1][0])
    siting_runs.wait(key, 60)
    page.run()
    page.button(key="placement.solve.take").click().run()
    assert not page.exception
    return key


def test_a_plan_that_was_found_keeps_its_proof(page: AppTest) -> None:
    key = solved(page)
    save(page, "求得的方案")
    (kept,) = stored("求得的方案")
    assert kept.certificate == siting_runs.certificate(key)
    assert kept.model == "mclp"
    assert kept.parameters == {"p": 2, "reach": 5.0}
    told = json.loads(kept.certificate)
    assert told["source"]["open"] == sorted(told["source"]["open"], reverse=True)
    assert {s for s in told["source"]["open"] if s.startswith("c:")} == {
        f"c:{code}" for code in kept.layout.added
    }


def test_a_plan_by_hand_is_saved_beside_the_best(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    save(page, "第一个")  # begins the search for the best at the latest
    (key,) = siting_runs._runs
    assert siting_runs.wait(key, 60) is not None
    save(page, "第二个")
    (kept,) = stored("第二个")
    assert (kept.name, kept.layout.added) == ("第二个", (FAR,))
    assert kept.certificate == siting_runs.certificate(key)
    assert (kept.model, kept.parameters["p"]) == ("mclp", 2)


def test_a_plan_that_breaks_rules_has_no_proof(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.query_params["not"] = f"c:{FAR}"
    page.run()
    save(page, "违反约束")
    for key in list(siting_runs._runs):
        siting_runs.wait(key, 60)
    save(page, "还是违反")
    assert [(s.model, s.certificate) for s in stored("违反约束", "还是违反")] == [("", "")] * 2


def test_saving_empties_the_form_and_leads_on(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    save(page, "东山新院")
    assert page.success[0].value == "已保存：东山新院。"
    assert page.button(key="placement.save.compare").label == "到“情景比较”页对比"
    assert page.text_input(key="widget.placement.save.name").value == ""
    assert stored("东山新院")[0].author == "办公室"


def test_a_name_too_long_is_refused_and_nothing_else_is_saved(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    save(page, "西山新院")
    for name in ("院" * 200, " "):
        save(page, name)
        assert page.error[0].value == "请为情景命名，1 至 80 个字，不换行。"
        assert not page.success
    assert [(s.name, s.version) for s in stored("西山新院")] == [("西山新院", 1)]


def test_a_taken_name_is_said_before_saving(page: AppTest) -> None:
    page.query_params["plan"] = f"a{FAR}"
    page.run()
    save(page, "南山新院")
    page.text_input(key="widget.placement.save.name").set_value("南山新院 ").run()
    assert "已有名为“南山新院”的情景，本次将存为第 2 版。" in [c.value for c in page.caption]
    page.button(key="placement.save.take").click().run()
    assert page.success[0].value == "已保存：南山新院 (2)。"
    assert [(s.name, s.version) for s in stored("南山新院")] == [("南山新院", 2), ("南山新院", 1)]
