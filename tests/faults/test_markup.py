"""WEB-8: markup in any string that a county, a feed or a person brings stays text on every page."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from cockpit.access.roles import ROLES
from cockpit.access.rules import PAGES
from cockpit.store.models import (
    Batch,
    Building,
    Dataset,
    Facility,
    Feature,
    Meta,
    Organisation,
    Region,
)
from cockpit.store.models_access import StoredAccount
from cockpit.store.session import open_engine
from tests import bridged, signing
from tests.browser.chromium import MARKS, OFFICE, undrawn
from tests.eventful import EVENTS, add_dataset, add_event
from tests.servers import serving

pytestmark = MARKS
TEXT = 'x<i data-canary="1">甲</i><img src=x onerror="window.ran=1"><script>window.ran=1</script>'
LINK = "[甲](javascript:window.ran=1)"
NAMED = {
    Region: ("name", "name_en"),
    Facility: ("name",),
    Feature: ("name", "kind"),
    Building: ("use",),
    Organisation: ("name", "kind"),
    Dataset: ("title", "title_en", "department", "owner", "purpose", "licence"),
    Batch: ("source",),
}
"""Tables with what people read of them."""
VISITORS = {
    "public": ("open", "village", "datasets", "algorithms"),
    "clerk": (
        "overview", "map", "population", "coverage", "closures", "risk", "warning", "appeals",
        "placement", "timeline", "compare",
        "scenarios", "data", "release",
    ),
    "administrator": ("accounts", "account", "gallery"),
    "auditor": ("audit",),
}  # fmt: skip


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, dict[str, str]]]:
    """Return a cockpit whose every name is markup, and the cookies of its visitors."""
    folder = tmp_path_factory.mktemp("markup")
    engine = open_engine(f"sqlite:///{folder / 'county.sqlite'}")
    bridged.fill(engine)
    with Session(engine) as db:
        add_dataset(db, "events", "events", EVENTS)
        for day in range(3):
            add_event(db, f"E{day}", TEXT, grid=5, day=day, text=f"{TEXT}{LINK}")
        for table, columns in NAMED.items():
            db.execute(update(table).values(dict.fromkeys(columns, f"{TEXT}{LINK}")))
        county = db.execute(select(Meta.value).where(Meta.key == "county")).scalar_one()
        named = {**county, "name": TEXT, "name_en": TEXT, "contact": f"{TEXT}{LINK}"}
        db.execute(update(Meta).where(Meta.key == "county").values(value=named))
        db.commit()
    cookies = {
        name: signing.add_person(folder, name, roles, ROLES[roles[0]].clearance, purpose=TEXT)
        for name, roles in (
            ("clerk", signing.ROLES), ("administrator", ["administrator"]),
            ("auditor", ["auditor"]),
        )
    }  # fmt: skip
    with Session(engine) as db, db.begin():
        db.execute(update(StoredAccount).values(display=TEXT))
    engine.dispose()
    with serving(folder, folder / "server.log") as address:
        yield address, cookies


def drawn(page: Page, address: str) -> None:
    """Open a page and wait until its run has ended and everything is there."""
    page.goto(address)
    page.wait_for_selector("[data-testid=stMain] [data-testid=stMarkdown]", state="attached")
    page.wait_for_selector("[data-testid=stApp][data-test-script-state=notRunning]", timeout=60_000)
    page.wait_for_timeout(400)


@pytest.mark.parametrize("who", VISITORS)
def test_markup_stays_text(site: tuple[str, dict[str, str]], browser: Browser, who: str) -> None:
    address, cookies = site
    signed = [{**OFFICE["cookies"][0], "value": cookies[who]}] if who in cookies else []
    context = browser.new_context(storage_state={"cookies": signed, "origins": []})
    page = undrawn(context).new_page()
    read = ""
    for name in VISITORS[who]:
        drawn(page, f"{address}/{name}?lang=zh")
        assert page.locator("[data-canary]").count() == 0, name
        assert page.locator('img[src="x"]').count() == 0, name
        assert page.locator('a[href^="javascript"]').count() == 0, name
        assert page.evaluate("window.ran") is None, name
        read += page.inner_text("body")
    assert "data-canary" in read  # the names are there, as text
    context.close()


def test_every_page_is_looked_at() -> None:
    assert {page for pages in VISITORS.values() for page in pages} == set(PAGES)
