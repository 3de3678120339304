"""The pages Population and Data in a real browser: every view, both languages, both themes."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from urllib.parse import quote, urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect

from tests.browser.chromium import MARKS, OFFICE, SHOTS

pytestmark = MARKS
READY = {
    "population?view=structure": "[data-testid=stPlotlyChart] .plot-container",
    "population?view=change": "[data-testid=stPlotlyChart] .plot-container",
    "population?view=compare": "[data-testid=stPlotlyChart] .plot-container",
    "data?work=catalogue": "[data-testid=stDataFrame]",
    "data?work=findings": "[data-testid=stDataFrame]",
    "data?work=conflicts": "[data-testid=stDataFrame]",
    "data?work=lineage": "[data-testid=stDataFrame]",
    "data?work=pools": "[data-testid=stMetric]",
    "data?work=upload": "[data-testid=stFileUploader]",
    "data?work=dictionary": "[data-testid=stDataFrame]",
}


@pytest.fixture
def page(browser: Browser, request: pytest.FixtureRequest) -> Iterator[Page]:
    """Return a tab in the theme that the test's parameter names; nothing may leave the host."""
    theme = getattr(request, "param", "light")
    context = browser.new_context(
        storage_state=OFFICE,
        viewport={"width": 1920, "height": 1080},
        color_scheme=theme,
        locale="zh-CN",
    )
    tab = context.new_page()
    hosts: set[str] = set()
    tab.on("request", lambda r: hosts.add(urlsplit(r.url).hostname or ""))
    yield tab
    context.close()
    assert hosts <= {"127.0.0.1", "localhost", ""}


def settled(page: Page) -> Page:
    """Wait until the page has stopped computing and drawing."""
    expect(page.locator("[data-testid=stStatusWidget]")).to_have_count(0, timeout=60_000)
    page.wait_for_timeout(800)
    expect(page.locator("[data-testid=stException]")).to_have_count(0)
    return page


def shot(page: Page, name: str) -> None:
    SHOTS.mkdir(exist_ok=True)
    page.screenshot(path=SHOTS / f"{name}.png")


@pytest.mark.parametrize(
    ("page", "language"),
    [("dark", "zh"), ("light", "en")],
    indirect=["page"],
)
def test_every_view_is_drawn(
    page: Page, language: str, live_server: str, request: pytest.FixtureRequest
) -> None:
    theme = request.node.callspec.params["page"]
    for address, ready in READY.items():
        page.goto(f"{live_server}/{address}&lang={language}")
        expect(page.locator(ready).first).to_be_visible(timeout=60_000)
        settled(page)
        expect(page.locator("[data-testid=stAlertContentError]")).to_have_count(0)
        name, _, rest = address.partition("?")
        shot(page, f"{name}-{rest.partition('=')[2]}-{language}-{theme}")


def test_the_region_goes_with_the_visitor(page: Page, live_server: str) -> None:
    page.goto(f"{live_server}/population?region=529901001&lang=zh")
    expect(page.get_by_text("常住人口").first).to_be_visible(timeout=60_000)
    settled(page)
    sentence = page.get_by_text("年龄中位数").first.inner_text()
    page.goto(f"{live_server}/data?work=lineage&region=529901001&indicator=people&lang=zh")
    verdict = page.get_by_text("由文件各行重新计算")
    expect(verdict).to_be_visible(timeout=60_000)
    expect(verdict).to_contain_text("完全一致")
    # The same figure on both pages: "... 38,687 人 ...".
    people = sentence.partition("常住人口 ")[2].partition(" 人")[0]
    expect(verdict).to_contain_text(f"{people} 人")


def test_a_figure_is_read_again_from_its_file(page: Page, live_server: str) -> None:
    page.goto(f"{live_server}/data?work=lineage&indicator=people&lang=zh")
    page.get_by_role("button", name="重新读取文件").click(timeout=60_000)
    expect(page.get_by_text("文件与入库时一致。")).to_be_visible(timeout=60_000)
    expect(page.get_by_text("文件各行合计 480,000；库中为 480,000。")).to_be_visible()


def test_an_upload_is_checked_before_anything_is_stored(page: Page, live_server: str) -> None:
    page.goto(f"{live_server}/data?work=upload&lang=zh")
    rows = "学校名称,类别,经度,纬度\n新建小学,小学,106.97,27.31\n远方小学,小学,0,0\n"
    page.locator("[data-testid=stFileUploaderDropzone] input").set_input_files(
        {"name": "学校.csv", "mimeType": "text/csv", "buffer": rows.encode("gb18030")},
        timeout=60_000,
    )
    expect(page.get_by_text("已识别的列")).to_be_visible(timeout=60_000)
    settled(page)
    shot(page, "data-dry-run-zh-light")
    expect(page.get_by_role("button", name="确认入库")).to_be_visible()


def test_the_list_of_findings_is_a_file(page: Page, live_server: str) -> None:
    reply = page.request.get(f"{live_server}/download/findings.csv?lang=zh&status=open")
    assert reply.status == 200
    rows = list(csv.DictReader(io.StringIO(reply.body().decode("utf-8-sig"))))
    assert rows
    assert set(rows[0]) >= {"文件", "行", "现有值", "应为", "规则"}
    hidden = [row for row in rows if row["文件"] and "已隐藏" in row["现有值"]]
    assert all(row["原行内容"] == "" for row in hidden)


@pytest.mark.parametrize("text", ["<img src=x onerror=alert(1)>", "' OR 1=1 --", "x" * 500])
def test_an_odd_address_shows_the_page(page: Page, live_server: str, text: str) -> None:
    odd = quote(text)
    page.on("dialog", lambda _: pytest.fail("a script ran"))
    page.goto(f"{live_server}/population?region={odd}&view={odd}&lang=zh")
    expect(page.locator("[data-testid=stMetric]").first).to_be_visible(timeout=60_000)
    settled(page)
