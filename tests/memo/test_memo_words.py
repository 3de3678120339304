"""Every sentence of a memo has Chinese words with the same values."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.locale import catalogue
from cockpit.memo.method import BASIS_TITLES, PARAMETER_TITLES, UNIT_TITLES
from cockpit.memo.text import CHANGE_TITLES, KPIS
from cockpit.placement.models import MODELS

ROOT = Path(__file__).parents[2] / "cockpit"
FILES = [*(ROOT / "memo").glob("*.py"), *(ROOT / "answers").glob("memo*.py")]


def texts(node: ast.expr) -> Iterator[str]:
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def sentences(path: Path) -> Iterator[str]:
    """Yield what is said, and the heads of tables: tuples of words that go through say."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and node.args:
            name = getattr(node.func, "id", getattr(node.func, "attr", ""))
            if name in ("say", "_say", "called"):
                yield from texts(node.args[0])
        elif isinstance(node, ast.Tuple):
            words = [text for part in node.elts for text in texts(part)]
            yield from (text for text in words if re.match(r"[A-Z][a-z]+( [a-z]|$)", text))


MONTHS = ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_sentence_has_chinese_words(path: Path) -> None:
    chinese = catalogue("zh")
    assert not sorted(s for s in sentences(path) if s not in chinese and s not in MONTHS)


def test_titles_have_chinese_words() -> None:
    titles = [*UNIT_TITLES.values(), *BASIS_TITLES.values(), *PARAMETER_TITLES.values()]
    titles += [*CHANGE_TITLES.values(), *(title for _, title, _ in KPIS)]
    titles += [text for model in MODELS.values() for text in (model.title, model.note)]
    assert not [title for title in titles if title not in catalogue("zh")]


def test_every_unit_of_a_model_can_be_said() -> None:
    assert {model.unit for model in MODELS.values()} <= set(UNIT_TITLES)
