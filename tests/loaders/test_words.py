"""Every sentence of the readers has Chinese words with the same names in braces."""

from __future__ import annotations

import ast
import string
from pathlib import Path

import pytest

from cockpit.locale import catalogue

ROOT = Path(__file__).parents[2]
FILES = [*sorted((ROOT / "loaders").glob("*.py")), ROOT / "geodata" / "crs.py"]


def names(template: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(template) if name}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_errors_have_chinese_words(path: Path) -> None:
    known = catalogue("zh")
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            template = node.value
            beginning = template.endswith(": ")  # put before a sentence that has words of its own
            if template.startswith(("{file}", "{crs}", "{offset}")) and not beginning:
                assert template in known
                assert names(known[template]) == names(template)
