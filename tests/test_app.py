"""The whole app on the tiny county: every page in both languages, the frame, and its last word."""

from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

ROOT = Path(__file__).parents[1]
SHELL = ROOT / "cockpit" / "shell.py"
PAGES = sorted(p.stem for p in (ROOT / "pages").glob("*.py"))


def html(app: AppTest) -> str:
    return "".join(str(e.proto.body) for e in app.get("html"))


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("page", PAGES)
def test_every_page_opens(tiny_here: Path, page: str, language: str) -> None:
    app = AppTest.from_file(SHELL, default_timeout=60)
    app.query_params["lang"] = language
    app.switch_page(f"../pages/{page}.py").run()
    assert not app.exception
    assert not app.error
    name = {"zh": "小青县数字孪生驾驶舱", "en": "Little Qing digital twin"}[language]
    assert name in html(app)
    mark = {"zh": "示例县 · 虚构", "en": "Sample county, invented"}[language]
    assert mark in html(app)
    footer = {"zh": "数据截至2025年11月1日", "en": "Data as of 1 Nov 2025"}[language]
    assert any(footer in caption.value for caption in app.caption)


def test_the_language_is_kept_in_the_address(tiny_here: Path) -> None:
    app = AppTest.from_file(SHELL, default_timeout=60).run()
    assert "示例县 · 虚构" in html(app)
    app.button_group(key="widget.language").set_value("en").run()
    assert "Sample county, invented" in html(app)
    assert app.query_params["lang"] == "en"


def test_an_empty_store_says_what_to_do(
    tmp_path: Path, tiny_here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from tests.conftest import _forget_store

    monkeypatch.setenv("COCKPIT_DATA", str(tmp_path))
    _forget_store()
    app = AppTest.from_file(SHELL, default_timeout=60).run()
    assert not app.exception
    assert app.header[0].value == "还没有导入县域数据。"
    assert "python -m cockpit demo" in app.code[0].value


def test_a_bug_is_one_sentence_with_a_number(
    tiny_here: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object) -> None:
        message = "secret table at /srv/data"
        raise ZeroDivisionError(message)

    monkeypatch.setattr("cockpit.ui.overview.show", broken)
    app = AppTest.from_file(SHELL, default_timeout=60).run()
    assert not app.exception
    assert len(app.error) == 1
    said = app.error[0].value
    assert said.startswith("页面未能显示。")
    assert "secret" not in said
    number = said.split("错误编号 ")[1][:8]
    assert number in caplog.text
    assert "secret table at /srv/data" in caplog.text
