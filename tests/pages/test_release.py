"""The page Release on the tiny county: expect, make, look, publish or discard, retract."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import pytest
from sqlalchemy.orm import Session
from streamlit.testing.v1 import AppTest

from cockpit.answers import release_budget, release_store, release_write
from cockpit.store.session import engine
from cockpit.ui import release_words
from tests import released

PAGE = Path(__file__).parents[2] / "pages" / "release.py"


@pytest.fixture
def here(tiny_store: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    with released.own_copy(tiny_store, tmp_path, monkeypatch) as folder:
        yield folder


def opened(**query: str) -> AppTest:
    page = AppTest.from_file(PAGE, default_timeout=60)
    page.query_params.update(query)
    page.run()
    assert not page.exception
    return page


def html(page: AppTest) -> str:
    return "".join(str(e.proto.body) for e in page.get("html"))


def captions(page: AppTest) -> str:
    return "\n".join(c.value for c in page.caption)


def press(page: AppTest, start: str) -> AppTest:
    next(b for b in page.button if b.label.startswith(start)).click().run()
    assert not page.exception
    return page


def made(**query: str) -> AppTest:
    page = opened(**query)
    page.text_area[0].set_value("公众关心").run()
    return press(page, "生成数字")


def left() -> Fraction:
    with Session(engine()) as db:
        return release_budget.budget_of(db, "529901", now=release_write.utc_now()).left


def test_tells_what_to_expect_before_anything_is_spent(here: Path) -> None:
    page = opened()
    assert "ε 1，已用 0，剩余 1" in html(page)
    table = page.dataframe[0].value
    assert table["层级"].tolist() == ["县", "乡镇（街道）", "村（社区）"]
    assert table["是否发布"].tolist()[0] == "是"
    assert table["粗略推算的误差"].tolist()[0] == "—"  # there is no level above the county
    assert "仅供本人查看" in captions(page)
    assert left() == 1


def test_says_which_levels_would_not_be_offered(here: Path) -> None:
    page = opened(level="grid", table="sex-age")
    assert page.dataframe[0].value["是否发布"].tolist()[-1] == "否，噪声过大"
    assert any("不予发布" in w.value and "网格" in w.value for w in page.warning)


def test_cannot_be_made_without_a_reason(here: Path) -> None:
    page = opened()
    assert next(b for b in page.button if b.label.startswith("生成数字")).disabled


def test_make_look_publish_and_retract(here: Path) -> None:
    page = made()
    assert "已用 0.25" in html(page)
    assert any("草稿：常住人口年龄构成（三段）" in m.value for m in page.markdown)
    figures = page.dataframe[0].value
    assert figures["区域"].tolist() == ["东山街道", "西河镇"]
    assert "±" in figures.columns[1]
    page.run()
    assert page.dataframe[0].value.equals(figures)  # looking again draws nothing
    assert left() == Fraction(3, 4)

    press(page, "发布")
    (one,) = release_store.published()
    assert (one.version, one.reason) == (1, "公众关心")
    assert page.dataframe[0].value["状况"].tolist() == ["已发布"]

    page.text_input[0].set_value("村界有误").run()
    press(page, "撤回")
    assert release_store.published() == ()
    assert any("村界有误" in w.value for w in page.warning)
    assert left() == Fraction(3, 4)


def test_a_discarded_draft_gives_nothing_back(here: Path) -> None:
    page = press(made(), "弃用")
    assert left() == Fraction(3, 4)
    page = opened(work="budget")
    assert page.dataframe[1].value["状况"].tolist() == ["已弃用"]
    assert page.dataframe[0].value["已用 ε"].tolist() == ["0.25"]


def test_the_draft_is_shown_against_the_exact_figures_to_the_steward(here: Path) -> None:
    page = made(level="township")
    assert page.dataframe[1].value["层级"].tolist() == ["县", "乡镇（街道）"]
    assert "请勿外传此表" in captions(page)
    press(page, "检验")
    assert any("点位" in e.value for e in (*page.success, *page.warning))


def test_gaps_instead_of_noise(here: Path) -> None:
    page = opened(table="households", level="village")
    table = page.dataframe[0].value
    assert table["层级"].tolist()[-1] == "村（社区）"
    assert "共隐藏" in table.columns
    page = made(table="households", level="village")
    assert left() == 1
    figures = page.dataframe[0].value
    assert "合计" in figures.columns


def test_gaps_beside_a_public_table(here: Path) -> None:
    press(made(table="households", level="village"), "发布")
    page = opened(table="households", level="village")
    assert "households-by-type-2025 已经公开" in captions(page)
    assert "数据日期：2025" in captions(page)
    other = opened(table="households", level="township")
    assert any("两表对照即可补出隐藏的数字" in e.value for e in other.error)


def test_what_a_backup_forgot_is_told(here: Path, tmp_path: Path) -> None:
    engine().dispose()
    shutil.copytree(here, tmp_path / "backup")
    made()
    engine().dispose()
    shutil.rmtree(here)
    shutil.copytree(tmp_path / "backup", here)
    released.forget_store()
    page = opened(work="budget")
    assert "已用 0.25" in html(page)
    assert any("备份之后另用去 ε 0.25" in w.value for w in page.warning)


def test_an_epsilon_without_end_is_read_as_a_decimal() -> None:
    assert release_words.epsilon_of(Fraction(1, 24)) == "≈ 0.0417"
    assert release_words.epsilon_of(Fraction(1, 8)) == "0.125"


def test_a_used_up_budget_says_so(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COCKPIT_PRIVACY_BUDGET", "0")
    released.forget_store()
    page = opened()
    assert any("隐私预算已用完" in w.value for w in page.warning)
    assert next(b for b in page.button if b.label.startswith("生成数字")).disabled


def test_versions_and_changes_in_english(here: Path) -> None:
    ids = released.fill(engine())
    page = opened(work="released", lang="en", one=ids["noisy"])
    assert page.dataframe[0].value["Version"].tolist() == ["2", "1", "1"]
    told = "\n".join(m.value for m in page.markdown).replace("\\", "")
    assert "The noise is of epsilon 0.4; before: 0.1." in told
    assert "Children under 15, 小青县: 100, before 99." in told
