"""Scenario files: there and back to another machine, and every byte of them guarded."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from cockpit.answers import scenario_files as files
from cockpit.answers import scenarios as answers
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import Reach
from cockpit.answers.siting import Layout, Rules, ground_of, pose
from cockpit.answers.siting_figures import Figures, figures
from cockpit.locale import translate
from cockpit.placement.solve import solve
from cockpit.store import models as m
from cockpit.store.session import open_engine
from geodata.errors import InputError
from tests import roaded, tiny

NEW = tiny.grid_code(7)
RULES = Rules(must=("f:A",), spacing_m=500.0, new_cost=3.0)


class Machine:
    """A county in a store of its own."""

    def __init__(self, folder: Path, **how: Any) -> None:
        store = roaded.store(folder, **how)
        self.engine = open_engine(f"sqlite:///{store / 'county.sqlite'}")
        self.db = Session(self.engine)

    @property
    def reach(self) -> Reach:
        return roaded.reach_of(self.engine)

    def plan(self, group: str = "people", visitor: str = "备用") -> Figures:
        reach = self.reach
        q = question(reach, "clinic", mode="car", minutes=6, group=group, visitor=visitor)
        return figures(ground_of(reach, q), Layout(closed=("B",), added=(NEW,)))

    def save(self, **how: Any) -> answers.Scenario:
        found = self.plan(how.pop("group", "people"), how.get("at_least") or "敏感")
        return answers.save(self.db, found, RULES, name="东部增设", author="张三", **how)

    def take(self, text: str | bytes, visitor: str = "敏感") -> files.Imported:
        return files.import_(
            self.db, self.reach, text, author="李四", visitor=visitor, small_count=10
        )


@pytest.fixture
def machine(tmp_path: Path) -> Iterator[Callable[..., Machine]]:
    made: list[Machine] = []

    def make(**how: Any) -> Machine:
        made.append(Machine(tmp_path / str(len(made)), **how))
        return made[-1]

    yield make
    for one in made:
        one.db.close()
        one.engine.dispose()


Make = Callable[..., Machine]


def sealed(text: str, change: Callable[[dict[str, Any]], Any]) -> str:
    """Return a file with a change and the right sha256: somebody knows how it is made."""
    content = json.loads(text)
    del content["sha256"]
    change(content)
    return files._written({**content, "sha256": answers.digest_of(content)})


def test_there_and_back_to_an_empty_copy_gives_the_same_figures(machine: Make) -> None:
    here, there = machine(), machine()
    made = here.save(note="备注", parameters={"p": 3})
    text = files.exported(made)
    found = there.take(text)
    assert (found.same_data, found.same_figures, found.differs) == (True, True, ())
    assert str(found.note.template).startswith("The data are the same, and every figure")
    again = found.scenario
    assert again.figures == made.figures
    assert (again.layout, again.rules, again.question) == (made.layout, RULES, made.question)
    assert (again.name, again.version, again.author) == ("东部增设", 1, "李四")
    day = made.saved_at.date().isoformat()
    assert again.note == f"备注\n来自情景文件：张三于 {day} 保存，数据版本 tiny1。"
    assert again.parameters == {"p": 3}
    assert again.digest == made.digest
    # Another time it is the next version; nothing is written over.
    assert there.take(text).scenario.version == 2


def test_the_same_scenario_is_the_same_bytes_everywhere(machine: Make) -> None:
    here = machine()
    made = here.save()
    text = files.exported(made)
    assert files.exported(answers.scenario(here.db, made.id, visitor="敏感")) == text
    content = json.loads(text)
    assert list(content) == sorted(content)
    assert text.endswith("}\n")
    assert "东部增设" in text
    assert content["format"] == "placement-scenario-1"
    assert (content["county"], content["data_version"]) == ("529901", "tiny1")
    assert (content["problem"], content["seed"], content["solver_versions"]) == ("", None, {})


def test_a_proof_travels_along(machine: Make) -> None:
    here, there = machine(), machine()
    found = here.plan()
    posed = pose(found.ground, Rules())
    proven = solve(posed.problem, "p-median", {"p": 3})
    made = answers.save(
        here.db, found, Rules(), name="最优", author="张三", model="p-median",
        parameters={"p": 3}, certificate=proven.to_json(),
    )  # fmt: skip
    content = json.loads(files.exported(made))
    assert content["problem"] == posed.problem.digest
    assert content["seed"] == proven.seed
    assert "highspy" in content["solver_versions"]
    found_there = there.take(files.exported(made)).scenario
    assert found_there.certificate == proven.to_json()
    # What the file says is enough to solve it again there, to the same certificate.
    again = pose(there.plan().ground, Rules()).problem
    assert again.digest == content["problem"]
    solved = solve(again, content["model"], content["parameters"], seed=content["seed"])
    assert solved.to_json() == proven.to_json()
    other = sealed(files.exported(made), lambda c: c.update(problem="0" * 64))
    with pytest.raises(InputError, match="no scenario file: problem is missing or wrong"):
        there.take(other)


def test_every_changed_byte_is_refused(machine: Make) -> None:
    here = machine()
    data = files.exported(here.save()).encode()
    assert files.read_file(data)["name"] == "东部增设"
    refused = 0
    for at in range(0, len(data), max(1, len(data) // 400)):
        before, after = data[:at], data[at + 1 :]
        flipped, blank = bytes([data[at] ^ 1]), b" " + data[at : at + 1]
        for changed in (before + flipped + after, before + after, before + blank + after):
            with pytest.raises(InputError, match=r"^Th(is is no scenario|e scenario) file"):
                files.read_file(changed)
            refused += 1
    assert refused > 900


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "This is no scenario file: it is not readable as JSON."),
        (b"\xff\xfe{}", "This is no scenario file: it is not readable as JSON."),
        ("\udcff", "This is no scenario file: it is not readable as JSON."),
        ("[" * 2_000_000, "This is no scenario file: it is not readable as JSON."),
        ('{"a":' * 500_000, "This is no scenario file: it is not readable as JSON."),
        ("9" * 100_000, "This is no scenario file: it is not readable as JSON."),
        ('{"a": NaN}', "This is no scenario file: it is not readable as JSON."),
        ("[]", "This is no scenario file: its format is not placement-scenario-1."),
        ('{"format": "geojson"}', "This is no scenario file: its format is not placement-sc"),
        ('{"format": "placement-scenario-1"}', "The scenario file was changed after it was"),
        (" " * (10 * 1024 * 1024 + 1), "The file has 10.0 MB; a scenario has at most 10."),
    ],
)
def test_what_is_no_scenario_is_refused(text: str | bytes, words: str) -> None:
    with pytest.raises(InputError) as caught:
        files.read_file(text)
    assert words in str(caught.value)


def put(*path: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def change(content: dict[str, Any]) -> None:
        for name in path[:-1]:
            content = content[name]
        content[path[-1]] = value

    return change


@pytest.mark.parametrize(
    ("change", "words"),
    [
        (put("county", value="529902"), "The file is about county 529902; the data here are of 5"),
        (put("layout", "added", value=["X1", NEW]), "1 sites of the file are not in the data here"),
        (put("layout", "closed", value=["Z"]), "1 sites of the file are not in the data here: Z."),
        (put("layout", value=[]), "This is no scenario file: layout is missing or wrong."),
        (put("layout", "moved", value=[["A"]]), "This is no plan: closed, added and moved are"),
        (put("question", "unit", value="9"), "is about region 9, which the data no longer have."),
        (put("question", "minutes", value="6"), "no scenario file: minutes is missing or wrong."),
        (put("question", "minutes", value=True), "no scenario file: minutes is missing or wrong."),
        (put("question", "minutes", value=0), "The limit is 0 minutes; expected above 0 and at"),
        (put("question", "service", value="casino"), "There is no service casino; expected one"),
        (put("question", "group", value="ghosts"), "There are no figures for ghosts."),
        (put("question", value={}), "This is no scenario file: service is missing or wrong."),
        (put("rules", "zones", value=["1; --"]), "no scenario file: zones is missing or wrong."),
        (put("rules", "zones", value=[-1]), "no scenario file: zones is missing or wrong."),
        (put("rules", "must", value=[1]), "This is no scenario file: must is missing or wrong."),
        (put("rules", "must", value="abc"), "must of the rules is abc; expected a list."),
        (put("rules", "zones", value="12"), "zones of the rules is 12; expected a list."),
        (
            put("rules", "must", value=["f:gone", "f:A"]),
            "1 sites in the rules of the file are not in the data here: gone.",
        ),
        (
            put("rules", "forbidden", value=["c:X1", "Z"]),
            "2 sites in the rules of the file are not in the data here: Z、X1.",
        ),
        (
            put("rules", "forbidden", value=["f:A"]),
            "设施A must be open and must not; choose one of",
        ),
        (put("rules", "zones", value=[987654]), "There is no stored area 987654."),
        (put("data_class", value="秘密"), "The file is of class 秘密; you may see up to 敏感."),
        (
            put("figures", value={"now": {}, "then": {}}),
            "This is no scenario file: now.people is missing or wrong.",
        ),
        (
            put("figures", "then", "mean", value="6"),
            "This is no scenario file: then.mean is missing or wrong.",
        ),
        (put("rules", "must", value=[[1]]), "These are no rules of a placement."),
        (put("rules", "best", value=1), "The rules know no best."),
        (put("model", value="m" * 33), "This is no scenario file: model is missing or wrong."),
        (put("certificate", value="{}"), "This is no certificate of a plan: its format is not"),
        (put("data_class", value="公"), "no scenario file: data_class is missing or wrong."),
        (put("name", value=""), "Give the scenario a name of 1 to 80 characters on one line."),
        (put("figures", "now", value=3), "This is no scenario file: now is missing or wrong."),
        (put("figures", value=None), "This is no scenario file: figures is missing or wrong."),
    ],
)
def test_a_file_that_makes_no_sense_is_refused_whatever_its_sha256(
    machine: Make, change: Callable[[dict[str, Any]], None], words: str
) -> None:
    here = machine()
    text = files.exported(here.save())
    with pytest.raises(InputError) as caught:
        here.take(sealed(text, change))
    assert words in str(caught.value)
    assert len(answers.versions(here.db, "东部增设", visitor="秘密")) == 1


def test_other_data_are_said_and_computed_anew(machine: Make) -> None:
    here, there = machine(), machine()
    text = files.exported(here.save())
    there.db.execute(update(m.Population).where(
        m.Population.region_code == NEW, m.Population.date == tiny.DATE,
        m.Population.age_band == "30-34", m.Population.sex == "m",
    ).values(persons=m.Population.persons + 100))  # fmt: skip
    there.db.execute(update(m.Meta).where(m.Meta.key == "data_version").values(value="9-other"))
    there.db.commit()
    found = there.take(text)
    assert (found.same_data, found.same_figures) == (False, False)
    told = {d.name: d.now - d.saved for d in found.differs}
    assert told["People of the group"] == 100
    assert told["Covered people"] == 100
    assert found.note.values == {"theirs": "tiny1", "ours": "9-other", "n": len(found.differs)}
    assert found.scenario.data_version == "9-other"
    assert answers.reopened(there.reach, found.scenario, visitor="备用", small_count=10).same


def test_the_same_files_loaded_once_more_are_the_same_data() -> None:
    assert files.data_content("7-ab12") == files.data_content("12-ab12")
    assert files.data_content("7-ab12") != files.data_content("7-ab13")


def test_figures_that_do_not_come_out_on_the_same_data_are_said(machine: Make) -> None:
    here = machine()
    text = files.exported(here.save())
    found = here.take(sealed(text, put("figures", "then", "covered", value=1)))
    assert (found.same_data, found.same_figures) == (True, False)
    assert found.differs[0][:2] == ("Covered people", 1)
    assert found.note.template.startswith("The data are the same, but {n} figures did not")
    told = {part: json.loads(text)["figures"][part] for part in ("now", "then")}
    odd = here.take(sealed(text, put("figures", value={**told, "townships": "x", "by_site": [1]})))
    assert not odd.same_figures
    assert odd.scenario.figures["then"]["covered"] > 1


def test_a_file_keeps_its_class_where_the_data_have_a_lower_one(machine: Make) -> None:
    here = machine()
    text = files.exported(here.save())
    secret = sealed(text, put("data_class", value="秘密"))
    assert here.take(secret, visitor="秘密").scenario.data_class == "秘密"


def test_a_file_above_the_visitor_is_not_imported(machine: Make) -> None:
    # It would be stored where who imported it could never open it.
    here = machine()
    with pytest.raises(InputError) as caught:
        here.take(files.exported(here.save(at_least="敏感")), visitor="备用")
    words = translate(caught.value.template, "en", **caught.value.values)
    assert words == "The file is of class Sensitive; you may see up to Internal."
    words = translate(caught.value.template, "zh", **caught.value.values)
    assert words == "文件属“敏感”级，您最高只能查看“备用”级。"
    assert len(answers.scenarios(here.db, visitor="秘密")) == 1


def test_a_group_above_the_visitor_is_not_imported(machine: Make) -> None:
    here = machine()
    text = sealed(files.exported(here.save(group="low_income")), put("data_class", value="备用"))
    with pytest.raises(InputError, match="The figures for low_income are not open to you"):
        here.take(text, visitor="备用")


def test_a_facility_that_is_not_here_is_named(machine: Make) -> None:
    here, there = machine(), machine()
    text = files.exported(here.save())
    there.db.execute(delete(m.Facility).where(m.Facility.id == "B"))
    there.db.commit()
    with pytest.raises(InputError, match="1 sites of the file are not in the data here: B"):
        there.take(text)
    assert answers.scenarios(there.db, visitor="秘密") == ()


def test_a_long_note_makes_room_for_where_it_came_from(machine: Make) -> None:
    here = machine()
    found = here.take(files.exported(here.save(note="长" * 2000)))
    assert len(found.scenario.note) == 2000
    assert found.scenario.note.endswith("数据版本 tiny1。")
