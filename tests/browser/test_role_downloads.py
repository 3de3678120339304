"""Downloads as each role, from the link on the page: who gets a file, and what it says of them."""

from __future__ import annotations

import csv
import io
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from cockpit.access import audit
from cockpit.access.roles import ROLES
from tests import signing
from tests.browser.chromium import MARKS, OFFICE

pytestmark = MARKS
MAY = ("leader", "planner", "steward")
MAY_NOT = sorted(set(ROLES) - set(MAY) - {"public"})


def tab_of(browser: Browser, store: Path, role: str) -> Page:
    """Return a tab of somebody who holds one role."""
    cookie = signing.add_person(store, f"one-{role}", [role], ROLES[role].clearance)
    mine = {**OFFICE["cookies"][0], "value": cookie}
    context = browser.new_context(
        locale="zh-CN", accept_downloads=True, storage_state={"cookies": [mine], "origins": []}
    )
    return context.new_page()


@pytest.mark.parametrize("role", MAY)
def test_the_link_on_the_map_gives_a_marked_file(
    browser: Browser, tiny_server: str, tiny_store: Path, role: str, tmp_path: Path
) -> None:
    page = tab_of(browser, tiny_store, role)
    page.goto(f"{tiny_server}/map?lang=zh")
    link = page.get_by_role("link", name="CSV", exact=True).first
    expect(link).to_be_visible(timeout=60_000)
    with page.expect_download(timeout=60_000) as got:
        link.click()
    file = tmp_path / "table.csv"
    got.value.save_as(file)
    rows = list(csv.reader(io.StringIO(file.read_text(encoding="utf-8-sig"))))
    said = rows[-1][0]
    assert said.startswith(f"# one-{role}的同志（one-{role}）于 ")
    found = re.search(r"追溯码 (\S+)。", said)
    assert found is not None
    assert found[1] in got.value.suggested_filename
    assert audit.entry_of(found[1]) is not None  # the code is one of ours
    page.context.close()


@pytest.mark.parametrize("role", MAY_NOT)
def test_other_roles_have_no_link_and_get_no_file(
    browser: Browser, tiny_server: str, tiny_store: Path, role: str
) -> None:
    page = tab_of(browser, tiny_store, role)
    page.goto(f"{tiny_server}/map?lang=zh")
    expect(page.get_by_role("main")).to_be_visible(timeout=60_000)
    assert page.get_by_role("link", name="CSV", exact=True).count() == 0
    reply = page.request.get(f"{tiny_server}/download/tiny1/village/529901.csv?lang=zh")
    assert (reply.status, reply.json()["error"]) == (403, "您的账号无权查看此内容。")
    page.context.close()


def test_the_public_takes_open_data_and_nothing_else(browser: Browser, tiny_server: str) -> None:
    page = browser.new_context(locale="zh-CN").new_page()
    reply = page.request.get(f"{tiny_server}/download/tiny1/village/529901.csv?lang=zh")
    assert (reply.status, reply.json()["error"]) == (401, "请先登录。")
    catalogue = page.request.get(f"{tiny_server}/open/catalogue.jsonld")
    assert catalogue.status == 200
    page.context.close()
