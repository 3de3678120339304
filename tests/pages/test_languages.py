"""Every page of the menu in both languages: no sentence of the other one stands on any."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator, Mapping
from html import unescape
from pathlib import Path
from typing import Any

import pytest
from google.protobuf.message import Message
from sqlalchemy import select
from sqlalchemy.orm import Session
from streamlit.proto.Alert_pb2 import Alert
from streamlit.testing.v1 import AppTest

from cockpit.access.roles import ROLES
from cockpit.access.rules import PAGES
from cockpit.access.visitor import Visitor
from cockpit.store.models import Batch, Event, Facility
from cockpit.store.models_access import StoredAccount
from cockpit.store.session import engine
from tests import conftest

FOLDER = Path(__file__).parents[2] / "pages"
EVERYBODY = Visitor("office", "Office", tuple(ROLES), "敏感", session="test", purpose="tests")
_CHINESE = re.compile(r"[\u3400-\u9fff][\u3400-\u9fff0-9、，。；：（）]*")
_ENGLISH = re.compile(r"(?:\b[A-Za-z][a-z]+\b[ ,]+){3,}[A-Za-z][a-z]+")
# What a message carries besides words: ids, addresses, files, what a map or a chart draws.
_UNREAD = frozenset(
    {"id", "key", "url", "form_id", "icon", "json", "spec", "config", "type", "element_id",
     "page_script_hash", "stack_trace", "language", "href", "src", "data", "format",
     "fragment_id", "mapbox_token", "theme", "button_group_mode"}
)  # fmt: skip


@pytest.fixture(scope="module")
def pages(
    eventful_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Mapping[tuple[str, str], str], frozenset[str]]]:
    """Return what every page says, by page and language, and the names of the data."""
    folder = Path(shutil.copytree(eventful_store, tmp_path_factory.mktemp("languages") / "data"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("COCKPIT_DATA", str(folder))
        patch.setattr("cockpit.ui.visitor.now", lambda: EVERYBODY)
        conftest._forget_store()
        score()
        said = {(name, lang): read(name, lang) for name in PAGES for lang in ("zh", "en")}
        yield said, names()
        conftest._forget_store()


def score() -> None:
    """Give every load the score of quality that the page Data reads; events come without one."""
    with Session(engine()) as db:
        loads = list(db.scalars(select(Batch)))
        some = next(one.quality for one in loads if one.quality)
        for one in loads:
            one.quality = one.quality or some
        db.commit()


def read(name: str, lang: str) -> str:
    page = AppTest.from_file(FOLDER / f"{name}.py", default_timeout=60)
    page.query_params["lang"] = lang
    page.run()
    assert not page.exception, name
    return "\n".join(line for part in _parts(page._tree) for line in _words(part))


def _parts(block: Any) -> Iterator[Message]:
    """Yield the messages of a page: of its blocks (titles of tabs, forms) and elements."""
    proto = getattr(block, "proto", None)
    if isinstance(proto, Message):
        yield proto
    for child in getattr(block, "children", {}).values():
        yield from _parts(child)


def _words(message: Message) -> Iterator[str]:
    """Yield the texts of a message; of markup what is read, its names for listeners too."""
    for field, value in message.ListFields():
        if field.name in _UNREAD:
            continue
        for one in value if field.is_repeated else (value,):
            if isinstance(one, Message):
                yield from _words(one)
            elif isinstance(one, str):
                yield _read(one)


def _read(markup: str) -> str:
    bare = re.sub(r"(?s)<(style|script)\b.*?</\1>", " ", markup)
    bare = re.sub(r'(?s)<span lang="zh">.*?</span>', " ", bare)  # somebody's own words, marked
    named = re.findall(r'(?:alt|title|aria-label|placeholder)="([^"]*)"', bare)
    return unescape(" | ".join([re.sub(r"<[^>]*>", " | ", bare), *named])).replace("\\", "")


def names() -> frozenset[str]:
    """Return names of places, kinds of events and people: shown as they are, in any language."""
    with Session(engine()) as db:
        found = [*db.scalars(select(Facility.name)), *db.scalars(select(Event.category))]
        people = " ".join(db.scalars(select(StoredAccount.display)))
    return frozenset([*found, *_CHINESE.findall(people)])


def english(said: str) -> list[str]:
    """Return four and more English words in a row, most of them small: a name has capitals."""
    return [
        run[0]
        for run in _ENGLISH.finditer(said)
        if sum(word[0].islower() for word in run[0].split()) >= 3
    ]


def chinese(said: str, known: frozenset[str]) -> list[str]:
    """Return what is written in Chinese but names of the data, and the language's own name."""
    return [run for run in _CHINESE.findall(said) if run not in known | {"中文"}]


def test_sentences_of_the_other_language_are_seen() -> None:
    assert english("全县 The road is closed now 3 人") == ["The road is closed now"]
    assert english("方法见 Paez, Higgins and Vivona（2019）") == []
    assert chinese("In 中文 at 设施1: 没有数据。", frozenset({"设施1"})) == ["没有数据。"]
    assert list(_words(Alert(body="没有数据。"))) == ["没有数据。"]
    assert _read('<style>p::after{content:"更多"}</style><img alt="地图">3').split(" | ") == [
        " ",
        "3",
        "地图",
    ]


@pytest.mark.parametrize("name", PAGES)
def test_a_page_speaks_one_language(
    pages: tuple[Mapping[tuple[str, str], str], frozenset[str]], name: str
) -> None:
    said, known = pages
    assert _CHINESE.search(said[name, "zh"])
    assert re.search("[a-z]{3}", said[name, "en"])
    assert english(said[name, "zh"]) == []
    assert chinese(said[name, "en"], known) == []
