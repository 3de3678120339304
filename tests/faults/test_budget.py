"""P4 and REL-1: the privacy budget with many releases at once, and killed in the middle."""

from __future__ import annotations

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cockpit.answers import release_budget, release_spends, release_store, release_write
from cockpit.release.budget import BudgetError
from cockpit.store.models_audit import AuditEntry
from cockpit.store.models_release import MILLION, PrivacySpend, Release, ReleaseFigure
from cockpit.store.session import StoreError, engine
from tests import released

ROOT = Path(__file__).parents[2]
AT_ONCE = 20
KILLS = 5


@pytest.fixture
def here(tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with released.own_copy(tiny_store, tmp_path, monkeypatch) as folder:
        yield folder


def attempt(series: str, epsilon: Fraction) -> str:
    """Keep a release; return "kept" or "refused"."""
    with Session(engine()) as db:
        made = released.people(db, children=(10, 20, 30, 40), epsilon=epsilon)
        try:
            release_write.keep(db, replace(made, series=series), who="x")
        except BudgetError:
            return "refused"
    return "kept"


def at_once(names: list[str], epsilon: Fraction) -> list[str]:
    """Try releases of all names in threads that start together."""
    start, found = threading.Barrier(len(names)), []

    def one(name: str) -> None:
        start.wait()
        found.append(attempt(name, epsilon))

    threads = [threading.Thread(target=one, args=(name,)) for name in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return found


def spent() -> Fraction:
    with Session(engine()) as db:
        total = db.execute(select(func.coalesce(func.sum(PrivacySpend.millionths), 0)))
        return Fraction(int(total.scalar_one()), MILLION)


def whole() -> int:
    """Hold every stored release to its spending, figures and trace; return how many there are."""
    with Session(engine()) as db:
        rows = list(db.execute(select(Release)).scalars())
        spends = {s.release_id: s.millionths for s in db.execute(select(PrivacySpend)).scalars()}
        assert spends == {row.id: int(Fraction(row.epsilon) * MILLION) for row in rows}
        told: dict[str, list[str]] = {}
        for entry in db.execute(select(AuditEntry).where(AuditEntry.act == "release")).scalars():
            step = json.loads(entry.payload)["detail"]["step"]
            told.setdefault(entry.subject.removeprefix("release:"), []).append(step)
        orphans = select(ReleaseFigure.release_id).where(
            ReleaseFigure.release_id.not_in([row.id for row in rows])
        )
        assert db.execute(orphans).first() is None
    for row in rows:  # raises unless the figures are complete and as they were drawn
        release_store.table_of(row.id, tuple(c[0] for c in row.classes), row.digest)
        assert told[row.id] == ["made", *(["published"] if row.state == "published" else [])]
    assert told.keys() == {row.id for row in rows}
    assert spent() <= 2
    return len(rows)


def test_twenty_releases_at_once_never_overspend(here: Path) -> None:
    found = at_once([f"table{k}" for k in range(AT_ONCE)], Fraction(1, 10))
    assert sorted(found) == ["kept"] * 10 + ["refused"] * 10
    assert spent() == 1
    assert whole() == 10
    assert attempt("late", Fraction(1, MILLION)) == "refused"


def test_twenty_releases_of_three_processes_never_overspend(here: Path) -> None:
    processes = [_python(here, f"race {k}") for k in range(2)]
    for process in processes:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in processes:
        _go(process)
    found = at_once([f"own{k}" for k in range(6)], Fraction(7, 100))
    for process in processes:
        out, _ = process.communicate(timeout=60)
        found += out.split()
    assert len(found) == AT_ONCE
    assert found.count("kept") == 14  # 14 x 0.07 = 0.98; one more would be 1.05
    assert spent() == Fraction(98, 100)
    assert whole() == 14


def test_a_setting_cannot_pass_the_hard_stop(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PRIVACY_BUDGET", "100")
    released.forget_store()
    found = at_once([f"table{k}" for k in range(6)], Fraction(45, 100))
    assert found.count("kept") == 4  # 1.8; one more would be 2.25
    assert spent() == Fraction(18, 10)


def left() -> Fraction:
    with Session(engine()) as db:
        return release_budget.budget_of(db, "529901", now=release_write.utc_now()).left


def test_a_backup_put_back_gives_nothing_back(here: Path, tmp_path: Path) -> None:
    """A copy from before the second release knows of 0.3 alone; 0.4 more were drawn and seen."""
    assert attempt("first", Fraction(3, 10)) == "kept"
    engine().dispose()
    shutil.copytree(here, tmp_path / "backup")
    assert attempt("second", Fraction(4, 10)) == "kept"
    engine().dispose()
    shutil.rmtree(here)
    shutil.copytree(tmp_path / "backup", here)
    released.forget_store()
    assert spent() == Fraction(3, 10)  # by the store alone
    assert left() == Fraction(3, 10)
    assert attempt("third", Fraction(31, 100)) == "refused"
    assert attempt("third", Fraction(3, 10)) == "kept"
    assert left() == 0


def test_a_second_place_that_was_lost_is_filled_again(here: Path) -> None:
    assert attempt("first", Fraction(3, 10)) == "kept"
    place = here.with_name(f"{here.name}-checkpoints") / release_spends.SPENDS
    place.unlink()
    assert left() == Fraction(7, 10)  # the larger of both
    assert attempt("second", Fraction(4, 10)) == "kept"
    assert len(place.read_text().splitlines()) == 2
    place.write_text(place.read_text() + '{"county": "5299')  # torn
    assert left() == Fraction(3, 10)


def test_nothing_is_drawn_where_it_cannot_be_noted(here: Path) -> None:
    here.with_name(f"{here.name}-checkpoints").write_text("a file, not a folder")
    with pytest.raises(StoreError, match="so nothing was drawn"):
        attempt("first", Fraction(3, 10))
    assert spent() == 0
    assert whole() == 0


def test_killed_in_the_middle_all_or_nothing(here: Path) -> None:
    rng = random.Random(20240501)
    before = 0
    for turn in range(KILLS):
        process = _python(here, f"work {turn}")
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        _go(process)
        time.sleep(rng.uniform(0.05, 0.5))
        process.send_signal(signal.SIGKILL)
        process.communicate()
        release_store.forget()
        now = whole()
        assert now >= before
        before = now
    assert before > 2 * KILLS, "the signals came too early to show anything"
    assert attempt("after", Fraction(1, 1000)) == "kept"
    assert whole() == before + 1


def _python(folder: Path, what: str) -> subprocess.Popen[str]:
    environment = {**os.environ, "COCKPIT_DATA": str(folder), "PYTHONPATH": str(ROOT)}
    environment.pop("COCKPIT_DATABASE", None)
    return subprocess.Popen(
        [sys.executable, "-m", "tests.faults.test_budget", *what.split()],
        cwd=ROOT, env=environment, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
    )  # fmt: skip


def _go(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def _child(what: str, number: str) -> None:
    """Race with seven releases, or make and publish one after the other until killed."""
    if what == "work":
        _one(f"w{number}.first")  # what a first time takes more is not what is killed here
    print("ready", flush=True)
    sys.stdin.readline()
    if what == "race":
        print("\n".join(at_once([f"p{number}.{k}" for k in range(7)], Fraction(7, 100))))
        return
    for k in range(10_000):
        _one(f"w{number}.{k}")


def _one(series: str) -> None:
    with Session(engine()) as db:
        made = released.people(db, children=(0, 1, 2, 3), epsilon=Fraction(1, 10_000))
        release = release_write.keep(db, replace(made, series=series), who="x")
        release_write.publish(db, release, who="x")


if __name__ == "__main__":
    _child(*sys.argv[1:])
