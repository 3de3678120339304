"""Every sentence a visitor can read has Chinese words with the same values."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from cockpit.indicators import INDICATORS, MEASURES
from cockpit.locale import catalogue, translate

ROOT = Path(__file__).parents[1]
FILES = [
    ROOT / "cockpit" / "shell.py",
    *(ROOT / "cockpit" / "ui").glob("*.py"),
    *(ROOT / "pages").glob("*.py"),
    *(ROOT / "cockpit" / "web").glob("lite*.py"),
    *(ROOT / "cockpit" / "answers").glob("lite*.py"),
    ROOT / "cockpit" / "web" / "signin_page.py",
]
_SAYING = ("say", "say_terms", "with_unit")


def sentences(path: Path) -> Iterator[str]:
    """Yield every text that stands as the first argument of ``say``, however it is called."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if not isinstance(node, ast.Call) or not node.args:
            continue
        name = getattr(node.func, "id", getattr(node.func, "attr", ""))
        if name == "say":
            yield from texts(node.args[0])
        elif name == "say_terms":
            yield from (
                t
                for pair in ast.walk(node)
                if isinstance(pair, ast.Tuple)
                for t in texts(pair.elts[0])
            )


def texts(node: ast.expr) -> Iterator[str]:
    """Yield a text, and both texts of "a if x else b"."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        yield node.value
    elif isinstance(node, ast.IfExp):
        yield from texts(node.body)
        yield from texts(node.orelse)


def titles(path: Path) -> Iterator[str]:
    """Yield the texts of module constants named ...TITLES and ...PARTS: they go through say."""
    for node in ast.parse(path.read_text(encoding="utf-8")).body:
        targets = [node.target] if isinstance(node, ast.AnnAssign) else getattr(node, "targets", [])
        names = [t.id for t in targets if isinstance(t, ast.Name)]
        value = getattr(node, "value", None)
        if isinstance(value, ast.Dict) and any(n.endswith(("TITLES", "PARTS")) for n in names):
            for item in value.values:
                yield from texts(item)


def placeholders(text: str) -> set[str]:
    return set(re.findall(r"\{(\w+)", text))


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.name)
def test_every_sentence_has_chinese_words(path: Path) -> None:
    chinese = catalogue("zh")
    said = {*sentences(path), *titles(path)}
    missing = sorted(s for s in said if s.strip() and s not in chinese)
    assert not missing, "without Chinese text:\n" + "\n".join(missing)
    uneven = sorted(s for s in said if s in chinese and placeholders(s) != placeholders(chinese[s]))
    assert not uneven, "other {values} in Chinese:\n" + "\n".join(uneven)


def test_every_indicator_has_chinese_words() -> None:
    chinese = catalogue("zh")
    words = {t for m in MEASURES.values() for t in (m.title, m.unit)}
    words |= {t for i in INDICATORS.values() for t in (i.title, i.unit)}
    assert not sorted(w for w in words if w and w not in chinese)


def test_figures_and_facts_of_the_map_have_chinese_words() -> None:
    chinese = catalogue("zh")
    tree = ast.parse((ROOT / "cockpit" / "answers" / "map.py").read_text(encoding="utf-8"))
    words = {
        argument.value
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") in ("Fact", "Figure")
        for argument in node.args
        if isinstance(argument, ast.Constant)
        and isinstance(argument.value, str)
        and argument.value
        and (argument.value[0].isupper() or argument.value in ("persons", "km²", "m"))
    }
    assert len(words) > 15
    assert not sorted(w for w in words if w not in chinese)


def test_all_translations_keep_their_values() -> None:
    for language in ("zh", "en"):
        for english, other in catalogue(language).items():
            assert placeholders(english) == placeholders(other), english


def test_choices_read_as_words_in_english() -> None:
    shown = {translate(i.title, "en") for i in INDICATORS.values()}
    shown |= {translate(m.title, "en") for m in MEASURES.values()}
    assert not [s for s in shown if "_" in s or s.startswith(("Group:", "Facility:"))]
