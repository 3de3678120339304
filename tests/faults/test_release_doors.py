"""PRV-2, PRV-3, PRV-8: nothing but the stored release leaves by any door of the releases."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.access.visitor import PUBLIC, NotAllowedError, Visitor
from cockpit.answers import release as answers
from cockpit.answers import release_store, release_write
from cockpit.answers.current import current_twin
from cockpit.answers.release import Asked
from cockpit.store.session import engine
from cockpit.ui import release_cache
from geodata.errors import CockpitError
from tests import released

PAGE = Path(__file__).parents[2] / "pages" / "release.py"
STEWARD = Visitor("s", "王管理员", ("steward",), "备用", session="t")
PLANNER = Visitor("p", "规划", ("planner",), "敏感", session="t", purpose="x")
OTHERS = (
    PUBLIC,
    PLANNER,
    Visitor("a", "审计", ("auditor",), "公开", session="t"),
    Visitor("g", "镇", ("steward",), "秘密", territory="529901001", session="t", purpose="x"),
)
RELOADS = 1000


@pytest.fixture
def here(tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with released.own_copy(tiny_store, tmp_path, monkeypatch) as folder:
        yield folder


@pytest.fixture
def release(here: Path) -> str:
    """Make and publish people by age down to villages; return its id."""
    county = current_twin()
    assert county is not None
    with Session(engine()) as db:
        asked = Asked("age-3", "village", Fraction(3, 4))
        made = answers.make(db, county, asked, reason="公众关心", who=STEWARD)
        release_write.publish(db, made, who=STEWARD)
    return made


def as_visitor(monkeypatch: pytest.MonkeyPatch, who: Visitor) -> AppTest:
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: who)
    return AppTest.from_file(PAGE, default_timeout=60).run()


def test_a_thousand_reloads_are_one_answer(release: str) -> None:
    """PRV-2: averaging learns nothing, in one process and after a restart."""
    first = release_store.find(release)
    figures = first.table()
    for turn in range(RELOADS):
        if turn % 100 == 0:
            release_store.forget()  # as a new process: read from the store again
        one = next(r for r in release_store.published() if r.id == release)
        assert one == first
        assert one.table().equals(figures)


def test_nothing_outside_of_the_release(release: str) -> None:
    """PRV-3: no level, region or class but those that were released."""
    one = release_store.find(release)
    table = one.table()
    assert set(table["level"]) <= {"county", "township", "village"}
    assert list(table.columns) == ["code", "level", "name", "name_en", "parent", *one.classes]
    assert not table["code"].str.len().eq(15).any()  # no grid
    for asked in ("people-by-age-3", "people-by-sex-2025", f"{release}%", "' OR 1=1", ""):
        with pytest.raises(release_store.NoReleaseError):
            release_store.find(asked)


def test_a_table_that_a_caller_changes_stays_as_released(release: str) -> None:
    table = release_store.find(release).table()
    kept = table.copy()
    table.loc[:, "0-14"] = 0
    assert release_store.find(release).table().equals(kept)


def test_drafts_and_dropped_ones_are_behind_no_door(here: Path) -> None:
    county = current_twin()
    assert county is not None
    with Session(engine()) as db:
        asked = Asked("sex", "village", Fraction(1, 4))
        draft = answers.make(db, county, asked, reason="x", who=STEWARD)
        for _ in range(2):
            assert release_store.published(retracted=True) == ()
            assert release_store.all_versions("people-by-sex") == ()
            with pytest.raises(release_store.NoReleaseError):
                release_store.find(draft)
            if answers.draft(db, draft):
                release_write.discard(db, draft, who=STEWARD)
                break
        with pytest.raises(release_store.NoReleaseError):
            release_store.find(draft)


@pytest.mark.parametrize("who", OTHERS, ids=["public", "planner", "auditor", "part"])
def test_the_stewards_page_sends_others_one_sentence(
    release: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, who: Visitor
) -> None:
    """PRV-8: what a steward's run has kept in the process does not reach anybody else."""
    with caplog.at_level(logging.DEBUG, "cockpit"):
        mine = as_visitor(monkeypatch, STEWARD)
        assert len(mine.dataframe) == 1  # what to expect, held against the exact figures
        theirs = as_visitor(monkeypatch, who)
    assert not theirs.dataframe
    assert not theirs.get("html")
    assert [e.value for e in theirs.error] == ["您的账号没有此项权限。"]
    assert not theirs.markdown
    assert "952" not in caplog.text  # the county's residents of 15 to 59


@pytest.mark.parametrize("who", OTHERS, ids=["public", "planner", "auditor", "part"])
def test_what_the_page_leans_on_asks_again(
    release: str, monkeypatch: pytest.MonkeyPatch, who: Visitor
) -> None:
    county = current_twin()
    assert county is not None
    asked = Asked("sex", "village", Fraction(1, 4))
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: who)
    acts = (
        lambda: release_cache.exact(county, "age-3"),
        release_cache.drafts,
        lambda: release_cache.make(county, asked, reason="x", note=""),
        lambda: release_cache.publish(release),
        lambda: release_cache.discard(release),
        lambda: release_cache.retract(release, "x"),
    )
    for act in acts:
        with pytest.raises(NotAllowedError, match="not allowed to do this"):
            act()
    assert release_store.find(release).retracted is None


def test_refusals_tell_no_figure(release: str) -> None:
    county = current_twin()
    assert county is not None
    told = []
    with Session(engine()) as db:
        for asked in (
            Asked("age-3", "village", Fraction(1)),  # nothing is left
            Asked("age-3", "street", Fraction(1, 10)),
            Asked("low_income", "village", Fraction(1, 10)),
        ):
            with pytest.raises(CockpitError) as refused:
                answers.make(db, county, asked, reason="x", who=STEWARD)
            told.append(str(refused.value))
    assert not any(figure in " ".join(told) for figure in ("136", "952", "272"))


def test_nothing_is_left_in_files_beside_the_store(release: str, here: Path) -> None:
    """Times of travel and the key of the sign-in lie there; what is released does not."""
    beside = {p.name for p in here.rglob("*") if p.is_file() and "county.sqlite" not in p.name}
    assert {name for name in beside if name != "sign-in.key" and "seconds-" not in name} == set()
