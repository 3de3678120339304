"""Every sentence of the coverage answers and commands has Chinese words with the same values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.locale import catalogue, translate

ROOT = Path(__file__).parents[2]
FILES = [
    *(ROOT / "cockpit" / "answers").glob("coverage*.py"),
    ROOT / "cockpit" / "answers" / "reach.py",
    *(ROOT / "cockpit" / "commands").glob("*.py"),
    ROOT / "loaders" / "points.py",
]
_SAYING = ("Note", "translate", "say", "_said", "_warn")


def sentences(path: Path) -> Iterator[str]:
    """Yield the texts that stand as arguments of calls that say something."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        if isinstance(node, ast.Call):
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in _SAYING or name.endswith("Error"):
                heads = node.args if name == "_said" else node.args[:1]
                yield from (
                    a.value
                    for a in heads
                    if isinstance(a, ast.Constant) and isinstance(a.value, str)
                )
        # A sentence that is too long for its call stands in a variable of this name.
        told = isinstance(node, ast.Assign) and isinstance(node.value, ast.Constant)
        if told and getattr(node.targets[0], "id", "") == "sentence":
            yield node.value.value


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_sentence_has_chinese_words(path: Path) -> None:
    chinese = catalogue("zh")
    said = {s for s in sentences(path) if s not in ("language", "zh", "en")}
    assert not sorted(s for s in said if s not in chinese)
    for s in said:
        assert set(re.findall(r"{(\w+)", s)) == set(re.findall(r"{(\w+)", chinese[s])), s


def test_the_files_say_something() -> None:
    assert sum(1 for path in FILES for _ in sentences(path)) > 60


def test_modes_and_lights_read_as_words() -> None:
    for name in ("walk", "older", "ebike", "car", "ambulance"):
        for language in ("zh", "en"):
            assert not translate(f"Mode: {name}", language).startswith("Mode:")
    for light in ("green", "yellow", "red", "none"):
        for language in ("zh", "en"):
            assert not translate(f"Light: {light}", language).startswith("Light:")
