"""The tiny county behind our routes, without a server."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterator

import pytest
from sqlalchemy import Engine
from starlette.applications import Starlette

from cockpit.answers import current
from cockpit.store.session import open_engine
from cockpit.web import health, layers
from tests import signing, tiny
from tests.web.asgi import cockpit_app


@pytest.fixture(scope="session")
def tiny_engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    engine = open_engine(f"sqlite:///{tmp_path_factory.mktemp('web') / 'county.sqlite'}")
    tiny.fill(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def app(tiny_engine: Engine, monkeypatch: pytest.MonkeyPatch) -> Iterator[Starlette]:
    """Return the routes on the tiny county, for a visitor of class 备用."""
    for module in (current, layers, health):
        monkeypatch.setattr(module, "engine", lambda: tiny_engine)
    current.forget()
    layers.clear()
    yield cockpit_app()
    current.forget()
    layers.clear()


@pytest.fixture
def visitor(monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Return a function that makes every visitor one of a class."""

    def become(data_class: str) -> None:
        who = dataclasses.replace(signing.office(), clearance=data_class)
        monkeypatch.setattr("cockpit.web.visitors.visitor", lambda _request: who)

    return become
