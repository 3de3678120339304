"""
Pictures of every page in both themes and languages. Run: python -m tests.browser.shots

Pages come from the menu of each role, so that a new page comes in by itself. Pictures, a contact
sheet of each language and theme and an index go to ``screenshots/``; a page that could not be drawn
is named at the end, and the program then ends with 1.

With ``--server ADDRESS`` the pages of a running cockpit with demo accounts are taken; otherwise the
sample county is made, which takes half a minute.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from html import escape
from pathlib import Path
from urllib.parse import urlsplit

from PIL import Image, ImageDraw, ImageFont
from playwright.sync_api import Browser, BrowserContext, Page, StorageState, sync_playwright
from playwright.sync_api import Error as BrowserError

from cockpit.access.rules import PAGES
from cockpit.ui.menu import _GROUPS
from tests.browser.chromium import CHROMIUM, FLAGS
from tests.servers import make_sample, serving

SIZES = {"wide": (1920, 1080), "phone": (390, 844)}
SCREENS = ((1920, 1080), (3840, 2160), (3840, 1080), (1080, 1920), (390, 844))
"""Of ``/screen``: a wall, 4K, two side by side, upright, and a telephone."""
ROLES = ("public", "leader", "planner", "steward", "auditor", "administrator", "screen")
PLAIN = {"sign-in": "/sign-in", "lite": "/lite"}
"""Pages outside of the menu, seen by everybody."""
LANGUAGES, THEMES = ("zh", "en"), ("light", "dark")
PAGE_S = 45.0
"""Longest wait for a page; then it is named and left."""
CELL = (480, 300)
READY = "[data-testid=stApp][data-test-script-state=notRunning]"
WRONG = "[data-testid=stException], [data-testid=stAlertContentError]"


@dataclass(frozen=True)
class Shot:
    """One picture to be taken: of whom, where, how large, and how it is called."""

    name: str
    role: str
    address: str
    size: tuple[int, int]
    language: str
    theme: str

    @property
    def file(self) -> str:
        """Return its file name."""
        width, height = self.size
        return f"{self.name}-{self.role}-{self.language}-{self.theme}-{width}x{height}.png"


def wanted(only: str = "") -> list[Shot]:
    """Return all pictures: of each page for the first role that may open it, and of screens."""
    places = {
        name: next(role for role in ROLES if role in PAGES[name].roles)
        for _, pages in _GROUPS
        for name, _, _ in pages
    }
    found = []
    for language in LANGUAGES:
        for theme in THEMES:
            one = [Shot(n, r, f"/{n}", s, language, theme)
                   for n, r in places.items() for s in SIZES.values()]  # fmt: skip
            one += [Shot(n, "public", a, s, language, theme)
                    for n, a in PLAIN.items() for s in SIZES.values()]  # fmt: skip
            one += [Shot("screen", "screen", "/screen", s, language, theme) for s in SCREENS]
            found += one
    return [shot for shot in found if only in shot.file]


@contextmanager
def cockpit(address: str) -> Iterator[str]:
    """Yield the address of a cockpit: the one that is named, or one with the sample county."""
    if address:
        yield address.rstrip("/")
        return
    with tempfile.TemporaryDirectory(prefix="cockpit-shots-") as folder:
        data = Path(folder) / "data"
        make_sample(data)
        log = Path(folder) / "server.log"
        with serving(data, log, COCKPIT_DEMO_ACCOUNTS="1") as own:
            yield own


def signed_in(browser: Browser, server: str, role: str) -> StorageState:
    """Return the cookies of a demo account of a role; none for the public."""
    context = browser.new_context()
    page = context.new_page()
    if role != "public":
        page.goto(f"{server}/sign-in")
        page.click(f"button[value=demo-{role}]")
        page.wait_for_url(lambda url: "sign-in" not in url, timeout=PAGE_S * 1000)
    state = context.storage_state()
    context.close()
    return state


def opened(browser: Browser, state: StorageState, shot: Shot) -> BrowserContext:
    """Return a browser as large, in the language and in the theme of a picture."""
    context = browser.new_context(
        storage_state=state,
        viewport={"width": shot.size[0], "height": shot.size[1]},
        color_scheme="dark" if shot.theme == "dark" else "light",
        locale="zh-CN" if shot.language == "zh" else "en-GB",
        is_mobile=shot.size == SIZES["phone"],
    )
    context.set_default_timeout(PAGE_S * 1000)
    return context


def take(page: Page, server: str, shot: Shot, path: Path) -> str:
    """Take one picture; return what is wrong with the page, "" for nothing."""
    page.goto(f"{server}{shot.address}?lang={shot.language}&theme={shot.theme}")
    if page.locator("#root").count():
        page.wait_for_selector(READY, state="attached")
        page.wait_for_selector("[data-testid=stMain] *")
    page.wait_for_load_state("load")
    page.wait_for_timeout(2500)  # maps and charts are drawn after the script has ended
    page.screenshot(path=path)
    said = [text.strip().partition("\n")[0] for text in page.locator(WRONG).all_inner_texts()]
    if shot.name != "gallery" and said:  # it shows an error on purpose
        return said[0]
    # Who may not open a page is led to another; the page that a visitor begins with is at "/".
    at = urlsplit(page.url).path
    return "" if at in ("/", shot.address) else f"led to {at}"


def take_all(server: str, shots: list[Shot], folder: Path, *, seconds: float) -> dict[Shot, str]:
    """Take pictures within a time; return those that were not taken well, and why."""
    wrong: dict[Shot, str] = {}
    until = time.monotonic() + seconds
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=FLAGS)
        states: dict[str, StorageState] = {}
        for shot in shots:
            if time.monotonic() > until:
                wrong[shot] = "no time was left"
                continue
            try:
                if shot.role not in states:
                    states[shot.role] = signed_in(browser, server, shot.role)
                context = opened(browser, states[shot.role], shot)
                said = take(context.new_page(), server, shot, folder / shot.file)
                context.close()
            except BrowserError as error:
                said = str(error).partition("\n")[0]
            if said:
                wrong[shot] = said
            print(shot.file, said, flush=True)
        browser.close()
    return wrong


def sheet(folder: Path, shots: list[Shot], language: str, theme: str) -> Path:
    """Make a contact sheet of a language and theme; return its file."""
    of_it = [s for s in shots if (s.language, s.theme) == (language, theme)]
    there = [s for s in of_it if (folder / s.file).exists()]
    across = 4
    rows = -(-max(len(there), 1) // across)
    made = Image.new("RGB", (across * CELL[0], rows * (CELL[1] + 24)), "white")
    draw, face = ImageDraw.Draw(made), ImageFont.load_default(14)
    for k, shot in enumerate(there):
        x, y = k % across * CELL[0], k // across * (CELL[1] + 24)
        with Image.open(folder / shot.file) as picture:
            small = picture.convert("RGB")
            small.thumbnail((CELL[0] - 8, CELL[1] - 8))
            made.paste(small, (x + 4, y + 24))
        draw.text((x + 6, y + 4), f"{shot.name} {shot.size[0]}x{shot.size[1]}", "black", font=face)
    path = folder / f"contact-{language}-{theme}.png"
    made.save(path)
    return path


def index(folder: Path, shots: list[Shot], sheets: list[Path], wrong: dict[Shot, str]) -> None:
    """Write a page with all pictures, and what is wrong first."""
    faults = "".join(f"<li>{escape(s.file)}: {escape(why)}</li>" for s, why in wrong.items())
    links = "".join(f'<a href="{p.name}"><img src="{p.name}" width="400"></a>' for p in sheets)
    pictures = "".join(
        f'<figure><a href="{s.file}"><img loading="lazy" src="{s.file}" width="320"></a>'
        f"<figcaption>{escape(s.file)}</figcaption></figure>"
        for s in shots if (folder / s.file).exists()
    )  # fmt: skip
    (folder / "index.html").write_text(
        '<!doctype html><meta charset="utf-8"><title>Screenshots</title>'
        "<style>body{font-family:sans-serif}figure{display:inline-block;margin:8px;"
        "vertical-align:top}figcaption{font-size:12px}</style>"
        f"<h1>Screenshots</h1><ul>{faults}</ul>{links}<div>{pictures}</div>",
        encoding="utf-8",
    )


def main() -> int:
    """Take the pictures that the command line asks for; return 1 when one was not taken well."""
    parser = argparse.ArgumentParser(description="Take pictures of every page.")
    parser.add_argument("--out", type=Path, default=Path("screenshots"))
    parser.add_argument("--server", default="", help="a running cockpit with demo accounts")
    parser.add_argument("--only", default="", help="a part of the file's name")
    parser.add_argument("--seconds", type=float, default=2400.0, help="time for all")
    asked = parser.parse_args()
    if CHROMIUM is None:
        print("No Chromium on this machine.", file=sys.stderr)
        return 1
    if asked.out.exists() and not asked.only:
        shutil.rmtree(asked.out)
    asked.out.mkdir(parents=True, exist_ok=True)
    os.environ.setdefault("COCKPIT_DEMO_ACCOUNTS", "1")
    shots = wanted(asked.only)
    with cockpit(asked.server) as server:
        wrong = take_all(server, shots, asked.out, seconds=asked.seconds)
    sheets = [sheet(asked.out, shots, one, theme) for one in LANGUAGES for theme in THEMES]
    index(asked.out, shots, sheets, wrong)
    for shot, why in wrong.items():
        print(f"could not be drawn: {shot.file}: {why}", file=sys.stderr)
    print(f"{len(shots) - len(wrong)} of {len(shots)} pictures in {asked.out}/index.html")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
