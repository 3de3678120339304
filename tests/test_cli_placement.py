"""The commands solve and verify: what they print and write, and their plain refusals."""

from __future__ import annotations

import io
import json
import os
import signal
import threading
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from cockpit.__main__ import main
from cockpit.answers import siting_fit, siting_models, siting_runs
from cockpit.answers.coverage_question import question
from cockpit.answers.reach import current_reach
from cockpit.answers.siting import Rules, ground_of
from cockpit.commands.solve_options import OPTIONS
from cockpit.commands.solve_parser import KEYS
from cockpit.commands.solve_print import PROOF_TITLES, UNIT_TITLES
from cockpit.commands.solve_watch import figure, percent, watched
from cockpit.commands.verify import read
from cockpit.locale import catalogue
from cockpit.placement.models import MODELS
from cockpit.placement.plan import Plan, Step, as_text, seal
from cockpit.settings import settings
from geodata.errors import CockpitError
from tests import roaded
from tests.conftest import _forget_store

SHARED = Path(__file__).parents[2] / "shared" / "data"

# Four points, four sites, minutes; v1 reaches no D. A stands today.
MATRIX = """id,people,乡镇,A,B,C,D
v1,10,东,1,9,7,
v2,20,东,4,2,8,6
v3,30,西,9,3,2,7
v4,40,西,8,8,5,1
"""
SITES = """id,cost,capacity,existing,lon,lat
A,5,60,yes,106.80,27.20
B,6,70,no,106.81,27.20
C,7,,no,106.82,27.20
D,8,100,0,106.90,27.20
"""
YEARS = "id,2026,2027\nv1,10,20\nv2,20,10\nv3,30,30\nv4,40,50\n"


@dataclass(frozen=True)
class _Done:
    returncode: int
    stdout: str
    stderr: str


def run(*arguments: str) -> _Done:
    out, err = io.StringIO(), io.StringIO()
    with redirect_stdout(out), redirect_stderr(err):
        try:
            code = main(list(arguments))
        except SystemExit as stop:  # argparse leaves this way
            code = int(str(stop.code))
    return _Done(code, out.getvalue(), err.getvalue())


@pytest.fixture
def files(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name, text in (("m.csv", MATRIX), ("s.csv", SITES), ("y.csv", YEARS)):
        (tmp_path / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def solve(*arguments: str) -> _Done:
    return run("solve", "m.csv", "--sites", "s.csv", *arguments)


def found(*arguments: str) -> dict[str, object]:
    done = solve(*arguments, "--json")
    assert (done.returncode, done.stderr) == (0, "")
    plan: dict[str, object] = json.loads(done.stdout)
    return plan


def ids(plan: dict[str, object]) -> str:
    sites = plan["sites"]
    assert isinstance(sites, list)
    return "".join(site["id"] for site in sites)


# ------------------------------------------------------------ models

# By hand, A open and costs 5 (B 6, C 7, D 8):
# minutes  A: 10+80+270+320 = 680   AB: 10+40+90+320 = 460   AC: 10+80+60+200 = 350
#          AD: 10+80+210+40 = 340   ABD: 10+40+90+40 = 180   BD (A closed): 90+40+90+40 = 260
ASKED = [
    (("p-median", "-p", "2"), 340, "AD", "person-minutes"),
    # at most 5 each: AD: 10 + 80 + 150 + 40
    (("p-median", "--new", "1", "--unreached", "5"), 280, "AD", "person-minutes"),
    (("p-center", "-p", "2"), 5, "AC", "minutes"),
    (("lscp", "--reach", "5"), 2, "AC", "sites"),
    (("lscp-b", "--reach", "6"), 2, None, "sites"),
    (("mclp", "-p", "2", "--reach", "3"), 60, "AB", "people"),
    # 0.7 of once + 0.3 of twice; AD: v1 A, v2 A and D, v4 D: 0.7 * 70 + 0.3 * 20 = 55; AC: 70
    (("bclp", "-p", "2", "--reach", "6", "--backup", "0.3"), 70, "AC", "people"),
    (("capacitated-p-median", "-p", "3", "--split"), 180, "ABD", "person-minutes"),
    (("capacitated-covering", "-p", "2", "--reach", "5"), 100, "AC", "people"),
    (("capacitated-set-covering", "--reach", "9"), 2, None, "sites"),
    # ABD: 19 + 0.2 * 180; AD: 13 + 68; ABCD: 26 + 0.2 * 150
    (("fixed-cost", "--rate", "0.2"), 55, "ABD", "money"),
    (
        ("budget-p-median", "--budget", "15", "--existing", "free"),
        260, "BD", "person-minutes",
    ),
    (("budget-covering", "--budget", "15", "--reach", "3"), 60, "AB", "people"),
    (
        ("sizes", "--size", "small:40:1", "--size", "large:80:2", "--budget", "30", "--reach", "5"),
        100, None, "people",
    ),
    # A moves to C: 70 + 160 + 60 + 200 = 490, and 5 for moving
    (("moving", "--moving-cost", "5", "--closing-cost", "20"), 495, "C", "person-minutes"),
    # the west counts twice; AD: 90 + 2 * 250, AC: 90 + 2 * 260
    (("equity", "-p", "2", "--group-weight", "西=2"), 590, "AD", "person-minutes"),
    (("least-gini", "-p", "2"), None, None, "gini"),
    (("lexicographic", "-p", "2", "--order", "worst,mean"), 350, "AC", "person-minutes"),
    # AB covers 10 + 20 + 30 of the first year, ABD 20 + 10 + 30 + 50 of the second: 2 * 60 + 110
    (
        ("phasing", "--numbers", "2,3", "--reach", "3", "--years", "y.csv",
         "--year-weights", "2,1", "--budgets", "20,30"),
        230, "ABD", "people",
    ),
    (
        ("goal-seek", "--target", "covered:80%:5", "--target", "mean:4::西"),
        12, "AC", "money",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "objective", "sites", "unit"), ASKED)
def test_every_model_solves_and_its_certificate_holds(
    files: Path, asked: tuple[str, ...], objective: float | None, sites: str | None, unit: str
) -> None:
    plan = found("--model", *asked)
    assert list(plan) == list(KEYS)
    assert plan["proven"] is True
    assert plan["unit"] == unit
    if objective is not None:
        assert plan["objective"] == pytest.approx(objective)
    if sites is not None:
        assert ids(plan) == sites
    done = run("verify", "plan.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("plan.json: the plan holds.\n")
    checked = json.loads(run("verify", "plan.json", "--json").stdout)
    assert checked["holds"] is True
    assert checked["objective"] == pytest.approx(plan["objective"])
    if plan["proof"] == "multipliers":  # else it depends on how far they, or the data alone, go
        assert checked["rests_on_solver"] is False


def test_p_dispersion_wants_costs_from_site_to_site(files: Path) -> None:
    (files / "d.csv").write_text("id,A,B,C\nA,0,3,9\nB,3,0,5\nC,9,5,0\n", encoding="utf-8")
    done = run("solve", "d.csv", "--model", "p-dispersion", "-p", "2", "--json")
    plan = json.loads(done.stdout)
    assert (plan["objective"], ids(plan), plan["unit"]) == (9, "AC", "minutes")
    assert run("verify", "plan.json").returncode == 0


def test_every_model_and_every_parameter_can_be_asked_for() -> None:
    assert {asked[0] for asked, *_ in ASKED} | {"p-dispersion"} == set(MODELS)
    asked = {name for model in MODELS.values() for name in (*model.needs, *model.takes)}
    assert asked == {*OPTIONS, "load"}  # load is a column of a file
    told = run("solve", "--help").stdout
    for word in (*MODELS, *KEYS, *(flag for flag, _ in OPTIONS.values())):
        assert word in told, word


# ------------------------------------------------------------ what is told


def test_json_names_sites_and_what_a_model_adds(files: Path) -> None:
    plan = found("--model", "phasing", "--numbers", "2,3", "--reach", "3", "--seed", "4")
    assert plan["details"] == {"years": [["A", "B"], ["A", "B", "D"]], "worth": [60.0, 100.0]}
    assert plan["sites"] == [
        {"id": "A", "name": "A", "status": "kept", "lon": 106.8, "lat": 27.2},
        {"id": "B", "name": "B", "status": "new", "lon": 106.81, "lat": 27.2},
        {"id": "D", "name": "D", "status": "new", "lon": 106.9, "lat": 27.2},
    ]
    assert (plan["seed"], plan["stopped"], plan["certificate"]) == (4, False, "plan.json")
    packed = found("--model", "capacitated-p-median", "-p", "3")
    assert packed["details"] == {"assignment": {"v1": "A", "v2": "B", "v3": "B", "v4": "D"}}
    free = found("--model", "p-median", "-p", "2", "--existing", "free")
    assert (ids(free), free["closed"]) == ("BD", [{"id": "A", "name": "A"}])


def test_without_json_it_reads_like_a_report(files: Path) -> None:
    done = solve("--model", "p-median", "-p", "2")
    lines = done.stdout.splitlines()
    assert lines[:4] == [
        "Model: p-median: fewest minutes (p-median)",
        "Objective: 340 person-minutes",
        "Bound: 340 person-minutes",
        "Gap: 0.00 % (proven; the bound can be recomputed without the solver)",
    ]
    assert lines[5:] == [
        "New sites (1): D",
        "Kept sites: 1",
        "plan.json: certificate written; python -m cockpit verify checks it.",
    ]
    chinese = run("--lang", "zh", "solve", "m.csv", "--model", "mclp", "-p", "2", "--reach", "3")
    for words in ("目标值: 90 人", "已证明最优", "站点（2）: B、D", "证书已写入"):
        assert words in chinese.stdout, words
    told = run("--lang", "zh", "verify", "plan.json")
    assert told.stdout.startswith("plan.json：方案成立。")
    assert "界：90，不用求解器已重新算出。" in told.stdout


# What is asked -> how verify writes it: in the order of the model, defaults of the rules left out.
QUESTIONS = [
    ("p-median -p 2 --unreached 60", "p-median: fewest minutes", None),
    (
        "bclp -p 3 --reach 6 --backup 0.3 --existing free --must B --forbid D --spacing 500",
        "Cover most people, with backup",
        "--existing free --must B --forbid D --spacing 500 --model bclp -p 3 --reach 6 "
        "--backup 0.3",
    ),
    (
        "goal-seek --target covered:0.5:6:西 --target worst:9",
        "Cheapest plan that meets all targets",
        "--model goal-seek --target covered:0.5:6:西 --target worst:9",
    ),
    (
        "sizes --budget 60 --size S:60:20 --size L:90:30 --reach 9 --split --goal covering",
        "Sites and their sizes for a budget",
        "--model sizes --size S:60:20 --size L:90:30 --budget 60 --goal covering --reach 9 --split",
    ),
    ("phasing --numbers 2,3 --reach 5", "Which sites first: several years",
     "--model phasing --numbers 2,3 --goal covering --reach 5 --year-weights 1,1"),
]  # fmt: skip


@pytest.mark.parametrize(("asked", "title", "said"), QUESTIONS)
def test_verify_says_what_was_asked_so_that_anybody_can_ask_again(
    files: Path, asked: str, title: str, said: str | None
) -> None:
    assert solve("--model", *asked.split()).returncode == 0
    lines = run("verify", "plan.json").stdout.splitlines()
    question = f"m.csv --sites s.csv {said or f'--model {asked}'}"
    assert lines[1:3] == [f"Model: {title}.", f"Question: {question}"]
    same = (files / "plan.json").read_bytes()
    assert run("solve", *question.split()).returncode == 0
    assert (files / "plan.json").read_bytes() == same


def test_units_and_proofs_have_chinese_words() -> None:
    chinese = catalogue("zh")
    assert {*UNIT_TITLES.values(), *PROOF_TITLES.values()} <= set(chinese)


def test_no_certificate_is_written_for_a_dash(files: Path) -> None:
    plan = found("--model", "p-median", "-p", "2", "-o", "-")
    assert plan["certificate"] is None
    assert not (files / "plan.json").exists()


def test_the_same_question_gives_the_same_bytes(files: Path) -> None:
    for asked in (("p-median", "-p", "2"), ("sizes", "--size", "s:99:1", "--budget", "9")):
        written = set()
        for _ in range(2):
            found("--model", *asked, *(("--reach", "5") if asked[0] == "sizes" else ()))
            written.add((files / "plan.json").read_bytes())
        assert len(written) == 1


# ------------------------------------------------------------ files


def test_a_long_matrix_in_seconds_is_asked_in_minutes(files: Path) -> None:
    wide = pd.read_csv(files / "m.csv").drop(columns=["people", "乡镇"])
    long = wide.melt(id_vars="id", var_name="destination", value_name="minutes")
    long = long.rename(columns={"id": "origin"})
    long["seconds"] = (long.pop("minutes") * 60).astype("Int64")
    long.to_parquet(files / "long.parquet")
    (files / "w.csv").write_text("id,weight\nv1,10\nv2,20\nv3,30\nv4,40\n", encoding="utf-8")
    asked = ("--model", "mclp", "-p", "2", "--reach", "3", "--must", "A", "--json")
    done = run("solve", "long.parquet", "--weights", "w.csv", *asked)
    plan = json.loads(done.stdout)
    assert (plan["objective"], ids(plan), plan["notes"]) == (60, "AB", [])
    assert run("verify", "plan.json").returncode == 0
    counted = json.loads(run("solve", "long.parquet", *asked).stdout)
    assert counted["objective"] == 3  # v1, v2 and v3, once each
    assert counted["notes"] == ["No weights are given: every demand point counts once."]


def test_weights_may_stand_beside_a_matrix_that_has_the_townships(files: Path) -> None:
    (files / "m.csv").write_text("id,township,A,B\nv1,x,1,5\nv2,y,5,1\n", encoding="utf-8")
    (files / "w.csv").write_text("id,weight\nv2,3\nv1,4\n", encoding="utf-8")
    asked = ("--model", "p-median", "-p", "1", "--json")
    plan = json.loads(run("solve", "m.csv", "--weights", "w.csv", *asked).stdout)
    assert (plan["objective"], ids(plan)) == (19, "A")  # 4 * 1 + 3 * 5
    asked = ("--model", "equity", "-p", "1", "--target", "worst:1::y", "--json")
    plan = json.loads(run("solve", "m.csv", "--weights", "w.csv", *asked).stdout)
    assert (plan["objective"], ids(plan)) == (23, "B")  # y must have B: 4 * 5 + 3 * 1


def test_metres_stay_metres(files: Path) -> None:
    done = run("solve", "m.csv", "--costs", "metres", "--model", "p-median", "-p", "4", "--json")
    assert json.loads(done.stdout)["unit"] == "person-metres"
    done = run("solve", "m.csv", "--costs", "metres", "--model", "p-center", "-p", "4", "--json")
    assert json.loads(done.stdout)["unit"] == "metres"


def test_spacing_is_in_metres_and_leaves_what_stands_today(files: Path) -> None:
    # B lies 990 m east of A, C 1,980 m, D 9.9 km.
    assert ids(found("--model", "mclp", "-p", "2", "--reach", "3", "--spacing", "900")) == "AB"
    assert ids(found("--model", "mclp", "-p", "2", "--reach", "3", "--spacing", "1000")) == "AD"
    (files / "s.csv").write_text(SITES.replace("B,6,70,no", "B,6,70,yes"), encoding="utf-8")
    assert ids(found("--model", "mclp", "-p", "2", "--reach", "3", "--spacing", "1000")) == "AB"


def test_a_spacing_names_sites_without_a_place(files: Path) -> None:
    places = SITES.replace("106.81,27.20", ",").replace("106.82,27.20", "106.82,")
    (files / "s.csv").write_text(places, encoding="utf-8")
    done = solve("--model", "p-median", "-p", "2", "--spacing", "1500")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (
        2, "",
        "A spacing needs the places of the sites; 2 have no lon and lat: B, C. Fill them in, or "
        "forbid these sites.",
    )  # fmt: skip
    without = ("--spacing", "1500", "--forbid", "B", "--forbid", "C")
    assert ids(found("--model", "p-median", "-p", "2", *without)) == "AD"
    assert ids(found("--model", "p-median", "-p", "2")) == "AD"


def test_numbers_without_measure_are_refused_at_the_door(files: Path) -> None:
    (files / "h.csv").write_text("id,A,B,weight\na,1e308,1e308,1e308\nb,3,2,1e300\n", "utf-8")
    done = run("solve", "h.csv", "--model", "p-median", "-p", "1")
    assert (done.returncode, done.stdout, done.stderr.strip()) == (
        2, "",
        "People times costs add up to inf, more than 1e+15 (beyond, sums are not exact); give "
        "people or costs in a larger unit.",
    )  # fmt: skip
    assert run("--lang", "zh", "solve", "h.csv", "--model", "p-median", "-p", "1").stderr == (
        "人数乘以费用的总和为 inf，超过 1e+15（再大求和就不准确了）；请改用更大的人数或费用单位。\n"
    )


def test_a_forbidden_site_of_today_closes(files: Path) -> None:
    plan = found("--model", "p-median", "-p", "2", "--forbid", "A")
    assert ids(plan) == "BD"
    assert plan["closed"] == [{"id": "A", "name": "A"}]


def test_or_library_files_bring_p_and_loads(files: Path) -> None:
    # Nodes 1 - 2 - 3 of lengths 4 and 1: one site at 2 costs 5.
    (files / "tiny.txt").write_text(" 3 2 1 \n 1 2 4 \n 2 3 1 \n", encoding="ascii")
    plan = json.loads(run("solve", "tiny.txt", "--model", "p-median", "--json").stdout)
    assert (plan["objective"], ids(plan), plan["unit"]) == (5, "2", "cost")
    assert run("verify", "plan.json").returncode == 0
    # Three points on a line at 0, 3 and 7 with loads 2, 2 and 3; a site holds 4.
    (files / "packed.txt").write_text("1 3\n3 2 4\n1 0 0 2\n2 3 0 2\n3 7 0 3\n", encoding="ascii")
    done = run("solve", "packed.txt", "--model", "capacitated-p-median", "--json")
    plan = json.loads(done.stdout)
    assert plan["objective"] == 3
    assert "load" not in plan["parameters"]
    assert run("verify", "plan.json").returncode == 0
    done = run("solve", "packed.txt", "--model", "capacitated-p-median", "-p", "1")
    assert done.stderr.strip() == (
        "The 1 largest sites hold 4 but 7 are needed: 3 are missing; add capacity or sites."
    )


@pytest.mark.parametrize(("name", "optimum"), [("pmed1", 5819), ("pmed6", 7824)])
def test_or_library_s_optima(files: Path, name: str, optimum: int) -> None:
    path = SHARED / "pmedian_orlib" / f"{name}.txt"
    if not path.exists():
        pytest.skip("OR-Library's files are not there")
    plan = json.loads(run("solve", str(path), "--model", "p-median", "--json").stdout)
    assert (plan["objective"], plan["bound"], plan["proven"]) == (optimum, optimum, True)
    done = run("verify", "plan.json")
    assert (done.returncode, done.stderr.strip()) == (
        1, f"{name}.txt is not beside the certificate; give its path after plan.json.",
    )  # fmt: skip
    told = json.loads(run("verify", "plan.json", str(path), "--json").stdout)
    assert (told["bound_recomputed"], told["rests_on_solver"]) == (optimum, False)


def test_a_capacitated_file_reaches_its_best_known(files: Path) -> None:
    path = SHARED / "pmedian_capacitated" / "pmedcap_01.txt"
    if not path.exists():
        pytest.skip("the capacitated p-median files are not there")
    done = run("solve", str(path), "--model", "capacitated-p-median", "--gap", "0.01", "--json")
    plan = json.loads(done.stdout)
    assert plan["objective"] <= 713 * 1.01
    assert 713 * 0.99 <= plan["bound"] <= 713
    assert run("verify", "plan.json", str(path)).returncode == 0


# ------------------------------------------------------------ refusals


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("p-median",), "The model p-median needs -p; for example -p 5 / --new 5."),
        (("lscp",), "The model lscp needs --reach; for example --reach 15."),
        (
            ("goal-seek",),
            "The model goal-seek needs --target; for example --target covered:0.9:15 "
            "--target worst:40.",
        ),
        (
            ("p-median", "-p", "2", "--reach", "5"),
            "The model p-median knows no --reach; it takes --new, --unreached, -p.",
        ),
        (("lscp", "--reach", "5", "-p", "2"), "The model lscp knows no -p; it takes --reach."),
        (
            ("p-median", "-p", "2", "--years", "y.csv"),
            "The model p-median knows no --years; it takes --new, --unreached, -p.",
        ),
        (
            ("p-median", "-p", "7"),
            "p is 7 but only 4 candidate sites may be open; ask for at most 4.",
        ),
        (("p-median", "-p", "0"), "p is 0; expected a whole number, 1 or more."),
        (
            ("lscp", "--reach", "1"),
            "Demand point v2 has no allowed site within 1 (2 points are like this); the limit "
            "must be at least 2.",
        ),
        (("p-median", "-p", "2", "--must", "Z"), "There is no site Z."),
        (
            ("p-median", "-p", "2", "--must", "B", "--forbid", "B"),
            "Site B must be open and must not (1 sites are like this); choose one of both.",
        ),
        (
            ("p-median", "-p", "2", "--spacing", "1500", "--must", "B"),
            "Sites A and B must both be open but are too near to each other; release one of them "
            "or ask for less spacing.",
        ),
        (
            ("goal-seek", "--target", "covered:0.9:5", "--target", "sites:1"),
            "Targets 1, 2 cannot hold together; without any one of them the others can.",
        ),
        (
            ("goal-seek", "--target", "worst"),
            "--target is worst; write it like --target covered:0.9:15 --target worst:40.",
        ),
        (
            ("goal-seek", "--target", "covered:0.9:5:北"),
            "There is no township 北; expected one of 东, 西.",
        ),
        (
            ("phasing", "--numbers", "2,x", "--reach", "3"),
            "--numbers is 2,x; write it like --numbers 2,4,6.",
        ),
        (
            ("sizes", "--size", "small", "--budget", "9", "--reach", "3"),
            "--size is small; write it like --size small:2000:30.",
        ),
        (
            ("budget-p-median", "--budget", "3"),
            "The budget of 3 is below the cheapest site; it must be at least 5.",
        ),
        (
            ("capacitated-p-median", "-p", "1"),
            "With the sites that must be open 1 sites hold at most 60 but 100 are needed: 40 are "
            "missing; add capacity or sites.",
        ),
        (("p-median", "-p", "2", "--seconds", "0"), "The time limit is 0.0 s; expected above 0."),
        (("p-median", "-p", "2", "--gap", "3"), "The gap is 3.0; expected 0 or more, below 1."),
        (("p-median", "-p", "2", "--seed", "-1"), "The seed is -1; expected 0 to 2147483647."),
        (
            ("p-median", "-p", "2", "--spacing", "nan"),
            "The spacing is nan m; expected 0 or more.",
        ),
        (
            ("p-median", "-p", "2", "--mode", "car"),
            "--mode is about the stored county; leave it out with a FILE.",
        ),
        (
            ("p-median", "-p", "2", "--service", "clinic"),
            "Give a FILE of costs, or --service for the stored county: one of both.",
        ),
        (
            ("p-median", "-p", "2", "--new", "1"),
            "Give -p (sites in all) or --new (beside those that stay), not both.",
        ),
        (
            ("p-median", "--new", "1", "--existing", "free"),
            "With --existing free nothing stays for certain; give -p, not --new.",
        ),
        (
            ("p-median", "-p", "2", "--weights", "y.csv"),
            "m.csv has a column of weights already; leave --weights out.",
        ),
    ],
)  # fmt: skip
def test_refusals_of_solve(files: Path, arguments: tuple[str, ...], words: str) -> None:
    done = solve("--model", *arguments)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (2, "", words)
    assert not (files / "plan.json").exists()
    chinese = run("--lang", "zh", "solve", "m.csv", "--sites", "s.csv", "--model", *arguments)
    assert chinese.returncode == 2
    assert chinese.stderr.strip() != words


def test_an_unknown_model_is_told_which_there_are(files: Path) -> None:
    done = solve("--model", "nope")
    assert done.returncode == 2
    assert done.stderr.startswith("There is no model nope; choose one of p-median, p-center,")


def test_more_refusals_of_files(files: Path) -> None:
    (files / "long.csv").write_text("origin,destination,seconds\na,b,1\n", encoding="utf-8")
    (files / "tiny.txt").write_text("3 1 1\n1 2 4\n", encoding="ascii")
    (files / "bad.csv").write_text("id,A\nv1,x\n", encoding="utf-8")
    for file, more, code, words in (
        ("long.csv", ("--costs", "metres"), 2, "long.csv is in seconds; leave --costs out."),
        ("m.csv", ("--spacing", "9"), 2,
         "A spacing needs the places of the sites; give --sites with columns lon and lat."),
        ("tiny.txt", ("--sites", "s.csv"), 2,
         "tiny.txt is a file of the OR-Library and has all it needs; leave --sites out."),
        ("none.csv", (), 1, "none.csv: no such file."),
        ("bad.csv", (), 1,
         "bad.csv, row 1: A is x; expected a number, 0 or more, or nothing."),
        ("m.csv", ("-o", "no/plan.json"), 1, "no: no such folder."),
        ("m.csv", ("-o", "./m.csv"), 2,
         "m.csv is read, so the certificate cannot be written there."),
    ):  # fmt: skip
        done = run("solve", file, "--model", "p-median", "-p", "1", *more)
        assert (done.returncode, done.stderr.strip(), done.stdout) == (code, words, "")


# ------------------------------------------------------------ verify


def test_a_changed_byte_of_the_certificate_is_refused(files: Path) -> None:
    found("--model", "p-median", "-p", "2")
    path = files / "plan.json"
    data = path.read_bytes()
    assert read(path)["sha256"] == json.loads(data)["sha256"]
    for k in range(len(data)):
        others = {data[k] ^ 1, *(b" 0" if k % 9 == 0 else b"")} - {data[k]}
        for other in others:
            path.write_bytes(data[:k] + bytes([other]) + data[k + 1 :])
            with pytest.raises(CockpitError):
                read(path)
    for changed in (data + b"\n", data[:-1], b"\xef\xbb\xbf" + data, b"", b"[1]", b"[" * 99_999):
        path.write_bytes(changed)
        assert run("verify", "plan.json").returncode == 1


def test_a_changed_byte_of_the_data_is_refused(files: Path) -> None:
    found("--model", "p-median", "-p", "2")
    for name in ("m.csv", "s.csv"):
        data = (files / name).read_bytes()
        for k in range(len(data)):
            (files / name).write_bytes(data[:k] + bytes([data[k] ^ 1]) + data[k + 1 :])
            done = run("verify", "plan.json")
            assert (done.returncode, done.stdout, done.stderr.strip()) == (
                1, "", f"{name} is not what was solved: its sha256 differs from the certificate's.",
            )  # fmt: skip
        (files / name).write_bytes(data)
    assert run("verify", "plan.json").returncode == 0


def resealed(path: Path, **changes: object) -> None:
    """Write a certificate that somebody changed and gave the sha256 that then is right."""
    content = {**json.loads(path.read_text("utf-8")), **changes}
    path.write_text(as_text({**content, "sha256": seal(content)}), encoding="utf-8")


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"open": [0, 1]}, "The objective is 460, the certificate says 340."),
        ({"open": [1, 3]}, "A site that must be open is closed."),
        ({"objective": 339.0}, "The objective is 340, the certificate says 339."),
        ({"bound": 341.0, "gap": 1 / 340}, "The bound is on the wrong side of the objective."),
        ({"gap": 0.5}, "The gap is not the distance of objective and bound."),
        ({"data": "0"}, "The certificate is about other data: the sha256 of the arrays differs."),
        ({"parameters": []}, "The certificate cannot be read: "),
        ({"bound": None}, "The certificate cannot be read: "),
        ({"open": ["A"]}, "The certificate cannot be read: "),
        ({"model": ["p-median"]}, "The certificate cannot be read: "),
        ({"source": {}}, "The certificate does not say where its data come from."),
        ({"source": {"kind": "files"}}, "The certificate cannot be read: KeyError('files')."),
    ],
)
def test_a_lie_with_the_right_sha256_is_named(
    files: Path, changes: dict[str, object], words: str
) -> None:
    found("--model", "p-median", "-p", "2")
    resealed(files / "plan.json", **changes)
    done = run("verify", "plan.json")
    assert (done.returncode, done.stdout) == (1, "")
    assert done.stderr.startswith(words)
    told = run("verify", "plan.json", "--json")
    assert (told.returncode, told.stderr) == (1, done.stderr)
    assert not told.stdout or json.loads(told.stdout)["fault"] == done.stderr.strip()


def test_a_bound_that_nothing_proves_is_refused(files: Path) -> None:
    asked = ("capacitated-covering", "-p", "2", "--reach", "5")
    plan = found("--model", *asked)
    assert plan["proof"] in ("multipliers", "both")
    done = run("verify", "plan.json")
    assert "Bound: 100, recomputed without the solver." in done.stdout
    found("--model", "bclp", "-p", "2", "--reach", "6", "--backup", "0.3")
    bound = "Bound: 70, rests on the log of HiGHS; it cannot be recomputed."
    assert bound in run("verify", "plan.json").stdout
    proof = json.loads((files / "plan.json").read_text("utf-8"))["proof"]
    nothing = (
        "Nothing proves the bound 70: the certificate has no multipliers that do, and no log of "
        "HiGHS."
    )
    other = [line.replace("Dual bound        70", "Dual bound        82") for line in proof["log"]]
    for lie, words in (
        ({"kind": "solver"}, nothing),
        ({**proof, "log": []}, nothing),
        ({**proof, "log": ["proven"]}, nothing),
        ({**proof, "log": other}, "The log of HiGHS proves 82, the certificate says 70."),
    ):
        resealed(files / "plan.json", proof=lie)
        done = run("verify", "plan.json")
        assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", words)
    told = run("--lang", "zh", "verify", "plan.json").stderr.strip()
    assert told == "HiGHS 求解日志证明的是 82，证书写的是 70。"


def test_names_of_sites_and_loads_must_be_those_of_the_data(files: Path) -> None:
    found("--model", "p-median", "-p", "2")
    source = json.loads((files / "plan.json").read_text("utf-8"))["source"]
    assert source["open"] == ["A", "D"]
    resealed(files / "plan.json", source={**source, "open": ["A", "B"]})
    done = run("verify", "plan.json", "--json")
    assert done.stderr.strip() == "The names of the open sites are not those of the data."
    assert json.loads(done.stdout)["holds"] is False
    (files / "packed.txt").write_text("1 3\n3 2 4\n1 0 0 2\n2 3 0 2\n3 7 0 3\n", encoding="ascii")
    run("solve", "packed.txt", "--model", "capacitated-p-median")
    parameters = json.loads((files / "plan.json").read_text("utf-8"))["parameters"]
    resealed(files / "plan.json", parameters={**parameters, "load": [1.0, 2.0, 3.0]})
    done = run("verify", "plan.json")
    assert done.returncode == 1
    assert done.stderr.strip() == "load in the certificate is not that of the data."


def test_data_may_lie_elsewhere_and_be_called_otherwise(files: Path, tmp_path: Path) -> None:
    found("--model", "p-median", "-p", "2")
    away = tmp_path / "away"
    away.mkdir()
    (files / "m.csv").rename(away / "matrix.csv")
    (files / "s.csv").rename(away / "s.csv")
    done = run("verify", "plan.json")
    assert done.stderr.strip() == (
        "m.csv is not beside the certificate; give its path after plan.json."
    )
    assert run("verify", "plan.json", "away/matrix.csv", "away/s.csv").returncode == 0


def test_folders_and_files_of_other_types_are_named(files: Path) -> None:
    assert run("solve", ".", "--model", "p-median", "-p", "1").stderr == (
        ". is a folder; give a file.\n"
    )
    assert run("--lang", "zh", "verify", "..").stderr == ".. 是文件夹，请指定文件。\n"
    for name in ("m.bin", "m.tif", "m.pbf", "m.bin.gz"):
        (files / name).write_bytes(b"\x00\x01")
        assert run("solve", name, "--model", "p-median", "-p", "1").stderr == (
            f"{name}: unknown ending; expected one of csv, tsv, xlsx, parquet.\n"
        )


def test_what_is_no_certificate_is_said(files: Path) -> None:
    assert run("verify", "none.json").stderr.strip() == "none.json: no such file."
    assert run("verify", "m.csv").stderr.strip() == (
        "This is no certificate of a plan: not readable as JSON."
    )
    (files / "a.json").write_text("{}\n", encoding="utf-8")
    assert run("verify", "a.json").stderr.strip() == (
        "This is no certificate of a plan: its format is not placement-plan-1."
    )


# ------------------------------------------------------------ a search that runs


class _Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


STEP = Step(np.array([0, 3]), 340.0, 330.0, 0.25, "bound")


def test_ctrl_c_stops_and_keeps_the_best(monkeypatch: pytest.MonkeyPatch) -> None:
    err = io.StringIO()
    monkeypatch.setattr("sys.stderr", err)
    plan = Plan("p-median", {}, "", np.array([0]), np.array([0]), 1.0, 0.5, {"kind": "tree"})

    def search() -> Plan:
        threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
        until = time.monotonic() + 20
        while watch(STEP) and time.monotonic() < until:
            time.sleep(0.01)
        return plan

    before = signal.getsignal(signal.SIGINT)
    with watched("en") as watch:
        assert watch.run(search) is plan
        assert watch.stopped
    assert signal.getsignal(signal.SIGINT) is before
    assert err.getvalue() == "Stopping; the best plan so far is kept.\n"


def test_a_line_shows_plan_bound_and_gap_on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    err = _Terminal()
    monkeypatch.setattr("sys.stderr", err)
    with watched("en") as watch:
        assert watch(STEP)
    line = "2 sites · plan 340 · bound 330 · gap 2.94 % · 0.2 s"
    assert err.getvalue() == f"\r{line}\r{' ' * len(line)}\r"


def test_figures_read_plainly() -> None:
    assert [figure(x) for x in (5819.0, 12345.67, 0.25, float("inf"))] == [
        "5,819", "12,345.7", "0.25", "-",
    ]  # fmt: skip
    assert [percent(x) for x in (0.0, 1e-7, 0.0123, float("inf"))] == [
        "0.00 %", "< 0.01 %", "1.23 %", "-",
    ]  # fmt: skip


# ------------------------------------------------------------ the stored county


@pytest.fixture(scope="module")
def county(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return roaded.store(tmp_path_factory.mktemp("cli-placement"))


@pytest.fixture
def here(county: Path, files: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("COCKPIT_DATA", str(county))
    _forget_store()
    yield files
    _forget_store()


CLINICS = ("--service", "clinic", "--mode", "car")


def test_a_county_gets_one_more_clinic(here: Path) -> None:
    # tests.roaded: 590 of 1,360 are within 6 minutes of A and B; cells 13 and 14 (290) meet only
    # each other, and no other cell has more people within 6 minutes that are not covered yet.
    asked = ("--minutes", "6", "--model", "mclp", "--new", "1")
    done = run("solve", *CLINICS, *asked, "--json")
    plan = json.loads(done.stdout)
    assert (plan["objective"], plan["bound"], plan["proven"]) == (880, 880, True)
    assert [site["status"] for site in plan["sites"]] == ["kept", "kept", "new"]
    assert {"f:A", "f:B"} < {site["id"] for site in plan["sites"]}
    done = run("verify", "plan.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "Objective: 880, recomputed." in done.stdout
    same = (here / "plan.json").read_bytes()
    run("solve", *CLINICS, *asked)
    assert (here / "plan.json").read_bytes() == same
    cell = plan["sites"][2]["id"]
    plan = json.loads(run("solve", *CLINICS, *asked, "--forbid", cell[2:], "--json").stdout)
    assert plan["sites"][2]["id"] != cell
    assert plan["objective"] == 880  # the other one of both


@pytest.mark.parametrize(
    ("asked", "rules"),
    [
        (("--spacing", "900000"), "--spacing 900000"),
        (("--least-people", "1e9"), "--least-people 1000000000"),
        (
            ("--spacing", "900000", "--least-people", "1e9"),
            "--spacing 900000 --least-people 1000000000",
        ),
        (("--spacing", "900000", "--candidates", "villages"), "--spacing 900000"),
    ],
)
def test_the_rule_that_leaves_no_cell_is_named(
    here: Path, asked: tuple[str, ...], rules: str
) -> None:
    done = run("solve", *CLINICS, "--model", "p-median", "--new", "2", *asked)
    assert (done.returncode, done.stdout, done.stderr.strip()) == (
        2, "",
        f"p is 4 but only 2 sites may be open: {rules} leaves no cell for a new one; loosen it, "
        "or ask for at most 2.",
    )  # fmt: skip
    assert (
        "没有可供新设站点的网格"
        in run(
            "--lang", "zh", "solve", *CLINICS, "--model", "p-median", "--new", "2", *asked
        ).stderr
    )


def test_reach_is_the_county_s_minutes(here: Path) -> None:
    plan = json.loads(
        run("solve", *CLINICS, "--model", "mclp", "--reach", "6", "-p", "3", "--json").stdout
    )
    assert (plan["objective"], plan["parameters"]) == (880, {"p": 3, "reach": 6.0})
    done = run("solve", *CLINICS, "--model", "mclp", "--reach", "6", "--minutes", "6", "-p", "3")
    assert (done.returncode, done.stderr.strip()) == (
        2, "--minutes and --reach are the same for a stored county; give one of both.",
    )  # fmt: skip


def test_targets_of_a_county_name_townships(here: Path) -> None:
    asked = ("--minutes", "6", "--model", "goal-seek", "--target")
    done = run("solve", *CLINICS, *asked, f"covered:0.5::{roaded.WEST}", "--json")
    assert json.loads(done.stdout)["proven"] is True
    assert run("verify", "plan.json").returncode == 0
    done = run("solve", *CLINICS, *asked, "covered:0.5::nowhere")
    assert done.stderr.startswith("There is no township nowhere; expected one of 529901001, ")


def test_a_county_s_cells_and_facilities_are_named(here: Path) -> None:
    done = run("solve", *CLINICS, "--minutes", "6", "--model", "lscp", "--candidates", "villages")
    assert done.returncode == 2
    # Cell 3, called Grid 4, has no way out, cell 12 is 9 minutes from the next clinic, and no
    # village has its most people there.
    assert done.stderr.startswith(
        "Demand point Grid 4 (529901100001002) has no allowed site within 6 (2 points are like "
    )
    asked = ("--model", "p-median", "-p", "3", "--must", "A", "--forbid", "f:A")
    done = run("--lang", "zh", "solve", *CLINICS, *asked)
    assert done.stderr.strip() == "设施A 既被要求设站又被禁止设站，请二选一。"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("--service", "spa"), "There is no service spa; expected one of clinic, health_centre,"),
        (("--service", "clinic", "--unit", "7"), "No region has the code 7."),
        (("--service", "clinic", "--must", "Z"), "There is no site Z."),
        (("--service", "clinic", "--zone", "99"), "There is no stored area 99."),
        (("--service", "clinic", "--sites", "s.csv"), "--sites is about a FILE; leave it out with"),
        (("--service", "clinic", "--least-people", "nan"), "least_people is nan; expected a numb"),
        ((), "Give a FILE of costs, or --service for the stored county: one of both."),
    ],
)
def test_refusals_of_the_county(here: Path, arguments: tuple[str, ...], words: str) -> None:
    done = run("solve", *arguments, "--model", "p-median", "-p", "3")
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith(words)


OTHER_DATA: list[tuple[dict[str, object], str, str]] = [
    (
        {"version": "7-other"},
        "The certificate is about the data 7-other; those stored here are tiny1: load the same "
        "files, or solve again.",
        "证书所用数据的版本为 7-other，而本机数据的版本为 tiny1：请载入同样的文件，或重新求解。",
    ),
    (
        {"county": "529902"},
        "The certificate is about county 529902; the county stored here is 529901.",
        "证书针对的是县 529902，而本机存储的是县 529901。",
    ),
    (
        {"visitor": "秘密"},
        "The certificate was made for who may see up to Secret; here it is Internal "
        "(COCKPIT_VISITOR_CLASS).",
        "证书按最高可见“秘密”级数据的权限生成，而本机设置为“备用”级（COCKPIT_VISITOR_CLASS）。",
    ),
    (
        {"small_count": 5},
        "The certificate was made with counts below 5 hidden; here they are hidden below 10 "
        "(COCKPIT_SMALL_COUNT).",
        "生成证书时隐去小于 5 的计数，而本机隐去小于 10 的计数（COCKPIT_SMALL_COUNT）。",
    ),
]


def test_the_same_data_loaded_again_keep_a_certificate_valid(here: Path) -> None:
    run("solve", *CLINICS, "--model", "p-median", "-p", "3")
    source = json.loads((here / "plan.json").read_text("utf-8"))["source"]
    resealed(here / "plan.json", source={**source, "version": "12-tiny1"})
    done = run("verify", "plan.json")
    assert (done.returncode, done.stderr) == (0, "")
    resealed(here / "plan.json", source={**source, "version": "tiny1-2"})
    assert run("verify", "plan.json").returncode == 1


def test_a_plan_of_other_data_is_told_so(
    here: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run("solve", *CLINICS, "--model", "p-median", "-p", "3")
    source = json.loads((here / "plan.json").read_text("utf-8"))["source"]
    for changes, words, chinese in OTHER_DATA:
        resealed(here / "plan.json", source={**source, **changes})
        done = run("verify", "plan.json")
        assert (done.returncode, done.stdout, done.stderr.strip()) == (1, "", words)
        assert run("--lang", "zh", "verify", "plan.json").stderr.strip() == chinese
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "empty"))
    _forget_store()
    assert run("verify", "plan.json").stderr.strip() == (
        "Nothing is loaded yet; load a county first."
    )


def test_what_matrix_writes_can_be_solved(here: Path) -> None:
    points = pd.DataFrame(
        [(f"c{k}", *roaded.centre(k)) for k in (0, 1, 2, 3)], columns=["id", "lon", "lat"]
    )
    points.to_csv(here / "p.csv", index=False)
    matrix = ("matrix", "p.csv", "p.csv", "--mode", "car", "-o")
    assert run(*matrix, "long.csv").returncode == 0
    assert run(*matrix, "wide.parquet", "--wide").returncode == 0
    # Three minutes a road 0 - 1 - 2 -> 3 and no way out of 3, so 3 needs its own site, which
    # serves 2 as well; one in 0 or 1 serves both of these.
    for name, costs in (("long.csv", ()), ("wide.parquet", ("--costs", "seconds"))):
        done = run("solve", name, *costs, "--model", "lscp", "--reach", "3", "--json")
        plan = json.loads(done.stdout)
        assert (plan["objective"], plan["proven"]) == (2, True)
        done = run("solve", name, *costs, "--model", "p-median", "-p", "1", "--json")
        plan = json.loads(done.stdout)  # whoever is in 3 reaches 3 alone: 9 + 6 + 3 + 0
        assert (plan["objective"], ids(plan), plan["unit"]) == (18, "c3", "person-minutes")


@pytest.mark.parametrize("model", ["p-dispersion", "sizes", "mclp"])
def test_a_proof_from_the_page_is_checked_on_the_command_line(here: Path, model: str) -> None:
    reach = current_reach()
    assert reach is not None
    q = question(reach, "clinic", mode="car", minutes=6.0, visitor=settings().visitor_class)
    ground = ground_of(reach, q)
    rules = Rules()
    given = siting_models.defaults(model, ground, rules)
    asked = siting_models.parameters(model, ground, siting_fit.posed_of(ground, rules), given)
    key = siting_runs.start(ground, rules, model, asked, seconds=20)
    assert siting_runs.wait(key, 30) is not None
    Path("page.json").write_text(siting_runs.certificate(key), encoding="utf-8")
    done = run("verify", "page.json")
    assert (done.returncode, done.stderr) == (0, "")
    assert "page.json: the plan holds." in done.stdout


def test_new_sites_of_a_county_are_kept_apart_from_each_other(here: Path) -> None:
    done = run("solve", *CLINICS, "--model", "p-dispersion", "--new", "2", "--json")
    plan = json.loads(done.stdout)
    assert [site["status"] for site in plan["sites"]] == ["new", "new"]
    # The farthest two: nothing leads from one to the other, which counts as two hours.
    assert plan["objective"] == 120
    assert run("verify", "plan.json").returncode == 0
