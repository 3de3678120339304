"""Which way imports flow, how long files grow, and that every error has Chinese words."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from cockpit.locale import LANGUAGES, catalogue

ROOT = Path(__file__).parents[1]
LONGEST_FILE, LONGEST_PAGE = 600, 90  # lines

# Folder (or pattern) -> what its files must not import. The longest entry that fits a file counts.
FORBIDDEN: dict[str, tuple[str, ...]] = {
    "geodata": ("cockpit", "loaders", "pages", "streamlit", "starlette", "sqlalchemy"),
    # A loader may read somebody else's database (D02): SQLAlchemy as a reader, never our store.
    "loaders": ("cockpit", "pages", "streamlit", "starlette"),
    "cockpit": ("streamlit", "starlette", "sqlalchemy", "pages"),
    "cockpit/__main__.py": ("streamlit", "starlette", "pages"),
    "cockpit/shell.py": ("starlette", "sqlalchemy", "pages", "loaders"),
    "cockpit/access": ("streamlit", "starlette", "pages", "cockpit.ui", "cockpit.web"),
    "cockpit/store": ("streamlit", "starlette", "pages", "cockpit.ui", "cockpit.web"),
    "cockpit/answers": ("streamlit", "starlette", "pages", "cockpit.ui", "cockpit.web"),
    "cockpit/web": ("streamlit", "pages", "cockpit.ui", "cockpit.store.models", "geopandas"),
    "cockpit/ui": ("starlette", "pages", "cockpit.web", "loaders.manifest", "geopandas"),
    "streamlit_app.py": ("sqlalchemy", "pages", "loaders"),
}
PAGES_MAY_IMPORT = ("cockpit.ui", "geodata.errors", "streamlit", "__future__")


def sources(*folders: str) -> list[Path]:
    found = [p for folder in folders for p in sorted((ROOT / folder).rglob("*.py"))]
    return [p for p in found if "migrations" not in p.parts]


OURS = [*sources("cockpit", "geodata", "loaders", "pages"), ROOT / "streamlit_app.py"]


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


@cache
def tree_of(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), name_of(path))


def imports(path: Path) -> Iterator[str]:
    """Yield every module that a file imports, inside functions too, with the names it takes."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name_of(path)}: imports are absolute"
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def rule_for(path: Path) -> tuple[str, ...]:
    name = name_of(path)
    fitting = [key for key in FORBIDDEN if name == key or name.startswith(f"{key}/")]
    return FORBIDDEN[max(fitting, key=len)] if fitting else ()


def within(module: str, package: str) -> bool:
    return module == package or module.startswith(f"{package}.")


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_imports_flow_one_way(path: Path) -> None:
    wrong = [m for m in imports(path) for p in rule_for(path) if within(m, p)]
    assert not wrong, f"{name_of(path)} must not import {', '.join(wrong)}"


@pytest.mark.parametrize("path", sources("pages"), ids=name_of)
def test_pages_talk_to_the_ui_alone(path: Path) -> None:
    wrong = [m for m in imports(path) if not any(within(m, p) for p in PAGES_MAY_IMPORT)]
    assert not wrong, f"{name_of(path)} must not import {', '.join(wrong)}"
    defined = [
        node.name
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.FunctionDef | ast.ClassDef)
    ]
    assert not defined, f"{name_of(path)} defines {', '.join(defined)}; it belongs in cockpit/ui"


@pytest.mark.parametrize("path", OURS, ids=name_of)
def test_files_stay_readable(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    limit = LONGEST_PAGE if path.parent.name == "pages" else LONGEST_FILE
    assert lines <= limit, f"{name_of(path)} has {lines} lines; look for the second idea in it"


def test_only_the_ui_touches_session_state() -> None:
    wrong = [
        name_of(path)
        for path in OURS
        if path != ROOT / "cockpit/ui/state.py"
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Attribute) and node.attr == "session_state"
    ]
    assert not wrong


def test_colours_are_named_in_the_design_language_alone() -> None:
    """A screen, a chart or a file that names a colour of its own drifts from the others."""
    colour = re.compile(r"#[0-9A-Fa-f]{8}\b|#[0-9A-Fa-f]{6}\b|(?<=[:\"' ])#[0-9A-Fa-f]{3}\b")
    shown = [
        p for p in (ROOT / "cockpit" / "web").rglob("*") if p.suffix in (".css", ".js", ".html")
    ]
    wrong = [
        f"{name_of(path)}: {found.group()}"
        for path in [*OURS, *shown]
        if path.parent != ROOT / "cockpit" / "look"
        for found in colour.finditer(path.read_text(encoding="utf-8"))
    ]
    assert shown
    assert not wrong


def test_no_sql_is_put_together_from_text() -> None:
    """``text(...)`` takes a plain literal: no f-string, no joined or formatted one."""
    wrong = [
        f"{name_of(path)}:{node.lineno}"
        for path in OURS
        for node in ast.walk(tree_of(path))
        if isinstance(node, ast.Call)
        and isinstance(node.func, ast.Name)
        and node.func.id == "text"
        and any("sqlalchemy" in m and m.endswith(".text") for m in imports(path))
        and not isinstance(node.args[0], ast.Constant)
    ]
    assert not wrong


def error_templates() -> list[tuple[str, str]]:
    """Return (place, template) of each error that is raised with a literal sentence."""
    found = []
    for path in OURS:
        for node in ast.walk(tree_of(path)):
            if not (isinstance(node, ast.Call) and node.args):
                continue
            called = node.func.attr if isinstance(node.func, ast.Attribute) else ""
            called = node.func.id if isinstance(node.func, ast.Name) else called
            first = node.args[0]
            if hasattr(builtins, called):  # a ValueError is a bug's, not a visitor's
                continue
            if (called.endswith("Error") or called == "AskFirst") and (
                isinstance(first, ast.Constant) and isinstance(first.value, str)
            ):
                found.append((f"{name_of(path)}:{node.lineno}", first.value))
    return found


def test_every_error_speaks_chinese_with_the_same_values() -> None:
    chinese = catalogue("zh")
    missing = [f"{place}: {t}" for place, t in error_templates() if t not in chinese]
    assert not missing, "no Chinese for\n" + "\n".join(missing)


def test_translations_keep_the_placeholders() -> None:
    for language in LANGUAGES:
        for msgid, msgstr in catalogue(language).items():
            assert placeholders(msgid) == placeholders(msgstr), msgid


def placeholders(sentence: str) -> set[str]:
    return set(re.findall(r"{(\w+)[^}]*}", sentence))


def test_requirements_pin_every_version() -> None:
    for name in ("requirements.txt", "tests/requirements.txt"):
        for line in (ROOT / name).read_text(encoding="utf-8").splitlines():
            if line and not line.startswith(("#", "-r ")):
                assert re.match(r"^[A-Za-z0-9_.\-]+==[\w.]+(; .+)?$", line), f"{name}: {line}"


def test_nothing_installed_is_under_the_gpl() -> None:
    from importlib.metadata import PackageNotFoundError, distribution

    wrong = []
    for line in (ROOT / "requirements.txt").read_text(encoding="utf-8").splitlines():
        if "==" not in line:
            continue
        try:
            facts = distribution(line.split("==")[0]).metadata
        except PackageNotFoundError:  # a pin for another platform
            continue
        licence = " ".join(
            [
                facts.get("License-Expression") or "",
                (facts.get("License") or "")[:80],
                *(c for c in facts.get_all("Classifier", []) if c.startswith("License")),
            ]
        )
        if re.search(r"\bA?GPL|(?<!Lesser )General Public", licence):
            wrong.append(f"{line}: {licence}")
    assert not wrong
