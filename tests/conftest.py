"""A county in a folder of its own, and a running server on a free port."""

from __future__ import annotations

import fcntl
import os
import shutil
import tempfile
import threading
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import hypothesis
import numba  # noqa: F401 -- looks for "coverage": before a page's folder is on the path
import pytest
from xdist.scheduler.loadscope import LoadScopeScheduling

from tests.servers import make_sample, serving

if TYPE_CHECKING:
    from playwright.sync_api import Browser

# A busy machine must not decide a test.
hypothesis.settings.register_profile("cockpit", deadline=None)
hypothesis.settings.load_profile("cockpit")

# Before anything of ours reads its settings: no test may touch the tester's own county.
_SCRATCH = tempfile.TemporaryDirectory(prefix="cockpit-tests-")
os.environ["COCKPIT_DATA"] = _SCRATCH.name
for _name in (
    "DATABASE",
    "VISITOR_CLASS",
    "SMALL_COUNT",
    "TILE_ABOVE",
    "BASEMAP_TILES",
    "LANGUAGE",
    "SCENES",
    "TARGETS",
):
    os.environ.pop(f"COCKPIT_{_name}", None)


_LONG = ("tests/faults/", "tests/geodata/", "tests/risk/", "tests/browser/")
"""Files that take minutes begin first, so that no worker ends long before the other."""


class _Groups(LoadScopeScheduling):
    """
    A file's tests run on one worker, and all that share a server too: each is made once.

    xdist's own groups stand at the end of a test's name, where pytest 9 lets nobody write.
    """

    def _split_scope(self, nodeid: str) -> str:
        return _group_of(nodeid.partition("::")[0])


@cache
def _group_of(file: str) -> str:
    words = (Path(__file__).parents[1] / file).read_text(encoding="utf-8")
    for name in ("live_server", "tiny_server"):
        if f"{name}: str" in words:
            return name
    return file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> LoadScopeScheduling:
    """Give tests to workers by group."""
    return _Groups(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let those on the sample county's server begin first: a third of the time of all."""
    items.sort(key=lambda item: _turn(item.nodeid.partition("::")[0]))


def _turn(file: str) -> int:
    if _group_of(file) == "live_server":
        return 0
    return next((k for k, part in enumerate(_LONG, start=1) if file.startswith(part)), 9)


@pytest.fixture(scope="session", autouse=True)
def _office() -> Iterator[None]:
    """Let pages and routes in this process be asked by the office, as if it had signed in."""
    from tests import signing

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("cockpit.ui.visitor.now", signing.office)
        patch.setattr("cockpit.web.visitors.visitor", signing.office)
        yield


@pytest.fixture
def real_visitors(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let pages and routes ask who is there, as they do in a running cockpit."""
    from tests import signing

    monkeypatch.setattr("cockpit.ui.visitor.now", signing.NOW)
    monkeypatch.setattr("cockpit.web.visitors.visitor", signing.VISITOR)


@pytest.fixture(scope="session")
def tiny_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tiny county (tests/tiny.py)."""
    from cockpit.store.session import open_engine
    from tests import tiny

    folder = tmp_path_factory.mktemp("tiny")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    tiny.fill(engine)
    engine.dispose()
    return folder


@pytest.fixture(scope="session")
def unvisited_sample(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """
    Return a data folder with the sample county, made and loaded as a visitor would, to copy from.

    One worker makes it, and no server ever runs on it: one that did would have sealed all texts.
    """
    mine = tmp_path_factory.getbasetemp()
    run = mine.parent if "PYTEST_XDIST_WORKER" in os.environ else mine
    made = run / "sample-county"
    with (run / "sample-county.lock").open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not made.exists():
            make_sample(run / "sample-county-begun")
            (run / "sample-county-begun").rename(made)
    return made


@pytest.fixture(scope="session")
def sample_store(unvisited_sample: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return this worker's copy of the sample county: servers write into it."""
    return Path(shutil.copytree(unvisited_sample, tmp_path_factory.mktemp("sample") / "data"))


@pytest.fixture(scope="session")
def tiny_server(tiny_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a cockpit that shows the tiny county."""
    with serving(tiny_store, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


@pytest.fixture(scope="session")
def live_server(sample_store: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Return the address of a cockpit that shows the sample county."""
    with serving(sample_store, tmp_path_factory.mktemp("log") / "server.log") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Return a Chromium for the tests of one file."""
    from playwright.sync_api import sync_playwright

    from tests.browser.chromium import CHROMIUM, FLAGS

    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        yield started
        started.close()


@pytest.fixture
def tiny_here(tiny_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process show the tiny county, with nothing kept from another store."""
    monkeypatch.setenv("COCKPIT_DATA", str(tiny_store))
    _forget_store()
    yield tiny_store
    _forget_store()


@pytest.fixture(scope="session")
def unvisited_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tiny county that no server and no test has written to."""
    from cockpit.store.session import open_engine
    from tests import tiny

    folder = tmp_path_factory.mktemp("unvisited")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    tiny.fill(engine)
    engine.dispose()
    return folder


@pytest.fixture
def accounts_here(
    unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, real_visitors: None
) -> Iterator[Path]:
    """Let this process show a copy of the tiny county, with real visitors and quick passwords."""
    from argon2 import PasswordHasher

    from cockpit.access import audit, sessions

    folder = Path(shutil.copytree(unvisited_store, tmp_path / "accounts"))
    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    quick = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
    monkeypatch.setattr("cockpit.access.passwords.HASHER", quick)
    _forget_store()
    for module in (sessions, audit):
        module.forget()
    yield folder
    for module in (sessions, audit):
        module.forget()
    _forget_store()


@pytest.fixture(scope="session")
def bridged_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tiny county and its roads (tests/bridged.py)."""
    from cockpit.store.session import open_engine
    from tests import bridged

    folder = tmp_path_factory.mktemp("bridged")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    bridged.fill(engine)
    engine.dispose()
    return folder


@pytest.fixture
def bridged_here(bridged_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process show the tiny county with roads, with nothing kept from another store."""
    monkeypatch.setenv("COCKPIT_DATA", str(bridged_store))
    _forget_store()
    yield bridged_store
    _forget_store()


@pytest.fixture(scope="session")
def eventful_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tiny county, its events and sensors (tests/eventful.py)."""
    from cockpit.store.session import open_engine
    from tests import eventful

    folder = tmp_path_factory.mktemp("eventful")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    eventful.fill(engine)
    engine.dispose()
    return folder


@pytest.fixture
def eventful_here(
    eventful_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Path]:
    """Let this process show a copy of the eventful county: a test may write into it."""
    folder = Path(shutil.copytree(eventful_store, tmp_path / "eventful"))
    monkeypatch.setenv("COCKPIT_DATA", str(folder))
    _forget_store()
    yield folder
    _forget_store()


@pytest.fixture(scope="session")
def risky_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with the tiny county and its events (tests/risky.py)."""
    from cockpit.store.session import open_engine
    from tests import risky

    folder = tmp_path_factory.mktemp("risky")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    risky.fill(engine)
    engine.dispose()
    return folder


@pytest.fixture
def risky_here(risky_store: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Let this process show the tiny county with events, with nothing kept from another store."""
    monkeypatch.setenv("COCKPIT_DATA", str(risky_store))
    _forget_store()
    yield risky_store
    _forget_store()


def _end_searches() -> None:
    """Wait for searches in the background: they would read settings while these change."""
    from cockpit.answers import overview_services, risk_work, siting_front, siting_runs

    risk_work.forget()
    overview_services.forget()
    siting_runs.forget()
    for run in siting_front._runs.values():
        run.stopping.set()
    for thread in threading.enumerate():
        if thread.name in ("placement", "front"):
            thread.join(60)


def _forget_store() -> None:
    import streamlit as st

    from cockpit.answers import appeals, current, happenings, overview, reach
    from cockpit.settings import settings
    from cockpit.store.session import engine

    _end_searches()
    if engine.cache_info().currsize:
        engine().dispose()
    engine.cache_clear()
    settings.cache_clear()
    current.forget()
    reach.forget()
    happenings.forget()
    appeals.forget()
    overview.forget()
    st.cache_data.clear()
    st.cache_resource.clear()


@pytest.fixture(scope="session")
def open_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a data folder with open data; their files are not made yet (tests/openly.py)."""
    from tests import openly

    folder = tmp_path_factory.mktemp("openly")
    openly.fill(folder)
    return folder


@pytest.fixture
def open_here(open_store: Path) -> Iterator[Path]:
    """Let this process show a copy of the county with open data, which a test may change."""
    from tests import openly

    with openly.shown_copy(open_store) as folder:
        yield folder
