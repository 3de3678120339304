"""The page Audit: who may see it, empty and full, a broken trail, codes, both languages."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.access import audit
from cockpit.access.audit_checkpoints import make
from cockpit.access.visitor import Visitor
from cockpit.locale import translate
from cockpit.store.session import engine, require_table
from tests import conftest

PAGE = Path(__file__).parents[2] / "pages" / "audit.py"
WANG = Visitor("wang", "王静", ("auditor",), session="s-wang")
LI = Visitor("li", "李华", ("planner",), "敏感", session="s-li", purpose="核对名单")


@pytest.fixture
def store(unvisited_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    shutil.copytree(unvisited_store, tmp_path / "data")
    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path / "data"))
    conftest._forget_store()
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: WANG)
    with Session(engine()) as db:
        require_table(db, "audit_entry")
    yield tmp_path / "data"
    conftest._forget_store()


def fill(n: int) -> None:
    with Session(engine()) as db:
        for i in range(n):
            audit.record(db, LI, "export", f"table {i}", data_class="敏感", detail={"i": i})
        db.commit()


def page(**address: str) -> AppTest:
    found = AppTest.from_file(PAGE, default_timeout=60)
    for name, value in address.items():
        found.query_params[name] = value
    found.run()
    assert not found.exception
    return found


def text(found: AppTest) -> str:
    every = [*found.markdown, *found.caption, *found.info, *found.error, *found.warning,
             *found.success]  # fmt: skip
    return "\n".join(str(e.value) for e in every)


def zh(sentence: str, **values: object) -> str:
    return translate(sentence, "zh", **values)


def widget(found: AppTest, kind: str, label: str) -> Any:
    return next(w for w in found.get(kind) if w.label == zh(label))


def numbers(found: AppTest) -> list[int]:
    listed: list[int] = found.dataframe[0].value[zh("No.")].tolist()
    return listed


def test_empty(store: Path) -> None:
    found = page()
    assert zh("The trail is whole: {n} entries.", n=0) in text(found)
    assert zh("No entry is like this.") in text(found)
    assert zh("Nothing of it has been signed yet.") in text(found)


def test_nobody_but_an_auditor(store: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("cockpit.ui.visitor.now", lambda: LI)
    found = page()
    assert [e.value for e in found.error] == [zh("Your account is not allowed to do this.")]
    assert not found.dataframe


def test_full_in_pages_and_filtered(store: Path) -> None:
    fill(60)
    make(engine())
    found = page()
    assert zh("Signed up to entry {n}, last on {time}, key {key}.", n=60, time="", key="")[:8] in (
        text(found)
    )
    assert numbers(found) == list(range(60, 10, -1))
    found.number_input[0].set_value(2).run()
    assert numbers(found) == list(range(10, 0, -1))
    widget(found, "text_input", "About").set_value("table 59").run()
    assert numbers(found) == [60]
    widget(found, "text_input", "By whom").set_value("nobody").run()
    assert zh("No entry is like this.") in text(found)


def test_a_changed_row_is_said_in_plain_words(store: Path) -> None:
    fill(5)
    with sqlite3.connect(store / "county.sqlite") as db:
        db.execute("DROP TRIGGER audit_entry_no_update")
        db.execute("UPDATE audit_entry SET who = '乙' WHERE seq = 3")
    db.close()
    found = text(page())
    assert zh("The trail was changed: it is whole only up to entry {n}.", n=2) in found
    sentence = "Entry {seq} was changed: its column {column} is not what its text says."
    assert zh(sentence, seq=3, column="who") in found


def test_a_code_leads_to_who_exported(store: Path) -> None:
    fill(3)
    found = page()
    box = widget(found, "text_input", "Code on a file or a screen")
    box.set_value(audit.code_of(2)).run()
    assert "李华" in text(found)
    assert "table 1" in text(found)
    assert zh("Said purpose: {purpose}", purpose="核对名单") in text(found)
    box = widget(found, "text_input", "Code on a file or a screen")
    box.set_value("0002-X").run()
    sentence = "{code} was mistyped: its last letter does not fit."
    assert zh(sentence, code="0002-X")[:8] in text(found).replace("\\", "")


def test_worth_a_look_and_retention(store: Path) -> None:
    assert zh("Nothing of the last {n} days is worth a look by these rules.", n=30) in text(
        page(view="odd")
    )
    fill(25)
    odd = page(view="odd")
    assert odd.dataframe[0].value[zh("How many")].tolist() == [21]
    kept = page(view="kept")
    assert zh("Nothing has been destroyed yet.") in text(kept)
    assert "人口" in kept.dataframe[0].value[zh("Data set")].tolist()


def test_in_english(store: Path) -> None:
    fill(2)
    found = page(lang="en")
    assert "The trail is whole: 2 entries." in text(found)
    assert "Exported or downloaded" in found.dataframe[0].value["Act"].tolist()
