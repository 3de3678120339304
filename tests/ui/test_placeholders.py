"""Streamlit's own words in empty boxes are English: every box brings its own."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

UI = Path(__file__).parents[2] / "cockpit" / "ui"


@pytest.mark.parametrize("path", sorted(UI.glob("*.py")), ids=lambda path: path.name)
def test_every_box_of_choices_has_its_own_words_when_empty(path: Path) -> None:
    boxes = [
        node
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call)
        and getattr(node.func, "attr", "") in ("selectbox", "multiselect")
    ]
    bare = [n.lineno for n in boxes if "placeholder" not in {k.arg for k in n.keywords}]
    assert not bare, f"{path.name}: boxes without a placeholder in lines {bare}"
